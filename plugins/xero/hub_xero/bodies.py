"""Fitted documents as Xero's JSON objects. Pure; money stays ``Decimal``.

Sources: Xero API documentation, Invoices, Credit Notes, Contacts, Items, Payments. Totals are left out: Xero
adds them up itself. Each line states its amount and its tax, so a line that Xero would reckon otherwise is
refused, never altered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from hub import (
    CREDIT_KINDS,
    Action,
    Address,
    Allocation,
    Contact,
    Facts,
    Item,
    Kind,
    Line,
    Operation,
    Payment,
    Refund,
    Status,
    TargetStatus,
    TaxMode,
    TradeDocument,
)
from hub_xero import journals, marks, tracking
from hub_xero.exact import Json
from hub_xero.money import currency_rate
from hub_xero.pairing import line_ids

TYPES = {
    Kind.INVOICE: "ACCREC",
    Kind.BILL: "ACCPAY",
    Kind.CREDIT_NOTE: "ACCRECCREDIT",
    Kind.SUPPLIER_CREDIT: "ACCPAYCREDIT",
}
_MODES = {TaxMode.EXCLUSIVE: "Exclusive", TaxMode.INCLUSIVE: "Inclusive", TaxMode.NO_TAX: "NoTax"}
_STATUSES = {Status.DRAFT: "DRAFT", Status.AUTHORISED: "AUTHORISED"}


def reference(operation: Operation) -> str:
    """The ``Reference`` of a record: for credits and money it carries our mark."""
    text = getattr(operation.document, "reference", "")
    return text if operation.kind is Kind.INVOICE else marks.reference(operation, text)


def _line(line: Line, line_id: str, before: Line | None, mode: TaxMode, facts: Facts) -> Json:
    body: Json = {"LineItemID": line_id} if line_id else {}
    body |= {"Description": line.description, "Quantity": line.quantity, "UnitAmount": line.unit_price}
    if line.discount_percent:
        body["DiscountRate"] = line.discount_percent
    if line.item_code and (Kind.ITEM, line.item_id) in facts.targets:
        body["ItemCode"] = line.item_code
    body |= {"AccountCode": line.account, "LineAmount": line.amount}
    if mode is not TaxMode.NO_TAX:
        body |= {"TaxType": line.tax_code, "TaxAmount": line.tax_amount}
    if line.tracking or (before is not None and before.tracking):
        # A line for which nothing is said keeps what people chose for it.
        body["Tracking"] = tracking.written(line.tracking)
    return body


def _lines(operation: Operation, document: TradeDocument, facts: Facts) -> list[Json]:
    """The lines, each with the id of the line it replaces: a line sent without its id would be made anew.

    Of a document that the hub adopted nobody knows what was written: its lines are taken in their order.
    """
    known = operation.target.lines if operation.target else ()
    written: Mapping[str, Line] = {}
    if isinstance(operation.written, TradeDocument):
        ids = line_ids(document.lines, operation.written.lines, known)
        written = dict(zip(known, operation.written.lines, strict=False))
    else:
        ids = [*known, *[""] * len(document.lines)][: len(document.lines)]
    return [
        _line(line, line_id, written.get(line_id), document.tax_mode, facts)
        for line, line_id in zip(document.lines, ids, strict=True)
    ]


def _rate(document: TradeDocument | Payment | Refund, facts: Facts) -> Json:
    if document.rate is None or document.currency == facts.organisation.base_currency:
        return {}
    return {"CurrencyRate": currency_rate(document.rate)}


def trade(operation: Operation, facts: Facts) -> Json:
    """An invoice, bill or credit. Its contact is named by id alone: any other field would be written into the
    contact.
    """
    document = cast(TradeDocument, operation.document)
    is_credit = document.kind in CREDIT_KINDS
    own_id = "CreditNoteID" if is_credit else "InvoiceID"
    parts: dict[str, Json] = {
        "type": {"Type": TYPES[document.kind]},
        "number": {"CreditNoteNumber" if is_credit else "InvoiceNumber": document.number},
        "contact_id": {"Contact": {"ContactID": facts.target(Kind.CONTACT, document.contact_id)}},
        "date": {"Date": document.date},
        "due_date": {} if is_credit else {"DueDate": document.due_date or document.date},
        "reference": _trade_reference(operation),
        "source_url": {} if is_credit else {"Url": marks.url(operation)},
        "currency": {"CurrencyCode": document.currency},
        "rate": _rate(document, facts),
        "status": _status(operation, document),
        "tax_mode": {"LineAmountTypes": _MODES[document.tax_mode]},
        "lines": {"LineItems": _lines(operation, document, facts)},
    }
    return _identified(operation, own_id) | _chosen(parts, operation.fields)


def _status(operation: Operation, document: TradeDocument) -> Json:
    """How a new document is posted. An update says nothing of it, so a draft stays one and what was approved stays
    approved: to approve is the accountant's, and Xero refuses to make a draft of an approved document.
    """
    return {"Status": _STATUSES[document.status]} if operation.action is Action.CREATE else {}


def _trade_reference(operation: Operation) -> Json:
    has_reference = operation.kind in (Kind.INVOICE, Kind.CREDIT_NOTE)
    return {"Reference": reference(operation)} if has_reference else {}


def _identified(operation: Operation, id_name: str) -> Json:
    return {} if operation.action is Action.CREATE else {id_name: operation.target_id}


def _chosen(parts: Mapping[str, Json], fields: frozenset[str] | None) -> Json:
    chosen: Json = {}
    for name, part in parts.items():
        if fields is None or name in fields:
            chosen |= part
    return chosen


def contact(operation: Operation, facts: Facts) -> Json:
    """A contact: what the source says, never a blank. ``ContactNumber`` is written only where Xero has none
    yet.
    """
    document = cast(Contact, operation.document)
    parts: dict[str, Json] = {
        "name": {"Name": document.name},
        "first_name": {"FirstName": document.first_name},
        "last_name": {"LastName": document.last_name},
        "email": {"EmailAddress": document.email},
        "phone": {"Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": document.phone}] if document.phone else []},
        "tax_number": {"TaxNumber": document.tax_number},
        "number": {"AccountNumber": document.number},
        "currency": {"DefaultCurrency": _foreign(document.currency, facts)},
        "addresses": {"Addresses": [_address(address) for address in document.addresses]},
    }
    body = {name: value for name, value in _chosen(parts, operation.fields).items() if value}
    if operation.action is Action.CREATE or (operation.target is not None and not operation.target.number):
        body["ContactNumber"] = marks.contact_number(operation)
    return _identified(operation, "ContactID") | body


def _foreign(currency: str, facts: Facts) -> str:
    """A currency of its own; the base currency is a contact's anyway, and plans with one currency refuse any."""
    return "" if currency == facts.organisation.base_currency else currency


def _address(address: Address) -> Json:
    body = {
        "AddressType": "STREET" if address.type == "shipping" else "POBOX",
        "AddressLine1": address.line1,
        "AddressLine2": address.line2,
        "City": address.city,
        "Region": address.region,
        "PostalCode": address.postcode,
        "Country": address.country,
    }
    return {name: value for name, value in body.items() if value}


def item(operation: Operation, facts: Facts) -> Json:
    """An item that Xero keeps no stock of: the stock system keeps it, and its cost must be booked once."""
    document = cast(Item, operation.document)
    sale = _details(document.sale_price, document.sale_account, document.sale_tax)
    purchase = _details(document.purchase_price, document.purchase_account, document.purchase_tax)
    parts: dict[str, Json] = {
        "name": {"Name": document.name},
        "description": {"Description": document.description, "PurchaseDescription": document.description},
    }
    for names, native, details in (
        (("sale_price", "sale_account", "sale_tax"), "SalesDetails", sale),
        (("purchase_price", "purchase_account", "purchase_tax"), "PurchaseDetails", purchase),
    ):
        parts |= {name: {native: details} for name in names}
    body = {name: value for name, value in _chosen(parts, operation.fields).items() if value}
    return _identified(operation, "ItemID") | {"Code": document.code} | body


def _details(price: Any, account: str, tax: str) -> Json:
    body = {"UnitPrice": price, "AccountCode": account or None, "TaxType": tax or None}
    return {name: value for name, value in body.items() if value is not None}


def settlement(operation: Operation, facts: Facts) -> Json:
    """A payment of an invoice or bill, or a refund of a credit."""
    document = cast(Payment | Refund, operation.document)
    name = "CreditNote" if document.document_kind in CREDIT_KINDS else "Invoice"
    body: Json = {
        name: {f"{name}ID": facts.target(document.document_kind, document.document_id)},
        "Account": {"Code": document.account},
        "Date": document.date,
        "Amount": document.amount,
        "Reference": reference(operation),
    }
    return body | _rate(document, facts)


def allocation(operation: Operation, facts: Facts) -> Json:
    """A credit used against an invoice or bill."""
    document = cast(Allocation, operation.document)
    invoice = facts.target(document.document_kind, document.document_id)
    return {"Invoice": {"InvoiceID": invoice}, "Amount": document.amount, "Date": document.date}


def ended(operation: Operation, facts: Facts) -> Json:
    """A document taken out of the books: voided, or deleted while it was only a draft."""
    draft = operation.target is not None and operation.target.status is TargetStatus.DRAFT
    status = "DELETED" if draft or operation.action is Action.DELETE else "VOIDED"
    if operation.kind is Kind.JOURNAL:
        return journals.ended(operation, status)
    own_id = "CreditNoteID" if operation.kind in CREDIT_KINDS else "InvoiceID"
    return {own_id: operation.target_id, "Status": status}


WRITERS: Mapping[Kind, Callable[[Operation, Facts], Json]] = {
    **dict.fromkeys(TYPES, trade),
    Kind.CONTACT: contact,
    Kind.ITEM: item,
    Kind.PAYMENT: settlement,
    Kind.REFUND: settlement,
    Kind.ALLOCATION: allocation,
    Kind.JOURNAL: journals.body,
}
"""How an operation of each kind is written."""
