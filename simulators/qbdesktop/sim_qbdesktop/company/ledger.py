"""The general ledger: balances by account, worked out from every posting of every transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ..money import ZERO
from .file import Company
from .records import Entry, Posting, Transaction

CREDIT_TYPES = {
    "AccountsPayable",
    "CreditCard",
    "OtherCurrentLiability",
    "LongTermLiability",
    "Equity",
    "Income",
    "OtherIncome",
}
"""Types of account whose balance QuickBooks shows positive when it is in credit."""


def postings(company: Company, transaction: Transaction) -> Iterator[Posting]:
    """Everything that a transaction booked, the cost of stock included."""
    yield from transaction.postings
    yield from company.stock.postings(transaction.txn_id)


def balances(company: Company, until: date | None = None) -> dict[str, Decimal]:
    """Account ListID -> debits less credits in home currency, of transactions up to and with a day."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for transaction in company.transactions:
        if until is None or transaction.day <= until:
            for posting in postings(company, transaction):
                sums[posting.account] += posting.amount
    return dict(sums)


def trial_balance(company: Company, until: date | None = None) -> list[dict[str, str]]:
    """Every account that has a balance, with its number, name and type; debits are positive, and all add up to zero."""
    rows = []
    for account_id, balance in balances(company, until).items():
        account = company.entries[account_id]
        if balance:
            rows.append(
                {
                    "number": str(account.fields.get("AccountNumber", "")),
                    "name": company.full_name(account),
                    "type": account.fields["AccountType"],
                    "balance": str(balance),
                }
            )
    return sorted(rows, key=lambda row: (row["number"], row["name"]))


def shown_balance(company: Company, account: Entry, sums: dict[str, Decimal]) -> Decimal:
    """The balance of one account, positive in its usual direction."""
    balance = sums.get(account.list_id, ZERO)
    return -balance if account.fields["AccountType"] in CREDIT_TYPES else balance
