"""Lists of invoices: paging, filters, order, modified-since."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller

Body = dict[str, Any]


@pytest.fixture
def three(xero: Caller, sale: Body) -> list[Body]:
    bodies = [
        {**sale, "InvoiceNumber": "S-1", "Reference": "PO 1"},
        {**sale, "InvoiceNumber": "S-2", "Status": "DRAFT", "Date": "2026-10-01"},
        {**sale, "InvoiceNumber": "S-3", "Contact": {"Name": "Gorse"}, "CurrencyCode": "EUR"},
    ]
    found: list[Body] = xero.put("/Invoices", {"Invoices": bodies}).body["Invoices"]
    return found


def numbers(xero: Caller, **query: Any) -> list[str]:
    reply = xero.get("/Invoices", **query)
    assert reply.status == 200, reply.body
    return [row["InvoiceNumber"] for row in reply.body["Invoices"]]


def test_without_a_page_there_are_no_lines_and_only_a_contact_stub(xero: Caller, three: list[Body]) -> None:
    bare = xero.get("/Invoices").body
    assert "pagination" not in bare
    assert all(row["LineItems"] == [] and row["Contact"]["Phones"] == [] for row in bare["Invoices"])
    paged = xero.get("/Invoices", page=1).body
    assert all(row["LineItems"] for row in paged["Invoices"])
    assert paged["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 3}
    assert "pagination" in xero.get("/Invoices", Statuses="DRAFT").body


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('Status=="DRAFT"', ["S-2"]),
        ('Type=="ACCREC" AND AmountDue>=120', ["S-1", "S-2", "S-3"]),
        ('InvoiceNumber=="S-1" OR InvoiceNumber=="S-3"', ["S-1", "S-3"]),
        ("Date >= DateTime(2026, 11, 1)", ["S-1", "S-3"]),
        ('Date < DateTime(2026, 11, 1) && (Status=="DRAFT" || Status=="PAID")', ["S-2"]),
        ('Contact.Name=="Gorse"', ["S-3"]),
        ('Reference!=null && Reference.StartsWith("PO")', ["S-1"]),
        ('InvoiceNumber.Contains("-2")', ["S-2"]),
        ('CurrencyCode!="GBP"', ["S-3"]),
    ],
)
def test_where(xero: Caller, three: list[Body], where: str, expected: list[str]) -> None:
    assert numbers(xero, where=where, order="InvoiceNumber") == expected


@pytest.mark.parametrize("where", ['Colour=="red"', "Status==", 'Status=="DRAFT" AND', "((Status"])
def test_a_where_that_cannot_be_read_is_a_400(xero: Caller, where: str) -> None:
    reply = xero.get("/Invoices", where=where)
    assert (reply.status, reply.body["Type"]) == (400, "QueryParseException")


def test_lists_by_ids_numbers_contacts_and_statuses(xero: Caller, three: list[Body]) -> None:
    assert numbers(xero, IDs=f"{three[0]['InvoiceID']},{three[2]['InvoiceID']}") == ["S-1", "S-3"]
    assert numbers(xero, InvoiceNumbers="S-2,S-9") == ["S-2"]
    assert numbers(xero, ContactIDs=three[2]["Contact"]["ContactID"]) == ["S-3"]
    assert numbers(xero, Statuses="AUTHORISED,PAID") == ["S-1", "S-3"]
    assert numbers(xero, where=f'Contact.ContactID==guid("{three[2]["Contact"]["ContactID"]}")') == ["S-3"]


def test_more_than_52_ids_are_not_found(xero: Caller, three: list[Body]) -> None:
    one = three[0]["InvoiceID"]
    assert xero.get("/Invoices", IDs=",".join([one] * 52)).status == 200
    reply = xero.get("/Invoices", IDs=",".join([one] * 53))
    assert (reply.status, reply.body) == (404, "The resource you're looking for cannot be found")


def test_only_what_changed_since_then_is_listed_oldest_change_first(
    sim: Simulator, xero: Caller, three: list[Body]
) -> None:
    xero.post("/_sim/clock", {"advance_seconds": 100})
    caller = sim.caller()
    since = sim.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    caller.post(f"/Invoices/{three[0]['InvoiceID']}", {"Reference": "changed"})
    reply = caller.get("/Invoices", {"If-Modified-Since": since})
    assert [row["InvoiceNumber"] for row in reply.body["Invoices"]] == ["S-1"]
    assert numbers(caller) == ["S-2", "S-3", "S-1"]


def test_by_app_by_term_and_in_summary(sim: Simulator, xero: Caller, three: list[Body]) -> None:
    from sim_xero.identity.tokens import OLD_APP

    other = sim.caller(scopes="accounting.transactions", client_id=OLD_APP.client_id)
    assert numbers(other, createdByMyApp="true") == []
    assert numbers(xero, searchTerm="gorse") == ["S-3"]
    summary = xero.get("/Invoices", summaryOnly="true", page=1).body["Invoices"][0]
    assert "LineItems" not in summary
    assert "Payments" not in summary


def test_an_invoice_is_found_by_number_and_an_unknown_one_is_plain_404(xero: Caller, three: list[Body]) -> None:
    assert xero.get("/Invoices/S-3").body["Invoices"][0]["CurrencyCode"] == "EUR"
    reply = xero.get("/Invoices/S-99")
    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")


def test_items_and_accounts_are_never_paged(xero: Caller) -> None:
    xero.put("/Items", {"Items": [{"Code": f"I{n}"} for n in range(3)]})
    page = xero.get("/Items", page=2).body
    assert len(page["Items"]) == 3
    assert "pagination" not in page
    assert len(xero.get("/Accounts", page=2).body["Accounts"]) == 75


def test_xml_is_the_default_answer(xero: Caller, three: list[Body]) -> None:
    reply = xero.get("/Invoices/S-1", {"Accept": ""})
    assert reply.headers["Content-Type"].startswith("text/xml")
    assert "<InvoiceNumber>S-1</InvoiceNumber>" in reply.body


def test_gzip_only_when_asked_for(xero: Caller) -> None:
    assert "Content-Encoding" not in xero.get("/Organisation").headers
