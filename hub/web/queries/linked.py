"""Connections, integrations and runs, with what the lists show of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.engine import Hub
from hub.engine.connections import limits_of, settings_of
from hub.errors import SettingsError
from hub.models import ConnectionRow
from hub.providers import Limits, Provider
from hub.web.access import visible_connections, visible_integrations
from hub.web.paging import Paged, paged
from hub.web.queries.tables import BUCKETS, CONNECTIONS, INTEGRATIONS, RUNS

_STOCK, _LEDGER = CONNECTIONS.alias("stock"), CONNECTIONS.alias("ledger")


@dataclass(frozen=True)
class Calls:
    """The calls of a connection's day; ``per_day`` None means that the platform sets no such limit."""

    used: int = 0
    left: int | None = None
    per_day: int | None = None


def connections(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Every connection that was not removed."""
    present = sa.select(CONNECTIONS).where(CONNECTIONS.c.removed_at.is_(None), visible_connections(CONNECTIONS.c.id))
    return db.execute(present.order_by(CONNECTIONS.c.name)).all()


def last_runs(db: sa.Connection) -> dict[int, sa.Row[Any]]:
    """The newest run of each connection."""
    newest = sa.select(sa.func.max(RUNS.c.id)).group_by(RUNS.c.connection_id)
    return {row.connection_id: row for row in db.execute(sa.select(RUNS).where(RUNS.c.id.in_(newest)))}


def runs(db: sa.Connection, page: int, connection_ids: Collection[int] | None = None) -> Paged:
    """One page of runs, newest first: of these connections, or of all that the person may see."""
    chosen = sa.select(RUNS, CONNECTIONS.c.name.label("connection")).join(
        CONNECTIONS, CONNECTIONS.c.id == RUNS.c.connection_id
    )
    chosen = chosen.where(visible_connections(RUNS.c.connection_id))
    if connection_ids is not None:
        chosen = chosen.where(RUNS.c.connection_id.in_(connection_ids))
    return paged(db, chosen.order_by(RUNS.c.id.desc()), page)


def integrations(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Every integration, with the names of its two sides."""
    stock, ledger = _STOCK, _LEDGER
    chosen = (
        sa.select(INTEGRATIONS, stock.c.name.label("stock"), ledger.c.name.label("ledger"))
        .join(stock, stock.c.id == INTEGRATIONS.c.stock_id)
        .join(ledger, ledger.c.id == INTEGRATIONS.c.ledger_id)
        .where(visible_integrations(INTEGRATIONS.c.id))
    )
    return db.execute(chosen.order_by(INTEGRATIONS.c.name)).all()


def calls_today(hub: Hub, db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[int, Calls]:
    """How much of its day each connection has used."""
    names = {f"connection:{row.id}": row for row in rows}
    buckets = {row.name: row for row in db.execute(sa.select(BUCKETS).where(BUCKETS.c.name.in_(names)))}
    present = hub.clock().timestamp()
    return {
        row.id: _calls(usual_limits(hub, ConnectionRow(**row._mapping)), buckets.get(name), present)
        for name, row in names.items()
    }


def usual_limits(hub: Hub, row: ConnectionRow, *, override: bool = True) -> Limits:
    """What a connection may do; no limits are known when its plugin is missing or its settings can't be read."""
    provider: Provider | None = hub.providers.get(row.provider)
    if provider is None:
        return Limits()
    try:
        return limits_of(provider, settings_of(hub, row), row.limits if override else None)
    except SettingsError:
        return Limits()


def _calls(limits: Limits, bucket: sa.Row[Any] | None, present: float) -> Calls:
    day_is_over = bucket is None or present >= bucket.day_start + limits.day_seconds
    used = 0 if bucket is None or day_is_over else bucket.day_used
    left = None if limits.per_day is None else max(0, limits.per_day - used)
    if bucket is not None and not day_is_over and bucket.reported_left is not None:
        left = bucket.reported_left if left is None else min(left, bucket.reported_left)
    return Calls(used, left, limits.per_day)


def status_of(row: sa.Row[Any] | ConnectionRow, last: sa.Row[Any] | None) -> str:
    """A connection's state in a few words."""
    if row.suspended is not None:
        return "Suspended: needs a new sign-in"
    if last is not None and last.state == "open":
        return "Running"
    if row.paused_by:
        return f"Paused by {row.paused_by}"
    if row.parked_until is not None and row.wanted_at is not None and row.wanted_why == "parked":
        return "Waiting for the platform"
    if last is not None and last.state == "failed":
        return "Connected, last run failed"
    return "Connected"


def names_of(db: sa.Connection) -> Mapping[int, str]:
    """The names of all connections, removed ones included."""
    return {row.id: row.name for row in db.execute(sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name))}
