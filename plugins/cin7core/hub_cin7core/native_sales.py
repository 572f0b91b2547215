"""A sale of Core -> its invoices, credit notes, payments, refunds, allocations and journals: pure.

Source: Cin7 Core API v2 documentation, Sale.
"""

from __future__ import annotations

from hub_cin7core.fields import Native, ReadError, blocks, guid, number, text
from hub_cin7core.native_attributes import sale_attributes
from hub_cin7core.native_books import Books
from hub_cin7core.native_sale_journals import read_sale_journals
from hub_cin7core.native_task import SALE_CREDIT, SALE_INVOICE, Header, Task
from hub_cin7core.native_trade import read_task


def read_sale(native: Native, site: str, books: Books | None = None) -> Task:
    """Read a sale's detail; ``site`` is Core's web address, for links back. Without ``books``: no journals."""
    task = read_task(
        _header(native, site),
        blocks(native, "Invoices"),
        blocks(native, "CreditNotes"),
        [
            prepayment
            for part in ("Quote", "Order")
            for stage in blocks(native, part)
            for prepayment in blocks(stage, "Prepayments")
        ],
        (SALE_INVOICE, SALE_CREDIT),
    )
    if books is not None:
        read_sale_journals(task, native, books)
    task.rule_of_nothing()
    return task


def _header(native: Native, site: str) -> Header:
    sale = guid(native, "ID")
    currency = text(native, "CustomerCurrency", "BaseCurrency").upper()
    if not sale or not currency:
        raise ReadError("the sale has no ID or no currency")
    order_number = next((text(order, "SaleOrderNumber") for order in blocks(native, "Order")), "")
    page = "Sale" if text(native, "Type").casefold() == "simple sale" else "SaleMultiple"
    return Header(
        id=sale,
        contact_id=guid(native, "CustomerID"),
        contact_name=text(native, "Customer"),
        reference=text(native, "CustomerReference") or order_number,
        order_number=order_number or sale,
        currency=currency,
        base_currency=text(native, "BaseCurrency").upper() or currency,
        rate=number(native, "CurrencyRate"),
        tax_calculation=text(native, "TaxCalculation"),
        account=text(native, "DefaultAccount"),
        tax_code=text(native, "TaxRule"),
        source_url=f"{site}/{page}#{sale}",
        voided=text(native, "Status").upper() == "VOIDED",
        attributes=sale_attributes(native),
        payment_term=text(native, "Terms"),
    )
