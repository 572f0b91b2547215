"""Contacts: uniqueness, matching, archived and merged ones, and how documents use them."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero.caller import Caller

Body = dict[str, Any]
ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes."
)


def contact(xero: Caller, **fields: Any) -> Body:
    reply = xero.put("/Contacts", {"Contacts": [fields]})
    assert reply.status == 200, reply.body
    found: Body = reply.body["Contacts"][0]
    return found


def test_names_are_unique_among_active_contacts_whatever_the_case(xero: Caller) -> None:
    contact(xero, Name="Alder Ltd")
    reply = xero.put("/Contacts", {"Name": "ALDER LTD"})
    assert reply.messages() == [
        "The contact name ALDER LTD is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    ]
    assert reply.body["Elements"][0]["HasValidationErrors"] is True


@pytest.mark.parametrize("name", ["A<b", "A > b", " Alder", "Alder ", "Al  der"])
def test_some_characters_are_not_for_names(xero: Caller, name: str) -> None:
    assert xero.put("/Contacts", {"Name": name}).status == 400


def test_phones_and_addresses_are_always_there(xero: Caller) -> None:
    phones = [{"PhoneType": "MOBILE", "PhoneNumber": "07700 900123"}]
    shown = contact(xero, Name="Alder", Phones=phones)
    numbers = {phone["PhoneType"]: phone["PhoneNumber"] for phone in shown["Phones"]}
    assert numbers == {"DDI": "", "DEFAULT": "", "FAX": "", "MOBILE": "07700 900123"}
    assert [address["AddressType"] for address in shown["Addresses"]] == ["STREET", "POBOX"]


def test_post_matches_by_number_or_name_and_put_refuses(xero: Caller) -> None:
    first = contact(xero, Name="Alder", ContactNumber="C-1")
    renamed = xero.post("/Contacts", {"ContactNumber": "C-1", "Name": "Alder & Sons"}).body["Contacts"][0]
    assert (renamed["ContactID"], renamed["Name"]) == (first["ContactID"], "Alder & Sons")
    named = xero.post("/Contacts", {"Name": "alder & sons", "EmailAddress": "a@example.com"})
    assert named.body["Contacts"][0]["ContactID"] == first["ContactID"]
    taken = xero.put("/Contacts", {"Name": "Other", "ContactNumber": "C-1"})
    assert taken.messages() == ["Another contact has this contact number. Please enter a different contact number."]


def test_an_archived_contact_is_hidden_blocks_documents_and_keeps_its_number(xero: Caller, sale: Body) -> None:
    found = contact(xero, Name="Birch", ContactNumber="C-2")
    xero.post(f"/Contacts/{found['ContactID']}", {"ContactStatus": "ARCHIVED"})
    assert "Birch" not in [row["Name"] for row in xero.get("/Contacts").body["Contacts"]]
    assert "Birch" in [row["Name"] for row in xero.get("/Contacts", includeArchived="true").body["Contacts"]]
    reply = xero.put("/Invoices", {**sale, "Contact": {"ContactID": found["ContactID"]}})
    assert reply.messages() == [ARCHIVED]
    assert reply.body["Elements"][0]["Contact"]["ValidationErrors"] == [{"Message": ARCHIVED}]
    assert xero.put("/Contacts", {"Name": "New", "ContactNumber": "C-2"}).status == 400
    assert xero.post(f"/Contacts/{found['ContactID']}", {"ContactStatus": "ACTIVE"}).status == 400
    assert xero.post("/_sim/person/unarchive", {"contact_id": found["ContactID"]}).status == 200
    assert xero.get("/Contacts/C-2").body["Contacts"][0]["ContactStatus"] == "ACTIVE"


def test_a_merged_contact_is_archived_and_names_its_target(xero: Caller, sale: Body) -> None:
    source, target = contact(xero, Name="Cedar"), contact(xero, Name="Cedar Trading")
    invoice = xero.put("/Invoices", {**sale, "Contact": {"ContactID": source["ContactID"]}}).body["Invoices"][0]
    ids = {"source_id": source["ContactID"], "target_id": target["ContactID"]}
    xero.post("/_sim/person/merge_contacts", ids)
    shown = xero.get(f"/Contacts/{source['ContactID']}").body["Contacts"][0]
    assert (shown["ContactStatus"], shown["MergedToContactID"]) == ("ARCHIVED", target["ContactID"])
    listed = xero.get("/Contacts", includeArchived="true").body["Contacts"]
    assert not any("MergedToContactID" in row for row in listed)
    paged = xero.get("/Contacts", includeArchived="true", page=1).body["Contacts"]
    assert [row["MergedToContactID"] for row in paged if "MergedToContactID" in row] == [target["ContactID"]]
    moved = xero.get(f"/Invoices/{invoice['InvoiceID']}").body["Invoices"][0]
    assert moved["Contact"]["ContactID"] == target["ContactID"]


def test_a_name_alone_on_an_invoice_finds_or_creates_the_contact(xero: Caller, sale: Body) -> None:
    first = xero.put("/Invoices", {**sale, "Contact": {"Name": "Dogwood"}}).body["Invoices"][0]
    second = xero.put("/Invoices", {**sale, "Contact": {"Name": "DOGWOOD"}}).body["Invoices"][0]
    assert first["Contact"]["ContactID"] == second["Contact"]["ContactID"]
    shown = xero.get(f"/Contacts/{first['Contact']['ContactID']}").body["Contacts"][0]
    assert (shown["IsCustomer"], shown["IsSupplier"]) == (True, False)
    assert shown["Balances"]["AccountsReceivable"]["Outstanding"] == 240


def test_an_id_with_other_fields_overwrites_the_contact_and_loses_its_persons(xero: Caller, sale: Body) -> None:
    found = contact(xero, Name="Elm", ContactPersons=[{"FirstName": "Eve", "EmailAddress": "e@example.com"}])
    ident = {"ContactID": found["ContactID"]}
    xero.put("/Invoices", {**sale, "Contact": ident})
    path = f"/Contacts/{found['ContactID']}"
    assert len(xero.get(path).body["Contacts"][0]["ContactPersons"]) == 1
    xero.put("/Invoices", {**sale, "Contact": {**ident, "Name": "Elm Renamed"}})
    shown = xero.get(path).body["Contacts"][0]
    assert (shown["Name"], shown["ContactPersons"]) == ("Elm Renamed", [])


def test_a_document_without_a_contact_is_refused(xero: Caller, sale: Body) -> None:
    sale.pop("Contact")
    assert xero.put("/Invoices", sale).messages() == ["A Contact must be specified for this type of transaction"]


def test_contacts_are_searched_paged_and_summarised(xero: Caller) -> None:
    names = [{"Name": f"Fir {n}", "EmailAddress": f"f{n}@example.com"} for n in range(5)]
    xero.put("/Contacts", {"Contacts": names})
    page = xero.get("/Contacts", page=2, pageSize=2, order="Name DESC").body
    assert [row["Name"] for row in page["Contacts"]] == ["Fir 2", "Fir 1"]
    assert page["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 3, "itemCount": 5}
    assert len(xero.get("/Contacts", searchTerm="f3@").body["Contacts"]) == 1
    assert "Balances" not in xero.get("/Contacts", summaryOnly="true").body["Contacts"][0]
    found = xero.get("/Contacts", where='Name=="Fir 4"').body["Contacts"]
    assert [row["EmailAddress"] for row in found] == ["f4@example.com"]
