"""Amounts as people read them, on pages and in what is said of a problem."""

from __future__ import annotations

from decimal import Decimal

from hub.documents import minor_units


def amount(value: Decimal | str | None, currency: str = "") -> str:
    """An amount with thousands separated and the decimals of its currency, or more if it has them; nothing for none."""
    if value is None or value == "":
        return ""
    exact = unsigned_zero(Decimal(value))
    decimals = -int(exact.normalize().as_tuple().exponent)
    return f"{exact:,.{max(decimals, minor_units(currency))}f} {currency}".strip()


def unsigned_zero(value: Decimal) -> Decimal:
    """The amount; a zero without the sign that the difference of two amounts may leave on it."""
    return value or abs(value)
