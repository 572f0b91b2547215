"""The set-up of an integration as a checklist: what is done, what is to do, what stands in the way, and where to go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.engine.confirming import Confirmable, confirm, confirmed
from hub.web.access import Right, actor, needs
from hub.web.context import decisions, pair_of, tell, the_hub
from hub.web.forms import ModelForm
from hub.web.queries.checklist import Step, StepName, load_checklist
from hub.web.queries.cut_over import cut_over

pages = Blueprint("checklist", __name__, url_prefix="/integrations/<int:integration_id>/set-up")


@dataclass(frozen=True)
class Words:
    """A step as people read it: its title, what it is for, and where it is taken (endpoint, words, anchor)."""

    title: str
    what: str
    endpoint: str
    link: str
    anchor: str = ""
    where: str = ""


STEPS: Mapping[StepName, Words] = {
    StepName.PAIR: Words(
        "The two are connected", "Both sides can be reached with what you entered.", "integrations.show", "See the pair"
    ),
    StepName.CURRENCY: Words(
        "The same base currency",
        "Amounts are posted as they are, never converted.",
        "integrations.show",
        "See the pair",
    ),
    StepName.OTHERS_OFF: Words(
        "Other integrations are off",
        "The platforms' own integration, an app or a person may be posting the same documents.",
        "integrations.show",
        "Confirm it",
        "first-write",
    ),
    StepName.START_DATE: Words(
        "Start date and cut-over",
        "What is dated before it was booked in another way and is never posted.",
        "checklist.start_date",
        "Look at both sides of it",
    ),
    StepName.INVENTORY: Words(
        "Inventory method",
        "Whether goods that are bought count as stock or as purchases in the ledger.",
        "inventory.show",
        "Read and confirm",
    ),
    StepName.ACCOUNTS: Words(
        "Accounts",
        "Which account of the ledger each account of the stock system is. Missing ones can be created in most ledgers.",
        "mappings.show_list",
        "Map accounts",
        where="account",
    ),
    StepName.TAXES: Words(
        "Tax rates",
        "Which tax rate of the ledger each tax rule is. The percentages are compared.",
        "mappings.show_list",
        "Map tax rates",
        where="tax_rate",
    ),
    StepName.PAYMENT_ACCOUNTS: Words(
        "Payment accounts",
        "Which bank account of the ledger a payment goes to. There is no default for money.",
        "mappings.show_list",
        "Map payment accounts",
        where="payment_account",
    ),
    StepName.TRACKING: Words(
        "Tracking, if you want it",
        "What the ledger splits its reports by, such as a class, fed from a location, a channel, a sales rep.",
        "tracking.show",
        "See the categories",
    ),
    StepName.FLOWS: Words(
        "What goes to the ledger",
        "For each kind: off, reviewed, or by itself later; as drafts or approved.",
        "integrations.show",
        "Choose",
        "flows",
    ),
    StepName.FIRST_LOOK: Words(
        "Nothing is in the ledger already",
        "The newest documents are looked for there, so that nothing is posted beside its twin.",
        "integrations.show",
        "Look",
        "first-write",
    ),
    StepName.PILOT: Words(
        "Pilot of five documents",
        "Five documents of different sorts are posted, and nothing else; you look at them in the ledger.",
        "pilot.show",
        "Go to the pilot",
    ),
    StepName.IMPORT_ALL: Words(
        "Import all",
        "From then on kinds may go by themselves, on schedule and when something changes.",
        "integrations.show",
        "Switch kinds to automatic",
        "flows",
    ),
}


class Start(BaseModel):
    """The day from which documents are posted."""

    start_date: date = Field(
        title="Start date",
        description="Usually the first day of a period that is still open in the ledger, such as a VAT quarter.",
    )


@pages.get("")
def show(integration_id: int) -> ResponseReturnValue:
    """Every step."""
    row = pair_of(integration_id)
    with the_hub().store.read() as db:
        checklist = load_checklist(db, integration_id, the_hub().clock().date())
    return render_template("checklist.html", row=row, checklist=checklist, steps=STEPS, address=_address)


@pages.get("/start-date")
def start_date(integration_id: int) -> ResponseReturnValue:
    """What a start date divides; another date can be tried before it is chosen."""
    row = pair_of(integration_id)
    if "start_date" not in request.args:
        return _start_page(row, ModelForm(Start, initial={"start_date": row.start_date}), row.start_date)
    form = ModelForm(Start)
    tried = form.read(request.args)
    return _start_page(row, form, tried.start_date if tried else row.start_date), 200 if tried else 422


@pages.post("/start-date")
@needs(Right.MANAGE_ENTITIES)
def save_start_date(integration_id: int) -> ResponseReturnValue:
    """Choose it, and vouch for it."""
    row = pair_of(integration_id)
    form = ModelForm(Start)
    wanted = form.read(request.form)
    if wanted is None:
        return _start_page(row, form, row.start_date), 422
    if wanted.start_date != row.start_date:
        decisions().set_start_date(integration_id, wanted.start_date)
    confirm(the_hub(), actor(), integration_id, Confirmable.START_DATE, str(wanted.start_date))
    tell(
        f"Documents dated {wanted.start_date} or later are posted; noted with your name.{warning_of(wanted.start_date)}"
    )
    return _back(integration_id)


def warning_of(start: date) -> str:
    """What to say beside a start date that is in the future; empty for any other."""
    ahead = start > the_hub().clock().date()
    return f" {start} is in the future: until then nothing is posted, and nothing older ever is." if ahead else ""


def _start_page(row: sa.Row[Any], form: ModelForm[Start], start: date) -> str:
    with the_hub().store.read() as db:
        found = cut_over(db, row.stock_id, start)
        said = confirmed(db, row.id, Confirmable.START_DATE, str(start))
    looked = f"No other date was looked at: below is what {start} divides." if request.method == "GET" else ""
    return render_template(
        "start_date.html",
        row=row,
        form=form,
        undone=looked or "Nothing was saved yet.",
        start=start,
        found=found,
        said=said,
        warning=warning_of(start),
    )


def _address(step: Step, integration_id: int) -> str:
    words = STEPS[step.name]
    more: dict[str, Any] = {"where": words.where} if words.where else {}
    return url_for(words.endpoint, integration_id=integration_id, _anchor=words.anchor or None, **more)


def _back(integration_id: int) -> ResponseReturnValue:
    return redirect(url_for("checklist.show", integration_id=integration_id), 303)
