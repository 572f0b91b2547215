"""Grants and tokens: issue, rotate, revoke, check.

Access tokens live 30 minutes, refresh tokens 60 days unused; a refresh rotates the token, and for 30
minutes the token before it still works in case the answer was lost. Source: Xero developer pages, OAuth 2.0
FAQ.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..clock import Clock
from ..errors import ApiError
from ..store import Store
from ..switches import Switchboard
from ..tables import Journal, Table
from .records import AccessToken, App, Code, Connection, Grant

ACCESS_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(minutes=30)
CODE_LIFE = timedelta(minutes=5)

NEW_APP = App("5EEDED0000000000000000000A99A001", "Ledgerport test app", "sim-xero-secret-of-the-new-app")
OLD_APP = App("5EEDED0000000000000000000A99A002", "Older test app", "sim-xero-secret-of-the-old-app", [], True)
PKCE_APP = App("5EEDED0000000000000000000A99A003", "Public test app (PKCE)")


def oauth_error(error: str, status: int = 400, description: str = "") -> ApiError:
    """The token endpoint's error: `{"error": "invalid_grant"}`."""
    body = {"error": error}
    if description:
        body["error_description"] = description
    return ApiError(status, body)


class Identity:
    """The identity service's tables and rules. Used under the world's lock."""

    def __init__(self, clock: Clock, switches: Switchboard) -> None:
        self.clock = clock
        self.switches = switches
        self.journal = Journal()
        journal = self.journal
        self.apps = Table("apps", App, lambda a: a.client_id, journal)
        self.codes = Table("codes", Code, lambda c: c.code, journal)
        self.grants = Table(
            "grants",
            Grant,
            lambda g: g.grant_id,
            journal,
            refresh=lambda g: g.refresh_token or None,
            previous=lambda g: g.previous_token or None,
            client=lambda g: g.client_id,
        )
        self.access_tokens = Table("access_tokens", AccessToken, lambda t: t.token, journal, grant=lambda t: t.grant_id)
        self.connections = Table("connections", Connection, lambda c: c.connection_id, journal)

    def tables(self) -> list[Table[Any]]:
        return [table for table in vars(self).values() if isinstance(table, Table)]

    def seed(self) -> None:
        for app in (NEW_APP, OLD_APP, PKCE_APP):
            self.apps.put(app)

    def commit(self, store: Store | None) -> None:
        changes = self.journal.take()
        if store and changes:
            store.write("", changes)

    # ------------------------------------------------------------------ consent and connections

    def connect(self, client_id: str, scopes: list[str], tenant_ids: list[str]) -> Grant:
        """A user's consent: a grant, and a connection for each organisation ticked (kept when it existed)."""
        grant = self.grants.put(Grant(str(uuid.uuid4()), client_id, scopes))
        now = self.clock.now()
        for tenant_id in tenant_ids:
            known = self.connection(client_id, tenant_id)
            if known:
                self.connections.put(replace(known, grant_id=grant.grant_id, updated=now))
            else:
                fresh = Connection(str(uuid.uuid4()), client_id, tenant_id, grant.grant_id, now, now)
                self.connections.put(fresh)
        return grant

    def connection(self, client_id: str, tenant_id: str) -> Connection | None:
        for connection in self.connections:
            if connection.client_id == client_id and connection.tenant_id == tenant_id.lower():
                return connection
        return None

    def code(self, grant: Grant, redirect_uri: str, challenge: str) -> str:
        code = secrets.token_urlsafe(24)
        expires = self.clock.now() + CODE_LIFE
        self.codes.put(Code(code, grant.client_id, redirect_uri, grant.grant_id, expires, challenge))
        return code

    # ------------------------------------------------------------------ tokens

    def issue(self, grant: Grant) -> dict[str, Any]:
        """A fresh token set for a grant; a refresh token only with `offline_access`."""
        now = self.clock.now()
        token = _jwt(grant, now)
        self.access_tokens.put(AccessToken(token, grant.grant_id, grant.client_id, now + ACCESS_LIFE))
        answer: dict[str, Any] = {
            "access_token": token,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(grant.scopes),
        }
        if "offline_access" in grant.scopes:
            refresh = secrets.token_urlsafe(32)
            grant = self.grants.put(replace(grant, refresh_token=refresh, refresh_expires=now + REFRESH_LIFE))
            answer["refresh_token"] = refresh
        if "openid" in grant.scopes:
            answer["id_token"] = _jwt(grant, now)
        return answer

    def refresh(self, client_id: str, token: str) -> dict[str, Any]:
        """Rotate: raises invalid_grant for unknown, expired, revoked or already used-up tokens."""
        now = self.clock.now()
        for grant in self.grants.find("refresh", token):
            if grant.client_id == client_id and grant.refresh_expires and grant.refresh_expires > now:
                return self.issue(replace(grant, previous_token=token, previous_until=now + GRACE))
        if self.switches["old_refresh_token_works_once_more"]:
            for grant in self.grants.find("previous", token):
                if grant.client_id == client_id and grant.previous_until and grant.previous_until > now:
                    return self.issue(grant)
        raise oauth_error("invalid_grant")

    def revoke(self, client_id: str, token: str) -> None:
        """Revoking a refresh token removes all of that user's connections to the app."""
        if not any(grant.client_id == client_id for grant in self.grants.find("refresh", token)):
            return
        for grant in self.grants.find("client", client_id):
            self.grants.put(replace(grant, refresh_token="", previous_token="", revoked=True))
        for connection in [c for c in self.connections if c.client_id == client_id]:
            self.connections.remove(connection.connection_id)

    def expire_access_tokens(self) -> int:
        """End every access token now; how many there were."""
        tokens = [token for token in self.access_tokens if token.expires > self.clock.now()]
        for token in tokens:
            self.access_tokens.put(replace(token, expires=self.clock.now()))
        return len(tokens)


def _jwt(grant: Grant, now: datetime) -> str:
    """A token in the shape of a JWT with the claims Xero's carry; the signature is random, nobody here
    checks it.
    """
    claims = {
        "nbf": int(now.timestamp()),
        "exp": int((now + ACCESS_LIFE).timestamp()),
        "iss": "https://identity.xero.com",
        "client_id": grant.client_id,
        "authentication_event_id": grant.grant_id,
        "jti": secrets.token_hex(16),
        "scope": grant.scopes,
    }
    parts = [
        json.dumps({"alg": "RS256", "typ": "JWT"}).encode(),
        json.dumps(claims).encode(),
        secrets.token_bytes(32),
    ]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
