"""Whether a record found in Xero is what an operation means, and whether we made it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from hub import Allocation, Contact, Item, Kind, Operation, TargetState, TargetStatus, TradeDocument
from hub_xero import marks, states
from hub_xero.bodies import TYPES, reference
from hub_xero.exact import Json
from hub_xero.native import keeps_stock

_BY_TARGET_ID = "="
"""A contact id with this in front is the target's own (the hub's default contact)."""


def quoted(text: str) -> str:
    """A text inside a condition."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def always(kind: Kind) -> str:
    """The condition that holds for every record of a kind in its list."""
    return f'Type=="{TYPES[kind]}"' if kind in TYPES else ""


def clause(operation: Operation) -> str:
    """The condition that an operation's record fulfils, by its mark or its number."""
    document = operation.document
    if isinstance(document, TradeDocument):
        name = "InvoiceNumber" if operation.kind in (Kind.INVOICE, Kind.BILL) else "CreditNoteNumber"
        return f"{name}=={quoted(document.number)}"
    if isinstance(document, Contact):
        number, name = quoted(marks.contact_number(operation)), quoted(document.name)
        return f"ContactNumber=={number} OR Name=={name}"
    if isinstance(document, Item):
        return f"Code=={quoted(document.code)}"
    return f"Reference=={quoted(reference(operation))}"


def _found(state: TargetState | None, ours: bool) -> TargetState | None:
    return state.model_copy(update={"ours": ours}) if state is not None else None


def _numbered(operation: Operation, state: TargetState | None) -> bool:
    return (
        state is not None
        and state.kind is operation.kind
        and state.number.casefold() == operation.document.label.casefold()
    )


def _invoice(operation: Operation, native: Json) -> TargetState | None:
    """A sales invoice's number is unique in Xero: whoever made it, it is in our way."""
    state = states.invoice(native)
    if state is None or not _numbered(operation, state):
        return None
    return _found(state, marks.url_token(state.url) == marks.token(operation))


def _bill(operation: Operation, native: Json) -> TargetState | None:
    """A bill's number is its supplier's: the same number of another supplier is another bill."""
    state = states.invoice(native)
    if state is None or not _numbered(operation, state):
        return None
    ours = marks.url_token(state.url) == marks.token(operation)
    return _found(state, ours) if ours or _same_contact(operation, native) else None


def _credit_note(operation: Operation, native: Json) -> TargetState | None:
    state = states.credit_note(native)
    if state is None or not _numbered(operation, state):
        return None
    return _found(state, marks.text_token(state.reference) == marks.token(operation))


def _supplier_credit(operation: Operation, native: Json) -> TargetState | None:
    """It has no field for a mark, so it is known by contact, number, date and total together."""
    state = states.credit_note(native)
    if state is None or not _numbered(operation, state):
        return None
    document = cast(TradeDocument, operation.document)
    same_contact = _same_contact(operation, native)
    alike = (state.date, state.total) == (document.date, document.total)
    return _found(state, same_contact and alike) if same_contact or alike else None


def _same_contact(operation: Operation, native: Json) -> bool:
    document = cast(TradeDocument, operation.document)
    theirs: Json = native.get("Contact") or {}
    own = document.contact_id.removeprefix(_BY_TARGET_ID) if document.contact_id.startswith(_BY_TARGET_ID) else ""
    target = operation.targets.get((Kind.CONTACT, document.contact_id)) or own
    if target:
        return target.casefold() == str(theirs.get("ContactID") or "").casefold()
    return document.contact_name.casefold() == str(theirs.get("Name") or "").casefold()


def _contact(operation: Operation, native: Json) -> TargetState | None:
    """By our number; else an active contact of that name, which is somebody's own and keeps us from making
    one.
    """
    state = states.contact(native)
    if state.number == marks.contact_number(operation):
        return state
    same_name = state.reference.casefold() == operation.document.label.casefold()
    return _found(state, False) if same_name and state.status is TargetStatus.ACTIVE else None


def _item(operation: Operation, native: Json) -> TargetState | None:
    """By code; one that Xero keeps stock of was never made by us, and is not to be used."""
    state = states.item(native)
    same_code = state.number.casefold() == operation.document.label.casefold()
    return _found(state, not keeps_stock(native)) if same_code else None


def _payment(operation: Operation, native: Json) -> TargetState | None:
    state = states.payment(native)
    if state is None or state.kind is not operation.kind:
        return None
    return state if marks.text_token(state.reference) == marks.token(operation) else None


JUDGES: Mapping[Kind, Callable[[Operation, Json], TargetState | None]] = {
    Kind.INVOICE: _invoice,
    Kind.BILL: _bill,
    Kind.CREDIT_NOTE: _credit_note,
    Kind.SUPPLIER_CREDIT: _supplier_credit,
    Kind.CONTACT: _contact,
    Kind.ITEM: _item,
    Kind.PAYMENT: _payment,
    Kind.REFUND: _payment,
}
"""How a found record of each kind is judged; ``None`` means that it is something else."""


def journals(operations: Sequence[Operation], natives: Iterable[Json]) -> dict[int, list[TargetState]]:
    """Which of many manual journals are those of the operations, by our mark alone: there is no number that could be
    in our way.
    """
    marked = defaultdict[str, list[TargetState]](list)
    for native in natives:
        token = marks.carried_token(native)
        if token:
            marked[token].append(states.journal(native))
    return {operation.id: marked.get(marks.token(operation), []) for operation in operations}


def credit_of(operation: Operation) -> str:
    """The target id of the credit an allocation belongs to, empty when it is not known here."""
    if operation.target_id:
        return operation.target_id.partition("/")[0]
    document = cast(Allocation, operation.document)
    return operation.targets.get((document.credit_kind, document.credit_id), "")


def is_allocation(operation: Operation, native: Json, state: TargetState) -> bool:
    """Whether one of a credit's allocations is the operation's: by its id, else by both documents and amount."""
    if operation.target_id:
        return state.target_id == operation.target_id
    document = cast(Allocation, operation.document)
    invoice = operation.targets.get((document.document_kind, document.document_id), "")
    theirs = str((native.get("Invoice") or {}).get("InvoiceID") or "")
    return bool(invoice) and theirs.casefold() == invoice.casefold() and state.total == document.amount
