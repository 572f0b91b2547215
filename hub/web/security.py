"""What protects the pages: headers, the host check, and errors that tell nothing they should not."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Response, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException, SecurityError

from hub.accounts import AccountError
from hub.errors import ProviderError, SettingsError
from hub.settings import LOOPBACK, Settings

log = logging.getLogger("hub.web")

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",  # Bootstrap draws its select arrows and check marks as data images
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "There is nothing here",
    405: "Not this way",
    413: "Too much was sent",
}

_WORDS = {
    404: "The page or the record you asked for does not exist, or is no longer there.",
    405: "This address is only used by a form. Go back and use its button.",
    413: "What was sent is larger than the hub takes.",
}


def check_listening(settings: Settings) -> None:
    """Passwords never cross a network in the open; raises ``SettingsError`` where they would.

    A hub that others reach asks everybody to sign in, and its first visitor for the set-up code.
    """
    if settings.listen_host not in LOOPBACK and urlsplit(settings.base_url).scheme != "https":
        raise SettingsError(
            f"HUB_LISTEN_HOST is {settings.listen_host!r}, so others can reach the hub, but HUB_BASE_URL is"
            f" {settings.base_url!r}: passwords would cross the network in the open. Put a proxy with https before the"
            " hub and set HUB_BASE_URL to its address, or listen on 127.0.0.1 and come through an SSH tunnel."
        )


def configure(app: Flask, settings: Settings, keys: Sequence[bytes]) -> None:
    """Cookies, keys and hosts. ``keys`` sign the session cookie, newest first."""
    address = urlsplit(settings.base_url)
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=list(keys[1:]),
        SESSION_COOKIE_NAME="hub_session",
        SESSION_COOKIE_HTTPONLY=True,
        # Lax, not Strict: the vendor's sign-in page leads back to us, and that visit needs its session.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=address.scheme == "https",
        HUB_BASE_URL=settings.base_url.rstrip("/"),
        TRUSTED_HOSTS=sorted({address.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"}),
        MAX_CONTENT_LENGTH=8 * 1024 * 1024,
        # A page may lie open for hours before somebody decides; the token ends with the session.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.before_request(_lead_home)


def _lead_home() -> ResponseReturnValue | None:
    """A page that was opened under another name of this machine goes on under the name of HUB_BASE_URL.

    A browser keeps a session for each name, so a sign-in at a platform that began as 127.0.0.1 could never come back
    to localhost. Machines are answered where they ask: monitors, and plugins' addresses that are no pages.
    """
    if isinstance(request.routing_exception, SecurityError) or request.method not in ("GET", "HEAD"):
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    if request.endpoint == "healthz" or getattr(view, "csrf_exempt", False):
        return None
    home = urlsplit(current_app.config["HUB_BASE_URL"])
    asked = urlsplit(f"{request.scheme}://{request.host}")
    if (
        asked.hostname == home.hostname
        or not {asked.hostname, home.hostname} <= LOOPBACK
        or _port(asked) != _port(home)
    ):
        return None
    return redirect(f"{home.scheme}://{home.netloc}{request.script_root}{request.full_path.rstrip('?')}", 302)


def _port(address: SplitResult) -> int:
    return address.port or (443 if address.scheme == "https" else 80)


def protect(app: Flask) -> CSRFProtect:
    """Require a token with every change, and send the headers with every answer."""
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(SettingsError, _settings_wrong)
    app.register_error_handler(AccountError, _settings_wrong)
    app.register_error_handler(ProviderError, _platform_failed)
    app.register_error_handler(Exception, _unexpected)
    return CSRFProtect(app)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" and not str(request.endpoint).endswith(".static"):
        response.headers["Cache-Control"] = "no-store"  # the sign-in library has one of its own that is none
    return response


def _refused(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, SecurityError):  # a wrong host: no address of ours could be built for a whole page
        text = "The hub does not answer to this address. Check HUB_BASE_URL.\n"
        return Response(text, 400, mimetype="text/plain")
    if error.code is not None and error.code < 400:
        return error.get_response()
    code = error.code or 500
    text = _WORDS.get(code, error.description or "")
    if isinstance(error, CSRFError):
        text = "The form had expired, or did not come from our page. Go back, load the page again, and send it again."
    return render_template("error.html", title=_TITLES.get(code, error.name), text=text), code


def _settings_wrong(error: SettingsError | AccountError) -> ResponseReturnValue:
    return render_template("error.html", title=_TITLES[400], text=str(error)), 400


def _platform_failed(error: ProviderError) -> ResponseReturnValue:
    return render_template("error.html", title="The platform did not play along", text=str(error.problem)), 502


def _unexpected(error: Exception) -> ResponseReturnValue:
    """The log gets everything, the person a reference to it."""
    reference = secrets.token_hex(4)
    log.error("page %s %s failed, reference %s", request.method, request.path, reference, exc_info=error)
    text = "Something went wrong inside the hub. Nothing that was saved is lost."
    return render_template("error.html", title="Unexpected error", text=text, reference=reference), 500
