"""Reconciliations: every one, one with its picture and causes, each cause's documents, and all of it as a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from hub.causes import Cause, Measure
from hub.engine.reconciling import MEASURE_TITLES
from hub.models import ReconciliationState
from hub.store import Store
from hub.web import charts, wording
from hub.web import reconciliation_words as words
from hub.web.access import visible_integrations
from hub.web.context import chosen_integration, row_or_404, rows, the_hub
from hub.web.elsewhere import safe
from hub.web.paging import page_number
from hub.web.polling import in_place
from hub.web.queries import reconciliation as found
from hub.web.queries.tables import INTEGRATIONS
from hub.web.sheets import CSV, TYPES, XLSX, Cell, write_csv, write_xlsx

pages = Blueprint("reconciliation", __name__)

NEWEST_CALLS = 5
BUSY = (ReconciliationState.WANTED.value, ReconciliationState.OPEN.value)
TITLES = (
    "Compared",
    "Cause",
    "Part of the difference",
    "Amount in the stock system",
    "Amount in the ledger",
    "Currency",
    "Kind",
    "Number in the stock system",
    "Date in the stock system",
    "Accounts in the stock system",
    "Number in the ledger",
    "Date in the ledger",
    "Accounts in the ledger",
    "Why",
    "Page in the stock system",
    "Page in the ledger",
)


@pages.get("/reconciliations")
def show_all() -> ResponseReturnValue:
    """Reconciliations, newest first."""
    with the_hub().store.read() as db:
        page = found.reconciliations(db, page_number(), chosen_integration())
    seen = sa.select(INTEGRATIONS).where(visible_integrations(INTEGRATIONS.c.id)).order_by(INTEGRATIONS.c.name)
    chosen = chosen_integration()
    listed = [row for row in rows(seen) if chosen in (None, row.id)]
    return render_template("reconciliations.html", page=page, integrations=listed, states=words.STATES)


@pages.get("/reconciliations/<int:reconciliation_id>")
def show(reconciliation_id: int) -> ResponseReturnValue:
    """One reconciliation: how far it is, or what it found."""
    row = row_or_404(found.reconciliation(reconciliation_id))
    with the_hub().store.read() as db:
        signed = found.sign_offs_of(db, reconciliation_id)
        live = next((each for each in signed if each.withdrawn_at is None), None)
        of_period = live or found.sign_off_of_period(db, row)
        later = found.later_of_period(db, row)
        calls = found.calls(db, row, 1, sides=(row.stock_id, row.ledger_id), size=NEWEST_CALLS)
    return render_template(
        "reconciliation.html",
        row=row,
        measures=[(measure, row.figures[measure.value]) for measure in Measure if measure.value in row.figures],
        signed=signed,
        live=live,
        of_period=of_period,
        later=later,
        calls=calls,
        reading_of=words.reading_of,
        shares_of=words.shares_of,
        fix_of=words.fix_of,
        **_told(),
    )


@pages.get("/reconciliations/<int:reconciliation_id>/live")
def live(reconciliation_id: int) -> ResponseReturnValue:
    """How far it is, asked for again and again while it is under way."""
    row = row_or_404(found.reconciliation(reconciliation_id))
    if row.state not in BUSY:
        return in_place(show(reconciliation_id))
    return render_template("reconciliation_live.html", row=row, polled=True, **_told())


@pages.get("/reconciliations/<int:reconciliation_id>/calls")
def show_calls(reconciliation_id: int) -> ResponseReturnValue:
    """Every call of a reconciliation that the log still has."""
    row = row_or_404(found.reconciliation(reconciliation_id))
    with the_hub().store.read() as db:
        calls = found.calls(db, row, page_number(), sides=(row.stock_id, row.ledger_id))
    name = f"Reconciliation of {row.period_start} to {row.period_end}"
    arguments = {"reconciliation_id": row.id}
    shown = {"calls": calls, "name": name, "endpoint": "reconciliation.show", "arguments": arguments}
    return render_template("reconciliation_calls.html", **shown)


@pages.get("/reconciliations/<int:reconciliation_id>/<measure>/<cause>")
def show_cause(reconciliation_id: int, measure: str, cause: str) -> ResponseReturnValue:
    """The documents of one cause, the largest first."""
    row = row_or_404(found.reconciliation(reconciliation_id))
    if measure not in set(Measure) or cause not in set(Cause) or measure not in row.figures:
        abort(404)
    with the_hub().store.read() as db:
        page = found.lines(db, reconciliation_id, measure, cause, page_number())
        contacts = found.contacts_of(db, row.stock_id, page.rows)
    share = row.figures[measure]["causes"].get(cause, {"amount": "0", "lines": 0})
    fix = words.fix_of(Cause(cause), row.integration_id)
    return render_template(
        "reconciliation_cause.html",
        row=row,
        page=page,
        measure=Measure(measure),
        cause=Cause(cause),
        share=share,
        fix=fix,
        contacts=contacts,
        safe=safe,
        **_told(),
    )


@pages.get("/reconciliations/<int:reconciliation_id>/<measure>.svg")
def draw(reconciliation_id: int, measure: str) -> ResponseReturnValue:
    """The waterfall of one measure's difference, as an image."""
    row = row_or_404(found.reconciliation(reconciliation_id))
    if measure not in row.figures:
        abort(404)
    figures = row.figures[measure]
    steps = [(words.WORDS[cause].short, amount) for cause, amount, _ in words.shares_of(figures)]
    theme: charts.Theme = "dark" if request.args.get("theme") == "dark" else "light"
    return charts.answer(charts.waterfall(theme, steps, ("Difference", Decimal(figures["difference"]))))


@pages.get("/reconciliations/<int:reconciliation_id>/export")
def export(reconciliation_id: int) -> ResponseReturnValue:
    """Every line as a sheet, written a portion at a time."""
    row, form = row_or_404(found.reconciliation(reconciliation_id)), request.args.get("form", "")
    if form not in TYPES:
        return redirect(url_for("reconciliation.show", reconciliation_id=reconciliation_id))
    listed, name = _rows(the_hub().store, row), f"reconciliation-{reconciliation_id}.{form}"
    if form == XLSX:
        return send_file(write_xlsx(TITLES, listed), mimetype=TYPES[XLSX], as_attachment=True, download_name=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write_csv(TITLES, listed), mimetype=TYPES[CSV], headers=headers)


def _rows(store: Store, row: sa.Row[Any]) -> Iterator[list[Cell]]:
    """The figures of each measure first, so that the sheet shows that its lines add up to them."""
    for measure in Measure:
        if figures := row.figures.get(measure.value):
            amounts = [Decimal(figures[name]) for name in ("difference", "stock", "ledger")]
            yield [MEASURE_TITLES[measure], "All of it", *amounts, row.currency, *[""] * 10]
    for line in found.every_line(store, row.id):
        yield [
            MEASURE_TITLES[Measure(line.measure)],
            words.WORDS[Cause(line.cause)].title,
            Decimal(line.amount),
            Decimal(line.stock_amount),
            Decimal(line.ledger_amount),
            row.currency,
            wording.kind_title(line.kind or line.ledger_kind) if line.kind or line.ledger_kind else "",
            line.stock_number,
            line.stock_dates,
            line.stock_accounts,
            line.ledger_number,
            line.ledger_dates,
            line.ledger_accounts,
            line.why,
            safe(line.stock_url),
            safe(line.ledger_url),
        ]


def _told() -> dict[str, Any]:
    return {
        "WORDS": words.WORDS,
        "MEASURES": MEASURE_TITLES,
        "PHASES": words.PHASES,
        "states": words.STATES,
        "busy": BUSY,
    }
