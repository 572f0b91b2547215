"""Mappings that the hub would make, and why: a person accepts them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.documents import Account, AccountClass, BankAccount, PaymentMethod, TaxRate, Tracking
from hub.mapping.rules import fold


@dataclass(frozen=True)
class Suggestion:
    """A mapping we would make, and why."""

    source_code: str
    target_code: str
    why: str


_STOCK_WORDS = re.compile(r"\b(inventory|stock)\b", re.IGNORECASE)
_COST_WORDS = re.compile(r"\b(cost of (goods|sales)|cogs)\b", re.IGNORECASE)


def is_stock(account: Account) -> bool:
    """Whether an account of the stock system keeps the value of stock, as far as its class and name tell."""
    return account.account_class is AccountClass.ASSET and bool(_STOCK_WORDS.search(account.name))


def is_cost_of_goods(account: Account) -> bool:
    """Whether an account of the stock system takes the cost of what was sold, as far as its class and name tell."""
    return account.account_class is AccountClass.EXPENSE and bool(_COST_WORDS.search(account.name))


def suggest_accounts(source: Sequence[Account], target: Sequence[Account], *, periodic: bool) -> Iterator[Suggestion]:
    """By code and name together, then by code, then by name; a stock account goes to purchases when periodic."""
    usable = [account for account in target if account.active and account.code and account.takes_documents]
    by_code = {fold(account.code): account for account in usable}
    by_name = {fold(account.name): account for account in usable}
    purchases = next((a for a in usable if a.type.upper() in ("DIRECTCOSTS", "COST OF GOODS SOLD")), None)
    for account in source:
        if periodic and is_stock(account):
            if purchases:
                yield Suggestion(account.code, purchases.code, "purchases, since the method is periodic")
            continue
        same_code, same_name = by_code.get(fold(account.code)), by_name.get(fold(account.name))
        if same_code and same_code is same_name:
            yield Suggestion(account.code, same_code.code, "same code and name")
        elif same_code and same_code.account_class is account.account_class:
            yield Suggestion(account.code, same_code.code, "same code and class")
        elif same_name and same_name.account_class is account.account_class:
            yield Suggestion(account.code, same_name.code, "same name and class")


def suggest_payment_accounts(source: Sequence[Account], target: Sequence[Account]) -> Iterator[Suggestion]:
    """Only an account with the same code and the same name that takes payments: money is never guessed."""
    by_code = {fold(account.code): account for account in target if account.active and account.takes_payments}
    for account in source:
        match = by_code.get(fold(account.code))
        if match and fold(match.name) == fold(account.name):
            yield Suggestion(account.code, match.code, "same code and name")


def suggest_payment_methods(
    source: Sequence[Account | BankAccount], target: Sequence[PaymentMethod]
) -> Iterator[Suggestion]:
    """Only a method that has the name of the account which the money comes into."""
    by_name = {fold(method.name): method for method in target if method.active}
    for account in source:
        match = by_name.get(fold(account.name))
        if match:
            yield Suggestion(account.code, match.code, "same name")


def suggest_tax_rates(source: Sequence[TaxRate], target: Sequence[TaxRate]) -> Iterator[Suggestion]:
    """By name when the rates agree; by rate alone only where one ordinary rate fits, never a special one."""
    usable = [tax for tax in target if tax.active]
    by_name = {fold(tax.name): tax for tax in usable}
    for tax in source:
        match = by_name.get(fold(tax.name))
        if match:
            if match.percent == tax.percent:
                yield Suggestion(tax.code, match.code, "same name and rate")
            continue
        ordinary = [
            other
            for other in usable
            if not other.special and other.percent == tax.percent and other.on_sales == tax.on_sales
        ]
        if tax.percent and not tax.special and len(ordinary) == 1:
            yield Suggestion(tax.code, ordinary[0].code, "the only ordinary rate of the same percentage")


def suggest_options(values: Sequence[str], category: Tracking) -> Iterator[Suggestion]:
    """Only an option of the same name: what a value means is for a person to say."""
    by_name = {fold(option): option for option in category.options}
    for value in values:
        if fold(value) in by_name:
            yield Suggestion(value, by_name[fold(value)], "same name")
