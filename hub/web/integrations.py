"""Integrations: a stock system and a ledger joined, and what flows between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.documents import Kind
from hub.engine.connections import integrate
from hub.errors import ProviderError, SettingsError
from hub.models import FlowMode, OperationState
from hub.providers import Role
from hub.web.access import Right, actor, needs
from hub.web.checklist import warning_of
from hub.web.context import decisions, pair_of, row_or_404, tell, tell_error, the_hub
from hub.web.forms import Choice, ModelForm
from hub.web.queries import linked, tally
from hub.web.queries.checklist import checklist_on, load_ground
from hub.web.queries.tables import FLOWS, INTEGRATIONS, OPERATIONS
from hub.web.remembered import WORTH, remembered

pages = Blueprint("integrations", __name__, url_prefix="/integrations")


class NewIntegration(BaseModel):
    """Which two to join, and since when."""

    stock: int = Field(title="Stock system")
    ledger: int = Field(title="Ledger")
    start_date: date = Field(
        title="Start date",
        description="Nothing dated before it is posted. Usually the first day of a period that is still open.",
    )
    name: str = Field("", max_length=120, title="Name", description="Empty: made from the names of the two.")


class Rules(BaseModel):
    """How the integration decides."""

    conflict_policy: Literal["ask", "stock", "ledger"] = Field(
        "ask", title="When both sides changed", description="Which side wins, or whether you are asked."
    )
    safety_floor: int = Field(
        20,
        ge=0,
        le=100_000,
        title="Safety catch: changes that always may go",
        description="So many updates and removals of one flow may go in one run without a person.",
    )
    safety_percent: int = Field(
        10,
        ge=0,
        le=100,
        title="Safety catch: percent of what is posted",
        description="More than this part of a flow's posted documents, and the changes wait for a person.",
    )
    rounding_limit_cents: int = Field(
        5,
        ge=0,
        le=100,
        title="Largest rounding difference, in cents",
        description="A larger difference between the two systems' arithmetic holds the document.",
    )


class StartDate(BaseModel):
    """Another start date."""

    start_date: date = Field(title="Start date", description="What becomes eligible by it comes due with the next run.")


CONFLICTS: tuple[Choice, ...] = (
    ("ask", "Ask a person"),
    ("stock", "The stock system wins"),
    ("ledger", "The ledger wins"),
)


@pages.get("")
def show_all() -> ResponseReturnValue:
    """Every integration."""
    with the_hub().store.read() as db:
        rows = linked.integrations(db)
    return render_template("integrations.html", rows=rows)


@pages.get("/new")
@needs(Right.MANAGE_ENTITIES)
def ask() -> ResponseReturnValue:
    """The form that joins two connections."""
    return _new_page(_new_form(initial=request.args))


@pages.post("/new")
@needs(Right.MANAGE_ENTITIES)
def save() -> ResponseReturnValue:
    """Join them, unless their base currencies differ."""
    form = _new_form()
    wanted = form.read(request.form)
    if wanted is None:
        return _new_page(form), 422
    try:
        integration_id = integrate(
            the_hub(),
            wanted.stock,
            wanted.ledger,
            start_date=wanted.start_date,
            name=wanted.name.strip(),
            actor=actor(),
        )
    except SettingsError as error:
        form.object_to(str(error))
        return _new_page(form), 422
    warning = warning_of(wanted.start_date)
    tell(f"Joined. Every flow is off until you switch it on. This list leads through the set-up.{warning}")
    return redirect(url_for("checklist.show", integration_id=integration_id), 303)


@pages.get("/<int:integration_id>")
def show(integration_id: int) -> ResponseReturnValue:
    """One integration: its flows, checks and rules."""
    return _page(integration_id)


@pages.post("/<int:integration_id>/others-off")
@needs(Right.MANAGE_ENTITIES)
def confirm_others_off(integration_id: int) -> ResponseReturnValue:
    """A person vouches that nothing else posts between the two."""
    pair_of(integration_id)
    if request.form.get("sure") == "yes":
        decisions().confirm_others_off(integration_id)
        tell("Noted, with your name and the time. Flows can be switched on now.")
    else:
        tell("Tick the box if every other integration between the two is off. Nothing was noted.")
    return _back(integration_id)


@pages.post("/<int:integration_id>/flows/<int:flow_id>")
@needs(Right.MANAGE_ENTITIES)
def set_flow(integration_id: int, flow_id: int) -> ResponseReturnValue:
    """Switch one flow."""
    pair_of(integration_id)
    flow = row_or_404(sa.select(FLOWS).where(FLOWS.c.id == flow_id, FLOWS.c.integration_id == integration_id))
    mode, post_as = request.form.get("mode", ""), request.form.get("post_as", flow.post_as)
    try:
        if mode not in set(FlowMode) or post_as not in ("draft", "authorised"):
            raise SettingsError("Please choose one of the list.")
        decisions().set_flow(
            flow_id, mode=FlowMode(mode), post_as=post_as, update_approved=request.form.get("update_approved") == "yes"
        )
    except (SettingsError, ProviderError) as error:
        tell_error(error)
    else:
        tell("The flow is saved. It takes effect with the next run.")
    return _back(integration_id)


@pages.post("/<int:integration_id>/start-date")
@needs(Right.MANAGE_ENTITIES)
def set_start_date(integration_id: int) -> ResponseReturnValue:
    """Move the start date."""
    pair_of(integration_id)
    form = ModelForm(StartDate)
    wanted = form.read(request.form)
    if wanted is None:
        return _page(integration_id, start=form), 422
    decisions().set_start_date(integration_id, wanted.start_date)
    tell(f"Documents dated {wanted.start_date} or later are posted.{warning_of(wanted.start_date)}")
    return _back(integration_id)


@pages.post("/<int:integration_id>/rules")
@needs(Right.MANAGE_ENTITIES)
def set_rules(integration_id: int) -> ResponseReturnValue:
    """Save the rules; what is held is planned again, since another limit may let it go."""
    row = pair_of(integration_id)
    form = ModelForm(Rules, choices={"conflict_policy": CONFLICTS})
    wanted = form.read(request.form)
    if wanted is None:
        return _page(integration_id, rules=form), 422
    hub = the_hub()
    with hub.store.write() as db:
        change = sa.update(INTEGRATIONS).where(INTEGRATIONS.c.id == integration_id)
        db.execute(change.values(**wanted.model_dump()))
        hub.audit(db, actor(), "set the rules of", row.name, integration=integration_id, **wanted.model_dump())
        held = db.execute(
            sa.select(OPERATIONS.c.id).where(
                OPERATIONS.c.integration_id == integration_id, OPERATIONS.c.state == OperationState.HELD.value
            )
        )
        ids = list(held.scalars())
    if ids:
        decisions().retry(ids)
    tell("The rules are saved.")
    return _back(integration_id)


def _new_form(initial: Mapping[str, str] | None = None) -> ModelForm[NewIntegration]:
    hub = the_hub()
    with hub.store.read() as db:
        rows = linked.connections(db)
    sides: dict[Role, list[Choice]] = {Role.STOCK: [], Role.LEDGER: []}
    for row in rows:
        provider = hub.providers.get(row.provider)
        if provider is not None and provider.role in sides:
            currency = (row.organisation or {}).get("base_currency", "")
            words = f"{row.name}, {provider.title}" + (f", books in {currency}" if currency else "")
            sides[provider.role].append((str(row.id), words))
    choices = {"stock": sides[Role.STOCK], "ledger": sides[Role.LEDGER]}
    return ModelForm(NewIntegration, choices=choices, initial=initial)


def _new_page(form: ModelForm[NewIntegration]) -> str:
    return render_template("integration_new.html", form=form)


def _is_long(tallies: Sequence[tally.FlowTally]) -> bool:
    """Whether counting again would take long."""
    return sum(each.documents for each in tallies) >= WORTH


def _page(
    integration_id: int, *, start: ModelForm[StartDate] | None = None, rules: ModelForm[Rules] | None = None
) -> str:
    row = pair_of(integration_id)
    with the_hub().store.read() as db:
        counted = remembered(db, ("tallies", integration_id), lambda: tally.tallies(db, integration_id), _is_long)
        tallies = {each.flow_id: each for each in counted}
        ground = load_ground(db, integration_id, the_hub().clock().date())
    return render_template(
        "integration.html",
        row=row,
        flows=ground.flows,
        tallies=tallies,
        checks=ground.checks,
        checklist=checklist_on(ground),
        warning=warning_of(row.start_date),
        settled=ground.is_settled,
        modes=list(FlowMode),
        drafts=_drafts_of(row.ledger_provider),
        start=start or ModelForm(StartDate, initial={"start_date": row.start_date}),
        rules=rules or ModelForm(Rules, initial=dict(row._mapping), choices={"conflict_policy": CONFLICTS}),
    )


def _drafts_of(provider_name: str) -> Mapping[Kind, str]:
    provider = the_hub().providers.get(provider_name)
    return provider.drafts if provider is not None else {}


def _back(integration_id: int) -> ResponseReturnValue:
    return redirect(url_for("integrations.show", integration_id=integration_id), 303)
