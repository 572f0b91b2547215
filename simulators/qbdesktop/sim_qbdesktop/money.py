"""Exact amounts, as QuickBooks rounds and writes them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
_FIVE_PLACES = Decimal("0.00001")


def cents(value: Decimal) -> Decimal:
    """Rounded to the cent, half away from zero."""
    return value.quantize(CENT, ROUND_HALF_UP)


def five_places(value: Decimal) -> Decimal:
    """Prices, quantities and percentages keep at most five decimals (qbXML PRICETYPE, QUANTYPE, PERCENTTYPE)."""
    return value.quantize(_FIVE_PLACES, ROUND_HALF_UP)


def amount_text(value: Decimal) -> str:
    """AMTTYPE: exactly two decimals."""
    return f"{cents(value):f}"


def number_text(value: Decimal) -> str:
    """Quantities and percentages: no more decimals than needed, never an exponent."""
    text = f"{five_places(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_text(value: Decimal) -> str:
    """PRICETYPE: two decimals, up to five where they are needed."""
    text = number_text(value)
    return text if len(text.partition(".")[2]) > 2 else amount_text(value)
