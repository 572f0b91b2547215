"""Schedules: when each connection runs by itself, in plain words, with the next times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub import notify, scheduler
from hub.errors import SettingsError
from hub.models import Schedule
from hub.scheduler import Timing
from hub.web.access import Right, actor, needs, visible_connections
from hub.web.context import pair_of, row_or_404, tell, the_hub
from hub.web.forms import ModelForm
from hub.web.incoming import id_in
from hub.web.queries.pairs import reconcilable, sides
from hub.web.queries.tables import CONNECTIONS, SCHEDULES
from hub.web.schedule_form import NewScheduleFields, ScheduleFields, choices, filled_in, timing_of, usual, zone_of
from hub.web.side_by_side import instead_of_asking
from hub.web.unchanged import while_unchanged
from hub.web.visits import how_it_comes, visits

pages = Blueprint("schedules", __name__, url_prefix="/schedules")

SHOWN = 5
"""How many of the next runs are shown."""


@dataclass(frozen=True)
class Told:
    """A schedule in words, with its next runs on the clock of its time zone."""

    row: Any
    words: str
    times: Sequence[datetime] = ()


@pages.get("")
def show_all() -> ResponseReturnValue:
    """Every schedule."""
    with the_hub().store.read() as db:
        connections = _connections(db)
        rows = _schedules(db)
        joined, offered = sides(db), reconcilable(db, the_hub().providers)
    listed = [
        (
            each,
            [_told(Schedule(**row._mapping), _what(row, each, joined)) for row in rows if row.connection_id == each.id],
        )
        for each in connections
    ]
    alive = scheduler.is_scheduler_alive(the_hub().store)
    known = the_hub().providers
    visited = {each.id for each in connections if visits(known.get(each.provider))}
    return render_template(
        "schedules.html", listed=listed, joined=offered, alive=alive, without=_without, visited=visited
    )


@pages.get("/new")
@needs(Right.MANAGE_ENTITIES)
def ask() -> ResponseReturnValue:
    """The form for another schedule; for a reconciliation that can't be made, the page that says so."""
    reconcile = id_in(request.args, "reconcile")
    if reconcile and (told := instead_of_asking(pair_of(reconcile))) is not None:
        return told
    return _form_page(_new_form())


@pages.post("/new")
@needs(Right.MANAGE_ENTITIES)
def save() -> ResponseReturnValue:
    """Add a schedule, or only show when it would run."""
    form = _new_form()
    fields = form.read(request.form)
    timing = timing_of(form, fields) if fields else None
    if fields is None or timing is None:
        return _form_page(form), 422
    integration = pair_of(fields.reconcile) if fields.reconcile else None
    if integration is not None and (told := instead_of_asking(integration)) is not None:
        return told, 422
    connection_id = integration.stock_id if integration else fields.connection
    reconciled = integration.id if integration else None
    if "look" in request.form:
        name = dict(form["connection"].choices).get(str(connection_id), "")
        return _form_page(form, timing=timing, connection=name)
    scheduler.add_schedule(the_hub(), connection_id, timing, integration_id=reconciled, actor=actor())
    return _saved()


@pages.get("/<int:schedule_id>")
@needs(Right.MANAGE_ENTITIES)
def edit(schedule_id: int) -> ResponseReturnValue:
    """The form of one schedule."""
    row = _schedule(schedule_id)
    return _form_page(ModelForm(ScheduleFields, initial=filled_in(row), choices=choices()), row)


@pages.post("/<int:schedule_id>")
@needs(Right.MANAGE_ENTITIES)
def change(schedule_id: int) -> ResponseReturnValue:
    """Other times, or only show when it would run."""
    row = _schedule(schedule_id)
    form = ModelForm(ScheduleFields, choices=choices())
    fields = form.read(request.form)
    timing = timing_of(form, fields) if fields else None
    if timing is None:
        return _form_page(form, row), 422
    if "look" in request.form:
        return _form_page(form, row, timing=timing)
    scheduler.change_schedule(the_hub(), schedule_id, timing, actor=actor())
    return _saved()


@pages.post("/<int:schedule_id>/pause")
@needs(Right.MANAGE_ENTITIES)
def pause(schedule_id: int) -> ResponseReturnValue:
    """Start nothing until it is resumed."""
    _schedule(schedule_id)
    scheduler.pause(the_hub(), schedule_id, actor=actor())
    tell("Paused. You can still run the entity by hand.")
    return redirect(url_for("schedules.show_all"), 303)


@pages.post("/<int:schedule_id>/resume")
@needs(Right.MANAGE_ENTITIES)
def resume(schedule_id: int) -> ResponseReturnValue:
    """Go on from now."""
    _schedule(schedule_id)
    scheduler.resume(the_hub(), schedule_id, actor=actor())
    tell("Resumed. What was missed meanwhile is not made up for.")
    return redirect(url_for("schedules.show_all"), 303)


@pages.get("/<int:schedule_id>/delete")
@needs(Right.MANAGE_ENTITIES)
def ask_delete(schedule_id: int) -> ResponseReturnValue:
    """Really?"""
    row = _schedule(schedule_id)
    with the_hub().store.read() as db:
        what = sides(db).get(row.integration_id, row.connection)
    told = _told(_plain(row), what)
    return render_template("schedule_delete.html", row=row, words=told.words, is_last=_is_last(row))


@pages.post("/<int:schedule_id>/delete")
@needs(Right.MANAGE_ENTITIES)
def delete(schedule_id: int) -> ResponseReturnValue:
    """Delete it."""
    row = _schedule(schedule_id)
    scheduler.delete_schedule(the_hub(), schedule_id, actor=actor())
    tell(f"The schedule {row.name} is deleted.")
    return redirect(url_for("schedules.show_all"), 303)


def _form_page(
    form: ModelForm[Any], row: sa.Row[Any] | None = None, *, timing: Timing | None = None, connection: str = ""
) -> str:
    """The form, with what it would do where that can be said."""
    reconciled = row.integration_id if row is not None else int(form["reconcile"].value or 0) or None
    with the_hub().store.read() as db:
        joined, offered = sides(db), reconcilable(db, the_hub().providers)
    what = joined.get(reconciled or 0) or (row.connection if row is not None else connection)
    told = None
    if timing is not None:
        told = _told(
            Schedule(connection_id=0, integration_id=reconciled, paused=False, **{"name": "", **timing.values()}), what
        )
    elif row is not None and not form.is_faulty:
        told = _told(_plain(row), what)
    can_send = notify.can_send(the_hub().settings)
    shown = {"reconciled": joined.get(reconciled or 0, ""), "joined": offered, "can_send": can_send}
    shown["wishes"] = [] if reconciled else _wishes(row.connection_id if row is not None else None)
    return render_template("schedule.html", form=form, row=row, told=told, **shown)


def _wishes(connection_id: int | None) -> list[str]:
    """What a schedule of a platform that visits us can do: of one connection, or of all that the form offers."""
    with the_hub().store.read() as db:
        offered = [each for each in _connections(db) if connection_id in (None, each.id)]
    known = the_hub().providers
    return [
        f"{each.name} can't be called: its schedule is only a wish for the next visit."
        f" {how_it_comes(known[each.provider].visitor)}"
        for each in offered
        if visits(known.get(each.provider))
    ]


def _saved() -> ResponseReturnValue:
    tell("The schedule is saved.")
    return redirect(url_for("schedules.show_all"), 303)


def _without(connection: sa.Row[Any]) -> str:
    """What happens to a connection that has no schedule."""
    hub = the_hub()
    provider = hub.providers.get(connection.provider)
    if provider is not None and visits(provider):
        return how_it_comes(provider.visitor)
    if provider is None or not provider.feeds:
        return "It has no schedule, and gets none by itself."
    usual = scheduler.describe(Schedule(connection_id=connection.id, **scheduler.usual_schedule(hub)))
    return f"No schedule yet. The scheduler gives it the usual one: {usual[:1].lower()}{usual[1:]}."


def _what(row: sa.Row[Any], connection: sa.Row[Any], joined: Mapping[int, str]) -> str:
    """What a schedule is about: both sides of what it reconciles, else the connection that it syncs."""
    return joined.get(row.integration_id or 0, connection.name)


def _told(schedule: Schedule, what: str) -> Told:
    """A schedule in words; one that can't be understood (any more) says so instead of breaking the page."""
    try:
        words = scheduler.describe(schedule, what)
        times = scheduler.next_runs(schedule, SHOWN, the_hub().clock())
        return Told(schedule, words, [each.astimezone(ZoneInfo(schedule.time_zone)) for each in times])
    except SettingsError as error:
        return Told(schedule, str(error))


def _new_form() -> ModelForm[NewScheduleFields]:
    """For a connection, or for the reconciliation of an integration where one is asked for by its id."""
    with the_hub().store.read() as db:
        connections = _connections(db)
    asked, reconcile = request.args.get("connection", ""), id_in(request.args, "reconcile")
    if reconcile:
        asked = str(pair_of(reconcile).stock_id)
    mine = next((row for row in connections if str(row.id) == asked), connections[0] if connections else None)
    zone = zone_of(mine.organisation if mine is not None else None)
    return ModelForm(NewScheduleFields, initial=usual(asked, reconcile, zone), choices=choices(connections))


@while_unchanged
def _connections(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """The connections that the person may see, those first that are asked for first."""
    present = sa.select(CONNECTIONS).where(CONNECTIONS.c.removed_at.is_(None), visible_connections(CONNECTIONS.c.id))
    return db.execute(present.order_by(CONNECTIONS.c.name)).all()


@while_unchanged
def _schedules(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    chosen = sa.select(SCHEDULES).where(visible_connections(SCHEDULES.c.connection_id))
    return db.execute(chosen.order_by(SCHEDULES.c.connection_id, SCHEDULES.c.id)).all()


def _schedule(schedule_id: int) -> sa.Row[Any]:
    return row_or_404(
        sa.select(SCHEDULES, CONNECTIONS.c.name.label("connection"))
        .join(CONNECTIONS, CONNECTIONS.c.id == SCHEDULES.c.connection_id)
        .where(SCHEDULES.c.id == schedule_id, CONNECTIONS.c.removed_at.is_(None))
        .where(visible_connections(SCHEDULES.c.connection_id))
    )


def _plain(row: sa.Row[Any]) -> Schedule:
    return Schedule(**{name: value for name, value in row._mapping.items() if name != "connection"})


def _is_last(row: sa.Row[Any]) -> bool:
    if row.integration_id is not None:
        return False
    mine = (SCHEDULES.c.connection_id == row.connection_id, SCHEDULES.c.integration_id.is_(None))
    counted = sa.select(sa.func.count()).select_from(SCHEDULES).where(*mine)
    with the_hub().store.read() as db:
        return int(db.execute(counted).scalar_one()) <= 1
