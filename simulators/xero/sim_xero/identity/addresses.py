"""The identity service's addresses: authorize (a consent page), token, revocation, connections.

Authorize and token are served by the same host as the API; Xero has three hosts for them.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ..answers import refusal_response, to_json
from ..authorisation import bearer
from ..errors import JSON, ApiError, not_found
from ..world import World
from . import scopes
from .records import App, Connection
from .tokens import oauth_error

View = Callable[..., AnyResponse]


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request for consent."""

    app: App
    redirect_uri: str
    scopes: list[str]
    state: str
    challenge: str


class ConsentError(Exception):
    """The request names no known app or redirect address, so the user sees an error and is sent nowhere."""


def blueprint(world: World) -> Blueprint:
    """All identity addresses bound to a world."""
    service = Blueprint("identity", __name__, template_folder="templates")
    rules: tuple[tuple[str, str, Callable[..., AnyResponse]], ...] = (
        ("GET", "/identity/connect/authorize", lambda: consent_page(world)),
        ("POST", "/identity/connect/authorize", lambda: consent_given(world)),
        ("POST", "/connect/token", lambda: token(world)),
        ("POST", "/connect/revocation", lambda: revocation(world)),
        ("GET", "/connections", lambda: list_connections(world)),
        ("GET", "/Connections", lambda: list_connections(world)),
        (
            "DELETE",
            "/connections/<connection_id>",
            lambda connection_id: delete_connection(world, connection_id),
        ),
        (
            "DELETE",
            "/Connections/<connection_id>",
            lambda connection_id: delete_connection(world, connection_id),
        ),
    )
    for number, (method, path, view) in enumerate(rules):
        service.add_url_rule(path, f"{number}", _committed(world, view), methods=[method])
    return service


def _committed(world: World, view: View) -> View:
    """Run a view in a transaction; its refusals become answers."""

    @wraps(view)
    def run(**args: str) -> AnyResponse:
        try:
            with world.transaction():
                return view(**args)
        except ApiError as refusal:
            return refusal_response(request, refusal)

    return run


# ---------------------------------------------------------------------- authorize


def _asked(world: World, values: dict[str, str]) -> Asked:
    app = world.identity.apps.get(values.get("client_id", ""))
    redirect_uri = values.get("redirect_uri", "")
    if app is None:
        raise ConsentError("unauthorized_client: unknown client_id")
    if not _may_redirect(world, app, redirect_uri):
        raise ConsentError("invalid redirect_uri: it must equal a registered address exactly")
    challenge = values.get("code_challenge", "")
    return Asked(app, redirect_uri, values.get("scope", "").split(), values.get("state", ""), challenge)


def _may_redirect(world: World, app: App, redirect_uri: str) -> bool:
    if redirect_uri in app.redirect_uris:
        return True
    host = urlsplit(redirect_uri).hostname
    return world.switches["any_loopback_redirect_uri"] and host in ("127.0.0.1", "localhost")


def _fault(asked: Asked, values: dict[str, str]) -> str | None:
    """The OAuth error of a request, if any. Broad scopes are refused for apps made since March 2026."""
    if values.get("response_type") != "code":
        return "unsupported_response_type"
    if not asked.scopes or scopes.refused(asked.scopes, asked.app.broad_scopes):
        return "invalid_scope"
    method = values.get("code_challenge_method", "")
    if asked.challenge and method != "S256":
        return "invalid_request"
    if not asked.app.client_secret and not asked.challenge:
        return "invalid_request"
    return None


def consent_page(world: World) -> AnyResponse:
    values = request.args.to_dict()
    try:
        asked = _asked(world, values)
    except ConsentError as problem:
        return Response(render_template("refused.html", problem=str(problem)), 400)
    if error := _fault(asked, values):
        return _back(asked, error=error)
    organisations = [books.organisation for books in world.organisations.values()]
    page = render_template("consent.html", asked=asked, organisations=organisations, values=values)
    return Response(page, headers={"X-Frame-Options": "DENY"})


def consent_given(world: World) -> AnyResponse:
    """The form, or a direct POST with the same fields; without `tenant` the first organisation is
    connected.
    """
    values = {**request.args.to_dict(), **request.form.to_dict()}
    try:
        asked = _asked(world, values)
    except ConsentError as problem:
        return Response(render_template("refused.html", problem=str(problem)), 400)
    if error := _fault(asked, values):
        return _back(asked, error=error)
    if values.get("decision", "allow") != "allow":
        return _back(asked, error="access_denied")
    chosen = [tenant_id for tenant_id in request.form.getlist("tenant") if tenant_id in world.organisations]
    tenants = chosen or list(world.organisations)[:1]
    grant = world.identity.connect(asked.app.client_id, asked.scopes, tenants)
    code = world.identity.code(grant, asked.redirect_uri, asked.challenge)
    return _back(asked, code=code, scope=" ".join(asked.scopes), session_state=secrets.token_hex(8))


def _back(asked: Asked, **values: str) -> AnyResponse:
    if asked.state:
        values["state"] = asked.state
    joint = "&" if "?" in asked.redirect_uri else "?"
    return redirect(f"{asked.redirect_uri}{joint}{urlencode(values)}", 302)


# ---------------------------------------------------------------------- token


def _client(world: World) -> App:
    """The calling app: HTTP Basic, or client_id (and secret) in the form; public clients have no secret."""
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        client_id, secret = basic.username or "", basic.password or ""
    else:
        client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    app = world.identity.apps.get(client_id)
    if app is None or not secrets.compare_digest(app.client_secret, secret):
        raise oauth_error("invalid_client", 400)
    return app


def token(world: World) -> AnyResponse:
    app = _client(world)
    kind = request.form.get("grant_type")
    if kind == "refresh_token":
        return _json(world.identity.refresh(app.client_id, request.form.get("refresh_token", "")))
    if kind == "authorization_code":
        return _json(_exchange(world, app))
    raise oauth_error("unsupported_grant_type")


def _exchange(world: World, app: App) -> dict[str, Any]:
    """A code is good once, for the same app and redirect address, with the verifier of its challenge."""
    identity = world.identity
    code = identity.codes.get(request.form.get("code", ""))
    if code is None or code.client_id != app.client_id or code.expires <= world.clock.now():
        raise oauth_error("invalid_grant")
    if code.redirect_uri != request.form.get("redirect_uri", ""):
        raise oauth_error("invalid_grant", description="redirect_uri differs")
    if code.challenge and code.challenge != _s256(request.form.get("code_verifier", "")):
        raise oauth_error("invalid_grant", description="code_verifier does not fit")
    identity.codes.remove(code.code)
    return identity.issue(identity.grants[code.grant_id])


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def revocation(world: World) -> AnyResponse:
    app = _client(world)
    world.identity.revoke(app.client_id, request.form.get("token", ""))
    return Response(status=200)


# ---------------------------------------------------------------------- connections


def _shown(world: World, connection: Connection) -> dict[str, str]:
    return {
        "id": connection.connection_id,
        "authEventId": connection.grant_id,
        "tenantId": connection.tenant_id,
        "tenantType": "ORGANISATION",
        "tenantName": world.books(connection.tenant_id).organisation.name,
        "createdDateUtc": connection.created.strftime("%Y-%m-%dT%H:%M:%S.%f0"),
        "updatedDateUtc": connection.updated.strftime("%Y-%m-%dT%H:%M:%S.%f0"),
    }


def list_connections(world: World) -> AnyResponse:
    client_id = bearer(request, world).client_id
    event = request.args.get("authEventId")
    found = [c for c in world.identity.connections if c.client_id == client_id and event in (None, c.grant_id)]
    return _json([_shown(world, connection) for connection in found])


def delete_connection(world: World, connection_id: str) -> AnyResponse:
    client_id = bearer(request, world).client_id
    connection = world.identity.connections.get(connection_id.lower())
    if connection is None or connection.client_id != client_id:
        raise not_found()
    world.identity.connections.remove(connection.connection_id)
    return Response(status=204)


def _json(payload: Any) -> Response:
    return Response(to_json(payload), content_type=JSON, headers={"Cache-Control": "no-store"})
