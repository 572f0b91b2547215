"""Lines, charges and totals to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.fields import ReadError
from hub_cin7core.native_lines import read_amounts
from hypothesis import given
from hypothesis import strategies as st

from hub import TaxMode, money


def totals(before: str, tax: str, total: str) -> dict[str, Decimal]:
    return {"TotalBeforeTax": Decimal(before), "Tax": Decimal(tax), "Total": Decimal(total)}


def read(entry: Any, currency: str, tax_calculation: str) -> Any:
    return read_amounts(entry, currency, tax_calculation)


def added(amounts: Any) -> Any:
    return sum(line.amount for line in amounts.lines), sum(line.tax_amount for line in amounts.lines)


def test_exclusive_lines_leave_tax_out(natives: Any) -> None:
    entry = natives.invoice(Lines=[natives.line("33.33", "6.67")], **totals("33.33", "6.67", "40"))
    amounts = read(entry, "GBP", "Exclusive")
    assert (amounts.mode, amounts.subtotal, amounts.tax, amounts.total) == (
        TaxMode.EXCLUSIVE,
        Decimal("33.33"),
        Decimal("6.67"),
        Decimal("40.00"),
    )
    assert added(amounts) == (Decimal("33.33"), Decimal("6.67"))


def test_inclusive_lines_contain_tax_and_the_subtotal_does_not(natives: Any) -> None:
    entry = natives.invoice(
        Lines=[natives.line("12", "2")],
        AdditionalCharges=[natives.charge("6", "1")],
        **totals("15", "3", "18"),
    )
    amounts = read(entry, "GBP", "Inclusive")
    assert (amounts.subtotal, amounts.tax, amounts.total) == (15, 3, 18)
    assert added(amounts) == (18, 3)


def test_a_document_without_tax_says_so(natives: Any) -> None:
    entry = natives.invoice(Lines=[natives.line("100", "0")], **totals("100", "0", "100"))
    assert read(entry, "GBP", "NoTax").mode is TaxMode.NO_TAX


def test_an_unknown_tax_calculation_is_an_error(natives: Any) -> None:
    with pytest.raises(ReadError, match="Sideways"):
        read(natives.invoice(), "GBP", "Sideways")


def test_inclusive_lines_that_leave_tax_out_after_all_are_read_by_what_adds_up(natives: Any) -> None:
    entry = natives.invoice(Lines=[natives.line("10", "2")], **totals("10", "2", "12"))
    assert added(read(entry, "GBP", "Inclusive")) == (12, 2)


def test_exclusive_lines_that_contain_tax_after_all_are_read_by_what_adds_up(natives: Any) -> None:
    entry = natives.invoice(Lines=[natives.line("12", "2")], **totals("10", "2", "12"))
    assert added(read(entry, "GBP", "Exclusive")) == (10, 2)


def test_lines_that_add_up_in_no_way_are_left_as_they_are_for_the_hub_to_hold(natives: Any) -> None:
    entry = natives.invoice(Lines=[natives.line("100", "20")], **totals("100.07", "20", "120.07"))
    amounts = read(entry, "GBP", "Exclusive")
    assert added(amounts) == (100, 20)
    assert amounts.total == Decimal("120.07")


def test_fractions_of_a_cent_on_lines_come_out_as_the_documents_whole_cents(natives: Any) -> None:
    lines = [natives.line("3.3333", "0.66666") for _ in range(3)]
    entry = natives.invoice(Lines=lines, **totals("10.00", "2.00", "12.00"))
    amounts = read(entry, "GBP", "Exclusive")
    assert [line.amount for line in amounts.lines] == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert added(amounts) == (10, 2)


def test_charges_listed_apart_or_among_the_goods_give_the_same_total_and_no_freight_twice(natives: Any) -> None:
    goods, freight = natives.line(), natives.charge()
    named = {"ProductID": None, "SKU": "", "Name": freight["Description"], **freight}
    same = totals("105", "21", "126")
    apart = read(natives.invoice(Lines=[goods], AdditionalCharges=[freight], **same), "GBP", "Exclusive")
    combined = read(natives.invoice(Lines=[goods, named], **same), "GBP", "Exclusive")
    doubled = read(natives.invoice(Lines=[goods, named], AdditionalCharges=[freight], **same), "GBP", "Exclusive")
    assert apart == combined == doubled
    assert [line.purpose for line in apart.lines] == ["goods", "charge"]


def test_missing_totals_are_added_up_from_the_lines(natives: Any) -> None:
    entry = natives.invoice(TotalBeforeTax=None, Tax=None, Total=None)
    amounts = read(entry, "GBP", "Exclusive")
    assert (amounts.subtotal, amounts.tax, amounts.total) == (100, 20, 120)


def test_a_line_keeps_quantity_price_discount_and_describes_itself(natives: Any) -> None:
    line = natives.line("90", "18", Discount=Decimal(10), Comment="sliced", Price=Decimal("10.0000004"))
    entry = natives.invoice(Lines=[line], **totals("90", "18", "108"))
    (line_read,) = read(entry, "GBP", "Exclusive").lines
    assert (line_read.quantity, line_read.unit_price, line_read.discount_percent) == (10, Decimal("10.000000"), 10)
    assert (line_read.description, line_read.item_id, line_read.item_code) == (
        "Bread - sliced",
        natives.id(900),
        "BREAD",
    )


def test_numbers_given_as_text_are_numbers(natives: Any) -> None:
    entry = natives.invoice(Lines=[natives.line(Quantity="10.0000000000")], Total="120.00")
    amounts = read(entry, "GBP", "Exclusive")
    assert (amounts.lines[0].quantity, amounts.total) == (10, 120)


def test_yen_have_no_cents(natives: Any) -> None:
    entry = natives.invoice(Lines=[natives.line("1000", "100")], **totals("1000", "100", "1100"))
    assert str(read(entry, "JPY", "Exclusive").total) in ("1100", "1100.00")


cents = st.decimals(min_value=-10_000, max_value=10_000, places=4, allow_nan=False)


@given(values=st.lists(st.tuples(cents, cents), min_size=1, max_size=12), inclusive=st.booleans())
def test_whatever_core_keeps_on_lines_the_document_adds_up_when_its_totals_are_the_rounded_sums(
    values: list[tuple[Decimal, Decimal]], inclusive: bool
) -> None:
    total = money(sum((value for value, _ in values), Decimal(0)), "GBP")
    tax = money(sum((value for _, value in values), Decimal(0)), "GBP")
    before = total - tax if inclusive else total
    entry = {
        "Lines": [{"SKU": "A", "Total": value, "Tax": part} for value, part in values],
        **totals(str(before), str(tax), str(before + tax)),
    }
    amounts = read(entry, "GBP", "Inclusive" if inclusive else "Exclusive")
    assert added(amounts) == (total, tax)
