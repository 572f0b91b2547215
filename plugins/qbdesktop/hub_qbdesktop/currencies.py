"""Currencies: which a company keeps, which of its receivable and payable accounts are in one, and what they are called.

A company keeps its books in its home currency alone until somebody switches multiple currencies on, which can not be
undone; only a person decides it. A customer, a vendor and each of their accounts are then in one currency for ever, and
a document is in that of its customer or vendor (QuickBooks Desktop SDK documentation, using the multicurrency feature).
A rate counts home units for one foreign unit, as the hub's own does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from lxml import etree

from hub import Account, Facts, Kind, Problem, TradeDocument
from hub_qbdesktop.states import flag, text

RECEIVABLE, PAYABLE = "AccountsReceivable", "AccountsPayable"
"""The types of the accounts that hold what customers owe and what vendors are owed."""
_WORDS = {RECEIVABLE: "accounts receivable", PAYABLE: "accounts payable"}

NAMES = {
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "CNY": "Chinese Yuan Renminbi",
    "DKK": "Danish Krone",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "HKD": "Hong Kong Dollar",
    "INR": "Indian Rupee",
    "JPY": "Japanese Yen",
    "MXN": "Mexican Peso",
    "NOK": "Norwegian Krone",
    "NZD": "New Zealand Dollar",
    "SEK": "Swedish Krona",
    "SGD": "Singapore Dollar",
    "USD": "US Dollar",
    "ZAR": "South African Rand",
}
"""What QuickBooks calls its built-in currencies. A new customer or vendor names its currency so; where a company calls
it otherwise, QuickBooks refuses the record and nothing is written."""


_CODES = {name: code for code, name in NAMES.items()}


def code_of(name: str) -> str:
    """The code of a currency by what QuickBooks calls it; the name itself where that is none of its known ones."""
    return _CODES.get(name, name)


def codes(nodes: Iterable[etree._Element]) -> dict[str, str]:
    """The codes of the company's currencies by the names that references give them."""
    named = ((text(node, "Name"), text(node, "CurrencyCode").upper()) for node in nodes)
    return {name: code for name, code in named if name and len(code) == 3}


def home(preferences: etree._Element | None, known: Mapping[str, str]) -> str:
    """The home currency of a company that keeps several; empty for one that keeps only its own."""
    if preferences is None or not flag(preferences, "MultiCurrencyPreferences/IsMultiCurrencyOn"):
        return ""
    return known.get(text(preferences, "MultiCurrencyPreferences/HomeCurrencyRef/FullName"), "")


def is_foreign(currency: str, facts: Facts) -> bool:
    """Whether it is another than the home currency; an unnamed one is the home currency."""
    return bool(currency) and currency != facts.organisation.base_currency


def rate(currency: str, rate: Decimal | None, facts: Facts) -> Decimal | None:
    """The exchange rate that a request says: none in the home currency."""
    return rate if is_foreign(currency, facts) else None


def control_account(type: str, currency: str, facts: Facts) -> Account | None:
    """The receivable or payable account of a currency: QuickBooks' own, else the first by its code."""
    fitting = [each for each in _accounts(type, facts) if not is_foreign_to(each, currency, facts)]
    return min(fitting, key=lambda each: (each.system != type, each.code), default=None)


def has_choice(type: str, facts: Facts) -> bool:
    """Whether the company has several such accounts, so that a document must say which."""
    return len(_accounts(type, facts)) > 1


def is_foreign_to(account: Account, currency: str, facts: Facts) -> bool:
    """Whether an account is in another currency; one that names none is in the home currency."""
    base = facts.organisation.base_currency
    return (account.currency or base) != (currency or base)


def _accounts(type: str, facts: Facts) -> list[Account]:
    return [each for each in facts.accounts.values() if each.type == type and each.active]


def problems(currency: str, label: str, facts: Facts, type: str = "") -> Iterator[Problem]:
    """Why QuickBooks keeps nothing in this currency, or has no account of the ``type`` in it."""
    if not is_foreign(currency, facts):
        return
    home_currency = facts.organisation.base_currency
    if currency not in facts.organisation.currencies:
        yield Problem(
            code="currency_not_home",
            what=f"{label} is in {currency}; QuickBooks keeps {_listed(facts) or home_currency}.",
            why="Multiple currencies are switched off there, or this one is not active.",
            fix=f"Activate {currency} in QuickBooks' currency list if you keep several currencies, else enter it there"
            " by hand and skip it here with a reason.",
            subject=currency,
        )
    elif type and control_account(type, currency, facts) is None:
        yield Problem(
            code="no_account_in_currency",
            what=f"{label} is in {currency}, and QuickBooks has no {_WORDS[type]} account in {currency}.",
            why="Without one the amounts could be taken for home currency.",
            fix=f"Add an {_WORDS[type]} account in {currency} to QuickBooks' chart of accounts.",
            subject=currency,
        )


def card_problems(document: TradeDocument, facts: Facts) -> Iterator[Problem]:
    """Why a document would be taken for another currency: it is in that of its customer or vendor, whatever it says.

    A card in a currency whose code is not known here may well be in the document's own, unless that is the home one.
    """
    card = facts.card_currencies.get(document.contact_id, "")
    own = document.currency or facts.organisation.base_currency
    is_known = card in NAMES or own == facts.organisation.base_currency
    if not card or card == own or not is_known:
        return
    side = "customer" if document.kind in (Kind.INVOICE, Kind.CREDIT_NOTE) else "vendor"
    who = document.contact_name or f"its {side}"
    yield Problem(
        code="contact_in_other_currency",
        what=f"{document.label} is in {own}, and QuickBooks keeps {who} in {card}.",
        why=f"QuickBooks takes every amount for the currency of the {side}, so {own} would become {card}; and it never"
        f" changes the currency of a {side}.",
        fix=f"Add a {side} in {own} to QuickBooks and link it on the contacts page, or correct the currency in the"
        " stock system.",
        subject=document.contact_id,
        done="Nothing was sent.",
    )


def _listed(facts: Facts) -> str:
    return ", ".join(facts.organisation.currencies)


def contact_problems(currency: str, name: str, facts: Facts) -> Iterator[Problem]:
    """Why a customer or vendor can't be made in its currency. A company with one currency asks for none."""
    several = len(facts.organisation.currencies) > 1
    if several and is_foreign(currency, facts):
        yield from problems(currency, name, facts)
        if currency in facts.organisation.currencies and currency not in NAMES:
            yield Problem(
                code="currency_name_unknown",
                what=f"{name} is in {currency}, and what QuickBooks calls this currency is not known here.",
                fix=f"Add {name} to QuickBooks in {currency} and link it.",
                subject=currency,
            )
