"""Contacts as the API shows them."""

from __future__ import annotations

from typing import Any

from .dates import stamp
from .endpoint import Call
from .filters import Reader
from .money import ZERO
from .records import Contact

_PHONES = ("DDI", "DEFAULT", "FAX", "MOBILE")
_EMPTY_PHONE = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
_EMPTY_ADDRESS = {"City": "", "Region": "", "PostalCode": "", "Country": ""}


def _text_of(name: str) -> Reader[Contact]:
    return lambda contact: contact.texts.get(name)


FIELDS: dict[str, Reader[Contact]] = {
    "contactid": lambda contact: contact.contact_id,
    "name": lambda contact: contact.name,
    "contactstatus": lambda contact: contact.status,
    "contactnumber": lambda contact: contact.contact_number,
    "updateddateutc": lambda contact: contact.updated,
    "issupplier": lambda contact: contact.is_supplier,
    "iscustomer": lambda contact: contact.is_customer,
    **{name.lower(): _text_of(name) for name in ("EmailAddress", "AccountNumber", "FirstName", "LastName")},
    **{name.lower(): _text_of(name) for name in ("CompanyNumber", "TaxNumber", "DefaultCurrency")},
}


def stub(contact: Contact) -> dict[str, Any]:
    """The contact inside listed documents: id and name, empty lists."""
    return {
        "ContactID": contact.contact_id,
        "Name": contact.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def full(call: Call, contact: Contact) -> dict[str, Any]:
    """The whole contact. Four or five phones and two addresses are always there, empty when unknown."""
    shown = plain(contact)
    shown["Balances"] = balances(call, contact)
    return shown


def plain(contact: Contact) -> dict[str, Any]:
    """The contact without its balances, as inside a single document."""
    shown: dict[str, Any] = {
        "ContactID": contact.contact_id,
        "ContactStatus": contact.status,
        "Name": contact.name,
        "FirstName": contact.texts.get("FirstName", ""),
        "LastName": contact.texts.get("LastName", ""),
        "EmailAddress": "",
        "BankAccountDetails": "",
        **contact.texts,
        "Addresses": _addresses(contact),
        "Phones": _phones(contact),
        "UpdatedDateUTC": stamp(contact.updated),
        "ContactGroups": [],
        "IsSupplier": contact.is_supplier,
        "IsCustomer": contact.is_customer,
        "SalesTrackingCategories": [],
        "PurchasesTrackingCategories": [],
        "ContactPersons": contact.persons,
        "HasAttachments": False,
        "HasValidationErrors": False,
    }
    if contact.contact_number:
        shown["ContactNumber"] = contact.contact_number
    if contact.merged_to:
        shown["MergedToContactID"] = contact.merged_to
    if contact.payment_terms:
        shown["PaymentTerms"] = contact.payment_terms
    return shown


def summary(call: Call, contact: Contact) -> dict[str, Any]:
    """`summaryOnly=true`: a lighter contact without persons, addresses' details and balances."""
    shown = plain(contact)
    for name in ("ContactPersons", "Addresses", "Phones"):
        shown[name] = []
    return shown


def _phones(contact: Contact) -> list[dict[str, str]]:
    present = {phone["PhoneType"]: phone for phone in contact.phones}
    kinds = [*_PHONES, *(kind for kind in present if kind not in _PHONES)]
    return [{"PhoneType": kind, **_EMPTY_PHONE, **present.get(kind, {})} for kind in kinds]


def _addresses(contact: Contact) -> list[dict[str, str]]:
    present = {address["AddressType"]: address for address in contact.addresses}
    return [{"AddressType": kind, **_EMPTY_ADDRESS, **present.get(kind, {})} for kind in ("STREET", "POBOX")]


def balances(call: Call, contact: Contact) -> dict[str, Any]:
    """What is outstanding and overdue, in the documents' own amounts."""
    today = call.world.clock.today(call.books.organisation.timezone)
    sums = {(sale, late): ZERO for sale in (True, False) for late in (True, False)}
    for document in call.books.invoices.find("contact", contact.contact_id):
        if document.status == "AUTHORISED":
            sums[document.is_sale, False] += document.open
            if document.due_date and document.due_date < today:
                sums[document.is_sale, True] += document.open
    return {
        name: {"Outstanding": sums[sale, False], "Overdue": sums[sale, True]}
        for name, sale in (("AccountsReceivable", True), ("AccountsPayable", False))
    }
