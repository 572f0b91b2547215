"""Schedules: when each connection runs by itself, in plain words, with the next times."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub import scheduler
from hub.errors import SettingsError
from hub.models import Schedule
from hub.web.access import actor
from hub.web.context import row_or_404, tell, the_hub
from hub.web.forms import Choice, ModelForm
from hub.web.queries import linked
from hub.web.queries.tables import CONNECTIONS, SCHEDULES

pages = Blueprint("schedules", __name__, url_prefix="/schedules")

SHOWN = 5
"""How many of the next runs are shown."""

TRIGGERS: tuple[Choice, ...] = (("interval", "Every so often"), ("cron", "At fixed times (cron)"))


class Timing(BaseModel):
    """When a connection runs."""

    name: str = Field("Schedule", max_length=80, title="Name")
    trigger: Literal["interval", "cron"] = Field("interval", title="Sort")
    expression: str = Field(
        title="When",
        description="Every so often: 15m, 2h or 1d. At fixed times: minute, hour, day of month, month and day of"
        " week, as in 30 6 * * 1-5 for 6:30 from Monday to Friday.",
    )
    time_zone: str = Field(
        "UTC", title="Time zone", description="For fixed times, such as Europe/London or Australia/Sydney."
    )


class NewTiming(Timing):
    """When which connection runs."""

    connection: int = Field(title="Connection")


@pages.get("")
def show_all() -> ResponseReturnValue:
    """Every schedule."""
    present = the_hub().clock()
    with the_hub().store.read() as db:
        connections = linked.connections(db)
        chosen = sa.select(SCHEDULES).order_by(SCHEDULES.c.connection_id, SCHEDULES.c.id)
        schedules = [Schedule(**row._mapping) for row in db.execute(chosen)]
    listed = [
        (each, [_told(schedule, present) for schedule in schedules if schedule.connection_id == each.id])
        for each in connections
    ]
    alive = scheduler.is_scheduler_alive(the_hub().store)
    return render_template("schedules.html", listed=listed, alive=alive)


@pages.get("/new")
def ask() -> ResponseReturnValue:
    """The form for another schedule."""
    form = _new_form()
    return render_template("schedule.html", form=form, row=None)


@pages.post("/new")
def save() -> ResponseReturnValue:
    """Add a schedule."""
    form = _new_form()
    timing = form.read(request.form)
    if timing is None or not _is_understood(form, timing):
        return render_template("schedule.html", form=form, row=None), 422
    scheduler.add_schedule(
        the_hub(),
        timing.connection,
        name=timing.name,
        trigger=timing.trigger,
        expression=timing.expression,
        time_zone=timing.time_zone,
        actor=actor(),
    )
    tell("The schedule is saved.")
    return redirect(url_for("schedules.show_all"), 303)


@pages.get("/<int:schedule_id>")
def edit(schedule_id: int) -> ResponseReturnValue:
    """The form of one schedule."""
    row = _schedule(schedule_id)
    form = ModelForm(Timing, initial=dict(row._mapping), choices={"trigger": TRIGGERS})
    return render_template("schedule.html", form=form, row=row)


@pages.post("/<int:schedule_id>")
def change(schedule_id: int) -> ResponseReturnValue:
    """Other times."""
    row = _schedule(schedule_id)
    form = ModelForm(Timing, choices={"trigger": TRIGGERS})
    timing = form.read(request.form)
    if timing is None or not _is_understood(form, timing):
        return render_template("schedule.html", form=form, row=row), 422
    scheduler.change_schedule(the_hub(), schedule_id, actor=actor(), **timing.model_dump())
    tell("The schedule is saved.")
    return redirect(url_for("schedules.show_all"), 303)


@pages.post("/<int:schedule_id>/pause")
def pause(schedule_id: int) -> ResponseReturnValue:
    """Start nothing until it is resumed."""
    _schedule(schedule_id)
    scheduler.pause(the_hub(), schedule_id, actor=actor())
    tell("Paused. You can still run the connection by hand.")
    return redirect(url_for("schedules.show_all"), 303)


@pages.post("/<int:schedule_id>/resume")
def resume(schedule_id: int) -> ResponseReturnValue:
    """Go on from now."""
    _schedule(schedule_id)
    scheduler.resume(the_hub(), schedule_id, actor=actor())
    tell("Resumed. What was missed meanwhile is not made up for.")
    return redirect(url_for("schedules.show_all"), 303)


@pages.get("/<int:schedule_id>/delete")
def ask_delete(schedule_id: int) -> ResponseReturnValue:
    """Really?"""
    row = _schedule(schedule_id)
    words = scheduler.describe(_plain(row))
    return render_template("schedule_delete.html", row=row, words=words, is_last=_is_last(row))


@pages.post("/<int:schedule_id>/delete")
def delete(schedule_id: int) -> ResponseReturnValue:
    """Delete it; a connection's last one can only be paused, for without any it would get the usual one again."""
    row, hub = _schedule(schedule_id), the_hub()
    if _is_last(row):
        raise SettingsError(
            "This is the connection's only schedule. Pause it: without any it gets the usual one again."
        )
    with hub.store.write() as db:
        db.execute(sa.delete(SCHEDULES).where(SCHEDULES.c.id == schedule_id))
        hub.audit(db, actor(), "deleted the schedule", f"{row.name} of {row.connection}")
    tell(f"The schedule {row.name} is deleted.")
    return redirect(url_for("schedules.show_all"), 303)


def _told(schedule: Schedule, present: Any) -> dict[str, Any]:
    """A schedule in words; one that can't be understood (any more) says so instead of breaking the page."""
    try:
        words, times = scheduler.describe(schedule), scheduler.next_runs(schedule, SHOWN, present)
    except SettingsError as error:
        words, times = str(error), ()
    return {"row": schedule, "words": words, "times": times}


def _new_form() -> ModelForm[NewTiming]:
    with the_hub().store.read() as db:
        connections = [(str(row.id), row.name) for row in linked.connections(db)]
    initial = {"connection": request.args.get("connection", "")}
    return ModelForm(NewTiming, initial=initial, choices={"connection": connections, "trigger": TRIGGERS})


def _is_understood(form: ModelForm[Any], timing: Timing) -> bool:
    try:
        scheduler.check_expression(timing.trigger, timing.expression, timing.time_zone)
    except SettingsError as error:
        form.object_to(str(error), "time_zone" if "zone" in str(error) else "expression")
    return not form.is_faulty


def _schedule(schedule_id: int) -> sa.Row[Any]:
    return row_or_404(
        sa.select(SCHEDULES, CONNECTIONS.c.name.label("connection"))
        .join(CONNECTIONS, CONNECTIONS.c.id == SCHEDULES.c.connection_id)
        .where(SCHEDULES.c.id == schedule_id, CONNECTIONS.c.removed_at.is_(None))
    )


def _plain(row: sa.Row[Any]) -> Schedule:
    return Schedule(**{name: value for name, value in row._mapping.items() if name != "connection"})


def _is_last(row: sa.Row[Any]) -> bool:
    counted = sa.select(sa.func.count()).select_from(SCHEDULES).where(SCHEDULES.c.connection_id == row.connection_id)
    with the_hub().store.read() as db:
        return int(db.execute(counted).scalar_one()) <= 1
