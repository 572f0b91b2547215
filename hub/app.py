"""The web application."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5  # type: ignore[import-untyped]

import hub as package
from hub.engine import Hub
from hub.http.answers import SAFE_METHODS
from hub.web import (
    access,
    adopting,
    attention,
    audit,
    causes,
    changed,
    checklist,
    connecting,
    connections,
    contact_sheets,
    contacts,
    dashboard,
    documents,
    frame,
    guidance,
    hits,
    incoming,
    integrations,
    inventory,
    invitations,
    mapping_aids,
    mappings,
    new_account,
    operations,
    people,
    pilot,
    plugins,
    preferences,
    profile,
    ready,
    reconciliation,
    reconciliation_ask,
    reconciliation_proof,
    reconciliation_signing,
    report,
    runs,
    schedules,
    search,
    security,
    set_up,
    side_by_side,
    sign_in,
    switching,
    tracking,
    trials,
    wording,
)
from hub.web.context import the_hub

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from hub.plugins import PluginInfo
    from hub.store import Store

log = logging.getLogger("hub.web")

PAGES = (
    set_up.pages,
    profile.pages,
    people.pages,
    invitations.pages,
    audit.pages,
    dashboard.pages,
    ready.pages,
    operations.pages,
    documents.pages,
    adopting.pages,
    report.pages,
    reconciliation.pages,
    reconciliation_ask.pages,
    reconciliation_signing.pages,
    reconciliation_proof.pages,
    side_by_side.pages,
    attention.pages,
    causes.pages,
    changed.pages,
    runs.pages,
    integrations.pages,
    inventory.pages,
    checklist.pages,
    pilot.pages,
    hits.pages,
    mapping_aids.pages,
    mappings.pages,
    tracking.pages,
    new_account.pages,
    contacts.pages,
    contact_sheets.pages,
    connections.pages,
    connecting.pages,
    trials.pages,
    schedules.pages,
    plugins.pages,
    search.pages,
    switching.pages,
    preferences.pages,
    guidance.pages,
)


def create_app(hub: Hub, *, blueprints: Sequence[Blueprint] = (), installed: Sequence[PluginInfo] = ()) -> Flask:
    """The application that shows ``hub``.

    ``blueprints`` are the pages of plugins; their forms need the CSRF token as ours do, except for a view function
    with the attribute ``csrf_exempt`` set to True, which is for machines that prove themselves in another way. A
    provider's blueprint that has a view ``connection`` with the argument ``connection_id`` is linked from its
    connections. Every page needs somebody who is signed in; see :mod:`hub.web.access` for what a view declares.
    ``installed`` are the plugins that the plugins page lists. Raises ``SettingsError`` for settings under which
    passwords could be overheard, before anything is started.
    """
    security.check_listening(hub.settings)
    app = Flask("hub.web")
    app.extensions["hub"] = hub
    incoming.install(app)
    app.extensions["installed plugins"] = tuple(installed)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    security.configure(app, hub.settings, hub.vault.derive("browser sessions"))
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    access.install(app)
    csrf = security.protect(app)
    sign_in.install(app, hub)
    wording.install(app)
    frame.install(app)
    for pages in (*PAGES, _scripts(), *blueprints):
        app.register_blueprint(pages)
    for view in app.view_functions.values():
        if getattr(view, "csrf_exempt", False):
            csrf.exempt(view)
    app.add_url_rule("/healthz", view_func=healthz)
    app.wsgi_app = _reading_once(app.wsgi_app, hub.store)  # type: ignore[method-assign, assignment]
    return app


def _reading_once(application: WSGIApplication, store: Store) -> WSGIApplication:
    """A page shows one moment, and begins one transaction. What changes something reads as often as it likes."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in SAFE_METHODS:
            return application(environ, start_response)
        with store.one_read():
            return application(environ, start_response)

    return answer


@access.public
def healthz() -> ResponseReturnValue:
    """Whether the process answers and its database does; for monitors."""
    try:
        with the_hub().store.read() as db:
            db.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        log.exception("the database does not answer")
        return jsonify(status="failing", database="does not answer", version=package.__version__), 503
    return jsonify(status="ok", database="ok", version=package.__version__)


def _scripts() -> Blueprint:
    """htmx, from the package that carries its files."""
    folder = files("js_lib_htmx").joinpath("static", "htmx")
    return Blueprint("htmx", __name__, static_folder=str(folder), static_url_path="/static/htmx")
