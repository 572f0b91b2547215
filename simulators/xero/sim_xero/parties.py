"""The contact of a document: by id, number or name; creating and, with an id plus other fields, overwriting
it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import contact_writing
from .endpoint import Call
from .errors import ValidationError
from .records import Contact

_MISSING = "A Contact must be specified for this type of transaction"
_ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes."
)


def resolve(call: Call, raw: dict[str, Any], problems: ValidationError) -> Contact | None:
    """The contact meant by a document's `Contact`; None with a message when there is none to be had."""
    contacts = call.books.contacts
    if raw.get("ContactID"):
        found = contacts.get(str(raw["ContactID"]).lower())
        if found is None:
            problems.add(_MISSING, "Contact")
    elif raw.get("ContactNumber") and contacts.find("number", str(raw["ContactNumber"])):
        found = contacts.find("number", str(raw["ContactNumber"]))[0]
    elif raw.get("Name"):
        return call.books.active_contact(str(raw["Name"])) or _create(call, raw, problems)
    else:
        problems.add(_MISSING, "Contact")
        return None
    if found is None:
        return None
    if found.status != "ACTIVE":
        problems.add(_ARCHIVED, "Contact")
        return None
    return _overwrite(call, found, raw, problems)


def _create(call: Call, raw: dict[str, Any], problems: ValidationError) -> Contact | None:
    """A name nobody active has makes a new contact (staff answers on the developer forum)."""
    try:
        return contact_writing.create(call, raw)
    except ValidationError as refused:
        for message in refused.messages:
            problems.add(message, "Contact")
        return None


def _overwrite(call: Call, contact: Contact, raw: dict[str, Any], problems: ValidationError) -> Contact:
    """ContactID plus other fields writes those fields into the contact; persons not sent are lost (seen)."""
    sent = {name: value for name, value in raw.items() if name != "ContactID" and value not in (None, [], {})}
    if not sent or sent == {"Name": contact.name} or sent == {"ContactNumber": contact.contact_number}:
        return contact
    try:
        written = contact_writing.update(call, contact, sent)
    except ValidationError as refused:
        for message in refused.messages:
            problems.add(message, "Contact")
        return contact
    return written if "ContactPersons" in sent else call.books.contacts.put(replace(written, persons=[]))


def mark(call: Call, contact_id: str, sale: bool) -> None:
    """IsCustomer and IsSupplier follow from the documents (docs)."""
    contact = call.books.contacts[contact_id]
    if sale and not contact.is_customer:
        call.books.contacts.put(replace(contact, is_customer=True))
    elif not sale and not contact.is_supplier:
        call.books.contacts.put(replace(contact, is_supplier=True))
