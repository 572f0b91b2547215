"""The rules for creating and changing contacts.

Sources beside each rule: "docs" is Xero API documentation, Contacts; "seen" is third-party code that probed
the API.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, choice, part, rows, short_text
from .fields import flag as read_flag
from .records import Contact

# Plain text fields with their longest length (docs).
TEXTS = {
    "AccountNumber": 50,
    "FirstName": 255,
    "LastName": 255,
    "CompanyNumber": 50,
    "EmailAddress": 255,
    "BankAccountDetails": 255,
    "TaxNumber": 50,
    "TaxNumberType": 10,
    "AccountsReceivableTaxType": 50,
    "AccountsPayableTaxType": 50,
    "DefaultCurrency": 3,
    "XeroNetworkKey": 255,
    "SalesDefaultAccountCode": 10,
    "PurchasesDefaultAccountCode": 10,
    "SalesDefaultLineAmountType": 10,
    "PurchasesDefaultLineAmountType": 10,
}
_ADDRESS = {
    "AddressLine1": 500,
    "AddressLine2": 500,
    "AddressLine3": 500,
    "AddressLine4": 500,
    "City": 255,
    "Region": 255,
    "PostalCode": 50,
    "Country": 50,
    "AttentionTo": 255,
}
_PHONE = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
_ADDRESS_TYPES = ("POBOX", "STREET")
_PHONE_TYPES = ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE")
_MOST_PERSONS = 5
_STATUSES = ("ACTIVE", "ARCHIVED", "GDPRREQUEST")


def create(call: Call, raw: Raw) -> Contact:
    """A new contact; the name is required and unique among active contacts (docs)."""
    blank = Contact(str(uuid.uuid4()), "", call.now)
    problems = ValidationError()
    contact = _apply(call, blank, raw, problems)
    if not contact.name:
        problems.add("The Contact Name must be specified.", "Name")
    problems.raise_if_any()
    return call.books.contacts.put(contact)


def upsert(call: Call, raw: Raw) -> Contact:
    """POST matches an existing contact by id, number, account number or name, else creates (docs, staff
    answers).
    """
    found = match(call, raw)
    if found is None and raw.get("ContactID"):
        raise ValidationError("The document with the supplied id was not found for this endpoint.")
    return create(call, raw) if found is None else update(call, found, raw)


def match(call: Call, raw: Raw) -> Contact | None:
    contacts = call.books.contacts
    if raw.get("ContactID"):
        return contacts.get(str(raw["ContactID"]).lower())
    for index, name in (("number", "ContactNumber"), ("account_number", "AccountNumber")):
        if raw.get(name):
            found = contacts.find(index, str(raw[name]))
            if found:
                return found[0]
    return call.books.active_contact(str(raw["Name"])) if raw.get("Name") else None


def update(call: Call, contact: Contact, raw: Raw) -> Contact:
    """Change the fields sent, keep the others; an archived contact cannot be brought back (seen)."""
    problems = ValidationError()
    if contact.status != "ACTIVE":
        problems.add("The contact has been archived and cannot be edited.")
        problems.raise_if_any()
    changed = _apply(call, contact, raw, problems)
    status = choice(raw, "ContactStatus", _STATUSES, "Xero.API.Library.ContactStatus")
    if status:
        changed.status = status
    problems.raise_if_any()
    return call.books.contacts.put(changed)


def _apply(call: Call, contact: Contact, raw: Raw, problems: ValidationError) -> Contact:
    name = short_text(raw, "Name", 255, problems)
    if name is not None:
        check_name(call, contact, name, problems)
    number = short_text(raw, "ContactNumber", 50, problems)
    if number:
        _check_number(call, contact, number, problems)
    texts = dict(contact.texts)
    for field, longest in TEXTS.items():
        value = short_text(raw, field, longest, problems)
        if value is not None:
            texts[field] = value
    if texts.get("EmailAddress") and "@" not in texts["EmailAddress"]:
        problems.add("Email address must be valid.", "EmailAddress")
    return replace(
        contact,
        name=contact.name if name is None else name,
        contact_number=contact.contact_number if number is None else number,
        texts=texts,
        persons=_persons(contact, raw, problems),
        addresses=_typed(contact.addresses, raw, "Addresses", "AddressType", _ADDRESS_TYPES, _ADDRESS, problems),
        phones=_typed(contact.phones, raw, "Phones", "PhoneType", _PHONE_TYPES, _PHONE, problems),
        payment_terms=part(raw, "PaymentTerms") or contact.payment_terms,
        updated=call.now,
    )


def check_name(call: Call, contact: Contact, name: str, problems: ValidationError) -> None:
    """Unique among active contacts (docs); no angle brackets, no stray spaces (seen)."""
    if call.world.switches["contact_name_characters"]:
        if "<" in name or ">" in name:
            problems.add("The Contact Name cannot contain the characters < or >.", "Name")
        if name != " ".join(name.split(" ")).strip() or "  " in name:
            problems.add("The Contact Name cannot have leading, trailing or double spaces.", "Name")
    other = call.books.active_contact(name) if name else None
    if other and other.contact_id != contact.contact_id:
        problems.add(
            f"The contact name {name} is already assigned to another contact. "
            "The contact name must be unique across all active contacts.",
            "Name",
        )


def _check_number(call: Call, contact: Contact, number: str, problems: ValidationError) -> None:
    """ContactNumber is unique, and stays reserved by archived contacts (seen)."""
    if any(other.contact_id != contact.contact_id for other in call.books.contacts.find("number", number)):
        problems.add("Another contact has this contact number. Please enter a different contact number.")


def _persons(contact: Contact, raw: Raw, problems: ValidationError) -> list[dict[str, Any]]:
    """Contact persons are replaced as a list; at most five (docs)."""
    sent = rows(raw, "ContactPersons")
    if sent is None:
        return contact.persons
    if len(sent) > _MOST_PERSONS:
        problems.add("A contact can have at most 5 contact persons.", "ContactPersons")
    return [
        {
            **{n: short_text(row, n, 255, problems) or "" for n in ("FirstName", "LastName", "EmailAddress")},
            "IncludeInEmails": bool(read_flag(row, "IncludeInEmails")),
        }
        for row in sent
    ]


def _typed(
    present: list[dict[str, str]],
    raw: Raw,
    name: str,
    type_name: str,
    types: tuple[str, ...],
    limits: dict[str, int],
    problems: ValidationError,
) -> list[dict[str, str]]:
    """Addresses or phones: one entry per type, the sent ones replacing the present ones."""
    sent = rows(raw, name)
    if sent is None:
        return present
    entries = {entry[type_name]: entry for entry in present}
    for row in sent:
        kind = choice(row, type_name, types, f"Xero.API.Library.{type_name}")
        if kind is None:
            problems.add(f"{type_name} must be specified.", name)
            continue
        values = {field: short_text(row, field, longest, problems) for field, longest in limits.items()}
        entries[kind] = {
            type_name: kind,
            **{field: value for field, value in values.items() if value is not None},
        }
    return list(entries.values())
