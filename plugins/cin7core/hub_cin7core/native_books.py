"""Which accounts of Core's chart belong to invoices and money rather than to stock: pure.

Core's general ledger lists everything that a sale or purchase booked. What an invoice, a bill, a credit or a payment
carries already must not become a journal as well; it is told by the accounts (Cin7 Core API v2 documentation, Chart of
Accounts and Tax).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub import Account, AccountClass
from hub_cin7core.fields import Native, blocks, text
from hub_cin7core.native_lists import CONTROL_ACCOUNTS
from hub_cin7core.native_pairs import Pair

_NO_ACCOUNT = frozenset({"", "0"})


@dataclass(frozen=True)
class Books:
    """The accounts of receivables, payables, banks, deposits and taxes, and those of revenue."""

    money: frozenset[str] = frozenset()
    revenue: frozenset[str] = frozenset()

    def is_carried(self, pair: Pair, *, by_invoice: bool = True) -> bool:
        """Whether an invoice, bill, credit or payment carries this entry.

        Revenue says so too, unless the entry is known to be that of no invoice (``by_invoice``).
        """
        carriers = self.money | self.revenue if by_invoice else self.money
        return not carriers.isdisjoint(pair.accounts)


def read_books(accounts: Iterable[Account], tax_rules: Iterable[Native]) -> Books:
    """What a chart and its tax rules say."""
    accounts = tuple(accounts)
    taxes = {code for rule in tax_rules for code in _tax_accounts(rule)}
    return Books(
        money=frozenset(account.code for account in accounts if _is_money(account)) | (taxes - _NO_ACCOUNT),
        revenue=frozenset(account.code for account in accounts if account.account_class is AccountClass.REVENUE),
    )


def _is_money(account: Account) -> bool:
    """Deposits of customers and to suppliers are the accounts that take payments without being a bank's."""
    return account.takes_payments or account.system.upper() in CONTROL_ACCOUNTS


def _tax_accounts(rule: Native) -> set[str]:
    return {text(rule, "Account"), *(text(part, "AccountCode") for part in blocks(rule, "Components"))}
