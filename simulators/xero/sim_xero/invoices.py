"""Invoices and bills. Source: Xero API documentation, Invoices."""

from __future__ import annotations

from typing import Any

from . import batch, editing, listing
from .documents import Draft, Kind, create
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw, text
from .records import Document
from .render_documents import INVOICE_FIELDS, contact_fields, invoice, invoice_summary

KIND = Kind("Invoices", "InvoiceID", "InvoiceNumber", ("ACCREC", "ACCPAY"), "INV", "Invoice")
BATCH = ("Invoices", "InvoiceID", "HasErrors")
UNKNOWN_ID = "The document with the supplied id was not found for this endpoint."


@endpoint("GET", "/Invoices", "invoices")
def list_invoices(call: Call) -> Payload:
    """Without a page: no lines and a contact stub. `Statuses` forces paging."""
    with_lines = listing.page_number(call) is not None or not call.world.switches["unpaged_invoices_have_no_lines"]

    def render(call: Call, found: Document) -> dict[str, Any]:
        if call.flag("summaryOnly"):
            return invoice_summary(call, found)
        return invoice(call, found, with_lines=with_lines, whole_contact=False)

    fields = {**INVOICE_FIELDS, **contact_fields(call)}
    plan = listing.ListOf("Invoices", "Invoice", fields, render, lambda document: document.updated)
    return listing.answer(call, plan, _chosen(call))


def _chosen(call: Call) -> list[Document]:
    """The invoices the plain query parameters let through, by index where one helps."""
    records = _indexed(call)
    statuses, contact_ids = listing.csv(call, "Statuses"), listing.ids(call, "ContactIDs")
    if statuses:
        records = [found for found in records if found.status in statuses]
    if contact_ids:
        records = [found for found in records if found.contact_id in contact_ids]
    if call.flag("createdByMyApp"):
        records = [found for found in records if found.client_id == call.client_id]
    if term := call.query.get("searchterm", "").lower():
        contacts = call.books.contacts
        names = ((f, f"{f.number}\n{f.reference}\n{contacts[f.contact_id].name}".lower()) for f in records)
        records = [found for found, searched in names if term in searched]
    return records


def _indexed(call: Call) -> list[Document]:
    table = call.books.invoices
    if wanted := listing.ids(call, "IDs"):
        return [found for found in map(table.get, wanted) if found]
    if numbers := listing.csv(call, "InvoiceNumbers"):
        return [found for number in dict.fromkeys(numbers) for found in table.find("number", number)]
    if contact_ids := listing.ids(call, "ContactIDs"):
        return [found for contact_id in dict.fromkeys(contact_ids) for found in table.find("contact", contact_id)]
    for field, index in (
        ("invoicenumber", "number"),
        ("reference", "reference"),
        ("contact.contactid", "contact"),
    ):
        value = listing.equality(call, field)
        if value:
            return table.find(index, value)
    return list(table)


def find(call: Call, key: str) -> Document:
    """An invoice by id, else by number (sales invoices first); 404 otherwise."""
    found = call.books.invoices.get(key.lower())
    if found:
        return found
    numbered = sorted(call.books.invoices.find("number", key), key=lambda document: not document.is_sale)
    if not numbered:
        raise not_found()
    return numbered[0]


@endpoint("GET", "/Invoices/<path:key>", "invoices")
def get_invoice(call: Call) -> Payload:
    return {"Invoices": [invoice(call, find(call, call.args["key"]))]}


@endpoint("PUT", "/Invoices", "invoices")
def put_invoices(call: Call) -> Payload:
    """PUT creates, always."""
    return batch.run(call, *BATCH, lambda call, raw: _answer(call, Draft(call, KIND, raw), None))


@endpoint("POST", "/Invoices", "invoices")
def post_invoices(call: Call) -> Payload:
    """POST changes what it finds by id or number, else creates."""
    return batch.run(call, *BATCH, lambda call, raw: _answer(call, Draft(call, KIND, raw), _match(call, raw)))


@endpoint("POST", "/Invoices/<path:key>", "invoices")
def post_invoice(call: Call) -> Payload:
    document = find(call, call.args["key"])
    raw = call.element("Invoices")
    return batch.single(call, *BATCH, raw, lambda call, raw: _answer(call, Draft(call, KIND, raw), document))


def _answer(call: Call, draft: Draft, document: Document | None) -> dict[str, Any]:
    written = create(draft) if document is None else editing.update(draft, document)
    return batch.with_status(invoice(call, written), draft.warnings)


def _match(call: Call, raw: Raw) -> Document | None:
    """By InvoiceID, else by number within the same type: a bill of ANOTHER supplier is found too (seen)."""
    table = call.books.invoices
    if raw.get("InvoiceID"):
        found = table.get(str(raw["InvoiceID"]).lower())
        if found is None:
            raise ValidationError(UNKNOWN_ID)
        return found
    number, type_ = text(raw, "InvoiceNumber"), raw.get("Type")
    same = [found for found in table.find("number", number or "") if type_ in (None, found.type)]
    living = [found for found in same if found.status not in ("VOIDED", "DELETED")]
    if living:
        return max(living, key=lambda found: found.updated)
    return next((found for found in same if found.is_sale and call.world.switches["final_numbers_stay_used"]), None)
