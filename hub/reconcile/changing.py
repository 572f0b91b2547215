"""A source record that is in the ledger: the one legal answer to what happened to it."""

from __future__ import annotations

from decimal import Decimal

from hub.amounts import amount
from hub.documents import Allocation, Contact, Document, Item, Journal, Settlement, Status, TradeDocument
from hub.errors import Problem
from hub.mapping import ORGANISATION_FACT, link_fact
from hub.providers import Action, Allowed, TargetStatus
from hub.reconcile.case import (
    Case,
    Decision,
    Dependency,
    LinkView,
    Verdict,
    document_date,
    hold,
    is_locked,
    payload_hash,
    was_edited,
)
from hub.reconcile.legal import LEGAL_ANSWERS, Answer, Change, Conflict, Standing
from hub.reconcile.obstacles import closed_period, contact_problem, obstacle
from hub.reconcile.summing import is_summary


def decide_linked(case: Case, link: LinkView) -> Decision:
    """What becomes of a record that is in the ledger."""
    change, standing = change_of(case, link), standing_of(case, link)
    answer = LEGAL_ANSWERS[change, standing]
    if answer is Answer.NOTHING:
        return Decision(Verdict.NOTHING, rule="unchanged" if change is Change.SAME else "already gone from the ledger")
    if answer is Answer.HOLD_LOCKED:
        case.resolved.rest_on(ORGANISATION_FACT)
        return hold(case, _locked(case), Action.UPDATE)
    if answer is Answer.HOLD_GONE:
        return hold(case, _target_gone(case.document, link), Action.UPDATE)
    if answer in (Answer.HOLD, Answer.AFTER_PAYMENTS):
        return hold(case, _has_payments(case.document, link, change), Action.VOID)
    if answer in (Answer.DELETE, Answer.VOID):
        return _take_back(case, link, Action.DELETE if answer is Answer.DELETE else Action.VOID)
    if answer is Answer.ASK_VOID:
        return _remove(case, Action.DELETE if standing is Standing.DRAFT else Action.VOID, ask=True)
    return _edit(case, link, answer, standing)


def _locked(case: Case) -> Problem:
    problem = closed_period(case)
    if is_summary(case.document.external_id):
        return problem
    by = "journal of a later date" if isinstance(case.document, Journal) else "dated credit"
    return problem.model_copy(update={"fix": f"{problem.fix.partition(',')[0]}, or correct it with a {by}."})


def change_of(case: Case, link: LinkView) -> Change:
    """What happened in the source since we last wrote."""
    status = getattr(case.document, "status", Status.AUTHORISED)
    if case.withdrawn or status is Status.VOIDED or _goes_with_its_document(case):
        return Change.VOIDED
    if isinstance(case.document, Journal) and not case.document.total:
        return Change.VOIDED  # a ledger takes no journal that moves nothing
    if status is Status.DRAFT:
        return Change.UNDONE
    return Change.SAME if case.fingerprint == link.written_fingerprint else Change.EDITED


def _goes_with_its_document(case: Case) -> bool:
    """Money of ours on a document that the source took back: a ledger voids nothing that carries money.

    Only if that frees the document: what others paid on it keeps it in the ledger, and so does a closed period.
    """
    if not isinstance(case.document, Settlement | Allocation):
        return False
    known = (case.dependencies.get(ref, Dependency()) for ref in case.resolved.depends_on)
    return any(
        each.taken_back and each.has_only_ours and each.state is not None and not is_locked(case, each.state.date)
        for each in known
    )


def standing_of(case: Case, link: LinkView) -> Standing:
    """How firm the target is; a closed period on the old or the new date locks it."""
    if not link.state.status.is_live:
        return Standing.GONE
    days = (
        link.state.date,
        document_date(case.document),
        document_date(link.written_document) if link.written_document else None,
    )
    if any(is_locked(case, day) for day in days):
        return Standing.LOCKED
    if link.state.status is TargetStatus.DRAFT:
        return Standing.DRAFT
    if link.state.status in (TargetStatus.PART_PAID, TargetStatus.PAID) and isinstance(case.document, TradeDocument):
        return Standing.SETTLED
    return Standing.OPEN


def _edit(case: Case, link: LinkView, answer: Answer, standing: Standing) -> Decision:
    problem = obstacle(case) or contact_problem(case)
    if problem:
        return hold(case, problem, Action.UPDATE)
    if payload_hash(case.fitted) == link.written_payload:
        return Decision(Verdict.NOTHING, rule="nothing changed that the ledger sees")
    if isinstance(case.document, Settlement | Allocation):
        # A ledger's payment can't be edited: it is taken back, and posted anew when that is settled.
        return _remove(case, Action.VOID)
    edited_there = _is_edited_there(link)
    if edited_there and case.rules.conflict is Conflict.ASK:
        return hold(case, _conflict(case.document, link), Action.UPDATE)
    if edited_there and case.rules.conflict is Conflict.LEDGER_WINS:
        return Decision(Verdict.NOTHING, rule="edited on both sides; the ledger wins")
    if (
        answer is Answer.UPDATE_UNLESS_APPROVED
        and not case.rules.update_approved
        and isinstance(case.document, TradeDocument | Journal)
    ):
        return hold(case, _approved(case.document), Action.UPDATE)
    return _update(case, link, standing)


def _update(case: Case, link: LinkView, standing: Standing) -> Decision:
    fields = changed_fields(link.written_document, case.fitted)
    if isinstance(case.document, Contact):
        fields = frozenset(name for name in fields if name not in _CONTACT_OURS and getattr(case.fitted, name))
        if not fields:
            return Decision(Verdict.NOTHING, rule="only blanks changed; the ledger keeps its own values")
    allowed = case.allowed or Allowed(frozenset())
    if Action.UPDATE not in allowed.actions:
        return hold(case, _may_not(case.document, link, allowed.reason), Action.UPDATE)
    if allowed.fields is not None and not fields <= allowed.fields:
        names = ", ".join(sorted(name.replace("_", " ") for name in fields - allowed.fields))
        return hold(case, _may_not(case.document, link, allowed.reason or f"{names} may not change"), Action.UPDATE)
    limited = fields if isinstance(case.document, Contact) or allowed.fields is not None else None
    return Decision(
        Verdict.WRITE,
        action=Action.UPDATE,
        document=case.fitted,
        fields=limited,
        warnings=case.fit_notes,
        rule=f"edited in the source ({', '.join(sorted(fields)) or 'content'}), {standing} in the ledger",
        facts=(*case.resolved.facts, link_fact(case.document.kind, case.document.external_id)),
    )


_CONTACT_OURS = frozenset(
    {"external_id", "kind", "source_url", "account", "tax_code", "is_customer", "is_supplier", "active"}
)
"""Contact fields that never update a ledger contact: our own, tax defaults, and what the ledger derives."""


def changed_fields(before: Document | None, after: Document) -> frozenset[str]:
    """The names of the document fields whose values differ."""
    names = frozenset(type(after).model_fields) - {"source_url"}
    if before is None or type(before) is not type(after):
        return names
    return frozenset(name for name in names if getattr(before, name) != getattr(after, name))


def _is_edited_there(link: LinkView) -> bool:
    return bool(link.settled_digest) and was_edited(link.settled_digest, link.state)


def _take_back(case: Case, link: LinkView, action: Action) -> Decision:
    """A journal that a person edited in the ledger may hold more than ours: it does not go unasked."""
    edited_there = isinstance(case.document, Journal) and _is_edited_there(link)
    if edited_there and case.rules.conflict is Conflict.ASK:
        return hold(case, _conflict(case.document, link, "taken back"), action)
    if edited_there and case.rules.conflict is Conflict.LEDGER_WINS:
        return Decision(Verdict.NOTHING, rule="taken back in the source, edited in the ledger; the ledger wins")
    return _remove(case, action)


def _remove(case: Case, action: Action, *, ask: bool = False) -> Decision:
    if isinstance(case.document, Contact | Item):
        return Decision(Verdict.NOTHING, rule="contacts and items are never removed from the ledger")
    return Decision(
        Verdict.WRITE,
        action=action,
        document=case.fitted,
        ask=ask,
        rule="undone in the source" if ask else _why_removed(case),
        facts=(*case.resolved.facts, link_fact(case.document.kind, case.document.external_id)),
    )


def _why_removed(case: Case) -> str:
    if not case.withdrawn and _goes_with_its_document(case):
        return "its document was voided or removed in the source"
    return "voided, removed or replaced in the source"


def _target_gone(document: Document, link: LinkView) -> Problem:
    return Problem(
        code="target_gone",
        what=f"{document.label} changed, but is {link.state.status} in the ledger.",
        why="What a person removed there is not made again unasked.",
        fix="Skip this with a reason, or end the link to post it anew.",
        subject=document.external_id,
    )


def _has_payments(document: Document, link: LinkView, change: Change) -> Problem:
    due, total = (_money(document, link, each) for each in (link.state.due, link.state.total))
    return Problem(
        code="target_has_payments",
        what=f"{document.label} was {change} in the stock system, but carries payments or credits in the ledger.",
        why=f"{due} of {total} is still due there." if due else "",
        fix="Remove the payments; those that came from the stock system are withdrawn by the hub first.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )


def _conflict(document: Document, link: LinkView, happened: str = "edited") -> Problem:
    there = "in the ledger" if happened == "edited" else "edited in the ledger"
    day = str(link.state.date or "")
    says = (link.state.number, day, _money(document, link, link.state.total))
    return Problem(
        code="edited_on_both_sides",
        what=f"{document.label} was {happened} in the stock system and {there}.",
        why=f"The ledger now says {', '.join(filter(None, says))}.",
        fix="Decide which side holds, or make them agree by hand and skip this.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )


def _money(document: Document, link: LinkView, value: Decimal | None) -> str:
    """An amount of the target; in the document's currency where the ledger did not say which it is."""
    return amount(value, link.state.currency or getattr(document, "currency", "") or "")


def _approved(document: Document) -> Problem:
    return Problem(
        code="approved_in_ledger",
        what=f"{document.label} changed, but is approved in the ledger.",
        why="This flow leaves approved documents alone.",
        fix="Void both and make a new version, or correct the ledger by hand and skip this.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )


def _may_not(document: Document, link: LinkView, reason: str) -> Problem:
    return Problem(
        code="change_not_allowed",
        what=f"{document.label} changed, but the ledger does not let it be updated ({link.state.status}).",
        why=reason,
        fix="Remove the payment or credit there and retry, or credit the difference.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )
