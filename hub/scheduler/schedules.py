"""A person's schedules in the database. Every change raises the row's version, which the scheduler sees in a second."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.engine.reconciling import BY_A_SCHEDULE, Reconciling
from hub.engine.runs import want_run
from hub.errors import SettingsError
from hub.models import ConnectionRow, Schedule, table
from hub.scheduler.expressions import check_expression

if TYPE_CHECKING:
    from hub.engine import Hub

log = logging.getLogger("hub.scheduler")

LEAST_CALLS = 100
"""With fewer a run might make no headway: some of what is read has to be read in one go."""

connections = table(ConnectionRow)
schedules = table(Schedule)
SYNCS = schedules.c.integration_id.is_(None)
"""Schedules that sync a connection; the others reconcile an integration."""


@dataclass(frozen=True)
class Timing:
    """When a connection is synced, how far a run may go, and who is told of trouble.

    ``quiet_from`` and ``quiet_until`` are times such as 22:00, both or neither; ``recipients`` e-mail addresses.
    """

    trigger: str
    expression: str
    time_zone: str = "UTC"
    name: str = ""
    most_calls: int | None = None
    quiet_from: str = ""
    quiet_until: str = ""
    recipients: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ``SettingsError``, saying what to write instead, unless it can be understood and ever fires."""
        if self.most_calls is not None and self.most_calls < LEAST_CALLS:
            raise SettingsError(f"Allow a run at least {LEAST_CALLS} calls: with fewer it may get nowhere.")
        quiet = {"quiet_from": self.quiet_from, "quiet_until": self.quiet_until}
        check_expression(self.trigger, self.expression, self.time_zone, **quiet)

    def values(self) -> dict[str, Any]:
        """The columns of its row; a name that is not given is left out."""
        made = asdict(self) | {"expression": self.expression.strip(), "recipients": list(self.recipients)}
        name = str(made.pop("name")).strip()
        return made | ({"name": name} if name else {})


def add_schedule(
    hub: Hub, connection_id: int, timing: Timing, *, integration_id: int | None = None, actor: str = ""
) -> int:
    """Schedule a connection's run, or the reconciliation of an integration of it; it may have several schedules."""
    timing.check()
    row = {
        "name": "Schedule",
        "connection_id": connection_id,
        "integration_id": integration_id,
        "paused": False,
        "version": 1,
        "counts_from": hub.clock(),
        "mail_problem": "",
        **timing.values(),
    }
    with hub.store.write() as db:
        schedule_id = int(db.execute(sa.insert(schedules).values(row).returning(schedules.c.id)).scalar_one())
        hub.audit(db, actor, "scheduled", f"{row['name']}: {timing.expression}", connection=connection_id)
    return schedule_id


def change_schedule(hub: Hub, schedule_id: int, timing: Timing, *, actor: str = "") -> None:
    """Other times for a schedule; an interval is counted from now."""
    timing.check()
    values = timing.values()
    _change(hub, schedule_id, actor, "rescheduled", timing.expression, counts_from=hub.clock(), **values)


def delete_schedule(hub: Hub, schedule_id: int, *, actor: str = "") -> None:
    """Delete it; a connection's last one can only be paused, for without any it would get the usual one again."""
    with hub.store.write() as db:
        row = db.execute(sa.select(schedules).where(schedules.c.id == schedule_id)).first()
        if row is None:
            raise SettingsError(f"There is no schedule {schedule_id}.")
        mine = sa.select(sa.func.count()).where(schedules.c.connection_id == row.connection_id, SYNCS)
        if row.integration_id is None and db.execute(mine).scalar_one() <= 1:
            raise SettingsError(
                "This is the entity's only schedule. Pause it: without any it gets the usual one again."
            )
        db.execute(sa.delete(schedules).where(schedules.c.id == schedule_id))
        hub.audit(db, actor, "deleted the schedule", row.name, connection=row.connection_id)


def pause(hub: Hub, schedule_id: int, *, actor: str = "") -> None:
    """A paused schedule starts nothing; people and nudges still do."""
    _change(hub, schedule_id, actor, "paused", "", paused=True)


def resume(hub: Hub, schedule_id: int, *, actor: str = "") -> None:
    """Go on from now: what was missed while it was paused is not made up for."""
    _change(hub, schedule_id, actor, "resumed", "", paused=False, counts_from=hub.clock())


def run_now(hub: Hub, connection_id: int, *, actor: str = "") -> None:
    """Ask for a run within the next second or two, schedule or not."""
    name = hub.connection(connection_id).name
    with hub.store.write() as db:
        want_run(db, connection_id, "person", hub.clock())
        hub.audit(db, actor, "asked for a run", name, connection=connection_id)


def usual_schedule(hub: Hub) -> dict[str, Any]:
    """The schedule that a connection gets which we call and which never had one, without its connection."""
    return {"name": "Usual", "trigger": "interval", "expression": f"{hub.settings.sync_minutes}m"}


def ensure_schedules(hub: Hub) -> int:
    """Give every connection that never had a schedule one of ``HUB_SYNC_MINUTES``; how many got one."""
    called = [name for name, provider in hub.providers.items() if provider.visit is None and provider.feeds]
    none_yet = sa.select(connections.c.id).where(
        connections.c.removed_at.is_(None),
        connections.c.provider.in_(called),
        ~sa.exists().where(schedules.c.connection_id == connections.c.id, SYNCS),
    )
    with hub.store.read() as db:
        if db.execute(none_yet.limit(1)).first() is None:
            return 0
    with hub.store.write() as db:
        rows = [
            {"connection_id": connection_id, "counts_from": hub.clock(), **usual_schedule(hub)}
            for connection_id in db.execute(none_yet).scalars()
        ]
        if rows:
            hub.store.insert(db, Schedule, rows)
    return len(rows)


def fired(hub: Hub, schedule_id: int, at: datetime) -> None:
    """A schedule's time has come: note that the run is wanted, unless it was paused a moment ago.

    One that reconciles asks for that instead; whatever speaks against it is logged, and its next time comes.
    """
    with hub.store.write() as db:
        mine = sa.update(schedules).where(schedules.c.id == schedule_id, schedules.c.paused.is_(False))
        change = mine.values(last_fired_at=at, counts_from=at).returning(
            schedules.c.connection_id, schedules.c.integration_id, schedules.c.most_calls
        )
        row = db.execute(change).first()
        if row is not None and row.integration_id is None:
            want_run(db, row.connection_id, "schedule", at, row.most_calls)
    if row is not None and row.integration_id is not None:
        _reconcile(hub, row.integration_id, row.most_calls)


def _reconcile(hub: Hub, integration_id: int, most_calls: int | None) -> None:
    try:
        Reconciling(hub, "").ask(integration_id, cause=BY_A_SCHEDULE, most_calls=most_calls)
    except SettingsError as error:
        log.warning("the reconciliation of integration %s was left out this time: %s", integration_id, error)


def _change(hub: Hub, schedule_id: int, actor: str, what: str, how: str, **values: Any) -> None:
    with hub.store.write() as db:
        mine = sa.update(schedules).where(schedules.c.id == schedule_id)
        change = mine.values(version=schedules.c.version + 1, **values).returning(
            schedules.c.name, schedules.c.connection_id
        )
        row = db.execute(change).first()
        if row is None:
            raise SettingsError(f"There is no schedule {schedule_id}.")
        hub.audit(db, actor, what, f"{row.name}: {how}" if how else row.name, connection=row.connection_id)
