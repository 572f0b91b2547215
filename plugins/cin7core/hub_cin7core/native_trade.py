"""The part that sales and purchases share: invoices, credits, their money and their lines: pure.

A sale or purchase of Core is a task that owns several accounting documents, each with its own ``TaskID``.
Statuses are read from each document, never from the task's combined status (Cin7 Core API v2 documentation,
Sale and Advanced Purchase).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub import Allocation, Status, TradeDocument, money
from hub_cin7core.fields import Native, ReadError, blocks, day, guid, number, text
from hub_cin7core.native_lines import read_amounts
from hub_cin7core.native_task import Form, Header, Task, kind_of

_STATUSES = {
    "AUTHORISED": Status.AUTHORISED,
    "AUTHORIZED": Status.AUTHORISED,
    "PAID": Status.AUTHORISED,
    "DRAFT": Status.DRAFT,
    "VOIDED": Status.VOIDED,
}
_ABSENT = frozenset({"", "NOT AVAILABLE"})


def read_task(
    header: Header,
    invoices: Iterable[Native],
    credits: Iterable[Native],
    prepayments: Iterable[Native],
    forms: tuple[Form, Form],
) -> Task:
    """All documents of a sale or purchase."""
    task = Task(header=header)
    invoice_form, credit_form = forms
    invoices = tuple(invoices)
    prepayments = tuple(prepayments)
    made = tuple(
        (entry, document) for entry in invoices if (document := _read_document(task, entry, invoice_form)) is not None
    )
    for entry, document in made:
        _read_settlements(task, blocks(entry, invoice_form.settlements), document, invoice_form)
    _read_prepayments(task, prepayments, made, invoice_form)
    targets = tuple(document for _, document in made)
    for entry in credits:
        _read_credit(task, entry, credit_form, targets)
    return task


def _status(header: Header, entry: Native) -> Status | None:
    """Where a document stands; None when Core only keeps its place. A voided task voids them all."""
    name = text(entry, "Status").upper()
    if name in _ABSENT:
        return None
    if name not in _STATUSES:
        raise ReadError(f"unknown document status {name!r}")
    return Status.VOIDED if header.voided else _STATUSES[name]


def _read_document(
    task: Task, entry: Native, form: Form, extra: Mapping[str, Any] | None = None
) -> TradeDocument | None:
    header = task.header
    status = _status(header, entry)
    if status is None:
        return None
    own_id = guid(entry, "TaskID") or header.id
    date = day(entry, form.date)
    given_number = text(entry, *form.number)
    if status is not Status.AUTHORISED and (date is None or not given_number):
        task.skip(form.kind, own_id, f"{status}: without a number or date")
        return None
    if date is None:
        raise ReadError(f"{form.date} is missing")
    amounts = read_amounts(entry, header.currency, header.tax_calculation)
    if not amounts.lines and not amounts.total:
        task.skip(form.kind, own_id, "no lines")
        return None
    document = form.document(
        external_id=own_id,
        source_url=header.source_url,
        number=given_number or header.order_number,
        reference=header.reference,
        status=status,
        date=date,
        due_date=day(entry, form.due_date) if form.due_date else None,
        payment_term=header.payment_term if form.due_date else "",
        contact_id=header.contact_id,
        contact_name=header.contact_name,
        currency=header.currency,
        rate=base_per_foreign(header, number(entry, *form.rate), header.rate),
        tax_mode=amounts.mode,
        account=header.account,
        tax_code=header.tax_code,
        attributes=header.attributes,
        lines=amounts.lines,
        subtotal=amounts.subtotal,
        tax=amounts.tax,
        total=amounts.total,
        **(extra or {}),
    )
    task.add(document)
    return document


def base_per_foreign(header: Header, *given: Decimal | None) -> Decimal | None:
    """The rate as base units per one foreign unit: the first given one; None for base-currency documents.

    Core's rates already point that way, so nothing is inverted: in the documentation of Journal a line's
    ``BaseAmount`` is its ``Amount`` times ``CurrencyConversionRate``, and in Core's support forum an
    Australian company has to enter 1.4493 for the US dollar. A zero or negative rate is no rate: the hub
    holds the document.
    """
    if header.currency == header.base_currency:
        return None
    rate = next((value for value in given if value is not None), None)
    return rate if rate is not None and rate > 0 else None


def _read_settlements(task: Task, entries: Iterable[Native], document: TradeDocument, form: Form) -> Decimal:
    """Payments of an invoice or refunds of a credit, standing where their document stands; their sum."""
    paid = Decimal(0)
    kind = kind_of(form.settlement)
    for entry in entries:
        own_id = guid(entry, "ID")
        amount = money(number(entry, "Amount") or Decimal(0), document.currency)
        date = day(entry, "DatePaid")
        if not own_id or date is None:
            raise ReadError(f"a {kind} of {document.number} has no ID or no DatePaid")
        paid += amount
        if amount <= 0:
            task.skip(kind, own_id, "zero amount" if not amount else "negative amount")
            continue
        task.add(
            form.settlement(
                external_id=own_id,
                source_url=task.header.source_url,
                document_kind=document.kind,
                document_id=document.external_id,
                reference=text(entry, "Reference"),
                status=document.status,
                date=date,
                amount=amount,
                currency=document.currency,
                rate=base_per_foreign(task.header, number(entry, "CurrencyRate")),
                account=text(entry, "Account"),
            )
        )
    return paid


def _read_prepayments(
    task: Task, entries: Sequence[Native], made: Sequence[tuple[Native, TradeDocument]], form: Form
) -> None:
    """Money paid on the order, before there was an invoice.

    Core counts it in an invoice's ``Paid``. Where exactly one invoice's ``Paid`` is its payments and the
    prepayments together, they are payments of that invoice; otherwise they are left out with the rule.
    """
    known = {document.external_id for document in task.documents}
    by_id = {guid(entry, "ID"): entry for entry in entries}
    waiting = [entry for own_id, entry in by_id.items() if own_id not in known]
    if not waiting:
        return
    payers = [
        document
        for entry, document in made
        if number(entry, "Paid") == _sum_of_amounts((*blocks(entry, form.settlements), *waiting))
    ]
    if len(payers) == 1:
        _read_settlements(task, waiting, payers[0], form)
        return
    for entry in waiting:
        task.skip("prepayment", guid(entry, "ID") or task.header.id, "prepayment not used by one invoice")


def _sum_of_amounts(entries: Iterable[Native]) -> Decimal:
    return sum((number(entry, "Amount") or Decimal(0) for entry in entries), Decimal(0))


def _read_credit(task: Task, entry: Native, form: Form, invoices: Sequence[TradeDocument]) -> None:
    """A credit, its refunds, and what is left of it as an allocation to the invoice it names."""
    invoice = _credited(entry, invoices)
    extra = {"credits_id": invoice.external_id if invoice else ""}
    credit = _read_document(task, entry, form, extra)
    if credit is None:
        return
    refunded = _read_settlements(task, blocks(entry, form.settlements), credit, form)
    left = credit.total - refunded
    if invoice is None or left <= 0:
        return
    standing = next((one.status for one in (credit, invoice) if one.status is not Status.AUTHORISED), credit.status)
    task.add(
        Allocation(
            external_id=f"{credit.external_id}:allocation",
            source_url=task.header.source_url,
            status=standing,
            credit_kind=credit.kind,
            credit_id=credit.external_id,
            document_kind=invoice.kind,
            document_id=invoice.external_id,
            date=credit.date,
            amount=left,
            currency=credit.currency,
            number=credit.number,
        )
    )


def _credited(entry: Native, invoices: Sequence[TradeDocument]) -> TradeDocument | None:
    """The invoice of the same task that a credit names; that of a simple purchase means its only bill."""
    named = text(entry, "CreditNoteInvoiceNumber")
    if not named and "TaskID" not in entry and len(invoices) == 1:
        return invoices[0]
    matches = [invoice for invoice in invoices if named and invoice.number.casefold() == named.casefold()]
    return next((one for one in matches if one.status is Status.AUTHORISED), matches[0] if matches else None)
