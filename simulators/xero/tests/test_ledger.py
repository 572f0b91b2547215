"""The general ledger: what each kind of document does to the accounts, and that it always balances."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

from sim_xero import Simulator
from sim_xero.caller import Caller

Body = dict[str, Any]


def balances(xero: Caller, **query: Any) -> dict[str, str]:
    """What stands on the accounts; it always adds up to zero."""
    found: dict[str, str] = xero.get("/_sim/ledger", **query).body
    assert sum(map(Decimal, found.values())) == 0
    return {code: amount for code, amount in found.items() if Decimal(amount)}


def invoice(xero: Caller, body: Body, **changes: Any) -> Body:
    reply = xero.put("/Invoices", {**body, **changes})
    assert reply.status == 200, reply.body
    found: Body = reply.body["Invoices"][0]
    return found


def note(xero: Caller, body: Body, kind: str, **changes: Any) -> Body:
    reply = xero.put("/CreditNotes", {**body, "Type": kind, **changes})
    assert reply.status == 200, reply.body
    found: Body = reply.body["CreditNotes"][0]
    return found


def settle(xero: Caller, document: Body, amount: float, **fields: Any) -> Body:
    name = "Invoice" if "InvoiceID" in document else "CreditNote"
    side = {name: {f"{name}ID": document[f"{name}ID"]}}
    reply = xero.put(
        "/Payments", {**side, "Account": {"Code": "090"}, "Amount": amount, "Date": "2026-11-05", **fields}
    )
    assert reply.status == 200, reply.body
    found: Body = reply.body["Payments"][0]
    return found


def allocate(xero: Caller, credit: Body, document: Body, amount: float) -> None:
    body = {"Invoice": {"InvoiceID": document["InvoiceID"]}, "Amount": amount, "Date": "2026-11-06"}
    reply = xero.put(f"/CreditNotes/{credit['CreditNoteID']}/Allocations", body)
    assert reply.status == 200, reply.body


def test_a_sale_debits_receivables_and_credits_its_accounts_and_the_tax(xero: Caller, sale: Body) -> None:
    invoice(xero, sale)
    assert balances(xero) == {"610": "120.00", "200": "-100.00", "820": "-20.00"}


def test_tax_within_the_amounts_is_taken_out_of_them(xero: Caller, sale: Body) -> None:
    invoice(xero, sale, LineAmountTypes="Inclusive")
    assert balances(xero) == {"610": "100.00", "200": "-83.33", "820": "-16.67"}


def test_a_bill_credits_payables(xero: Caller, bill: Body) -> None:
    invoice(xero, bill)
    assert balances(xero) == {"310": "50.00", "820": "10.00", "800": "-60.00"}


def test_drafts_and_voided_documents_are_in_no_balance(xero: Caller, sale: Body) -> None:
    invoice(xero, sale, Status="DRAFT")
    invoice(xero, sale, Status="SUBMITTED")
    xero.post("/_sim/person/void_invoice", {"invoice_id": invoice(xero, sale)["InvoiceID"]})
    assert balances(xero) == {}


def test_a_payment_moves_the_receivable_to_the_bank_until_it_is_deleted(xero: Caller, sale: Body, bill: Body) -> None:
    payment = settle(xero, invoice(xero, sale), 120)
    settle(xero, invoice(xero, bill), 60, Account={"Code": "640"})
    assert balances(xero) == {"090": "120.00", "200": "-100.00", "820": "-10.00", "310": "50.00", "640": "-60.00"}
    xero.post(f"/Payments/{payment['PaymentID']}", {"Status": "DELETED"})
    assert {code: balances(xero)[code] for code in ("610", "640")} == {"610": "120.00", "640": "-60.00"}


def test_credit_notes_refunds_and_allocations_mirror_their_documents(xero: Caller, sale: Body, bill: Body) -> None:
    settle(xero, note(xero, sale, "ACCRECCREDIT"), 120)
    assert balances(xero) == {"200": "100.00", "820": "20.00", "090": "-120.00"}
    credit, owed = note(xero, bill, "ACCPAYCREDIT"), invoice(xero, bill)
    assert "800" not in balances(xero)
    allocate(xero, credit, owed, 60)
    assert balances(xero) == {"200": "100.00", "820": "20.00", "090": "-120.00"}


def test_only_posted_journals_count_and_archived_ones_still_do(sim: Simulator, xero: Caller, journal: Body) -> None:
    xero.put("/ManualJournals", {**journal, "Status": "DRAFT"})
    assert balances(xero) == {}
    made = xero.put("/ManualJournals", journal).body["ManualJournals"][0]
    assert balances(xero) == {"631": "100.00", "305": "-100.00"}
    sim.person("archive_manual_journal", manual_journal_id=made["ManualJournalID"])
    assert balances(xero) == {"631": "100.00", "305": "-100.00"}
    sim.person("restore_manual_journal", manual_journal_id=made["ManualJournalID"])
    sim.person("void_manual_journal", manual_journal_id=made["ManualJournalID"])
    assert balances(xero) == {}


def test_a_payment_at_another_rate_leaves_a_realised_currency_gain(xero: Caller, sale: Body) -> None:
    document = invoice(xero, sale, CurrencyCode="USD", CurrencyRate=1.25)
    assert balances(xero) == {"610": "96.00", "200": "-80.00", "820": "-16.00"}
    settle(xero, document, 120, CurrencyRate=1.2)
    assert balances(xero) == {"090": "100.00", "200": "-80.00", "820": "-16.00", "499": "-4.00"}


def test_payments_in_parts_take_the_whole_receivable_with_them(xero: Caller, sale: Body) -> None:
    document = invoice(xero, sale, CurrencyCode="USD", CurrencyRate=7)
    for _ in range(3):
        settle(xero, document, 40)
    found = balances(xero)
    assert (found["090"], found["499"], "610" in found) == ("17.13", "0.01", False)


def test_what_translating_the_lines_leaves_over_is_on_the_rounding_account(xero: Caller, sale: Body) -> None:
    line = {"Description": "Oak", "Quantity": 1, "UnitAmount": 1, "AccountCode": "205"}
    body = {**sale, "CurrencyCode": "USD", "CurrencyRate": 3, "LineItems": [line, line]}
    invoice(xero, body)
    assert balances(xero) == {"610": "0.67", "205": "-0.66", "860": "-0.01"}


def test_an_allocation_between_rates_leaves_a_realised_currency_gain(xero: Caller, sale: Body) -> None:
    foreign = {"CurrencyCode": "USD"}
    credit = note(xero, sale, "ACCRECCREDIT", **foreign, CurrencyRate=1.2)
    document = invoice(xero, sale, **foreign, CurrencyRate=1.25)
    before = balances(xero)
    assert before["610"] == "-4.00"
    allocate(xero, credit, document, 120)
    after = balances(xero)
    assert "610" not in after
    assert after["499"] == "-4.00"


def test_bank_transactions_move_between_the_bank_and_the_accounts_of_their_lines(sim: Simulator, xero: Caller) -> None:
    sim.person("enter_bank_transaction", type="SPEND", lines={"630": "12.50"})
    received = sim.person("enter_bank_transaction", type="RECEIVE", lines={"260": 20}, amount_types="Exclusive")
    assert balances(xero) == {"090": "11.50", "630": "12.50", "260": "-20.00", "820": "-4.00"}
    sim.person("delete_bank_transaction", bank_transaction_id=received["BankTransactionID"])
    assert balances(xero) == {"090": "-12.50", "630": "12.50"}


def test_opening_balances_are_closed_by_the_historical_adjustment(sim: Simulator, xero: Caller) -> None:
    sim.person("opening_balances", date="2026-03-31", balances={"630": "500", "610": "100", "090": 1000})
    sim.person("opening_balances", date="2026-03-31", balances={"630": "500.25", "950": -300})
    assert balances(xero) == {"630": "500.25", "950": "-300.00", "840": "-200.25"}
    assert balances(xero, date="2026-03-30") == {}
    assert xero.delete("/Accounts/630").status == 400


def test_the_balance_of_a_day_leaves_out_what_is_dated_later(sim: Simulator, xero: Caller, journal: Body) -> None:
    xero.put("/ManualJournals", journal)
    assert sim.balance("631", date(2026, 11, 1)) == 0
    assert sim.balance("631", date(2026, 11, 2)) == sim.balance("631") == 100


def test_the_postings_of_an_account_name_their_documents(xero: Caller, journal: Body) -> None:
    made = xero.put("/ManualJournals", journal).body["ManualJournals"][0]
    (posting,) = xero.get("/_sim/ledger", account="631").body
    assert (posting["date"], posting["amount"], posting["source"]) == ("2026-11-02", "100.00", "MANJOURNAL")
    assert posting["document_id"] == made["ManualJournalID"]


def test_documents_follow_their_account_to_a_new_code(xero: Caller, sale: Body) -> None:
    document = invoice(xero, sale)
    assert xero.post("/Accounts/200", {"Code": "299"}).status == 200
    read = xero.get(f"/Invoices/{document['InvoiceID']}").body["Invoices"][0]
    assert read["LineItems"][0]["AccountCode"] == "299"
    assert balances(xero)["299"] == "-100.00"


def test_the_control_accounts_are_always_what_the_documents_leave_open(sim: Simulator, xero: Caller) -> None:
    """Whatever was sold, bought, credited, paid and allocated, in whatever parts."""
    draw = random.Random(11)  # noqa: S311 (repeatable on purpose)
    for number in range(12):
        kind, account = draw.choice([("ACCREC", "200"), ("ACCPAY", "310")])
        unit = draw.randrange(100, 99_999) / 100
        line = {"Description": "Any", "Quantity": draw.randrange(1, 9), "UnitAmount": unit, "AccountCode": account}
        body = {"Contact": {"Name": "Same"}, "Status": "AUTHORISED", "Date": "2026-11-02", "LineItems": [line]}
        document = invoice(xero, {**body, "Type": kind, "DueDate": "2026-12-02", "InvoiceNumber": f"N-{number}"})
        credit = note(xero, {**body, "CreditNoteNumber": f"C-{number}"}, f"{kind}CREDIT")
        allocate(xero, credit, document, round(credit["RemainingCredit"] / 3, 2))
        settle(xero, document, round(document["AmountDue"] / 4, 2))
        settle(xero, credit, round(credit["RemainingCredit"] / 5, 2))
    balances(xero)
    documents = [*sim.books.invoices, *sim.books.credit_notes]
    for code, is_sale in (("610", True), ("800", False)):
        opened = [(-1 if d.is_credit_note else 1) * d.open for d in documents if d.is_sale is is_sale]
        assert sim.balance(code) == sum(opened) * (1 if is_sale else -1) != 0
