"""Bank transactions (RECEIVE and SPEND). Source: Xero API documentation, BankTransactions."""

from __future__ import annotations

from typing import Any

from . import bank_writing, batch, listing, render_documents
from .dates import day_stamp, day_string, stamp
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw
from .filters import Reader
from .invoices import UNKNOWN_ID
from .records import BankTransaction
from .render_contacts import stub

_BATCH = ("BankTransactions", "BankTransactionID", "HasErrors")


def render(call: Call, found: BankTransaction) -> dict[str, Any]:
    account = call.books.accounts[found.account_id]
    shown: dict[str, Any] = {
        "BankTransactionID": found.transaction_id,
        "BankAccount": {"AccountID": account.account_id, "Code": account.code, "Name": account.name},
        "Type": found.type,
        "Reference": found.reference,
        "IsReconciled": found.is_reconciled,
        "HasAttachments": False,
        "Contact": stub(call.books.contacts[found.contact_id]),
        "DateString": day_string(found.date),
        "Date": day_stamp(found.date),
        "Status": found.status,
        "LineAmountTypes": found.line_amount_types,
        "LineItems": [render_documents.line(line, call.unit_places) for line in found.lines],
        "SubTotal": found.sub_total,
        "TotalTax": found.total_tax,
        "Total": found.total,
        "UpdatedDateUTC": stamp(found.updated),
        "CurrencyCode": found.currency,
    }
    if found.currency != call.books.organisation.base_currency:
        shown["CurrencyRate"] = found.rate
    if found.url:
        shown["Url"] = found.url
    return shown


def _fields(call: Call) -> dict[str, Reader[BankTransaction]]:
    accounts, contacts = call.books.accounts, call.books.contacts
    return {
        "banktransactionid": lambda found: found.transaction_id,
        "type": lambda found: found.type,
        "status": lambda found: found.status,
        "date": lambda found: found.date,
        "reference": lambda found: found.reference,
        "url": lambda found: found.url,
        "total": lambda found: found.total,
        "isreconciled": lambda found: found.is_reconciled,
        "currencycode": lambda found: found.currency,
        "updateddateutc": lambda found: found.updated,
        "bankaccount.accountid": lambda found: found.account_id,
        "bankaccount.code": lambda found: accounts[found.account_id].code,
        "contact.contactid": lambda found: found.contact_id,
        "contact.name": lambda found: contacts[found.contact_id].name,
    }


@endpoint("GET", "/BankTransactions", "bank")
def list_bank_transactions(call: Call) -> Payload:
    """Without a page: no lines, as for invoices."""
    with_lines = listing.page_number(call) is not None or not call.world.switches["unpaged_invoices_have_no_lines"]

    def show(call: Call, found: BankTransaction) -> dict[str, Any]:
        shown = render(call, found)
        return shown if with_lines else {**shown, "LineItems": []}

    plan = listing.ListOf("BankTransactions", "BankTransaction", _fields(call), show, lambda found: found.updated)
    return listing.answer(call, plan, call.books.bank_transactions)


def _find(call: Call) -> BankTransaction:
    found = call.books.bank_transactions.get(call.args["key"].lower())
    if found is None:
        raise not_found()
    return found


@endpoint("GET", "/BankTransactions/<key>", "bank")
def get_bank_transaction(call: Call) -> Payload:
    return {"BankTransactions": [render(call, _find(call))]}


@endpoint("PUT", "/BankTransactions", "bank")
def put_bank_transactions(call: Call) -> Payload:
    return batch.run(call, *_BATCH, create)


@endpoint("POST", "/BankTransactions", "bank")
def post_bank_transactions(call: Call) -> Payload:
    """POST deletes what it finds by id, else creates."""
    return batch.run(call, *_BATCH, _create_or_delete)


@endpoint("POST", "/BankTransactions/<key>", "bank")
def post_bank_transaction(call: Call) -> Payload:
    found, raw = _find(call), call.element("BankTransactions")
    return batch.single(call, *_BATCH, raw, lambda call, raw: render(call, bank_writing.delete(call, found, raw)))


def create(call: Call, raw: Raw) -> dict[str, Any]:
    """A new one as it is answered."""
    warnings: list[str] = []
    made = bank_writing.create(call, raw, ValidationError(), warnings)
    return batch.with_status(render(call, made), warnings)


def _create_or_delete(call: Call, raw: Raw) -> dict[str, Any]:
    if not raw.get("BankTransactionID"):
        return create(call, raw)
    found = call.books.bank_transactions.get(str(raw["BankTransactionID"]).lower())
    if found is None:
        raise ValidationError(UNKNOWN_ID)
    return batch.with_status(render(call, bank_writing.delete(call, found, raw)), [])
