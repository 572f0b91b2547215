"""What Xero says of a record, in the words every ledger shares. Pure: parsed JSON in, states out.

Sources: Xero API documentation, Invoices, Credit Notes, Payments, Contacts, Items, Manual Journals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from hub import Kind, TargetState, TargetStatus
from hub_xero import contents, marks
from hub_xero.dates import day_of, stamp_of
from hub_xero.exact import Json

NO_ID = "00000000-0000-0000-0000-000000000000"
"""What Xero answers as the id of something it did not make."""

_INVOICE_KINDS = {"ACCREC": Kind.INVOICE, "ACCPAY": Kind.BILL}
_CREDIT_KINDS = {"ACCRECCREDIT": Kind.CREDIT_NOTE, "ACCPAYCREDIT": Kind.SUPPLIER_CREDIT}
_PAYMENT_KINDS = {
    "ACCRECPAYMENT": Kind.PAYMENT,
    "ACCPAYPAYMENT": Kind.PAYMENT,
    "ARCREDITPAYMENT": Kind.REFUND,
    "APCREDITPAYMENT": Kind.REFUND,
}
_DRAFTS = frozenset({"DRAFT", "SUBMITTED"})
_ENDED = frozenset({"VOIDED", "DELETED"})
_JOURNAL_STATUS = {"DRAFT": TargetStatus.DRAFT, "POSTED": TargetStatus.OPEN}
_CONTACT_STATUS = {
    "ACTIVE": TargetStatus.ACTIVE,
    "ARCHIVED": TargetStatus.ARCHIVED,
    "GDPRREQUEST": TargetStatus.VOIDED,
}


def _document_status(status: str, total: Decimal, due: Decimal) -> TargetStatus:
    if status in _DRAFTS:
        return TargetStatus.DRAFT
    if status in _ENDED:
        return TargetStatus.VOIDED
    if status == "PAID":
        return TargetStatus.PAID
    return TargetStatus.PART_PAID if due < total else TargetStatus.OPEN


def _decimal(native: Json, name: str, otherwise: Decimal | int = 0) -> Decimal:
    value = native.get(name)
    return Decimal(otherwise if value is None else value)


def _document(native: Json, kind: Kind, id_name: str, number_name: str, due_name: str) -> TargetState:
    total = _decimal(native, "Total")
    due = _decimal(native, due_name, total)
    return TargetState(
        kind=kind,
        target_id=native[id_name],
        status=_document_status(native.get("Status") or "DRAFT", total, due),
        number=native.get(number_name) or "",
        reference=native.get("Reference") or "",
        contact_id=(native.get("Contact") or {}).get("ContactID") or "",
        date=day_of(native),
        total=total,
        due=due,
        currency=native.get("CurrencyCode") or "",
        stamp=stamp_of(native),
        url=native.get("Url") or "",
        lines=tuple(line["LineItemID"] for line in native.get("LineItems") or () if line.get("LineItemID")),
        content=contents.document(native),
    )


def invoice(native: Json) -> TargetState | None:
    """The state of a sales invoice or bill; ``None`` for the other things Xero shows as invoices."""
    kind = _INVOICE_KINDS.get(native.get("Type") or "")
    return _document(native, kind, "InvoiceID", "InvoiceNumber", "AmountDue") if kind else None


def credit_note(native: Json) -> TargetState | None:
    """The state of a customer's or supplier's credit; ``due`` is the credit that remains."""
    kind = _CREDIT_KINDS.get(native.get("Type") or "")
    return _document(native, kind, "CreditNoteID", "CreditNoteNumber", "RemainingCredit") if kind else None


def _payment_kind(native: Json) -> Kind | None:
    if native.get("PaymentType"):
        return _PAYMENT_KINDS.get(native["PaymentType"])
    return Kind.REFUND if native.get("CreditNote") else Kind.PAYMENT


def payment(native: Json) -> TargetState | None:
    """The state of a payment or refund.

    One that was reconciled with the bank or belongs to a batch payment is *paid*: it can no longer be taken
    back.
    """
    kind = _payment_kind(native)
    if kind is None:
        return None
    paid = native.get("Invoice") or native.get("CreditNote") or {}
    firm = native.get("IsReconciled") is True or bool(native.get("BatchPayment") or native.get("BatchPaymentID"))
    live = TargetStatus.PAID if firm else TargetStatus.OPEN
    return TargetState(
        kind=kind,
        target_id=native["PaymentID"],
        status=TargetStatus.VOIDED if native.get("Status") in _ENDED else live,
        number=paid.get("InvoiceNumber") or paid.get("CreditNoteNumber") or "",
        reference=native.get("Reference") or "",
        contact_id=(paid.get("Contact") or {}).get("ContactID") or "",
        date=day_of(native),
        total=_decimal(native, "Amount"),
        currency=paid.get("CurrencyCode") or "",
        stamp=stamp_of(native),
    )


def allocation(native: Json, credit_id: str) -> TargetState | None:
    """The state of an allocation, known by its credit's id and its own; ``None`` when Xero names no id."""
    own = native.get("AllocationID") or native.get("AllocationId")
    if not own or own == NO_ID:
        return None
    return TargetState(
        kind=Kind.ALLOCATION,
        target_id=f"{credit_id}/{own}",
        status=TargetStatus.VOIDED if native.get("IsDeleted") is True else TargetStatus.OPEN,
        number=(native.get("Invoice") or {}).get("InvoiceNumber") or "",
        date=day_of(native),
        total=_decimal(native, "Amount"),
    )


def journal(native: Json) -> TargetState:
    """The state of a manual journal: ``reference`` is its narration, ``total`` the sum of its debits. It has no number
    and is always in the base currency. A summary without lines tells no total.
    """
    amounts = [_decimal(line, "LineAmount") for line in native.get("JournalLines") or ()]
    return TargetState(
        kind=Kind.JOURNAL,
        target_id=native["ManualJournalID"],
        status=_JOURNAL_STATUS.get(native.get("Status") or "DRAFT", TargetStatus.VOIDED),
        reference=native.get("Narration") or "",
        date=day_of(native),
        total=sum((amount for amount in amounts if amount > 0), Decimal(0)) if amounts else None,
        stamp=stamp_of(native),
        url=native.get("Url") or "",
        content=contents.journal(native),
        ours=bool(marks.carried_token(native)),
    )


def contact(native: Json) -> TargetState:
    """The state of a contact: ``number`` is its ContactNumber, ``reference`` its name.

    Archived, merged away (archived with ``merged_into``) and erased at the person's request (voided) are told
    apart.
    """
    return TargetState(
        kind=Kind.CONTACT,
        target_id=native["ContactID"],
        status=_CONTACT_STATUS.get(native.get("ContactStatus") or "ACTIVE", TargetStatus.ARCHIVED),
        number=native.get("ContactNumber") or "",
        reference=native.get("Name") or "",
        currency=native.get("DefaultCurrency") or "",
        stamp=stamp_of(native),
        merged_into=native.get("MergedToContactID") or "",
        content=contents.contact(native),
    )


def item(native: Json) -> TargetState:
    """The state of an item: ``number`` is its code, ``reference`` its name. Xero archives no items."""
    return TargetState(
        kind=Kind.ITEM,
        target_id=native["ItemID"],
        status=TargetStatus.ACTIVE,
        number=native.get("Code") or "",
        reference=native.get("Name") or "",
        stamp=stamp_of(native),
        content=contents.item(native),
    )


READERS: Mapping[Kind, Callable[[Json], TargetState | None]] = {
    Kind.INVOICE: invoice,
    Kind.BILL: invoice,
    Kind.CREDIT_NOTE: credit_note,
    Kind.SUPPLIER_CREDIT: credit_note,
    Kind.PAYMENT: payment,
    Kind.REFUND: payment,
    Kind.CONTACT: contact,
    Kind.ITEM: item,
    Kind.JOURNAL: journal,
}
"""How a native of each kind is read; allocations need their credit's id as well."""
