"""The cut-over test: what lies before the start date, what after it, and what reaches across it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.documents import TRADE_KINDS, Kind
from hub.models import Json
from hub.web.queries.tables import SNAPSHOTS

_MONEY = (Kind.PAYMENT.value, Kind.REFUND.value)
_TRADE = tuple(kind.value for kind in TRADE_KINDS)
EXAMPLES = 10


@dataclass(frozen=True)
class Count:
    """How many documents of a kind are dated before the start date, and how many from then on."""

    kind: str
    before: int
    after: int


@dataclass(frozen=True)
class CutOver:
    """What a start date divides, as far as the stock system was read."""

    counts: Sequence[Count]
    straddling: int
    """Payments and refunds from the start date on, against documents from before it."""
    examples: Sequence[sa.Row[Any]]


def cut_over(db: sa.Connection, stock_id: int, start: date) -> CutOver:
    """Count both sides of ``start``, and find what reaches across it."""
    across = _straddling(db, stock_id, start)
    total = db.execute(sa.select(sa.func.count()).select_from(across.subquery())).scalar_one()
    examples = db.execute(across.order_by(SNAPSHOTS.c.document_date, SNAPSHOTS.c.id).limit(EXAMPLES)).all()
    return CutOver(_counts(db, stock_id, start), int(total), examples)


def _counts(db: sa.Connection, stock_id: int, start: date) -> list[Count]:
    before = sa.func.sum(sa.case((SNAPSHOTS.c.document_date < start, 1), else_=0)).label("before")
    chosen = (
        sa.select(SNAPSHOTS.c.kind, sa.func.count().label("every"), before)
        .where(SNAPSHOTS.c.connection_id == stock_id, SNAPSHOTS.c.kind.in_((*_TRADE, *_MONEY)))
        .where(SNAPSHOTS.c.withdrawn.is_(False), SNAPSHOTS.c.document_date.is_not(None))
        .group_by(SNAPSHOTS.c.kind)
    )
    found = {row.kind: Count(row.kind, int(row.before), int(row.every - row.before)) for row in db.execute(chosen)}
    return [found[kind.value] for kind in Kind if kind.value in found]


def _straddling(db: sa.Connection, stock_id: int, start: date) -> sa.Select[Any]:
    """Money from the start date on whose document is not one from the start date on: it may not even have been read."""
    settled = SNAPSHOTS.alias("settled")
    document = _json(db)
    posted = sa.exists().where(
        settled.c.connection_id == stock_id,
        settled.c.kind == document["document_kind"].as_string(),
        settled.c.external_id == document["document_id"].as_string(),
        settled.c.document_date >= start,
    )
    columns = (SNAPSHOTS.c.id, SNAPSHOTS.c.kind, SNAPSHOTS.c.label, SNAPSHOTS.c.document_date)
    return sa.select(*columns, SNAPSHOTS.c.amount, SNAPSHOTS.c.currency).where(
        SNAPSHOTS.c.connection_id == stock_id,
        SNAPSHOTS.c.kind.in_(_MONEY),
        SNAPSHOTS.c.withdrawn.is_(False),
        SNAPSHOTS.c.document_date >= start,
        ~posted,
    )


def _json(db: sa.Connection) -> Any:
    """A snapshot's document, which is kept as text, as JSON."""
    if db.dialect.name == "sqlite":
        return sa.type_coerce(SNAPSHOTS.c.document, Json)
    return sa.cast(SNAPSHOTS.c.document, JSONB)
