"""A consent that was given, until the person has chosen which of its accounts to connect.

It holds the provider's settings, secrets included, so it lies sealed in the database for a quarter of an hour at most;
the browser only knows its key.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.engine import Hub
from hub.engine.connections import split_secrets
from hub.models import OAuthRequest
from hub.oauth import Grant
from hub.oauth.authorization import REQUEST_LIFE
from hub.web.queries.tables import OAUTH_REQUESTS

PREFIX = "grant:"
"""A colon never occurs in the states that the hub sends to vendors, so neither can be taken for the other."""


@dataclass(frozen=True)
class PendingGrant:
    """What a person has still to choose from."""

    provider: str
    consent_id: int
    accounts: Mapping[str, str]
    settings: Mapping[str, Any]
    name: str


def keep(hub: Hub, provider: str, grant: Grant, name: str) -> str:
    """Put a grant aside; answers with its key."""
    plain, secret = split_secrets(grant.settings)
    sealed = {
        "consent_id": grant.consent_id,
        "accounts": dict(grant.accounts),
        "settings": {**plain, **secret},
        "name": name,
    }
    key = PREFIX + secrets.token_urlsafe(32)
    row = {
        "state": key,
        "provider": provider,
        "secrets": hub.vault.seal(sealed),
        "connection_id": None,
        "created_at": hub.clock(),
    }
    with hub.store.write() as db:
        hub.store.insert(db, OAuthRequest, [row])
    return key


def find(hub: Hub, key: str) -> PendingGrant | None:
    """The grant of a key; None when there is none or its time is over."""
    chosen = sa.select(OAUTH_REQUESTS).where(
        OAUTH_REQUESTS.c.state == key, OAUTH_REQUESTS.c.created_at > hub.clock() - REQUEST_LIFE
    )
    with hub.store.read() as db:
        row = db.execute(chosen).first()
    if row is None or not key.startswith(PREFIX):
        return None
    return PendingGrant(provider=row.provider, **hub.vault.open(row.secrets))


def forget(hub: Hub, key: str) -> None:
    """It was used."""
    with hub.store.write() as db:
        db.execute(sa.delete(OAUTH_REQUESTS).where(OAUTH_REQUESTS.c.state == key))


def provider_of(hub: Hub, state: str) -> str:
    """The provider that a returning ``state`` was sent to; empty when there is none."""
    if not state or state.startswith(PREFIX):
        return ""
    with hub.store.read() as db:
        chosen = sa.select(OAUTH_REQUESTS.c.provider).where(OAUTH_REQUESTS.c.state == state)
        return db.execute(chosen).scalar() or ""
