"""Making manual journals: what they need, what is refused, tax, warnings, batches and keys."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller

Body = dict[str, Any]
UNBALANCED = "The total debits (100.00) must equal total credits (-10.00)"
NOT_VALID = "Account code '{}' is not a valid code for this document."


def made(xero: Caller, body: Body) -> Body:
    reply = xero.put("/ManualJournals", body)
    assert reply.status == 200, reply.body
    found: Body = reply.body["ManualJournals"][0]
    return found


def lines(*amounts: tuple[str, float], **fields: Any) -> list[Body]:
    return [{"AccountCode": code, "LineAmount": amount, **fields} for code, amount in amounts]


def refusal(xero: Caller, body: Body) -> list[str]:
    reply = xero.put("/ManualJournals", body)
    assert reply.status == 400, reply.body
    return reply.messages()


def test_a_journal_is_a_draft_without_tax_and_on_cash_basis_reports_unless_it_says_otherwise(xero: Caller) -> None:
    shown = made(xero, {"Narration": "Plain", "JournalLines": lines(("631", 5), ("305", -5))})
    assert (shown["Status"], shown["LineAmountTypes"], shown["ShowOnCashBasisReports"]) == ("DRAFT", "NoTax", True)
    assert made(xero, {**shown, "ShowOnCashBasisReports": False})["ShowOnCashBasisReports"] is False


def test_a_posted_journal_is_read_back_with_its_lines_and_its_link(xero: Caller, journal: Body) -> None:
    shown = made(xero, {**journal, "Url": "https://hub.test/7"})
    (read,) = xero.get(f"/ManualJournals/{shown['ManualJournalID']}").body["ManualJournals"]
    assert (read["Status"], read["Date"], read["Url"]) == ("POSTED", "/Date(1793577600000+0000)/", "https://hub.test/7")
    debit, credit = read["JournalLines"]
    assert (debit["LineAmount"], debit["AccountCode"], debit["TaxType"], debit["IsBlank"]) == (
        100,
        "631",
        "NONE",
        False,
    )
    assert credit["LineAmount"] == -100
    account = xero.get("/Accounts/631").body["Accounts"][0]
    assert debit["AccountID"] == account["AccountID"]
    assert "DateString" not in read


def test_an_account_may_be_named_by_its_id(xero: Caller, journal: Body) -> None:
    account = xero.get("/Accounts/805").body["Accounts"][0]["AccountID"]
    journal["JournalLines"][0] = {"LineAmount": 100, "AccountID": account.upper()}
    assert made(xero, journal)["JournalLines"][0]["AccountCode"] == "805"


def test_without_a_date_it_is_dated_today_in_the_organisation(sim: Simulator, xero: Caller, journal: Body) -> None:
    xero.post("/_sim/clock", {"set": "2026-07-01T23:30:00+00:00"})
    del journal["Date"]
    made(sim.caller(), journal)
    (kept,) = sim.books.manual_journals
    assert kept.date.isoformat() == "2026-07-02"


def test_debits_and_credits_must_be_equal(xero: Caller, journal: Body) -> None:
    journal["JournalLines"] = lines(("631", 100), ("305", -10))
    assert refusal(xero, journal) == [UNBALANCED]
    assert refusal(xero, {**journal, "Status": "DRAFT"}) == [UNBALANCED]


def test_an_unbalanced_draft_is_taken_when_the_switch_says_so_and_cannot_be_posted(xero: Caller, journal: Body) -> None:
    xero.post("/_sim/switches", {"unbalanced_draft_journals_refused": False})
    journal["JournalLines"] = lines(("631", 100), ("305", -10))
    draft = made(xero, {**journal, "Status": "DRAFT"})
    reply = xero.post(f"/ManualJournals/{draft['ManualJournalID']}", {"Narration": "Now", "Status": "POSTED"})
    assert reply.messages() == [UNBALANCED]


@pytest.mark.parametrize("sent", [[], [{"AccountCode": "631", "LineAmount": 0}]])
def test_a_journal_has_at_least_two_lines(xero: Caller, journal: Body, sent: list[Body]) -> None:
    assert refusal(xero, {**journal, "JournalLines": sent}) == [
        "A manual journal must have at least two journal lines."
    ]


def test_a_journal_needs_a_narration_and_its_lines_an_amount_and_an_account(xero: Caller, journal: Body) -> None:
    assert refusal(xero, {**journal, "Narration": " "}) == ["The Narration field is mandatory"]
    journal["JournalLines"] = [{"AccountCode": "631"}, {"LineAmount": 0}]
    assert refusal(xero, journal) == [
        "A LineAmount must be specified for each journal line.",
        "Account code must be specified",
    ]


@pytest.mark.parametrize("code", ["090", "610", "800", "960", "499"])
def test_bank_and_system_accounts_take_no_journal(xero: Caller, journal: Body, code: str) -> None:
    journal["JournalLines"][0]["AccountCode"] = code
    assert refusal(xero, journal) == [NOT_VALID.format(code)]
    assert refusal(xero, {**journal, "Status": "DRAFT"}) == [NOT_VALID.format(code)]


def test_an_inventory_account_takes_journals_unless_the_switch_says_otherwise(xero: Caller, journal: Body) -> None:
    journal["JournalLines"][0]["AccountCode"] = "630"
    assert made(xero, journal)["JournalLines"][0]["AccountCode"] == "630"
    xero.post("/_sim/switches", {"inventory_account_in_journals_refused": True})
    assert refusal(xero, journal) == [NOT_VALID.format("630")]


@pytest.mark.parametrize("code", ["4999", "631"])
def test_a_posted_journal_takes_no_unknown_or_archived_account_and_a_draft_loses_it_with_a_warning(
    xero: Caller, journal: Body, code: str
) -> None:
    xero.post("/_sim/person/archive_account", {"code": "631"})
    journal["JournalLines"][0]["AccountCode"] = code
    assert refusal(xero, journal) == [NOT_VALID.format(code)]
    draft = made(xero, {**journal, "Status": "DRAFT"})
    warning = f"Account code '{code}' has been removed as it does not match a recognised account."
    assert (draft["StatusAttributeString"], draft["Warnings"]) == ("WARNING", [{"Message": warning}])
    assert "AccountCode" not in draft["JournalLines"][0]


def test_lock_dates_refuse_journals(xero: Caller, journal: Body) -> None:
    xero.post("/_sim/person/lock_dates", {"period": "2026-10-31", "year": "2026-03-31"})
    made(xero, journal)
    assert "period lock date, currently set at 31-Oct-2026" in refusal(xero, {**journal, "Date": "2026-10-31"})[0]
    assert "end of year lock date, currently set at 31-Mar-2026" in refusal(xero, {**journal, "Date": "2026-03-31"})[0]


@pytest.mark.parametrize("status", ["VOIDED", "DELETED", "ARCHIVED", "VOID"])
def test_a_journal_is_made_as_a_draft_or_posted(xero: Caller, journal: Body, status: str) -> None:
    expected = f"The status '{status}' cannot be applied to the document"
    assert refusal(xero, {**journal, "Status": status}) == [expected]


def test_exclusive_lines_get_tax_on_top_and_balance_with_it(sim: Simulator, xero: Caller, journal: Body) -> None:
    journal |= {"LineAmountTypes": "Exclusive", "JournalLines": lines(("404", 100), ("429", -100))}
    assert refusal(xero, journal) == ["The total debits (100.00) must equal total credits (-120.00)"]
    journal["JournalLines"] = lines(("404", 120), ("429", -100))
    shown = made(xero, journal)["JournalLines"]
    assert [(line["TaxType"], line["TaxAmount"]) for line in shown] == [("NONE", 0), ("INPUT2", -20)]
    assert [str(sim.balance(code)) for code in ("404", "429", "820")] == ["120.00", "-100.00", "-20.00"]


def test_inclusive_lines_contain_their_tax(sim: Simulator, xero: Caller, journal: Body) -> None:
    journal |= {"LineAmountTypes": "Inclusive", "JournalLines": lines(("404", 120), ("429", -120))}
    assert [line["TaxAmount"] for line in made(xero, journal)["JournalLines"]] == [0, -20]
    assert [str(sim.balance(code)) for code in ("404", "429", "820")] == ["120.00", "-100.00", "-20.00"]


def test_a_tax_type_must_exist_and_suit_the_account(xero: Caller, journal: Body) -> None:
    journal |= {"LineAmountTypes": "Exclusive", "JournalLines": lines(("404", 0), ("305", 0), TaxType="OUTPUT2")}
    assert "cannot be used with account code '404'" in refusal(xero, journal)[0]
    journal["JournalLines"] = lines(("404", 0), ("305", 0), TaxType="MOON")
    assert "The TaxType code MOON does not exist" in refusal(xero, journal)[0]


def test_a_link_must_be_http(xero: Caller, journal: Body) -> None:
    assert refusal(xero, {**journal, "Url": "ftp://x"}) == ["Url must be valid."]


def test_many_journals_go_in_one_call_and_a_bad_one_loses_the_others_only_in_summary(
    sim: Simulator, xero: Caller, journal: Body
) -> None:
    body = {"ManualJournals": [journal, {**journal, "Narration": ""}, journal]}
    assert xero.put("/ManualJournals", body).messages() == ["The Narration field is mandatory"]
    assert len(sim.books.manual_journals) == 0
    reply = xero.put("/ManualJournals", body, summarizeErrors="false")
    assert reply.status == 200
    results = reply.body["ManualJournals"]
    assert [result["StatusAttributeString"] for result in results] == ["OK", "ERROR", "OK"]
    assert results[1]["ValidationErrors"] == [{"Message": "The Narration field is mandatory"}]
    assert len(sim.books.manual_journals) == 2


def test_the_same_key_makes_one_journal(sim: Simulator, xero: Caller, journal: Body) -> None:
    first, again = (xero.put("/ManualJournals", journal, {"Idempotency-Key": "j-1"}).body for _ in range(2))
    assert first == again
    assert len(sim.books.manual_journals) == 1


def test_journals_need_their_own_scope(sim: Simulator, journal: Body) -> None:
    assert sim.caller(scopes="accounting.invoices").get("/ManualJournals").status == 401
    reader = sim.caller(scopes="accounting.manualjournals.read")
    assert reader.get("/ManualJournals").status == 200
    refused = reader.put("/ManualJournals", journal)
    assert (refused.status, refused.body["Detail"]) == (401, "AuthorizationUnsuccessful")


def test_an_account_with_a_journal_on_it_cannot_be_deleted(xero: Caller, journal: Body) -> None:
    made(xero, journal)
    assert xero.delete("/Accounts/631").status == 400
