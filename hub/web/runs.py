"""Runs: what each did, live while it is under way, and every call it made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from hub.engine.runs import BY_A_PERSON, pause, request_stop, silence, want_run
from hub.models import OperationState, RunState
from hub.store import Store
from hub.web import wording
from hub.web.access import Right, actor, needs, visible_connections, visible_integrations
from hub.web.context import chosen_integration, row_or_404, tell, the_hub
from hub.web.elsewhere import Entity, safe
from hub.web.filters import asked_id, choice_faults
from hub.web.incoming import id_in
from hub.web.pace import pace_of
from hub.web.paging import Paged, page_number, paged
from hub.web.queries import linked
from hub.web.queries.naming import operations_called
from hub.web.queries.scope import scope
from hub.web.queries.tables import BATCHES, CONNECTIONS, EXCHANGES, LINKS, OPERATIONS, RUNS
from hub.web.sheets import CSV, TYPES, XLSX, write_csv, write_xlsx
from hub.web.visits import awaited

pages = Blueprint("runs", __name__)

NEWEST_CALLS = 5
"""So many calls the page of a run shows; all of them have a page of their own."""
PORTION = 500
TITLES = (
    "Kind",
    "Document",
    "Date",
    "Amount",
    "Currency",
    "Did",
    "Outcome",
    "Problem",
    "Number in the ledger",
    "Page in the stock system",
    "Page in the ledger",
)

STOP_POLLING = 286
"""htmx takes this status for the last answer of a poll."""


@pages.get("/runs")
def show_all() -> ResponseReturnValue:
    """Runs, newest first: of the connection that is asked for, else of the integration that was switched to."""
    asked, connection_id = asked_id(request.args, "connection"), id_in(request.args, "connection")
    with the_hub().store.read() as db:
        here = scope(db, chosen_integration())
        within = [connection_id] if connection_id else here.connection_ids if chosen_integration() else None
        page = Paged([], 0, 1) if asked and not connection_id else linked.runs(db, page_number(), within)
        # Runs of an entity that was removed are listed still.
        known = [str(id) for id in scope(db, None).connection_ids] if asked and not page.rows else [asked]
    faults = choice_faults("connection", asked, known, "entity")
    resting = [each for each in here.connections if each.paused_by]
    within_view = [each for each in here.connections if connection_id in (None, each.id)]
    return render_template(
        "runs.html",
        page=page,
        faults=faults,
        connection_id=connection_id,
        paused=resting,
        awaited=awaited(within_view),
    )


@pages.get("/runs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """One run."""
    run = _run(run_id)
    with the_hub().store.read() as db:
        outcomes = paged(db, _outcomes(run).order_by(OPERATIONS.c.id), page_number())
        return render_template(
            "run.html",
            run=run,
            outcomes=outcomes,
            called=_names(db, outcomes.rows),
            calls=paged(db, _calls(run_id), 1, size=NEWEST_CALLS),
            ledger=Entity(db, run.connection_id),
            source_of=_source_of,
            **_live(db, run),
        )


@pages.get("/runs/<int:run_id>/live")
def live(run_id: int) -> ResponseReturnValue:
    """How far a run is, asked for again and again while it is open."""
    run = _run(run_id)
    status = 200 if run.state == RunState.OPEN.value else STOP_POLLING
    with the_hub().store.read() as db:
        return render_template("run_live.html", run=run, polled=True, **_live(db, run)), status


@pages.get("/runs/<int:run_id>/calls")
def show_calls(run_id: int) -> ResponseReturnValue:
    """Every call of a run that the log still has."""
    run = _run(run_id)
    with the_hub().store.read() as db:
        return render_template("run_calls.html", run=run, calls=paged(db, _calls(run_id), page_number()))


@pages.get("/runs/<int:run_id>/export")
def export(run_id: int) -> ResponseReturnValue:
    """What a run sent and what became of it, as a sheet."""
    run, form = _run(run_id), request.args.get("form", "")
    if form not in TYPES:
        return redirect(url_for("runs.show", run_id=run_id))
    store = the_hub().store
    with store.read() as db:
        ledger = Entity(db, run.connection_id)
    # Chosen now, while it is known who asks: a sheet is written after the request is over.
    rows, name = _rows(store, _outcomes(run), ledger), f"run-{run_id}.{form}"
    if form == XLSX:
        return send_file(write_xlsx(TITLES, rows), mimetype=TYPES[XLSX], as_attachment=True, download_name=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write_csv(TITLES, rows), mimetype=TYPES[CSV], headers=headers)


@pages.post("/runs/<int:run_id>/stop")
@needs(Right.APPROVE_IMPORTS)
def stop(run_id: int) -> ResponseReturnValue:
    """Ask a run to end after the batch it is in."""
    run = _run(run_id)
    hub = the_hub()
    with hub.store.write() as db:
        request_stop(db, run_id)
        hub.audit(db, actor(), "asked to stop", f"run {run_id} of {run.connection}", connection=run.connection_id)
    tell("The run ends after the batch it is in. What it posted stays posted.")
    return redirect(url_for("runs.show", run_id=run_id), 303)


@pages.post("/runs/<int:run_id>/pause")
@needs(Right.APPROVE_IMPORTS)
def pause_run(run_id: int) -> ResponseReturnValue:
    """Let the run end after its batch, and none begin until somebody resumes."""
    run = _run(run_id)
    hub = the_hub()
    with hub.store.write() as db:
        pause(db, run.connection_id, actor())
        hub.audit(db, actor(), "paused", run.connection, connection=run.connection_id)
    tell("Paused. What is on its way is finished; nothing else begins until it is resumed.")
    return redirect(url_for("runs.show", run_id=run_id), 303)


@pages.post("/connections/<int:connection_id>/resume")
@needs(Right.APPROVE_IMPORTS)
def resume(connection_id: int) -> ResponseReturnValue:
    """End a pause: a run is wanted at once, and goes on where the last one ended."""
    mine = (CONNECTIONS.c.id == connection_id, visible_connections(CONNECTIONS.c.id))
    row = row_or_404(sa.select(CONNECTIONS.c.name).where(*mine))
    hub = the_hub()
    with hub.store.write() as db:
        want_run(db, connection_id, BY_A_PERSON, hub.clock())
        hub.audit(db, actor(), "resumed", row.name, connection=connection_id)
    tell(f"{row.name} goes on where it ended.")
    return redirect(url_for("runs.show_all"), 303)


@pages.get("/calls/<int:exchange_id>")
def show_call(exchange_id: int) -> ResponseReturnValue:
    """One call, redacted."""
    chosen = (
        sa.select(EXCHANGES, CONNECTIONS.c.name.label("connection"))
        .outerjoin(CONNECTIONS, CONNECTIONS.c.id == EXCHANGES.c.connection_id)
        .where(EXCHANGES.c.id == exchange_id, visible_connections(EXCHANGES.c.connection_id))
    )
    return render_template("call.html", call=row_or_404(chosen))


@pages.app_template_filter("stands")
def stands(run: sa.Row[Any]) -> str:
    """How a run stands in words; one that is not heard of says so, and when another process takes over."""
    words = wording.run_state(run.state)
    if run.state != RunState.OPEN.value:
        return words
    hub = the_hub()
    quiet = silence(run.heartbeat_at, hub.clock(), timedelta(seconds=hub.settings.run_stale_seconds))
    return f"{words}: {quiet}" if quiet else words


def _run(run_id: int) -> sa.Row[Any]:
    return row_or_404(
        sa.select(RUNS, CONNECTIONS.c.name.label("connection"), CONNECTIONS.c.paused_by)
        .join(CONNECTIONS, CONNECTIONS.c.id == RUNS.c.connection_id)
        .where(RUNS.c.id == run_id, visible_connections(RUNS.c.connection_id))
    )


def _live(db: sa.Connection, run: sa.Row[Any]) -> dict[str, Any]:
    """What tells how far a run is."""
    waiting = sa.select(sa.func.count()).where(
        OPERATIONS.c.ledger_id == run.connection_id, OPERATIONS.c.state == OperationState.PENDING.value
    )
    present = the_hub().clock()
    return {"now": present, "pace": pace_of(run, db.execute(waiting).scalar_one(), present)}


def _outcomes(run: sa.Row[Any]) -> sa.Select[Any]:
    """What the run sent, each with the record it became."""
    shown = (
        OPERATIONS.c.id,
        OPERATIONS.c.kind,
        OPERATIONS.c.label,
        OPERATIONS.c.integration_id,
        OPERATIONS.c.source_id,
        OPERATIONS.c.action,
        OPERATIONS.c.state,
        OPERATIONS.c.amount,
        OPERATIONS.c.currency,
        OPERATIONS.c.document_date,
        OPERATIONS.c.document,
        OPERATIONS.c.problem,
    )
    sent = sa.select(BATCHES.c.id).where(BATCHES.c.connection_id == run.connection_id, BATCHES.c.run_id == run.id)
    linked_now = sa.and_(
        LINKS.c.integration_id == OPERATIONS.c.integration_id,
        LINKS.c.kind == OPERATIONS.c.kind,
        LINKS.c.source_id == OPERATIONS.c.source_id,
        LINKS.c.live,
    )
    return (
        sa.select(*shown, LINKS.c.target_number, LINKS.c.target_id, LINKS.c.state.label("target"))
        .outerjoin(LINKS, linked_now)
        # Who sees the ledger need not see every account that posts into it.
        .where(OPERATIONS.c.batch_id.in_(sent), visible_integrations(OPERATIONS.c.integration_id))
    )


def _names(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[int, str]:
    """By operation: its number; of a payment without one, the document that it belongs to."""
    called = operations_called(db, rows)
    return {row.id: called[row.id].name if row.id in called else str(row.label) for row in rows}


def _source_of(row: sa.Row[Any]) -> str:
    return safe(json.loads(row.document).get("source_url"))


def _rows(store: Store, outcomes: sa.Select[Any], ledger: Entity) -> Iterator[list[str]]:
    """The outcomes, a portion at a time, so that a long run needs no more memory than a short one."""
    last = 0
    while True:
        after = outcomes.where(OPERATIONS.c.id > last).order_by(OPERATIONS.c.id).limit(PORTION)
        with store.read() as db:
            found = db.execute(after).all()
            names = _names(db, found)
        for row in found:
            problem = wording.problem_of(row.problem)
            yield [
                wording.kind_title(row.kind),
                names[row.id],
                wording.day(row.document_date),
                row.amount,
                row.currency,
                wording.ACTIONS[row.action],
                wording.operation_state(row.state),
                problem.what if problem else "",
                row.target_number or "",
                _source_of(row),
                ledger.address(row.kind, row.target_id or ""),
            ]
        if len(found) < PORTION:
            return
        last = found[-1].id


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
