"""Contacts, items, payments and allocations made to fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_xero.money import currency_rate
from hub_xero.provider import XeroProvider

from hub import Address, Facts

Make = Callable[..., Any]
FIT: Make = XeroProvider().fit


def _codes(fit: Any) -> list[str]:
    return [problem.code for problem in fit.problems]


def test_a_contact_name_loses_brackets_and_double_spaces_with_a_note(facts: Facts, contact: Make) -> None:
    fit = FIT(contact(name="  Smith  <& Sons> "), facts)

    assert fit.document.name == "Smith (& Sons)"
    assert len(fit.notes) == 1


def test_a_long_contact_name_is_cut_to_what_xero_takes(facts: Facts, contact: Make) -> None:
    assert len(FIT(contact(name="n" * 300), facts).document.name) == 255


def test_a_name_of_spaces_is_held(facts: Facts, contact: Make) -> None:
    assert _codes(FIT(contact(name="   "), facts)) == ["name_not_accepted"]


def test_a_number_is_left_out_rather_than_cut(facts: Facts, contact: Make) -> None:
    fit = FIT(contact(tax_number="9" * 51, number="8" * 51), facts)

    assert (fit.document.tax_number, fit.document.number) == ("", "")
    assert len(fit.notes) == 2


def test_an_address_that_is_not_an_email_is_left_out_with_a_note(facts: Facts, contact: Make) -> None:
    fit = FIT(contact(email="jürgen@example.com"), facts)

    assert fit.document.email == ""
    assert "left out" in fit.notes[0]


def test_a_country_keeps_its_letters_only(facts: Facts, contact: Make) -> None:
    fit = FIT(contact(addresses=(Address(line1="1 High St", country="Côte d'Ivoire (CI)"),)), facts)

    assert fit.document.addresses[0].country == "Cote d Ivoire CI"


def test_a_long_item_code_is_held_because_cutting_would_lose_its_identity(facts: Facts, item: Make) -> None:
    assert _codes(FIT(item(code="C" * 31), facts)) == ["item_code_too_long"]
    assert _codes(FIT(item(code="C" * 30), facts)) == []


def test_an_items_texts_and_prices_are_made_to_fit(facts: Facts, item: Make) -> None:
    fit = FIT(item(name="N" * 60, sale_price=Decimal("1.234567")), facts)

    assert len(fit.document.name) == 50
    assert fit.document.sale_price == Decimal("1.2346")
    assert len(fit.notes) == 2


def test_an_items_accounts_are_checked(facts: Facts, item: Make) -> None:
    assert _codes(FIT(item(sale_account="999"), facts)) == ["account_archived"]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({}, []),
        ({"account": "200"}, ["account_refuses_payments"]),
        ({"account": ""}, ["account_unknown"]),
        ({"account": "999"}, ["account_archived"]),
        ({"account": "091"}, ["payment_currency"]),
        ({"account": "091", "currency": "USD", "rate": Decimal("0.8")}, []),
        ({"currency": "EUR"}, ["rate_missing"]),
        ({"date": date(2025, 6, 1)}, ["closed_period"]),
        ({"amount": Decimal("1.005")}, ["currency_decimals"]),
    ],
)
def test_a_payment_needs_an_account_that_takes_payments_and_a_rate(
    values: dict[str, Any], codes: list[str], facts: Facts, payment: Make
) -> None:
    assert _codes(FIT(payment(**values), facts)) == codes


@pytest.mark.parametrize(
    ("rate", "theirs"), [("0.85", "1.176471"), ("0.0053", "188.679245"), ("2.6", "0.384615"), ("1", "1.000000")]
)
def test_xeros_rate_counts_foreign_units_per_base_unit(rate: str, theirs: str) -> None:
    assert currency_rate(Decimal(rate)) == Decimal(theirs)


def _foreign(rate: str, amount: str, **values: Any) -> dict[str, Any]:
    return {"currency": "EUR", "rate": Decimal(rate), "amount": Decimal(amount), **values}


@pytest.mark.parametrize(
    ("rate", "amount", "codes", "notes"),
    [
        ("15000", "100.00", ["rate_differs"], 0),
        ("99999999", "1.00", ["rate_differs"], 0),
        ("0.789", "1000000.00", ["rate_differs"], 0),
        ("0.789", "100000.00", [], 1),
        ("0.789", "1000.00", [], 0),
        ("0.8", "500000.00", [], 0),
        ("0.0053", "100.00", [], 0),
    ],
    ids=["coarse", "nothing left", "large", "within the limit", "same cent", "exact", "weak currency"],
)
def test_a_rate_that_xero_can_not_keep_holds_what_would_be_another_amount(
    rate: str, amount: str, codes: list[str], notes: int, facts: Facts, payment: Make
) -> None:
    fit = FIT(payment(**_foreign(rate, amount)), facts)

    assert (_codes(fit), len(fit.notes)) == (codes, notes)


def test_without_a_limit_a_cent_in_the_base_currency_holds_a_document(facts: Facts, trade: Make, line: Make) -> None:
    document = trade(lines=(line("100000.00", "0.00", tax_code="NONE"),), currency="EUR", rate=Decimal("0.789"))

    assert _codes(FIT(document, facts)) == []
    assert "Xero keeps the rate as 1.267427" in " ".join(FIT(document, facts).notes)
    assert _codes(FIT(document, replace(facts, rounding_limit=Decimal(0)))) == ["rate_differs"]
