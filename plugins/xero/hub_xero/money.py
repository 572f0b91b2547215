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


def in_base(amount: Decimal, theirs: Decimal | int | None) -> Decimal:
    """An amount in the base currency by Xero's own rate; none is the rate of the base currency itself."""
    kept = Decimal(theirs or 1)
    return cents(amount / kept if RATE_IS_FOREIGN_PER_BASE else amount * kept)


def rate_problems(
    amount: Decimal, currency: str, rate: Decimal | None, facts: Facts, notes: Notes
) -> Iterator[Problem]:
    """Say that an amount would come to another one in the base currency at the rate as Xero keeps it.

    Six decimals of a small rate are few digits: 15,000 to one is 0.000067 there, half a per cent off. Cents within the
    integration's limit are noted.
    """
    base = facts.organisation.base_currency
    if rate is None or currency == base:
        return
    kept = currency_rate(rate)
    there = in_base(amount, kept) if kept else Decimal(0)
    here = cents(amount * rate)
    if here == there:
        return
    if kept and abs(here - there) <= facts.rounding_limit:
        notes.append(f"Xero keeps the rate as {kept}: in {base} it comes to {there} there, and to {here} here.")
        return
    yield Problem(
        code="rate_differs",
        what=f"{amount} {currency} come to {here} {base}; at the rate as Xero keeps it they would be {there}.",
        why=f"Xero keeps a rate at six decimals: {rate} becomes {kept} {currency} for one {base}.",
        fix="Enter a rate that Xero can keep, raise the limit for rounding, or enter it in Xero by hand.",
        subject=currency,
    )


def fit_settlement(document: Payment | Refund, facts: Facts) -> Fit:
    """A payment or refund with its account, currency and date checked."""
    notes = Notes()
    problems = [
        *validity.date_problems(document.date, facts),
        *validity.currency_problems(document.currency, document.rate, facts),
        *rate_problems(document.amount, document.currency, document.rate, facts, notes),
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
