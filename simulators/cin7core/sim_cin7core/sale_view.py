"""Sales as Core's JSON: list rows, the detail and its documents (documentation: Sale, Sale list)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sim_cin7core import chart, stamps, status
from sim_cin7core.account import Account
from sim_cin7core.books.rows import Row
from sim_cin7core.cards import number
from sim_cin7core.journal_view import manual_journals
from sim_cin7core.lines_view import address, attributes, invoice_status, parts, payment, payments, totals
from sim_cin7core.records import (
    AUTHORISED,
    NOT_AVAILABLE,
    STANDALONE_CREDIT,
    ZERO,
    Delivery,
    Document,
    JsonObject,
    Line,
    Payment,
    Task,
    delivery_id,
    identifier,
)
from sim_cin7core.stock.trade import moved, restocking
from sim_cin7core.switches import Switches

_PAID_SWITCH = "sale_invoice_paid_status"


@dataclass(frozen=True, slots=True)
class Options:
    """What a detail call may ask for."""

    combine: bool = False
    transactions: bool = False
    movements: bool = True

    @property
    def variant(self) -> str:
        """A short name of this choice."""
        return f"detail {self.combine:d}{self.transactions:d}{self.movements:d}"


def row(task: Task) -> JsonObject:
    """A row of saleList: amounts are invoices minus credit notes, payments minus refunds."""
    invoice = next(iter(task.invoices), None)
    shipping = _shipping(task)
    return {
        "SaleID": task.id,
        "OrderNumber": task.number,
        "Status": status.sale_status(task),
        "OrderDate": stamps.midnight(task.date),
        "InvoiceDate": stamps.midnight(invoice.date) if invoice else None,
        "Customer": task.party,
        "CustomerID": task.party_id,
        "InvoiceNumber": invoice.number if invoice else None,
        "CustomerReference": task.reference,
        "InvoiceAmount": number(status.invoiced(task) - status.credited(task)),
        "PaidAmount": number(status.paid(task)),
        "SaleInvoicesTotalAmount": number(status.invoiced(task)),
        "InvoiceDueDate": stamps.midnight(invoice.due) if invoice else None,
        "ShipBy": None,
        "BaseCurrency": chart.CURRENCY,
        "CustomerCurrency": task.currency,
        "CreditNoteNumber": task.credits[-1].number if task.credits else None,
        "Updated": stamps.shown(task.updated),
        "QuoteStatus": NOT_AVAILABLE,
        "OrderStatus": task.order.status,
        "CombinedPickingStatus": {"SHIPPED": "PICKED", "NOT SHIPPED": "NOT PICKED"}.get(shipping, shipping),
        "CombinedPackingStatus": {"SHIPPED": "PACKED", "NOT SHIPPED": "NOT PACKED"}.get(shipping, shipping),
        "CombinedShippingStatus": shipping,
        "CombinedTrackingNumbers": "",
        "CombinedInvoiceStatus": status.invoice_status(task),
        "CombinedPaymentStatus": status.payment_status(task),
        "CombinedPaymentTotal": number(status.paid(task)),
        "CreditNoteStatus": status.credit_status(task),
        "FulFilmentStatus": status.fulfilment_status(task),
        "Type": task.type,
        "SourceChannel": task.channel,
        "ExternalID": task.external_id,
        "OrderLocationID": chart.LOCATION_ID,
    }


def credit_row(task: Task, credit: Document) -> JsonObject:
    """A row of saleCreditNoteList, whose list is also called SaleList."""
    shown = row(task)
    del shown["SaleInvoicesTotalAmount"], shown["CombinedPaymentTotal"]
    alone = task.type == STANDALONE_CREDIT
    return {
        **shown,
        "CreditNoteNumber": credit.number,
        "CreditNoteStatus": credit.status,
        "QuoteStatus": "" if alone else shown["QuoteStatus"],
        "RestockStatus": credit.status if credit.moves_stock else NOT_AVAILABLE,
    }


def detail(task: Task, account: Account, options: Options) -> JsonObject:
    """The sale with everything in it."""
    switches = account.switches
    shown = _head(task, account)
    shown["Quote"] = {
        "Memo": "",
        "Status": NOT_AVAILABLE,
        "Prepayments": payments(task.order.payments),
        "Lines": [],
        "AdditionalCharges": [],
        "TotalBeforeTax": 0,
        "Tax": 0,
        "Total": 0,
    }
    shown["Order"] = _order(task.order, options.combine)
    shown["Fulfilments"] = _fulfilments(task)
    shown["Invoices"] = [invoice(item, switches, options.combine) for item in task.invoices]
    shown["CreditNotes"] = [credit_note(item, options.combine) for item in task.credits]
    shown["ManualJournals"] = manual_journals(task.journals)
    shown.update(
        ExternalID=task.external_id,
        AdditionalAttributes=attributes(task),
        Attachments=[],
        InventoryMovements=_movements(task, account) if options.movements else [],
    )
    if options.transactions:
        shown["Transactions"] = [_transaction(task, *item) for item in enumerate(account.books.rows_of(task))]
    return shown


def _transaction(task: Task, position: int, item: Row) -> JsonObject:
    return {
        "TaskID": item.task_id,
        "TransactionID": identifier("transaction", task.id, position),
        "Debit": item.debit,
        "Credit": item.credit,
        "Description": item.text,
        "Amount": number(item.amount),
        "EffectiveDate": stamps.midnight(item.date),
    }


def _head(task: Task, account: Account) -> JsonObject:
    listed = row(task)
    shown: JsonObject = {
        "ID": task.id,
        "Customer": task.party,
        "CustomerID": task.party_id,
        "Contact": "",
        "Phone": "",
        "Email": "",
        "DefaultAccount": chart.SALES,
        "SkipQuote": True,
        "BillingAddress": address(task.country),
        "ShippingAddress": {**address(task.country), "Company": "", "Contact": "", "ShipToOther": False},
        "ShippingNotes": "",
        "BaseCurrency": chart.CURRENCY,
        "CustomerCurrency": task.currency,
        "TaxRule": task.tax_rule,
        "TaxCalculation": task.calculation,
        "Terms": task.terms,
        "PriceTier": "Tier 1",
        "ShipBy": None,
        "Location": task.location or chart.LOCATION,
        "SaleOrderDate": stamps.midnight(task.date),
        "LastModifiedOn": stamps.shown(task.updated),
        "Note": task.note,
        "CustomerReference": task.reference,
        "COGSAmount": number(sum((cost for *_, cost in _costs(task, account)), ZERO)),
    }
    shown.update(
        (name, listed[name])
        for name in (
            "Status",
            "CombinedPickingStatus",
            "CombinedPackingStatus",
            "CombinedShippingStatus",
            "FulFilmentStatus",
            "CombinedInvoiceStatus",
            "CombinedPaymentStatus",
            "CombinedTrackingNumbers",
        )
    )
    shown.update(
        Carrier="",
        CurrencyRate=number(task.rate),
        SalesRepresentative=task.sales_rep,
        Type=task.type,
        ServiceOnly=task.type == "Service Sale",
        SourceChannel=task.channel,
    )
    return shown


def invoice(item: Document, switches: Switches, combine: bool) -> JsonObject:
    """An invoice inside the detail."""
    return {
        "TaskID": item.task_id,
        "InvoiceNumber": item.number,
        "Memo": item.memo,
        "Status": invoice_status(item, switches, _PAID_SWITCH),
        "InvoiceDate": stamps.midnight(item.date),
        "InvoiceDueDate": stamps.midnight(item.due),
        "CurrencyConversionRate": number(item.rate),
        "BillingAddressLine1": "",
        "BillingAddressLine2": "",
        "LinkedFulfillmentNumber": "1",
        **parts(item, combine),
        "Payments": payments(item.payments),
        **totals(item),
        "Paid": number(item.paid),
    }


def credit_note(item: Document, combine: bool) -> JsonObject:
    """A credit note inside the detail."""
    return {
        "TaskID": item.task_id,
        "CreditNoteInvoiceNumber": item.against,
        "Memo": item.memo,
        "Status": item.status,
        "CreditNoteDate": stamps.midnight(item.date),
        "CreditNoteNumber": item.number,
        "CreditNoteConversionRate": number(item.rate),
        **parts(item, combine),
        "Refunds": payments(item.payments),
        "Restock": [_stock(one) for one in item.lines if item.moves_stock],
        **totals(item),
    }


def payment_rows(task: Task) -> list[JsonObject]:
    """The bare array of /sale/payment."""
    rows = [_payment_row(task, None, item, "Prepayment") for item in task.order.payments]
    rows += [_payment_row(task, document, item, "Payment") for document in task.invoices for item in document.payments]
    return rows + [
        _payment_row(task, document, item, "Refund") for document in task.credits for item in document.payments
    ]


def _payment_row(task: Task, document: Document | None, item: Payment, kind: str) -> JsonObject:
    number_text = document.number if document else None
    return {
        "SaleID": task.id,
        "TaskID": document.task_id if document else task.id,
        "ID": item.id,
        "SaleOrderNumber": task.number,
        "InvoiceNumber": number_text if kind == "Payment" else None,
        "CreditNoteNumber": number_text if kind == "Refund" else None,
        "Type": kind,
        **payment(item),
        "CreditID": None,
    }


def _order(order: Document, combine: bool) -> JsonObject:
    shown = parts(order, combine)
    for item in (*shown["Lines"], *shown["AdditionalCharges"]):
        del item["Account"]
    return {
        "SaleOrderNumber": order.number,
        "Memo": order.memo,
        "Status": order.status,
        **shown,
        **totals(order),
    }


def _shipping(task: Task) -> str:
    fulfilment = status.fulfilment_status(task)
    return {"FULFILLED": "SHIPPED", "NOT FULFILLED": "NOT SHIPPED"}.get(fulfilment, fulfilment)


def _stock(item: Line) -> JsonObject:
    return {
        "ProductID": item.product_id,
        "SKU": item.sku,
        "Name": item.name,
        "Location": chart.LOCATION,
        "LocationID": chart.LOCATION_ID,
        "Quantity": number(item.quantity),
        "BatchSN": None,
        "ExpiryDate": None,
    }


def _fulfilments(task: Task) -> list[JsonObject]:
    """Each with its own TaskID; before anything is shipped there is one without lines."""
    if not task.order.lines or task.type == STANDALONE_CREDIT:
        return []
    pending = Delivery(delivery_id(task.side, task.id, 1), 1, task.date, (), NOT_AVAILABLE)
    return [_fulfilment(task, delivery) for delivery in task.deliveries or [pending]]


def _fulfilment(task: Task, delivery: Delivery) -> JsonObject:
    done = delivery.status == AUTHORISED and not task.void
    shown, stock = AUTHORISED if done else NOT_AVAILABLE, [_stock(item) for item in delivery.lines if done]
    position = min(delivery.number, len(task.invoices)) - 1
    return {
        "TaskID": delivery.task_id,
        "FulfillmentNumber": delivery.number,
        "LinkedInvoiceNumber": task.invoices[position].number if task.invoices else None,
        "FulFilmentStatus": status.fulfilment_status(task) if len(task.deliveries) < 2 else "FULFILLED",
        "Pick": {"Status": shown, "Lines": stock},
        "Pack": {"Status": shown, "Lines": [{**item, "Box": "Box 1"} for item in stock]},
        "Ship": {
            "Status": shown,
            "RequireBy": None,
            "ShippingNotes": "",
            "Lines": [_shipment(delivery)] if done else [],
        },
    }


def _shipment(delivery: Delivery) -> JsonObject:
    return {
        "ID": identifier("shipment", delivery.task_id),
        "ShipmentDate": stamps.midnight(delivery.date),
        "Carrier": "",
        "Boxes": "Box 1",
        "TrackingNumber": "",
        "TrackingURL": "",
        "IsShipped": True,
    }


def _costs(task: Task, account: Account) -> Iterator[tuple[str, date, Line, Decimal]]:
    """What left and came back: the TaskID it belongs to, the day, the line, and its cost (negative coming back)."""
    if task.void:
        return
    books = account.books
    papers: list[tuple[Delivery | Document, int]] = [(delivery, 1) for delivery in task.delivered]
    papers += [(credit, -1) for credit in restocking(task)]
    for paper, sign in papers:
        for key, item in moved(paper, books.catalogue):
            cost = books.cost(task.id, key)
            yield paper.task_id, paper.date, item, cost if item.quantity * sign > 0 else -cost


def _movements(task: Task, account: Account) -> list[JsonObject]:
    return [
        {"TaskID": task_id, "ProductID": item.product_id, "Date": stamps.midnight(day), "COGS": number(cost)}
        for task_id, day, item, cost in _costs(task, account)
    ]
