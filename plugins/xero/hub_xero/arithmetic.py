"""How Xero reckons a document, so that its totals are known before it is sent.

Source: Xero developer documentation, Rounding in Xero. Quantity and unit amount have four decimals, the line
amount and the line's tax are rounded to two, half up, and the totals are sums of lines; a document is never
taxed as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from hub import TaxMode

CENT = Decimal("0.01")
UNIT_DECIMALS = 4
"""With ``unitdp=4``; without it Xero keeps two."""
_UNIT = Decimal(1).scaleb(-UNIT_DECIMALS)


def cents(value: Decimal) -> Decimal:
    """Round half up, away from zero, to two decimals."""
    return value.quantize(CENT, ROUND_HALF_UP) + 0


def fits_unit(value: Decimal) -> bool:
    """Whether a quantity or price survives Xero's four decimals unchanged."""
    return value == value.quantize(_UNIT, ROUND_HALF_UP)


def line_amount(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal = Decimal(0)) -> Decimal:
    """What Xero makes of a line: ``quantity`` and ``unit_price`` at four decimals, less the discount."""
    unit = unit_price.quantize(_UNIT, ROUND_HALF_UP)
    return cents(quantity.quantize(_UNIT, ROUND_HALF_UP) * unit * (1 - discount_percent / 100))


def line_tax(amount: Decimal, percent: Decimal, mode: TaxMode) -> Decimal:
    """The tax Xero reckons on one line amount: on top when exclusive, contained in it when inclusive."""
    if mode is TaxMode.NO_TAX:
        return Decimal("0.00")
    if mode is TaxMode.INCLUSIVE:
        return cents(amount - amount / (1 + percent / 100))
    return cents(amount * percent / 100)


@dataclass(frozen=True)
class Totals:
    """A document's totals to the cent."""

    subtotal: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.subtotal + self.tax


def totals(lines: Iterable[tuple[Decimal, Decimal]], mode: TaxMode) -> Totals:
    """Add up (amount, tax) of each line the way Xero does."""
    pairs = list(lines)
    amounts = sum((amount for amount, _ in pairs), Decimal("0.00"))
    taxes = sum((tax for _, tax in pairs), Decimal("0.00"))
    return Totals(amounts - taxes if mode is TaxMode.INCLUSIVE else amounts, taxes)
