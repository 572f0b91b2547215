"""A person's schedules in the database. Every change raises the row's version, which the scheduler sees in a second."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.engine.runs import want_run
from hub.errors import SettingsError
from hub.models import ConnectionRow, Schedule, table
from hub.scheduler.expressions import check_expression

if TYPE_CHECKING:
    from hub.engine import Hub

connections = table(ConnectionRow)
schedules = table(Schedule)


def add_schedule(
    hub: Hub, connection_id: int, *, name: str, trigger: str, expression: str, time_zone: str = "UTC", actor: str = ""
) -> int:
    """Schedule a connection's run; it may have several schedules."""
    check_expression(trigger, expression, time_zone)
    row = {
        "connection_id": connection_id,
        "name": name.strip() or "Schedule",
        "trigger": trigger,
        "expression": expression.strip(),
        "time_zone": time_zone,
        "paused": False,
        "version": 1,
        "last_fired_at": hub.clock(),
    }
    with hub.store.write() as db:
        schedule_id = int(db.execute(sa.insert(schedules).values(row).returning(schedules.c.id)).scalar_one())
        hub.audit(db, actor, "scheduled", f"{row['name']}: {expression}")
    return schedule_id


def change_schedule(
    hub: Hub, schedule_id: int, *, trigger: str, expression: str, time_zone: str, name: str = "", actor: str = ""
) -> None:
    """Another time for a schedule; an interval is counted from now."""
    check_expression(trigger, expression, time_zone)
    values: dict[str, Any] = {"trigger": trigger, "expression": expression.strip(), "time_zone": time_zone}
    if name.strip():
        values["name"] = name.strip()
    _change(hub, schedule_id, actor, "rescheduled", expression, last_fired_at=hub.clock(), **values)


def pause(hub: Hub, schedule_id: int, *, actor: str = "") -> None:
    """A paused schedule starts nothing; people and nudges still do."""
    _change(hub, schedule_id, actor, "paused", "", paused=True)


def resume(hub: Hub, schedule_id: int, *, actor: str = "") -> None:
    """Go on from now: what was missed while it was paused is not made up for."""
    _change(hub, schedule_id, actor, "resumed", "", paused=False, last_fired_at=hub.clock())


def run_now(hub: Hub, connection_id: int, *, actor: str = "") -> None:
    """Ask for a run within the next second or two, schedule or not."""
    name = hub.connection(connection_id).name
    with hub.store.write() as db:
        want_run(db, connection_id, "person", hub.clock())
        hub.audit(db, actor, "asked for a run", name)


def ensure_schedules(hub: Hub) -> int:
    """Give every connection that never had a schedule one of ``HUB_SYNC_MINUTES``; how many got one."""
    called = [name for name, provider in hub.providers.items() if provider.visit is None and provider.feeds]
    none_yet = sa.select(connections.c.id).where(
        connections.c.removed_at.is_(None),
        connections.c.provider.in_(called),
        ~sa.exists().where(schedules.c.connection_id == connections.c.id),
    )
    with hub.store.read() as db:
        if db.execute(none_yet.limit(1)).first() is None:
            return 0
    with hub.store.write() as db:
        rows = [
            {
                "connection_id": connection_id,
                "name": "Usual",
                "trigger": "interval",
                "expression": f"{hub.settings.sync_minutes}m",
                "last_fired_at": hub.clock(),
            }
            for connection_id in db.execute(none_yet).scalars()
        ]
        if rows:
            hub.store.insert(db, Schedule, rows)
    return len(rows)


def fired(hub: Hub, schedule_id: int, at: datetime) -> None:
    """A schedule's time has come: note that the run is wanted, unless it was paused a moment ago."""
    with hub.store.write() as db:
        mine = sa.update(schedules).where(schedules.c.id == schedule_id, schedules.c.paused.is_(False))
        change = mine.values(last_fired_at=at).returning(schedules.c.connection_id)
        connection_id = db.execute(change).scalar()
        if connection_id is not None:
            want_run(db, connection_id, "schedule", at)


def _change(hub: Hub, schedule_id: int, actor: str, what: str, how: str, **values: Any) -> None:
    with hub.store.write() as db:
        mine = sa.update(schedules).where(schedules.c.id == schedule_id)
        change = mine.values(version=schedules.c.version + 1, **values).returning(schedules.c.name)
        name = db.execute(change).scalar()
        if name is None:
            raise SettingsError(f"There is no schedule {schedule_id}.")
        hub.audit(db, actor, what, f"{name}: {how}" if how else name)
