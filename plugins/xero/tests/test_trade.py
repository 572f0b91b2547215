"""Invoices, bills and credits made to fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_xero.arithmetic import line_amount, line_tax, totals
from hub_xero.provider import XeroProvider
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import Facts, Kind, Line, TaxMode, TradeDocument

Make = Callable[..., Any]
FIT: Make = XeroProvider().fit


def _codes(fit: Any) -> list[str]:
    return [problem.code for problem in fit.problems]


def test_a_plain_invoice_fits_as_it_is(facts: Facts, trade: Make) -> None:
    document = trade()
    fit = FIT(document, facts)

    assert fit.problems == ()
    assert fit.notes == ()
    assert fit.document == document


def test_a_cent_of_tax_is_corrected_visibly_on_the_line(facts: Facts, trade: Make, line: Make) -> None:
    lines = (line("25.06", "3.76", tax_code="TAX15"), line("25.61", "3.85", tax_code="TAX15"))
    fit = FIT(trade(lines=lines), facts)

    assert fit.problems == ()
    assert fit.document.lines[1].tax_amount == Decimal("3.85")
    assert fit.notes == ("The tax of line 2 is set to 3.85; Xero would reckon 3.84.",)


def test_a_document_whose_tax_exceeds_its_lines_by_a_cent_gets_it_on_the_largest_taxed_line(
    facts: Facts, trade: Make, line: Make
) -> None:
    lines = (line("10.00", "2.00"), line("40.00", "8.00"), line("90.00", "0.00", tax_code="NONE"))
    fit = FIT(trade(lines=lines, tax=Decimal("10.01"), total=Decimal("150.01")), facts)

    assert fit.problems == ()
    assert [one.tax_amount for one in fit.document.lines] == [Decimal("2.00"), Decimal("8.01"), Decimal("0.00")]
    assert fit.document.total == Decimal("150.01")


def test_tax_that_differs_by_more_than_the_limit_holds_the_document(facts: Facts, trade: Make, line: Make) -> None:
    fit = FIT(trade(lines=(line("10.00", "2.06"),)), facts)

    assert _codes(fit) == ["tax_differs"]
    assert "2.06" in fit.problems[0].what and "2.00" in fit.problems[0].what


def test_wrong_taxes_that_cancel_out_hold_the_document_all_the_same(facts: Facts, trade: Make, line: Make) -> None:
    fit = FIT(trade(lines=(line("10.00", "0.00"), line("10.00", "4.00"))), facts)

    assert _codes(fit) == ["tax_differs", "tax_differs"]


def test_an_account_without_a_code_is_never_taken_for_a_line_without_an_account(
    facts: Facts, trade: Make, line: Make
) -> None:
    nameless = facts.accounts["200"].model_copy(update={"code": ""})
    fit = FIT(trade(lines=(line(account=""),)), replace(facts, accounts={**facts.accounts, "": nameless}))

    assert _codes(fit) == ["account_unknown"]


def test_many_small_corrections_together_never_exceed_the_limit(facts: Facts, trade: Make, line: Make) -> None:
    fit = FIT(trade(lines=tuple(line("10.00", "2.01") for _ in range(6))), facts)

    assert _codes(fit) == ["tax_differs"]


def test_a_cent_between_lines_and_total_becomes_one_visible_rounding_line(
    facts: Facts, trade: Make, line: Make
) -> None:
    fit = FIT(trade(subtotal=Decimal("10.01"), total=Decimal("12.01")), facts)

    added = fit.document.lines[-1]
    assert fit.problems == ()
    assert (added.purpose, added.amount, added.account, added.tax_code) == (
        "rounding",
        Decimal("0.01"),
        "860",
        "NONE",
    )
    assert list(fit.document.differences()) == []
    assert fit.document.total == Decimal("12.01")


def test_a_larger_difference_between_lines_and_total_holds_the_document(facts: Facts, trade: Make) -> None:
    fit = FIT(trade(subtotal=Decimal("10.06"), total=Decimal("12.06")), facts)

    assert _codes(fit) == ["total_differs"]
    assert len(fit.document.lines) == 1


def test_without_a_rounding_account_a_cent_holds_the_document(facts: Facts, trade: Make) -> None:
    fit = FIT(trade(total=Decimal("12.01")), replace(facts, rounding_account=""))

    assert _codes(fit) == ["rounding_account_missing"]


def test_an_australian_rounding_line_is_outside_the_activity_statement(facts: Facts, trade: Make) -> None:
    taxes = {"OUTPUT2": facts.taxes["OUTPUT2"], "BASEXCLUDED": facts.taxes["NONE"]}
    fit = FIT(trade(total=Decimal("12.01")), replace(facts, taxes=taxes))

    assert fit.document.lines[-1].tax_code == "BASEXCLUDED"


def test_a_price_with_four_decimals_is_kept(facts: Facts, trade: Make, line: Make) -> None:
    one = line("3.70", "0.74", quantity=Decimal(3), unit_price=Decimal("1.2345"))
    fit = FIT(trade(lines=(one,)), facts)

    assert fit.document.lines[0].unit_price == Decimal("1.2345")
    assert fit.document.lines[0].quantity == 3


def test_a_price_with_more_decimals_is_posted_as_one_piece_that_tells_the_truth(
    facts: Facts, trade: Make, line: Make
) -> None:
    one = line("40.00", "8.00", quantity=Decimal(12), unit_price=Decimal("3.333333"))
    posted = FIT(trade(lines=(one,)), facts).document.lines[0]

    assert (posted.quantity, posted.unit_price, posted.amount) == (1, Decimal(40), Decimal(40))
    assert posted.description == "Goods (12 x 3.333333)"


def test_a_line_that_xero_would_reckon_otherwise_is_posted_as_one_piece(facts: Facts, trade: Make, line: Make) -> None:
    one = line("9.99", "2.00", quantity=Decimal(3), unit_price=Decimal("3.34"))
    posted = FIT(trade(lines=(one,)), facts).document.lines[0]

    assert (posted.quantity, posted.unit_price) == (1, Decimal("9.99"))
    assert "3 x 3.34" in posted.description


def test_a_discount_stays_on_a_sales_invoice(facts: Facts, trade: Make, line: Make) -> None:
    one = line("18.00", "3.60", quantity=Decimal(2), unit_price=Decimal(10), discount_percent=Decimal(10))
    posted = FIT(trade(lines=(one,)), facts).document.lines[0]

    assert (posted.discount_percent, posted.unit_price) == (10, 10)


@pytest.mark.parametrize("kind", [Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT])
def test_a_discount_on_bills_and_credits_is_folded_into_the_price(
    kind: Kind, facts: Facts, trade: Make, line: Make
) -> None:
    one = line(
        "18.00",
        "3.60",
        quantity=Decimal(2),
        unit_price=Decimal(10),
        discount_percent=Decimal(10),
        account="310",
        tax_code="INPUT2",
    )
    posted = FIT(trade(kind, lines=(one,)), facts).document.lines[0]

    assert (posted.discount_percent, posted.unit_price, posted.quantity) == (0, 9, 2)


def test_a_quantity_below_zero_becomes_a_price_below_zero(facts: Facts, trade: Make, line: Make) -> None:
    back = line("-5.00", "-1.00", quantity=Decimal(-1), unit_price=Decimal(5))
    posted = FIT(trade(lines=(line(), back)), facts).document.lines[1]

    assert (posted.quantity, posted.unit_price, posted.amount) == (1, -5, -5)


def test_a_document_of_nothing_is_posted_with_a_note(facts: Facts, trade: Make, line: Make) -> None:
    fit = FIT(trade(lines=(line("0.00", "0.00"),)), facts)

    assert fit.problems == ()
    assert "Nothing is due" in fit.notes[0]


@pytest.mark.parametrize(("kind", "right"), [(Kind.INVOICE, "credit note"), (Kind.BILL, "supplier credit")])
def test_a_total_below_zero_is_held_and_says_where_it_belongs(
    kind: Kind, right: str, facts: Facts, trade: Make, line: Make
) -> None:
    account, tax = ("200", "OUTPUT2") if kind is Kind.INVOICE else ("310", "INPUT2")
    fit = FIT(trade(kind, lines=(line("-10.00", "-2.00", account=account, tax_code=tax),)), facts)

    assert _codes(fit) == ["negative_total"]
    assert right in fit.problems[0].fix


def test_a_document_dated_on_the_lock_date_is_held_before_any_call(facts: Facts, trade: Make) -> None:
    assert _codes(FIT(trade(date=date(2025, 12, 31)), facts)) == ["closed_period"]
    assert _codes(FIT(trade(date=date(2026, 1, 1)), facts)) == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"account": "999"}, "account_archived"),
        ({"account": "123"}, "account_unknown"),
        ({"account": ""}, "account_unknown"),
        ({"account": "610"}, "account_refuses_documents"),
        ({"account": "090"}, "account_refuses_documents"),
        ({"tax_code": "INPUT2"}, "tax_not_for_account"),
        ({"tax_code": "OLD", "tax_amount": Decimal("1.75")}, "tax_unknown"),
        ({"tax_code": "TAX999"}, "tax_unknown"),
        ({"tax_code": ""}, "tax_missing"),
    ],
)
def test_account_and_tax_code_are_checked_before_sending(
    values: dict[str, Any], code: str, facts: Facts, trade: Make, line: Make
) -> None:
    assert code in _codes(FIT(trade(lines=(line(**values),)), facts))


def test_a_foreign_document_without_a_rate_is_held(facts: Facts, trade: Make) -> None:
    assert _codes(FIT(trade(currency="EUR"), facts)) == ["rate_missing"]
    assert _codes(FIT(trade(currency="EUR", rate=Decimal("0.85")), facts)) == []


def test_a_currency_that_is_not_enabled_is_held_when_that_is_known(facts: Facts, trade: Make) -> None:
    known = replace(facts, organisation=facts.organisation.model_copy(update={"currencies": ("GBP", "EUR")}))

    assert _codes(FIT(trade(currency="USD", rate=Decimal("0.8")), known)) == ["currency_not_enabled"]


def test_three_decimal_currencies_are_held_rather_than_rounded(facts: Facts, trade: Make, line: Make) -> None:
    one = line("1.234", "0.00", tax_code="NONE")
    fit = FIT(trade(lines=(one,), currency="KWD", rate=Decimal("2.6")), facts)

    assert _codes(fit) == ["currency_decimals"]


def test_a_dash_of_another_sort_in_a_number_is_made_plain_with_a_note(facts: Facts, trade: Make) -> None:
    fit = FIT(trade(number="INV\u2013Ré1"), facts)

    assert fit.document.number == "INV-Re1"
    assert "INV-Re1" in fit.notes[0]


@pytest.mark.parametrize("number", ["発注1", "A" * 256, "INV\t1"])
def test_a_number_that_can_not_be_kept_is_held_rather_than_cut(number: str, facts: Facts, trade: Make) -> None:
    assert _codes(FIT(trade(number=number), facts)) == ["number_not_accepted"]


def test_a_document_without_lines_or_contact_is_held(facts: Facts, trade: Make) -> None:
    assert _codes(FIT(trade(lines=(), contact_id=""), facts)) == ["no_lines", "no_contact"]


def test_tax_on_a_document_that_has_none_is_held(facts: Facts, trade: Make) -> None:
    assert "tax_without_mode" in _codes(FIT(trade(tax_mode=TaxMode.NO_TAX), facts))


def test_long_texts_are_cut_the_same_way_every_time(facts: Facts, trade: Make, line: Make) -> None:
    document = trade(lines=(line(description="x" * 5000),), reference="r" * 300)
    first, second = FIT(document, facts), FIT(document, facts)

    assert first == second
    assert len(first.document.lines[0].description) == 4000
    assert len(first.document.reference) == 235
    assert len(first.notes) == 2


def test_a_line_without_a_description_gets_its_item_code(facts: Facts, trade: Make, line: Make) -> None:
    fit = FIT(trade(lines=(line(description="", item_code="W-1"), line(description=" "))), facts)

    assert [one.description for one in fit.document.lines] == ["W-1", "."]


CENTS = st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2)
LINES = st.lists(
    st.tuples(
        st.decimals(Decimal("0.001"), Decimal("500"), places=6),
        st.decimals(Decimal("0.0001"), Decimal("900"), places=6),
        st.sampled_from(["0", "5", "12.5", "33.333"]),
        CENTS,
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(lines=LINES, kind=st.sampled_from(list(Kind)[2:6]), mode=st.sampled_from(list(TaxMode)[:2]))
def test_whatever_is_posted_comes_to_the_cent_by_xeros_arithmetic(lines: list[Any], kind: Kind, mode: TaxMode) -> None:
    document, facts = _document(lines, kind, mode)
    fit = FIT(document, facts)

    assert fit.problems == ()
    posted: TradeDocument = fit.document
    reckoned = [
        (line_amount(one.quantity, one.unit_price, one.discount_percent), one.tax_amount) for one in posted.lines
    ]
    sums = totals(reckoned, mode)
    assert [amount for amount, _ in reckoned] == [one.amount for one in posted.lines]
    assert (sums.subtotal, sums.tax, sums.total) == (document.subtotal, document.tax, document.total)
    assert all(one.quantity >= 0 for one in posted.lines)
    assert FIT(posted, facts).document == posted


def _document(lines: list[Any], kind: Kind, mode: TaxMode) -> tuple[TradeDocument, Facts]:
    from hub import Account, AccountClass, Bill, CreditNote, Invoice, Organisation, SupplierCredit, TaxRate

    classes = {kind_.model_fields["kind"].default: kind_ for kind_ in (Invoice, Bill, CreditNote, SupplierCredit)}
    account = Account(external_id="1", code="1", name="Any", account_class=AccountClass.REVENUE)
    tax = TaxRate(external_id="T", code="T", name="T", percent=Decimal(15))
    made = [
        Line(
            quantity=quantity,
            unit_price=price,
            discount_percent=Decimal(discount),
            amount=amount if odd else line_amount(quantity, price, Decimal(discount)),
            tax_code="T",
            account="1",
        )
        for quantity, price, discount, amount, odd in lines
    ]
    taxed = [one.model_copy(update={"tax_amount": line_tax(one.amount, Decimal(15), mode)}) for one in made]
    sums = totals([(one.amount, one.tax_amount) for one in taxed], mode)
    document = classes[kind](
        external_id="1",
        number="1",
        date=date(2026, 1, 1),
        due_date=date(2026, 1, 1),
        contact_id="c",
        currency="GBP",
        tax_mode=mode,
        lines=tuple(taxed),
        subtotal=sums.subtotal,
        tax=sums.tax,
        total=sums.total,
    )
    organisation = Organisation(id="1", name="1", base_currency="GBP")
    return document, Facts(organisation=organisation, accounts={"1": account}, taxes={"T": tax})
