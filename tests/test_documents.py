from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from houses import contact, invoice, item, line, payment, trade
from pydantic import ValidationError

from hub import documents
from hub.documents import (
    DOCUMENT_TYPES,
    Allocation,
    Bill,
    Document,
    Invoice,
    Kind,
    Line,
    TaxMode,
    minor_units,
    money,
    parse_document,
)


def test_a_float_is_refused_wherever_money_is_expected() -> None:
    for name in ("amount", "tax_amount", "unit_price", "quantity", "discount_percent"):
        values: dict[str, Any] = {"amount": Decimal(1), name: 1.5}
        with pytest.raises(ValidationError, match="never a float"):
            Line(**values)
    with pytest.raises(ValidationError, match="never a float"):
        invoice(rate=1.25)


def test_an_amount_finer_than_any_currency_is_refused_instead_of_rounded() -> None:
    with pytest.raises(ValidationError, match="more decimals than any currency"):
        Line(amount=Decimal("10.0001"))


def test_amounts_keep_the_third_decimal_that_a_dinar_has() -> None:
    assert str(Line(amount=Decimal("10.125")).amount) == "10.125"
    assert str(Line(amount=Decimal("10.120")).amount) == "10.12"


def test_the_same_amount_is_written_in_one_way() -> None:
    written = {str(Line(amount=Decimal(text)).amount) for text in ("10", "10.0", "10.00", "10.000", "1E1")}
    assert written == {"10.00"}


@pytest.mark.parametrize("name", ["amount", "tax_amount", "unit_price", "quantity", "discount_percent"])
def test_minus_zero_is_zero(name: str) -> None:
    values: dict[str, Any] = {"amount": Decimal(1), name: Decimal("-0.00")}
    assert not str(getattr(Line(**values), name)).startswith("-")


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("1.005", "GBP", "1.01"),
        ("-1.005", "GBP", "-1.01"),
        ("2.5", "JPY", "3"),
        ("1.0005", "KWD", "1.001"),
        ("0.004", "GBP", "0.00"),
    ],
)
def test_money_is_rounded_half_away_from_zero_to_the_minor_unit(value: str, currency: str, expected: str) -> None:
    assert str(money(value, currency)) == expected


def test_minor_units_are_those_of_the_currency() -> None:
    assert [minor_units(currency) for currency in ("GBP", "JPY", "BHD")] == [2, 0, 3]


def test_a_rate_is_positive_and_has_ten_decimals() -> None:
    assert str(invoice(rate=Decimal("0.85")).rate) == "0.8500000000"
    for wrong in (Decimal(0), Decimal(-1)):
        with pytest.raises(ValidationError):
            invoice(rate=wrong)


def test_money_against_a_document_is_positive() -> None:
    with pytest.raises(ValidationError):
        payment(amount="0.00")
    with pytest.raises(ValidationError):
        payment(amount="-5.00")


def test_a_document_never_changes_and_knows_its_fields() -> None:
    one = invoice()
    with pytest.raises(ValidationError):
        one.number = "other"
    with pytest.raises(ValidationError, match="Extra inputs"):
        invoice(colour="red")


def test_a_source_record_without_an_id_is_refused() -> None:
    with pytest.raises(ValidationError):
        contact(id="")


# -- adding up --------------------


def test_a_document_that_adds_up_has_no_differences() -> None:
    assert list(invoice(lines=(line("10.00"), line("0.03", percent=0))).differences()) == []


def test_each_difference_is_said_in_words() -> None:
    wrong = invoice(subtotal=Decimal("9.99"), tax=Decimal("1.99"), total=Decimal("12.00"))
    said = list(wrong.differences())
    assert len(said) == 3
    assert said[0] == "the lines add up to 10.00 before tax, the document says 9.99"


def test_lines_that_include_tax_are_compared_without_it() -> None:
    gross = Line(amount=Decimal("12.00"), tax_amount=Decimal("2.00"))
    good = invoice(lines=(gross,), tax_mode=TaxMode.INCLUSIVE, subtotal=Decimal(10), tax=Decimal(2), total=Decimal(12))
    assert list(good.differences()) == []


# -- fingerprints --------------------


def test_the_fingerprint_says_which_form_it_was_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    before = invoice().fingerprint()
    assert before.startswith(f"{documents.FINGERPRINT_VERSION}:")
    monkeypatch.setattr(documents, "FINGERPRINT_VERSION", "next")
    assert invoice().fingerprint() == f"next:{before.partition(':')[2]}"


def test_the_fingerprint_is_the_same_for_the_same_content() -> None:
    assert invoice().fingerprint() == invoice().fingerprint()
    assert invoice(total=Decimal("12.0")).fingerprint() == invoice(total=Decimal("12.00")).fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        {"number": "N-2"},
        {"reference": "PO 7"},
        {"date": date(2026, 2, 2)},
        {"contact_id": "c2"},
        {"rate": Decimal("1.1")},
        {"status": "voided"},
        {"lines": (line("10.01"),), "total": Decimal("12.00")},
        {"lines": (line("10.00", description="Tea"),)},
    ],
)
def test_the_fingerprint_changes_with_whatever_matters(change: dict[str, Any]) -> None:
    assert invoice(**change).fingerprint() != invoice().fingerprint()


def test_a_link_back_to_the_source_does_not_matter() -> None:
    assert invoice(source_url="https://stock.example/1").fingerprint() == invoice().fingerprint()


# -- storing --------------------


def allocation() -> Allocation:
    return Allocation(
        external_id="a1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="k1",
        document_kind=Kind.INVOICE,
        document_id="i1",
        date=date(2026, 2, 1),
        amount=Decimal("0.10"),
        currency="GBP",
    )


@pytest.mark.parametrize(
    "document",
    [contact(), item(), invoice(rate=Decimal("1.2345678901")), trade(Bill, "b1"), payment(), allocation()],
    ids=lambda document: document.kind.value,
)
def test_a_stored_document_comes_back_to_the_last_digit(document: Document) -> None:
    again = parse_document(document.kind, document.model_dump_json())
    assert again == document
    assert again.fingerprint() == document.fingerprint()


def test_every_kind_has_a_document_of_its_own() -> None:
    assert set(DOCUMENT_TYPES) == set(Kind)
    for kind, model in DOCUMENT_TYPES.items():
        assert model.model_fields["kind"].default is kind


def test_a_document_of_another_kind_is_not_taken_for_this_one() -> None:
    with pytest.raises(ValidationError):
        parse_document(Kind.BILL, invoice().model_dump_json())
    assert isinstance(parse_document("invoice", invoice().model_dump_json()), Invoice)
