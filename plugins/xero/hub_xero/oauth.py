"""How Xero is connected: one consent may reach several organisations (Xero OAuth 2.0 documentation)."""

from __future__ import annotations

from collections.abc import Mapping

from hub import Door, UnauthorizedError
from hub_xero.authorisation import rejected
from hub_xero.settings import ScopeFamily, XeroSettings

_SCOPES = {
    ScopeFamily.GRANULAR: (
        "offline_access",
        "accounting.invoices",
        "accounting.payments",
        "accounting.manualjournals",
        "accounting.banktransactions.read",
        "accounting.reports.trialbalance.read",
        "accounting.contacts",
        "accounting.settings",
    ),
    ScopeFamily.BROAD: (
        "offline_access",
        "accounting.transactions",
        "accounting.reports.read",
        "accounting.contacts",
        "accounting.settings",
    ),
}
"""No more than is used; ``offline_access`` is what a refresh token is given for."""


class XeroOAuth:
    """Xero's side of a consent."""

    def authorize_url(self, settings: XeroSettings) -> str:
        """Where a person gives consent."""
        return settings.login_url

    def token_url(self, settings: XeroSettings) -> str:
        """Where codes and refresh tokens are exchanged."""
        return settings.token_url

    def scopes(self, settings: XeroSettings) -> tuple[str, ...]:
        """What the consent asks for: the text in the settings, else the family's list."""
        return tuple(settings.scopes.split()) or _SCOPES[settings.scope_family]

    def client(self, settings: XeroSettings) -> tuple[str, str]:
        """Client id and secret; without a secret the hub proves itself by PKCE."""
        return settings.client_id, settings.client_secret.get_secret_value()

    def accounts(self, settings: XeroSettings, http: Door, access_token: str) -> Mapping[str, str]:
        """The organisations this consent reaches: tenant id -> name. Practices keep no books and are left
        out.
        """
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        answer = http.bind(base_url=settings.api_url, headers=headers).call("GET", "/connections")
        if answer.status in (401, 403):
            raise UnauthorizedError(rejected(answer))
        return {
            entry["tenantId"]: entry.get("tenantName") or entry["tenantId"]
            for entry in answer.json()
            if entry.get("tenantType", "ORGANISATION") == "ORGANISATION"
        }
