"""Purchases that Core values and books at different times."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.native_books import Books
from hub_cin7core.native_goods import may_be_unmatched, read_unmatched

ID = "11111111-0000-4000-8000-000000000001"
BILL = "11111111-0000-4000-8000-000000000002"
SITE = "https://core.example"


def detail(*worth: str, **more: Any) -> dict[str, Any]:
    movements = [
        {"TaskID": ID, "Date": f"2026-03-0{day}T00:00:00", "COGS": Decimal(each)} for day, each in enumerate(worth, 4)
    ]
    purchase = {
        "ID": ID,
        "Type": "Advanced Purchase",
        "Status": "RECEIVED",
        "OrderNumber": "PO-7",
        "SupplierID": ID,
        "Supplier": "Mill",
        "BaseCurrency": "GBP",
        "SupplierCurrency": "GBP",
        "CurrencyRate": Decimal(1),
        "TaxCalculation": "Exclusive",
        "InventoryMovements": movements,
    }
    return {**purchase, **more}


def bill(total: str) -> dict[str, Any]:
    line = {"SKU": "TEA", "Name": "Tea", "Quantity": Decimal(1), "Price": Decimal(total), "Total": Decimal(total)}
    line |= {"Tax": Decimal(0), "TaxRule": "No VAT", "Account": "630"}
    return {
        "TaskID": BILL,
        "InvoiceNumber": "B-1",
        "InvoiceDate": "2026-03-02T00:00:00",
        "Status": "AUTHORISED",
        "Lines": [line],
        "AdditionalCharges": [],
        "Payments": [],
        "TotalBeforeTax": Decimal(total),
        "Tax": Decimal(0),
        "Total": Decimal(total),
    }


@pytest.mark.parametrize(
    ("received", "invoiced", "is_open"),
    [
        ("FULLY RECEIVED", "INVOICED", False),
        ("FULLY RECEIVED", "INVOICED / CREDITED", False),
        ("FULLY RECEIVED", "NOT INVOICED", True),
        ("FULLY RECEIVED", "PARTIALLY INVOICED", True),
        ("NOT RECEIVED", "INVOICED", True),
        ("PARTIALLY RECEIVED", "INVOICED", True),
        ("NOT RECEIVED", "NOT INVOICED", False),
        ("NOT AVAILABLE", "INVOICED", False),
        ("VOIDED", "INVOICED", False),
    ],
)
def test_only_purchases_of_which_the_list_leaves_it_open_are_asked_for(
    received: str, invoiced: str, is_open: bool
) -> None:
    row = {"Status": "RECEIVED", "CombinedReceivingStatus": received, "CombinedInvoiceStatus": invoiced}
    assert may_be_unmatched(row) is is_open


def test_a_voided_purchase_is_not_asked_for() -> None:
    row = {"Status": "VOIDED", "CombinedReceivingStatus": "FULLY RECEIVED", "CombinedInvoiceStatus": "NOT INVOICED"}
    assert not may_be_unmatched(row)


def test_goods_without_a_bill_are_worth_what_their_movements_say() -> None:
    goods = read_unmatched(detail("7.50", "2.25"), SITE, Books())
    assert goods is not None
    assert (goods.record_id, goods.worth, goods.documents) == (ID, Decimal("9.75"), frozenset({ID}))
    assert (goods.received_on, goods.invoiced_on, goods.reference) == (date(2026, 3, 4), None, "PO-7")


def test_what_came_in_may_be_positive_or_negative() -> None:
    negative = [{**one, "COGS": -one["COGS"]} for one in detail("7.50", "2.25")["InventoryMovements"]]
    goods = read_unmatched(detail(InventoryMovements=negative), SITE, Books())
    assert goods is not None
    assert goods.worth == Decimal("9.75")


def test_goods_that_core_accrues_name_the_journals_that_book_them() -> None:
    booked = {"Debit": "630", "Credit": "805", "Amount": Decimal(5), "Date": "2026-03-04T00:00:00", "IsSystem": True}
    accrued = {"TaskID": BILL, "Status": "NOT AVAILABLE", "Lines": [{"Reference": "Inventory accrual", **booked}]}
    goods = read_unmatched(detail("5", ManualJournals=[accrued]), SITE, Books())
    assert goods is not None
    assert goods.documents == {ID, f"{BILL}:2026-03-04"}


def test_a_bill_without_goods_names_the_documents_that_book_it() -> None:
    goods = read_unmatched(detail(Invoice=[bill("12.00")]), SITE, Books())
    assert goods is not None
    assert (goods.worth, goods.documents) == (Decimal(0), frozenset({ID, BILL}))
    assert (goods.received_on, goods.invoiced_on) == (None, date(2026, 3, 2))


def test_of_goods_that_went_back_nothing_is_said() -> None:
    line = {"SKU": "TEA", "Quantity": Decimal(1)}
    credit = {"TaskID": BILL, "Status": "DRAFT"}
    assert read_unmatched(detail("5", CreditNote=[{**credit, "Unstock": [line]}]), SITE, Books()) is None
    as_object = {**credit, "Unstock": {"Status": "DRAFT", "Lines": [line]}}
    assert read_unmatched(detail("5", CreditNote=as_object), SITE, Books()) is None
    nothing = {**credit, "Unstock": {"Status": "NOT AVAILABLE", "Lines": []}}
    assert read_unmatched(detail("5", CreditNote=nothing), SITE, Books()) is not None
