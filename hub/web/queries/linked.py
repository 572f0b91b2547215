"""Connections, integrations and runs, with what the lists show of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from hub.engine import Hub
from hub.engine.connections import limits_of, settings_of
from hub.errors import SettingsError
from hub.models import ConnectionRow
from hub.providers import Limits, Provider
from hub.web.access import visible_connections, visible_integrations
from hub.web.listing import Listing, listed, listing
from hub.web.paging import Paged
from hub.web.queries.tables import BUCKETS, CONNECTIONS, INTEGRATIONS, RUNS
from hub.web.unchanged import unchanged, while_unchanged

_KEPT = 512
"""So many statements are kept, one for each person and sort of list."""

_STOCK, _LEDGER = CONNECTIONS.alias("stock"), CONNECTIONS.alias("ledger")


@dataclass(frozen=True)
class Calls:
    """The calls of a connection's day; ``per_day`` None means that the platform sets no such limit."""

    used: int = 0
    left: int | None = None
    per_day: int | None = None

    @property
    def beyond(self) -> int:
        """How many more the platform has counted than we: calls of others, or tests before the account was ours."""
        return 0 if self.left is None or self.per_day is None else max(0, self.per_day - self.used - self.left)


@while_unchanged
def connections(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Every connection that was not removed."""
    return db.execute(_PRESENT.where(visible_connections(CONNECTIONS.c.id))).all()


@while_unchanged
def providers_present(db: sa.Connection) -> frozenset[str]:
    """The platforms of the connections that were not removed."""
    return frozenset(db.execute(_PROVIDERS.where(visible_connections(CONNECTIONS.c.id))).scalars())


_PRESENT = sa.select(CONNECTIONS).where(CONNECTIONS.c.removed_at.is_(None)).order_by(CONNECTIONS.c.name)
_PROVIDERS = sa.select(CONNECTIONS.c.provider).where(CONNECTIONS.c.removed_at.is_(None))


@while_unchanged
def last_runs(db: sa.Connection) -> Mapping[int, sa.Row[Any]]:
    """The newest run of each connection."""
    newest = sa.select(sa.func.max(RUNS.c.id)).group_by(RUNS.c.connection_id)
    return {row.connection_id: row for row in db.execute(sa.select(RUNS).where(RUNS.c.id.in_(newest)))}


def runs(db: sa.Connection, page: int, connection_ids: Collection[int] | None = None) -> Paged:
    """One page of runs, newest first: of these connections, or of all that the person may see."""
    made = _runs(visible_connections(RUNS.c.connection_id), connection_ids is not None)
    return listed(db, made, {} if connection_ids is None else {"within": tuple(connection_ids)}, page)


@lru_cache(maxsize=_KEPT)
def _runs(seen: sa.ColumnElement[bool], has_chosen: bool) -> Listing:
    rows = sa.select(RUNS, CONNECTIONS.c.name.label("connection")).join(
        CONNECTIONS, CONNECTIONS.c.id == RUNS.c.connection_id
    )
    chosen = RUNS.c.connection_id.in_(sa.bindparam("within", expanding=True))
    found = [seen, chosen] if has_chosen else [seen]
    return listing(rows, RUNS.c.id, found, [RUNS.c.id], newest_first=True)


@while_unchanged
def integrations(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Every integration, with the names of its two sides."""
    return db.execute(_INTEGRATIONS.where(visible_integrations(INTEGRATIONS.c.id))).all()


_INTEGRATIONS = (
    sa.select(INTEGRATIONS, _STOCK.c.name.label("stock"), _LEDGER.c.name.label("ledger"))
    .join(_STOCK, _STOCK.c.id == INTEGRATIONS.c.stock_id)
    .join(_LEDGER, _LEDGER.c.id == INTEGRATIONS.c.ledger_id)
    .order_by(INTEGRATIONS.c.name)
)


@while_unchanged
def integration(db: sa.Connection, integration_id: int) -> sa.Row[Any] | None:
    """One integration that the person may see; of its sides what is called ``stock_name``, ``ledger_organisation``."""
    mine = _WITH_SIDES.where(visible_integrations(INTEGRATIONS.c.id))
    return db.execute(mine, {"integration": integration_id}).first()


_OF_SIDES = ("name", "provider", "organisation", "removed_at")
_WITH_SIDES: sa.Select[Any] = (
    sa.select(
        INTEGRATIONS,
        *(_STOCK.c[name].label(f"stock_{name}") for name in _OF_SIDES),
        *(_LEDGER.c[name].label(f"ledger_{name}") for name in _OF_SIDES),
    )
    .join(_STOCK, _STOCK.c.id == INTEGRATIONS.c.stock_id)
    .join(_LEDGER, _LEDGER.c.id == INTEGRATIONS.c.ledger_id)
    .where(INTEGRATIONS.c.id == sa.bindparam("integration"))
)


@while_unchanged
def connection(db: sa.Connection, connection_id: int) -> sa.Row[Any] | None:
    """A connection that the person may see and that was not removed."""
    mine = _CONNECTION.where(visible_connections(CONNECTIONS.c.id))
    return db.execute(mine, {"connection": connection_id}).first()


_CONNECTION: sa.Select[Any] = sa.select(CONNECTIONS).where(
    CONNECTIONS.c.id == sa.bindparam("connection"), CONNECTIONS.c.removed_at.is_(None)
)


@while_unchanged
def newest_runs(db: sa.Connection, connection_id: int, count: int) -> Sequence[sa.Row[Any]]:
    """The last runs of a connection, the newest first."""
    return db.execute(_NEWEST_RUNS, {"connection": connection_id, "count": count}).all()


_NEWEST_RUNS = (
    sa.select(RUNS, CONNECTIONS.c.name.label("connection"))
    .join(CONNECTIONS, CONNECTIONS.c.id == RUNS.c.connection_id)
    .where(RUNS.c.connection_id == sa.bindparam("connection"))
    .order_by(RUNS.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
)


def calls_today(hub: Hub, db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[int, Calls]:
    """How much of its day each connection has used."""
    return calls_within(hub, db, {row.id: _share(hub, db, row) for row in rows})


def _share(hub: Hub, db: sa.Connection, row: sa.Row[Any]) -> Limits:
    # Its settings are deciphered for that, which takes as long as a statement.
    return unchanged(db, (_share, row.id), lambda: usual_limits(hub, row).share)


def calls_within(hub: Hub, db: sa.Connection, limits: Mapping[int, Limits]) -> dict[int, Calls]:
    """How much of its day each connection has used, by what it may do."""
    names = {f"connection:{id}": id for id in limits}
    buckets = _buckets(db, tuple(names))
    present = hub.clock().timestamp()
    return {id: _calls(limits[id], buckets.get(name), present) for name, id in names.items()}


@while_unchanged
def _buckets(db: sa.Connection, names: tuple[str, ...]) -> Mapping[str, sa.Row[Any]]:
    return {row.name: row for row in db.execute(_BUCKETS, {"names": names})}


_BUCKETS: sa.Select[Any] = sa.select(
    BUCKETS.c.name, BUCKETS.c.day_start, BUCKETS.c.day_used, BUCKETS.c.reported_left
).where(BUCKETS.c.name.in_(sa.bindparam("names", expanding=True)))


@dataclass(frozen=True)
class UsualLimits:
    """What the platform allows a connection, and the share of it that a person allotted."""

    whole: Limits
    share: Limits


_NO_LIMITS = UsualLimits(Limits(), Limits())


def usual_limits(hub: Hub, row: Any) -> UsualLimits:
    """What a connection, by its row, may do; not known when its plugin is missing or its settings can't be read."""
    provider: Provider | None = hub.providers.get(row.provider)
    if provider is None:
        return _NO_LIMITS
    try:
        settings = settings_of(hub, row)  # deciphering them takes long, so it is done once for both
        return UsualLimits(limits_of(provider, settings, None), limits_of(provider, settings, row.limits))
    except SettingsError:
        return _NO_LIMITS


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
