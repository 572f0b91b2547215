"""Runs: what each did, live while it is under way, and every call it made."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.engine.runs import request_stop
from hub.models import RunState
from hub.web.access import actor
from hub.web.context import row_or_404, tell, the_hub
from hub.web.paging import page_number, paged
from hub.web.queries import linked
from hub.web.queries.tables import BATCHES, CONNECTIONS, EXCHANGES, LINKS, OPERATIONS, RUNS

pages = Blueprint("runs", __name__)

STOP_POLLING = 286
"""htmx takes this status for the last answer of a poll."""


@pages.get("/runs")
def show_all() -> ResponseReturnValue:
    """Runs, newest first."""
    connection_id = request.args.get("connection", type=int)
    with the_hub().store.read() as db:
        page = linked.runs(db, page_number(), connection_id)
    return render_template("runs.html", page=page, connection_id=connection_id)


@pages.get("/runs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """One run."""
    run = _run(run_id)
    with the_hub().store.read() as db:
        outcomes = paged(db, _outcomes(run), page_number())
        calls = paged(db, _calls(run_id), 1, size=100)
    return render_template("run.html", run=run, outcomes=outcomes, calls=calls, now=the_hub().clock())


@pages.get("/runs/<int:run_id>/live")
def live(run_id: int) -> ResponseReturnValue:
    """How far a run is, asked for again and again while it is open."""
    run = _run(run_id)
    status = 200 if run.state == RunState.OPEN.value else STOP_POLLING
    return render_template("run_live.html", run=run, now=the_hub().clock(), polled=True), status


@pages.post("/runs/<int:run_id>/stop")
def stop(run_id: int) -> ResponseReturnValue:
    """Ask a run to end after the step it is in."""
    run = _run(run_id)
    hub = the_hub()
    with hub.store.write() as db:
        request_stop(db, run_id)
        hub.audit(db, actor(), "asked to stop", f"run {run_id} of {run.connection}")
    tell("The run ends after the step it is in. What it posted stays posted.")
    return redirect(url_for("runs.show", run_id=run_id), 303)


@pages.get("/calls/<int:exchange_id>")
def show_call(exchange_id: int) -> ResponseReturnValue:
    """One call, redacted."""
    chosen = (
        sa.select(EXCHANGES, CONNECTIONS.c.name.label("connection"))
        .outerjoin(CONNECTIONS, CONNECTIONS.c.id == EXCHANGES.c.connection_id)
        .where(EXCHANGES.c.id == exchange_id)
    )
    return render_template("call.html", call=row_or_404(chosen))


def _run(run_id: int) -> sa.Row[Any]:
    return row_or_404(
        sa.select(RUNS, CONNECTIONS.c.name.label("connection"))
        .join(CONNECTIONS, CONNECTIONS.c.id == RUNS.c.connection_id)
        .where(RUNS.c.id == run_id)
    )


def _outcomes(run: sa.Row[Any]) -> sa.Select[Any]:
    """What the run sent, each with the record it became."""
    shown = (
        OPERATIONS.c.id,
        OPERATIONS.c.kind,
        OPERATIONS.c.label,
        OPERATIONS.c.action,
        OPERATIONS.c.state,
        OPERATIONS.c.amount,
        OPERATIONS.c.currency,
        OPERATIONS.c.problem,
    )
    linked_now = sa.and_(
        LINKS.c.integration_id == OPERATIONS.c.integration_id,
        LINKS.c.kind == OPERATIONS.c.kind,
        LINKS.c.source_id == OPERATIONS.c.source_id,
        LINKS.c.live,
    )
    return (
        sa.select(*shown, LINKS.c.target_number, LINKS.c.state.label("target"))
        .join(BATCHES, BATCHES.c.id == OPERATIONS.c.batch_id)
        .outerjoin(LINKS, linked_now)
        .where(BATCHES.c.connection_id == run.connection_id, BATCHES.c.run_id == run.id)
        .order_by(OPERATIONS.c.id)
    )


def _calls(run_id: int) -> sa.Select[Any]:
    shown = (
        EXCHANGES.c.id,
        EXCHANGES.c.at,
        EXCHANGES.c.method,
        EXCHANGES.c.url,
        EXCHANGES.c.status,
        EXCHANGES.c.milliseconds,
        EXCHANGES.c.error,
    )
    return sa.select(*shown).where(EXCHANGES.c.run_id == run_id).order_by(EXCHANGES.c.id.desc())
