"""Documents of a period side by side: the comparison that asks nobody, for ledgers that can't be asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.engine.reconciling import Period, usual_period
from hub.errors import SettingsError
from hub.web.context import pair_of, the_hub
from hub.web.forms import ModelForm
from hub.web.queries import linked
from hub.web.queries.side_by_side import SHOWN, SideBySide, compare, dated
from hub.web.visits import visits

pages = Blueprint("side_by_side", __name__)


def instead_of_asking(row: sa.Row[Any]) -> str | None:
    """For an integration whose ledger can't be asked: the page that says so, and what is possible."""
    hub = the_hub()
    ledger = hub.connection(row.ledger_id)
    provider = hub.providers.get(ledger.provider)
    if provider is None or not visits(provider):
        return None
    return render_template(
        "reconciliation_visited.html", row=row, ledger=ledger, title=provider.title, visitor=provider.visitor
    )


class Days(BaseModel):
    """Which documents are compared, by their own dates."""

    start: date = Field(title="First day")
    end: date = Field(title="Last day")


@pages.get("/integrations/<int:integration_id>/side-by-side")
def show(integration_id: int) -> ResponseReturnValue:
    """The documents of a period, with those that are not the same on both sides."""
    row, hub = pair_of(integration_id), the_hub()
    today = hub.clock().date()
    usual = usual_period(today, row.start_date)
    given = {name: request.args.get(name) or str(getattr(usual, name)) for name in Days.model_fields}
    form = ModelForm(Days)
    fields = form.read(given)
    period = Period(fields.start, fields.end) if fields is not None else None
    if period is not None:
        try:
            period.check(start_date=row.start_date, today=today)
        except SettingsError as error:
            form.object_to(str(error))
            period = None
    ledger = hub.connection(row.ledger_id)
    found = SideBySide()
    if period is not None:
        with hub.store.scan() as db:
            found = compare(db, row, period.start, period.end)
    with hub.store.read() as db:
        days = dated(db, row.stock_id)
        told = linked.newest_runs(db, row.ledger_id, 1)
    return render_template(
        "side_by_side.html",
        row=row,
        form=form,
        period=period,
        found=found,
        most=SHOWN,
        days=days,
        those=_within(days, row.start_date, today) if days else None,
        told_at=told[0].finished_at or told[0].started_at if told else None,
        is_visited=visits(hub.providers.get(ledger.provider)),
    ), 200 if period is not None else 422


def _within(days: tuple[date, date], start_date: date, today: date) -> Period | None:
    """What of these days can be compared."""
    period = Period(max(days[0], start_date), min(days[1], today))
    return period if period.start <= period.end else None
