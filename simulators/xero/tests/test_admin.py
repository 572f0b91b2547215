"""The pages under /_sim and the actions of a person."""

from __future__ import annotations

from typing import Any

from sim_xero.caller import Caller

Body = dict[str, Any]


def test_the_state_counts_and_sums_by_type_status_and_currency(xero: Caller, sale: Body, bill: Body) -> None:
    xero.put("/Invoices", {"Invoices": [sale, sale, bill]})
    state = xero.get("/_sim/state").body
    assert state["counts"]["invoices"] == 3
    sales = next(row for row in state["invoices"] if row["type"] == "ACCREC")
    assert (sales["status"], sales["count"], sales["total"], sales["currency"]) == (
        "AUTHORISED",
        2,
        "240.00",
        "GBP",
    )
    raw = xero.get("/_sim/state/invoices", number="B-77").body
    assert [(row["type"], row["total"], row["date"]) for row in raw] == [("ACCPAY", "60.00", "2026-11-02")]
    assert xero.get("/_sim/state/nothing").status == 400


def test_calls_are_counted_by_template_and_status_and_can_be_cleared(xero: Caller, sale: Body) -> None:
    made = xero.put("/Invoices", sale, {"Idempotency-Key": "abc"}).body["Invoices"][0]
    xero.get(f"/Invoices/{made['InvoiceID']}")
    xero.get("/Invoices/INV-0404")
    counts = {
        (row["method"], row["path"], row["status"]): row["count"] for row in xero.get("/_sim/calls").body["counts"]
    }
    assert counts["GET", "/api.xro/2.0/Invoices/{id}", 200] == 1
    assert counts["GET", "/api.xro/2.0/Invoices/{key}", 404] == 1
    details = xero.get("/_sim/calls", detail=1).body
    assert "abc" in [row["idempotency_key"] for row in details]
    xero.request("DELETE", "/_sim/calls")
    assert xero.get("/_sim/calls").body["total"] == 0


def test_limits_can_be_changed_while_running(xero: Caller) -> None:
    xero.post("/_sim/limits", {"limits": True, "per_minute": 1})
    assert [xero.get("/Organisation").status for _ in range(2)] == [200, 429]
    assert xero.get("/_sim/calls").body["rate_limited"] == 1
    assert xero.post("/_sim/limits", {"per_hour": 1}).status == 400


def test_a_person_edits_pays_voids_and_deletes(xero: Caller, sale: Body) -> None:
    made = xero.put("/Invoices", sale).body["Invoices"][0]
    ident = {"invoice_id": made["InvoiceID"]}
    changes = {"InvoiceNumber": "ACC-1", "DueDate": "2027-01-31"}
    edited = xero.post("/_sim/person/edit_invoice", {**ident, "changes": changes}).body
    assert (edited["InvoiceNumber"], edited["DueDateString"]) == ("ACC-1", "2027-01-31T00:00:00")
    paid = xero.post("/_sim/person/pay_invoice", ident).body
    assert paid["Amount"] == 120
    refused = xero.post("/_sim/person/void_invoice", ident)
    assert refused.status == 409
    assert "payment or credit note" in refused.body["errors"][1]
    xero.post("/_sim/person/delete_payment", {"payment_id": paid["PaymentID"]})
    assert xero.post("/_sim/person/void_invoice", ident).body["Status"] == "VOIDED"


def test_a_person_approves_and_deletes_drafts(xero: Caller, sale: Body) -> None:
    drafts = xero.put("/Invoices", {"Invoices": [{**sale, "Status": "DRAFT"}] * 2}).body["Invoices"]
    first, second = ({"invoice_id": draft["InvoiceID"]} for draft in drafts)
    assert xero.post("/_sim/person/approve", first).body["Status"] == "AUTHORISED"
    assert xero.post("/_sim/person/delete_draft", second).body["Status"] == "DELETED"
    assert xero.post("/_sim/person/delete_draft", {"invoice_id": "none"}).status == 404


def test_an_account_a_person_archived_is_refused(xero: Caller, sale: Body) -> None:
    xero.post("/_sim/person/archive_account", {"code": "200"})
    reply = xero.put("/Invoices", {**sale})
    assert "Account code '200' is not a valid code for this document." in reply.messages()
