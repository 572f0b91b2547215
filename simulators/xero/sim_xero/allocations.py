"""Allocations of credit notes to invoices. Source: Xero API documentation, CreditNotes (Allocations)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from . import batch, credit_notes, locks
from .dates import day_stamp
from .documents import applied
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw, day, number, part
from .money import ZERO, rounded
from .records import Allocation, Document

_BATCH = ("Allocations", "AllocationID", "HasValidationErrors")


@endpoint("PUT", "/CreditNotes/<key>/Allocations", "invoices")
def put_allocations(call: Call) -> Payload:
    note_id = credit_notes.find(call, call.args["key"]).document_id
    return batch.run(call, *_BATCH, lambda call, raw: _create(call, call.books.credit_notes[note_id], raw))


@endpoint("DELETE", "/CreditNotes/<key>/Allocations/<allocation>", "invoices")
def delete_allocation(call: Call) -> Payload:
    """The answer is a bare object that spells `AllocationId`, as documented.

    It also carries the Amount, which the documented example lacks, since Xero's own client insists on one.
    """
    note = credit_notes.find(call, call.args["key"])
    allocation = call.books.allocations.get(call.args["allocation"].lower())
    if allocation is None or allocation.deleted or allocation.credit_note_id != note.document_id:
        raise not_found()

    def remove(call: Call, raw: Raw) -> dict[str, Any]:
        problems = ValidationError()
        locks.check(call, allocation.date, problems)
        problems.raise_if_any()
        return undo(call, allocation)

    shown = batch.single(call, *_BATCH, {}, remove)["Allocations"][0]
    return {"bare": True, **shown}


def _create(call: Call, note: Document, raw: Raw) -> dict[str, Any]:
    """Invoice, Amount and Date are all required; both sides must have that much open."""
    problems = ValidationError()
    invoice = _invoice(call, raw)
    amount, on = number(raw, "Amount"), day(raw, "Date")
    if invoice is None:
        problems.add("An invoice that exists must be specified.", "Invoice")
    if on is None:
        problems.add("The Date of the allocation must be specified.", "Date")
    if amount is None or amount <= 0:
        problems.add("The Amount of the allocation must be greater than zero.", "Amount")
    if invoice is None or on is None or amount is None:
        raise problems
    amount = rounded(amount)
    _check(call, note, invoice, amount, problems)
    locks.check(call, on, problems)
    problems.raise_if_any()
    return _store(call, note, invoice, amount, on)


def _invoice(call: Call, raw: Raw) -> Document | None:
    sent = part(raw, "Invoice")
    found = call.books.invoices.get(str(sent.get("InvoiceID") or "").lower())
    if found is None and sent.get("InvoiceNumber"):
        found = next(iter(call.books.invoices.find("number", str(sent["InvoiceNumber"]))), None)
    return found


def _check(call: Call, note: Document, invoice: Document, amount: Decimal, problems: ValidationError) -> None:
    if note.status != "AUTHORISED":
        problems.add("Credit notes can only be allocated when they are authorised.")
    if invoice.status != "AUTHORISED":
        problems.add("Credit notes can only be allocated to Authorised documents", "Invoice")
    if note.is_sale != invoice.is_sale:
        problems.add("The credit note cannot be allocated to a document of this type.", "Invoice")
    if note.contact_id != invoice.contact_id and call.world.switches["allocation_needs_same_contact"]:
        problems.add("The credit note and the invoice must be of the same contact.", "Invoice")
    if note.currency != invoice.currency:
        problems.add("The credit note and the invoice must be in the same currency.", "Invoice")
    if amount > note.open:
        problems.add("The amount exceeds the remaining credit on this credit note.", "Amount")
    if amount > invoice.open:
        problems.add("The amount exceeds the amount outstanding on this document", "Amount")


def _store(call: Call, note: Document, invoice: Document, amount: Decimal, on: date) -> dict[str, Any]:
    books = call.books
    found = Allocation(str(uuid.uuid4()), note.document_id, invoice.document_id, amount, on, call.now)
    books.allocations.put(found)
    for table, document in ((books.credit_notes, note), (books.invoices, invoice)):
        ids = [*document.allocation_ids, found.allocation_id]
        applied(call, table, document, on, credited=document.credited + amount, allocation_ids=ids)
    return {
        "AllocationID": found.allocation_id,
        "Amount": amount,
        "Date": day_stamp(on),
        "Invoice": {
            "InvoiceID": invoice.document_id,
            "InvoiceNumber": invoice.number,
            "LineItems": [],
            "HasErrors": False,
        },
        "CreditNote": {"CreditNoteID": note.document_id, "ID": note.document_id, "LineItems": []},
        "IsDeleted": False,
        "StatusAttributeString": "OK",
        "ValidationErrors": [],
    }


def undo(call: Call, allocation: Allocation) -> dict[str, Any]:
    """Take an allocation back: both documents are open again by its amount."""
    books = call.books
    books.allocations.put(replace(allocation, deleted=True, updated=call.now))
    for table, key in (
        (books.credit_notes, allocation.credit_note_id),
        (books.invoices, allocation.invoice_id),
    ):
        document = table[key]
        ids = [each for each in document.allocation_ids if each != allocation.allocation_id]
        credited = document.credited - allocation.amount or ZERO
        applied(call, table, document, allocation.date, credited=credited, allocation_ids=ids)
    return {
        "AllocationId": allocation.allocation_id,
        "Amount": allocation.amount,
        "Date": day_stamp(allocation.date),
        "Invoice": {"InvoiceID": allocation.invoice_id},
        "IsDeleted": True,
    }
