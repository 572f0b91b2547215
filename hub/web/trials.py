"""Testing an account: step by step while it is connected, at any time later, and what to do once it is connected."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from hub.engine.connections import connect, try_again
from hub.engine.trying import Answer, Candidate, Step, Trial, rows_of, stored_trials, try_step
from hub.errors import ProviderError, SettingsError
from hub.models import FlowMode
from hub.providers import Provider, Role
from hub.web import suspensions
from hub.web.access import Right, actor, needs, visible_connections, visible_integrations
from hub.web.connecting import FriendlyName, connect_page, welcome
from hub.web.context import row_or_404, rows, tell, tell_error, the_hub
from hub.web.forms import ModelForm
from hub.web.queries.tables import CONNECTIONS, FLOWS, INTEGRATIONS

pages = Blueprint("trials", __name__)
pages.app_context_processor(suspensions.of_this_page)

SAVE = "save"
"""What follows the last step."""
WORDS = {
    Step.SIGN_IN.value: "Signing in",
    Step.LISTS.value: "Reading the first page of each list",
    Step.PERMISSIONS.value: "Looking at what the hub is allowed to do",
    SAVE: "Saving",
}
_NEXT = dict(zip([*WORDS][:-1], [*WORDS][1:], strict=True))


@pages.post("/connections/new/<provider_name>/try/<step>")
@needs(Right.MANAGE_ENTITIES)
def try_one(provider_name: str, step: str) -> ResponseReturnValue:
    """One step of the test, for browsers with JavaScript: what it found, and the next step on its way."""
    provider = the_hub().providers.get(provider_name)
    if provider is None or step not in WORDS or provider.oauth is not None or provider.visit is not None:
        abort(404)
    naming, form = ModelForm(FriendlyName), ModelForm(provider.settings)
    name, settings = naming.read(request.form), form.read(request.form)
    if name is None or settings is None:
        answer = make_response(connect_page(provider, naming, form))
        answer.headers.update({"HX-Retarget": "#content", "HX-Reselect": "#content", "HX-Reswap": "outerHTML"})
        return answer
    if step == SAVE:
        return _save(provider, settings, name.friendly_name)
    tried = try_step(the_hub(), Candidate(provider, settings), Step(step))
    session["trials"] = ([] if step == Step.SIGN_IN else session.get("trials", [])) + rows_of(tried.trials)
    following = _NEXT[step] if tried.is_good else ""
    return render_template("trial_steps.html", provider=provider, trials=tried.trials, step=following, words=WORDS)


@pages.post("/connections/<int:connection_id>/test")
@needs(Right.MANAGE_ENTITIES)
def test(connection_id: int) -> ResponseReturnValue:
    """Test a connection as it is."""
    row = _connection(connection_id)
    try:
        tried = try_again(the_hub(), connection_id)
    except (SettingsError, ProviderError) as error:
        tell_error(error)
    else:
        tell(f"{row.name} was tested. {'Everything is as it should be.' if tried.is_good else 'See what is wrong.'}")
    return redirect(url_for("connections.show", connection_id=connection_id) + "#test", 303)


@pages.get("/connections/<int:connection_id>/next")
def what_next(connection_id: int) -> ResponseReturnValue:
    """It is connected: what to do now."""
    row = _connection(connection_id)
    provider = the_hub().providers.get(row.provider)
    return render_template(
        "connect_next.html",
        row=row,
        provider=provider,
        trials=stored_trials(row.trials),
        partners=_partners(row, provider),
        joined=_joined(connection_id),
        role=provider.role if provider else "",
        people=_address_of("people.show_all", "people.show"),
    )


def _save(provider: Provider, settings: Any, name: str) -> ResponseReturnValue:
    """The credentials were good a moment ago; whose they are is asked once more, for the form came again."""
    hub = the_hub()
    try:
        connection_id = connect(hub, provider, settings, name=name, actor=actor())
    except (SettingsError, ProviderError) as error:
        found = Trial("It is saved", Answer.BAD, str(error))
        return render_template("trial_steps.html", provider=provider, trials=[found], step="", words=WORDS)
    change = sa.update(CONNECTIONS).where(CONNECTIONS.c.id == connection_id)
    with hub.store.write() as db:
        db.execute(change.values(trials=session.pop("trials", []), tried_at=hub.clock()))
    answer = make_response("")
    answer.headers["HX-Redirect"] = welcome(connection_id)
    return answer


def _connection(connection_id: int) -> sa.Row[Any]:
    return row_or_404(
        sa.select(CONNECTIONS).where(
            CONNECTIONS.c.id == connection_id,
            CONNECTIONS.c.removed_at.is_(None),
            visible_connections(CONNECTIONS.c.id),
        )
    )


def _partners(row: sa.Row[Any], provider: Provider | None) -> list[sa.Row[Any]]:
    """The connections it could be joined with and is not."""
    if provider is None or provider.role is Role.CHECKER:
        return []
    other = Role.LEDGER if provider.role is Role.STOCK else Role.STOCK
    names = [name for name, each in the_hub().providers.items() if each.role is other]
    mine, theirs = (
        (INTEGRATIONS.c.stock_id, INTEGRATIONS.c.ledger_id)
        if provider.role is Role.STOCK
        else (INTEGRATIONS.c.ledger_id, INTEGRATIONS.c.stock_id)
    )
    joined = sa.exists().where(mine == row.id, theirs == CONNECTIONS.c.id)
    present = (CONNECTIONS.c.removed_at.is_(None), CONNECTIONS.c.provider.in_(names), ~joined)
    chosen = sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name).where(*present, visible_connections(CONNECTIONS.c.id))
    return rows(chosen.order_by(CONNECTIONS.c.name))


def _joined(connection_id: int) -> list[sa.Row[Any]]:
    mine = sa.or_(INTEGRATIONS.c.stock_id == connection_id, INTEGRATIONS.c.ledger_id == connection_id)
    any_on = sa.exists().where(FLOWS.c.integration_id == INTEGRATIONS.c.id, FLOWS.c.mode != FlowMode.OFF.value)
    shown = (INTEGRATIONS.c.id, INTEGRATIONS.c.name, any_on.label("any_on"))
    chosen = sa.select(*shown).where(mine, visible_integrations(INTEGRATIONS.c.id))
    return rows(chosen.order_by(INTEGRATIONS.c.name))


def _address_of(*endpoints: str) -> str:
    """The first of these pages that the application has."""
    return next((url_for(endpoint) for endpoint in endpoints if endpoint in current_app.view_functions), "")
