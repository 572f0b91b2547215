"""Drift: what is different since a period was signed off, noted on the sign-off so that people are told.

Two things show it: a later reconciliation of the same period with other figures, and documents of the stock system,
dated within the period, that were changed, withdrawn or added since.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.engine.reconciling.loading import DATED
from hub.models import Integration, Reconciliation, SignOff, Snapshot, table
from hub.reconcile import SUMMARIES
from hub.store import Store

integrations = table(Integration)
rows = table(Reconciliation)
sign_offs = table(SignOff)
snapshots = table(Snapshot)

MOST_NAMED = 20
"""So many of the documents that changed are named; the others are counted."""


def figures_of(figures: Mapping[str, Any]) -> dict[str, list[str]]:
    """What of a reconciliation was signed: both amounts of each measure."""
    return {measure: [told["stock"], told["ledger"]] for measure, told in sorted(figures.items())}


def compare_with_signed(db: sa.Connection, row: Reconciliation, figures: Mapping[str, Any], at: datetime) -> None:
    """Note on the sign-off of the same period what a reconciliation now finds differently."""
    signed = sa.select(sign_offs.c.id, rows.c.figures).join(rows, rows.c.id == sign_offs.c.reconciliation_id)
    mine = signed.where(
        sign_offs.c.integration_id == row.integration_id,
        sign_offs.c.period_start == row.period_start,
        sign_offs.c.period_end == row.period_end,
        sign_offs.c.withdrawn_at.is_(None),
    )
    for sign_off in db.execute(mine).all():
        before, now = figures_of(sign_off.figures), figures_of(figures)
        moved = [measure for measure in before if measure in now and _exact(before[measure]) != _exact(now[measure])]
        if not moved:
            continue
        words = "; ".join(_moved(measure, before[measure], now[measure]) for measure in moved)
        told = {"why": f"A later reconciliation has other figures: {words}.", "reconciliation": row.id}
        _note(db, sign_off.id, told, at)


def _exact(amounts: list[str]) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def _moved(measure: str, before: list[str], now: list[str]) -> str:
    sides = zip(("stock system", "ledger"), before, now, strict=True)
    parts = [f"{side} {Decimal(was):,.2f} then, {Decimal(is_):,.2f} now" for side, was, is_ in sides if was != is_]
    return f"{measure}: {', '.join(parts)}"


def documents_of(db: sa.Connection, stock_id: int, start: date, end: date) -> dict[str, list[str]]:
    """By kind: how many documents the stock system dates in the period, what they add up to, in words of digits, and a
    digest of what each of them books where: two changes that make up for each other are changes all the same.
    """
    chosen = (
        sa.select(snapshots.c.kind, snapshots.c.amount, snapshots.c.external_id, snapshots.c.document)
        .where(*_within(stock_id, start, end), snapshots.c.withdrawn.is_(False))
        .order_by(snapshots.c.external_id)
        .execution_options(yield_per=500)
    )
    counts: defaultdict[str, int] = defaultdict(int)
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    digests: defaultdict[str, Any] = defaultdict(hashlib.sha256)
    for row in db.execute(chosen):
        counts[row.kind] += 1
        totals[row.kind] += Decimal(row.amount or 0)
        digests[row.kind].update(json.dumps([row.external_id, row.amount, _booked(row.document)]).encode())
    return {kind: [str(counts[kind]), str(totals[kind]), digests[kind].hexdigest()[:32]] for kind in sorted(counts)}


def _booked(document: str) -> list[list[str]]:
    """The accounts of a document's lines and what goes to each."""
    lines = json.loads(document).get("lines", ())
    return [[line.get("account", ""), str(line.get("amount", "")), str(line.get("tax_amount", ""))] for line in lines]


def check(store: Store, stock_id: int, at: datetime) -> int:
    """As ``check_documents``, in a transaction of its own where something is signed off at all."""
    with store.read() as db:
        if db.execute(_signed(stock_id).limit(1)).first() is None:
            return 0
    with store.write() as db:
        return check_documents(db, stock_id, at)


def _signed(stock_id: int) -> sa.Select[Any]:
    return (
        sa.select(sign_offs, integrations.c.stock_id)
        .join(integrations, integrations.c.id == sign_offs.c.integration_id)
        .where(integrations.c.stock_id == stock_id, sign_offs.c.withdrawn_at.is_(None))
    )


def check_documents(db: sa.Connection, stock_id: int, at: datetime) -> int:
    """After a run that changed something: note where documents of a signed period have other figures; how many."""
    drifted = 0
    for row in db.execute(_signed(stock_id)).all():
        changed = _changed_since(db, stock_id, row)
        if not changed and not _are_fewer(db, stock_id, row):
            continue
        now = documents_of(db, stock_id, row.period_start, row.period_end)
        if now == row.documents:
            continue
        drifted += 1
        if row.drift is None or row.drift.get("documents") != now:
            _note(db, row.id, {"why": _words(row.documents, now, changed), "documents": now}, at)
    return drifted


def _are_fewer(db: sa.Connection, stock_id: int, row: sa.Row[Any]) -> bool:
    """Whether a document left the period: one that is dated in another one now was changed outside it."""
    counted = sa.select(sa.func.count()).where(
        *_within(stock_id, row.period_start, row.period_end), snapshots.c.withdrawn.is_(False)
    )
    return bool(db.execute(counted).scalar_one() != sum(int(each[0]) for each in row.documents.values()))


def _changed_since(db: sa.Connection, stock_id: int, row: sa.Row[Any]) -> list[str]:
    return changed_since(db, stock_id, row.period_start, row.period_end, row.signed_at)


def changed_since(db: sa.Connection, stock_id: int, start: date, end: date, moment: datetime) -> list[str]:
    """The labels of documents of a period that were changed, withdrawn or added since; one more than are named."""
    changed = (
        sa.select(snapshots.c.label)
        .where(*_within(stock_id, start, end), snapshots.c.seen_at > moment)
        .order_by(snapshots.c.id)
    )
    return list(db.execute(changed.limit(MOST_NAMED + 1)).scalars())


def _within(stock_id: int, start: date, end: date) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        snapshots.c.connection_id == stock_id,
        snapshots.c.document_date.between(start, end),
        snapshots.c.kind.in_(DATED),
        snapshots.c.feed != SUMMARIES,  # the hub's own are of the same journals
    )


def _words(before: Mapping[str, list[str]], now: Mapping[str, list[str]], changed: list[str]) -> str:
    parts: list[str] = []
    for kind in sorted({*before, *now}):
        was, is_ = before.get(kind, ["0", "0"]), now.get(kind, ["0", "0"])
        spoken = kind.replace("_", " ")
        if was[:2] == is_[:2] and was != is_:
            parts.append(f"{spoken}s: {is_[0]} of {Decimal(is_[1]):,.2f} as before, booked in another way")
        elif was != is_:
            parts.append(f"{spoken}s: {was[0]} of {Decimal(was[1]):,.2f} then, {is_[0]} of {Decimal(is_[1]):,.2f} now")
    named = f" Changed since: {', '.join(changed[:MOST_NAMED])}" if changed else ""
    more = " and others" if len(changed) > MOST_NAMED else ""
    return f"The stock system's documents of the period are others: {'; '.join(parts)}.{named}{more}"


def _note(db: sa.Connection, sign_off_id: int, told: Mapping[str, Any], at: datetime) -> None:
    change = sa.update(sign_offs).where(sign_offs.c.id == sign_off_id)
    db.execute(change.values(drift=dict(told), drifted_at=at))
