"""Journals as Xero's manual journals: what fits, what is sent, and what an answer says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_xero import marks, states
from hub_xero.exact import decode
from hub_xero.journals import narration
from hub_xero.provider import XeroProvider

from hub import (
    Account,
    AccountClass,
    Action,
    Facts,
    JournalLine,
    JournalReason,
    Kind,
    Operation,
    Status,
    TargetState,
    TargetStatus,
    Tracking,
    TrackingChoice,
)

PROVIDER = XeroProvider()
Make = Callable[..., Any]
NORTH = TrackingChoice(category="Region", option="North")


def _sent(operation: Operation, facts: Facts) -> dict[str, Any]:
    (element,) = decode(PROVIDER.render([operation], facts).body)["ManualJournals"]
    assert isinstance(element, dict)
    return element


def _codes(document: Any, facts: Facts) -> list[str]:
    return [problem.code for problem in PROVIDER.fit(document, facts).problems]


def _state(status: TargetStatus) -> TargetState:
    return TargetState(kind=Kind.JOURNAL, target_id="j-1", status=status)


def _native(**values: Any) -> dict[str, Any]:
    lines = [
        {"LineAmount": Decimal("10.00"), "AccountCode": "310", "Description": "Shipped", "Tracking": []},
        {"LineAmount": Decimal("-10.00"), "AccountCode": "635", "Description": "Shipped", "Tracking": []},
    ]
    native = {
        "ManualJournalID": "j-1",
        "Date": "/Date(1774915200000+0000)/",
        "Status": "POSTED",
        "LineAmountTypes": "NoTax",
        "Narration": "Cost of goods SO-1",
        "ShowOnCashBasisReports": True,
        "UpdatedDateUTC": "/Date(1774915200123+0000)/",
        "JournalLines": lines,
    }
    return native | values


def test_a_journal_is_created_complete_with_debits_above_and_credits_below_zero(
    facts: Facts, journal: Make, operate: Make
) -> None:
    operation = operate(journal())
    payload = PROVIDER.render([operation], facts)

    assert payload.route == "PUT ManualJournals?summarizeErrors=false"
    assert _sent(operation, facts) == {
        "Narration": f"Cost of goods SO-1 (PO 77) [LP-{marks.token(operation)}]",
        "Date": "2026-03-31",
        "LineAmountTypes": "NoTax",
        "Url": f"https://stock.example/Sale?ledgerport={marks.token(operation)}#abc",
        "ShowOnCashBasisReports": True,
        "Status": "POSTED",
        "JournalLines": [
            {"LineAmount": Decimal("10.00"), "AccountCode": "310", "Description": "Shipped", "Tracking": []},
            {"LineAmount": Decimal("-10.00"), "AccountCode": "635", "Description": "Shipped", "Tracking": []},
        ],
    }


def test_a_flow_that_posts_drafts_sends_a_draft(facts: Facts, journal: Make, operate: Make) -> None:
    assert _sent(operate(journal(status=Status.DRAFT)), facts)["Status"] == "DRAFT"


def test_a_journal_left_out_of_cash_reports_says_so(facts: Facts, journal: Make, operate: Make) -> None:
    assert _sent(operate(journal(on_cash_basis=False)), facts)["ShowOnCashBasisReports"] is False


@pytest.mark.parametrize(
    ("status", "sent"), [(TargetStatus.DRAFT, "DRAFT"), (TargetStatus.OPEN, "POSTED")], ids=["draft", "posted"]
)
@pytest.mark.parametrize("flow", [Status.DRAFT, Status.AUTHORISED])
def test_an_update_says_the_status_that_the_journal_has_however_the_flow_posts_by_now(
    flow: Status, status: TargetStatus, sent: str, facts: Facts, journal: Make, operate: Make
) -> None:
    operation = operate(journal(status=flow), Action.UPDATE, target_id="j-1", target=_state(status))

    assert _sent(operation, facts)["Status"] == sent


def test_an_update_sends_every_line_complete_since_xero_blanks_what_is_missing(
    facts: Facts, journal: Make, operate: Make
) -> None:
    before, after = journal(), journal("12.00")
    operation = operate(
        after, Action.UPDATE, target_id="j-1", target=_state(TargetStatus.OPEN), written=before, fields=None
    )
    element = _sent(operation, facts)

    assert PROVIDER.render([operation], facts).route == "POST ManualJournals?summarizeErrors=false"
    assert element["ManualJournalID"] == "j-1"
    assert {"Narration", "Date", "LineAmountTypes", "Url", "ShowOnCashBasisReports"} <= element.keys()
    assert [line.keys() for line in element["JournalLines"]] == [
        {"LineAmount", "AccountCode", "Description", "Tracking"}
    ] * 2


@pytest.mark.parametrize(
    ("status", "action", "sent"),
    [
        (TargetStatus.OPEN, Action.VOID, "VOIDED"),
        (TargetStatus.DRAFT, Action.VOID, "DELETED"),
        (TargetStatus.DRAFT, Action.DELETE, "DELETED"),
    ],
)
def test_a_posted_journal_is_voided_and_a_draft_is_deleted(
    status: TargetStatus, action: Action, sent: str, facts: Facts, journal: Make, operate: Make
) -> None:
    operation = operate(journal(), action, target_id="j-1", target=_state(status))
    element = _sent(operation, facts)

    assert element.keys() == {"ManualJournalID", "Narration", "Status"}
    assert (element["ManualJournalID"], element["Status"]) == ("j-1", sent)
    assert marks.text_token(element["Narration"]) == marks.token(operation)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Cost of goods SO-1 (PO 77)"),
        ({"reference": ""}, "Cost of goods SO-1"),
        (
            {"reason": JournalReason.STOCKTAKE, "reference": "", "narration": "Main  store"},
            "Stocktake SO-1: Main store",
        ),
        ({"narration": "Shipment 2 of SO-1"}, "Shipment 2 of SO-1"),
        ({"narration": "For SO-12", "reference": ""}, "Cost of goods SO-1: For SO-12"),
        ({"number": "Cost of goods 2026-03", "narration": "Cost of goods, 2026-03"}, "Cost of goods, 2026-03"),
        ({"number": "Cost of goods 2026-03", "reference": ""}, "Cost of goods 2026-03"),
    ],
)
def test_a_narration_is_never_empty_and_always_tells_the_number(
    values: dict[str, Any], words: str, journal: Make
) -> None:
    assert narration(journal(**values)) == words


def test_a_fitted_narration_is_sent_as_it_is(facts: Facts, journal: Make, operate: Make) -> None:
    document = journal()
    fitted = PROVIDER.fit(document, facts).document

    assert _sent(operate(fitted), facts) == _sent(operate(document), facts)


def test_a_narration_too_long_is_cut_and_keeps_its_mark(facts: Facts, journal: Make, operate: Make) -> None:
    fit = PROVIDER.fit(journal(narration="long " * 1000), facts)
    operation = operate(fit.document)
    sent = _sent(operation, facts)["Narration"]

    assert len(sent) <= marks.NARRATION_LENGTH
    assert marks.text_token(sent) == marks.token(operation)
    assert any("narration was cut" in note for note in fit.notes)


def test_the_next_generation_of_a_journal_has_another_mark(facts: Facts, journal: Make, operate: Make) -> None:
    first, second = (_sent(operate(journal(), generation=number), facts) for number in (1, 2))

    assert first["Url"] != second["Url"]
    assert first["Narration"] != second["Narration"]


def test_a_journal_that_fits_has_no_problem(facts: Facts, journal: Make) -> None:
    assert _codes(journal(), facts) == []


def test_a_journal_that_is_a_cent_off_is_held(facts: Facts, journal: Make) -> None:
    lines = (
        JournalLine(account="310", amount=Decimal("10.01")),
        JournalLine(account="635", amount=Decimal("-10.00")),
    )

    assert _codes(journal(lines=lines), facts) == ["unbalanced"]


def test_a_journal_of_one_line_is_held(facts: Facts, journal: Make) -> None:
    lines = (JournalLine(account="310", amount=Decimal("0.00")),)

    assert _codes(journal(lines=lines), facts) == ["journal_too_short"]


def test_a_journal_in_a_foreign_currency_is_held(facts: Facts, journal: Make) -> None:
    assert _codes(journal(currency="USD"), facts) == ["journal_currency"]


def test_a_tenth_of_a_cent_is_held(facts: Facts, journal: Make) -> None:
    assert _codes(journal("10.001"), facts) == ["currency_decimals"]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("404", "account_unknown"),
        ("", "account_unknown"),
        ("999", "account_archived"),
        ("090", "account_refuses_journals"),
    ],
)
def test_an_account_that_takes_no_journal_is_found_before_anything_is_sent(
    code: str, problem: str, facts: Facts, journal: Make
) -> None:
    lines = (
        JournalLine(account=code, amount=Decimal("10.00")),
        JournalLine(account="635", amount=Decimal("-10.00")),
    )

    assert _codes(journal(lines=lines), facts) == [problem]


def test_an_account_may_take_journals_and_no_documents(facts: Facts, journal: Make) -> None:
    tax = Account(
        external_id="t",
        code="820",
        name="VAT",
        account_class=AccountClass.LIABILITY,
        takes_documents=False,
        system="GST",
    )
    lines = (
        JournalLine(account="820", amount=Decimal("10.00")),
        JournalLine(account="635", amount=Decimal("-10.00")),
    )

    assert _codes(journal(lines=lines), replace(facts, accounts={**facts.accounts, "820": tax})) == []


def test_the_lines_of_a_journal_carry_their_tracking_by_name(facts: Facts, journal: Make, operate: Make) -> None:
    region = Tracking(external_id="tc", name="Region", options=("North",))
    lines = (
        JournalLine(account="310", amount=Decimal("10.00"), tracking=(NORTH,)),
        JournalLine(account="635", amount=Decimal("-10.00")),
    )
    document = journal(lines=lines)
    known = replace(facts, tracking={"Region": region})

    assert _codes(document, known) == []
    assert [line["Tracking"] for line in _sent(operate(document), known)["JournalLines"]] == [
        [{"Name": "Region", "Option": "North"}],
        [],
    ]


def test_fifty_journals_go_in_one_call() -> None:
    rule = PROVIDER.batch_rules[Kind.JOURNAL]

    assert (rule.operations, rule.bytes) == (50, 3_000_000)


def test_a_state_tells_the_debits_the_date_and_whose_it_is(journal: Make, operate: Make) -> None:
    operation = operate(journal())
    theirs = states.journal(_native())
    ours = states.journal(_native(Url=marks.url(operation)))

    assert (theirs.status, theirs.total, theirs.date) == (TargetStatus.OPEN, Decimal("10.00"), date(2026, 3, 31))
    assert (theirs.ours, ours.ours) == (False, True)


def test_a_list_that_leaves_the_link_away_still_shows_whose_it_is(journal: Make, operate: Make) -> None:
    text = marks.narration(operate(journal()), "Cost of goods SO-1")

    assert states.journal(_native(Narration=text)).ours


@pytest.mark.parametrize(
    ("native", "status"),
    [
        ("DRAFT", TargetStatus.DRAFT),
        ("POSTED", TargetStatus.OPEN),
        ("VOIDED", TargetStatus.VOIDED),
        ("DELETED", TargetStatus.VOIDED),
    ],
)
def test_each_status_of_a_journal_is_known(native: str, status: TargetStatus) -> None:
    assert states.journal(_native(Status=native)).status is status


EDITS: dict[str, dict[str, Any]] = {
    "narration": {"Narration": "Corrected"},
    "date": {"Date": "/Date(1774828800000+0000)/"},
    "tax mode": {"LineAmountTypes": "Exclusive"},
    "cash basis": {"ShowOnCashBasisReports": False},
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_a_person_edits_on_a_journal_changes_its_content(edit: str) -> None:
    assert states.journal(_native(**EDITS[edit])).content != states.journal(_native()).content


@pytest.mark.parametrize(
    "edit",
    [
        {"AccountCode": "320"},
        {"Description": "Sent"},
        {"TaxType": "INPUT2"},
        {"Tracking": [{"Name": "Region", "Option": "North"}]},
    ],
)
def test_what_a_person_edits_on_a_line_changes_its_content(edit: dict[str, Any]) -> None:
    first, second = _native()["JournalLines"]

    assert states.journal(_native(JournalLines=[first | edit, second])).content != states.journal(_native()).content


def test_stamps_links_and_the_order_of_lines_are_no_edit() -> None:
    first, second = _native()["JournalLines"]
    told = {"TaxType": "NONE", "TaxAmount": Decimal("0.00"), "AccountID": "a-1", "IsBlank": False}
    same = _native(
        Url="https://elsewhere.example/",
        UpdatedDateUTC="/Date(1774999999999+0000)/",
        HasAttachments=True,
        JournalLines=[second | told, first],
    )

    assert states.journal(same).content == states.journal(_native()).content


def test_a_summary_without_lines_tells_no_content_and_no_total() -> None:
    state = states.journal(_native(JournalLines=[]))

    assert (state.content, state.total) == ("", None)


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        (TargetStatus.DRAFT, {Action.UPDATE, Action.VOID, Action.DELETE}),
        (TargetStatus.OPEN, {Action.UPDATE, Action.VOID}),
        (TargetStatus.VOIDED, set()),
        (TargetStatus.MISSING, set()),
    ],
)
def test_a_journal_may_be_changed_until_it_is_taken_back(status: TargetStatus, actions: set[Action]) -> None:
    allowed = PROVIDER.allowed(Kind.JOURNAL, _state(status))

    assert allowed.actions == actions
    assert allowed.fields is None
