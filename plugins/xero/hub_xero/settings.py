"""What a person enters to connect Xero."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue, SecretStr

API = "https://api.xero.com"
STARTER_CALLS_PER_DAY = 1_000
CALLS_PER_DAY = 5_000
"""Per organisation and day, by the app's tier (Xero developer pricing and API limits)."""


class ScopeFamily(StrEnum):
    """Xero's two sets of permissions; apps made since 2 March 2026 are refused the broad ones."""

    GRANULAR = "granular"
    BROAD = "broad"


class Tier(StrEnum):
    """The app's plan at Xero, which limits the calls of a day."""

    STARTER = "starter"
    CORE = "core"
    PLUS = "plus"
    ADVANCED = "advanced"
    ENTERPRISE = "enterprise"


_ADVANCED: dict[str, JsonValue] = {"advanced": True}


class XeroSettings(BaseModel):
    """One Xero app and how to reach it."""

    client_id: str = Field(min_length=1, title="Client id", description="From your app's Configuration page at Xero.")
    client_secret: SecretStr = Field(
        default=SecretStr(""),
        title="Client secret",
        description="From the same page. Leave empty for an app of the sort 'Mobile or desktop' (PKCE).",
    )
    tier: Tier = Field(
        default=Tier.STARTER,
        title="Xero developer tier",
        description="Starter allows 1,000 calls a day and organisation, the others 5,000.",
    )
    scope_family: ScopeFamily = Field(
        default=ScopeFamily.GRANULAR,
        title="Permissions",
        description="Granular for apps made since March 2026, broad for older apps that still use it.",
    )
    scopes: str = Field(
        default="",
        title="Permissions in full",
        description="Scopes separated by spaces, in place of the family's. Usually empty.",
        json_schema_extra=_ADVANCED,
    )
    api_url: str = Field(
        default=API,
        title="API address",
        description="Where the Accounting API is. Change it only for a simulator.",
        json_schema_extra=_ADVANCED,
    )
    login_url: str = Field(
        default="https://login.xero.com/identity/connect/authorize",
        title="Login address",
        description="Where people give their consent. Change it only for a simulator.",
        json_schema_extra=_ADVANCED,
    )
    token_url: str = Field(
        default="https://identity.xero.com/connect/token",
        title="Token address",
        description="Where tokens are given out. Change it only for a simulator.",
        json_schema_extra=_ADVANCED,
    )

    @property
    def calls_per_day(self) -> int:
        """What the tier allows one organisation."""
        return STARTER_CALLS_PER_DAY if self.tier is Tier.STARTER else CALLS_PER_DAY
