"""Payments of invoices and refunds of credit notes. Source: Xero API documentation, Payments."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

from . import batch, listing, locks
from .dates import day_stamp, moment_string, stamp
from .documents import applied
from .endpoint import Call, Payload, endpoint
from .errors import ApiError, ValidationError, not_found
from .fields import Raw, choice, day, flag, number, part, short_text, text
from .filters import Reader
from .money import rounded
from .records import Account, Document, Payment
from .render_contacts import stub
from .tables import Table

_BATCH = ("Payments", "PaymentID", "HasValidationErrors")
_TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
}
_STATUSES = ("AUTHORISED", "DELETED")


def _documents(call: Call, payment: Payment) -> Table[Document]:
    return call.books.credit_notes if payment.is_refund else call.books.invoices


def render(call: Call, payment: Payment) -> dict[str, Any]:
    account = call.books.accounts[payment.account_id]
    document = _documents(call, payment)[payment.document_id]
    shown: dict[str, Any] = {
        "PaymentID": payment.payment_id,
        "Date": day_stamp(payment.date),
        "BankAmount": payment.bank_amount,
        "Amount": payment.amount,
        "Reference": payment.reference,
        "CurrencyRate": payment.rate,
        "PaymentType": payment.payment_type,
        "Status": payment.status,
        "UpdatedDateUTC": stamp(payment.updated),
        "UpdatedDateUTCString": moment_string(payment.updated),
        "HasAccount": True,
        "IsReconciled": payment.is_reconciled,
        "Account": {"AccountID": account.account_id, "Code": account.code, "Name": account.name},
        "HasValidationErrors": False,
    }
    shown["CreditNote" if payment.is_refund else "Invoice"] = _paid_document(call, document)
    if payment.batch_payment_id:
        shown["BatchPaymentID"] = payment.batch_payment_id
        shown["BatchPayment"] = {"BatchPaymentID": payment.batch_payment_id, "Status": "AUTHORISED"}
    return shown


def _paid_document(call: Call, document: Document) -> dict[str, Any]:
    names = ("CreditNoteID", "CreditNoteNumber") if document.is_credit_note else ("InvoiceID", "InvoiceNumber")
    return {
        names[0]: document.document_id,
        names[1]: document.number,
        "Type": document.type,
        "Payments": [],
        "LineItems": [],
        "HasErrors": False,
        "Contact": stub(call.books.contacts[document.contact_id]),
        "CurrencyCode": document.currency,
    }


def _fields(call: Call) -> dict[str, Reader[Payment]]:
    accounts = call.books.accounts
    return {
        "paymentid": lambda payment: payment.payment_id,
        "status": lambda payment: payment.status,
        "paymenttype": lambda payment: payment.payment_type,
        "reference": lambda payment: payment.reference,
        "date": lambda payment: payment.date,
        "amount": lambda payment: payment.amount,
        "isreconciled": lambda payment: payment.is_reconciled,
        "updateddateutc": lambda payment: payment.updated,
        "account.accountid": lambda payment: payment.account_id,
        "account.code": lambda payment: accounts[payment.account_id].code,
        "invoice.invoiceid": lambda payment: None if payment.is_refund else payment.document_id,
        "creditnote.creditnoteid": lambda payment: payment.document_id if payment.is_refund else None,
        "invoice.invoicenumber": lambda payment: _documents(call, payment)[payment.document_id].number,
    }


@endpoint("GET", "/Payments", "payments")
def list_payments(call: Call) -> Payload:
    plan = listing.ListOf("Payments", "Payment", _fields(call), render, lambda payment: payment.updated)
    document_id = listing.equality(call, "invoice.invoiceid")
    records = call.books.payments.find("document", document_id) if document_id else list(call.books.payments)
    return listing.answer(call, plan, records)


def _find(call: Call) -> Payment:
    payment = call.books.payments.get(call.args["key"].lower())
    if payment is None:
        raise not_found()
    return payment


@endpoint("GET", "/Payments/<key>", "payments")
def get_payment(call: Call) -> Payload:
    return {"Payments": [render(call, _find(call))]}


@endpoint("PUT", "/Payments", "payments")
def put_payments(call: Call) -> Payload:
    return batch.run(call, *_BATCH, lambda call, raw: render(call, create(call, raw)))


@endpoint("POST", "/Payments", "payments")
def post_payment(call: Call) -> Payload:
    """POST takes one payment: a new one, or one named by PaymentID to be deleted."""
    rows = call.elements("Payments")
    if len(rows) != 1:
        message = "POST takes a single payment; use PUT for many."
        raise ApiError(400, batch.validation_exception([{"ValidationErrors": [{"Message": message}]}]))

    def write(call: Call, raw: Raw) -> dict[str, Any]:
        if not raw.get("PaymentID"):
            return render(call, create(call, raw))
        payment = call.books.payments.get(str(raw["PaymentID"]).lower())
        if payment is None:
            raise ValidationError("The document with the supplied id was not found for this endpoint.")
        return render(call, delete(call, payment, raw))

    return batch.single(call, *_BATCH, rows[0], write)


@endpoint("POST", "/Payments/<key>", "payments")
def post_deletion(call: Call) -> Payload:
    payment = _find(call)
    raw = call.element("Payments")
    return batch.single(call, *_BATCH, raw, lambda call, raw: render(call, delete(call, payment, raw)))


def create(call: Call, raw: Raw) -> Payment:
    """A payment or refund; raises ValidationError with everything that is wrong."""
    problems = ValidationError()
    document, account = _document(call, raw), _account(call, raw)
    amount = number(raw, "Amount")
    if document is None:
        problems.add("An invoice or credit note that exists must be specified.", "Invoice")
    if amount is None or amount <= 0:
        problems.add("The payment amount must be greater than zero.", "Amount")
    _check_account(call, account, document, problems)
    if document is None or account is None or amount is None:
        raise problems
    amount = rounded(amount)
    _check_document(document, amount, problems)
    on = day(raw, "Date") or call.world.clock.today(call.books.organisation.timezone)
    locks.check(call, on, problems)
    reference = short_text(raw, "Reference", 255, problems)
    problems.raise_if_any()
    rate = _rate(raw, document)
    payment = Payment(
        payment_id=str(uuid.uuid4()),
        document_id=document.document_id,
        is_refund=document.is_credit_note,
        account_id=account.account_id,
        date=on,
        amount=amount,
        bank_amount=_bank_amount(document, account, amount, rate),
        rate=rate,
        payment_type=_TYPES[document.type],
        updated=call.now,
        reference=reference or "",
        is_reconciled=bool(flag(raw, "IsReconciled")),
    )
    ids = [*document.payment_ids, payment.payment_id]
    applied(call, _documents(call, payment), document, on, paid=document.paid + amount, payment_ids=ids)
    return call.books.payments.put(payment)


def _document(call: Call, raw: Raw) -> Document | None:
    """The invoice or credit note by id or number, nested or flat."""
    sides = (
        (call.books.invoices, part(raw, "Invoice"), "InvoiceID", "InvoiceNumber"),
        (call.books.credit_notes, part(raw, "CreditNote"), "CreditNoteID", "CreditNoteNumber"),
    )
    for table, nested, id_name, number_name in sides:
        if nested.get(id_name):
            return table.get(str(nested[id_name]).lower())
        number_ = nested.get(number_name) or text(raw, number_name)
        found = table.find("number", str(number_)) if number_ else []
        if found:
            return next((document for document in found if document.status == "AUTHORISED"), found[0])
    return None


def _account(call: Call, raw: Raw) -> Account | None:
    sent = part(raw, "Account")
    account_id = str(sent.get("AccountID") or "").lower()
    code = sent.get("Code") or text(raw, "Code")
    return call.books.accounts.get(account_id) if account_id else call.books.account(str(code or ""))


def _check_account(call: Call, account: Account | None, document: Document | None, problems: ValidationError) -> None:
    """A bank account, or one with payments enabled (docs); a foreign bank account takes only its own
    currency.
    """
    if account is None or account.status != "ACTIVE":
        problems.add("Account could not be found", "Account")
    elif account.type != "BANK" and not account.enable_payments:
        problems.add("The account must be a bank account or have payments enabled.", "Account")
    elif document and account.currency_code not in (
        "",
        document.currency,
        call.books.organisation.base_currency,
    ):
        problems.add("The currency of the bank account does not match the document's.", "Account")


def _check_document(document: Document, amount: Decimal, problems: ValidationError) -> None:
    if document.status != "AUTHORISED":
        problems.add("Payments can only be made against Authorised documents")
    if document.status in ("AUTHORISED", "PAID") and amount > document.open:
        problems.add("Payment amount exceeds the amount outstanding on this document", "Amount")


def _rate(raw: Raw, document: Document) -> Decimal:
    sent = number(raw, "CurrencyRate")
    return rounded(sent, 6) if sent and sent > 0 else document.rate


def _bank_amount(document: Document, account: Account, amount: Decimal, rate: Decimal) -> Decimal:
    """What moves on the account: the amount itself, or its value in base currency (rate: foreign per base
    unit).
    """
    if account.currency_code == document.currency or rate == 1:
        return amount
    return rounded(amount / rate)


def delete(call: Call, payment: Payment, raw: Raw) -> Payment:
    """Payments cannot be edited, only deleted with `Status: DELETED` (docs)."""
    if choice(raw, "Status", _STATUSES, "Xero.API.Library.PaymentStatus") != "DELETED":
        raise ValidationError("Payments cannot be edited, only created and deleted.")
    return undo(call, payment, call.world.switches["reconciled_payment_cannot_be_deleted"])


def undo(call: Call, payment: Payment, keep_reconciled: bool = False) -> Payment:
    """Delete a payment: its document is open again by the amount."""
    problems = ValidationError()
    if payment.status == "DELETED":
        problems.add("The payment has already been deleted.")
    if payment.batch_payment_id:
        problems.add("Payments within a batch cannot be deleted.")
    if payment.is_reconciled and keep_reconciled:
        problems.add("A reconciled payment cannot be deleted.")
    locks.check(call, payment.date, problems)
    problems.raise_if_any()
    table = _documents(call, payment)
    document = table[payment.document_id]
    ids = [payment_id for payment_id in document.payment_ids if payment_id != payment.payment_id]
    applied(call, table, document, payment.date, paid=document.paid - payment.amount, payment_ids=ids)
    return call.books.payments.put(replace(payment, status="DELETED", updated=call.now))
