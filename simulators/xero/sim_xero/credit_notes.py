"""Credit notes. Source: Xero API documentation, CreditNotes."""

from __future__ import annotations

from typing import Any

from . import batch, editing, listing
from .documents import Draft, Kind, create
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw, text
from .invoices import UNKNOWN_ID
from .records import Document
from .render_documents import CREDIT_NOTE_FIELDS, contact_fields, credit_note

KIND = Kind("CreditNotes", "CreditNoteID", "CreditNoteNumber", ("ACCRECCREDIT", "ACCPAYCREDIT"), "CN", "Credit Note")
BATCH = ("CreditNotes", "CreditNoteID", "HasErrors")


@endpoint("GET", "/CreditNotes", "invoices")
def list_credit_notes(call: Call) -> Payload:
    """Without a page: no lines and a contact stub, as for invoices."""
    paged = listing.page_number(call) is not None
    with_lines = paged or not call.world.switches["unpaged_invoices_have_no_lines"]

    def render(call: Call, found: Document) -> dict[str, Any]:
        return credit_note(call, found, with_lines=with_lines, whole_contact=False)

    fields = {**CREDIT_NOTE_FIELDS, **contact_fields(call)}
    plan = listing.ListOf("CreditNotes", "CreditNote", fields, render, lambda document: document.updated)
    return listing.answer(call, plan, _indexed(call))


def _indexed(call: Call) -> list[Document]:
    table = call.books.credit_notes
    for field, index in (
        ("creditnotenumber", "number"),
        ("reference", "reference"),
        ("contact.contactid", "contact"),
    ):
        value = listing.equality(call, field)
        if value:
            return table.find(index, value)
    return list(table)


def find(call: Call, key: str) -> Document:
    """A credit note by id, else by number; 404 otherwise."""
    table = call.books.credit_notes
    found = table.get(key.lower()) or next(iter(table.find("number", key)), None)
    if found is None:
        raise not_found()
    return found


@endpoint("GET", "/CreditNotes/<path:key>", "invoices")
def get_credit_note(call: Call) -> Payload:
    return {"CreditNotes": [credit_note(call, find(call, call.args["key"]))]}


@endpoint("PUT", "/CreditNotes", "invoices")
def put_credit_notes(call: Call) -> Payload:
    return batch.run(call, *BATCH, lambda call, raw: _answer(call, Draft(call, KIND, raw), None))


@endpoint("POST", "/CreditNotes", "invoices")
def post_credit_notes(call: Call) -> Payload:
    return batch.run(call, *BATCH, lambda call, raw: _answer(call, Draft(call, KIND, raw), _match(call, raw)))


@endpoint("POST", "/CreditNotes/<key>", "invoices")
def post_credit_note(call: Call) -> Payload:
    document = find(call, call.args["key"])
    raw = call.element("CreditNotes")
    return batch.single(call, *BATCH, raw, lambda call, raw: _answer(call, Draft(call, KIND, raw), document))


def _answer(call: Call, draft: Draft, document: Document | None) -> dict[str, Any]:
    written = create(draft) if document is None else editing.update(draft, document)
    return batch.with_status(credit_note(call, written), draft.warnings)


def _match(call: Call, raw: Raw) -> Document | None:
    table = call.books.credit_notes
    if raw.get("CreditNoteID"):
        found = table.get(str(raw["CreditNoteID"]).lower())
        if found is None:
            raise ValidationError(UNKNOWN_ID)
        return found
    number, type_ = text(raw, "CreditNoteNumber"), raw.get("Type")
    same = [found for found in table.find("number", number or "") if type_ in (None, found.type)]
    living = [found for found in same if found.status not in ("VOIDED", "DELETED")]
    return max(living, key=lambda found: found.updated, default=None)
