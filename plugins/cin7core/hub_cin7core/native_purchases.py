"""A purchase of Core -> its bills, supplier credits, payments, refunds, allocations and journals: pure.

A simple purchase keeps one bill and one credit as objects without ids of their own, an advanced one keeps
lists (Cin7 Core API v2 documentation, Purchase and Advanced Purchase). The documentation's payments of a
simple purchase carry the purchase's own id as their ``TaskID``, so that id also names a bill that has none.
"""

from __future__ import annotations

from hub_cin7core.fields import Native, ReadError, blocks, guid, number, text
from hub_cin7core.native_attributes import purchase_attributes
from hub_cin7core.native_books import Books
from hub_cin7core.native_purchase_journals import read_purchase_journals
from hub_cin7core.native_task import BILL, SUPPLIER_CREDIT, Header, Task
from hub_cin7core.native_trade import read_task


def read_purchase(native: Native, site: str, books: Books | None = None) -> Task:
    """Read a purchase's detail in either form; ``site`` is Core's web address, for links back.

    Without ``books``: no journals.
    """
    task = read_task(
        _header(native, site),
        blocks(native, "Invoice"),
        blocks(native, "CreditNote"),
        [prepayment for order in blocks(native, "Order") for prepayment in blocks(order, "Prepayments")],
        (BILL, SUPPLIER_CREDIT),
    )
    if books is not None:
        read_purchase_journals(task, native, books)
    task.rule_of_nothing()
    return task


def _header(native: Native, site: str) -> Header:
    purchase = guid(native, "ID")
    currency = text(native, "SupplierCurrency", "BaseCurrency").upper()
    if not purchase or not currency:
        raise ReadError("the purchase has no ID or no currency")
    page = "PurchaseAdvanced" if text(native, "Type").casefold().startswith("advanced") else "Purchase"
    return Header(
        id=purchase,
        contact_id=guid(native, "SupplierID"),
        contact_name=text(native, "Supplier"),
        reference=text(native, "OrderNumber"),
        order_number=text(native, "OrderNumber") or purchase,
        currency=currency,
        base_currency=text(native, "BaseCurrency").upper() or currency,
        rate=number(native, "CurrencyRate"),
        tax_calculation=text(native, "TaxCalculation"),
        account=text(native, "InventoryAccount"),
        tax_code=text(native, "TaxRule"),
        source_url=f"{site}/{page}#{purchase}",
        voided=text(native, "Status").upper() == "VOIDED",
        attributes=purchase_attributes(native),
        payment_term=text(native, "Terms"),
    )
