"""Trial balance, balance sheet, and the Journals endpoint that is closed."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller
from sim_xero.identity.tokens import OLD_APP

Body = dict[str, Any]


@pytest.fixture
def books(sim: Simulator, xero: Caller, sale: Body, journal: Body) -> Caller:
    """An opening, a sale of this month and one of last year, and a journal of September."""
    sim.person("opening_balances", date="2025-12-31", balances={"630": 500, "950": -500})
    xero.put("/Invoices", {"Invoices": [sale, {**sale, "Date": "2026-02-10", "DueDate": "2026-03-10"}]})
    xero.put("/ManualJournals", {**journal, "Date": "2026-09-30"})
    return xero


def report(xero: Caller, name: str, **query: Any) -> Body:
    reply = xero.get(f"/Reports/{name}", **query)
    assert reply.status == 200, reply.body
    found: Body = reply.body["Reports"][0]
    return found


def cells(row: Body) -> list[str]:
    return [cell["Value"] for cell in row["Cells"]]


def rows(found: Body) -> dict[str, list[str]]:
    """The cells of every row beside its first one."""
    inner = [row for section in found["Rows"] for row in section.get("Rows", [])]
    return {cells(row)[0]: cells(row)[1:] for row in inner}


def test_the_trial_balance_tells_the_month_and_where_each_account_stands(books: Caller) -> None:
    found = report(books, "TrialBalance", date="2026-11-15")
    assert cells(found["Rows"][0]) == ["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"]
    table = rows(found)
    assert table["Accounts Receivable (610)"] == ["120.00", "", "240.00", ""]
    assert table["Sales (200)"] == ["", "100.00", "", "100.00"]
    assert table["Stock on Hand (630)"] == ["0.00", "", "500.00", ""]
    assert table["Stock Adjustments (305)"] == ["0.00", "", "", "100.00"]
    assert table["Retained Earnings (960)"] == ["", "0.00", "", "100.00"]
    assert table["Total"] == ["120.00", "120.00", "840.00", "840.00"]


def test_every_cell_of_an_account_carries_its_id(books: Caller) -> None:
    account = books.get("/Accounts/200").body["Accounts"][0]["AccountID"]
    sections = {section.get("Title"): section for section in report(books, "TrialBalance", date="2026-11-15")["Rows"]}
    (row,) = sections["Revenue"]["Rows"]
    assert row["RowType"] == "Row"
    assert [cell["Attributes"] for cell in row["Cells"]] == [[{"Value": account, "Id": "account"}]] * 5
    assert list(sections) == [None, "Revenue", "Expenses", "Assets", "Liabilities", "Equity", ""]


def test_the_trial_balance_is_of_the_day_asked_for_and_of_today_without_one(sim: Simulator, books: Caller) -> None:
    assert rows(report(books, "TrialBalance", date="2026-11-01"))["Accounts Receivable (610)"][2] == "120.00"
    books.post("/_sim/clock", {"set": "2026-11-20T12:00:00+00:00"})
    found = report(sim.caller(), "TrialBalance")
    assert found["ReportTitles"] == ["Trial Balance", "Demo Trading Ltd", "As at 20 November 2026"]
    assert (found["ReportID"], found["ReportType"]) == ("TrialBalance", "TrialBalance")
    assert rows(found)["Accounts Receivable (610)"][2] == "240.00"


def test_a_year_end_moves_what_was_earned_to_the_retained_earnings(books: Caller) -> None:
    before = rows(report(books, "TrialBalance", date="2026-03-31"))
    after = rows(report(books, "TrialBalance", date="2026-04-01"))
    assert (before["Sales (200)"][3], "Retained Earnings (960)" in before) == ("100.00", False)
    assert (after["Sales (200)"][3], after["Retained Earnings (960)"][3]) == ("0.00", "100.00")


def test_a_date_that_is_none_and_what_is_not_simulated_are_refused(xero: Caller) -> None:
    assert xero.get("/Reports/TrialBalance", date="11/2026").status == 400
    assert xero.get("/Reports/TrialBalance", paymentsOnly="true").status == 400
    assert xero.get("/Reports/TrialBalance", paymentsOnly="false").status == 200
    assert xero.get("/Reports/BalanceSheet", periods=3).status == 400


def test_the_balance_sheet_shows_both_sides_and_what_the_year_earned(books: Caller) -> None:
    found = report(books, "BalanceSheet", date="2026-11-30")
    table = rows(found)
    assert cells(found["Rows"][0]) == ["", "30 Nov 2026"]
    assert table["Stock on Hand"] == ["500.00"]
    assert (table["Total Current Assets"], table["Total Assets"]) == (["840.00"], ["840.00"])
    assert (table["VAT"], table["Total Liabilities"]) == (["40.00"], ["40.00"])
    assert table["Net Assets"] == table["Total Equity"] == ["800.00"]
    assert (table["Current Year Earnings"], table["Retained Earnings"]) == (["200.00"], ["100.00"])
    titles = [section.get("Title") for section in found["Rows"]]
    assert titles == [None, "Assets", "Current Assets", "", "Liabilities", "Current Liabilities", "", "", "Equity"]
    earned = next(row for row in found["Rows"][-1]["Rows"] if cells(row)[0] == "Current Year Earnings")
    days = {entry["Id"]: entry["Value"] for entry in earned["Cells"][1]["Attributes"]}
    assert (days["fromDate"], days["toDate"]) == ("4/1/2026", "11/30/2026")


def test_the_balance_sheet_is_as_at_the_end_of_the_month_unless_switched(books: Caller) -> None:
    assert rows(report(books, "BalanceSheet", date="2026-11-01"))["Accounts Receivable"] == ["240.00"]
    books.post("/_sim/switches", {"balance_sheet_is_at_month_end": False})
    found = report(books, "BalanceSheet", date="2026-11-01")
    assert rows(found)["Accounts Receivable"] == ["120.00"]
    assert found["ReportTitles"][2] == "As at 1 November 2026"
    assert report(books, "BalanceSheet")["ReportTitles"][2].split()[2] in ("28", "29", "30", "31")


def test_reports_need_their_own_scope_or_the_broad_one_of_older_apps(sim: Simulator) -> None:
    one = sim.caller(scopes="accounting.reports.trialbalance.read")
    assert [one.get(f"/Reports/{name}").status for name in ("TrialBalance", "BalanceSheet")] == [200, 401]
    other = sim.caller(scopes="accounting.reports.balancesheet.read")
    assert [other.get(f"/Reports/{name}").status for name in ("TrialBalance", "BalanceSheet")] == [401, 200]
    broad = sim.caller(scopes="accounting.reports.read", client_id=OLD_APP.client_id)
    assert [broad.get(f"/Reports/{name}").status for name in ("TrialBalance", "BalanceSheet")] == [200, 200]


def test_the_journals_endpoint_is_closed_even_with_its_scope(sim: Simulator) -> None:
    caller = sim.caller(scopes="accounting.journals.read")
    for path in ("/Journals", "/Journals/1"):
        reply = caller.get(path)
        assert (reply.status, reply.body["Detail"]) == (401, "AuthorizationUnsuccessful")
