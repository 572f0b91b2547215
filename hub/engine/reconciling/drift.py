"""Drift: what is different since a period was signed off, noted on the sign-off so that people are told.

A later reconciliation of the same period with other figures shows it, and before that each run that brings a change:
documents of the stock system dated within the period or before it that book something else, and documents of ours in
the ledger that count for something else there. :mod:`hub.engine.reconciling.booked` says what was signed of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.engine.reconciling.booked import BEFORE, LEDGER, WITHIN, Booked, booked_of, count_of, stock_documents
from hub.models import Integration, Reconciliation, SignOff, Snapshot, table
from hub.store import Store

integrations = table(Integration)
rows = table(Reconciliation)
sign_offs = table(SignOff)
snapshots = table(Snapshot)

TITLES: Mapping[str, str] = {
    WITHIN: "The stock system's documents of the period",
    BEFORE: "The stock system's documents dated before the period",
    LEDGER: "What the hub posted to the ledger up to the end of the period",
}

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


def check(store: Store, connection_id: int, at: datetime) -> int:
    """After a run of either side that changed something: note where a signed period is another one now; how many."""
    with store.read() as db:
        if db.execute(_signed_off(connection_id).limit(1)).first() is None:
            return 0
    with store.write() as db:
        drifted = list(_drifted(db, connection_id))
        for sign_off_id, told in drifted:
            _note(db, sign_off_id, told, at)
    return len(drifted)


def _signed_off(connection_id: int) -> sa.Select[Any]:
    return (
        sa.select(sign_offs, integrations.c.stock_id)
        .join(integrations, integrations.c.id == sign_offs.c.integration_id)
        .where(sa.or_(integrations.c.stock_id == connection_id, integrations.c.ledger_id == connection_id))
        .where(sign_offs.c.withdrawn_at.is_(None))
    )


def _drifted(db: sa.Connection, connection_id: int) -> Iterator[tuple[int, dict[str, Any]]]:
    for row in db.execute(_signed_off(connection_id)).all():
        signed = _signed(row.documents)
        changed = changed_since(db, row.stock_id, row.period_end, row.signed_at)
        parts = [part for part in signed if part == LEDGER or changed or _are_fewer(db, row, part, signed[part])]
        now = {part: booked_of(db, part, row, row.stock_id) for part in parts}
        others = {part: booked for part, booked in now.items() if booked != signed[part]}
        if others and (row.drift is None or row.drift.get("documents") != others):
            words = " ".join(_words(part, signed[part], booked) for part, booked in others.items())
            yield row.id, {"why": words + _named(changed), "documents": others}


def _signed(documents: Mapping[str, Any]) -> Mapping[str, Booked]:
    """What was signed by its parts; the first sign-offs have the period's own documents alone."""
    return documents if not documents or WITHIN in documents else {WITHIN: documents}


def _are_fewer(db: sa.Connection, row: sa.Row[Any], part: str, signed: Booked) -> bool:
    """Whether a document left the period: one that is dated in another one now was changed outside it."""
    return count_of(db, part, row, row.stock_id) != sum(int(each[0]) for each in signed.values())


def changed_since(db: sa.Connection, stock_id: int, end: date, moment: datetime) -> list[str]:
    """The labels of documents dated up to a day that were changed, withdrawn or added since; one more than named."""
    changed = (
        sa.select(snapshots.c.label)
        .where(*stock_documents(stock_id), snapshots.c.document_date <= end, snapshots.c.seen_at > moment)
        .order_by(snapshots.c.id)
    )
    return list(db.execute(changed.limit(MOST_NAMED + 1)).scalars())


def _words(part: str, before: Booked, now: Booked) -> str:
    parts: list[str] = []
    for kind in sorted({*before, *now}):
        was, is_ = before.get(kind, ["0", "0"]), now.get(kind, ["0", "0"])
        spoken = kind.replace("_", " ")
        if was[:2] == is_[:2] and was != is_:
            parts.append(f"{spoken}s: {is_[0]} of {Decimal(is_[1]):,.2f} as before, booked in another way")
        elif was != is_:
            parts.append(f"{spoken}s: {was[0]} of {Decimal(was[1]):,.2f} then, {is_[0]} of {Decimal(is_[1]):,.2f} now")
    return (
        f"{TITLES[part]} are others: {'; '.join(parts)}."
        if part != LEDGER
        else f"{TITLES[part]} is another: {'; '.join(parts)}."
    )


def _named(changed: list[str]) -> str:
    named = f" Changed since: {', '.join(changed[:MOST_NAMED])}" if changed else ""
    return f"{named}{' and others' if len(changed) > MOST_NAMED else ''}"


def _note(db: sa.Connection, sign_off_id: int, told: Mapping[str, Any], at: datetime) -> None:
    change = sa.update(sign_offs).where(sign_offs.c.id == sign_off_id)
    db.execute(change.values(drift=dict(told), drifted_at=at))
