"""Contacts. Source: Xero API documentation, Contacts; names and archived contacts also from users'
observations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import batch, listing
from .contact_writing import create as create_contact
from .contact_writing import update, upsert
from .endpoint import Call, Payload, endpoint
from .errors import not_found
from .records import Contact
from .render_contacts import FIELDS, full, summary

Render = Callable[[Call, Contact], dict[str, Any]]
_BATCH = ("Contacts", "ContactID", "HasValidationErrors")


@endpoint("GET", "/Contacts", "contacts")
def list_contacts(call: Call) -> Payload:
    """Archived ones only on request (or by id); merged ones need paging to show `MergedToContactID`."""
    contacts = call.books.contacts
    wanted = listing.ids(call, "IDs")
    archived_too = call.flag("includeArchived")
    records = _candidates(call) if wanted is None else [c for c in map(contacts.get, wanted) if c]
    records = [c for c in records if c.status == "ACTIVE" or archived_too]
    if term := call.query.get("searchterm", "").lower():
        records = [contact for contact in records if _mentions(contact, term)]
    render: Render = summary if call.flag("summaryOnly") else full
    if listing.page_number(call) is None:
        render = _without_merger(render)
    plan = listing.ListOf("Contacts", "Contact", FIELDS, render, lambda contact: contact.updated)
    return listing.answer(call, plan, records)


def _without_merger(render: Render) -> Render:
    """Lists without paging do not say what a contact was merged into."""

    def shown(call: Call, contact: Contact) -> dict[str, Any]:
        found = render(call, contact)
        found.pop("MergedToContactID", None)
        return found

    return shown


def _candidates(call: Call) -> list[Contact]:
    """All contacts, or by index when the `where` is a single equality on the name."""
    name = listing.equality(call, "name")
    return list(call.books.contacts) if name is None else call.books.contacts.find("name", name)


def _mentions(contact: Contact, term: str) -> bool:
    """Searched are name, first and last name, contact number, company number and e-mail address."""
    texts = contact.texts
    names = ("FirstName", "LastName", "CompanyNumber", "EmailAddress")
    return any(term in text.lower() for text in (contact.name, contact.contact_number, *map(texts.get, names)) if text)


def find(call: Call, key: str) -> Contact:
    """A contact by id, else by ContactNumber; 404 otherwise."""
    found = call.books.contacts.get(key.lower())
    if found is None:
        numbered = call.books.contacts.find("number", key)
        found = numbered[0] if numbered else None
    if found is None:
        raise not_found()
    return found


@endpoint("GET", "/Contacts/<path:key>", "contacts")
def get_contact(call: Call) -> Payload:
    return {"Contacts": [full(call, find(call, call.args["key"]))]}


@endpoint("PUT", "/Contacts", "contacts")
def put_contacts(call: Call) -> Payload:
    return batch.run(call, *_BATCH, lambda call, raw: full(call, create_contact(call, raw)))


@endpoint("POST", "/Contacts", "contacts")
def post_contacts(call: Call) -> Payload:
    return batch.run(call, *_BATCH, lambda call, raw: full(call, upsert(call, raw)))


@endpoint("POST", "/Contacts/<key>", "contacts")
def post_contact(call: Call) -> Payload:
    contact = find(call, call.args["key"])

    def write(call: Call, raw: dict[str, Any]) -> dict[str, Any]:
        return full(call, update(call, contact, raw))

    return batch.single(call, *_BATCH, call.element("Contacts"), write)
