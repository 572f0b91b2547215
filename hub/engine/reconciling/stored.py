"""What a comparison asks of snapshots and links: little of each, looked up for a portion of ids at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from hub.causes import Joint, Movement
from hub.documents import REFERENCE_KINDS, JournalReason, Kind, Status
from hub.engine.notes import chunks
from hub.models import Integration, Link, Snapshot, table
from hub.providers import TargetStatus

links = table(Link)
snapshots = table(Snapshot)

DATED = tuple(sorted(kind.value for kind in Kind if kind not in REFERENCE_KINDS | {Kind.CONTACT, Kind.ITEM}))
MOVEMENTS = {
    JournalReason.COST_OF_GOODS: Movement.DISPATCH,
    JournalReason.COST_CORRECTION: Movement.DISPATCH,
    JournalReason.GOODS_RECEIVED: Movement.RECEIPT,
    JournalReason.IN_TRANSIT: Movement.RECEIPT,
}
INVOICES = (Kind.INVOICE.value, Kind.BILL.value)

SHOWN: tuple[sa.ColumnElement[Any], ...] = (
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

LINKED = (
    *(links.c[name] for name in ("source_id", "target_id", "target_number", "live", "edited")),
    *(links.c[name] for name in ("document_id", "written_fingerprint", "state")),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a comparison asks of a snapshot."""

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
    def of(cls, row: sa.Row[Any]) -> Seen:
        """From the columns of a snapshot; of its document only these three."""
        document = json.loads(row.document)
        told = (document.get("status", ""), document.get("reason", ""), document.get("source_url") or "")
        values: tuple[Any, ...] = (*row[: len(SHOWN) - 1], *told)
        return cls(*values)

    @property
    def is_live(self) -> bool:
        return not self.withdrawn and self.status != Status.VOIDED.value

    @property
    def movement(self) -> Movement:
        return MOVEMENTS.get(JournalReason(self.reason), Movement.NONE) if self.reason else Movement.NONE


@dataclass(frozen=True, slots=True)
class Linked:
    """What a comparison asks of a link: the joint that it is, what its money is on, and what was written."""

    joint: Joint
    document_id: str
    written_fingerprint: str

    @classmethod
    def of(cls, row: sa.Row[Any]) -> Linked:
        """From the columns of a link and what the ledger last said of its target."""
        kind, day = Kind(row.state["kind"]), row.state.get("date")
        joint = Joint(
            source=(kind, row.source_id),
            target=(kind, row.target_id),
            status=TargetStatus(row.state["status"]),
            number=row.target_number,
            date=date.fromisoformat(day) if day else None,
            live=row.live,
            edited=row.edited,
        )
        return cls(joint, row.document_id, row.written_fingerprint)

    @property
    def source_id(self) -> str:
        return self.joint.source[1]


def snapshots_of(db: sa.Connection, stock_id: int, ids: Iterable[str]) -> list[Seen]:
    """The documents of these external ids."""
    mine = sa.select(*SHOWN).where(snapshots.c.connection_id == stock_id)
    found = _by_kind(mine, snapshots.c.kind, snapshots.c.external_id, ids)
    return [Seen.of(row) for chosen in found for row in db.execute(chosen)]


def _by_kind(
    chosen: sa.Select[Any], kind: sa.ColumnElement[str], column: sa.ColumnElement[str], ids: Iterable[str]
) -> Iterator[sa.Select[Any]]:
    """One statement for each kind and portion: asked for several kinds at once, SQLite reads all that there is."""
    for part in chunks(sorted(set(ids))):
        yield from (chosen.where(kind == each, column.in_(part)) for each in DATED)


def of_records(db: sa.Connection, stock_id: int, ids: Iterable[str]) -> list[Seen]:
    """All documents that these native records own."""
    wanted = sorted(ids)
    if not wanted:
        return []
    feeds = sa.select(snapshots.c.feed).where(snapshots.c.connection_id == stock_id, snapshots.c.kind.in_(DATED))
    named = db.execute(feeds.distinct()).scalars().all()
    mine = sa.select(*SHOWN).where(snapshots.c.connection_id == stock_id, snapshots.c.feed.in_(named))
    dated = mine.where(snapshots.c.kind.in_(DATED))
    found = (dated.where(snapshots.c.record_id.in_(part)) for part in chunks(wanted))
    return [Seen.of(row) for chosen in found for row in db.execute(chosen)]


def links_of(
    db: sa.Connection, integration: Integration, column: sa.ColumnElement[str], ids: Collection[str]
) -> list[Linked]:
    """The links that have one of these ids in a column."""
    mine = sa.select(*LINKED).where(
        links.c.integration_id == integration.id, links.c.ledger_id == integration.ledger_id
    )
    found = _by_kind(mine, links.c.kind, column, ids)
    return [Linked.of(row) for chosen in found for row in db.execute(chosen)]


def money_on(db: sa.Connection, integration: Integration, ids: Iterable[str]) -> list[Linked]:
    """The links of payments, refunds and allocations of these documents."""
    # Written out: an index knows the links that are money.
    mine = sa.select(*LINKED).where(
        links.c.integration_id == integration.id, links.c.document_id != sa.literal_column("''")
    )
    found = (mine.where(links.c.document_id.in_(part)) for part in chunks(sorted(set(ids))))
    return [Linked.of(row) for chosen in found for row in db.execute(chosen)]
