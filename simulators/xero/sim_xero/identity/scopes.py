"""Scopes: the granular family every new app must use, and the broad family of older apps.

Source: Xero developer pages, Granular scopes FAQ and OAuth 2.0 scopes. Broad scopes end in September 2027.
"""

from __future__ import annotations

BROAD = {"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"}
_WRITABLE = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
)
PLAIN = {"openid", "profile", "email", "offline_access"}
_REPORTS = (
    "aged",
    "balancesheet",
    "banksummary",
    "budgetsummary",
    "executivesummary",
    "profitandloss",
    "taxreports",
    "tenninetynine",
    "trialbalance",
)
GRANULAR = (
    {scope + suffix for scope in _WRITABLE for suffix in ("", ".read")}
    | {f"accounting.reports.{report}.read" for report in _REPORTS}
    | {"accounting.journals.read"}
)

# Which scope families open which resource; a family opens writing, with `.read` reading only.
RESOURCE_SCOPES: dict[str, tuple[str, ...]] = {
    "invoices": ("accounting.invoices", "accounting.transactions"),
    "payments": ("accounting.payments", "accounting.transactions"),
    "bank": ("accounting.banktransactions", "accounting.transactions"),
    "prepayments": ("accounting.payments", "accounting.transactions"),
    "contacts": ("accounting.contacts",),
    "settings": ("accounting.settings",),
    "items": ("accounting.settings", "accounting.invoices"),
    "manual_journals": ("accounting.manualjournals", "accounting.transactions"),
    "journals": ("accounting.journals",),
    "trial_balance": ("accounting.reports.trialbalance", "accounting.reports"),
    "balance_sheet": ("accounting.reports.balancesheet", "accounting.reports"),
}


def refused(asked: list[str], broad_allowed: bool) -> list[str]:
    """The scopes an app may not ask for."""
    known = PLAIN | GRANULAR | (BROAD if broad_allowed else set())
    return [scope for scope in asked if scope not in known]


def opens(granted: list[str], resource: str, reading: bool) -> bool:
    """Whether granted scopes open a resource for reading or writing."""
    families = RESOURCE_SCOPES[resource]
    return any(family in granted or (reading and f"{family}.read" in granted) for family in families)
