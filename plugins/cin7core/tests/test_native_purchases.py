"""A purchase's documents, from hand-made details in both shapes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hub_cin7core.native_purchases import read_purchase

from hub import Bill, Kind, SupplierCredit

SITE = "https://inventory.dearsystems.com"


def simple(natives: Any, **fields: Any) -> dict[str, Any]:
    """A simple purchase as its own path gives it: objects instead of lists, no task ids, the misspelt number."""
    bill = natives.invoice()
    bill["InvocieNumber"] = bill.pop("InvoiceNumber")
    del bill["TaskID"]
    return dict(natives.purchase(Type="Simple Purchase", Invoice=bill, CreditNote={}, **fields))


def test_the_simple_and_the_advanced_shape_give_the_same_bill(natives: Any) -> None:
    advanced = natives.purchase(Type="Simple Purchase", Invoice=[natives.invoice(TaskID=natives.id(1))])
    (from_list,) = read_purchase(advanced, SITE).documents
    (from_object,) = read_purchase(simple(natives), SITE).documents
    assert isinstance(from_list, Bill)
    assert from_list == from_object
    assert (from_list.number, from_list.reference, from_list.external_id) == ("INV-10", "PO-1", natives.id(1))


def test_received_stock_given_as_texts_does_not_disturb_the_bill(natives: Any) -> None:
    native = natives.purchase(StockReceived=["PO-1", "PO-1-2"], PutAway=None)
    (bill,) = read_purchase(native, SITE).documents
    assert bill.kind is Kind.BILL


def test_the_credit_of_a_simple_purchase_credits_its_only_bill(natives: Any) -> None:
    credit = natives.credit(Refunds=[natives.money(40, "2")])
    del credit["TaskID"], credit["CreditNoteInvoiceNumber"]
    task = read_purchase({**simple(natives), "CreditNote": credit}, SITE)
    made = {one.kind: one for one in task.documents}
    found: Any = made[Kind.SUPPLIER_CREDIT]
    assert isinstance(found, SupplierCredit)
    assert (found.external_id, found.credits_id) == (natives.id(1), natives.id(1))
    allocation: Any = made[Kind.ALLOCATION]
    assert (allocation.amount, allocation.document_kind) == (Decimal("10.00"), Kind.BILL)


def test_several_bills_of_one_order_are_several_documents(natives: Any) -> None:
    native = natives.purchase(Invoice=[natives.invoice(10), natives.invoice(11, Status="DRAFT")])
    assert [(one.external_id, str(getattr(one, "status", ""))) for one in read_purchase(native, SITE).documents] == [
        (natives.id(10), "authorised"),
        (natives.id(11), "draft"),
    ]


def test_a_bill_without_a_number_takes_that_of_the_order(natives: Any) -> None:
    (bill,) = read_purchase(natives.purchase(Invoice=[natives.invoice(InvoiceNumber="")]), SITE).documents
    assert bill.label == "PO-1"


def test_a_bill_in_foreign_currency_takes_the_rate_of_the_purchase(natives: Any) -> None:
    native = natives.purchase(SupplierCurrency="USD", CurrencyRate=Decimal("0.7874"))
    (bill,) = read_purchase(native, SITE).documents
    assert isinstance(bill, Bill)
    assert (bill.currency, bill.rate, bill.account) == ("USD", Decimal("0.7874"), "715")


def test_a_prepaid_purchase_whose_bill_counts_the_prepayment_is_paid_by_it(natives: Any) -> None:
    native = natives.purchase(
        Order={"Prepayments": [natives.money(50, "3")]},
        Invoice=[natives.invoice(Paid=5, Payments=[natives.money(30, "1"), natives.money(31, "1")])],
    )
    payments = [one for one in read_purchase(native, SITE).documents if one.kind is Kind.PAYMENT]
    assert [one.external_id for one in payments] == [natives.id(30), natives.id(31), natives.id(50)]


def test_a_bill_is_on_the_terms_of_its_purchase(natives: Any) -> None:
    (bill,) = read_purchase(simple(natives, Terms="14 days"), SITE).documents
    assert isinstance(bill, Bill)
    assert bill.payment_term == "14 days"
