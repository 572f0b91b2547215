"""Lines in a form from which QuickBooks comes to exactly the amount that the source says."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hub import Line
from hub_qbdesktop import xmltext
from hub_qbdesktop.wording import DESCRIPTION_LENGTH, Notes

CENT = Decimal("0.01")
_STEP = Decimal("0.00001")
"""QuickBooks keeps five decimals of a price and of a quantity."""
_LARGEST = Decimal("9999999999")


def changed(line: Line, **values: Any) -> Line:
    """The line with other values, validated anew."""
    return Line.model_validate(line.model_dump() | values)


def shaped(line: Line, amount: Decimal, position: int, notes: Notes) -> Line:
    """The line at this amount, with a quantity and a price whose product is it, to the cent.

    QuickBooks knows no discount within a line, so it is part of the price. Where it does not come out, the line is one
    piece of the whole amount and says the true quantity and price in its description.
    """
    text = xmltext.kept(line.description.strip().replace("\r", "") or line.item_code)
    price = line.unit_price * (1 - line.discount_percent / 100)
    if amount == line.amount and _comes_out(line.quantity, price, amount):
        values = {"quantity": line.quantity, "unit_price": price, "discount_percent": Decimal(0)}
        return changed(line, description=_cut(text, DESCRIPTION_LENGTH, position, notes), amount=amount, **values)
    truth = f" ({_truth(line)})" if line.quantity != 1 or line.discount_percent else ""
    if truth:
        notes.append(f"Line {position} is posted as one piece of {amount:,}; its description says{truth}.")
    description = _cut(text, DESCRIPTION_LENGTH - len(truth), position, notes) + truth
    values = {"quantity": Decimal(1), "unit_price": amount, "discount_percent": Decimal(0)}
    return changed(line, description=description.strip(), amount=amount, **values)


def _comes_out(quantity: Decimal, price: Decimal, amount: Decimal) -> bool:
    fits = all(value == value.quantize(_STEP) and abs(value) <= _LARGEST for value in (quantity, price))
    return fits and (quantity * price).quantize(CENT, ROUND_HALF_UP) == amount


def _truth(line: Line) -> str:
    discount = f" less {_short(line.discount_percent)}%" if line.discount_percent else ""
    return f"{_short(line.quantity)} x {_short(line.unit_price)}{discount}"


def _short(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cut(text: str, length: int, position: int, notes: Notes) -> str:
    if len(text) > length:
        notes.append(f"The description of line {position} was cut to {length} characters, the most QuickBooks takes.")
    return text[:length].rstrip()
