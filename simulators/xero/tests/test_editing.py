"""Changing, voiding and deleting documents; lines; what money on a document forbids."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero.caller import Caller, Reply

Body = dict[str, Any]
NOT_MODIFIABLE = "Invoice not of valid status for modification"
HAS_MONEY = "This document cannot be edited as it has a payment or credit note allocated to it."


def created(xero: Caller, body: Body) -> Body:
    found: Body = xero.put("/Invoices", body).body["Invoices"][0]
    return found


def changed(xero: Caller, document: Body, **fields: Any) -> Reply:
    return xero.post(f"/Invoices/{document['InvoiceID']}", fields)


def pay(xero: Caller, document: Body, amount: float) -> Body:
    body = {"Invoice": {"InvoiceID": document["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": amount}
    reply = xero.put("/Payments", {**body, "Date": "2026-11-05"})
    assert reply.status == 200, reply.body
    found: Body = reply.body["Payments"][0]
    return found


def test_lines_are_replaced_and_a_known_line_id_keeps_what_is_not_sent(xero: Caller, sale: Body) -> None:
    two = [*sale["LineItems"], {**sale["LineItems"][0], "Description": "Elm"}]
    first, second = created(xero, {**sale, "LineItems": two})["LineItems"]
    invoice = xero.get("/Invoices", page=1).body["Invoices"][0]
    reply = changed(xero, invoice, LineItems=[{"LineItemID": second["LineItemID"], "Quantity": 1}])
    (kept,) = reply.body["Invoices"][0]["LineItems"]
    assert kept["LineItemID"] == second["LineItemID"] != first["LineItemID"]
    assert (kept["Description"], kept["LineAmount"], kept["TaxAmount"]) == ("Elm", 25, 5)


def test_a_line_id_of_another_document_is_refused(xero: Caller, sale: Body) -> None:
    one, other = created(xero, sale), created(xero, sale)
    line = {**sale["LineItems"][0], "LineItemID": other["LineItems"][0]["LineItemID"]}
    assert changed(xero, one, LineItems=[line]).status == 400


def test_a_draft_can_be_approved_and_then_only_voided(xero: Caller, sale: Body) -> None:
    invoice = created(xero, {**sale, "Status": "DRAFT"})
    assert changed(xero, invoice, Status="AUTHORISED").body["Invoices"][0]["Status"] == "AUTHORISED"
    assert changed(xero, invoice, Status="DELETED").messages() == [NOT_MODIFIABLE]
    assert changed(xero, invoice, Status="VOIDED").body["Invoices"][0]["AmountDue"] == 0
    assert changed(xero, invoice, Reference="late").messages() == [NOT_MODIFIABLE]


def test_a_draft_without_an_account_cannot_be_approved(xero: Caller, sale: Body) -> None:
    line = {"Description": "Oak", "Quantity": 1, "UnitAmount": 5, "TaxType": "OUTPUT2"}
    invoice = created(xero, {**sale, "Status": "DRAFT", "LineItems": [line]})
    assert changed(xero, invoice, Status="AUTHORISED").messages() == ["Account code must be specified"]


def test_a_paid_sale_takes_only_harmless_changes(xero: Caller, sale: Body) -> None:
    invoice = created(xero, sale)
    pay(xero, invoice, 20)
    line_id = invoice["LineItems"][0]["LineItemID"]
    harmless = {"LineItemID": line_id, "Description": "Oak boards", "AccountCode": "202"}
    reply = changed(xero, invoice, Reference="PO 9", DueDate="2026-12-24", LineItems=[harmless])
    assert reply.status == 200, reply.body
    assert reply.body["Invoices"][0]["LineItems"][0]["AccountCode"] == "202"
    assert reply.body["Invoices"][0]["AmountDue"] == 100
    refused = changed(xero, invoice, LineItems=[{"LineItemID": line_id, "UnitAmount": 30}])
    assert refused.messages() == [NOT_MODIFIABLE, HAS_MONEY]
    assert changed(xero, invoice, Date="2026-11-03").messages() == [NOT_MODIFIABLE, HAS_MONEY]
    assert changed(xero, invoice, Status="VOIDED").messages() == [NOT_MODIFIABLE, HAS_MONEY]


@pytest.mark.parametrize("amount", [10, 60])
def test_a_paid_bill_takes_no_change(xero: Caller, bill: Body, amount: int) -> None:
    invoice = created(xero, bill)
    pay(xero, invoice, amount)
    assert changed(xero, invoice, DueDate="2026-12-24").messages() == [NOT_MODIFIABLE, HAS_MONEY]


def test_a_document_with_money_on_it_cannot_go_back_to_draft(xero: Caller, sale: Body) -> None:
    invoice = created(xero, sale)
    pay(xero, invoice, 20)
    message = (
        "The status DRAFT cannot be applied to the invoice because it has payments or credit notes allocated to it."
    )
    assert changed(xero, invoice, Status="DRAFT").messages() == [message]


def test_voiding_in_a_locked_period_is_refused(xero: Caller, sale: Body) -> None:
    invoice = created(xero, sale)
    xero.post("/_sim/person/lock_dates", {"period": "2026-11-30"})
    assert "period lock date" in changed(xero, invoice, Status="VOIDED").messages()[0]
    assert "period lock date" in changed(xero, invoice, Date="2026-12-01").messages()[0]


def test_a_locked_document_is_refused_with_one_message(xero: Caller, sale: Body) -> None:
    invoice = created(xero, sale)
    xero.post("/_sim/person/lock_dates", {"period": "2026-11-30"})
    assert len(changed(xero, invoice, Reference="late").messages()) == 1


def test_some_changes_of_paid_documents_do_not_move_the_time_of_change(xero: Caller, sale: Body) -> None:
    invoice = created(xero, sale)
    pay(xero, invoice, 20)
    before = xero.get(f"/Invoices/{invoice['InvoiceID']}").body["Invoices"][0]["UpdatedDateUTC"]
    silent = changed(xero, invoice, DueDate="2026-12-24", SentToContact=True).body["Invoices"][0]
    assert (silent["UpdatedDateUTC"], silent["DueDateString"]) == (before, "2026-12-24T00:00:00")
    assert changed(xero, invoice, Reference="PO 3").body["Invoices"][0]["UpdatedDateUTC"] != before


def test_the_number_of_a_voided_sale_stays_used_unless_switched(xero: Caller, sale: Body) -> None:
    invoice = created(xero, {**sale, "InvoiceNumber": "S-9"})
    changed(xero, invoice, Status="VOIDED")
    assert xero.put("/Invoices", {**sale, "InvoiceNumber": "S-9"}).messages() == ["Invoice # must be unique."]
    xero.post("/_sim/switches", {"final_numbers_stay_used": False})
    assert xero.put("/Invoices", {**sale, "InvoiceNumber": "S-9"}).status == 200


def test_posting_an_unknown_id_finds_nothing(xero: Caller, sale: Body) -> None:
    unknown = {**sale, "InvoiceID": "11111111-1111-4111-8111-111111111111"}
    message = "The document with the supplied id was not found for this endpoint."
    assert xero.post("/Invoices", unknown).messages() == [message]
    assert xero.post("/Invoices/11111111-1111-4111-8111-111111111111", sale).status == 404
