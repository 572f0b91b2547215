"""Sales as Core's JSON: list rows, the detail and its documents (documentation: Sale, Sale list)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sim_cin7core import chart, stamps, status
from sim_cin7core.cards import number
from sim_cin7core.lines_view import address, invoice_status, parts, payment, payments, totals
from sim_cin7core.postings import sale_postings
from sim_cin7core.records import (
    AUTHORISED,
    NOT_AVAILABLE,
    STANDALONE_CREDIT,
    Document,
    JsonObject,
    Line,
    Payment,
    Task,
    identifier,
)
from sim_cin7core.switches import Switches

_PAID_SWITCH = "sale_invoice_paid_status"
_ATTRIBUTES = {f"AdditionalAttribute{position}": "" for position in range(1, 11)}


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
        "RestockStatus": credit.status,
    }


def detail(task: Task, switches: Switches, options: Options) -> JsonObject:
    """The sale with everything in it."""
    shown = _head(task)
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
    shown["ManualJournals"] = {"Status": NOT_AVAILABLE, "Lines": []}
    shown.update(
        ExternalID=task.external_id,
        AdditionalAttributes=_ATTRIBUTES,
        Attachments=[],
        InventoryMovements=_movements(task) if options.movements else [],
    )
    if options.transactions:
        shown["Transactions"] = sale_postings(task, switches)
    return shown


def _head(task: Task) -> JsonObject:
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
        "Location": chart.LOCATION,
        "SaleOrderDate": stamps.midnight(task.date),
        "LastModifiedOn": stamps.shown(task.updated),
        "Note": task.note,
        "CustomerReference": task.reference,
        "COGSAmount": number(_cost(task)),
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
        SalesRepresentative="",
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
        "Restock": [_stock(one) for one in item.lines],
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
    if not task.order.lines:
        return []
    done = AUTHORISED if task.fulfilled and not task.void else NOT_AVAILABLE
    stock = [_stock(item) for item in task.order.lines] if task.fulfilled else []
    ship = (
        [
            {
                "ID": identifier("shipment", task.id),
                "ShipmentDate": stamps.midnight(task.date),
                "Carrier": "",
                "Boxes": "Box 1",
                "TrackingNumber": "",
                "TrackingURL": "",
                "IsShipped": True,
            }
        ]
        if task.fulfilled
        else []
    )
    return [
        {
            "TaskID": identifier("fulfilment", task.id),
            "FulfillmentNumber": 1,
            "LinkedInvoiceNumber": task.invoices[0].number if task.invoices else None,
            "FulFilmentStatus": status.fulfilment_status(task),
            "Pick": {"Status": done, "Lines": stock},
            "Pack": {"Status": done, "Lines": [{**item, "Box": "Box 1"} for item in stock]},
            "Ship": {"Status": done, "RequireBy": None, "ShippingNotes": "", "Lines": ship},
        }
    ]


def _cost(task: Task) -> Decimal:
    if task.void or not task.fulfilled:
        return Decimal(0)
    return sum((item.quantity * item.average_cost for item in task.order.lines), Decimal(0))


def _movements(task: Task) -> list[JsonObject]:
    if task.void or not task.fulfilled:
        return []
    return [
        {
            "TaskID": identifier("fulfilment", task.id),
            "ProductID": item.product_id,
            "Date": stamps.midnight(task.date),
            "COGS": number(item.quantity * item.average_cost),
        }
        for item in task.order.lines
    ]
