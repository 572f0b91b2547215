"""A sale's documents, from hand-made details."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.fields import ReadError
from hub_cin7core.native_sales import read_sale

from hub import Allocation, CreditNote, Document, Invoice, Kind, Payment, Refund, Status, TradeDocument

SITE = "https://inventory.dearsystems.com"


def documents(native: dict[str, Any], kind: Kind) -> list[Any]:
    found: list[Document] = [one for one in read_sale(native, SITE).documents if one.kind is kind]
    return found


def only(native: dict[str, Any], kind: Kind = Kind.INVOICE) -> Any:
    (found,) = documents(native, kind)
    return found


def test_two_invoices_and_two_credit_notes_are_four_documents_named_by_their_own_ids(natives: Any) -> None:
    native = natives.sale(
        Invoices=[natives.invoice(10), natives.invoice(11)],
        CreditNotes=[natives.credit(20, "INV-10"), natives.credit(21, "INV-11")],
    )
    task = read_sale(native, SITE)
    trade = [(one.kind, one.external_id) for one in task.documents if isinstance(one, Invoice | CreditNote)]
    assert trade == [
        (Kind.INVOICE, natives.id(10)),
        (Kind.INVOICE, natives.id(11)),
        (Kind.CREDIT_NOTE, natives.id(20)),
        (Kind.CREDIT_NOTE, natives.id(21)),
    ]
    allocations = [one for one in task.documents if isinstance(one, Allocation)]
    assert [(one.credit_id, one.document_id) for one in allocations] == [
        (natives.id(20), natives.id(10)),
        (natives.id(21), natives.id(11)),
    ]


def test_a_stand_alone_credit_note_credits_nothing_and_is_not_allocated(natives: Any) -> None:
    native = natives.sale(Type="Credit Note", Invoices=[], CreditNotes=[natives.credit(20, "")])
    task = read_sale(native, SITE)
    (credit,) = task.documents
    assert isinstance(credit, CreditNote)
    assert (credit.external_id, credit.credits_id, credit.total) == (natives.id(20), "", Decimal("12.00"))


def test_a_credit_that_names_an_invoice_of_another_sale_is_not_allocated(natives: Any) -> None:
    native = natives.sale(CreditNotes=[natives.credit(20, "INV-999")])
    assert only(native, Kind.CREDIT_NOTE).credits_id == ""
    assert documents(native, Kind.ALLOCATION) == []


@pytest.mark.parametrize("status", ["AUTHORISED", "PAID", "paid"])
def test_authorised_and_paid_invoices_are_authorised(natives: Any, status: str) -> None:
    assert only(natives.sale(Invoices=[natives.invoice(Status=status)])).status is Status.AUTHORISED


@pytest.mark.parametrize(("status", "expected"), [("DRAFT", Status.DRAFT), ("VOIDED", Status.VOIDED)])
def test_an_undone_or_voided_invoice_keeps_its_id_and_says_so(natives: Any, status: str, expected: Status) -> None:
    native = natives.sale(Invoices=[natives.invoice(Status=status, Payments=[natives.money(30)])])
    assert (only(native).external_id, only(native).status) == (natives.id(10), expected)
    assert only(native, Kind.PAYMENT).status is expected


def test_an_invoice_that_is_not_available_is_neither_a_document_nor_an_error(natives: Any) -> None:
    native = natives.sale(Invoices=[natives.invoice(Status="NOT AVAILABLE", InvoiceDate=None, Lines=None)])
    task = read_sale(native, SITE)
    assert task.documents == []
    assert task.skipped == {f"task:{natives.id(1)}": "nothing invoiced yet"}


def test_a_draft_without_number_or_date_is_left_out_with_the_rule(natives: Any) -> None:
    native = natives.sale(Invoices=[natives.invoice(Status="DRAFT", InvoiceNumber=None, InvoiceDate=None)])
    assert read_sale(native, SITE).skipped == {f"invoice:{natives.id(10)}": "draft: without a number or date"}


def test_an_invoice_without_lines_and_without_a_total_is_left_out_with_the_rule(natives: Any) -> None:
    native = natives.sale(Invoices=[natives.invoice(Lines=[], TotalBeforeTax=0, Tax=0, Total=0)])
    assert read_sale(native, SITE).skipped == {f"invoice:{natives.id(10)}": "no lines"}


def test_a_voided_sale_voids_documents_that_still_say_authorised(natives: Any) -> None:
    native = natives.sale(Status="VOIDED", CreditNotes=[natives.credit()])
    assert only(native).status is Status.VOIDED
    assert only(native, Kind.CREDIT_NOTE).status is Status.VOIDED
    assert only(native, Kind.ALLOCATION).status is Status.VOIDED


def test_an_unknown_status_makes_the_record_unreadable_rather_than_guessed(natives: Any) -> None:
    with pytest.raises(ReadError, match="status 'PENDING'"):
        read_sale(natives.sale(Invoices=[natives.invoice(Status="PENDING")]), SITE)


def test_a_payment_does_not_change_the_invoice(natives: Any) -> None:
    before = only(natives.sale())
    paid = natives.invoice(Status="PAID", Payments=[natives.money(30, "120")], Paid=Decimal(120))
    touched = natives.sale(Invoices=[paid], LastModifiedOn="2026-09-05T06:58:21Z", Status="COMPLETED")
    assert only(touched).fingerprint() == before.fingerprint()


def test_undo_and_other_amounts_stay_one_document(natives: Any) -> None:
    first = only(natives.sale())
    undone = only(natives.sale(Invoices=[natives.invoice(Status="DRAFT")]))
    again = natives.invoice(
        Lines=[natives.line("90", "18")], TotalBeforeTax=Decimal(90), Tax=Decimal(18), Total=Decimal(108)
    )
    last = only(natives.sale(Invoices=[again]))
    assert first.external_id == undone.external_id == last.external_id
    assert len({first.fingerprint(), undone.fingerprint(), last.fingerprint()}) == 3


def test_each_document_takes_its_own_rate_and_a_zero_or_missing_one_is_none(natives: Any) -> None:
    native = natives.sale(
        CustomerCurrency="EUR",
        CurrencyRate=Decimal("0.86"),
        Invoices=[
            natives.invoice(
                10, CurrencyConversionRate=Decimal("0.87"), Payments=[natives.money(30, CurrencyRate=Decimal("0.88"))]
            ),
            natives.invoice(11, Payments=[natives.money(31, CurrencyRate=0), natives.money(32, CurrencyRate=None)]),
            natives.invoice(12, CurrencyConversionRate=0),
        ],
        CreditNotes=[natives.credit(20, CreditNoteConversionRate=Decimal("0.89"))],
    )
    assert [one.rate for one in documents(native, Kind.INVOICE)] == [Decimal("0.87"), Decimal("0.86"), None]
    assert [one.rate for one in documents(native, Kind.PAYMENT)] == [Decimal("0.88"), None, None]
    assert only(native, Kind.CREDIT_NOTE).rate == Decimal("0.89")


def test_a_rate_is_base_units_per_foreign_unit_as_core_gives_it(natives: Any) -> None:
    native = natives.sale(
        BaseCurrency="AUD", CustomerCurrency="USD", Invoices=[natives.invoice(CurrencyConversionRate=Decimal("1.4493"))]
    )
    invoice = only(native)
    assert invoice.total * invoice.rate == Decimal("173.916000")  # 120 US dollars are more Australian ones


def test_a_document_in_base_currency_has_no_rate(natives: Any) -> None:
    assert only(natives.sale(Invoices=[natives.invoice(CurrencyConversionRate=1)])).rate is None


def test_a_refund_belongs_to_its_credit_and_lessens_the_allocation(natives: Any) -> None:
    native = natives.sale(CreditNotes=[natives.credit(Refunds=[natives.money(40, "5")])])
    refund = only(native, Kind.REFUND)
    assert isinstance(refund, Refund)
    assert (refund.document_kind, refund.document_id, refund.amount) == (Kind.CREDIT_NOTE, natives.id(20), Decimal(5))
    allocation = only(native, Kind.ALLOCATION)
    assert allocation.external_id == f"{natives.id(20)}:allocation"
    assert (allocation.amount, allocation.document_id) == (Decimal("7.00"), natives.id(10))


def test_a_credit_refunded_in_full_is_not_allocated(natives: Any) -> None:
    native = natives.sale(CreditNotes=[natives.credit(Refunds=[natives.money(40, "12")])])
    assert documents(native, Kind.ALLOCATION) == []


def test_a_credit_of_an_undone_invoice_is_not_allocated_as_authorised(natives: Any) -> None:
    native = natives.sale(Invoices=[natives.invoice(Status="DRAFT")], CreditNotes=[natives.credit()])
    assert only(native, Kind.CREDIT_NOTE).status is Status.AUTHORISED
    assert only(native, Kind.ALLOCATION).status is Status.DRAFT


def test_payments_of_nothing_or_less_are_left_out_with_the_rule(natives: Any) -> None:
    native = natives.sale(Invoices=[natives.invoice(Payments=[natives.money(30, "0"), natives.money(31, "-5")])])
    assert read_sale(native, SITE).skipped == {
        f"payment:{natives.id(30)}": "zero amount",
        f"payment:{natives.id(31)}": "negative amount",
    }


def test_a_prepayment_that_the_one_invoice_counts_as_paid_is_its_payment(natives: Any) -> None:
    native = natives.sale(
        Order={"SaleOrderNumber": "SO-1", "Prepayments": [natives.money(50, "30")]},
        Invoices=[natives.invoice(Payments=[natives.money(30, "20")], Paid=Decimal(50))],
    )
    payments = documents(native, Kind.PAYMENT)
    assert [(one.external_id, one.amount) for one in payments] == [(natives.id(30), 20), (natives.id(50), 30)]
    assert all(isinstance(one, Payment) and one.document_id == natives.id(10) for one in payments)


def test_a_prepayment_stays_with_the_invoice_that_counts_it_when_another_invoice_comes(natives: Any) -> None:
    native = natives.sale(
        Order={"SaleOrderNumber": "SO-1", "Prepayments": [natives.money(50, "30")]},
        Invoices=[natives.invoice(10, Paid=Decimal(30)), natives.invoice(11)],
    )
    assert [(one.external_id, one.document_id) for one in documents(native, Kind.PAYMENT)] == [
        (natives.id(50), natives.id(10))
    ]


def test_a_prepayment_that_no_invoice_counts_is_left_out_with_the_rule(natives: Any) -> None:
    native = natives.sale(Order={"SaleOrderNumber": "SO-1", "Prepayments": [natives.money(50, "30")]})
    assert documents(native, Kind.PAYMENT) == []
    assert read_sale(native, SITE).skipped == {f"prepayment:{natives.id(50)}": "prepayment not used by one invoice"}


def test_a_sale_without_a_customer_has_an_empty_contact(natives: Any) -> None:
    native = natives.sale(Customer=None, CustomerID="00000000-0000-0000-0000-000000000000")
    assert (only(native).contact_id, only(native).contact_name) == ("", "")


def test_zero_prices_zero_totals_and_negative_quantities_are_kept(natives: Any) -> None:
    lines = [
        natives.line("0", "0", Price=0),
        natives.line("-10", "-2", Quantity=Decimal(-1), Price=Decimal(10)),
        natives.line("10", "2", Quantity=1, Price=Decimal(10)),
    ]
    invoice = only(natives.sale(Invoices=[natives.invoice(Lines=lines, TotalBeforeTax=0, Tax=0, Total=0)]))
    assert invoice.total == 0
    assert [(line.quantity, line.amount, line.tax_amount) for line in invoice.lines] == [
        (10, 0, 0),
        (-1, -10, -2),
        (1, 10, 2),
    ]
    assert list(invoice.differences()) == []


def test_codes_that_differ_by_case_and_codes_that_are_no_goods_pass_as_they_are(natives: Any) -> None:
    lines = [natives.line("50", "10", SKU=code, Name="") for code in ("85123A", "85123a", "POST", "M")]
    invoice = only(
        natives.sale(
            Invoices=[natives.invoice(Lines=lines, TotalBeforeTax=Decimal(200), Tax=Decimal(40), Total=Decimal(240))]
        )
    )
    assert [line.item_code for line in invoice.lines] == ["85123A", "85123a", "POST", "M"]
    assert {line.purpose for line in invoice.lines} == {"goods"}


def test_header_and_line_say_which_accounts_and_taxes_they_name(natives: Any) -> None:
    invoice = only(natives.sale(Invoices=[natives.invoice(Lines=[natives.line(Account="", TaxRule=None)])]))
    assert (invoice.account, invoice.tax_code) == ("200", "20% (VAT on Income)")
    assert (invoice.lines[0].account, invoice.lines[0].tax_code) == ("", "")


def test_the_document_date_is_cores_calendar_day_never_shifted(natives: Any) -> None:
    invoice = only(natives.sale(Invoices=[natives.invoice(InvoiceDate="2026-07-01T00:00:00")]))
    assert (invoice.date, invoice.due_date) == (date(2026, 7, 1), date(2026, 10, 2))


def test_number_reference_and_link_back_are_those_of_the_sale(natives: Any) -> None:
    invoice = only(natives.sale())
    assert (invoice.number, invoice.reference) == ("INV-10", "PO 7")
    assert invoice.source_url == f"{SITE}/Sale#{natives.id(1)}"
    assert only(natives.sale(CustomerReference="")).reference == "SO-1"


def test_ids_in_capitals_are_the_same_ids(natives: Any) -> None:
    invoice = natives.invoice(10)
    shouted = natives.invoice(10, TaskID="ABCDEF00-0000-4000-8000-00000000000A")
    assert only(natives.sale(Invoices=[shouted])).external_id == "abcdef00-0000-4000-8000-00000000000a"
    assert only(natives.sale(Invoices=[invoice])).external_id == natives.id(10)


def test_two_invoices_that_claim_one_id_are_not_guessed_apart(natives: Any) -> None:
    with pytest.raises(ReadError, match="same id"):
        read_sale(natives.sale(Invoices=[natives.invoice(10), natives.invoice(10)]), SITE)


@pytest.mark.parametrize(
    "fields",
    [
        {"InvoiceDate": "next week"},
        {"Total": "a lot"},
        {"Lines": "none"},
        {"Payments": ["6f0c"]},
        {"Status": "AUTHORISED", "InvoiceDate": None},
    ],
)
def test_a_broken_field_is_an_error_that_names_it(natives: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ReadError):
        read_sale(natives.sale(Invoices=[natives.invoice(**fields)]), SITE)


def test_an_invoice_is_on_the_terms_of_its_sale_and_a_credit_note_on_none(natives: Any) -> None:
    read = read_sale(natives.sale(CreditNotes=[natives.credit(20, "INV-10")]), SITE).documents
    terms = {document.kind: document.payment_term for document in read if isinstance(document, TradeDocument)}
    assert terms == {Kind.INVOICE: "30 days", Kind.CREDIT_NOTE: ""}
    assert only(natives.sale(Terms=None)).payment_term == ""
