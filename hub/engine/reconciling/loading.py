"""What the hub knows of the documents that both sides named: how they stand, and what they are linked to."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from hub.causes import Joint, Known, Movement, Ref
from hub.documents import REFERENCE_KINDS, JournalReason, Kind, Status
from hub.engine.notes import chunks
from hub.engine.reconciling.control import Target
from hub.engine.reconciling.obstacles import Obstacle, load_obstacles
from hub.models import Flow, Integration, JournalSummary, Link, Snapshot, SummaryMember, table

flows = table(Flow)
links = table(Link)
members = table(SummaryMember)
snapshots = table(Snapshot)
summary_rows = table(JournalSummary)

DATED = tuple(sorted(kind.value for kind in Kind if kind not in REFERENCE_KINDS | {Kind.CONTACT, Kind.ITEM}))
MOVEMENTS = {
    JournalReason.COST_OF_GOODS: Movement.DISPATCH,
    JournalReason.COST_CORRECTION: Movement.DISPATCH,
    JournalReason.GOODS_RECEIVED: Movement.RECEIPT,
    JournalReason.IN_TRANSIT: Movement.RECEIPT,
}
INVOICES = (Kind.INVOICE.value, Kind.BILL.value)

_SHOWN: tuple[sa.ColumnElement[Any], ...] = (
    snapshots.c.id,
    snapshots.c.kind,
    snapshots.c.external_id,
    snapshots.c.feed,
    snapshots.c.record_id,
    snapshots.c.label,
    snapshots.c.number,
    snapshots.c.document_date,
    snapshots.c.currency,
    snapshots.c.fingerprint,
    snapshots.c.withdrawn,
    snapshots.c.document,
)

_LINKED = (
    *(links.c[name] for name in ("id", "source_id", "target_id", "target_number", "live", "edited")),
    *(links.c[name] for name in ("document_id", "written_fingerprint", "state")),
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a comparison asks of a snapshot: little, since it holds one for each document there is."""

    id: int
    kind: str
    external_id: str
    feed: str
    record_id: str
    label: str
    number: str
    document_date: date | None
    currency: str
    fingerprint: str
    withdrawn: bool
    status: str
    reason: str
    url: str

    @classmethod
    def of(cls, row: sa.Row[Any]) -> _Seen:
        document = json.loads(row.document)
        told = (document.get("status", ""), document.get("reason", ""), document.get("source_url") or "")
        values: tuple[Any, ...] = (*row[: len(_SHOWN) - 1], *told)
        return cls(*values)

    @property
    def is_live(self) -> bool:
        return not self.withdrawn and self.status != Status.VOIDED.value

    @property
    def movement(self) -> Movement:
        return MOVEMENTS.get(JournalReason(self.reason), Movement.NONE) if self.reason else Movement.NONE


@dataclass(frozen=True, slots=True)
class _Linked:
    """What a comparison asks of a link."""

    id: int
    source_id: str
    target_id: str
    target_number: str
    live: bool
    edited: bool
    document_id: str
    written_fingerprint: str
    target: Target

    @classmethod
    def of(cls, row: sa.Row[Any]) -> _Linked:
        values: tuple[Any, ...] = (*row[: len(_LINKED) - 1], Target.of(row.state))
        return cls(*values)

    @property
    def kind(self) -> str:
        return self.target.kind.value


@dataclass(frozen=True, slots=True)
class Stored:
    """One snapshot that plays a part, with where a person finds it."""

    snapshot_id: int
    feed: str
    record_id: str
    url: str
    operation_id: int | None = None


@dataclass
class Knowledge:
    """Everything the hub knows that a comparison rests on."""

    documents: list[Known] = field(default_factory=list)
    joints: list[Joint] = field(default_factory=list)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stored: dict[Ref, Stored] = field(default_factory=dict)
    states: dict[Ref, Target] = field(default_factory=dict)
    """By source document: what the ledger last said of its target."""


def load(
    db: sa.Connection, integration: Integration, source_ids: Collection[str], targets: Collection[Ref], currency: str
) -> Knowledge:
    """What is known of the documents (or records) of these ids, of the money that moved on them, and of what is linked
    to these targets.
    """
    found = {(row.kind, row.external_id): row for row in _named(db, integration.stock_id, source_ids)}
    by_target = _links(db, integration, links.c.target_id, [id for _, id in targets])
    missing = {row.source_id for row in by_target} - {id for _, id in found}
    found |= {(row.kind, row.external_id): row for row in _snapshots(db, integration.stock_id, missing)}
    summaries = _summaries(db, integration, {id for kind, id in found if kind == Kind.JOURNAL.value})
    summary_ids = set(summaries) - {id for _, id in found}
    found |= {(row.kind, row.external_id): row for row in _snapshots(db, integration.stock_id, summary_ids)}
    money = _money_on(db, integration, {id for _, id in found})
    paid = {row.source_id for row in money} - {id for _, id in found}
    found |= {(row.kind, row.external_id): row for row in _snapshots(db, integration.stock_id, paid)}
    linked = {row.id: row for row in [*by_target, *_links(db, integration, links.c.source_id, {id for _, id in found})]}
    obstacles = load_obstacles(db, integration.id or 0, sorted({id for _, id in found}))
    invoiced = _invoiced(db, integration.stock_id, found.values())
    knowledge = Knowledge(members=_with_money(summaries, money))
    written = {(row.kind, row.source_id): row.written_fingerprint for row in linked.values() if row.live}
    for row in found.values():
        obstacle = obstacles.of(row.kind, row.external_id)
        known = _known(row, written.get((row.kind, row.external_id), ""), obstacle, invoiced, currency)
        knowledge.documents.append(known)
        knowledge.stored[known.ref] = _stored(row, obstacle)
    for link in linked.values():
        joint = _joint(link)
        knowledge.joints.append(joint)
        if link.live:
            knowledge.states[joint.source] = link.target
    return knowledge


def _named(db: sa.Connection, stock_id: int, ids: Collection[str]) -> list[_Seen]:
    """The documents of these external ids; of those that are none, all documents of the records of these ids."""
    rows = _snapshots(db, stock_id, ids)
    rest = set(ids) - {row.external_id for row in rows}
    return [*rows, *of_records(db, stock_id, rest)]


def _snapshots(db: sa.Connection, stock_id: int, ids: Iterable[str]) -> list[_Seen]:
    mine = sa.select(*_SHOWN).where(snapshots.c.connection_id == stock_id)
    found = _by_kind(mine, snapshots.c.kind, snapshots.c.external_id, ids)
    return [_Seen.of(row) for chosen in found for row in db.execute(chosen)]


def _by_kind(
    chosen: sa.Select[Any], kind: sa.ColumnElement[str], column: sa.ColumnElement[str], ids: Iterable[str]
) -> Iterator[sa.Select[Any]]:
    """One statement for each kind and portion: asked for several kinds at once, SQLite reads all that there is."""
    for part in chunks(sorted(set(ids))):
        yield from (chosen.where(kind == each, column.in_(part)) for each in DATED)


def of_records(db: sa.Connection, stock_id: int, ids: Iterable[str]) -> list[_Seen]:
    """All documents that these native records own."""
    wanted = sorted(ids)
    if not wanted:
        return []
    feeds = sa.select(snapshots.c.feed).where(snapshots.c.connection_id == stock_id, snapshots.c.kind.in_(DATED))
    named = db.execute(feeds.distinct()).scalars().all()
    mine = sa.select(*_SHOWN).where(snapshots.c.connection_id == stock_id, snapshots.c.feed.in_(named))
    dated = mine.where(snapshots.c.kind.in_(DATED))
    found = (dated.where(snapshots.c.record_id.in_(part)) for part in chunks(wanted))
    return [_Seen.of(row) for chosen in found for row in db.execute(chosen)]


def _links(
    db: sa.Connection, integration: Integration, column: sa.ColumnElement[str], ids: Collection[str]
) -> list[_Linked]:
    mine = sa.select(*_LINKED).where(
        links.c.integration_id == integration.id, links.c.ledger_id == integration.ledger_id
    )
    found = _by_kind(mine, links.c.kind, column, ids)
    return [_Linked.of(row) for chosen in found for row in db.execute(chosen)]


def _money_on(db: sa.Connection, integration: Integration, ids: Iterable[str]) -> list[_Linked]:
    """The links of payments, refunds and allocations of these documents."""
    # Written out: an index knows the links that are money.
    mine = sa.select(*_LINKED).where(
        links.c.integration_id == integration.id, links.c.document_id != sa.literal_column("''")
    )
    found = (mine.where(links.c.document_id.in_(part)) for part in chunks(sorted(set(ids))))
    return [_Linked.of(row) for chosen in found for row in db.execute(chosen)]


def _summaries(db: sa.Connection, integration: Integration, journal_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The journals that the hub made of several, with all that are posted within them, and with those they correct."""
    mine = sa.select(flows.c.id).where(flows.c.integration_id == integration.id, flows.c.kind == Kind.JOURNAL.value)
    flow_ids = db.execute(mine).scalars().all()
    posted = sa.select(members.c.external_id, members.c.summary_id).where(
        members.c.flow_id.in_(flow_ids), members.c.posted.is_(True)
    )
    found: dict[str, list[str]] = {}
    for part in chunks(sorted(journal_ids)):
        for row in db.execute(posted.where(sa.or_(members.c.external_id.in_(part), members.c.summary_id.in_(part)))):
            found.setdefault(row.summary_id, []).append(row.external_id)
        made = sa.select(summary_rows.c.external_id, summary_rows.c.corrects).where(
            summary_rows.c.flow_id.in_(flow_ids), summary_rows.c.corrects != ""
        )
        of_these = sa.or_(summary_rows.c.external_id.in_(part), summary_rows.c.corrects.in_([*part, *found]))
        for row in db.execute(made.where(of_these)):
            found.setdefault(row.external_id, []).append(row.corrects)
    return {summary: tuple(sorted(set(ids))) for summary, ids in found.items()}


def _with_money(summaries: dict[str, tuple[str, ...]], money: Iterable[_Linked]) -> dict[str, tuple[str, ...]]:
    """With each document goes the money that moved on it: the stock system's books may name the document for both."""
    found = {name: list(ids) for name, ids in summaries.items()}
    for row in money:
        found.setdefault(row.document_id, []).append(row.source_id)
    return {name: tuple(ids) for name, ids in found.items()}


def _invoiced(db: sa.Connection, stock_id: int, rows: Iterable[_Seen]) -> dict[str, date]:
    """When what each record is about was first invoiced, for the records that move goods."""
    records = {row.record_id for row in rows if row.kind == Kind.JOURNAL.value and row.movement is not Movement.NONE}
    found: dict[str, date] = {}
    for row in of_records(db, stock_id, records - {""}):
        if row.kind in INVOICES and row.document_date is not None and row.is_live:
            found[row.record_id] = min(row.document_date, found.get(row.record_id, row.document_date))
    return found


def _known(row: _Seen, written: str, obstacle: Obstacle | None, invoiced: Mapping[str, date], currency: str) -> Known:
    return Known(
        ref=(Kind(row.kind), row.external_id),
        record_id=row.record_id,
        number=row.number or row.label,
        date=row.document_date,
        is_live=row.is_live,
        is_foreign=row.currency not in ("", currency),
        movement=row.movement,
        invoiced_on=invoiced.get(row.record_id),
        is_planned=obstacle is not None and obstacle.is_planned,
        obstacle=obstacle.words if obstacle else "",
        changed=bool(written) and written != row.fingerprint,
    )


def _stored(row: _Seen, obstacle: Obstacle | None) -> Stored:
    return Stored(row.id, row.feed, row.record_id, row.url, obstacle.operation_id if obstacle else None)


def _joint(row: _Linked) -> Joint:
    return Joint(
        source=(row.target.kind, row.source_id),
        target=(row.target.kind, row.target_id),
        status=row.target.status,
        number=row.target_number,
        date=row.target.date,
        live=row.live,
        edited=row.edited,
    )
