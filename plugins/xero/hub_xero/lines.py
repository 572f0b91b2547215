"""Lines in a form that Xero reckons to exactly the amount the source says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hub import Line
from hub_xero.arithmetic import cents, fits_unit, line_amount
from hub_xero.wording import DESCRIPTION_LENGTH, Notes

_DISCOUNT_DECIMALS = Decimal("0.01")
_HUNDRED = Decimal(100)


def changed(line: Line, **values: Any) -> Line:
    """The line with other values, validated anew."""
    return Line.model_validate(line.model_dump() | values)


def shaped(line: Line, position: int, *, discounts: bool, notes: Notes) -> Line:
    """The line with a quantity, price and discount from which Xero reckons ``line.amount`` to the cent.

    Xero refuses quantities below zero, keeps four decimals, and knows discounts only on sales invoices. A
    line that does not come out becomes one of quantity 1 at the full amount, with the true quantity and price
    in its description.
    """
    line = changed(line, description=_description(line, position, notes))
    if line.quantity < 0:
        line = changed(line, quantity=-line.quantity, unit_price=-line.unit_price)
    plain = line if discounts and _takes_discount(line.discount_percent) else _folded(line)
    if plain is not None and _comes_out(plain):
        return plain
    return _single(line, position, notes)


def _description(line: Line, position: int, notes: Notes) -> str:
    text = line.description.strip() or line.item_code or "."
    return notes.cut(text, DESCRIPTION_LENGTH, f"The description of line {position}")


def _takes_discount(percent: Decimal) -> bool:
    return 0 <= percent <= _HUNDRED and percent == percent.quantize(_DISCOUNT_DECIMALS)


def _folded(line: Line) -> Line | None:
    if not line.discount_percent:
        return line
    net = line.unit_price * (1 - line.discount_percent / _HUNDRED)
    return changed(line, unit_price=net, discount_percent=Decimal(0)) if fits_unit(net) else None


def _comes_out(line: Line) -> bool:
    exact = fits_unit(line.quantity) and fits_unit(line.unit_price)
    return exact and line_amount(line.quantity, line.unit_price, line.discount_percent) == line.amount


def _single(line: Line, position: int, notes: Notes) -> Line:
    discount = f" less {_short(line.discount_percent)}%" if line.discount_percent else ""
    truth = f" ({_short(line.quantity)} x {_short(line.unit_price)}{discount})"
    notes.append(f"Line {position} is posted as one piece of {line.amount:,}; its description says{truth}.")
    return changed(
        line,
        description=line.description[: DESCRIPTION_LENGTH - len(truth)] + truth,
        quantity=Decimal(1),
        unit_price=cents(line.amount),
        discount_percent=Decimal(0),
    )


def _short(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
