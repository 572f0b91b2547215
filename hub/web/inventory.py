"""The inventory method of an integration: what it means, what a switch changes, and how journals are posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.engine.confirming import Confirmable, confirm, confirmed
from hub.engine.facts import PERIODIC, PERPETUAL
from hub.engine.methods import Methods, missing, posted_bills
from hub.errors import SettingsError
from hub.models import FlowMode, Integration
from hub.reconcile import JournalMode
from hub.web.access import Right, actor, needs
from hub.web.context import decisions, pair_of, tell, the_hub
from hub.web.forms import Choice, ModelForm
from hub.web.wording import MODES

pages = Blueprint("inventory", __name__, url_prefix="/integrations/<int:integration_id>/set-up/inventory")

GOES: tuple[Choice, ...] = tuple((mode.value, MODES[mode.value]) for mode in (FlowMode.REVIEW, FlowMode.AUTOMATIC))
POSTED: tuple[Choice, ...] = (
    (JournalMode.DOCUMENT.value, "One journal for each document"),
    (JournalMode.DAY.value, "One journal for each day and reason"),
    (JournalMode.MONTH.value, "One journal a month for the cost of goods, the others one by one"),
)


class Perpetual(BaseModel):
    """From which document date on, and how journals go."""

    since: date = Field(
        title="From document date",
        description="Usually the first day of a month. What is dated earlier stays periodic.",
    )
    mode: FlowMode = Field(
        FlowMode.REVIEW, title="Journals", description="They are switched on with the method: stock has to be relieved."
    )
    bills_moved: bool = Field(
        False, title="I move what bills since then have put into purchases to the stock account myself"
    )


class Journals(BaseModel):
    """How journals are posted."""

    posted: JournalMode = Field(
        JournalMode.DOCUMENT,
        title="Post journals as",
        description="It acts on what is not posted yet. A month of which something is posted goes on as it began.",
    )
    on_cash_basis: bool = Field(True, title="Journals count in the ledger's reports on the cash basis")


@pages.get("")
def show(integration_id: int) -> ResponseReturnValue:
    """What the method means, and what stands in the way of the other one."""
    return _page(pair_of(integration_id))


@pages.post("")
@needs(Right.MANAGE_ENTITIES)
def vouch(integration_id: int) -> ResponseReturnValue:
    """A person has read it and keeps the books that way."""
    row = pair_of(integration_id)
    if request.form.get("sure") != "yes":
        tell("Tick the box if your books are kept that way. Nothing was noted.")
        return _back(integration_id)
    confirm(the_hub(), actor(), integration_id, Confirmable.INVENTORY, row.inventory_method)
    tell("Noted, with your name and the time.")
    return redirect(url_for("checklist.show", integration_id=integration_id), 303)


@pages.post("/perpetual")
@needs(Right.MANAGE_ENTITIES)
def go_perpetual(integration_id: int) -> ResponseReturnValue:
    """Switch to the perpetual method, unless something is missing."""
    row, form = pair_of(integration_id), _perpetual_form()
    wanted = form.read(request.form)
    if wanted is None:
        return _page(row, perpetual=form), 422
    try:
        _methods().go_perpetual(integration_id, wanted.since, wanted.mode, bills_moved=wanted.bills_moved)
    except SettingsError as error:
        form.object_to(str(error))
        return _page(row, perpetual=form), 422
    confirm(the_hub(), actor(), integration_id, Confirmable.INVENTORY, PERPETUAL)
    tell(f"The method is perpetual from {wanted.since}, and journals are on. Noted with your name.")
    return _back(integration_id)


@pages.get("/periodic")
@needs(Right.MANAGE_ENTITIES)
def ask_periodic(integration_id: int) -> ResponseReturnValue:
    """What going back changes, before it is done."""
    return render_template("inventory_periodic.html", row=pair_of(integration_id))


@pages.post("/periodic")
@needs(Right.MANAGE_ENTITIES)
def go_periodic(integration_id: int) -> ResponseReturnValue:
    """Go back to the periodic method."""
    pair_of(integration_id)
    _methods().go_periodic(integration_id)
    confirm(the_hub(), actor(), integration_id, Confirmable.INVENTORY, PERIODIC)
    tell("The method is periodic again. Map the inventory account to a purchases account, or bills for goods are held.")
    return _back(integration_id)


@pages.post("/journals")
@needs(Right.MANAGE_ENTITIES)
def set_journals(integration_id: int) -> ResponseReturnValue:
    """How journals are posted from now on."""
    row, form = pair_of(integration_id), _journals_form()
    wanted = form.read(request.form)
    if wanted is None:
        return _page(row, journals=form), 422
    since = _methods().post_journals(integration_id, wanted.posted)
    if wanted.on_cash_basis != row.journals_on_cash_basis:
        _methods().set_cash_basis(integration_id, wanted.on_cash_basis)
    held_for = f" It holds from {since}: the months before were begun in another way." if since else ""
    tell(f"Saved.{held_for}")
    return _back(integration_id)


def _page(
    row: sa.Row[Any],
    *,
    perpetual: ModelForm[Perpetual] | None = None,
    journals: ModelForm[Journals] | None = None,
) -> str:
    integration = the_hub().integration(row.id)
    with the_hub().store.read() as db:
        said = confirmed(db, row.id, Confirmable.INVENTORY, row.inventory_method)
        lacking: Sequence[str] = ()
        bills = 0
        if row.inventory_method == PERIODIC:
            lacking, bills = missing(db, integration, row.start_date), posted_bills(db, integration, row.start_date)
    return render_template(
        "inventory.html",
        row=row,
        said=said,
        lacking=lacking,
        bills=bills,
        perpetual=perpetual or _perpetual_form({"since": _first_of_next_month()}),
        journals=journals or _journals_form(_journals_now(integration)),
        modes=[(dict(POSTED)[each["mode"]], each["since"]) for each in integration.journal_modes],
    )


def _first_of_next_month() -> date:
    today = the_hub().clock().date()
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def _journals_now(integration: Integration) -> dict[str, Any]:
    modes = integration.journal_modes
    posted = modes[-1]["mode"] if modes else JournalMode.DOCUMENT.value
    return {"posted": posted, "on_cash_basis": integration.journals_on_cash_basis}


def _perpetual_form(initial: dict[str, Any] | None = None) -> ModelForm[Perpetual]:
    return ModelForm(Perpetual, choices={"mode": GOES}, initial=initial)


def _journals_form(initial: dict[str, Any] | None = None) -> ModelForm[Journals]:
    return ModelForm(Journals, choices={"posted": POSTED}, initial=initial)


def _methods() -> Methods:
    return Methods(decisions())


def _back(integration_id: int) -> ResponseReturnValue:
    return redirect(url_for("inventory.show", integration_id=integration_id), 303)
