"""Entries of the stock system's books that no stored document explains: their records are read again, once.

A change that is dated back appears in the general ledger and moves nothing that a list of changes is asked by. So the
lists are read anew as a whole; details that did not change cost no call, since the hub knows their stamps.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.causes import Accounts, Facts
from hub.documents import Kind
from hub.engine.notes import chunks
from hub.engine.runs import want_run
from hub.models import Cursor, Integration, NativeRecord, Reconciliation, ReconciliationLine, Snapshot, table
from hub.models.states import ReconciliationState
from hub.providers import Provider
from hub.reconcile import is_summary

cursors = table(Cursor)
lines = table(ReconciliationLine)
records = table(NativeRecord)
rows = table(Reconciliation)
snapshots = table(Snapshot)

WHY = "entries that no document explains"


def stale(db: sa.Connection, stock_id: int, facts: Facts, accounts: Accounts) -> dict[str, str]:
    """The journals of which the books now say another amount than the stored journal, each with its record."""
    facts.choose(accounts)
    found: dict[str, str] = {}
    for part in facts.journals():
        rows = _journals(db, stock_id, [id for id in part if not is_summary(id)])
        # Where the books name records and no documents, nothing can be told of one journal.
        unnamed = {row.record_id for row in rows} - facts.named_among({row.record_id for row in rows})
        sums = facts.booked(part)
        told = (row for row in rows if row.record_id in unnamed - {""})
        found |= {row.external_id: row.record_id for row in told if _differs(row, sums, accounts.stock)}
    return found


def _journals(db: sa.Connection, stock_id: int, ids: Sequence[str]) -> list[sa.Row[Any]]:
    chosen = sa.select(snapshots.c.external_id, snapshots.c.record_id, snapshots.c.document).where(
        snapshots.c.connection_id == stock_id,
        snapshots.c.kind == Kind.JOURNAL.value,
        snapshots.c.external_id.in_(ids),
        snapshots.c.withdrawn.is_(False),
    )
    return list(db.execute(chosen))


def _differs(row: sa.Row[Any], sums: Mapping[tuple[str, str], Decimal], accounts: Collection[str]) -> bool:
    """Whether the books say something else than this journal does, or nothing of it any more."""
    stored: dict[str, Decimal] = {}
    for line in json.loads(row.document, parse_float=Decimal)["lines"]:
        if line["account"] in accounts:
            stored[line["account"]] = stored.get(line["account"], Decimal(0)) + Decimal(str(line["amount"]))
    told = {account: sums[row.external_id, account] for account in accounts if (row.external_id, account) in sums}
    return _moved(told) != _moved(stored)


def _moved(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {account: amount for account, amount in amounts.items() if amount}


def reread(
    db: sa.Connection,
    integration: Integration,
    provider: Provider,
    missing: Iterable[str],
    record_ids: Iterable[str],
    at: datetime,
) -> int:
    """Have what is missing or stale read again with the stock system's next run; how many records that is.

    What was missing in the comparison before as well is nothing that the hub reads: it is listed, and not asked again.
    """
    new = set(missing) - _missing_before(db, integration)
    again = _not_read_since(db, integration, sorted(set(record_ids)))
    feeds = _forget_stamps(db, integration.stock_id, again)
    if new:
        feeds |= {feed.name for feed in provider.feeds if not feed.full and not feed.states_only and feed.kinds}
    if not feeds:
        return 0
    mine = sa.update(cursors).where(cursors.c.connection_id == integration.stock_id, cursors.c.feed.in_(sorted(feeds)))
    # A list that is being read goes on; what it has passed is listed anew after it.
    db.execute(mine.where(cursors.c.progress.is_(None)).values(watermark=None))
    want_run(db, integration.stock_id, WHY, at)
    return len(new) + len(again)


def _forget_stamps(db: sa.Connection, stock_id: int, record_ids: Sequence[str]) -> set[str]:
    """A record without a stamp is not taken for known, so its detail is fetched again. Answers with their feeds."""
    feeds: set[str] = set()
    for part in chunks(record_ids):
        mine = (records.c.connection_id == stock_id, records.c.record_id.in_(part))
        feeds |= set(db.execute(sa.select(records.c.feed).where(*mine).distinct()).scalars())
        db.execute(sa.update(records).where(*mine).values(stamp=""))
    return feeds


def _not_read_since(db: sa.Connection, integration: Integration, record_ids: Sequence[str]) -> list[str]:
    """Those that were not read after the comparison before: what was, and still differs, would differ again."""
    ended = sa.select(sa.func.max(rows.c.finished_at)).where(
        rows.c.integration_id == integration.id, rows.c.state == ReconciliationState.DONE.value
    )
    before = db.execute(ended).scalar()
    if before is None:
        return list(record_ids)
    found: list[str] = []
    for part in chunks(record_ids):
        chosen = sa.select(records.c.record_id).where(
            records.c.connection_id == integration.stock_id, records.c.record_id.in_(part), records.c.seen_at < before
        )
        found += db.execute(chosen.distinct()).scalars()
    return found


def _missing_before(db: sa.Connection, integration: Integration) -> set[str]:
    mine = sa.select(sa.func.max(rows.c.id)).where(
        rows.c.integration_id == integration.id, rows.c.state == ReconciliationState.DONE.value
    )
    last = mine.scalar_subquery()
    listed = sa.select(lines.c.source_id).where(lines.c.reconciliation_id == last, lines.c.kind == "")
    return set(db.execute(listed).scalars())
