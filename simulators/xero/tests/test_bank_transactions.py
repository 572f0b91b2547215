"""Bank transactions: money received and spent without an invoice."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller

Body = dict[str, Any]


@pytest.fixture
def spend(contact_id: str) -> Body:
    return {
        "Type": "SPEND",
        "BankAccount": {"Code": "090"},
        "Contact": {"ContactID": contact_id},
        "Date": "2026-11-04",
        "Reference": "Card 1",
        "LineItems": [{"Description": "Boxes", "Quantity": 2, "UnitAmount": 10, "AccountCode": "325"}],
    }


def made(xero: Caller, body: Body) -> Body:
    reply = xero.put("/BankTransactions", body)
    assert reply.status == 200, reply.body
    found: Body = reply.body["BankTransactions"][0]
    return found


def refusal(xero: Caller, body: Body) -> list[str]:
    reply = xero.post("/BankTransactions", body)
    assert reply.status == 400, reply.body
    return reply.messages()


def test_money_spent_is_made_with_lines_and_tax_and_read_back(xero: Caller, spend: Body) -> None:
    shown = made(xero, spend)
    assert (shown["SubTotal"], shown["TotalTax"], shown["Total"], shown["Status"]) == (20, 4, 24, "AUTHORISED")
    (read,) = xero.get(f"/BankTransactions/{shown['BankTransactionID']}").body["BankTransactions"]
    assert (read["BankAccount"]["Code"], read["Contact"]["Name"], read["Reference"]) == ("090", "Alder & Co", "Card 1")
    assert read["LineItems"][0]["AccountCode"] == "325"
    assert read["DateString"] == "2026-11-04T00:00:00"


def test_stock_can_be_booked_by_hand(sim: Simulator, xero: Caller, spend: Body) -> None:
    spend["LineItems"] = [{"Description": "Stock", "LineAmount": 35, "AccountCode": "630"}]
    made(xero, spend)
    assert sim.balance("630") == 35


def test_a_bank_transaction_needs_a_bank_account_a_contact_and_lines(xero: Caller, spend: Body) -> None:
    assert refusal(xero, {**spend, "BankAccount": {"Code": "200"}}) == ["A valid bank account must be specified."]
    without = {name: value for name, value in spend.items() if name != "Contact"}
    assert refusal(xero, without) == ["A Contact must be specified for this type of transaction"]
    assert refusal(xero, {**spend, "LineItems": []}) == ["One or more line items must be specified"]
    spend["LineItems"][0]["AccountCode"] = "610"
    assert refusal(xero, spend) == ["Account code '610' is not a valid code for this document."]


def test_other_types_and_negative_totals_are_refused(xero: Caller, spend: Body) -> None:
    assert "cannot be made here" in refusal(xero, {**spend, "Type": "SPEND-PREPAYMENT"})[0]
    spend["LineItems"][0]["UnitAmount"] = -1
    assert refusal(xero, spend) == ["The total of a bank transaction must be greater than zero."]


def test_lock_dates_hold_for_the_bank_too(xero: Caller, spend: Body) -> None:
    shown = made(xero, spend)
    xero.post("/_sim/person/lock_dates", {"period": "2026-11-30"})
    assert "period lock date" in refusal(xero, spend)[0]
    reply = xero.post(f"/BankTransactions/{shown['BankTransactionID']}", {"Status": "DELETED"})
    assert "period lock date" in reply.messages()[0]


def test_a_bank_transaction_is_deleted_once_and_not_changed(xero: Caller, spend: Body) -> None:
    shown = made(xero, spend)
    ident = {"BankTransactionID": shown["BankTransactionID"]}
    assert refusal(xero, {**ident, "Reference": "X"}) == ["Bank transactions are made and deleted here, not changed."]
    deleted = xero.post("/BankTransactions", {**ident, "Status": "DELETED"}).body["BankTransactions"][0]
    assert deleted["Status"] == "DELETED"
    assert refusal(xero, {**ident, "Status": "DELETED"}) == ["The bank transaction has already been deleted."]
    assert xero.get("/BankTransactions/none").status == 404


def test_lists_are_paged_and_filtered_and_have_lines_only_with_a_page(xero: Caller, spend: Body) -> None:
    received = {**spend, "Type": "RECEIVE", "BankAccount": {"Code": "091"}, "Date": "2026-10-01"}
    xero.put("/BankTransactions", {"BankTransactions": [spend, received]})
    page = xero.get("/BankTransactions", page=1, pageSize=1).body
    assert page["pagination"] == {"page": 1, "pageSize": 1, "pageCount": 2, "itemCount": 2}
    assert len(page["BankTransactions"][0]["LineItems"]) == 1
    assert all(row["LineItems"] == [] for row in xero.get("/BankTransactions").body["BankTransactions"])
    for where in ('Type=="RECEIVE"', 'BankAccount.Code=="091"', "Date < DateTime(2026, 11, 1)"):
        (found,) = xero.get("/BankTransactions", where=where).body["BankTransactions"]
        assert found["Type"] == "RECEIVE"


def test_a_foreign_bank_account_is_translated_at_the_rate_sent(sim: Simulator, xero: Caller, spend: Body) -> None:
    line = {"Description": "Duty", "LineAmount": 100, "AccountCode": "315"}
    shown = made(xero, {**spend, "BankAccount": {"Code": "092"}, "CurrencyRate": 1.25, "LineItems": [line]})
    assert (shown["CurrencyCode"], shown["CurrencyRate"]) == ("USD", 1.25)
    assert (str(sim.balance("315")), str(sim.balance("092"))) == ("80.00", "-80.00")
