"""Connecting an account: a form made from the provider's settings, proved before it is saved, or a sign-in there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.documents import Kind
from hub.engine.connections import check_name, connect, reconnect, split_secrets
from hub.engine.trying import Candidate, Trial, try_all
from hub.errors import ProviderError, SettingsError
from hub.models import ConnectionRow
from hub.oauth import Grant, begin, finish, give_up
from hub.providers import Provider
from hub.web import grants, wording
from hub.web.access import Right, actor, keep_in_sight, needs, visible_connections
from hub.web.context import row_or_404, rows, tell, tell_error, the_hub
from hub.web.forms import ModelForm
from hub.web.queries.tables import CONNECTIONS, RUNS

pages = Blueprint("connecting", __name__)

SIGN_IN_FORM = "sign_in_form"
"""Where the session keeps the form that a sign-in began with, for one that fails: its address and what was typed."""


class FriendlyName(BaseModel):
    """What people call the connection."""

    friendly_name: str = Field(
        "",
        max_length=80,
        title="Friendly name",
        description="What people see everywhere. Empty: the name the account has over there.",
    )


@pages.get("/connections/new")
@needs(Right.MANAGE_ENTITIES)
def choose() -> ResponseReturnValue:
    """The first page of New entity: what is to be connected."""
    providers = sorted(the_hub().providers.values(), key=lambda provider: (provider.role != "stock", provider.title))
    return render_template("connect_choose.html", providers=providers, reads=_reads, writes=_writes)


@pages.get("/connections/new/<provider_name>")
@needs(Right.MANAGE_ENTITIES)
def ask(provider_name: str) -> ResponseReturnValue:
    """The form that connects an account of one provider; after a sign-in that failed with what was typed before."""
    provider = _provider(provider_name)
    typed = _typed_before(provider)
    naming = ModelForm(FriendlyName, initial={"friendly_name": session.get("sign_in_name", "")} if typed else None)
    return connect_page(provider, naming, ModelForm(provider.settings, initial=typed))


@pages.post("/connections/new/<provider_name>")
@needs(Right.MANAGE_ENTITIES)
def save(provider_name: str) -> ResponseReturnValue:
    """Test and save; a provider that asks for consent is visited first."""
    provider = _provider(provider_name)
    naming, form = ModelForm(FriendlyName), ModelForm(provider.settings)
    name, settings = naming.read(request.form), form.read(request.form)
    if name is not None and name.friendly_name:
        _object_to_taken(naming, name.friendly_name)
    if name is None or settings is None or naming.is_faulty:
        return connect_page(provider, naming, form), 422
    tried = None
    try:
        if provider.oauth is not None:
            return _visit(provider, settings, name.friendly_name)
        if provider.visit is None:
            tried = try_all(the_hub(), Candidate(provider, settings))
            if not tried.is_good:
                return connect_page(provider, naming, form, trials=tried.trials), 422
        account_id = _visitors_account(provider, name.friendly_name) if provider.visit is not None else ""
        connection_id = connect(
            the_hub(), provider, settings, name=name.friendly_name, account_id=account_id, tried=tried, actor=actor()
        )
    except (SettingsError, ProviderError) as error:
        form.object_to(str(error))
        return connect_page(provider, naming, form), 422
    return _connected(connection_id)


@pages.get("/connections/<int:connection_id>/reconnect")
@needs(Right.MANAGE_ENTITIES)
def ask_again(connection_id: int) -> ResponseReturnValue:
    """The same form, filled in except for the secrets, which an empty input keeps."""
    row = _connection(connection_id)
    provider = _provider(row.provider)
    return connect_page(provider, None, _stored_form(provider, row, _typed_before(provider)), row=row)


@pages.post("/connections/<int:connection_id>/reconnect")
@needs(Right.MANAGE_ENTITIES)
def save_again(connection_id: int) -> ResponseReturnValue:
    """Test and save other credentials for the same account."""
    hub, row = the_hub(), _connection(connection_id)
    provider = _provider(row.provider)
    form = _stored_form(provider, row)
    settings = form.read(request.form)
    if settings is None:
        return connect_page(provider, None, form, row=row), 422
    try:
        if provider.oauth is not None:
            return _visit(provider, settings, row.name, connection_id)
        tried = try_all(hub, Candidate(provider, settings, row.account_id, connection_id=connection_id))
        if not tried.is_good:
            return connect_page(provider, None, form, row=row, trials=tried.trials), 422
        reconnect(hub, connection_id, settings, tried=tried, actor=actor())
    except (SettingsError, ProviderError) as error:
        form.object_to(str(error))
        return connect_page(provider, None, form, row=row), 422
    return _reconnected(connection_id)


@pages.get("/oauth/go")
@needs(Right.MANAGE_ENTITIES)
def go() -> ResponseReturnValue:
    """On to the vendor. A page of its own, since a form may not lead anywhere but to us."""
    address = session.get("sign_in")
    if not address:
        return redirect(url_for("connecting.choose"))
    return render_template("sign_in.html", address=address, title=session.get("sign_in_title", ""))


@pages.get("/oauth/callback")
@needs(Right.MANAGE_ENTITIES)
def callback() -> ResponseReturnValue:
    """Back from the vendor, with a code or with a refusal."""
    hub, state = the_hub(), request.args.get("state", "")
    session.pop("sign_in", None)
    name = grants.provider_of(hub, state)
    if not name:
        raise SettingsError("This sign-in was used already or has expired. Please start again.")
    provider = hub.provider(name)
    try:
        grant = _granted(provider, state)
    except (SettingsError, ProviderError) as error:
        if SIGN_IN_FORM not in session:  # it began in another browser, which has the form
            raise
        tell_error(error)
        return redirect(session[SIGN_IN_FORM]["address"], 303)
    if grant.connection_id is not None:
        return _reconnected(grant.connection_id)
    session["grant"] = grants.keep(hub, name, grant, session.pop("sign_in_name", ""))
    if len(grant.accounts) > 1:
        return redirect(url_for("connecting.choose_account"), 303)
    return _connect_account(next(iter(grant.accounts)))


def _granted(provider: Provider, state: str) -> Grant:
    """What the vendor's page led back with; raises ``SettingsError`` or ``ProviderError`` where that is no consent."""
    hub = the_hub()
    code = request.args.get("code", "")
    if not code:
        give_up(hub.store, hub.vault, provider, state, bound_to=_browser())
        raise SettingsError(_refusal(provider.title))
    grant = finish(hub.store, hub.vault, provider, state, code, bound_to=_browser())
    if not grant.accounts:
        raise SettingsError(f"Your sign-in at {provider.title} reaches no account. Sign in as somebody who has one.")
    if grant.connection_id is not None:
        reconnect(hub, grant.connection_id, grant.settings, consent_id=grant.consent_id, actor=actor())
    return grant


def _refusal(title: str) -> str:
    """Why there is no consent (RFC 6749, 4.1.2.1), and what to do."""
    code = request.args.get("error", "")
    said = request.args.get("error_description", "")
    why, fix = _REFUSALS.get(code, (said or code or "no reason was given", "Look at what you entered and try again."))
    detail = f" ({said})" if said and said != why else ""
    return f"{title} did not give its consent: {why}{detail}. {fix} Nothing was changed."


_REFUSALS = {
    "access_denied": ("the access was not allowed there", "Go on to it again and allow the access."),
    "invalid_scope": (
        "it does not let your app ask for these permissions",
        "Choose the other entry under Permissions, if there is one, and go on again.",
    ),
    "unauthorized_client": ("it does not let your app sign in like this", "Check the client id and the app there."),
    "server_error": ("it failed itself", "Try again in a minute."),
    "temporarily_unavailable": ("it is busy", "Try again in a minute."),
}


@pages.get("/oauth/account")
@needs(Right.MANAGE_ENTITIES)
def choose_account() -> ResponseReturnValue:
    """Which of the accounts that the consent reaches?"""
    grant = _grant()
    return render_template("choose_account.html", grant=grant, provider=_provider(grant.provider))


@pages.post("/oauth/account")
@needs(Right.MANAGE_ENTITIES)
def save_account() -> ResponseReturnValue:
    """Connect the account that was chosen."""
    return _connect_account(request.form.get("account", ""))


def _connect_account(account_id: str) -> ResponseReturnValue:
    hub, grant = the_hub(), _grant()
    provider = _provider(grant.provider)
    try:
        if account_id not in grant.accounts:
            raise SettingsError("Please choose one of the accounts.")
        settings = provider.settings.model_validate(dict(grant.settings))
        tried = try_all(hub, Candidate(provider, settings, account_id, grant.consent_id))
        if not tried.is_good:
            return render_template("choose_account.html", grant=grant, provider=provider, trials=tried.trials), 422
        connection_id = connect(
            hub,
            provider,
            settings,
            name=grant.name,
            account_id=account_id,
            consent_id=grant.consent_id,
            tried=tried,
            actor=actor(),
        )
    except (SettingsError, ProviderError) as error:
        tell_error(error)
        return redirect(url_for("connecting.choose_account"), 303)
    grants.forget(hub, session.pop("grant"))
    return _connected(connection_id)


def _visitors_account(provider: Provider, name: str) -> str:
    """What the account of a platform that visits us goes by: nobody can ask which it is before it comes.

    One that was removed comes back under its name, with its links and history; else it is a new one.
    """
    removed = (CONNECTIONS.c.provider == provider.name, CONNECTIONS.c.removed_at.is_not(None))
    chosen = sa.select(CONNECTIONS.c.account_id).where(*removed, CONNECTIONS.c.name == name)
    known = rows(chosen.order_by(CONNECTIONS.c.removed_at.desc()).limit(1)) if name else []
    return str(known[0].account_id) if known else secrets.token_hex(8)


def _object_to_taken(naming: ModelForm[FriendlyName], name: str) -> None:
    """Before anybody is sent to sign in elsewhere: a name that another entity has is refused at its field."""
    try:
        with the_hub().store.read() as db:
            check_name(db, name)
    except SettingsError as error:
        naming.object_to(str(error), "friendly_name")


def _grant() -> grants.PendingGrant:
    grant = grants.find(the_hub(), session.get("grant", ""))
    if grant is None:
        raise SettingsError("This sign-in was used already or has expired. Please start again.")
    return grant


def _visit(provider: Provider, settings: BaseModel, name: str, connection_id: int | None = None) -> ResponseReturnValue:
    """Remember what was asked for, and show the way to the vendor."""
    hub = the_hub()
    back = f"{hub.settings.base_url.rstrip('/')}{url_for('connecting.callback')}"
    session["sign_in"] = begin(
        hub.store, hub.vault, provider, settings, back, connection_id=connection_id, bound_to=_browser()
    )
    session["sign_in_title"], session["sign_in_name"] = provider.title, name
    way = request.path + "?again=1"
    session[SIGN_IN_FORM] = {"address": way, "provider": provider.name, "typed": split_secrets(settings)[0]}
    return redirect(url_for("connecting.go"), 303)


def _typed_before(provider: Provider) -> dict[str, Any] | None:
    """What was typed before a sign-in that led back to the form, secrets left out."""
    kept = session.get(SIGN_IN_FORM, {})
    return kept["typed"] if "again" in request.args and kept.get("provider") == provider.name else None


def _browser() -> str:
    """A name for this browser session, so that nobody else can finish a sign-in it began."""
    if "browser" not in session:
        session["browser"] = secrets.token_urlsafe(24)
    return str(session["browser"])


def _provider(name: str) -> Provider:
    provider = the_hub().providers.get(name)
    return provider if provider is not None else abort(404)


def _connection(connection_id: int) -> ConnectionRow:
    present = (CONNECTIONS.c.id == connection_id, CONNECTIONS.c.removed_at.is_(None))
    row = row_or_404(sa.select(CONNECTIONS).where(*present, visible_connections(CONNECTIONS.c.id)))
    return ConnectionRow(**row._mapping)


def _stored_form(provider: Provider, row: ConnectionRow, typed: Mapping[str, Any] | None = None) -> ModelForm[Any]:
    kept: Mapping[str, str] = the_hub().vault.open(row.secrets)
    return ModelForm(provider.settings, initial=typed or row.settings, kept=kept)


def connect_page(
    provider: Provider,
    naming: ModelForm[FriendlyName] | None,
    form: ModelForm[Any],
    *,
    row: ConnectionRow | None = None,
    trials: Sequence[Trial] = (),
) -> str:
    """The form that asks for credentials, with what was tried when that failed."""
    return render_template("connect.html", provider=provider, naming=naming, form=form, row=row, trials=trials)


def _reads(provider: Provider) -> list[str]:
    """The kinds it delivers, in words."""
    delivered = frozenset().union(*(feed.kinds for feed in provider.feeds if not feed.states_only))
    return [wording.kinds_title(kind).lower() for kind in Kind if kind in delivered]


def _writes(provider: Provider) -> list[str]:
    """The kinds that can be posted to it, in words."""
    return [wording.kinds_title(kind).lower() for kind in Kind if kind in provider.writes]


def welcome(connection_id: int) -> str:
    """A connection was made, or came back: have it read, say so, and give the address of what to do next."""
    hub = the_hub()
    keep_in_sight(connection_id)
    hub.want(connection_id, "connected")
    session.pop(SIGN_IN_FORM, None)
    row = hub.connection(connection_id)
    name, own_page = row.name, f"{row.provider}.connection"
    if hub.provider(row.provider).visit is not None and own_page in current_app.view_functions:
        visitor, is_back = hub.provider(row.provider).visitor.name, _was_here_before(connection_id)
        back = f"{name} is back, with its links and history. It is read with the next visit of {visitor}."
        first = f"{name} is saved. It is connected as soon as {visitor} visits for the first time."
        tell(back if is_back else first)
        return url_for(own_page, connection_id=connection_id)
    if _was_here_before(connection_id):
        tell(f"{name} is connected again. Its links, history and schedules are back; what changed meanwhile is read.")
    else:
        tell(f"{name} is connected. It is being read for the first time.")
    return url_for("trials.what_next", connection_id=connection_id)


def _was_here_before(connection_id: int) -> bool:
    before = sa.select(RUNS.c.id).where(RUNS.c.connection_id == connection_id)
    return bool(rows(before.limit(1)))


def _connected(connection_id: int) -> ResponseReturnValue:
    return redirect(welcome(connection_id), 303)


def _reconnected(connection_id: int) -> ResponseReturnValue:
    hub = the_hub()
    session.pop(SIGN_IN_FORM, None)
    hub.want(connection_id, "connected")
    tell(f"{hub.connection(connection_id).name} is connected again.")
    return redirect(url_for("connections.show", connection_id=connection_id), 303)
