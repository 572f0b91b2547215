"""The statements of the sync report, each made once for a sort of filter: making them took longer than answering them.

Which documents a status finds is worked out from the table that knows them, so that an index finds a page of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

from hub.documents import REFERENCE_KINDS, Kind
from hub.models import OPEN_STATES, OperationState
from hub.web.queries.search import begins
from hub.web.queries.tables import EXCLUSIONS, FLOWS, LINKS, OPERATIONS, SNAPSHOTS
from hub.web.queries.together import MEMBERS

DATED = frozenset(Kind) - REFERENCE_KINDS - {Kind.CONTACT, Kind.ITEM}
"""What a report is about: documents with a date. Contacts have a page of their own."""

ON_ITS_WAY = (OperationState.PROPOSED.value, OperationState.PENDING.value, OperationState.SENDING.value)
STUCK = (OperationState.HELD.value, OperationState.FAILED.value, OperationState.UNSURE.value)


class SyncStatus(StrEnum):
    """How one document stands, in the words of the report."""

    PENDING = "pending"
    FAILED = "failed"
    COMPLETED = "completed"
    WARNING = "warning"
    SKIPPED = "skipped"
    LEFT_OUT = "not eligible"
    TOGETHER = "in a journal"
    """Posted, or going to be, within a journal that stands for several."""
    UNPLANNED = "not planned yet"


@dataclass(frozen=True)
class Sort:
    """What a filter asks about; the values are parameters. An empty ``status`` stands for any."""

    status: str = ""
    since: bool = False
    until: bool = False
    text: bool = False


ORDERS = {
    "": "newest first",
    SyncStatus.COMPLETED: "last posted or linked first",
    SyncStatus.LEFT_OUT: "last left out first",
    SyncStatus.TOGETHER: "last read first",
}
"""Of all documents an index has the dates in their order. Those of a status are found in the table that knows them, in
the order in which they came into it: to have them by date, every one would be read for each page."""

PLANNED = "last planned first"
"""The order of every other status."""


@dataclass(frozen=True)
class Statements:
    """``total``, and the ids of a page from either end, ask for the parameters of the filter; ``rows`` for ids alone.

    ``newest`` and ``oldest`` are cut by ``start`` and ``most``; ``after`` is for the whole report, oldest first: at
    most ``most`` rows whose ``base_id`` is beyond ``last``.
    """

    total: sa.Select[Any]
    newest: sa.Select[Any]
    counted: sa.Select[Any]
    """The ids of a page as ``newest``, each with how many there are: for a text, in one look."""
    oldest: sa.Select[Any]
    rows: sa.Select[Any]
    after: sa.Select[Any]


@dataclass(frozen=True)
class _Base:
    """The table that knows the documents of a status: its id, where a document's name stands in it, and which rows."""

    id: sa.ColumnElement[int]
    kind: sa.ColumnElement[str]
    source_id: sa.ColumnElement[str]
    conditions: Sequence[sa.ColumnElement[bool]]
    table: sa.FromClause


_INTEGRATION: sa.BindParameter[int] = sa.bindparam("integration")
_STOCK: sa.BindParameter[int] = sa.bindparam("stock")
_KINDS: sa.BindParameter[Any] = sa.bindparam("kinds", expanding=True)
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_LINKED = LINKS.alias("linked")
_SHOWN = (
    SNAPSHOTS.c.id,
    SNAPSHOTS.c.kind,
    SNAPSHOTS.c.external_id,
    SNAPSHOTS.c.number,
    SNAPSHOTS.c.label,
    SNAPSHOTS.c.document_date,
    SNAPSHOTS.c.amount,
    SNAPSHOTS.c.currency,
    SNAPSHOTS.c.first_seen_at,
    SNAPSHOTS.c.document,
    _LINKED.c.target_id,
    _LINKED.c.target_number,
    _LINKED.c.state.label("target_state"),
    _LINKED.c.created_at.label("posted_at"),
)


@cache
def statements(sort: Sort) -> Statements:
    """The statements for a sort of filter."""
    base = _base(sort.status)
    about = _about(sort)
    order = [base.id] if sort.status else [SNAPSHOTS.c.document_date, SNAPSHOTS.c.id]
    newest, oldest = [each.desc() for each in order], [each.asc() for each in order]
    found = sa.select(base.id).select_from(_joined(base)).where(*base.conditions, *about)
    most, start = sa.bindparam("most", type_=sa.Integer), sa.bindparam("start", type_=sa.Integer)
    # What is counted: the documents are joined only where the filter asks about them.
    counted = sa.select(base.id).select_from(_joined(base) if about else base.table).where(*base.conditions, *about)
    rows = sa.select(*_SHOWN, base.id.label("base_id")).select_from(_joined(base).outerjoin(_LINKED, _is_its_link()))
    after = rows.where(*base.conditions, *about, base.id > sa.bindparam("last"))
    return Statements(
        total=sa.select(sa.func.count()).select_from(counted.subquery()),
        newest=found.order_by(*newest).limit(most).offset(start),
        counted=found.add_columns(sa.func.count().over()).order_by(*newest).limit(most).offset(start),
        oldest=found.order_by(*oldest).limit(most).offset(start),
        rows=rows.where(base.id.in_(_IDS)).order_by(*newest),
        after=after.order_by(base.id).limit(most),
    )


def _base(status: str) -> _Base:
    if not status:
        # All of these have a date, and the index in the order of the dates leaves out what has none.
        dated = SNAPSHOTS.c.document_date.is_not(None)
        own = (SNAPSHOTS.c.connection_id == _STOCK, SNAPSHOTS.c.kind.in_(_KINDS), dated)
        return _Base(SNAPSHOTS.c.id, SNAPSHOTS.c.kind, SNAPSHOTS.c.external_id, own, SNAPSHOTS)
    made = _BASES[SyncStatus(status)]()
    # Through a function, so that no index on kinds is used: the one that knows the status finds fewer rows.
    return replace(made, conditions=[*made.conditions, sa.func.lower(made.kind).in_(_KINDS)])


def _of_operations(*conditions: sa.ColumnElement[bool]) -> _Base:
    mine = (OPERATIONS.c.integration_id == _INTEGRATION, *conditions)
    return _Base(OPERATIONS.c.id, OPERATIONS.c.kind, OPERATIONS.c.source_id, mine, OPERATIONS)


def _pending() -> _Base:
    return _of_operations(OPERATIONS.c.state.in_(ON_ITS_WAY))


def _failed() -> _Base:
    return _of_operations(OPERATIONS.c.state.in_(STUCK))


def _skipped() -> _Base:
    return _of_operations(OPERATIONS.c.state == OperationState.DROPPED.value, _is_newest(), ~_is_linked())


def _warning() -> _Base:
    return _of_operations(OPERATIONS.c.warned.is_(True), _is_newest(), _is_linked())


def _completed() -> _Base:
    # Not as pairs that are not in a list: for each pair that is not, SQLite goes through all of the list.
    mine = (LINKS.c.integration_id == _INTEGRATION, LINKS.c.live)
    unfinished = sa.exists().where(*_its_operation(), OPERATIONS.c.state.in_(OPEN_STATES))
    warned = sa.exists().where(*_its_operation(), OPERATIONS.c.warned.is_(True), _is_newest())
    return _Base(LINKS.c.id, LINKS.c.kind, LINKS.c.source_id, [*mine, ~unfinished, ~warned], LINKS)


def _its_operation() -> Sequence[sa.ColumnElement[bool]]:
    """That an operation is of the document that a link is of."""
    return (
        OPERATIONS.c.integration_id == LINKS.c.integration_id,
        OPERATIONS.c.kind == LINKS.c.kind,
        OPERATIONS.c.source_id == LINKS.c.source_id,
    )


def _left_out() -> _Base:
    joined = EXCLUSIONS.join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
    mine = (FLOWS.c.integration_id == _INTEGRATION,)
    return _Base(EXCLUSIONS.c.id, FLOWS.c.kind, EXCLUSIONS.c.external_id, mine, joined)


def _together() -> _Base:
    mine = sa.select(FLOWS.c.id).where(FLOWS.c.integration_id == _INTEGRATION).scalar_subquery()
    in_one = sa.exists().where(MEMBERS.c.flow_id.in_(mine), MEMBERS.c.external_id == SNAPSHOTS.c.external_id)
    own = (SNAPSHOTS.c.connection_id == _STOCK, SNAPSHOTS.c.kind == Kind.JOURNAL.value, in_one)
    return _Base(SNAPSHOTS.c.id, SNAPSHOTS.c.kind, SNAPSHOTS.c.external_id, own, SNAPSHOTS)


_BASES: dict[SyncStatus, Callable[[], _Base]] = {
    SyncStatus.PENDING: _pending,
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


def _is_its_link() -> sa.ColumnElement[bool]:
    """That a link is the one of the document: there is at most one."""
    return sa.and_(
        _LINKED.c.integration_id == _INTEGRATION,
        _LINKED.c.kind == SNAPSHOTS.c.kind,
        _LINKED.c.source_id == SNAPSHOTS.c.external_id,
        _LINKED.c.live,
    )


def _joined(base: _Base) -> sa.FromClause:
    if base.table is SNAPSHOTS:
        return SNAPSHOTS
    named = sa.and_(
        SNAPSHOTS.c.connection_id == _STOCK,
        SNAPSHOTS.c.kind == base.kind,
        SNAPSHOTS.c.external_id == base.source_id,
    )
    return base.table.join(SNAPSHOTS, named)


def _about(sort: Sort) -> list[sa.ColumnElement[bool]]:
    """What the filter asks of the documents themselves."""
    found: list[sa.ColumnElement[bool]] = []
    if sort.since:
        found.append(SNAPSHOTS.c.document_date >= sa.bindparam("since"))
    if sort.until:
        found.append(SNAPSHOTS.c.document_date <= sa.bindparam("until"))
    if sort.text:
        found.append(SNAPSHOTS.c.id.in_(_numbered()))
    return found


def _numbered() -> sa.CompoundSelect[Any]:
    """The documents of which either number begins with the text, in small or capital letters: each by its index."""
    here, there, linked = SNAPSHOTS.alias("here"), SNAPSHOTS.alias("there"), LINKS.alias("posted")
    mine = sa.select(here.c.id).where(here.c.connection_id == _STOCK, here.c.kind.in_(DATED))
    found = [mine.where(*begins(here.c.natural_key, sa.bindparam("folded", type_=sa.String)))]
    same = sa.and_(
        there.c.connection_id == _STOCK,
        there.c.kind == linked.c.kind,
        there.c.external_id == linked.c.source_id,
    )
    for spelt in ("text", "capitals"):
        posted = sa.select(there.c.id).join_from(linked, there, same).where(linked.c.integration_id == _INTEGRATION)
        found.append(posted.where(*begins(linked.c.target_number, sa.bindparam(spelt, type_=sa.String))))
    return sa.union(*found)


NEWEST_OPERATIONS = (
    sa.select(
        OPERATIONS.c.kind,
        OPERATIONS.c.source_id,
        OPERATIONS.c.state,
        OPERATIONS.c.problem,
        OPERATIONS.c.reason,
        OPERATIONS.c.warnings,
        OPERATIONS.c.warned,
    )
    .where(OPERATIONS.c.integration_id == _INTEGRATION, OPERATIONS.c.kind.in_(_KINDS))
    .where(OPERATIONS.c.source_id.in_(_IDS), OPERATIONS.c.state != OperationState.REPLACED.value)
    .order_by(OPERATIONS.c.id)
)
"""Of documents by kind and source id, the operations that count; the newest of each comes last."""

RULES = (
    sa.select(FLOWS.c.kind, EXCLUSIONS.c.external_id.label("source_id"), EXCLUSIONS.c.rule)
    .join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
    .where(FLOWS.c.integration_id == _INTEGRATION, EXCLUSIONS.c.external_id.in_(_IDS))
)
"""Of documents by source id, the rules that leave them out."""
