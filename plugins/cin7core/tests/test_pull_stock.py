"""Pulling lists without a change filter: few calls, and no void goes unnoticed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core import client
from hub_cin7core.feeds import FEEDS
from hub_cin7core.stock_feeds import STOCK_LISTS
from hub_cin7core.unread import GIVE_UP

from hub import Kind, Page, Record, Session, Want

Connect = Callable[..., Session]
FEED = {feed.name: feed for feed in FEEDS}
DETAILED = [stock for stock in STOCK_LISTS if stock.detail]


class Stored:
    """What the hub keeps of delivered records."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.delivered: list[str] = []

    def known(self, ids: Sequence[str]) -> Mapping[str, str]:
        found = {one: self.records[one] for one in ids if one in self.records}
        return {one: record.stamp for one, record in found.items() if not record.problem}

    def pull(self, session: Session, feed: str = "stock_adjustments", since: date | None = None) -> list[Page]:
        self.delivered.clear()
        unread = {one: record.label for one, record in self.records.items() if record.problem}
        pages = list(session.pull(Want(FEED[feed], known=self.known, since=since, unread=unread)))
        for record in (record for page in pages for record in page.records):
            self.records[record.id] = record
            self.delivered.append(record.id)
        return pages


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture(autouse=True)
def _company(core: Any, natives: Any) -> None:
    core.force("me", natives.Reply(body={"Company": "Demo", "Currency": "GBP", "TimeZone": "UTC"}))


def fill(core: Any, natives: Any, stock: Any, count: int = 1, status: str = "COMPLETED", **fields: Any) -> None:
    for number in range(1, count + 1):
        row = {"TaskID": natives.id(number), "Status": status, stock.form.number: f"ST-{number}", **fields}
        row |= {"EffectiveDate": "2026-09-02T00:00:00", "Date": "2026-09-02T00:00:00", **fields}
        core.lists[stock.path].append(row)
        booked = {"Debit": "715", "Credit": "403", "Amount": Decimal(number), "EffectiveDate": "2026-09-02T00:00:00"}
        detail = {**row, "CompletionDate": "2026-09-02T00:00:00", "Transactions": [booked]}
        core.details[stock.detail][natives.id(number)] = detail


ADJUSTMENTS = STOCK_LISTS[0]


@pytest.mark.parametrize("stock", DETAILED, ids=lambda stock: stock.feed.name)
def test_a_first_pull_costs_the_list_and_one_detail_for_each_completed_document(
    core: Any, natives: Any, connect: Connect, stored: Stored, stock: Any
) -> None:
    fill(core, natives, stock, 3)
    pages = stored.pull(connect(core.url), stock.feed.name)
    assert (core.count(stock.path), core.count(stock.detail), core.count("me"), len(core.calls)) == (1, 3, 1, 5)
    assert [one.kind for record in pages[0].records for one in record.documents] == [Kind.JOURNAL] * 3
    assert pages[-1].watermark is not None


@pytest.mark.parametrize("stock", STOCK_LISTS, ids=lambda stock: stock.feed.name)
def test_an_unchanged_list_costs_one_call_for_a_thousand_rows_and_no_details(
    core: Any, natives: Any, connect: Connect, stored: Stored, stock: Any
) -> None:
    core.details.setdefault("", {})
    fill(core, natives, stock, 3)
    session = connect(core.url)
    stored.pull(session, stock.feed.name)
    core.calls.clear()
    stored.pull(session, stock.feed.name)
    assert [call.path for call in core.calls] == [stock.path]
    assert stored.delivered == []


def test_no_stock_feed_brings_anything_but_journals_so_none_is_asked_while_that_flow_is_off() -> None:
    assert {kind for stock in STOCK_LISTS for kind in stock.feed.kinds} == {Kind.JOURNAL}
    assert not any(stock.feed.full for stock in STOCK_LISTS)


def test_a_changed_row_and_a_new_one_cost_one_detail_each(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, ADJUSTMENTS, 5)
    session = connect(core.url)
    stored.pull(session)
    core.lists[ADJUSTMENTS.path][1]["Comment"] = "recounted"
    core.calls.clear()
    stored.pull(session)
    assert stored.delivered == [natives.id(2)]
    assert core.count(ADJUSTMENTS.detail) == 1


@pytest.mark.parametrize(("status", "rule"), [("VOIDED", "voided"), ("DRAFT", "draft")])
def test_a_void_or_undo_of_an_old_one_is_noticed_without_its_detail_and_takes_its_journal_along(
    core: Any, natives: Any, connect: Connect, stored: Stored, status: str, rule: str
) -> None:
    fill(core, natives, ADJUSTMENTS, 3, EffectiveDate="2019-01-02T00:00:00")
    session = connect(core.url)
    stored.pull(session)
    assert len(stored.records[natives.id(1)].documents) == 1
    core.lists[ADJUSTMENTS.path][0]["Status"] = status
    core.calls.clear()
    stored.pull(session, since=date(2026, 1, 1))
    assert core.count(ADJUSTMENTS.detail) == 0
    record = stored.records[natives.id(1)]
    assert (stored.delivered, record.documents) == ([natives.id(1)], ())
    assert record.skipped == {f"adjustment:{natives.id(1)}": rule}


def test_drafts_cost_no_detail_until_they_are_completed(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, ADJUSTMENTS, 2, status="DRAFT", EffectiveDate="2024-01-02T00:00:00")
    session = connect(core.url)
    stored.pull(session, since=date(2026, 1, 1))
    assert core.count(ADJUSTMENTS.detail) == 0
    for native in (core.lists[ADJUSTMENTS.path][0], core.details[ADJUSTMENTS.detail][natives.id(1)]):
        native["Status"] = "COMPLETED"
    stored.pull(session, since=date(2026, 1, 1))
    assert (stored.delivered, core.count(ADJUSTMENTS.detail)) == ([natives.id(1)], 1)


def test_documents_long_before_the_start_date_cost_no_detail_until_it_is_moved_back(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, ADJUSTMENTS, 2, EffectiveDate="2024-01-02T00:00:00")
    session = connect(core.url)
    stored.pull(session, since=date(2026, 1, 1))
    assert stored.records[natives.id(1)].skipped == {f"adjustment:{natives.id(1)}": "before the start date"}
    stored.pull(session, since=date(2026, 1, 1))
    assert (stored.delivered, core.count(ADJUSTMENTS.detail)) == ([], 0)
    stored.pull(session, since=date(2024, 1, 1))
    assert (len(stored.delivered), core.count(ADJUSTMENTS.detail)) == (2, 2)


def test_an_assembly_made_long_ago_and_completed_lately_is_read_by_its_completion(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    assemblies = next(stock for stock in STOCK_LISTS if stock.feed.name == "assemblies")
    fill(core, natives, assemblies, EffectiveDate=None, Date="2025-06-01T00:00:00")
    core.details[assemblies.detail][natives.id(1)]["CompletionDate"] = "2026-02-03T00:00:00"
    stored.pull(connect(core.url), "assemblies", since=date(2026, 1, 1))
    (journal,) = stored.records[natives.id(1)].documents
    assert getattr(journal, "date", None) == date(2026, 2, 3)


def test_journals_of_their_own_come_whole_with_the_list(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    booked = {"Debit": "260", "Credit": "270", "Reference": "", "Amount": 2, "BaseAmount": Decimal("1.61")}
    own = {"JournalNumber": "JR-1", "Status": "COMPLETED", "EffectiveDate": "2026-01-19T00:00:00", "Currency": "USD"}
    core.lists["journal"] = [{"TaskID": natives.id(1), **own, "Lines": [booked]}]
    stored.pull(connect(core.url), "journals")
    assert sorted(call.path for call in core.calls) == ["journal", "me"]
    (journal,) = stored.records[natives.id(1)].documents
    assert (journal.label, getattr(journal, "total", None)) == ("JR-1", Decimal("1.61"))


def test_the_base_currency_is_known_from_the_beginning_of_the_sync(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, ADJUSTMENTS, 2)
    session = connect(core.url)
    list(session.pull(Want(FEED["organisation"])))
    stored.pull(session)
    assert core.count("me") == 1


def test_a_document_that_names_the_pseudo_account_is_told_and_the_others_go_on(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, ADJUSTMENTS, 3)
    core.details[ADJUSTMENTS.detail][natives.id(2)]["Transactions"][0]["Credit"] = "CROSS-CURRENCY-TRANSFER"
    stored.pull(connect(core.url))
    problem = stored.records[natives.id(2)].problem
    assert problem
    assert "booked against CROSS-CURRENCY-TRANSFER" in problem.why
    assert problem.what == "ST-2 could not be read."
    assert [len(stored.records[natives.id(number)].documents) for number in (1, 3)] == [1, 1]


def test_an_unknown_status_in_a_row_is_told_without_asking_for_its_detail(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, ADJUSTMENTS, status="PARKED")
    stored.pull(connect(core.url))
    problem = stored.records[natives.id(1)].problem
    assert problem
    assert problem.why == "unknown document status 'PARKED'"
    assert core.count(ADJUSTMENTS.detail) == 0


def test_documents_that_stay_unreadable_cost_few_calls_and_one_that_heals_is_read(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, ADJUSTMENTS, 20)
    for detail in core.details[ADJUSTMENTS.detail].values():
        detail["Transactions"] = "soon"
    session = connect(core.url)
    stored.pull(session)
    core.calls.clear()
    stored.pull(session)
    assert core.count(ADJUSTMENTS.detail) == GIVE_UP
    core.details[ADJUSTMENTS.detail][natives.id(1)]["Transactions"] = []
    stored.pull(session)
    assert stored.records[natives.id(1)].skipped == {f"adjustment:{natives.id(1)}": "nothing to post"}


def test_a_long_list_is_walked_page_by_page_and_a_broken_pull_goes_on_at_its_page(
    core: Any, natives: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    fill(core, natives, ADJUSTMENTS, 8)
    session = connect(core.url)
    pages = session.pull(Want(FEED["stock_adjustments"]))
    first, second = next(pages), next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert first.expected == 8
    got = {record.id: record.stamp for record in (*first.records, *second.records)}
    core.calls.clear()
    want = Want(
        FEED["stock_adjustments"],
        progress=second.progress,
        known=lambda ids: {one: got[one] for one in ids if one in got},
    )
    rest = [record.id for page in session.pull(want) for record in page.records]
    assert sorted((*got, *rest)) == sorted(natives.id(number) for number in range(1, 9))
    assert core.count(ADJUSTMENTS.detail) == 2
