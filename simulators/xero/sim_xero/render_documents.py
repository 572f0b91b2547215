"""Invoices, bills and credit notes as the API shows them."""

from __future__ import annotations

from typing import Any

from .dates import day_stamp, day_string, moment_string, stamp
from .endpoint import Call
from .filters import Reader
from .money import rounded
from .records import Document, Line
from .render_contacts import plain, stub


def line(found: Line, places: int) -> dict[str, Any]:
    """One line item; unit amounts at 2 decimals unless `unitdp=4`."""
    shown: dict[str, Any] = {"Description": found.description}
    if found.quantity is not None and found.unit_amount is not None:
        shown["UnitAmount"] = float(rounded(found.unit_amount, places))
        shown["Quantity"] = float(found.quantity)
    if found.tax_type:
        shown["TaxType"] = found.tax_type
    shown["TaxAmount"] = float(found.tax_amount)
    shown["LineAmount"] = float(found.line_amount)
    if found.account_code:
        shown["AccountCode"] = found.account_code
    if found.item_code:
        shown["ItemCode"] = found.item_code
    if found.discount_rate:
        shown["DiscountRate"] = float(found.discount_rate)
    if found.discount_amount:
        shown["DiscountAmount"] = float(found.discount_amount)
    shown["Tracking"] = found.tracking
    shown["LineItemID"] = found.line_id
    return shown


def _common(call: Call, found: Document, with_lines: bool, whole_contact: bool) -> dict[str, Any]:
    contact = call.books.contacts[found.contact_id]
    shown: dict[str, Any] = {
        "Type": found.type,
        "Contact": plain(contact) if whole_contact else stub(contact),
        "DateString": day_string(found.date),
        "Date": day_stamp(found.date),
        "Status": found.status,
        "LineAmountTypes": found.line_amount_types,
        "LineItems": [line(each, call.unit_places) for each in found.lines] if with_lines else [],
        "SubTotal": found.sub_total,
        "TotalTax": found.total_tax,
        "Total": found.total,
        "UpdatedDateUTC": stamp(found.updated),
        "UpdatedDateUTCString": moment_string(found.updated),
        "CurrencyCode": found.currency,
        "CurrencyRate": found.rate,
        "Reference": found.reference,
        "SentToContact": found.sent_to_contact,
        "HasAttachments": False,
        "HasErrors": False,
    }
    if found.due_date:
        shown["DueDateString"], shown["DueDate"] = day_string(found.due_date), day_stamp(found.due_date)
    if found.fully_paid_on:
        shown["FullyPaidOnDate"] = day_stamp(found.fully_paid_on)
    if found.branding_theme_id:
        shown["BrandingThemeID"] = found.branding_theme_id
    return shown


def invoice(call: Call, found: Document, with_lines: bool = True, whole_contact: bool = True) -> dict[str, Any]:
    """An invoice or bill."""
    shown = {
        "InvoiceID": found.document_id,
        "InvoiceNumber": found.number,
        **_common(call, found, with_lines, whole_contact),
        "Payments": _payments(call, found),
        "CreditNotes": [_applied_note(call, each) for each in found.allocation_ids],
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": found.open if found.status not in ("VOIDED", "DELETED") else 0.0,
        "AmountPaid": found.paid,
        "AmountCredited": found.credited,
        "IsDiscounted": any(each.discount_rate or each.discount_amount for each in found.lines),
    }
    if found.url:
        shown["Url"] = found.url
    for name, value in (
        ("ExpectedPaymentDate", found.expected_payment_date),
        ("PlannedPaymentDate", found.planned_payment_date),
    ):
        if value:
            shown[name] = day_stamp(value)
    return shown


def invoice_summary(call: Call, found: Document) -> dict[str, Any]:
    """`summaryOnly=true`: without payments, lines and the attachment flag."""
    shown = invoice(call, found, with_lines=False, whole_contact=False)
    for name in ("Payments", "CreditNotes", "Prepayments", "Overpayments", "LineItems", "HasAttachments"):
        shown.pop(name, None)
    return shown


def credit_note(call: Call, found: Document, with_lines: bool = True, whole_contact: bool = True) -> dict[str, Any]:
    """A credit note to a customer or from a supplier."""
    return {
        "CreditNoteID": found.document_id,
        "CreditNoteNumber": found.number,
        "ID": found.document_id,
        **_common(call, found, with_lines, whole_contact),
        "Payments": _payments(call, found),
        "RemainingCredit": found.open if found.status not in ("VOIDED", "DELETED") else 0.0,
        "AppliedAmount": found.credited,
        "Allocations": [_applied_to(call, each) for each in found.allocation_ids],
    }


def _payments(call: Call, found: Document) -> list[dict[str, Any]]:
    payments = (call.books.payments[payment_id] for payment_id in found.payment_ids)
    return [
        {
            "PaymentID": payment.payment_id,
            "Date": day_stamp(payment.date),
            "Amount": payment.amount,
            "Reference": payment.reference,
            "CurrencyRate": payment.rate,
            "HasAccount": False,
            "HasValidationErrors": False,
        }
        for payment in payments
    ]


def _applied_note(call: Call, allocation_id: str) -> dict[str, Any]:
    allocation = call.books.allocations[allocation_id]
    note = call.books.credit_notes[allocation.credit_note_id]
    return {
        "ID": note.document_id,
        "CreditNoteID": note.document_id,
        "CreditNoteNumber": note.number,
        "AppliedAmount": allocation.amount,
        "DateString": day_string(allocation.date),
        "Date": day_stamp(allocation.date),
        "LineItems": [],
        "Total": note.total,
        "HasErrors": False,
    }


def _applied_to(call: Call, allocation_id: str) -> dict[str, Any]:
    allocation = call.books.allocations[allocation_id]
    target = call.books.invoices[allocation.invoice_id]
    return {
        "AllocationID": allocation.allocation_id,
        "Amount": allocation.amount,
        "Date": day_stamp(allocation.date),
        "Invoice": {
            "InvoiceID": target.document_id,
            "InvoiceNumber": target.number,
            "LineItems": [],
            "Payments": [],
            "CreditNotes": [],
            "HasErrors": False,
        },
        "IsDeleted": False,
    }


def contact_fields(call: Call) -> dict[str, Reader[Document]]:
    """`where` fields that look into the document's contact."""
    contacts = call.books.contacts
    return {
        "contact.contactid": lambda document: document.contact_id,
        "contact.name": lambda document: contacts[document.contact_id].name,
        "contact.contactnumber": lambda document: contacts[document.contact_id].contact_number,
    }


FIELDS: dict[str, Reader[Document]] = {
    "type": lambda document: document.type,
    "status": lambda document: document.status,
    "reference": lambda document: document.reference,
    "date": lambda document: document.date,
    "duedate": lambda document: document.due_date,
    "subtotal": lambda document: document.sub_total,
    "totaltax": lambda document: document.total_tax,
    "total": lambda document: document.total,
    "currencycode": lambda document: document.currency,
    "updateddateutc": lambda document: document.updated,
    "fullypaidondate": lambda document: document.fully_paid_on,
    "senttocontact": lambda document: document.sent_to_contact,
}
INVOICE_FIELDS: dict[str, Reader[Document]] = {
    **FIELDS,
    "invoiceid": lambda document: document.document_id,
    "invoicenumber": lambda document: document.number,
    "amountdue": lambda document: document.open,
    "amountpaid": lambda document: document.paid,
    "amountcredited": lambda document: document.credited,
    "url": lambda document: document.url,
}
CREDIT_NOTE_FIELDS: dict[str, Reader[Document]] = {
    **FIELDS,
    "creditnoteid": lambda document: document.document_id,
    "creditnotenumber": lambda document: document.number,
    "remainingcredit": lambda document: document.open,
}
