"""Which accounts the lines of documents and journals may name.

Source: Xero API documentation, Accounts (system accounts); for manual journals also vendors' pages: no accounts
receivable or payable, no retained earnings, no bank accounts. The message as users of the API quote it.
"""

from __future__ import annotations

from .endpoint import Call
from .records import Account

# Accounts only the system may post to.
SYSTEM_ONLY = {
    "DEBTORS",
    "CREDITORS",
    "UNPAIDEXPCLM",
    "BANKCURRENCYGAIN",
    "UNREALISEDCURRENCYGAIN",
    "REALISEDCURRENCYGAIN",
    "RETAINEDEARNINGS",
    "TRACKINGTRANSFERS",
    "WAGEPAYABLES",
}


def recognised(call: Call, code_or_id: str) -> Account | None:
    """An active account by code or id; archived ones are not recognised."""
    account = call.books.account(code_or_id)
    return account if account and account.status == "ACTIVE" else None


def usable(account: Account, refuse_inventory: bool) -> bool:
    """Whether a line may name the account at all; accounts of type INVENTORY are a question of a switch."""
    if account.type == "BANK" or account.system_account in SYSTEM_ONLY:
        return False
    return account.type != "INVENTORY" or not refuse_inventory


def not_valid(code: str) -> str:
    """What Xero says of an account that may not stand on the line."""
    return f"Account code '{code}' is not a valid code for this document."


def removed(code: str) -> str:
    """The warning when a draft loses an account nobody knows."""
    return f"Account code '{code}' has been removed as it does not match a recognised account."
