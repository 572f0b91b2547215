"""What Xero's books say: balances of a day, and the documents behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_xero.postings import SOURCES, Source, postings
from hub_xero.provider import XeroProvider
from hub_xero.trial_balance import balances

from hub import KeepsBooks, Kind, Posting, Session, UnreachableError

PROVIDER = XeroProvider()
Make = Callable[..., Any]
Recorder = Any
"""What the fixture of this name gives: a server that writes down what it is asked and says what it is told to."""

STOCK_ID = "0A635000-0000-4000-8000-000000000635"
CODES = {STOCK_ID.casefold(): "635"}


CONTROLS = [
    {"AccountID": "0a610000-0000-4000-8000-000000000610", "Code": "610", "SystemAccount": "DEBTORS"},
    {"AccountID": "0a800000-0000-4000-8000-000000000800", "Code": "800", "SystemAccount": "CREDITORS"},
]


def _row(name: str, *values: str, account: str = "") -> dict[str, Any]:
    attributes = [{"Id": "account", "Value": account}] if account else []
    return {"RowType": "Row", "Cells": [{"Value": value, "Attributes": attributes} for value in (name, *values)]}


def _report(*rows: dict[str, Any], columns: str = "Account,Debit,Credit,YTD Debit,YTD Credit") -> dict[str, Any]:
    header = {"RowType": "Header", "Cells": [{"Value": name} for name in columns.split(",")]}
    total = {"RowType": "SummaryRow", "Cells": [{"Value": "Total"}, *[{"Value": "99.00"}] * 4]}
    sections = [
        {"RowType": "Section", "Title": "Assets", "Rows": list(rows)},
        {"RowType": "Section", "Title": "", "Rows": [total]},
    ]
    return {"ReportName": "Trial Balance", "Rows": [header, *sections]}


def test_a_balance_is_that_of_the_year_and_not_the_movement_of_the_month() -> None:
    report = _report(_row("Stock (635)", "40.00", "", "1,190.50", "", account=STOCK_ID))

    assert balances([report], CODES) == {"635": Decimal("1190.50")}


def test_a_credit_balance_is_below_zero() -> None:
    assert balances([_report(_row("Sales (200)", "", "0.00", "", "80.00"))], {}) == {"200": Decimal("-80.00")}


def test_an_account_is_known_by_its_id_whatever_its_name_looks_like() -> None:
    report = _report(_row("Stock (old)", "", "", "5.00", "", account=STOCK_ID.lower()))

    assert balances([report], CODES) == {"635": Decimal("5.00")}


def test_an_account_without_a_code_and_the_totals_are_left_out() -> None:
    till = _row("Till (upstairs)", "", "", "5.00", "", account="0b000000-0000-4000-8000-000000000001")
    codes = {**CODES, "0b000000-0000-4000-8000-000000000001": ""}

    assert balances([_report(till)], codes) == {}


def test_columns_are_found_by_their_names() -> None:
    report = _report(_row("Stock (635)", "7.00", "", "1.00", ""), columns="Account,YTD Debit,YTD Credit,Debit,Credit")

    assert balances([report], {}) == {"635": Decimal("7.00")}


@pytest.mark.parametrize(
    "reports",
    [
        [],
        [_report(columns="Account,Debit,Credit")],
        [_report(_row("Stock (635)", "", "", "much", ""))],
    ],
    ids=["none", "other columns", "no number"],
)
def test_a_trial_balance_in_another_form_is_never_taken_for_an_empty_one(reports: list[dict[str, Any]]) -> None:
    with pytest.raises(UnreachableError) as told:
        balances(reports, {})

    assert told.value.problem.code == "trial_balance_unreadable"


def _source(path: str) -> Source:
    (found,) = [source for source in SOURCES if source.path == path]
    return found


def _posted(path: str, native: dict[str, Any]) -> list[Posting]:
    return list(postings(native, _source(path), {"635", "310"}, lambda kind, target: f"https://x/{kind}/{target}"))


def _document(id_name: str, type_: str, **values: Any) -> dict[str, Any]:
    line = {"AccountCode": "635", "LineAmount": Decimal("100.00"), "TaxAmount": Decimal("20.00"), "Description": "Tea"}
    native = {
        id_name: "d-1",
        "Type": type_,
        "Status": "AUTHORISED",
        "DateString": "2026-03-31T00:00:00",
        "LineAmountTypes": "Exclusive",
        "LineItems": [line, {**line, "AccountCode": "200"}],
    }
    return native | values


@pytest.mark.parametrize(
    ("path", "id_name", "type_", "kind", "amount"),
    [
        ("Invoices", "InvoiceID", "ACCREC", Kind.INVOICE, "-100.00"),
        ("Invoices", "InvoiceID", "ACCPAY", Kind.BILL, "100.00"),
        ("CreditNotes", "CreditNoteID", "ACCRECCREDIT", Kind.CREDIT_NOTE, "100.00"),
        ("CreditNotes", "CreditNoteID", "ACCPAYCREDIT", Kind.SUPPLIER_CREDIT, "-100.00"),
        ("BankTransactions", "BankTransactionID", "SPEND", Kind.PAYMENT, "100.00"),
        ("BankTransactions", "BankTransactionID", "SPEND-PREPAYMENT", Kind.PAYMENT, "100.00"),
        ("BankTransactions", "BankTransactionID", "RECEIVE", Kind.PAYMENT, "-100.00"),
    ],
)
def test_a_line_is_a_debit_or_a_credit_by_what_its_document_is(
    path: str, id_name: str, type_: str, kind: Kind, amount: str
) -> None:
    (posting,) = _posted(path, _document(id_name, type_))

    assert (posting.kind, posting.amount, posting.account) == (kind, Decimal(amount), "635")
    assert (posting.date, posting.description) == (date(2026, 3, 31), "Tea")
    assert posting.url == f"https://x/{kind}/d-1"


def test_a_line_that_includes_tax_counts_without_it() -> None:
    (posting,) = _posted("Invoices", _document("InvoiceID", "ACCPAY", LineAmountTypes="Inclusive"))

    assert posting.amount == Decimal("80.00")


def test_a_foreign_document_counts_in_the_base_currency_by_its_own_rate() -> None:
    foreign = _document("InvoiceID", "ACCPAY", CurrencyCode="USD", CurrencyRate=Decimal("1.250000"))
    (posting,) = _posted("Invoices", foreign)

    assert posting.amount == Decimal("80.00")


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_what_is_not_in_the_books_is_no_posting(status: str) -> None:
    assert _posted("Invoices", _document("InvoiceID", "ACCPAY", Status=status)) == []


def test_a_paid_document_is_in_the_books() -> None:
    assert len(_posted("Invoices", _document("InvoiceID", "ACCPAY", Status="PAID"))) == 1


def test_of_manual_journals_only_the_posted_ones_count() -> None:
    lines = [
        {"AccountCode": "310", "LineAmount": Decimal("10.00"), "Description": "a line is not what it is known by"},
        {"AccountCode": "635", "LineAmount": Decimal("-10.00")},
    ]
    journal = {
        "ManualJournalID": "j-1",
        "Date": "/Date(1774915200000+0000)/",
        "Status": "POSTED",
        "LineAmountTypes": "NoTax",
        "Narration": "By hand",
        "JournalLines": lines,
    }

    assert [(one.account, one.amount, one.description) for one in _posted("ManualJournals", journal)] == [
        ("310", Decimal("10.00"), "By hand"),
        ("635", Decimal("-10.00"), "By hand"),
    ]
    assert _posted("ManualJournals", journal | {"Status": "DRAFT"}) == []


@pytest.mark.parametrize(
    ("values", "ours"),
    [
        ({}, False),
        ({"Url": "https://stock.example/Sale?ledgerport=0123456789ab"}, True),
        ({"Reference": "RMA 7 [LP-0123456789ab]"}, True),
        ({"Url": "https://other.example/Sale", "Reference": "LP-0123456789ab"}, False),
    ],
)
def test_what_carries_our_mark_is_ours(values: dict[str, Any], ours: bool) -> None:
    (posting,) = _posted("Invoices", _document("InvoiceID", "ACCREC", **values))

    assert posting.is_ours is ours


def _books(session: Session) -> KeepsBooks:
    assert isinstance(session, KeepsBooks)
    return session


def test_balances_cost_the_report_and_the_chart_and_the_chart_only_once(session: Session, recorder: Recorder) -> None:
    chart = {"Accounts": [{"AccountID": STOCK_ID, "Code": "635", "Name": "Stock", "Class": "ASSET", "Type": "CURRENT"}]}
    report = {"Reports": [_report(_row("Stock (635)", "", "", "5.00", "", account=STOCK_ID))]}
    for said in (report, chart, report):
        recorder.say(said)
    found = [_books(session).balances(date(2026, 3, day)) for day in (30, 31)]

    assert found == [{"635": Decimal("5.00")}] * 2
    assert [path.rpartition("2.0/")[2] for _, path, *_ in recorder.seen] == [
        "Reports/TrialBalance",
        "Accounts",
        "Reports/TrialBalance",
    ]
    assert recorder.seen[0][2] == {"date": ["2026-03-30"]}


def test_postings_are_asked_for_by_date_in_pages_and_journals_without_an_order(
    session: Session, recorder: Recorder
) -> None:
    assert list(_books(session).postings({"635"}, date(2026, 2, 1), date(2026, 2, 28))) == []

    asked = {path.rpartition("/")[2]: query for _, path, query, *_ in recorder.seen}
    assert set(asked) == {"Accounts", "Invoices", "CreditNotes", "ManualJournals", "BankTransactions"}
    del asked["Accounts"]
    for path, query in asked.items():
        assert query["where"] == ["Date>=DateTime(2026,02,01) AND Date<DateTime(2026,03,01)"]
        assert (query["page"], query["pageSize"]) == (["1"], ["1000"])
        assert ("order" in query) is (path != "ManualJournals"), "ordered, all of them would come in one page"


def _journals(*ids: int, pages: int, count: int) -> str:
    line = {"AccountCode": "635", "LineAmount": 1}
    natives = [
        {"ManualJournalID": f"j-{id}", "Date": "/Date(1774915200000)/", "Status": "POSTED", "JournalLines": [line]}
        for id in ids
    ]
    pagination = {"page": 1, "pageSize": 2, "pageCount": pages, "itemCount": count}
    return json.dumps({"ManualJournals": natives, "pagination": pagination})


def test_a_journal_that_slips_to_a_page_already_read_is_found_when_the_list_is_walked_again(
    session: Session, recorder: Recorder
) -> None:
    organisation = {"Organisations": [{"Name": "Demo", "BaseCurrency": "GBP", "ShortCode": "!x5K2"}]}
    answers: list[Any] = [
        {"Accounts": []},
        {"Invoices": []},
        {"CreditNotes": []},
        _journals(1, 2, pages=2, count=4),
        organisation,
        _journals(4, 1, pages=2, count=4),  # 1 was changed and went to the end, so that 3 is on the first page now
        _journals(2, 3, pages=2, count=4),
        _journals(4, 1, pages=2, count=4),
    ]
    for answer in answers:
        recorder.say(answer)
    found = list(_books(session).postings({"635"}, date(2026, 3, 1), date(2026, 3, 31)))

    assert [posting.target_id for posting in found] == ["j-1", "j-2", "j-4", "j-3"]
    assert not any(posting.url for posting in found), "a simulated organisation has no page at Xero"


def test_a_list_that_never_stands_still_is_not_taken_for_complete(session: Session, recorder: Recorder) -> None:
    recorder.say({"Accounts": []})
    recorder.say({"Invoices": []})
    recorder.say({"CreditNotes": []})
    recorder.say(_journals(1, 2, pages=2, count=4))
    recorder.say({"Organisations": [{"Name": "Demo", "BaseCurrency": "GBP", "ShortCode": "!x5K2"}]})
    for answer in [_journals(1, 2, pages=2, count=4)] * 5:
        recorder.say(answer)
    with pytest.raises(UnreachableError) as told:
        list(_books(session).postings({"635"}, date(2026, 3, 1), date(2026, 3, 31)))

    assert told.value.problem.code == "list_keeps_changing"


@pytest.mark.parametrize(
    ("counts", "calls"),
    [
        ({}, 11),
        ({Kind.INVOICE: 600, Kind.BILL: 401, Kind.CREDIT_NOTE: 1, Kind.PAYMENT: 1000, Kind.JOURNAL: 2001}, 14),
        ({Kind.INVOICE: 8_000, Kind.BILL: 2_000, Kind.JOURNAL: 2_000, Kind.PAYMENT: 7_000}, 21),
    ],
)
def test_what_a_comparison_costs_is_known_before_it_is_made(counts: dict[Kind, int], calls: int) -> None:
    assert PROVIDER.reading_cost(counts, date(2026, 1, 1), date(2026, 12, 31)).calls == calls


def test_what_a_comparison_is_said_to_cost_is_what_it_costs(session: Session, recorder: Recorder) -> None:
    organisation = {"Organisations": [{"Name": "Demo", "BaseCurrency": "GBP"}]}
    bill = _document("InvoiceID", "ACCPAY")
    answers: list[Any] = [
        {"Reports": [_report()]},
        {"Accounts": CONTROLS},
        {"Reports": [_report()]},
        {"Invoices": [{**bill, "LineItems": [{"AccountCode": "635", "LineAmount": 1}]}]},
        organisation,
    ]
    for answer in answers:
        recorder.say(answer)
    books = _books(session)
    assert [books.balances(day) for day in (date(2026, 2, 28), date(2026, 3, 31))] == [{}, {}]
    assert len(list(books.postings({"635", "610"}, date(2026, 3, 1), date(2026, 3, 31)))) == 1

    assert len(recorder.seen) == PROVIDER.reading_cost({Kind.BILL: 1}, date(2026, 3, 1), date(2026, 3, 31)).calls
