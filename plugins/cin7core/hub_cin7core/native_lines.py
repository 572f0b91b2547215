"""Lines, charges and totals of one Core document, exact to the cent: pure.

A line's ``Total`` is after discount. It leaves tax out when the task's ``TaxCalculation`` is Exclusive and
contains it when Inclusive (Cin7 Core API v2 documentation, Sale). Because accounts differ, the document's own
totals have the last word: lines are read the way that makes them add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from hub import Line, TaxMode, money
from hub_cin7core.fields import Native, ReadError, blocks, guid, number, text

_MODES = {
    "": TaxMode.EXCLUSIVE,
    "exclusive": TaxMode.EXCLUSIVE,
    "inclusive": TaxMode.INCLUSIVE,
    "notax": TaxMode.NO_TAX,
    "none": TaxMode.NO_TAX,
    "taxexempt": TaxMode.NO_TAX,
}
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Amounts:
    """Lines and totals as the hub wants them: ``subtotal`` without tax in every mode."""

    mode: TaxMode
    lines: tuple[Line, ...]
    subtotal: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True)
class _Row:
    native: Native
    purpose: Literal["goods", "charge"]
    total: Decimal
    tax: Decimal


def read_amounts(entry: Native, currency: str, tax_calculation: str) -> Amounts:
    """Read lines, charges and totals of an invoice or credit."""
    mode = _tax_mode(tax_calculation)
    goods = [_row(line) for line in blocks(entry, "Lines")]
    charges = [_row(line, "charge") for line in blocks(entry, "AdditionalCharges")]
    rows, taxed = _reading(entry, goods, charges, mode is TaxMode.INCLUSIVE, currency)
    tax_sum = sum((row.tax for row in rows), _NOTHING)
    line_sum = sum((row.total for row in rows), _NOTHING)
    tax = money(_or(number(entry, "Tax"), tax_sum), currency)
    subtotal = money(_or(number(entry, "TotalBeforeTax"), line_sum - tax_sum if taxed else line_sum), currency)
    total = money(_or(number(entry, "Total"), subtotal + tax), currency)
    return Amounts(mode, _lines(rows, mode, taxed, currency), subtotal, tax, total)


def _tax_mode(name: str) -> TaxMode:
    try:
        return _MODES["".join(name.casefold().split())]
    except KeyError as error:
        raise ReadError(f"unknown TaxCalculation {name!r}") from error


def _or(given: Decimal | None, computed: Decimal) -> Decimal:
    return computed if given is None else given


def _row(native: Native, purpose: Literal["goods", "charge"] = "goods") -> _Row:
    total = number(native, "Total")
    if total is None:
        raise ReadError("a line has no Total")
    # With CombineAdditionalCharges Core lists charges among the goods; they name no product.
    is_goods = purpose == "goods" and bool(guid(native, "ProductID") or text(native, "SKU"))
    return _Row(native, "goods" if is_goods else "charge", total, number(native, "Tax") or _NOTHING)


def _reading(
    entry: Native, goods: list[_Row], charges: list[_Row], inclusive: bool, currency: str
) -> tuple[list[_Row], bool]:
    """Which rows count, and whether their totals contain tax: the first reading that meets the document's
    totals.

    The documented reading is tried first. The others are an account that totals lines the other way, and
    charges that are listed twice, among the goods and on their own. If none fits, the documented one stands
    and the hub says by how much it misses.
    """
    whole = goods + charges
    readings = [(whole, inclusive), (whole, not inclusive)]
    if charges:
        readings += [(goods, inclusive), (goods, not inclusive)]
    return next((reading for reading in readings if _meets(entry, *reading, currency)), readings[0])


def _meets(entry: Native, rows: Iterable[_Row], taxed: bool, currency: str) -> bool:
    wanted = number(entry, "Total" if taxed else "TotalBeforeTax")
    met = sum((row.total for row in rows), _NOTHING)
    return wanted is None or money(met, currency) == money(wanted, currency)


def _lines(rows: Sequence[_Row], mode: TaxMode, taxed: bool, currency: str) -> tuple[Line, ...]:
    wants_tax = mode is TaxMode.INCLUSIVE
    shift = (1 if wants_tax else 0) - (1 if taxed else 0)
    amounts = _carried([row.total + shift * row.tax for row in rows], currency)
    taxes = _carried([row.tax for row in rows], currency)
    return tuple(_line(row, amount, tax) for row, amount, tax in zip(rows, amounts, taxes, strict=True))


def _carried(values: Iterable[Decimal], currency: str) -> list[Decimal]:
    """Round each value so that the rounded ones add up to the rounded sum: what one loses the next one gets.

    Core may keep fractions of a cent on lines while its totals are whole cents; whole cents pass unchanged.
    """
    rounded: list[Decimal] = []
    exact = given = _NOTHING
    for value in values:
        exact += value
        rounded.append(money(exact, currency) - given)
        given += rounded[-1]
    return rounded


def _line(row: _Row, amount: Decimal, tax: Decimal) -> Line:
    native = row.native
    what = text(native, "Name", "Description")
    return Line(
        description=" - ".join(part for part in (what, text(native, "Comment")) if part),
        item_id=guid(native, "ProductID"),
        item_code=text(native, "SKU"),
        quantity=_or(number(native, "Quantity"), Decimal(1)),
        unit_price=number(native, "Price") or _NOTHING,
        discount_percent=number(native, "Discount") or _NOTHING,
        amount=amount,
        tax_amount=tax,
        tax_code=text(native, "TaxRule"),
        account=text(native, "Account"),
        purpose=row.purpose,
    )
