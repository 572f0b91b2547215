"""The sync report: every document of an integration with both numbers and how it stands.

Which documents a status finds is worked out from the table that knows them, so that an index finds a page of them;
the rest is looked up for the rows that are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hub.documents import REFERENCE_KINDS, Kind
from hub.mapping import fold
from hub.models import OPEN_STATES, FlowMode, OperationState
from hub.store import Store
from hub.web.paging import PAGE_SIZE, Paged
from hub.web.queries.search import begins
from hub.web.queries.tables import EXCLUSIONS, FLOWS, LINKS, OPERATIONS, SNAPSHOTS
from hub.web.remembered import total_of

PORTION = 500
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
    UNPLANNED = "not planned yet"


FILTERS = tuple(status for status in SyncStatus if status is not SyncStatus.UNPLANNED)


@dataclass(frozen=True)
class Filter:
    """Which documents are asked for; empty parts leave nothing out."""

    status: str = ""
    kind: str = ""
    text: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Filter:
        """The filter in an address; what can't be read is left out."""
        status, kind = sent.get("status", ""), sent.get("kind", "")
        return cls(
            status=status if status in FILTERS else "",
            kind=kind if kind in DATED else "",
            text=sent.get("text", "").strip(),
            since=readable_day(sent.get("since", "")),
            until=readable_day(sent.get("until", "")),
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The filter as the arguments of an address."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Entry:
    """One document of the report. ``operation`` is its newest one that counts."""

    document: sa.Row[Any]
    status: SyncStatus
    link: sa.Row[Any] | None = None
    operation: sa.Row[Any] | None = None
    rule: str = ""

    @property
    def why(self) -> str:
        """What there is to say about the status, in a sentence; empty when it speaks for itself."""
        if self.status is SyncStatus.LEFT_OUT:
            return self.rule
        if self.operation is None:
            return ""
        if self.status is SyncStatus.FAILED:
            return (self.operation.problem or {}).get("what", "") or "the answer was lost; it is looked for"
        if self.status is SyncStatus.WARNING:
            return "; ".join(self.operation.warnings)
        return str(self.operation.reason) if self.status is SyncStatus.SKIPPED else ""

    @property
    def posted_at(self) -> datetime | None:
        """When it came into the ledger, or was linked to what is there."""
        return self.link.created_at if self.link is not None else None

    @property
    def source_address(self) -> str:
        """Where the stock system shows it; empty where it has no page."""
        return json.loads(self.document.document).get("source_url") or ""


@dataclass(frozen=True)
class _Base:
    """The table that knows the documents of a status: its id, where a document's name stands in it, and which rows."""

    id: sa.ColumnElement[int]
    kind: sa.ColumnElement[str]
    source_id: sa.ColumnElement[str]
    conditions: Sequence[sa.ColumnElement[bool]]
    table: sa.FromClause


def readable_day(text: str) -> str:
    """The text, if it is a day such as 2025-07-01; else nothing."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def entries(db: sa.Connection, integration: sa.Row[Any], chosen: Filter, number: int) -> Paged:
    """One page of the report, newest first."""
    kinds = _kinds(db, integration.id)
    base = _base(integration, chosen, kinds)
    listed = _listed(integration, base, chosen)
    total = total_of(db, _counted(integration, base, chosen))
    number = min(number, max(1, -(-total // PAGE_SIZE)))
    found = _ids(db, listed.with_only_columns(base.id), base, chosen, total, number)
    rows = db.execute(listed.where(base.id.in_(found)).order_by(*_newest_first(base, chosen))).all()
    return Paged(_complete(db, integration.id, rows), total, number)


def _ids(
    db: sa.Connection, listed: sa.Select[Any], base: _Base, chosen: Filter, total: int, number: int
) -> Sequence[int]:
    """The ids of one page, counted from the nearer end, so that the last pages are as near as the first."""
    start, end = (number - 1) * PAGE_SIZE, min(number * PAGE_SIZE, total)
    if start <= total // 2:
        page = listed.order_by(*_newest_first(base, chosen)).offset(start)
    else:
        page = listed.order_by(*_oldest_first(base, chosen)).offset(total - end)
    return db.execute(page.limit(max(0, end - start))).scalars().all()


def _newest_first(base: _Base, chosen: Filter) -> list[sa.UnaryExpression[Any]]:
    return [each.desc() for each in _order(base, chosen)]


def _oldest_first(base: _Base, chosen: Filter) -> list[sa.UnaryExpression[Any]]:
    return [each.asc() for each in _order(base, chosen)]


def _order(base: _Base, chosen: Filter) -> list[sa.ColumnElement[Any]]:
    return [base.id] if chosen.status else [SNAPSHOTS.c.document_date, SNAPSHOTS.c.id]


def every_entry(store: Store, integration: sa.Row[Any], chosen: Filter) -> Iterator[Entry]:
    """The whole report, oldest first, read a portion at a time: no transaction is open between two portions."""
    last = 0
    while True:
        with store.read() as db:
            base = _base(integration, chosen, _kinds(db, integration.id))
            after = _listed(integration, base, chosen).where(base.id > last).order_by(base.id).limit(PORTION)
            rows = db.execute(after).all()
            found = _complete(db, integration.id, rows)
        if not rows:
            return
        yield from found
        last = rows[-1].base_id


def _kinds(db: sa.Connection, integration_id: int) -> list[str]:
    on = sa.select(FLOWS.c.kind).where(FLOWS.c.integration_id == integration_id, FLOWS.c.mode != FlowMode.OFF.value)
    return [kind for kind in db.execute(on).scalars() if kind in DATED]


def _base(integration: sa.Row[Any], chosen: Filter, kinds: Sequence[str]) -> _Base:
    wanted = [chosen.kind] if chosen.kind else list(kinds)
    if not chosen.status:
        # All of these have a date, and the index in the order of the dates leaves out what has none.
        dated = SNAPSHOTS.c.document_date.is_not(None)
        own = (SNAPSHOTS.c.connection_id == integration.stock_id, SNAPSHOTS.c.kind.in_(wanted), dated)
        return _Base(SNAPSHOTS.c.id, SNAPSHOTS.c.kind, SNAPSHOTS.c.external_id, own, SNAPSHOTS)
    made = _BASES[SyncStatus(chosen.status)](integration.id)
    # Through a function, so that no index on kinds is used: the one that knows the status finds fewer rows.
    return replace(made, conditions=[*made.conditions, sa.func.lower(made.kind).in_(wanted)])


def _of_operations(integration_id: int, *conditions: sa.ColumnElement[bool]) -> _Base:
    mine = (OPERATIONS.c.integration_id == integration_id, *conditions)
    return _Base(OPERATIONS.c.id, OPERATIONS.c.kind, OPERATIONS.c.source_id, mine, OPERATIONS)


def _pending(integration_id: int) -> _Base:
    return _of_operations(integration_id, OPERATIONS.c.state.in_(ON_ITS_WAY))


def _failed(integration_id: int) -> _Base:
    return _of_operations(integration_id, OPERATIONS.c.state.in_(STUCK))


def _skipped(integration_id: int) -> _Base:
    dropped = OPERATIONS.c.state == OperationState.DROPPED.value
    return _of_operations(integration_id, dropped, _is_newest(), ~_is_linked())


def _warning(integration_id: int) -> _Base:
    return _of_operations(integration_id, OPERATIONS.c.warned.is_(True), _is_newest(), _is_linked())


def _completed(integration_id: int) -> _Base:
    other = OPERATIONS.alias("other")
    named = sa.tuple_(LINKS.c.kind, LINKS.c.source_id)
    unfinished = sa.select(other.c.kind, other.c.source_id).where(
        other.c.integration_id == integration_id, other.c.state.in_(OPEN_STATES)
    )
    warned = sa.select(OPERATIONS.c.kind, OPERATIONS.c.source_id).where(
        OPERATIONS.c.integration_id == integration_id, OPERATIONS.c.warned.is_(True), _is_newest()
    )
    mine = (LINKS.c.integration_id == integration_id, LINKS.c.live, named.not_in(unfinished), named.not_in(warned))
    return _Base(LINKS.c.id, LINKS.c.kind, LINKS.c.source_id, mine, LINKS)


def _left_out(integration_id: int) -> _Base:
    joined = EXCLUSIONS.join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
    mine = (FLOWS.c.integration_id == integration_id,)
    return _Base(EXCLUSIONS.c.id, FLOWS.c.kind, EXCLUSIONS.c.external_id, mine, joined)


_BASES = {
    SyncStatus.PENDING: _pending,
    SyncStatus.FAILED: _failed,
    SyncStatus.SKIPPED: _skipped,
    SyncStatus.WARNING: _warning,
    SyncStatus.COMPLETED: _completed,
    SyncStatus.LEFT_OUT: _left_out,
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


def _counted(integration: sa.Row[Any], base: _Base, chosen: Filter) -> sa.Select[Any]:
    """What is counted; the documents are joined only where the filter asks about them."""
    about = _about(integration, chosen)
    joined = _joined(integration, base) if about else base.table
    return sa.select(base.id).select_from(joined).where(*base.conditions, *about)


def _listed(integration: sa.Row[Any], base: _Base, chosen: Filter) -> sa.Select[Any]:
    return (
        sa.select(SNAPSHOTS, base.id.label("base_id"))
        .select_from(_joined(integration, base))
        .where(*base.conditions, *_about(integration, chosen))
    )


def _joined(integration: sa.Row[Any], base: _Base) -> sa.FromClause:
    if base.table is SNAPSHOTS:
        return SNAPSHOTS
    named = sa.and_(
        SNAPSHOTS.c.connection_id == integration.stock_id,
        SNAPSHOTS.c.kind == base.kind,
        SNAPSHOTS.c.external_id == base.source_id,
    )
    return base.table.join(SNAPSHOTS, named)


def _about(integration: sa.Row[Any], chosen: Filter) -> list[sa.ColumnElement[bool]]:
    """What the filter asks of the documents themselves."""
    found: list[sa.ColumnElement[bool]] = []
    if chosen.since:
        found.append(SNAPSHOTS.c.document_date >= date.fromisoformat(chosen.since))
    if chosen.until:
        found.append(SNAPSHOTS.c.document_date <= date.fromisoformat(chosen.until))
    if chosen.text:
        found.append(SNAPSHOTS.c.id.in_(_numbered(integration, chosen.text)))
    return found


def _numbered(integration: sa.Row[Any], text: str) -> sa.CompoundSelect[Any]:
    """The documents of which either number begins with the text, in small or capital letters: each by its index."""
    here, there, linked = SNAPSHOTS.alias("here"), SNAPSHOTS.alias("there"), LINKS.alias("linked")
    mine = sa.select(here.c.id).where(here.c.connection_id == integration.stock_id, here.c.kind.in_(DATED))
    found = [mine.where(*begins(here.c.natural_key, fold(text)))]
    same = sa.and_(
        there.c.connection_id == integration.stock_id,
        there.c.kind == linked.c.kind,
        there.c.external_id == linked.c.source_id,
    )
    for spelt in sorted({text, text.upper()}):
        posted = sa.select(there.c.id).join_from(linked, there, same)
        found.append(posted.where(linked.c.integration_id == integration.id, *begins(linked.c.target_number, spelt)))
    return sa.union(*found)


def _complete(db: sa.Connection, integration_id: int, rows: Sequence[sa.Row[Any]]) -> list[Entry]:
    """The rows with their links, newest operations and rules: three statements however many there are."""
    if not rows:
        return []
    kinds, ids = sorted({row.kind for row in rows}), [row.external_id for row in rows]
    links = _by_name(db, sa.select(LINKS).where(*_named(LINKS, integration_id, kinds, ids), LINKS.c.live))
    counting = OPERATIONS.c.state != OperationState.REPLACED.value
    newest = sa.select(*_OPERATION).where(*_named(OPERATIONS, integration_id, kinds, ids), counting)
    operations = _by_name(db, newest.order_by(OPERATIONS.c.id))
    left_out = (
        sa.select(FLOWS.c.kind, EXCLUSIONS.c.external_id.label("source_id"), EXCLUSIONS.c.rule)
        .join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
        .where(FLOWS.c.integration_id == integration_id, EXCLUSIONS.c.external_id.in_(ids))
    )
    rules = _by_name(db, left_out)
    return [
        _entry(row, links.get(name), operations.get(name), rules.get(name))
        for row in rows
        for name in [(row.kind, row.external_id)]
    ]


_OPERATION = (
    OPERATIONS.c.id,
    OPERATIONS.c.kind,
    OPERATIONS.c.source_id,
    OPERATIONS.c.state,
    OPERATIONS.c.action,
    OPERATIONS.c.problem,
    OPERATIONS.c.reason,
    OPERATIONS.c.warnings,
    OPERATIONS.c.warned,
    OPERATIONS.c.planned_at,
    OPERATIONS.c.settled_at,
)


def _named(
    table: sa.Table, integration_id: int, kinds: Sequence[str], ids: Sequence[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.integration_id == integration_id, table.c.kind.in_(kinds), table.c.source_id.in_(ids))


def _by_name(db: sa.Connection, statement: sa.Select[Any]) -> dict[tuple[str, str], sa.Row[Any]]:
    return {(row.kind, row.source_id): row for row in db.execute(statement)}


def _entry(
    row: sa.Row[Any], link: sa.Row[Any] | None, operation: sa.Row[Any] | None, rule: sa.Row[Any] | None
) -> Entry:
    return Entry(row, _status(link, operation, rule), link, operation, rule.rule if rule is not None else "")


def _status(link: sa.Row[Any] | None, operation: sa.Row[Any] | None, rule: sa.Row[Any] | None) -> SyncStatus:
    state = operation.state if operation is not None else ""
    if state in STUCK:
        return SyncStatus.FAILED
    if state in ON_ITS_WAY:
        return SyncStatus.PENDING
    if link is not None:
        return SyncStatus.WARNING if operation is not None and operation.warned else SyncStatus.COMPLETED
    if state == OperationState.DROPPED.value:
        return SyncStatus.SKIPPED
    return SyncStatus.LEFT_OUT if rule is not None else SyncStatus.UNPLANNED
