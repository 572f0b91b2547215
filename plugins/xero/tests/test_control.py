"""What Xero's documents do to receivables and payables, which no line of theirs names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_xero.control import CREDITS, INVOICES, OVERPAYMENTS, Controls, Ledgers

from hub import KeepsBooks, Kind, Posting, Session

Recorder = Any
"""What the fixture of this name gives: a server that writes down what it is asked and says what it is told to."""

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
CHART = [
    {"AccountID": "0a610000-0000-4000-8000-000000000610", "Code": "610", "SystemAccount": "DEBTORS"},
    {"AccountID": "0a800000-0000-4000-8000-000000000800", "Code": "800", "SystemAccount": "CREDITORS"},
]
Moved = tuple[Kind, str, str, str]


def document(ledgers: Ledgers, type_: str, **values: Any) -> dict[str, Any]:
    native = {
        ledgers.id_name: "d-1",
        ledgers.number_name or "Reference": "N-1",
        "Type": type_,
        "Status": "AUTHORISED",
        "DateString": "2026-03-10T00:00:00",
        "Total": Decimal("120.00"),
    }
    return native | values


def paid(id: str, amount: str, day: str = "2026-03-20") -> dict[str, Any]:
    return {"PaymentID": id, "Amount": Decimal(amount), "DateString": f"{day}T00:00:00"}


def moved(native: dict[str, Any], ledgers: Ledgers = INVOICES, since: date = FIRST) -> list[Moved]:
    controls = Controls({"DEBTORS": "610", "CREDITORS": "800"}, lambda kind, target: f"https://x/{kind}/{target}")
    return told(list(controls.postings(native, ledgers, since=since, until=LAST)))


def told(postings: Sequence[Posting]) -> list[Moved]:
    return [(each.kind, each.target_id, each.account, str(each.amount)) for each in postings]


@pytest.mark.parametrize(
    ("ledgers", "type_", "kind", "account", "amount"),
    [
        (INVOICES, "ACCREC", Kind.INVOICE, "610", "120.00"),
        (INVOICES, "ACCPAY", Kind.BILL, "800", "-120.00"),
        (CREDITS, "ACCRECCREDIT", Kind.CREDIT_NOTE, "610", "-120.00"),
        (CREDITS, "ACCPAYCREDIT", Kind.SUPPLIER_CREDIT, "800", "120.00"),
        (OVERPAYMENTS, "RECEIVE-OVERPAYMENT", Kind.PAYMENT, "610", "-120.00"),
        (OVERPAYMENTS, "SPEND-OVERPAYMENT", Kind.PAYMENT, "800", "120.00"),
    ],
)
def test_a_document_moves_its_control_account_by_its_total(
    ledgers: Ledgers, type_: str, kind: Kind, account: str, amount: str
) -> None:
    assert moved(document(ledgers, type_), ledgers) == [(kind, "d-1", account, amount)]


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_what_is_not_in_the_books_moves_nothing(status: str) -> None:
    assert moved(document(INVOICES, "ACCREC", Status=status)) == []


def test_money_on_a_document_moves_the_account_back_on_its_own_day() -> None:
    payments = [paid("p-1", "50.00"), paid("p-2", "70.00", "2026-04-02")]
    invoice = document(INVOICES, "ACCREC", Payments=payments)

    assert moved(invoice) == [(Kind.INVOICE, "d-1", "610", "120.00"), (Kind.PAYMENT, "p-1", "610", "-50.00")]


def test_money_back_for_a_credit_is_a_refund() -> None:
    credit = document(CREDITS, "ACCPAYCREDIT", Payments=[paid("p-1", "120.00")])

    assert moved(credit, CREDITS)[1:] == [(Kind.REFUND, "p-1", "800", "-120.00")]


def test_of_an_older_document_only_the_money_of_the_period_counts() -> None:
    invoice = document(INVOICES, "ACCREC", DateString="2026-02-27T00:00:00", Payments=[paid("p-1", "50.00")])

    assert moved(invoice) == [(Kind.PAYMENT, "p-1", "610", "-50.00")]


def test_all_that_is_taken_off_a_foreign_document_takes_off_the_whole_of_it() -> None:
    payments = [paid("p-1", "40.01"), paid("p-2", "39.99", "2026-03-21")]
    note = {"CreditNoteID": "c-1", "AppliedAmount": Decimal("40.00"), "DateString": "2026-03-20T00:00:00"}
    invoice = document(INVOICES, "ACCREC", CurrencyRate=Decimal("1.3"), Payments=payments, CreditNotes=[note])
    total, *relieved = (Decimal(amount) for *_, amount in moved(invoice))

    assert total == Decimal("92.31")
    assert sum(relieved) + total == Decimal("30.77"), (
        "what the credit note takes off is in the credit note's own amount"
    )


def test_accounts_that_are_not_asked_for_are_left_out() -> None:
    controls = Controls({"CREDITORS": "800"}, lambda *_: "")

    assert list(controls.postings(document(INVOICES, "ACCREC"), INVOICES, since=FIRST, until=LAST)) == []


def test_receivables_cost_three_calls_more_and_say_what_people_made_by_hand(
    session: Session, recorder: Recorder
) -> None:
    older = document(INVOICES, "ACCREC", InvoiceID="d-0", DateString="2026-01-05T00:00:00")
    answers: list[Any] = [
        {"Accounts": CHART},
        {"Invoices": [_plain(document(INVOICES, "ACCREC"))]},
        {"Organisations": [{"Name": "Demo", "BaseCurrency": "GBP", "ShortCode": "!x5K2"}]},
        {"CreditNotes": []},
        {"ManualJournals": []},
        {"BankTransactions": []},
        {"Overpayments": []},
        {"Invoices": [_plain(older | {"Payments": [paid("p-9", "30.00")]})]},
        {"CreditNotes": []},
    ]
    for answer in answers:
        recorder.say(answer)
    assert isinstance(session, KeepsBooks)
    found = list(session.postings({"610"}, FIRST, LAST))

    assert told(found) == [(Kind.INVOICE, "d-1", "610", "120.00"), (Kind.PAYMENT, "p-9", "610", "-30.00")]
    assert not any(posting.is_ours for posting in found)
    assert len(recorder.seen) == len(answers)
    _, _, query, headers, _ = recorder.seen[7]
    assert query["where"] == ["Date<DateTime(2026,03,01)"]
    assert headers["if-modified-since"] == "2026-02-28T10:00:00", "the day begins there before it does in UTC"


def _plain(native: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it."""
    amounts = {name: float(value) for name, value in native.items() if isinstance(value, Decimal)}
    payments = [each | {"Amount": float(each["Amount"])} for each in native.get("Payments", ())]
    return native | amounts | {"Payments": payments}
