"""Asking a person for consent: the authorization code flow with PKCE (RFC 6749, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from pydantic import BaseModel, SecretBytes, SecretStr

from hub.errors import SettingsError, UnreachableError, UnsureError
from hub.models import ConnectionRow, ConsentRow, OAuthRequest, now, table
from hub.oauth.token import RefusedGrantError, Tokens, ask, granted, oauth_of, problem, sign_in_door
from hub.providers import Provider
from hub.store import Store
from hub.vault import Vault

REQUEST_LIFE = timedelta(minutes=15)
"""How long a person has for signing in at the vendor."""

CONSENTS = table(ConsentRow)
REQUESTS = table(OAuthRequest)
CONNECTIONS = table(ConnectionRow)


@dataclass(frozen=True)
class Grant:
    """What a person's consent gave us: the accounts it reaches (id -> name), and what it was asked for."""

    consent_id: int
    accounts: Mapping[str, str]
    connection_id: int | None
    settings: Any


def begin(
    store: Store,
    vault: Vault,
    provider: Provider,
    settings: Any,
    redirect_uri: str,
    connection_id: int | None = None,
    *,
    bound_to: str = "",
) -> str:
    """Start a consent; returns the address at the vendor to send the person to.

    ``bound_to`` names who asks (the browser session); :func:`finish` must be given the same.
    ``connection_id`` is the connection to reconnect, if there is one.
    """
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    request = {
        "verifier": verifier,
        "redirect_uri": redirect_uri,
        "bound_to": bound_to,
        "settings": _revealed(settings),
    }
    row = {
        "state": state,
        "provider": provider.name,
        "secrets": vault.seal(request),
        "connection_id": connection_id,
        "created_at": now(),
    }
    with store.write() as db:
        db.execute(sa.delete(REQUESTS).where(REQUESTS.c.created_at < now() - REQUEST_LIFE))
        store.insert(db, OAuthRequest, [row])
    return _address(provider, settings, redirect_uri, state, verifier)


def finish(store: Store, vault: Vault, provider: Provider, state: str, code: str, *, bound_to: str = "") -> Grant:
    """Exchange the code that came back for tokens, store them encrypted, and list the accounts they reach.

    Reconnecting a connection renews the consent that it shares with others; its own account must be among
    those allowed. Raises ``SettingsError`` for a state that is unknown, used, expired or somebody else's, and
    ``ProviderError`` when the vendor refuses.
    """
    row, request = _take_request(store, vault, provider, state, bound_to)
    settings = provider.settings.model_validate(request["settings"])
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": request["redirect_uri"],
        "code_verifier": request["verifier"],
    }
    door = sign_in_door(store, provider, row.connection_id)
    try:
        tokens = granted(ask(door, provider, settings, form), provider)
        accounts = oauth_of(provider).accounts(settings, door, tokens.access)
    except (UnsureError, RefusedGrantError) as error:
        raise UnreachableError(problem(provider, f"Please start again. ({error})")) from error
    finally:
        door.close()
    consent_id = _save(store, vault, provider, tokens, row.connection_id, accounts)
    return Grant(consent_id, accounts, row.connection_id, settings)


def give_up(store: Store, vault: Vault, provider: Provider, state: str, *, bound_to: str = "") -> int | None:
    """The person came back without a code: the request is over; answers with the connection it was to reconnect.

    Raises ``SettingsError`` as :func:`finish` does.
    """
    row, _ = _take_request(store, vault, provider, state, bound_to)
    return None if row.connection_id is None else int(row.connection_id)


def _address(provider: Provider, settings: Any, redirect_uri: str, state: str, verifier: str) -> str:
    oauth = oauth_of(provider)
    asked = {
        "response_type": "code",
        "client_id": oauth.client(settings)[0],
        "redirect_uri": redirect_uri,
        "scope": " ".join(oauth.scopes(settings)),
        "state": state,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    address = oauth.authorize_url(settings)
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _take_request(
    store: Store, vault: Vault, provider: Provider, state: str, bound_to: str
) -> tuple[Any, dict[str, Any]]:
    """The request that ``state`` belongs to; it can be taken once."""
    with store.write() as db:
        row = db.execute(sa.select(REQUESTS).where(REQUESTS.c.state == state)).first()
        taken = db.execute(sa.delete(REQUESTS).where(REQUESTS.c.state == state)).rowcount == 1
    if row is None or not taken or row.provider != provider.name or row.created_at < now() - REQUEST_LIFE:
        raise SettingsError("This sign-in was used already or has expired. Please start again.")
    request = vault.open(row.secrets)
    if not secrets.compare_digest(request["bound_to"].encode(), bound_to.encode()):
        address = urlsplit(request["redirect_uri"])
        raise SettingsError(
            "This sign-in began in another browser session. Please start again, in one browser and with the hub opened"
            f" as {address.scheme}://{address.netloc}."
        )
    return row, request


def _save(
    store: Store,
    vault: Vault,
    provider: Provider,
    tokens: Tokens,
    connection_id: int | None,
    accounts: Mapping[str, str],
) -> int:
    values = {**tokens.row(vault), "broken": ""}
    with store.write() as db:
        consent_id = _consent_to_renew(db, connection_id, accounts)
        if consent_id is None:
            made = sa.insert(CONSENTS).values(provider=provider.name, version=1, **values)
            return int(db.execute(made.returning(CONSENTS.c.id)).scalar_one())
        renewed = sa.update(CONSENTS).where(CONSENTS.c.id == consent_id)
        db.execute(renewed.values(version=CONSENTS.c.version + 1, **values))
        return consent_id


def _consent_to_renew(db: sa.Connection, connection_id: int | None, accounts: Mapping[str, str]) -> int | None:
    if connection_id is None:
        return None
    row = db.execute(sa.select(CONNECTIONS).where(CONNECTIONS.c.id == connection_id)).first()
    if row is None:
        return None
    if row.account_id not in accounts:
        allowed = ", ".join(accounts.values()) or "none"
        raise SettingsError(f"{row.name} is not among the accounts allowed ({allowed}). Nothing was changed.")
    return None if row.consent_id is None else int(row.consent_id)


def _challenge(verifier: str) -> str:
    """PKCE S256 (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _revealed(settings: Any) -> Any:
    """A provider's settings as JSON values, secrets included; only to be sealed at once."""

    def plain(value: Any) -> Any:
        return value.get_secret_value() if isinstance(value, (SecretStr, SecretBytes)) else str(value)

    values = settings.model_dump() if isinstance(settings, BaseModel) else settings
    return json.loads(json.dumps(values, default=plain))
