"""Documents of a period beside what the ledger was last known to hold of each: from what is stored, nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind
from hub.providers import TargetStatus
from hub.web.queries.tables import LINKS, SNAPSHOTS

KINDS = tuple(kind.value for kind in Kind if kind in TRADE_KINDS or kind in (Kind.PAYMENT, Kind.REFUND))
"""What has a total on both sides. Journals of several documents have none of their own: the sync report lists them."""
PORTION = 1_000
SHOWN = 200
"""How many documents that differ are listed; all are counted."""
_IN_BOOKS = frozenset({TargetStatus.OPEN.value, TargetStatus.PART_PAID.value, TargetStatus.PAID.value})
_ZERO = Decimal(0)


@dataclass
class Tally:
    """The documents of one kind in one currency: what both sides say of them, added up."""

    documents: int = 0
    posted: int = 0
    differing: int = 0
    source: Decimal = _ZERO
    ledger: Decimal = _ZERO

    @property
    def difference(self) -> Decimal:
        """What the stock system says more."""
        return self.source - self.ledger


@dataclass(frozen=True)
class Pair:
    """One document that is not the same on both sides; without ``target_id`` it is in the ledger not at all."""

    snapshot_id: int
    kind: str
    label: str
    day: date
    currency: str
    source: Decimal
    ledger: Decimal
    target_id: str
    target_number: str
    why: str


@dataclass
class SideBySide:
    """The whole period."""

    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    differing: int = 0


def compare(db: sa.Connection, integration: sa.Row[Any], since: date, until: date) -> SideBySide:
    """Put the documents of a period side by side, a portion at a time."""
    found = SideBySide()
    for row in _rows(db, integration, since, until):
        pair = _pair(row)
        tally = found.tallies.setdefault((row.kind, row.currency), Tally())
        tally.documents += 1
        tally.posted += bool(pair.target_id)
        tally.source += pair.source
        tally.ledger += pair.ledger
        if pair.why:
            tally.differing += 1
            found.differing += 1
            found.pairs += [pair] if len(found.pairs) < SHOWN else []
    found.tallies = dict(sorted(found.tallies.items(), key=lambda each: (KINDS.index(each[0][0]), each[0][1])))
    return found


def _pair(row: sa.Row[Any]) -> Pair:
    state = row.state or {}
    is_void = row.withdrawn or '"status":"voided"' in row.document.replace(" ", "")
    source = _ZERO if is_void else Decimal(row.amount or 0)
    status = state.get("status", "")
    ledger = Decimal(str(state.get("total") or 0)) if status in _IN_BOOKS else _ZERO
    return Pair(
        snapshot_id=row.id,
        kind=row.kind,
        label=row.number or row.label,
        day=row.document_date,
        currency=row.currency,
        source=source,
        ledger=ledger,
        target_id=row.target_id or "",
        target_number=row.target_number or "",
        why=_why(row, status, is_void, source, ledger),
    )


def _why(row: sa.Row[Any], status: str, is_void: bool, source: Decimal, ledger: Decimal) -> str:
    """How the two differ, in words; empty where they do not."""
    if not row.target_id:
        return "" if is_void else "not posted"
    if status == TargetStatus.DRAFT:
        return "" if is_void else "a draft there, which counts in no balance yet"
    if status == TargetStatus.MISSING:
        return "" if is_void else "not in the ledger any more"
    if status == TargetStatus.VOIDED:
        return "" if is_void else "voided in the ledger only"
    if is_void:
        return "void in the stock system only"
    if source != ledger:
        return "another amount in the ledger"
    return "edited in the ledger, for the same amount" if row.edited else ""


def _rows(db: sa.Connection, integration: sa.Row[Any], since: date, until: date) -> Iterator[sa.Row[Any]]:
    linked = sa.and_(
        LINKS.c.integration_id == integration.id,
        LINKS.c.kind == SNAPSHOTS.c.kind,
        LINKS.c.source_id == SNAPSHOTS.c.external_id,
        LINKS.c.live.is_(True),
    )
    shown = ("id", "kind", "label", "number", "document_date", "amount", "currency", "withdrawn", "document")
    chosen = (
        sa.select(
            *(SNAPSHOTS.c[name] for name in shown),
            *(LINKS.c[name] for name in ("target_id", "target_number", "state", "edited")),
        )
        .outerjoin_from(SNAPSHOTS, LINKS, linked)
        .where(SNAPSHOTS.c.connection_id == integration.stock_id, SNAPSHOTS.c.kind.in_(KINDS))
        .order_by(SNAPSHOTS.c.document_date, SNAPSHOTS.c.id)
    )
    after, last = since, 0
    while True:
        later = sa.or_(
            SNAPSHOTS.c.document_date > after,
            sa.and_(SNAPSHOTS.c.document_date == after, SNAPSHOTS.c.id > last),
        )
        within = (SNAPSHOTS.c.document_date.between(after, until), later)
        part = db.execute(chosen.where(*within).limit(PORTION)).all()
        yield from part
        if len(part) < PORTION:
            return
        after, last = part[-1].document_date, part[-1].id
