"""What a consent lets the hub do. Xero's access tokens are JWTs whose claim ``scope`` lists it (Xero OAuth 2.0
documentation, Token types); the claim is read, not relied on: Xero checks it with every call.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from hub import Connection
from hub_xero.oauth import XeroOAuth

WORDS = {
    "accounting.invoices": "write invoices, bills and credit notes",
    "accounting.transactions": "write invoices, bills, credit notes, payments and manual journals",
    "accounting.payments": "write payments",
    "accounting.manualjournals": "write manual journals",
    "accounting.banktransactions.read": "read bank transactions",
    "accounting.reports.trialbalance.read": "read the trial balance",
    "accounting.reports.read": "read the trial balance",
    "accounting.contacts": "write contacts",
    "accounting.settings": "read accounts and tax rates, and add accounts",
}


def missing(connection: Connection) -> Sequence[str]:
    """In words, what was asked for and is not in the token; nothing when the token does not say."""
    if connection.consent is None:
        return ()
    granted = scopes_of(connection.consent.access_token())
    if not granted:
        return ()
    asked = XeroOAuth().scopes(connection.settings)
    return tuple(WORDS[scope] for scope in asked if scope in WORDS and scope not in granted)


def scopes_of(token: str) -> frozenset[str]:
    """The scopes that a token names; none when it is no JWT or names none."""
    try:
        claims = json.loads(_decoded(token.split(".")[1]))
    except (IndexError, ValueError, binascii.Error):
        return frozenset()
    scope = claims.get("scope", ()) if isinstance(claims, dict) else ()
    return frozenset(scope.split() if isinstance(scope, str) else scope)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
