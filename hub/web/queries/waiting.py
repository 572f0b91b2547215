"""What is held only until another operation is done: it needs nobody, and goes on by itself when the other is."""

from __future__ import annotations

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind
from hub.models import OPEN_STATES, OperationState
from hub.providers import Action
from hub.reconcile import Absence
from hub.web.queries.tables import OPERATIONS

_NOT_LINKED = "_not_linked"
_CODES = tuple(sorted(f"{kind.value}{_NOT_LINKED}" for kind in (*TRADE_KINDS, Kind.CONTACT, Kind.ITEM)))
"""What others rest on."""
_TOLD_OF_ALL = (Absence.APPROVED.value, Absence.WAITS.value)
"""What is said once of all records of a kind; else the subject is the id of the record that is waited for."""
_OTHER = OPERATIONS.alias("waited_for")


def _waits() -> sa.ColumnElement[bool]:
    """Whether an operation is held for a record that an open operation is about to make.

    Where that one is held or refused itself, it is the one that needs somebody, and is told by itself.
    """
    there = sa.exists(
        sa.select(sa.literal(1)).where(
            _OTHER.c.integration_id == OPERATIONS.c.integration_id,
            _OTHER.c.kind == sa.func.replace(OPERATIONS.c.problem_code, _NOT_LINKED, ""),
            _OTHER.c.source_id == OPERATIONS.c.problem_subject,
            _OTHER.c.action == Action.CREATE.value,
            _OTHER.c.state.in_(OPEN_STATES),
        )
    )
    return sa.and_(
        OPERATIONS.c.state == OperationState.HELD.value,
        # Written out, so that every database sees that the index of what has a cause is enough.
        OPERATIONS.c.problem_code != sa.literal_column("''"),
        OPERATIONS.c.problem_code.in_(_CODES),
        sa.or_(OPERATIONS.c.problem_subject.in_(_TOLD_OF_ALL), there),
    )


WAITS = _waits()
"""Made once, for every look at what needs a person."""
