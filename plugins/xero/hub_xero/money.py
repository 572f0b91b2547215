"""Payments, refunds and allocations made to fit Xero, and the direction of its currency rate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from hub import Allocation, Facts, Fit, Payment, Problem, Refund
from hub_xero import validity
from hub_xero.arithmetic import cents
from hub_xero.wording import Notes, one_line

RATE_IS_FOREIGN_PER_BASE = True
"""Xero's ``CurrencyRate`` counts foreign units per one unit of the base currency; the hub's rate is the other
way round.

Unconfirmed by Xero's documentation. Should it prove to be otherwise, this is the one place to change.
"""
_RATE_STEP = Decimal("0.000001")
_REFERENCE_LENGTH = 235


def currency_rate(rate: Decimal) -> Decimal:
    """Xero's ``CurrencyRate`` (six decimals) of a hub rate in base units per one foreign unit."""
    theirs = 1 / rate if RATE_IS_FOREIGN_PER_BASE else rate
    return theirs.quantize(_RATE_STEP, ROUND_HALF_UP)


def fit_settlement(document: Payment | Refund, facts: Facts) -> Fit:
    """A payment or refund with its account, currency and date checked."""
    notes = Notes()
    problems = [
        *validity.date_problems(document.date, facts),
        *validity.currency_problems(document.currency, document.rate, facts),
        *validity.payment_account_problems(document.account, document.currency, facts),
        *_amount_problems(document.amount, document.label),
    ]
    reference = notes.cut(one_line(document.reference or document.number), _REFERENCE_LENGTH, "The reference")
    return Fit(document.model_copy(update={"reference": reference}), tuple(notes), tuple(problems))


def fit_allocation(document: Allocation, facts: Facts) -> Fit:
    """An allocation with its date and amount checked."""
    problems = (
        *validity.date_problems(document.date, facts),
        *_amount_problems(document.amount, document.label),
    )
    return Fit(document, problems=problems)


def _amount_problems(amount: Decimal, label: str) -> Iterator[Problem]:
    if amount != cents(amount):
        yield Problem(
            code="currency_decimals",
            what=f"The amount {amount} of {label} has more than the two decimals that Xero keeps.",
            fix="Enter it in Xero by hand.",
        )
