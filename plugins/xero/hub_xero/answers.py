"""Xero's answer to a batch, element by element. Pure: parsed JSON in, outcomes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub import Action, Journal, Operation, Outcome, TargetState, TradeDocument
from hub_xero import refusals
from hub_xero.exact import Json
from hub_xero.render import COLLECTIONS
from hub_xero.states import NO_ID, READERS, allocation

_IDENTITY: Mapping[str, tuple[str, ...]] = {
    "Invoices": ("InvoiceID", "InvoiceNumber", "Contact.ContactID"),
    "CreditNotes": ("CreditNoteID", "CreditNoteNumber", "Contact.ContactID"),
    "Contacts": ("ContactID", "ContactNumber", "Name"),
    "Items": ("ItemID", "Code"),
    "Payments": ("PaymentID", "Invoice.InvoiceID", "CreditNote.CreditNoteID", "Reference"),
    "Allocations": ("Invoice.InvoiceID",),
    "ManualJournals": ("ManualJournalID", "Narration"),
}
"""What an element is known by, sent and answered alike."""
_OWN_ID = {
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Contacts": "ContactID",
    "Items": "ItemID",
    "Payments": "PaymentID",
    "ManualJournals": "ManualJournalID",
}


def _field(native: Json, path: str) -> str:
    value: Any = native
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value in (None, NO_ID) else str(value).casefold()


def _same(sent: Json, answered: Json, collection: str) -> bool:
    """Whether every mark of identity that both carry agrees, and at least one does."""
    pairs = [(_field(sent, path), _field(answered, path)) for path in _IDENTITY[collection]]
    shared = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
    return bool(shared) and all(ours == theirs for ours, theirs in shared)


def matched(sent: Sequence[Json], answered: Sequence[Json], collection: str) -> list[Json | None]:
    """The answered element of each sent one, by order and identity; ``None`` where it can not be told."""
    if len(sent) == len(answered) and all(
        _same(ours, theirs, collection) for ours, theirs in zip(sent, answered, strict=True)
    ):
        return list(answered)
    found: list[Json | None] = []
    for ours in sent:
        candidates = [theirs for theirs in answered if _same(ours, theirs, collection)]
        found.append(candidates[0] if len(candidates) == 1 else None)
    return found


def outcomes(
    operations: Sequence[Operation], sent: Sequence[Json], answer: Any, *, was_refused: bool
) -> Iterator[Outcome]:
    """What became of each operation, given what was sent for it and what Xero answered.

    ``was_refused`` is a 400: nothing is known to be saved. Then an element with errors of its own is refused,
    and one without gets no outcome and so is looked for; when no element is named at all, the whole batch was
    refused for one reason.
    """
    collection = COLLECTIONS[operations[0].kind]
    answered = _elements(answer, collection)
    if was_refused and not any(refusals.messages(answered)):
        yield from (refused(operation, refusals.said(answer)) for operation in operations)
        return
    for operation, native in zip(operations, matched(sent, answered, collection), strict=True):
        outcome = _outcome(operation, native, collection, was_refused) if native is not None else None
        if outcome is not None:
            yield outcome


def _elements(answer: Any, collection: str) -> list[Json]:
    if not isinstance(answer, dict):
        return []
    found = answer.get(collection) or answer.get("Elements") or []
    return [element for element in found if isinstance(element, dict)]


def refused(operation: Operation, said: Sequence[str]) -> Outcome:
    """The outcome of an operation that Xero refused with these words."""
    problem, refresh = refusals.problem(operation, said)
    look = operation.action is Action.CREATE and refusals.is_there(said)
    return Outcome(operation.id, problem=problem, refresh=refresh, look=look)


def _outcome(operation: Operation, native: Json, collection: str, was_refused: bool) -> Outcome | None:
    said = list(refusals.messages(native))
    if said or native.get("StatusAttributeString") == "ERROR":
        return refused(operation, said)
    state = None if was_refused else _state(operation, native, collection)
    if state is None:
        return None
    warned = (*refusals.messages(native, "Warnings"), *_total_warnings(operation, state))
    return Outcome(operation.id, state=state, warnings=tuple(dict.fromkeys(warned)))


def _state(operation: Operation, native: Json, collection: str) -> TargetState | None:
    if collection == "Allocations":
        return None
    if native.get(_OWN_ID[collection]) in (None, "", NO_ID):
        return None
    state = READERS[operation.kind](native)
    return state if state is not None and state.kind is operation.kind else None


def allocation_outcome(operation: Operation, answer: Any, credit_id: str) -> Outcome | None:
    """What became of an allocation; ``None`` when Xero does not name the id of what it made."""
    for native in _elements(answer, "Allocations"):
        said = list(refusals.messages(native))
        if said:
            return refused(operation, said)
        state = allocation(native, credit_id)
        if state is not None:
            return Outcome(operation.id, state=state, warnings=tuple(refusals.messages(native, "Warnings")))
    return None


def _total_warnings(operation: Operation, state: TargetState) -> Iterator[str]:
    document = operation.document
    whole = operation.fields is None and state.status.is_live
    if whole and isinstance(document, TradeDocument | Journal) and state.total not in (None, document.total):
        yield f"Xero's total is {Decimal(state.total or 0):,.2f}, the stock system's {document.total:,.2f}."
