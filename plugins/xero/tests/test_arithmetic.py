from decimal import Decimal

import pytest
from hub_xero.arithmetic import line_amount, line_tax, totals

from hub import TaxMode


def test_tax_is_rounded_on_each_line_and_then_added_as_xero_documents_it() -> None:
    amounts = [Decimal(text) for text in ("25.06", "25.61", "25.63")]
    pairs = [(amount, line_tax(amount, Decimal(15), TaxMode.EXCLUSIVE)) for amount in amounts]

    assert totals(pairs, TaxMode.EXCLUSIVE).tax == Decimal("11.44")
    assert totals(pairs, TaxMode.EXCLUSIVE).total == Decimal("87.74")


def test_tax_contained_in_an_amount_is_taken_out_of_it() -> None:
    assert line_tax(Decimal("47.85"), Decimal(10), TaxMode.INCLUSIVE) == Decimal("4.35")


def test_an_inclusive_document_adds_up_to_its_line_amounts() -> None:
    sums = totals([(Decimal("12.00"), Decimal("2.00")), (Decimal("6.00"), Decimal("1.00"))], TaxMode.INCLUSIVE)

    assert (sums.subtotal, sums.tax, sums.total) == (Decimal("15.00"), Decimal("3.00"), Decimal("18.00"))


def test_a_document_without_tax_has_none_whatever_the_rate() -> None:
    assert line_tax(Decimal("100"), Decimal(20), TaxMode.NO_TAX) == 0


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "amount"),
    [
        ("1", "2.165", "0", "2.17"),
        ("-1", "2.165", "0", "-2.17"),
        ("3", "0.33335", "0", "1.00"),
        ("2.5", "9.99", "10", "22.48"),
        ("0.3333", "100", "0", "33.33"),
    ],
)
def test_a_line_amount_is_rounded_half_up_after_four_decimals(
    quantity: str, price: str, discount: str, amount: str
) -> None:
    assert line_amount(Decimal(quantity), Decimal(price), Decimal(discount)) == Decimal(amount)
