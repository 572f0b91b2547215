"""What a look says of a write whose answer was lost."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from hub.documents import (
    CREDIT_KINDS,
    Allocation,
    Contact,
    Document,
    Item,
    Journal,
    Kind,
    Settlement,
    TradeDocument,
)
from hub.mapping import DIRECT_TARGET, fold
from hub.providers import Action, Facts, TargetState
from hub.reconcile.case import state_digest, was_edited


class Look(StrEnum):
    """What a look for an unsure operation found."""

    SETTLED = "settled"
    NOT_DONE = "not done"
    ASK = "ask"


def judge_look(
    document: Document,
    action: Action,
    candidates: Sequence[TargetState],
    facts: Facts,
    before: TargetState | None = None,
) -> tuple[Look, TargetState | None]:
    """Settle with the one live candidate that equals what we sent; a person decides anything doubtful.

    An update or a removal that is not there yet may simply be repeated, for it has the same effect twice. ``before`` is
    the target as we last knew it: an update that shows was ours, not an edit by a person.
    """
    live = [state for state in candidates if state.status.is_live]
    if action in (Action.VOID, Action.DELETE):
        return (Look.NOT_DONE, None) if live else (Look.SETTLED, next(iter(candidates), None))
    if action is Action.UPDATE:
        arrived = len(live) == 1 and before is not None and was_edited(state_digest(before), live[0])
        return (Look.SETTLED, live[0]) if arrived and _shows(document, live[0], facts) else (Look.NOT_DONE, None)
    if not live:
        return Look.NOT_DONE, None
    marked = [state for state in live if state.ours]
    if len(marked) == 1 and _equals(document, marked[0], facts):
        # Others beside it are somebody else's: a supplier may use a number twice.
        return Look.SETTLED, marked[0]
    return Look.ASK, None


def _shows(document: Document, state: TargetState, facts: Facts) -> bool:
    """Whether an update that was sent is what the target says now."""
    if isinstance(document, Contact):
        return fold(document.name) in (fold(state.number), fold(state.reference))
    return _equals(document, state, facts)


def _equals(document: Document, state: TargetState, facts: Facts) -> bool:
    expected: dict[str, object] = {}
    if isinstance(document, TradeDocument):
        contact = document.contact_id.removeprefix(DIRECT_TARGET)
        known = document.contact_id.startswith(DIRECT_TARGET)
        expected["contact_id"] = contact if known else facts.target(Kind.CONTACT, document.contact_id)
        expected["total"] = document.total
        expected["date"] = document.date
        if document.kind in CREDIT_KINDS or document.kind in (Kind.INVOICE, Kind.BILL):
            expected["number"] = document.number
    elif isinstance(document, Settlement):
        expected = {"total": document.amount, "date": document.date}
    elif isinstance(document, Journal):
        expected = {"total": document.total, "date": document.date}
    elif isinstance(document, Allocation):
        expected = {"total": document.amount}
    elif isinstance(document, Item):
        return fold(state.number) == fold(document.code)
    return all(getattr(state, name) in (value, None, "") for name, value in expected.items())
