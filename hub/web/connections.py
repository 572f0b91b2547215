"""Connections: how each stands, its share of the platform's limits, and removing it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.engine.connections import check_name, remove
from hub.engine.trying import stored_trials
from hub.errors import SettingsError
from hub.models import RunState
from hub.providers import Provider, Role
from hub.scheduler import run_now
from hub.web.access import Right, actor, needs
from hub.web.context import found_or_404, tell, the_hub
from hub.web.forms import ModelForm, cleaned
from hub.web.queries import linked
from hub.web.queries.tables import CONNECTIONS, SCHEDULES
from hub.web.runs import stands
from hub.web.unchanged import while_unchanged
from hub.web.visits import awaited, how_it_comes, standing_of, visits

pages = Blueprint("connections", __name__, url_prefix="/connections")

MINUTE = 60.0
RUNS_SHOWN = 10


class Share(BaseModel):
    """The part of the platform's limits that the hub may use; an empty input means all of it."""

    calls_per_minute: int | None = Field(
        None, ge=1, title="Calls per minute", description="Leave the rest to other apps that use the same account."
    )
    calls_per_day: int | None = Field(None, ge=1, title="Calls per day")


@pages.get("")
def show_all() -> ResponseReturnValue:
    """Every connection."""
    hub = the_hub()
    with hub.store.read() as db:
        rows = linked.connections(db)
        last = linked.last_runs(db)
        calls = linked.calls_today(hub, db, rows)
    status = {row.id: _status(hub.providers.get(row.provider), row, last.get(row.id)) for row in rows}
    return render_template(
        "connections.html", rows=rows, last=last, calls=calls, status=status, providers=hub.providers
    )


@pages.get("/<int:connection_id>")
def show(connection_id: int) -> ResponseReturnValue:
    """One connection."""
    return _page(connection_id, None)


@pages.post("/<int:connection_id>/run")
@needs(Right.APPROVE_IMPORTS)
def run(connection_id: int) -> ResponseReturnValue:
    """Ask for a run."""
    row = _connection(connection_id)
    run_now(the_hub(), connection_id, actor=actor())
    provider = the_hub().providers.get(row.provider)
    if provider is not None and visits(provider):
        tell(f"{row.name} is read and posted to with the next visit. {how_it_comes(provider.visitor)}")
    else:
        tell(f"{row.name} is run next.")
    return _back(connection_id)


@pages.post("/<int:connection_id>/name")
@needs(Right.MANAGE_ENTITIES)
def rename(connection_id: int) -> ResponseReturnValue:
    """Another friendly name."""
    row, name = _connection(connection_id), cleaned(request.form.get("name", ""))
    if not name:
        tell("The name was empty, so it stays as it was.")
        return _back(connection_id)
    hub = the_hub()
    try:
        with hub.store.write() as db:
            check_name(db, name, connection_id)
            db.execute(sa.update(CONNECTIONS).where(CONNECTIONS.c.id == connection_id).values(name=name))
            hub.audit(db, actor(), "renamed", f"{row.name} to {name}", connection=connection_id)
    except SettingsError as taken:
        return _page(connection_id, None, typed=name, name_error=str(taken)), 422
    tell(f"It is called {name} now.")
    return _back(connection_id)


@pages.post("/<int:connection_id>/limits")
@needs(Right.MANAGE_ENTITIES)
def set_limits(connection_id: int) -> ResponseReturnValue:
    """Another share of the platform's limits."""
    row = _connection(connection_id)
    form = ModelForm(Share)
    share = form.read(request.form)
    if share is not None:
        _check_share(form, share, row)
    if share is None or form.is_faulty:
        return _page(connection_id, form), 422
    _change(connection_id, "set the limits of", row.name, limits=_override(share, row))
    tell("The limits are saved. They hold from the next run on.")
    return _back(connection_id)


@pages.get("/<int:connection_id>/remove")
@needs(Right.MANAGE_ENTITIES)
def ask_removal(connection_id: int) -> ResponseReturnValue:
    """Say what removing stops and what is kept, and ask for the name."""
    return _removal(connection_id, "", "")


@pages.post("/<int:connection_id>/remove")
@needs(Right.MANAGE_ENTITIES)
def remove_named(connection_id: int) -> ResponseReturnValue:
    """The first confirmation: the name. It leads to the second."""
    row, typed = _connection(connection_id), request.form.get("name", "").strip()
    if typed != row.name:
        return _removal(connection_id, typed, f"Please type the name exactly: {row.name}"), 422
    session["removing"] = connection_id
    return redirect(url_for("connections.confirm_removal", connection_id=connection_id), 303)


@pages.get("/<int:connection_id>/remove/confirm")
@needs(Right.MANAGE_ENTITIES)
def confirm_removal(connection_id: int) -> ResponseReturnValue:
    """The last question."""
    row = _connection(connection_id)
    if session.get("removing") != connection_id:
        return redirect(url_for("connections.ask_removal", connection_id=connection_id))
    provider = the_hub().providers.get(row.provider)
    return render_template("remove_confirm.html", row=row, provider=provider, stopped=_integrations_of(connection_id))


@pages.post("/<int:connection_id>/remove/confirm")
@needs(Right.MANAGE_ENTITIES)
def remove_finally(connection_id: int) -> ResponseReturnValue:
    """The second confirmation: remove it."""
    row = _connection(connection_id)
    if session.pop("removing", None) != connection_id:
        return redirect(url_for("connections.ask_removal", connection_id=connection_id), 303)
    remove(the_hub(), connection_id, actor=actor())
    tell(f"{row.name} is removed. Its credentials are forgotten; what it posted and the history are kept.")
    return redirect(url_for("connections.show_all"), 303)


def _connection(connection_id: int) -> sa.Row[Any]:
    """A connection that was not removed."""
    with the_hub().store.read() as db:
        return found_or_404(linked.connection(db, connection_id))


def _page(connection_id: int, limits: ModelForm[Share] | None, *, typed: str = "", name_error: str = "") -> str:
    row, hub = _connection(connection_id), the_hub()
    usual = linked.usual_limits(hub, row)
    with hub.store.read() as db:
        calls = linked.calls_within(hub, db, {connection_id: usual.share})[connection_id]
        runs = linked.newest_runs(db, connection_id, RUNS_SHOWN)
        others = linked.providers_present(db)
        schedules = _schedules(db, connection_id)
    provider = hub.providers.get(row.provider)
    endpoint = f"{row.provider}.connection"
    return render_template(
        "connection.html",
        row=row,
        provider=provider,
        status=_status(provider, row, next(iter(runs), None)),
        is_visited=visits(provider),
        awaited=next(iter(awaited([row])), None),
        standing=standing_of(row),
        calls=calls,
        runs=runs,
        schedules=schedules,
        integrations=_integrations_of(connection_id),
        has_partner=_has_partner(provider, others),
        name=typed or row.name,
        name_error=name_error,
        limits=limits or ModelForm(Share, initial=_share_of(row)),
        usual=usual.whole,
        trials=stored_trials(row.trials),
        own_page=url_for(endpoint, connection_id=connection_id) if endpoint in current_app.view_functions else "",
    )


@while_unchanged
def _schedules(db: sa.Connection, connection_id: int) -> Sequence[sa.Row[Any]]:
    return db.execute(_SCHEDULES, {"connection": connection_id}).all()


_SCHEDULES: sa.Select[Any] = (
    sa.select(SCHEDULES.c.id, SCHEDULES.c.name, SCHEDULES.c.paused)
    .where(SCHEDULES.c.connection_id == sa.bindparam("connection"))
    .order_by(SCHEDULES.c.id)
)


def _has_partner(provider: Provider | None, others: Collection[str]) -> bool:
    """Whether there is a connection of the other side to join it with."""
    if provider is None or provider.role is Role.CHECKER:
        return False
    wanted = Role.LEDGER if provider.role is Role.STOCK else Role.STOCK
    known = the_hub().providers
    return any(name in known and known[name].role is wanted for name in others)


def _status(provider: Provider | None, row: sa.Row[Any], last: sa.Row[Any] | None) -> str:
    """A connection's state in a few words; a run that is not heard of says so."""
    is_open = last is not None and last.state == RunState.OPEN.value and row.suspended is None
    if last is None and visits(provider):
        return "Waiting for its first visit"
    return stands(last) if last is not None and is_open else linked.status_of(row, last)


def _removal(connection_id: int, typed: str, error: str) -> str:
    row = _connection(connection_id)
    with the_hub().store.read() as db:
        schedules = db.execute(
            sa.select(sa.func.count()).select_from(SCHEDULES).where(SCHEDULES.c.connection_id == connection_id)
        ).scalar_one()
    return render_template(
        "remove.html",
        row=row,
        provider=the_hub().providers.get(row.provider),
        stopped=_integrations_of(connection_id),
        schedules=schedules,
        typed=typed,
        error=error,
    )


def _integrations_of(connection_id: int) -> list[sa.Row[Any]]:
    with the_hub().store.read() as db:
        return [row for row in linked.integrations(db) if connection_id in (row.stock_id, row.ledger_id)]


def _share_of(row: sa.Row[Any]) -> dict[str, int | None]:
    override = row.limits or {}
    windows = override.get("windows") or []
    per_minute = next((int(calls) for calls, seconds in windows if float(seconds) == MINUTE), None)
    return {"calls_per_minute": per_minute, "calls_per_day": override.get("per_day")}


def _check_share(form: ModelForm[Share], share: Share, row: sa.Row[Any]) -> None:
    """A share can't be larger than the whole."""
    limits = linked.usual_limits(the_hub(), row).whole
    minute = next((window.calls for window in limits.windows if window.seconds == MINUTE), None)
    if share.calls_per_minute and minute and share.calls_per_minute > minute:
        form.object_to(f"The platform allows {minute} calls per minute.", "calls_per_minute")
    if share.calls_per_day and limits.per_day and share.calls_per_day > limits.per_day:
        form.object_to(f"The platform allows {limits.per_day:,} calls per day.", "calls_per_day")


def _override(share: Share, row: sa.Row[Any]) -> dict[str, Any] | None:
    """The share in the words of the stored limits; windows other than the minute stay the platform's."""
    limits = linked.usual_limits(the_hub(), row).whole
    override: dict[str, Any] = {}
    if share.calls_per_minute:
        others = [[window.calls, window.seconds] for window in limits.windows if window.seconds != MINUTE]
        override["windows"] = [[share.calls_per_minute, MINUTE], *others]
    if share.calls_per_day:
        override["per_day"] = share.calls_per_day
    return override or None


def _change(connection_id: int, what: str, subject: str, **values: Any) -> None:
    hub = the_hub()
    with hub.store.write() as db:
        db.execute(sa.update(CONNECTIONS).where(CONNECTIONS.c.id == connection_id).values(values))
        hub.audit(db, actor(), what, subject, connection=connection_id)


def _back(connection_id: int) -> ResponseReturnValue:
    return redirect(url_for("connections.show", connection_id=connection_id), 303)
