"""The vendor's token endpoint (RFC 6749), and what it answers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from hub.errors import Problem, ProviderError, SettingsError, UnreachableError
from hub.http import Answer, Door
from hub.models import now
from hub.providers import Limits, OAuth, Provider
from hub.store import Store
from hub.vault import Vault

EARLY = timedelta(seconds=60)
"""A token is renewed this long before it expires, so that it does not expire on its way."""

TIMEOUT = (10.0, 25.0)
PATIENCE = 10.0
USUAL_LIFE = 1800.0
"""Seconds that an access token lives when the vendor does not say (``expires_in`` is optional)."""


class RefusedGrantError(Exception):
    """The vendor says ``invalid_grant`` (RFC 6749, 5.2): the code or refresh token is over."""


@dataclass(frozen=True)
class Tokens:
    """What a consent is worth at present; ``version`` is that of the row it was read from."""

    access: str
    refresh: str
    expires_at: datetime
    version: int = 1

    @property
    def are_fresh(self) -> bool:
        """Whether the access token lives long enough for a call."""
        return self.expires_at - EARLY > now()

    def row(self, vault: Vault) -> dict[str, Any]:
        """The columns of a consent that these tokens fill."""
        sealed = vault.seal({"access_token": self.access, "refresh_token": self.refresh})
        return {"secrets": sealed, "expires_at": self.expires_at, "refreshed_at": now()}


def oauth_of(provider: Provider) -> OAuth:
    """How the provider asks for consent."""
    if provider.oauth is None:
        raise SettingsError(f"{provider.title} is connected with a key, not by signing in.")
    return provider.oauth


def sign_in_door(
    store: Store,
    provider: Provider,
    connection_id: int | None,
    run_id: int | None = None,
    before_send: Callable[[], None] | None = None,
) -> Door:
    """A door of its own: the vendor's sign-in does not share the limits of its API."""
    return Door(
        store,
        connection_id=connection_id or 0,
        name=f"{provider.title} sign-in",
        limits=Limits(),
        run_id=run_id,
        before_send=before_send,
        timeout=TIMEOUT,
        patience=PATIENCE,
        bucket=f"sign-in:{provider.name}",
    )


def ask(door: Door, provider: Provider, settings: Any, form: Mapping[str, str]) -> Answer:
    """Ask the token endpoint; the client proves itself with its secret, or has none (RFC 6749, 2.3)."""
    oauth = oauth_of(provider)
    client_id, client_secret = oauth.client(settings)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if client_secret:
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    else:
        form = {**form, "client_id": client_id}
    bound = door.bind(base_url=oauth.token_url(settings))
    return bound.call("POST", "", body=urlencode(form).encode(), headers=headers)


def granted(answer: Answer, provider: Provider, old_refresh: str = "") -> Tokens:
    """Read the answer; a vendor that does not rotate leaves the refresh token out of it."""
    told = answer.json() if answer.is_json else None
    if answer.status >= 500 or not isinstance(told, dict):
        raise UnreachableError(problem(provider, f"The answer had status {answer.status} and no token."))
    if answer.status == 200 and told.get("access_token"):
        expires_at = now() + timedelta(seconds=float(told.get("expires_in") or USUAL_LIFE))
        return Tokens(told["access_token"], told.get("refresh_token") or old_refresh, expires_at)
    error = str(told.get("error", ""))
    words = str(told.get("error_description") or error)
    if error == "invalid_grant":
        raise RefusedGrantError(words)
    if error in ("invalid_client", "unauthorized_client"):
        raise SettingsError(f"{provider.title} refuses the client id or secret ({words}). Check both.")
    raise ProviderError(problem(provider, f"The answer had status {answer.status}: {words}"))


def problem(provider: Provider, why: str) -> Problem:
    """A sign-in that failed but may work when it is tried again."""
    return Problem(code="sign_in", what=f"Signing in to {provider.title} did not work.", why=why)


def reconnect(provider: Provider, why: str) -> Problem:
    """A consent that is over."""
    return Problem(
        code="reconnect",
        what=f"{provider.title} no longer accepts our sign-in.",
        why=why,
        fix="Open the entity and choose Reconnect.",
    )
