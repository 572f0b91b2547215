"""What a person does in Xero's own screens, for tests: POST /_sim/person/<action> with JSON.

The same rules hold as for the API where a person is bound by them too (lock dates, payments); a refusal is
a 409 with the messages. What only a person may do - restoring an archived contact, merging contacts, batch
payments - works here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, jsonify, request

from . import (
    accounts,
    contact_writing,
    editing,
    payments,
    person_ledger,
    render_contacts,
    render_documents,
    tax_rates,
)
from .admin import chosen_books
from .answers import to_json
from .books import Books
from .credit_notes import KIND as CREDIT_NOTES
from .dates import parse_day
from .documents import Draft
from .endpoint import Call
from .errors import JSON, ApiError, ValidationError
from .invoices import KIND as INVOICES
from .records import Account, Contact, Document, Payment, TaxRate
from .world import World

Action = Callable[[Call, dict[str, Any]], dict[str, Any]]


def blueprint(world: World) -> Blueprint:
    person = Blueprint("person", __name__, url_prefix="/_sim/person")

    @person.post("/<action>")
    def act(action: str) -> Response:
        if action == "reset":
            world.reset()
            return jsonify({"ok": True})
        if action not in ACTIONS:
            return _refused(404, [f"unknown action; known: {', '.join(sorted(ACTIONS))}, reset"])
        try:
            values = json.loads(request.get_data() or b"{}", parse_float=Decimal)
            shown = perform(world, chosen_books(world), action, values)
        except ValidationError as problem:
            return _refused(409, problem.messages)
        except ApiError as refusal:
            return _refused(400, [str(refusal.body)])
        except KeyError as problem:
            return _refused(404, [f"unknown or missing: {problem}"])
        except ValueError as problem:
            return _refused(400, [f"cannot be read: {problem}"])
        return Response(to_json(shown), content_type=JSON)

    return person


def _refused(status: int, messages: list[str]) -> Response:
    return Response(to_json({"errors": messages}), status, content_type=JSON)


def perform(world: World, books: Books, action: str, values: dict[str, Any]) -> dict[str, Any]:
    """One action in one organisation, in nobody's name.

    Raises ValidationError when a rule forbids it, ApiError when a value cannot be read, KeyError for what is not there.
    """
    with world.transaction():
        call = Call(world, books, "", "POST", {"unitdp": "4"}, {}, "", None, world.clock.now())
        return ACTIONS[action](call, values)


# ---------------------------------------------------------------------- organisation and contacts


def lock_dates(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{period?, year?}: dates, or null to lift."""
    names = {"period": "period_lock_date", "year": "end_of_year_lock_date"}
    changes: dict[str, Any] = {
        field: parse_day(values[name]) if values[name] else None for name, field in names.items() if name in values
    }
    organisation = call.books.organisations.put(replace(call.books.organisation, **changes))
    return {"period": str(organisation.period_lock_date), "year": str(organisation.end_of_year_lock_date)}


def _contact(call: Call, values: dict[str, Any], name: str = "contact_id") -> Contact:
    return call.books.contacts[values[name]]


def _put_contact(call: Call, contact: Contact, **changes: Any) -> dict[str, Any]:
    changed = call.books.contacts.put(replace(contact, updated=call.now, **changes))
    return render_contacts.full(call, changed)


def archive_contact(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    return _put_contact(call, _contact(call, values), status="ARCHIVED")


def unarchive(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """Only a person can restore a contact; its name must be free again."""
    contact, problems = _contact(call, values), ValidationError()
    contact_writing.check_name(call, contact, contact.name, problems)
    problems.raise_if_any()
    return _put_contact(call, contact, status="ACTIVE")


def rename_contact(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{contact_id, name}"""
    contact, problems = _contact(call, values), ValidationError()
    contact_writing.check_name(call, contact, values["name"], problems)
    problems.raise_if_any()
    return _put_contact(call, contact, name=values["name"])


def merge_contacts(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{source_id, target_id}: documents move to the target, the source becomes ARCHIVED with
    MergedToContactID.
    """
    source, target = _contact(call, values, "source_id"), _contact(call, values, "target_id")
    for table in (call.books.invoices, call.books.credit_notes):
        for document in table.find("contact", source.contact_id):
            table.put(replace(document, contact_id=target.contact_id, updated=call.now))
    flags = {
        "is_customer": source.is_customer or target.is_customer,
        "is_supplier": source.is_supplier or target.is_supplier,
    }
    _put_contact(call, target, **flags)
    return _put_contact(call, source, status="ARCHIVED", merged_to=target.contact_id)


# ---------------------------------------------------------------------- documents


def _document(call: Call, values: dict[str, Any]) -> tuple[Draft, Document]:
    """The document of `invoice_id` or `credit_note_id`, ready to be written on."""
    if "credit_note_id" in values:
        return Draft(call, CREDIT_NOTES, {}), call.books.credit_notes[values["credit_note_id"]]
    return Draft(call, INVOICES, {}), call.books.invoices[values["invoice_id"]]


def _write(call: Call, values: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    draft, document = _document(call, values)
    draft.raw = raw
    written = editing.update(draft, document)
    if written.is_credit_note:
        return render_documents.credit_note(call, written)
    return render_documents.invoice(call, written)


def void_invoice(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    return _write(call, values, {"Status": "VOIDED"})


def delete_draft(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    return _write(call, values, {"Status": "DELETED"})


def approve(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    return _write(call, values, {"Status": "AUTHORISED"})


def edit_invoice(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{invoice_id, changes: {...fields as the API names them...}}"""
    return _write(call, values, values["changes"])


# ---------------------------------------------------------------------- payments


def pay_invoice(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{invoice_id or credit_note_id, amount?, account?, date?, reference?, batch?, reconciled?}; default:
    all, 090.
    """
    _, document = _document(call, values)
    side, name = ("CreditNote", "CreditNoteID") if document.is_credit_note else ("Invoice", "InvoiceID")
    raw = {
        side: {name: document.document_id},
        "Account": {"Code": values.get("account", "090")},
        "Amount": str(values.get("amount", document.open)),
        "Date": values.get("date"),
        "Reference": values.get("reference"),
        "IsReconciled": values.get("reconciled"),
    }
    payment = payments.create(call, raw)
    if values.get("batch"):
        payment = call.books.payments.put(replace(payment, batch_payment_id=str(uuid.uuid4())))
    return payments.render(call, payment)


def delete_payment(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    payment: Payment = call.books.payments[values["payment_id"]]
    return payments.render(call, payments.undo(call, payment))


# ---------------------------------------------------------------------- settings


def archive_account(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{code}"""
    account: Account | None = call.books.account(values["code"])
    if account is None:
        raise KeyError(values["code"])
    return accounts.render(call, call.books.accounts.put(replace(account, status="ARCHIVED", updated=call.now)))


def archive_tax_rate(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{tax_type}"""
    rate: TaxRate = call.books.tax_rates[values["tax_type"]]
    return tax_rates.render(call, call.books.tax_rates.put(replace(rate, status="ARCHIVED")))


def remove_tenant(call: Call, values: dict[str, Any]) -> dict[str, Any]:
    """{tenant_id?}: the user disconnects the app from an organisation."""
    tenant_id = values.get("tenant_id", call.books.tenant_id)
    identity = call.world.identity
    gone = [connection for connection in identity.connections if connection.tenant_id == tenant_id]
    for connection in gone:
        identity.connections.remove(connection.connection_id)
    return {"removed": len(gone)}


ACTIONS: dict[str, Action] = {
    action.__name__: action
    for action in (
        lock_dates,
        archive_contact,
        unarchive,
        rename_contact,
        merge_contacts,
        void_invoice,
        delete_draft,
        approve,
        edit_invoice,
        pay_invoice,
        delete_payment,
        archive_account,
        archive_tax_rate,
        remove_tenant,
        *person_ledger.ACTIONS,
    )
}
