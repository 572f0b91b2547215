"""Jobs: what the scheduler does beside waking connections."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.engine.runs import want_run
from hub.http import prune_exchanges
from hub.models import ConnectionRow, Run, RunState, table
from hub.scheduler.expressions import check_expression

if TYPE_CHECKING:
    from hub.engine import Hub

log = logging.getLogger("hub.scheduler")

connections = table(ConnectionRow)
runs = table(Run)


@dataclass(frozen=True)
class Job:
    """Something to be done again and again, by exactly one process.

    ``trigger``, ``expression`` and ``time_zone`` are those of a schedule, as in
    ``Job("rates", load_rates, "cron", "30 6 * * *", "Europe/London")``. ``do`` opens its own transactions; what it
    raises is logged and it is tried again at the next time. Times missed while the hub was off are not made up for:
    ``at_start`` does it also when a process becomes the scheduler.
    """

    name: str
    do: Callable[[], object]
    trigger: str = "interval"
    expression: str = "1h"
    time_zone: str = "UTC"
    at_start: bool = False

    def __post_init__(self) -> None:
        check_expression(self.trigger, self.expression, self.time_zone)

    def attempt(self) -> None:
        """Do it; a failure is logged."""
        try:
            self.do()
        except Exception:
            log.exception("job %r failed; it is tried again at its next time", self.name)


def own_jobs(hub: Hub) -> tuple[Job, ...]:
    """What the hub itself needs done."""
    return (
        Job("hub: prune the exchange log", lambda: _prune(hub), "interval", "1d", at_start=True),
        Job("hub: go on where a run died", lambda: revive(hub), "interval", "1m", at_start=True),
    )


def _prune(hub: Hub) -> None:
    gone = prune_exchanges(hub.store, hub.settings.exchange_days)
    log.info("%s entries of the exchange log were older than %s days", gone, hub.settings.exchange_days)


def revive(hub: Hub) -> int:
    """Want the runs of connections whose open run shows no sign of life, so that another process takes it over."""
    present = hub.clock()
    stale = present - timedelta(seconds=hub.settings.run_stale_seconds)
    dead = (
        sa.select(runs.c.connection_id)
        .join(connections, connections.c.id == runs.c.connection_id)
        .where(runs.c.state == RunState.OPEN.value, runs.c.heartbeat_at < stale)
        .where(connections.c.wanted_at.is_(None), connections.c.removed_at.is_(None))
    )
    with hub.store.read() as db:
        found = list(db.execute(dead).scalars())
    if found:
        with hub.store.write() as db:
            for connection_id in found:
                want_run(db, connection_id, "its run died", present)
    return len(found)
