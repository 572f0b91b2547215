"""Jobs: what the scheduler does beside waking connections."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.engine import disabling
from hub.engine.reconciling import prune_lines
from hub.engine.rereading import reread_states
from hub.engine.runs import want_run
from hub.errors import SettingsError
from hub.hookspecs import Job
from hub.http import prune_exchanges
from hub.models import ConnectionRow, Run, RunState, table
from hub.scheduler import comparing
from hub.scheduler.expressions import check_expression

if TYPE_CHECKING:
    from hub.engine import Hub

log = logging.getLogger("hub.scheduler")

connections = table(ConnectionRow)
runs = table(Run)


def check_jobs(jobs: Sequence[Job]) -> None:
    """Raise ``SettingsError`` for a job whose times can't be understood."""
    for job in jobs:
        try:
            check_expression(job.trigger, job.expression, job.time_zone)
        except SettingsError as error:
            raise SettingsError(f"The job {job.name!r} of a plugin can't be scheduled. {error}") from None


def attempt(hub: Hub, job: Job) -> None:
    """Do it, unless the plugin that wants it done was disabled; a failure is logged."""
    try:
        if not _rests(hub, job):
            job.do()
    except Exception:
        log.exception("job %r failed; it is tried again at its next time", job.name)


def _rests(hub: Hub, job: Job) -> bool:
    """A plugin's jobs are named after it."""
    with hub.store.read() as db:
        return job.name.partition(": ")[0] in disabling.disabled(db)


def own_jobs(hub: Hub) -> tuple[Job, ...]:
    """What the hub itself needs done."""
    return (
        Job("hub: prune the exchange log", lambda: _prune(hub), "interval", "1d", at_start=True),
        Job("hub: prune lines of old reconciliations", lambda: prune_lines(hub), "interval", "1d", at_start=True),
        Job("hub: look at the ledgers' documents anew", lambda: reread_states(hub), "cron", "20 3 * * *"),
        Job("hub: go on where a run died", lambda: revive(hub), "interval", "1m", at_start=True),
        Job("hub: end reconciliations that died", lambda: comparing.fail_dead(hub), "interval", "1m", at_start=True),
    )


def _prune(hub: Hub) -> None:
    gone = prune_exchanges(hub.store, hub.settings.exchange_days)
    log.info("%s entries of the exchange log were older than %s days", gone, hub.settings.exchange_days)


def revive(hub: Hub) -> int:
    """Want the runs of connections whose open run shows no sign of life, so that another process takes it over."""
    present = hub.clock()
    stale = present - timedelta(seconds=hub.settings.run_stale_seconds)
    dead = (
        sa.select(runs.c.connection_id, runs.c.most_calls)
        .join(connections, connections.c.id == runs.c.connection_id)
        .where(runs.c.state == RunState.OPEN.value, runs.c.heartbeat_at < stale)
        .where(connections.c.wanted_at.is_(None), connections.c.removed_at.is_(None))
    )
    with hub.store.read() as db:
        found = list(db.execute(dead).all())
    if found:
        with hub.store.write() as db:
            for row in found:
                want_run(db, row.connection_id, "its run died", present, row.most_calls)
    return len(found)
