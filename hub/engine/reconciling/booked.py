"""What was booked when a period was signed off: by kind how much, and a digest by which each other booking is seen.

Two changes that make up for each other are changes all the same, so totals alone would not do.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import Status
from hub.engine.reconciling.stored import DATED
from hub.models import Link, Snapshot, table
from hub.providers import TargetStatus
from hub.reconcile import SUMMARIES

WITHIN, BEFORE, LEDGER = "within", "before", "ledger"
PARTS = (WITHIN, BEFORE, LEDGER)
"""Documents of the stock system dated in the period, those dated before it, and what ours count for in the ledger."""
IN_BOOKS = tuple(status.value for status in (TargetStatus.OPEN, TargetStatus.PART_PAID, TargetStatus.PAID))
"""As what a target is in the ledger's books."""
Booked = Mapping[str, list[str]]
"""By kind: how many, what they add up to in words of digits, and a digest of what each of them books."""

links = table(Link)
snapshots = table(Snapshot)


def all_booked(db: sa.Connection, row: sa.Row[Any], stock_id: int) -> dict[str, Booked]:
    """Everything that a sign-off keeps; ``row`` has the period's first and last day and the integration."""
    return {part: booked_of(db, part, row, stock_id) for part in PARTS}


def booked_of(db: sa.Connection, part: str, row: sa.Row[Any], stock_id: int) -> Booked:
    """What is booked now of one part."""
    if part == LEDGER:
        return _in_ledger(db, row)
    chosen: sa.Select[Any] = (
        sa.select(snapshots.c.kind, snapshots.c.amount, snapshots.c.external_id, snapshots.c.document)
        .where(*_dated(part, row, stock_id), snapshots.c.withdrawn.is_(False))
        .order_by(snapshots.c.external_id)
        .execution_options(yield_per=500)
    )
    found = db.execute(chosen)
    return _summed(_of_document(each) for each in found)


def count_of(db: sa.Connection, part: str, row: sa.Row[Any], stock_id: int) -> int:
    """How many documents of the stock system are in a part of it."""
    counted = sa.select(sa.func.count()).where(*_dated(part, row, stock_id), snapshots.c.withdrawn.is_(False))
    return int(db.execute(counted).scalar_one())


def stock_documents(stock_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """The stock system's own documents."""
    return (
        snapshots.c.connection_id == stock_id,
        snapshots.c.kind.in_(DATED),
        snapshots.c.feed != SUMMARIES,  # the hub's own are of the same journals
    )


def _dated(part: str, row: sa.Row[Any], stock_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    day = snapshots.c.document_date
    dated = day.between(row.period_start, row.period_end) if part == WITHIN else day < row.period_start
    return (*stock_documents(stock_id), dated)


def _in_ledger(db: sa.Connection, row: sa.Row[Any]) -> Booked:
    state = links.c.state
    status, day, total = (state[name].as_string() for name in ("status", "date", "total"))
    chosen = (
        sa.select(links.c.kind, links.c.target_id, day.label("day"), total.label("total"))
        .where(links.c.integration_id == row.integration_id, links.c.kind.in_(DATED))
        .where(status.in_(IN_BOOKS), day <= row.period_end.isoformat())
        .order_by(links.c.target_id, links.c.id)
        .execution_options(yield_per=500)
    )
    first = row.period_start.isoformat()  # on which day within the period, or before it, moves nothing
    found = db.execute(chosen)
    return _summed((each.kind, each.total, [each.target_id, each.day >= first, each.total]) for each in found)


def _summed(rows: Iterable[tuple[str, str | None, list[Any]]]) -> Booked:
    counts: defaultdict[str, int] = defaultdict(int)
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    digests: defaultdict[str, Any] = defaultdict(hashlib.sha256)
    for kind, amount, booked in rows:
        counts[kind] += 1
        totals[kind] += Decimal(amount or 0)
        digests[kind].update(json.dumps(booked).encode())
    return {kind: [str(counts[kind]), str(totals[kind]), digests[kind].hexdigest()[:32]] for kind in sorted(counts)}


def _of_document(row: sa.Row[Any]) -> tuple[str, str | None, list[Any]]:
    """What goes to the accounts of a document's lines; nothing of one that was voided."""
    document = json.loads(row.document)
    if document.get("status") == Status.VOIDED.value:
        return row.kind, None, [row.external_id]
    lines = [
        [line.get("account", ""), str(line.get("amount", "")), str(line.get("tax_amount", ""))]
        for line in document.get("lines", ())
    ]
    return row.kind, row.amount, [row.external_id, row.amount, lines]
