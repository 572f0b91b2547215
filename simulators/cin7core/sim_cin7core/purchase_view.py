"""Purchases as Core's JSON: rows, the simple form with objects, the advanced form with lists, payments.

Sources: Cin7 Core API v2 documentation, Purchase list, Purchase, Advanced purchase and their payment pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim_cin7core import chart, stamps, status
from sim_cin7core.account import Account
from sim_cin7core.books.purchase_rows import journal_id
from sim_cin7core.cards import number
from sim_cin7core.journal_view import manual_journals
from sim_cin7core.lines_view import address, attributes, invoice_status, parts, payment, payments, totals
from sim_cin7core.records import (
    AUTHORISED,
    NOT_AVAILABLE,
    Delivery,
    Document,
    JsonObject,
    Line,
    Payment,
    Task,
    identifier,
)
from sim_cin7core.stock.trade import moved, restocking
from sim_cin7core.switches import Switches

_PAID_SWITCH = "bill_paid_status"


def row(task: Task, switches: Switches, *, zone: bool = True) -> JsonObject:
    """A row of purchaseList (and, without the Z, of purchaseCreditNoteList)."""
    bill = next(iter(task.invoices), None)
    received = _received(task)
    return {
        "ID": task.id,
        "BlindReceipt": False,
        "OrderNumber": task.number,
        "Status": status.purchase_status(task),
        "OrderDate": stamps.midnight(task.date),
        "InvoiceDate": stamps.midnight(bill.date) if bill else None,
        "Supplier": task.party,
        "SupplierID": task.party_id,
        "InvoiceNumber": bill.number if bill else None,
        "InvoiceAmount": number(status.invoiced(task) - status.credited(task)),
        "PaidAmount": number(status.paid(task)),
        "InvoiceDueDate": stamps.midnight(bill.due) if bill else None,
        "RequiredBy": None,
        "BaseCurrency": chart.CURRENCY,
        "SupplierCurrency": task.currency,
        "CreditNoteNumber": task.credits[-1].number if task.credits else None,
        "OrderStatus": task.order.status,
        "StockReceivedStatus": received,
        "UnstockStatus": task.credits[-1].status if task.credits else NOT_AVAILABLE,
        "InvoiceStatus": _row_invoice_status(task),
        "CreditNoteStatus": status.credit_status(task),
        "LastUpdatedDate": stamps.shown(task.updated, zone=zone),
        "Type": task.type,
        "CombinedInvoiceStatus": status.invoice_status(task),
        "CombinedPaymentStatus": status.payment_status(task),
        "CombinedReceivingStatus": status.receiving_status(task),
        "IsServiceOnly": task.type == "Service Purchase",
        "DropShipTaskID": None,
    }


def credit_row(task: Task, credit: Document, switches: Switches) -> JsonObject:
    """A row of purchaseCreditNoteList."""
    shown = row(task, switches, zone=switches.on("purchase_credit_stamp_zone"))
    return {**shown, "CreditNoteNumber": credit.number, "CreditNoteStatus": credit.status}


def simple(task: Task, account: Account, combine: bool) -> JsonObject:
    """The form of /purchase: objects without TaskIDs instead of lists, and a misspelt bill number."""
    switches = account.switches
    bill = next(iter(task.invoices), None)
    credit = next(iter(task.credits), None)
    number_key = "InvocieNumber" if switches.on("simple_purchase_misspelt_number") else "InvoiceNumber"
    shown = _head(task, combine)
    received = [row for delivery in _receipts(task) for row in _stock(delivery)]
    shown["StockReceived"] = {"Status": _received(task), "Lines": received}
    shown["Invoice"] = {
        "Status": NOT_AVAILABLE,
        "Lines": [],
        "AdditionalCharges": [],
        "Payments": [],
        number_key: None,
        "TotalBeforeTax": 0,
        "Tax": 0,
        "Total": 0,
        "Paid": 0,
    }
    if bill:
        shown["Invoice"] = {
            "InvoiceDate": stamps.midnight(bill.date),
            "InvoiceDueDate": stamps.midnight(bill.due),
            number_key: bill.number,
            **_bill_body(bill, switches, combine),
        }
    shown["CreditNote"] = {
        "Status": NOT_AVAILABLE,
        "Lines": [],
        "AdditionalCharges": [],
        "Refunds": [],
        "Unstock": {"Status": NOT_AVAILABLE, "Lines": []},
        "TotalBeforeTax": 0,
        "Tax": 0,
        "Total": 0,
    }
    if credit:
        unstock = {"Status": credit.status, "Lines": _unstock(credit)}
        shown["CreditNote"] = {"CreditNoteNumber": credit.number, **_credit_body(credit, combine, unstock)}
    shown["ManualJournals"] = manual_journals(account.books.journal_lines(task), with_system=True)
    return {**shown, **_tail(task, account)}


def advanced(task: Task, account: Account, combine: bool) -> JsonObject:
    """The form of /advanced-purchase: lists with a TaskID for each document; works for every type."""
    switches = account.switches
    shown = _head(task, combine)
    shown.update(
        Type=task.type,
        CombinedInvoiceStatus=status.invoice_status(task),
        CombinedReceivingStatus=status.receiving_status(task),
        CombinedPaymentStatus=status.payment_status(task),
        IsServiceOnly=task.type == "Service Purchase",
    )
    receipt = [
        {
            "TaskID": delivery.task_id,
            "InvoicingAndReceivingNumber": delivery.number,
            "Status": delivery.status,
            "Lines": _stock(delivery),
        }
        for delivery in _receipts(task)
    ]
    shown["StockReceived"] = [] if switches.on("received_in_put_away") else receipt
    shown["PutAway"] = receipt
    shown["Invoice"] = [
        {
            "TaskID": bill.task_id,
            "InvoicingAndReceivingNumber": position,
            "InvoiceDate": stamps.midnight(bill.date),
            "InvoiceDueDate": stamps.midnight(bill.due),
            "InvoiceNumber": bill.number,
            **_bill_body(bill, switches, combine),
        }
        for position, bill in enumerate(task.invoices, start=1)
    ]
    shown["CreditNote"] = [
        {
            "TaskID": credit.task_id,
            "CreditNoteInvoiceNumber": credit.against,
            "CreditNoteNumber": credit.number,
            **_credit_body(credit, combine, _unstock(credit)),
        }
        for credit in task.credits
    ]
    shown["ManualJournals"] = journal_objects(task, account)
    return {**shown, **_tail(task, account)}


def journal_objects(task: Task, account: Account) -> list[JsonObject]:
    """The list of ManualJournals of an advanced purchase: one object with everything, or none."""
    shown = manual_journals(account.books.journal_lines(task), with_system=True)
    if not shown["Lines"]:
        return []
    return [{"TaskID": journal_id(task), "InvoicingAndReceivingNumber": 1, **shown}]


def payment_rows(task: Task, *, with_purchase_id: bool) -> list[JsonObject]:
    """The bare array of the payment pages; /purchase/payment leaves the PurchaseID out."""
    rows = [_payment_row(task, task.id, item, "Prepayment") for item in task.order.payments]
    for documents, kind in ((task.invoices, "Payment"), (task.credits, "Refund")):
        rows += [
            _payment_row(task, document.task_id, item, kind) for document in documents for item in document.payments
        ]
    if not with_purchase_id:
        for shown in rows:
            shown["TaskID"] = shown.pop("PurchaseID")
    return rows


def _payment_row(task: Task, task_id: str, item: Payment, kind: str) -> JsonObject:
    return {
        "PurchaseID": task.id,
        "TaskID": task_id,
        "ID": item.id,
        "Type": kind,
        **payment(item),
        "DepositID": None,
    }


def _head(task: Task, combine: bool) -> JsonObject:
    order = _parts(task.order, combine)
    for item in (*order["Lines"], *order["AdditionalCharges"]):
        del item["Account"]
    return {
        "ID": task.id,
        "SupplierID": task.party_id,
        "Supplier": task.party,
        "Contact": "",
        "Phone": "",
        "InventoryAccount": chart.INVENTORY,
        "BlindReceipt": False,
        "Approach": "INVOICE",
        "BillingAddress": address(task.country),
        "ShippingAddress": {**address("United Kingdom"), "ShipToOther": False},
        "BaseCurrency": chart.CURRENCY,
        "SupplierCurrency": task.currency,
        "TaxRule": task.tax_rule,
        "TaxCalculation": task.calculation,
        "Terms": task.terms,
        "RequiredBy": None,
        "Location": task.location or chart.LOCATION,
        "Note": task.note,
        "OrderNumber": task.number,
        "OrderDate": stamps.midnight(task.date),
        "Status": status.purchase_status(task),
        "RelatedDropShipSaleTask": None,
        "CurrencyRate": number(task.rate),
        "LastUpdatedDate": stamps.shown(task.updated),
        "Order": {
            "Memo": task.order.memo,
            "Status": task.order.status,
            **order,
            "Prepayments": payments(task.order.payments),
            **totals(task.order),
        },
    }


def _tail(task: Task, account: Account) -> JsonObject:
    return {
        "AdditionalAttributes": attributes(task),
        "Attachments": [],
        "InventoryMovements": [*_movements(task, account)],
    }


def _movements(task: Task, account: Account) -> Iterator[JsonObject]:
    """What came in is positive and what went back negative, each with the TaskID of its receipt or credit note
    (documentation, Advanced Purchase: the example receives three of 280 and credits two of them)."""
    if task.void:
        return
    papers: list[tuple[Delivery | Document, int]] = [(delivery, 1) for delivery in task.delivered]
    papers += [(credit, -1) for credit in restocking(task)]
    for paper, sign in papers:
        for key, item in moved(paper, account.books.catalogue):
            yield {
                "TaskID": paper.task_id,
                "ProductID": item.product_id,
                "Date": stamps.midnight(paper.date),
                "COGS": number(sign * account.books.cost(task.id, key)),
            }


def _bill_body(bill: Document, switches: Switches, combine: bool) -> JsonObject:
    return {
        "Status": invoice_status(bill, switches, _PAID_SWITCH),
        **_parts(bill, combine),
        "Payments": payments(bill.payments),
        **totals(bill),
        "Paid": number(bill.paid),
    }


def _parts(document: Document, combine: bool) -> JsonObject:
    """Lines of purchases have no AverageCost, their charges a Reference instead of a Comment."""
    shown = parts(document, combine)
    for item in shown["Lines"]:
        del item["AverageCost"]
    for item in shown["AdditionalCharges"]:
        item["Reference"] = item.pop("Comment")
    return shown


def _credit_body(credit: Document, combine: bool, unstock: Any) -> JsonObject:
    return {
        "CreditNoteDate": stamps.midnight(credit.date),
        "Status": credit.status,
        **_parts(credit, combine),
        "Refunds": payments(credit.payments),
        "Unstock": unstock,
        **totals(credit),
    }


def _receipts(task: Task) -> list[Delivery]:
    return [] if task.void else task.delivered


def _received(task: Task) -> str:
    return AUTHORISED if _receipts(task) else NOT_AVAILABLE


def _row_invoice_status(task: Task) -> str:
    bill = next(iter(task.invoices), None)
    if bill is None:
        return NOT_AVAILABLE
    return "PAID" if bill.live and status.payment_status(task) == "PAID" else bill.status


def _stock(delivery: Delivery) -> list[JsonObject]:
    return [
        {
            **_piece(item, delivery),
            "LocationID": chart.LOCATION_ID,
            "Received": True,
            "SupplierSKU": "",
            "CardID": identifier("card", delivery.task_id, position),
        }
        for position, item in enumerate(delivery.lines)
    ]


def _unstock(credit: Document) -> list[JsonObject]:
    return [
        {"CardID": identifier("card", credit.task_id, position), **_piece(item, credit)}
        for position, item in enumerate(credit.lines)
        if credit.moves_stock
    ]


def _piece(item: Line, dated: Delivery | Document) -> JsonObject:
    return {
        "Date": stamps.midnight(dated.date),
        "Quantity": number(item.quantity),
        "ProductID": item.product_id,
        "SKU": item.sku,
        "Name": item.name,
        "Location": chart.LOCATION,
        "BatchSN": None,
        "ExpiryDate": None,
    }
