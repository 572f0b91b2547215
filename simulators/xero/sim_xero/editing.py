"""Changing documents that exist: which status may follow which, and what may still be changed when money is
on it.

Source: Xero API documentation, Invoices (Updating invoices) and CreditNotes; messages as users of the API
quote them.
"""

from __future__ import annotations

from dataclasses import replace

from . import lines, parties
from .documents import (
    STATUSES,
    Draft,
    check_lock,
    copy_of,
    fill,
    finish,
    set_number,
)
from .errors import ValidationError
from .fields import choice, day, part, rows, text
from .records import Document, Line

NOT_MODIFIABLE = "Invoice not of valid status for modification"
HAS_MONEY = "This document cannot be edited as it has a payment or credit note allocated to it."

# What a document of a status may become by an update; PAID is derived and never asked for.
_NEXT = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED"},
    "PAID": {"AUTHORISED", "PAID"},
    "VOIDED": set[str](),
    "DELETED": set[str](),
}
# With a payment on it a sales invoice still takes changes of these line fields, a bill of none (docs).
_LINE_FIELDS = ("description", "account_code", "tracking")


def update(draft: Draft, document: Document) -> Document:
    """Apply what was sent to a document that exists, and store it; raises ValidationError when the rules forbid it."""
    table = draft.kind.table(draft.call)
    status = _next_status(draft, document)
    if status in ("VOIDED", "DELETED"):
        return table.put(_ended(draft, document, status))
    changed = copy_of(draft.call, document)
    changed.status = status
    _apply(draft, document, changed)
    if document.paid or document.credited:
        changed.status = document.status
        _check_money(draft, document, changed)
        if not _noticed(document, changed):
            changed.updated = document.updated
    if changed.date != document.date:
        check_lock(draft, document, document.date)
    finish(draft, changed)
    parties.mark(draft.call, changed.contact_id, changed.is_sale)
    return table.put(changed)


def _next_status(draft: Draft, document: Document) -> str:
    """The status asked for, or the present one; raises when it may not follow."""
    asked = choice(draft.raw, "Status", STATUSES, "Xero.API.Library.InvoiceStatus") or document.status
    money = bool(document.paid or document.credited)
    if asked in _NEXT[document.status]:
        return asked
    if money and asked == "VOIDED":
        raise ValidationError(NOT_MODIFIABLE, HAS_MONEY)
    if money and asked in ("DRAFT", "SUBMITTED"):
        raise ValidationError(
            f"The status {asked} cannot be applied to the invoice because it has payments or credit notes "
            "allocated to it."
        )
    raise ValidationError(NOT_MODIFIABLE)


def _ended(draft: Draft, document: Document, status: str) -> Document:
    """VOIDED or DELETED: final; nothing else of the request is applied."""
    if document.paid or document.credited:
        raise ValidationError(NOT_MODIFIABLE, HAS_MONEY)
    check_lock(draft, document, document.date)
    draft.problems.raise_if_any()
    ended = copy_of(draft.call, document)
    ended.status = status
    return ended


def _apply(draft: Draft, document: Document, changed: Document) -> None:
    """The fields and lines sent; what is not sent stays."""
    raw = draft.raw
    if raw.get("Contact"):
        contact = parties.resolve(draft.call, part(raw, "Contact"), draft.problems)
        changed.contact_id = contact.contact_id if contact else document.contact_id
    changed.date = day(raw, "Date") or document.date
    fill(draft, changed)
    sent_type = text(raw, "Type")
    if sent_type is not None and sent_type != document.type:
        draft.problems.add("The type of a document cannot be changed.", "Type")
    sent = rows(raw, "LineItems")
    if sent:
        changed.lines = lines.build(draft.rules(changed), sent, document.lines)
    elif changed.line_amount_types != document.line_amount_types:
        changed.lines = lines.recalculated(draft.rules(changed), document.lines)
    if changed.status != document.status and changed.status != "DRAFT" and not sent:
        changed.lines = lines.build(
            draft.rules(changed), [{"LineItemID": x.line_id} for x in changed.lines], changed.lines
        )
    number = text(raw, draft.kind.number_name)
    if number != document.number:
        set_number(draft, changed, number)


def _check_money(draft: Draft, document: Document, changed: Document) -> None:
    """With money on a document only some fields may differ from what they were."""
    allowed = document.type == "ACCREC" and not draft.problems.messages
    if allowed and not _locked_parts_differ(document, changed):
        return
    if not _differs(document, changed) and not draft.problems.messages:
        return
    draft.problems.add(NOT_MODIFIABLE)
    draft.problems.add(HAS_MONEY)


def _noticed(document: Document, changed: Document) -> bool:
    """Whether a change moves UpdatedDateUTC: due date and sent flag on (partly) paid documents do not (docs)."""
    names = ("due_date", "sent_to_contact")
    silent = replace(changed, **{name: getattr(document, name) for name in names})
    return _differs(document, silent)


def _locked_parts_differ(document: Document, changed: Document) -> bool:
    if changed.contact_id != document.contact_id and document.credited:
        return True
    names = ("date", "line_amount_types", "currency", "rate")
    if any(getattr(changed, name) != getattr(document, name) for name in names):
        return True
    if len(changed.lines) != len(document.lines):
        return True
    return any(_line_locked(old, new) for old, new in zip(document.lines, changed.lines, strict=True))


def _line_locked(old: Line, new: Line) -> bool:
    names = ("line_id", "quantity", "unit_amount", "line_amount", "tax_amount", "tax_type", "item_code")
    return any(getattr(old, name) != getattr(new, name) for name in names)


def _differs(document: Document, changed: Document) -> bool:
    names = ("reference", "due_date", "number", "branding_theme_id", "url", "contact_id", "sent_to_contact")
    if any(getattr(changed, name) != getattr(document, name) for name in names):
        return True
    if _locked_parts_differ(document, changed):
        return True
    pairs = zip(document.lines, changed.lines, strict=True)
    return any(getattr(old, name) != getattr(new, name) for old, new in pairs for name in _LINE_FIELDS)
