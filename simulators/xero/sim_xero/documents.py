"""What invoices, bills and credit notes have in common: reading a new one, putting the parts together.

Source: Xero API documentation, Invoices and CreditNotes, unless a rule says otherwise.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from . import lines, links, locks, parties
from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, choice, day, flag, number, part, rows, short_text, text
from .money import ZERO, rounded
from .records import Document, Line
from .tables import Table

AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")
STATUSES = ("DRAFT", "SUBMITTED", "DELETED", "AUTHORISED", "PAID", "VOIDED")
INVOICE_TYPES = (
    "ACCPAY",
    "ACCPAYCREDIT",
    "APOVERPAYMENT",
    "APPREPAYMENT",
    "ACCREC",
    "ACCRECCREDIT",
    "AROVERPAYMENT",
    "ARPREPAYMENT",
)
_NEW = ("DRAFT", "SUBMITTED", "AUTHORISED")


@dataclass(frozen=True, slots=True)
class Kind:
    """Invoices or credit notes: names and types that differ."""

    wrapper: str
    id_name: str
    number_name: str
    types: tuple[str, ...]
    prefix: str
    noun: str

    def table(self, call: Call) -> Table[Document]:
        return call.books.credit_notes if self.wrapper == "CreditNotes" else call.books.invoices


@dataclass(slots=True)
class Draft:
    """A document being written: what is wrong, what is to be warned of."""

    call: Call
    kind: Kind
    raw: Raw
    problems: ValidationError = field(default_factory=ValidationError)
    warnings: list[str] = field(default_factory=list)

    def rules(self, document: Document) -> lines.LineRules:
        draft = document.status == "DRAFT"
        amount_types = document.line_amount_types
        return lines.LineRules(self.call, document.type, draft, amount_types, self.problems, self.warnings)


def create(draft: Draft) -> Document:
    """A new document, stored; raises ValidationError with everything that is wrong."""
    call, raw, problems = draft.call, draft.raw, draft.problems
    type_ = choice(raw, "Type", INVOICE_TYPES, "Xero.API.Library.InvoiceType") or ""
    if type_ not in draft.kind.types:
        problems.add(f"{draft.kind.noun} not of valid type for creation", "Type")
        raise problems
    status = choice(raw, "Status", STATUSES, "Xero.API.Library.InvoiceStatus") or "DRAFT"
    if status not in _NEW:
        problems.add(f"{draft.kind.noun} not of valid status for creation", "Status")
    contact = parties.resolve(call, part(raw, "Contact"), problems)
    today = call.world.clock.today(call.books.organisation.timezone)
    document = Document(
        document_id=str(uuid.uuid4()),
        type=type_,
        number="",
        contact_id=contact.contact_id if contact else "",
        date=day(raw, "Date") or today,
        status=status,
        currency="",
        rate=Decimal(1),
        updated=call.now,
        client_id=call.client_id,
    )
    fill(draft, document)
    sent = rows(raw, "LineItems") or []
    if not sent:
        problems.add("One or more line items must be specified", "LineItems")
    document.lines = lines.build(draft.rules(document), sent, [])
    set_number(draft, document, text(raw, draft.kind.number_name))
    finish(draft, document)
    parties.mark(call, document.contact_id, document.is_sale)
    return draft.kind.table(call).put(document)


def fill(draft: Draft, document: Document) -> None:
    """Plain fields sent, onto a fresh copy of the document."""
    raw, problems = draft.raw, draft.problems
    document.line_amount_types = (
        choice(raw, "LineAmountTypes", AMOUNT_TYPES, "Xero.API.Library.LineAmountType") or document.line_amount_types
    )
    document.due_date = day(raw, "DueDate") or document.due_date
    document.expected_payment_date = day(raw, "ExpectedPaymentDate") or document.expected_payment_date
    document.planned_payment_date = day(raw, "PlannedPaymentDate") or document.planned_payment_date
    document.url = links.read(draft.call, raw, document.url, problems)
    document.branding_theme_id = text(raw, "BrandingThemeID") or document.branding_theme_id
    reference = short_text(raw, "Reference", 255, problems)
    if reference is not None and document.is_sale:
        document.reference = reference
    _set_sent(draft, document)
    _set_currency(draft, document)


def _set_sent(draft: Draft, document: Document) -> None:
    sent = flag(draft.raw, "SentToContact")
    if sent is None or sent == document.sent_to_contact:
        return
    if document.status in ("AUTHORISED", "PAID"):
        document.sent_to_contact = sent
    else:
        draft.warnings.append("Only AUTHORISED invoices may have SentToContact updated.")


def _set_currency(draft: Draft, document: Document) -> None:
    """The currency must have been added; a rate left out is the day's, here a fixed table (see README)."""
    call, raw = draft.call, draft.raw
    base = call.books.organisation.base_currency
    code = text(raw, "CurrencyCode")
    changed = code is not None and code != document.currency
    document.currency = code or document.currency or base
    if call.books.currencies.get(document.currency) is None:
        draft.problems.add(f"Organisation is not subscribed to currency {document.currency}", "CurrencyCode")
        return
    rate = number(raw, "CurrencyRate")
    if document.currency == base:
        document.rate = Decimal(1)
    elif rate is not None and rate > 0:
        document.rate = rounded(rate, 6)
    elif changed:
        day_rate = call.world.day_rates.get(document.currency)
        if day_rate is None:
            draft.problems.add("A currency rate must be specified", "CurrencyRate")
        document.rate = day_rate or Decimal(1)


def set_number(draft: Draft, document: Document, sent: str | None) -> None:
    """Sales numbers are unique and made up when missing; suppliers' numbers may repeat."""
    call, table = draft.call, draft.kind.table(draft.call)
    name = draft.kind.number_name
    if sent and (len(sent) > 255 or not sent.isascii() or not sent.isprintable()):
        draft.problems.add(f"{name} must be at most 255 printable ASCII characters.", name)
    if sent:
        document.number = sent
        if document.is_sale and any(_clashes(call, document, other) for other in table.find("folded", sent.casefold())):
            draft.problems.add(f"{draft.kind.noun} # must be unique.", name)
    elif not document.number and document.is_sale and not draft.problems.messages:
        document.number = call.books.next_number(draft.kind.prefix, table)


def _clashes(call: Call, document: Document, other: Document) -> bool:
    if other.document_id == document.document_id or other.type != document.type:
        return False
    if other.number != document.number and not call.world.switches["invoice_numbers_ignore_case"]:
        return False
    return call.world.switches["final_numbers_stay_used"] or other.status not in ("VOIDED", "DELETED")


def finish(draft: Draft, document: Document) -> None:
    """Totals, last checks, derived status; raises when anything was wrong."""
    call, problems = draft.call, draft.problems
    document.sub_total, document.total_tax, document.total = lines.totals(document.lines, document.line_amount_types)
    approved = document.status in ("SUBMITTED", "AUTHORISED")
    if approved and document.total < 0:
        problems.add("The document total cannot be negative.")
    needs_due_date = approved and call.world.switches["due_date_required_when_approved"]
    if needs_due_date and document.due_date is None and not document.is_credit_note:
        problems.add("Due Date is required for submitted and approved documents.", "DueDate")
    check_lock(draft, document, document.date)
    problems.raise_if_any()
    settle(call, document, document.date)


def check_lock(draft: Draft, document: Document, on: date) -> None:
    if document.status != "DRAFT" or draft.call.world.switches["lock_dates_bind_drafts"]:
        locks.check(draft.call, on, draft.problems)


def settle(call: Call, document: Document, on: date) -> None:
    """PAID is never written: it follows from payments and allocations; `on` is the day of the last of them."""
    if document.status not in ("AUTHORISED", "PAID"):
        return
    empty = document.total == ZERO and not call.world.switches["zero_total_is_paid"]
    if document.open == ZERO and not empty:
        document.status = "PAID"
        document.fully_paid_on = document.fully_paid_on or on
    else:
        document.status, document.fully_paid_on = "AUTHORISED", None


def applied(call: Call, table: Table[Document], document: Document, on: date, **changes: object) -> Document:
    """The document with other payments or allocations, its status derived anew, stored."""
    changed = replace(document, updated=call.now, **changes)  # type: ignore[arg-type]
    settle(call, changed, on)
    return table.put(changed)


def copy_of(call: Call, document: Document) -> Document:
    """A fresh copy to write on."""
    kept: list[Line] = list(document.lines)
    return replace(document, lines=kept, updated=call.now)
