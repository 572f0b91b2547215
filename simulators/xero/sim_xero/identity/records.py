"""What the identity service remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class App:
    """A registered app. Public clients (no secret) must use PKCE; `broad_scopes` is for apps made before
    March 2026.
    """

    client_id: str
    name: str
    client_secret: str = ""
    redirect_uris: list[str] = field(default_factory=list)
    broad_scopes: bool = False


@dataclass(slots=True)
class Code:
    """An authorisation code waiting for its exchange; used once, within 5 minutes."""

    code: str
    client_id: str
    redirect_uri: str
    grant_id: str
    expires: datetime
    challenge: str = ""


@dataclass(slots=True)
class Grant:
    """One consent and its present refresh token; `grant_id` is the authEventId."""

    grant_id: str
    client_id: str
    scopes: list[str]
    refresh_token: str = ""
    refresh_expires: datetime | None = None
    previous_token: str = ""
    previous_until: datetime | None = None
    revoked: bool = False


@dataclass(slots=True)
class AccessToken:
    token: str
    grant_id: str
    client_id: str
    expires: datetime


@dataclass(slots=True)
class Connection:
    """An app's access to one organisation."""

    connection_id: str
    client_id: str
    tenant_id: str
    grant_id: str
    created: datetime
    updated: datetime
