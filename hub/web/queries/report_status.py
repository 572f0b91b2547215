"""Which documents each status of the sync report finds: worked out from the table that knows them.

So an index finds a page of them, in the order in which they came into that table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hub.documents import REFERENCE_KINDS, Kind
from hub.engine.among import one_of
from hub.engine.waiting import STUCK, WAITS
from hub.models import OPEN_STATES, OperationState
from hub.web.queries.tables import EXCLUSIONS, FLOWS, LINKS, OPERATIONS, SNAPSHOTS
from hub.web.queries.together import MEMBERS

DATED = frozenset(Kind) - REFERENCE_KINDS - {Kind.CONTACT, Kind.ITEM}
"""What a report is about: documents with a date. Contacts have a page of their own."""

ON_ITS_WAY = (OperationState.PROPOSED.value, OperationState.PENDING.value, OperationState.SENDING.value)


class SyncStatus(StrEnum):
    """How one document stands, in the words of the report."""

    PENDING = "pending"
    WAITING = "waits for others"
    """Held only until another document is in the ledger, or approved there: it needs nobody itself."""
    FAILED = "failed"
    COMPLETED = "completed"
    WARNING = "warning"
    SKIPPED = "skipped"
    LEFT_OUT = "not eligible"
    TOGETHER = "in a journal"
    """Posted, or going to be, within a journal that stands for several."""
    UNPLANNED = "not planned yet"


@dataclass(frozen=True)
class Base:
    """The table that knows the documents of a status: its id, where a document's name stands in it, and which rows."""

    id: sa.ColumnElement[int]
    kind: sa.ColumnElement[str]
    source_id: sa.ColumnElement[str]
    conditions: Sequence[sa.ColumnElement[bool]]
    table: sa.FromClause
    either: Sequence[sa.ColumnElement[bool]] = ()
    """One of these besides, if there are any: for each an index has the rows in their order, but not for all."""


INTEGRATION: sa.BindParameter[int] = sa.bindparam("integration")
STOCK: sa.BindParameter[int] = sa.bindparam("stock")
KINDS: sa.BindParameter[Any] = sa.bindparam("kinds", expanding=True)


def base_of(status: str) -> Base:
    """What a status, or an empty one for any, is found in."""
    if not status:
        # All of these have a date, and the index in the order of the dates leaves out what has none.
        dated = SNAPSHOTS.c.document_date.is_not(None)
        own = (SNAPSHOTS.c.connection_id == STOCK, SNAPSHOTS.c.kind.in_(KINDS), dated)
        return Base(SNAPSHOTS.c.id, SNAPSHOTS.c.kind, SNAPSHOTS.c.external_id, own, SNAPSHOTS)
    made = _BASES[SyncStatus(status)]()
    return replace(made, conditions=[*made.conditions, looked_at(made.kind.in_(KINDS))])


def looked_at(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """The condition, looked at for each row that the index which has the list's order finds, until there is a page.

    As it is, a database would go by it instead, through all that it finds or leaves out.
    """
    return sa.case((condition, sa.true()), else_=sa.false())


def _of_operations(*conditions: sa.ColumnElement[bool], states: Sequence[str] = ()) -> Base:
    mine = (OPERATIONS.c.integration_id == INTEGRATION, *conditions)
    either = [one_of(OPERATIONS.c.state, [state]) for state in states]
    return Base(OPERATIONS.c.id, OPERATIONS.c.kind, OPERATIONS.c.source_id, mine, OPERATIONS, either)


def _pending() -> Base:
    return _of_operations(states=ON_ITS_WAY)


def _those_that_wait() -> sa.Select[Any]:
    """The ids of what waits for others: few, and found by their causes without a look at all that is held."""
    return sa.select(OPERATIONS.c.id).where(OPERATIONS.c.integration_id == INTEGRATION, WAITS).correlate(None)


def _waiting() -> Base:
    return _of_operations(OPERATIONS.c.id.in_(_those_that_wait()))


def _failed() -> Base:
    return _of_operations(OPERATIONS.c.id.not_in(_those_that_wait()), states=STUCK)


def _skipped() -> Base:
    return _of_operations(
        OPERATIONS.c.state == OperationState.DROPPED.value, looked_at(_is_newest()), looked_at(~_is_linked())
    )


def _warning() -> Base:
    return _of_operations(OPERATIONS.c.warned, _is_newest(), _is_linked())


def _completed() -> Base:
    # Not as pairs that are not in a list: for each pair that is not, SQLite goes through all of the list.
    mine = (LINKS.c.integration_id == INTEGRATION, LINKS.c.live)
    unfinished = sa.exists().where(*_its_operation(), one_of(OPERATIONS.c.state, OPEN_STATES))
    warned = sa.exists().where(*_its_operation(), OPERATIONS.c.warned, _is_newest())
    return Base(LINKS.c.id, LINKS.c.kind, LINKS.c.source_id, [*mine, ~unfinished, ~warned], LINKS)


def _its_operation() -> Sequence[sa.ColumnElement[bool]]:
    """That an operation is of the document that a link is of."""
    return (
        OPERATIONS.c.integration_id == LINKS.c.integration_id,
        OPERATIONS.c.kind == LINKS.c.kind,
        OPERATIONS.c.source_id == LINKS.c.source_id,
    )


def _left_out() -> Base:
    joined = EXCLUSIONS.join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
    mine = (FLOWS.c.integration_id == INTEGRATION,)
    return Base(EXCLUSIONS.c.id, FLOWS.c.kind, EXCLUSIONS.c.external_id, mine, joined)


def _together() -> Base:
    mine = sa.select(FLOWS.c.id).where(FLOWS.c.integration_id == INTEGRATION).scalar_subquery()
    in_one = sa.exists().where(MEMBERS.c.flow_id.in_(mine), MEMBERS.c.external_id == SNAPSHOTS.c.external_id)
    own = (SNAPSHOTS.c.connection_id == STOCK, one_of(SNAPSHOTS.c.kind, [Kind.JOURNAL]), in_one)
    return Base(SNAPSHOTS.c.id, SNAPSHOTS.c.kind, SNAPSHOTS.c.external_id, own, SNAPSHOTS)


_BASES: dict[SyncStatus, Callable[[], Base]] = {
    SyncStatus.PENDING: _pending,
    SyncStatus.WAITING: _waiting,
    SyncStatus.FAILED: _failed,
    SyncStatus.SKIPPED: _skipped,
    SyncStatus.WARNING: _warning,
    SyncStatus.COMPLETED: _completed,
    SyncStatus.LEFT_OUT: _left_out,
    SyncStatus.TOGETHER: _together,
}


def _is_newest() -> sa.ColumnElement[bool]:
    newer = OPERATIONS.alias("newer")
    return ~sa.exists().where(
        newer.c.integration_id == OPERATIONS.c.integration_id,
        newer.c.kind == OPERATIONS.c.kind,
        newer.c.source_id == OPERATIONS.c.source_id,
        newer.c.id > OPERATIONS.c.id,
        newer.c.state != OperationState.REPLACED.value,
    )


def _is_linked() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        LINKS.c.integration_id == OPERATIONS.c.integration_id,
        LINKS.c.kind == OPERATIONS.c.kind,
        LINKS.c.source_id == OPERATIONS.c.source_id,
        LINKS.c.live,
    )


def joined(base: Base) -> sa.FromClause:
    """Its rows, each with its document."""
    if base.table is SNAPSHOTS:
        return SNAPSHOTS
    named = sa.and_(
        SNAPSHOTS.c.connection_id == STOCK,
        SNAPSHOTS.c.kind == base.kind,
        SNAPSHOTS.c.external_id == base.source_id,
    )
    return base.table.join(SNAPSHOTS, named)


def any_of(base: Base) -> Sequence[sa.ColumnElement[bool]]:
    """``either`` as one condition, if there are any."""
    return [sa.or_(*base.either)] if base.either else []
