"""Asking for a reconciliation: the period, what it costs in calls, and the accounts that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.causes import Measure
from hub.engine.reconciling import (
    MEASURE_TITLES,
    Charts,
    Period,
    Reconciling,
    expected,
    load_accounts,
    load_charts,
    usual_periods,
)
from hub.errors import SettingsError
from hub.web.access import Right, actor, needs
from hub.web.context import pair_of, row_or_404, tell, tell_error, the_hub
from hub.web.forms import ModelForm
from hub.web.queries import reconciliation as found
from hub.web.queries.linked import calls_today
from hub.web.queries.side_by_side import dated
from hub.web.queries.tables import CONNECTIONS
from hub.web.side_by_side import instead_of_asking

pages = Blueprint("reconciling", __name__)


class PeriodFields(BaseModel):
    """Which days are compared."""

    start: date = Field(title="First day")
    end: date = Field(title="Last day", description="Stock is compared as it was at the end of this day.")


@pages.get("/integrations/<int:integration_id>/reconcile")
def ask(integration_id: int) -> ResponseReturnValue:
    """The form with the period that is asked for, else the usual one; the accounts, and what it costs."""
    row = pair_of(integration_id)
    if (told := instead_of_asking(row)) is not None:
        return told
    usual = Reconciling(the_hub(), actor()).usual_period(integration_id)
    form = ModelForm(PeriodFields)
    fields = form.read({name: request.args.get(name) or str(getattr(usual, name)) for name in ("start", "end")})
    period = _checked(row, form, fields)
    return _page(row, form, period), 200 if period else 422


@pages.post("/integrations/<int:integration_id>/reconcile")
@needs(Right.APPROVE_IMPORTS)
def start(integration_id: int) -> ResponseReturnValue:
    """Reconcile this period, or only show what it would cost."""
    row = pair_of(integration_id)
    form = ModelForm(PeriodFields)
    fields = form.read(request.form)
    period = _checked(row, form, fields)
    if period is None:
        return _page(row, form, None), 422
    if "look" in request.form:
        return _page(row, form, period)
    try:
        made = Reconciling(the_hub(), actor()).ask(integration_id, period)
    except SettingsError as error:
        form.object_to(str(error))
        return _page(row, form, None), 422
    tell("Asked for. You can leave this page: the result is kept.")
    return redirect(url_for("reconciliation.show", reconciliation_id=made), 303)


@pages.post("/reconciliations/<int:reconciliation_id>/stop")
@needs(Right.APPROVE_IMPORTS)
def stop(reconciliation_id: int) -> ResponseReturnValue:
    """Ask it to end; nothing of it is kept."""
    row_or_404(found.reconciliation(reconciliation_id))
    Reconciling(the_hub(), actor()).stop(reconciliation_id)
    tell("It ends after the call it is in.")
    return redirect(url_for("reconciliation.show", reconciliation_id=reconciliation_id), 303)


@pages.get("/integrations/<int:integration_id>/reconcile/accounts/<measure>")
@needs(Right.MANAGE_ENTITIES)
def ask_accounts(integration_id: int, measure: str) -> ResponseReturnValue:
    """Choose the accounts of one measure."""
    row, chosen = pair_of(integration_id), _measure(measure)
    with the_hub().store.read() as db:
        integration = the_hub().integration(integration_id)
        charts, accounts = load_charts(db, integration), load_accounts(db, integration)[chosen]
    ticked = {"stock": accounts.stock, "ledger": accounts.ledger}
    return render_template(
        "reconciliation_accounts.html",
        row=row,
        measure=chosen,
        charts=_sides(charts),
        ticked=ticked,
        MEASURES=MEASURE_TITLES,
    )


@pages.post("/integrations/<int:integration_id>/reconcile/accounts/<measure>")
@needs(Right.MANAGE_ENTITIES)
def choose_accounts(integration_id: int, measure: str) -> ResponseReturnValue:
    """Keep the choice, or go back to what is found."""
    pair_of(integration_id)
    wanted = {side: request.form.getlist(side) for side in ("stock", "ledger")}
    if "found" in request.form:
        wanted = {"stock": [], "ledger": []}
    chosen = _measure(measure)
    try:
        if chosen is Measure.STOCK and bool(wanted["stock"]) != bool(wanted["ledger"]):
            raise SettingsError("Tick at least one account on each side: stock is always compared.")
        Reconciling(the_hub(), actor()).choose_accounts(integration_id, chosen, **wanted)
    except SettingsError as error:
        tell_error(error)
        return redirect(url_for("reconciling.ask_accounts", integration_id=integration_id, measure=measure), 303)
    if any(wanted.values()):
        tell("The accounts are kept. They count from the next reconciliation on.")
    else:
        tell("No account is chosen: those that the hub finds are compared from the next reconciliation on.")
    return redirect(url_for("reconciling.ask", integration_id=integration_id), 303)


def _page(row: sa.Row[Any], form: ModelForm[PeriodFields], period: Period | None) -> str:
    hub = the_hub()
    costs = expected(hub, row.id, period) if period is not None else {}
    with hub.store.read() as db:
        integration = hub.integration(row.id)
        accounts, charts = load_accounts(db, integration), load_charts(db, integration)
        sides = db.execute(sa.select(CONNECTIONS).where(CONNECTIONS.c.id.in_([row.stock_id, row.ledger_id]))).all()
        calls, days = calls_today(hub, db, sides), dated(db, row.stock_id)
    today = hub.clock().date()
    named = {each.id: each.name for each in sides}
    return render_template(
        "reconciliation_ask.html",
        row=row,
        form=form,
        costs=[
            (named[row.stock_id], costs["stock"], calls[row.stock_id]),
            (named[row.ledger_id], costs["ledger"], calls[row.ledger_id]),
        ]
        if costs
        else [],
        accounts=accounts,
        charts=_sides(charts),
        measures=MEASURE_TITLES,
        period=period,
        days=days,
        offered=usual_periods(today, row.start_date),
    )


def _checked(row: sa.Row[Any], form: ModelForm[PeriodFields], fields: PeriodFields | None) -> Period | None:
    """The period that was asked for; None, with what is wrong told at the form, when it can't be compared."""
    if fields is None:
        return None
    period = Period(fields.start, fields.end)
    try:
        period.check(start_date=row.start_date, today=the_hub().clock().date())
    except SettingsError as error:
        form.object_to(str(error))
        return None
    return period


def _sides(charts: Charts) -> dict[str, Mapping[str, Any]]:
    return {"stock": charts.stock, "ledger": charts.ledger}


def _measure(measure: str) -> Measure:
    return Measure(measure) if measure in set(Measure) else abort(404)
