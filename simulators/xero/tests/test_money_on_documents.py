"""Payments, refunds and allocations, and the statuses that follow from them."""

from __future__ import annotations

from typing import Any

from sim_xero.caller import Caller

Body = dict[str, Any]
NOT_AUTHORISED = "Payments can only be made against Authorised documents"
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"


def invoice(xero: Caller, body: Body) -> Body:
    found: Body = xero.put("/Invoices", body).body["Invoices"][0]
    return found


def note(xero: Caller, sale: Body, **changes: Any) -> Body:
    body = {**sale, "Type": "ACCRECCREDIT", **changes}
    body.pop("DueDate")
    reply = xero.put("/CreditNotes", body)
    assert reply.status == 200, reply.body
    found: Body = reply.body["CreditNotes"][0]
    return found


def reread(xero: Caller, document: Body) -> Body:
    found: Body = xero.get(f"/Invoices/{document['InvoiceID']}").body["Invoices"][0]
    return found


def payment(document: Body, amount: float, account: str = "090") -> Body:
    side = {"Invoice": {"InvoiceID": document["InvoiceID"]}}
    return {**side, "Account": {"Code": account}, "Amount": amount, "Date": "2026-11-05"}


def test_payments_make_an_invoice_paid_and_their_deletion_opens_it_again(xero: Caller, sale: Body) -> None:
    document = invoice(xero, sale)
    body = {"Payments": [payment(document, 100), payment(document, 20, "640")]}
    first, second = xero.put("/Payments", body).body["Payments"]
    assert first["PaymentType"] == "ACCRECPAYMENT"
    paid = reread(xero, document)
    assert (paid["Status"], paid["AmountPaid"], paid["AmountDue"]) == ("PAID", 120, 0)
    assert paid["FullyPaidOnDate"] == "/Date(1793836800000+0000)/"
    reply = xero.post(f"/Payments/{second['PaymentID']}", {"Status": "DELETED"})
    assert reply.body["Payments"][0]["Status"] == "DELETED"
    opened = reread(xero, document)
    assert (opened["Status"], opened["AmountDue"]) == ("AUTHORISED", 20)
    assert [row["PaymentID"] for row in opened["Payments"]] == [first["PaymentID"]]


def test_a_payment_needs_an_approved_document_with_that_much_outstanding(xero: Caller, sale: Body) -> None:
    draft = invoice(xero, {**sale, "Status": "DRAFT"})
    assert xero.put("/Payments", payment(draft, 5)).messages() == [NOT_AUTHORISED]
    document = invoice(xero, sale)
    assert xero.put("/Payments", payment(document, 120.01)).messages() == [TOO_MUCH]
    xero.put("/Payments", payment(document, 120))
    assert xero.put("/Payments", payment(document, 1)).messages() == [NOT_AUTHORISED, TOO_MUCH]


def test_a_payment_needs_a_bank_account_or_one_with_payments_enabled(xero: Caller, sale: Body) -> None:
    document = invoice(xero, sale)
    reply = xero.put("/Payments", payment(document, 5, "200"))
    assert reply.messages() == ["The account must be a bank account or have payments enabled."]
    assert reply.body["Elements"][0]["HasValidationErrors"] is True


def test_a_payment_cannot_be_edited_nor_deleted_in_a_batch(xero: Caller, sale: Body) -> None:
    document = invoice(xero, sale)
    made = xero.post(
        "/_sim/person/pay_invoice", {"invoice_id": document["InvoiceID"], "amount": "5", "batch": True}
    ).body
    path = f"/Payments/{made['PaymentID']}"
    assert xero.post(path, {"Amount": 6}).status == 400
    assert xero.post(path, {"Status": "DELETED"}).messages() == ["Payments within a batch cannot be deleted."]


def test_a_payment_in_a_locked_period_is_refused(xero: Caller, sale: Body) -> None:
    document = invoice(xero, sale)
    made = xero.put("/Payments", payment(document, 5)).body["Payments"][0]
    xero.post("/_sim/person/lock_dates", {"period": "2026-11-05"})
    assert "period lock date" in xero.put("/Payments", payment(document, 5)).messages()[0]
    reply = xero.post(f"/Payments/{made['PaymentID']}", {"Status": "DELETED"})
    assert "period lock date" in reply.messages()[0]


def test_an_allocation_moves_credit_and_taking_it_back_restores_both(xero: Caller, sale: Body) -> None:
    document, credit = invoice(xero, sale), note(xero, sale)
    path = f"/CreditNotes/{credit['CreditNoteID']}/Allocations"
    body = {"Invoice": {"InvoiceID": document["InvoiceID"]}, "Amount": 120, "Date": "2026-11-06"}
    allocation = xero.put(path, {"Allocations": [body]}).body["Allocations"][0]
    credited = reread(xero, document)
    assert (credited["Status"], credited["AmountCredited"], credited["AmountDue"]) == ("PAID", 120, 0)
    used = xero.get(f"/CreditNotes/{credit['CreditNoteID']}").body["CreditNotes"][0]
    assert (used["Status"], used["RemainingCredit"]) == ("PAID", 0)
    assert xero.post(f"/CreditNotes/{credit['CreditNoteID']}", {"Status": "VOIDED"}).status == 400
    gone = xero.delete(f"{path}/{allocation['AllocationID']}").body
    assert gone["AllocationId"] == allocation["AllocationID"]
    assert gone["IsDeleted"] is True
    assert reread(xero, document)["AmountDue"] == 120
    voided = xero.post(f"/CreditNotes/{credit['CreditNoteID']}", {"Status": "VOIDED"})
    assert voided.body["CreditNotes"][0]["Status"] == "VOIDED"


def test_an_allocation_needs_invoice_amount_and_date_and_enough_on_both_sides(xero: Caller, sale: Body) -> None:
    document, credit = invoice(xero, sale), note(xero, sale)
    path = f"/CreditNotes/{credit['CreditNoteID']}/Allocations"
    assert len(xero.put(path, {"Allocations": [{}]}).messages()) == 3
    body = {"Invoice": {"InvoiceID": document["InvoiceID"]}, "Amount": 120.01, "Date": "2026-11-06"}
    assert len(xero.put(path, body).messages()) == 2


def test_a_credit_note_can_be_refunded_but_not_beyond_its_credit(xero: Caller, sale: Body) -> None:
    credit = note(xero, sale)
    refund = {
        "CreditNote": {"CreditNoteID": credit["CreditNoteID"]},
        "Account": {"Code": "090"},
        "Amount": 20,
        "Date": "2026-11-05",
    }
    shown = xero.put("/Payments", refund).body["Payments"][0]
    assert shown["PaymentType"] == "ARCREDITPAYMENT"
    left = xero.get(f"/CreditNotes/{credit['CreditNoteID']}").body["CreditNotes"][0]
    assert left["RemainingCredit"] == 100
    assert xero.put("/Payments", {**refund, "Amount": 101}).messages() == [TOO_MUCH]


def test_a_foreign_payment_shows_what_moves_on_the_bank_account(xero: Caller, sale: Body) -> None:
    document = invoice(xero, {**sale, "CurrencyCode": "USD", "CurrencyRate": 1.25})
    shown = xero.put("/Payments", payment(document, 100)).body["Payments"][0]
    assert (shown["Amount"], shown["BankAmount"]) == (100, 80)
    dollars = xero.put("/Payments", payment(document, 20, "092")).body["Payments"][0]
    assert dollars["BankAmount"] == 20


def test_a_document_of_nothing_is_paid_at_once(xero: Caller, sale: Body) -> None:
    line = {**sale["LineItems"][0], "UnitAmount": 0}
    assert invoice(xero, {**sale, "LineItems": [line]})["Status"] == "PAID"
