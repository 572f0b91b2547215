"""What is held only until another record is in the ledger, or approved there: it goes on by itself when that is done.

It needs nobody itself. What it waits for is told and counted where it stands: proposed, held, or a draft in the ledger.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind
from hub.engine.among import one_of
from hub.models import OPEN_STATES, OperationRow, OperationState, table
from hub.providers import Action
from hub.reconcile import Absence

operations = table(OperationRow)
_NOT_LINKED = "_not_linked"
_CODES = tuple(sorted(f"{kind.value}{_NOT_LINKED}" for kind in (*TRADE_KINDS, Kind.CONTACT, Kind.ITEM)))
"""What others rest on."""
_TOLD_OF_ALL = (Absence.APPROVED.value, Absence.WAITS.value)
"""What is said once of all records of a kind; else the subject is the id of the record that is waited for."""
WAITS_FOR_DRAFT = "target_is_draft"
"""The cause of what waits until somebody approves a draft in the ledger."""
_other = operations.alias("waited_for")


def waits(operations: Any = operations) -> sa.ColumnElement[bool]:
    """Whether an operation is held for a record that an open operation is about to make, or for a draft of the ledger.

    Where that one is held or refused itself, it is the one that needs somebody, and is told by itself; drafts are
    counted among what waits in the ledger. ``operations`` is the table of operations, or an alias of it.
    """
    there = sa.exists(
        sa.select(sa.literal(1)).where(
            _other.c.integration_id == operations.c.integration_id,
            _other.c.kind == sa.func.replace(operations.c.problem_code, _NOT_LINKED, ""),
            _other.c.source_id == operations.c.problem_subject,
            _other.c.action == Action.CREATE.value,
            one_of(_other.c.state, OPEN_STATES),
        )
    )
    return sa.and_(
        operations.c.state == OperationState.HELD.value,
        # Written out, so that every database sees that the index of what has a cause is enough.
        operations.c.problem_code != sa.literal_column("''"),
        one_of(operations.c.problem_code, (*_CODES, WAITS_FOR_DRAFT)),
        sa.or_(
            operations.c.problem_code == WAITS_FOR_DRAFT,
            one_of(operations.c.problem_subject, _TOLD_OF_ALL),
            there,
        ),
    )


WAITS = waits()
"""Made once, for every look at what needs a person."""
STUCK = (OperationState.HELD.value, OperationState.FAILED.value, OperationState.UNSURE.value)
"""The states of what does not go on by itself, unless it waits."""
NEEDS_A_PERSON = sa.and_(one_of(operations.c.state, STUCK), ~WAITS)
"""What pages, e-mails and the command line tell people of."""
