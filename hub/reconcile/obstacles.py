"""Why a document can't be written as it is, or not yet."""

from __future__ import annotations

from collections.abc import Mapping

from hub.amounts import amount
from hub.documents import Allocation, Document, Journal, Kind, Settlement, Status, TradeDocument
from hub.errors import Problem
from hub.mapping import ORGANISATION_FACT, Ref
from hub.providers import TargetState, TargetStatus
from hub.reconcile.case import Absence, Case, Dependency, document_date, is_locked, locked_until
from hub.reconcile.summing import is_summary


def obstacle(case: Case) -> Problem | None:
    """The first reason why the document as such can not be written."""
    document = case.document
    if wrong := does_not_add_up(document):
        return wrong
    if isinstance(document, Journal) and document.currency != case.organisation.base_currency:
        return Problem(
            code="journal_currency",
            what=f"{document.number} is in {document.currency}.",
            why=f"The ledger keeps its books in {case.organisation.base_currency}, and so are its journals.",
            fix="Skip it, and enter it in the ledger by hand if it belongs there.",
            subject=document.external_id,
        )
    currency = getattr(document, "currency", "")
    needs_rate = isinstance(document, TradeDocument | Settlement)
    if needs_rate and currency != case.organisation.base_currency and getattr(document, "rate", None) is None:
        return Problem(
            code="rate_missing",
            what=f"{document.label} is in {currency} and has no exchange rate.",
            why=f"The ledger keeps its books in {case.organisation.base_currency}.",
            fix="Enter the rate in the stock system.",
            subject=document.external_id,
        )
    problems = (*case.resolved.problems, *case.fit_problems)
    if problems:
        others = "; ".join(str(problem) for problem in problems[1:])
        return problems[0].model_copy(update={"detail": problems[0].detail or others})
    if is_locked(case, document_date(document)):
        case.resolved.rest_on(ORGANISATION_FACT)
        return closed_period(case)
    return None


def does_not_add_up(document: Document) -> Problem | None:
    """Lines that do not come to what the document says, or debits that are not equal to credits."""
    difference = next(document.differences(), "") if isinstance(document, TradeDocument | Journal) else ""
    if not difference:
        return None
    return Problem(
        code="does_not_add_up",
        what=f"{document.label} does not add up: {difference}.",
        fix="Correct it in the stock system.",
        subject=document.external_id,
    )


def closed_period(case: Case) -> Problem:
    """The books of one side are closed on the document's date."""
    last = locked_until(case)
    side = "ledger" if last == case.organisation.lock_date else "stock system"
    later = "date the document later"
    if is_summary(case.document.external_id):
        later = "post what it is short or over by as a correction of a later date, on its page"
    return Problem(
        code="closed_period",
        what=f"{case.document.label} is dated {document_date(case.document)}, in a closed period.",
        why=f"The {side} is locked up to {last}.",
        fix=f"Move the lock date in the {side}, or {later}.",
        subject=str(last),
    )


def waits_for(case: Case) -> Problem | None:
    """The first record it refers to that does not let it be written yet."""
    for ref in case.resolved.depends_on:
        problem = dependency_problem(case.document, ref, case.dependencies.get(ref, Dependency()), case.rules.post_as)
        if problem:
            return problem
    return None


def dependency_problem(document: Document, ref: Ref, standing: Dependency, post_as: Status) -> Problem | None:
    """Why the record that a document refers to does not let it be written yet; None when it does."""
    kind, external_id = ref
    if standing.state is None:
        if not standing.coming:
            return _not_linked(document, ref, standing)
        if not isinstance(document, Settlement | Allocation) or not standing.coming_as_draft:
            return None
        why = "It goes there as a draft, and a draft takes no payments or credits."
        return _waits_for_approval(document, kind, standing.label, why)
    if kind is Kind.CONTACT and not standing.state.status.is_live:
        return Problem(
            code="contact_archived",
            what=f"The ledger contact of {document.label} is {standing.state.status}.",
            fix="Restore it in the ledger, or unlink it and link another.",
            subject=external_id,
        )
    if kind is Kind.ITEM and not standing.state.status.is_live:
        return Problem(
            code="item_out_of_use",
            what=f"The ledger's item {standing.state.number} of {document.label} can't be used any more.",
            why="It is archived, or the ledger keeps stock of it now: its cost would be booked there as well.",
            fix="Restore it in the ledger as an item without stock, or unlink it and link another.",
            subject=external_id,
        )
    if not isinstance(document, Settlement | Allocation):
        return None
    if standing.taken_back:
        return _taken_back(document, ref, standing.state.number)
    return _settlement_problem(document, kind, standing.state) or _already_paid(document, standing)


def _amount(document: Settlement | Allocation) -> str:
    return amount(document.amount, document.currency)


def _rested_on(document: Document, kind: Kind, label: str) -> str:
    """The record that a document refers to, in words: many payments have no number, only an id that nobody knows."""
    one, own = kind.replace("_", " "), document.kind.replace("_", " ")
    if not isinstance(document, Settlement | Allocation) or document.label != document.external_id:
        return f"{one} of {document.label}"
    if label:
        return f"{one} {label} of {'an' if own[0] in 'aeiou' else 'a'} {own}"
    return f"{one} of {'an' if own[0] in 'aeiou' else 'a'} {own} of {_amount(document)}"


def _taken_back(document: Document, ref: Ref, number: str) -> Problem:
    kind, external_id = ref
    name = kind.replace("_", " ")
    return Problem(
        code="document_taken_back",
        what=f"The {_rested_on(document, kind, number)} was voided or removed in the stock system, and this was not.",
        why=f"The {name} is to leave the ledger, and a ledger voids nothing that carries payments or credits.",
        fix="Remove this in the stock system as well, or skip it with a reason.",
        subject=external_id,
        done="What the hub had posted of it is taken back; nothing is posted.",
    )


def _settlement_problem(document: Settlement | Allocation, kind: Kind, state: TargetState) -> Problem | None:
    if not state.status.is_live:
        return Problem(
            code="target_gone",
            what=f"The {kind} {state.number} is {state.status} in the ledger.",
            fix="Skip this with a reason, or restore the document there.",
            subject=state.target_id,
        )
    if state.status is TargetStatus.DRAFT:
        return _waits_for_approval(document, kind, state.number, "A draft takes no payments or credits.")
    if isinstance(document, Allocation):
        return None
    if state.due is not None and document.amount > state.due:
        due = amount(state.due, document.currency)
        return Problem(
            code="payment_exceeds_due",
            what=f"{_amount(document)} is more than the {due} still due on {state.number}.",
            why="Somebody paid or credited it in the ledger.",
            fix="Compare the payments on both sides; skip this one if the ledger's is the same.",
            subject=state.target_id,
        )
    return None


def _already_paid(document: Settlement | Allocation, standing: Dependency) -> Problem | None:
    """Somebody paid in the ledger, perhaps this very payment: posting it as well would pay twice."""
    if isinstance(document, Allocation) or standing.state is None or standing.unexplained < document.amount:
        return None
    paid = amount(standing.unexplained, document.currency)
    return Problem(
        code="maybe_paid_already",
        what=f"{paid} was paid or credited on {standing.state.number} by somebody else.",
        why=f"That may be this {document.kind} of {_amount(document)}: posted as well, it would be there twice.",
        fix="Compare both. If it is the same, skip this one; if it is another, say so and it is posted.",
        subject=standing.state.target_id,
        done="Nothing was posted.",
    )


def _waits_for_approval(document: Settlement | Allocation, kind: Kind, label: str, why: str) -> Problem:
    own, one = (each.value.replace("_", " ") for each in (document.kind, kind))
    nameless = f"{'An' if own[0] in 'aeiou' else 'A'} {own} of {_amount(document)}"
    waiting = nameless if document.label == document.external_id else f"{own.capitalize()} {document.label}"
    return Problem(
        code="target_is_draft",
        what=f"{waiting} waits until {f'{one} {label}' if label else f'its {one}'} is approved in the ledger.",
        why=why,
        fix=f"Approve the {one} in the ledger; this goes on by itself with the run after that.",
        subject=kind,
    )


_ABSENT: Mapping[Absence, tuple[str, str]] = {
    Absence.UNKNOWN: ("It was not among what was read from the stock system.", "Link the {one} by hand."),
    Absence.FLOW_OFF: ("The flow of {many} is off.", "Switch the flow of {many} on, or link the {one} by hand."),
    Absence.WAITS: (
        "It waits for your approval.",
        "Approve the {many} on Ready to sync. What names them is planned again; approve it again where asked.",
    ),
    Absence.APPROVED: ("It is approved and was not sent yet.", "Nothing to do: this goes after it."),
    Absence.HELD: ("It is held itself.", "See Attention, and mend what holds the {one}."),
    Absence.REFUSED: ("The ledger refused it.", "See Attention, and mend what the ledger refused."),
    Absence.SKIPPED: ("Somebody skipped it.", "Take the skip back under Attention, Skipped, or skip this as well."),
    Absence.NOT_ELIGIBLE: (
        "It is not posted by the rules, for instance for its status or its date.",
        "Look it up in the stock system, move the start date, or skip this.",
    ),
}


_FOR_THE_KIND = frozenset({Absence.FLOW_OFF, Absence.WAITS, Absence.APPROVED})
"""Told once for all records of the kind, since one act mends them all."""


def _not_linked(document: Document, ref: Ref, standing: Dependency) -> Problem:
    (kind, external_id), absence = ref, standing.absence
    one = kind.replace("_", " ")
    why, fix = (words.format(one=one, many=f"{one}s") for words in _ABSENT[absence])
    return Problem(
        code=f"{kind}_not_linked",
        what=f"The {_rested_on(document, kind, standing.label)} is not in the ledger.",
        why=why,
        fix=fix,
        subject=absence.value if absence in _FOR_THE_KIND else external_id,
    )


def contact_problem(case: Case) -> Problem | None:
    """Why a contact or an item that it names does not let it be written."""
    for ref in case.resolved.depends_on:
        if ref[0] in (Kind.CONTACT, Kind.ITEM):
            problem = dependency_problem(
                case.document, ref, case.dependencies.get(ref, Dependency()), case.rules.post_as
            )
            if problem:
                return problem
    return None
