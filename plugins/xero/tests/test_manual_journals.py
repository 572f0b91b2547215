"""Journals and the comparison of books over real HTTP, with a stand-in for Xero in which people work too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub import (
    Account,
    Action,
    JournalLine,
    KeepsBooks,
    Kind,
    Operation,
    Posting,
    Status,
    TargetState,
    TargetStatus,
    Tracking,
    TrackingChoice,
    UnsureError,
)

Make = Callable[..., Any]
Office = Any
"""What the fixture of this name gives: one hub, one simulated Xero, and what tests do with both."""

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def shop(office: Office) -> Office:
    """The office with a stock account and two tracking categories, as a business of goods has them."""
    person = office.caller()
    for answer in (
        person.put("/Accounts", {"Code": "635", "Name": "Stock on hand", "Type": "CURRENT"}),
        person.put("/TrackingCategories", {"Name": "Region"}),
    ):
        assert answer.status == 200, answer.body
    (region,) = person.get("/TrackingCategories").body["TrackingCategories"]
    person.put(f"/TrackingCategories/{region['TrackingCategoryID']}/Options", {"Name": "North"})
    listed = {
        kind: [document for page in office.pull(feed) for record in page.records for document in record.documents]
        for kind, feed in ((Account, "accounts"), (Tracking, "tracking"))
    }
    office.facts = replace(
        office.facts,
        accounts={account.code: account for account in listed[Account]},
        tracking={category.name: category for category in listed[Tracking]},
    )
    return office


def _theirs(office: Office, **values: Any) -> str:
    """The id of a journal that a person posts."""
    lines = [{"LineAmount": 7, "AccountCode": "635"}, {"LineAmount": -7, "AccountCode": "310"}]
    given = {"Narration": "By hand", "Date": "2026-03-31", "Status": "POSTED", "JournalLines": lines}
    answer = office.caller().put("/ManualJournals", {"ManualJournals": [given | values]})
    assert answer.status == 200, answer.body
    return str(answer.body["ManualJournals"][0]["ManualJournalID"])


def _look(office: Office, operation: Operation) -> TargetState:
    (found,) = office.look(operation)[operation.id]
    assert isinstance(found, TargetState)
    return found


def _change(office: Office, document: Any, action: Action, posted: TargetState, operate: Make, id: int = 2) -> Any:
    """Look, then change, as the engine does."""
    operation = operate(document, action, id=id, target_id=posted.target_id)
    fresh = _look(office, operation)
    (outcome,) = office.push(*office.fitted(replace(operation, target=fresh)), name=f"b-{id}")
    return outcome


@pytest.mark.parametrize(
    ("flow", "expected"), [(Status.AUTHORISED, TargetStatus.OPEN), (Status.DRAFT, TargetStatus.DRAFT)]
)
def test_a_journal_is_posted_as_the_flow_says_and_its_state_comes_back(
    flow: Status, expected: TargetStatus, shop: Office, journal: Make, operate: Make
) -> None:
    state = shop.post(operate(journal(status=flow)))
    (page,) = shop.pull("manual_journals")

    assert (state.kind, state.status, state.total) == (Kind.JOURNAL, expected, Decimal("10.00"))
    assert (state.date, state.ours) == (date(2026, 3, 31), True)
    assert page.states == (state,)


def test_an_untouched_journal_has_the_same_content_whenever_it_is_read(
    shop: Office, journal: Make, operate: Make
) -> None:
    operation = operate(journal())
    posted = shop.post(operation)
    by_id = _look(shop, operate(journal(), Action.UPDATE, id=2, target_id=posted.target_id))
    by_mark = _look(shop, operation)
    (listed,) = shop.pull("manual_journals")[0].states

    assert posted.content
    assert {posted.content, by_id.content, by_mark.content, listed.content} == {posted.content}


def test_one_bad_journal_of_a_batch_does_not_lose_the_others(shop: Office, journal: Make, operate: Make) -> None:
    uneven = (JournalLine(account="310", amount=Decimal(10)), JournalLine(account="635", amount=Decimal(-9)))
    operations = [
        operate(journal(external_id=f"s{n}", number=f"SO-{n}", **({"lines": uneven} if n == 2 else {})), id=n)
        for n in (1, 2, 3)
    ]
    outcomes = {one.operation_id: one for one in shop.push(*operations)}

    assert outcomes[1].state is not None and outcomes[3].state is not None
    assert outcomes[2].problem is not None and outcomes[2].problem.code == "unbalanced"
    assert len(shop.pull("manual_journals")[0].states) == 2


def test_an_account_that_xero_drops_from_a_draft_is_a_warning_and_not_silence(
    shop: Office, journal: Make, operate: Make
) -> None:
    lines = (JournalLine(account="nope", amount=Decimal(10)), JournalLine(account="635", amount=Decimal(-10)))
    (outcome,) = shop.push(operate(journal(status=Status.DRAFT, lines=lines)))

    assert outcome.state is not None
    assert any("'nope' has been removed" in warning for warning in outcome.warnings)


def test_a_journal_in_a_period_locked_meanwhile_is_refused_with_a_way_out(
    shop: Office, journal: Make, operate: Make
) -> None:
    posted = shop.post(operate(journal()))
    shop.caller().post("/_sim/person/lock_dates", {"period": "2026-03-31"})
    new = operate(journal(external_id="late"), id=2)
    update = operate(journal("12.00"), Action.UPDATE, id=3, target_id=posted.target_id, target=posted)
    outcomes = [*shop.push(new, name="b-2"), *shop.push(update, name="b-3")]

    assert [one.problem.code for one in outcomes if one.problem] == ["closed_period"] * 2
    assert all(one.refresh for one in outcomes)


def test_a_lost_answer_is_unsure_and_the_journal_is_found_by_its_mark_among_others_of_its_day(
    shop: Office, journal: Make, operate: Make
) -> None:
    (operation,) = shop.fitted(operate(journal(), id=9))
    _theirs(shop)
    assert shop.look(operation) == {9: []}
    shop.fault("lost_answer", "PUT")
    with pytest.raises(UnsureError):
        shop.push(operation)
    found = _look(shop, operation)

    assert (found.ours, found.total, found.date) == (True, Decimal("10.00"), operation.document.date)
    assert shop.look(replace(operation, generation=2)) == {9: []}, "its next generation was not posted"


def test_an_identical_resend_inside_the_vendors_memory_posts_nothing_twice(
    shop: Office, journal: Make, operate: Make
) -> None:
    (operation,) = shop.fitted(operate(journal()))
    shop.fault("lost_answer", "PUT")
    with pytest.raises(UnsureError):
        shop.push(operation)
    (outcome,) = shop.push(operation)

    assert outcome.state is not None
    assert len(shop.pull("manual_journals")[0].states) == 1


def test_journals_of_neighbouring_days_are_looked_for_together(shop: Office, journal: Make, operate: Make) -> None:
    days = [date(2026, 3, day) for day in (2, 9, 16)] + [date(2026, 5, 1)]
    operations = [operate(journal(external_id=f"s{n}", date=day), id=n) for n, day in enumerate(days)]
    for operation in operations:
        shop.post(operation)
    before = shop.calls()
    found = shop.look(*operations)

    assert shop.calls() - before == 2
    assert [[state.date for state in found[operation.id]] for operation in operations] == [[day] for day in days]


def test_an_update_keeps_all_that_a_journal_says(shop: Office, journal: Make, operate: Make) -> None:
    posted = shop.post(operate(journal(on_cash_basis=False)))
    outcome = _change(shop, journal("12.00", on_cash_basis=False), Action.UPDATE, posted, operate)
    (shown,) = shop.caller().get(f"/ManualJournals/{posted.target_id}").body["ManualJournals"]

    assert outcome.state is not None and outcome.state.total == Decimal("12.00")
    assert (shown["Status"], shown["ShowOnCashBasisReports"], shown["LineAmountTypes"]) == ("POSTED", False, "NoTax")
    assert [(line["AccountCode"], line["LineAmount"], line["Description"]) for line in shown["JournalLines"]] == [
        ("310", 12, "Shipped"),
        ("635", -12, "Shipped"),
    ]


@pytest.mark.parametrize(
    ("flow", "action"), [(Status.AUTHORISED, Action.VOID), (Status.DRAFT, Action.DELETE)], ids=["posted", "draft"]
)
def test_a_journal_is_taken_back_and_no_longer_live(
    flow: Status, action: Action, shop: Office, journal: Make, operate: Make
) -> None:
    posted = shop.post(operate(journal(status=flow)))
    outcome = _change(shop, journal(status=flow), action, posted, operate)

    assert outcome.state is not None and outcome.state.status is TargetStatus.VOIDED
    states = shop.look(operate(journal(), Action.UPDATE, id=3, target_id=posted.target_id))[3]
    assert all(not state.status.is_live for state in states)


def test_what_was_voided_in_xero_is_not_changed_and_is_read_again(shop: Office, journal: Make, operate: Make) -> None:
    posted = shop.post(operate(journal()))
    shop.caller().post(f"/ManualJournals/{posted.target_id}", {"Narration": "Gone", "Status": "VOIDED"})
    update = operate(journal("12.00"), Action.UPDATE, id=2, target_id=posted.target_id, target=posted)
    (outcome,) = shop.push(*shop.fitted(update), name="b-2")

    assert outcome.problem is not None and outcome.refresh


def test_an_account_that_people_changed_shows_though_the_total_stays(
    shop: Office, journal: Make, operate: Make
) -> None:
    posted = shop.post(operate(journal()))
    lines = [{"LineAmount": 10, "AccountCode": "300"}, {"LineAmount": -10, "AccountCode": "635"}]
    body = {"Narration": posted.reference, "JournalLines": lines}
    answer = shop.caller().post(f"/ManualJournals/{posted.target_id}", body)
    found = _look(shop, operate(journal(), Action.UPDATE, id=2, target_id=posted.target_id))

    assert answer.status == 200, answer.body
    assert found.total == posted.total
    assert found.content != posted.content


def test_somebody_elses_journals_are_told_as_theirs(shop: Office) -> None:
    theirs = _theirs(shop)
    (state,) = shop.pull("manual_journals")[0].states

    assert (state.target_id, state.ours) == (theirs, False)


def test_tracking_of_a_journal_and_of_an_invoice_arrives(
    shop: Office, customer: TargetState, journal: Make, trade: Make, line: Make, operate: Make
) -> None:
    north = (TrackingChoice(category="Region", option="North"),)
    lines = (
        JournalLine(account="310", amount=Decimal(10), tracking=north),
        JournalLine(account="635", amount=Decimal(-10)),
    )
    entry = shop.post(operate(journal(lines=lines), id=2))
    invoice = shop.post(operate(trade(lines=(line(tracking=north), line())), id=3))
    (shown,) = shop.caller().get(f"/ManualJournals/{entry.target_id}").body["ManualJournals"]
    (billed,) = shop.caller().get(f"/Invoices/{invoice.target_id}").body["Invoices"]

    for written in (shown["JournalLines"], billed["LineItems"]):
        chosen = [[(one["Name"], one["Option"]) for one in each.get("Tracking", [])] for each in written]
        assert chosen == [[("Region", "North")], []]


def _books(office: Office) -> KeepsBooks:
    session = office.session()
    assert isinstance(session, KeepsBooks)
    return session


def _sums(found: list[Posting]) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for posting in found:
        sums[posting.account] = sums.get(posting.account, Decimal(0)) + posting.amount
    return sums


def test_a_balance_is_the_sum_of_its_postings_and_tells_what_is_ours(
    shop: Office, customer: TargetState, journal: Make, trade: Make, line: Make, operate: Make
) -> None:
    bought = (line("100.00", "20.00", account="635", tax_code="INPUT2"),)
    shop.post(operate(trade(Kind.BILL, bought, external_id="b", number="B-1"), id=2))
    back = (line("8.00", "1.60", account="635", tax_code="INPUT2"),)
    shop.post(operate(trade(Kind.SUPPLIER_CREDIT, back, external_id="c", number="C-1"), id=3))
    shop.post(operate(journal(), id=4))
    shop.post(operate(journal(external_id="d", status=Status.DRAFT), id=5))
    _theirs(shop)
    books = _books(shop)
    found = list(books.postings({"635", "310"}, *MARCH))
    balances = books.balances(MARCH[1])

    assert _sums(found) == {"635": Decimal("89.00"), "310": Decimal("3.00")}
    assert {code: balances[code] for code in ("635", "310")} == _sums(found)
    journals = [(one.amount, one.is_ours) for one in found if one.kind is Kind.JOURNAL and one.account == "635"]
    assert sorted(journals) == [(Decimal("-10.00"), True), (Decimal("7.00"), False)]


def test_money_spent_on_an_account_by_hand_is_found_among_the_postings(shop: Office, customer: TargetState) -> None:
    line = {"Description": "Samples", "Quantity": 1, "UnitAmount": 30, "AccountCode": "635", "TaxType": "NONE"}
    spent = {
        "Type": "SPEND",
        "Contact": {"ContactID": customer.target_id},
        "BankAccount": {"Code": "090"},
        "Date": "2026-03-15",
        "LineItems": [line],
    }
    answer = shop.caller().put("/BankTransactions", {"BankTransactions": [spent]})
    assert answer.status == 200, answer.body
    (posting,) = _books(shop).postings({"635"}, *MARCH)

    assert (posting.amount, posting.is_ours, posting.date) == (Decimal("30.00"), False, date(2026, 3, 15))
    assert posting.kind is Kind.PAYMENT, "what it is decides which page it leads to"
    assert _books(shop).balances(MARCH[1])["635"] == Decimal("30.00")


def test_a_foreign_bill_is_posted_in_the_base_currency(
    shop: Office, customer: TargetState, trade: Make, line: Make, operate: Make
) -> None:
    shop.caller().put("/Currencies", {"Code": "EUR"})
    bought = (line("100.00", "20.00", account="635", tax_code="INPUT2"),)
    bill = trade(Kind.BILL, bought, currency="EUR", rate=Decimal("0.80"))
    shop.post(operate(bill, id=2))
    (posting,) = _books(shop).postings({"635"}, *MARCH)

    assert posting.amount == Decimal("80.00")
    assert _books(shop).balances(MARCH[1])["635"] == Decimal("80.00")


def test_only_what_is_dated_in_the_period_counts(shop: Office, journal: Make, operate: Make) -> None:
    for number, day in enumerate((date(2026, 2, 28), *MARCH, date(2026, 4, 1)), 2):
        shop.post(operate(journal(external_id=f"s{number}", date=day), id=number))
    books = _books(shop)

    assert sorted(one.date for one in books.postings({"635"}, *MARCH)) == list(MARCH)
    assert books.balances(MARCH[1])["635"] == Decimal("-30.00")


def test_more_journals_than_a_page_holds_are_all_told(shop: Office) -> None:
    lines = [{"LineAmount": 1, "AccountCode": "635"}, {"LineAmount": -1, "AccountCode": "310"}]
    many = [
        {"Narration": f"N {n}", "Date": "2026-03-31", "Status": "POSTED", "JournalLines": lines} for n in range(1005)
    ]
    for start in range(0, len(many), 335):
        answer = shop.caller().put("/ManualJournals", {"ManualJournals": many[start : start + 335]})
        assert answer.status == 200, answer.body
    first, second = shop.pull("manual_journals")
    (rest,) = shop.pull("manual_journals", progress=first.progress)

    assert (len(first.states), len(second.states), first.expected) == (1000, 5, 1005)
    assert len({state.target_id for page in (first, second) for state in page.states}) == 1005
    assert rest.states == second.states
    assert len(list(_books(shop).postings({"635"}, *MARCH))) == 1005
