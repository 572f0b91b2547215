"""Pulling sales and purchases: few calls, nothing lost, nothing twice."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hub_cin7core import client
from hub_cin7core.details import CHUNK
from hub_cin7core.feeds import FEEDS
from hub_cin7core.unread import GIVE_UP

from hub import Kind, Page, ProviderError, Record, Session, UnreachableError, Want

Connect = Callable[..., Session]
FEED = {feed.name: feed for feed in FEEDS}


class Stored:
    """What the hub keeps of delivered pages: stamps, watermark, progress."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.delivered: list[str] = []
        self.watermark: str | None = None
        self.progress: str | None = None

    def known(self, ids: Sequence[str]) -> Mapping[str, str]:
        found = {one: self.records[one] for one in ids if one in self.records}
        return {one: record.stamp for one, record in found.items() if not record.problem}

    def take(self, page: Page) -> None:
        for record in page.records:
            self.records[record.id] = record
            self.delivered.append(record.id)
        self.progress = page.progress or self.progress
        if page.watermark is not None:
            self.watermark, self.progress = page.watermark, None

    def pull(self, session: Session, feed: str = "sales", since: date | None = None) -> list[Page]:
        pages = []
        unread = {one: record.label for one, record in self.records.items() if record.problem}
        for page in session.pull(Want(FEED[feed], self.watermark, self.progress, self.known, since, unread)):
            self.take(page)
            pages.append(page)
        return pages


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of three rows a page, so that a few records make many pages."""
    monkeypatch.setattr(client, "PAGE_SIZE", 3)


def fill(core: Any, natives: Any, count: int) -> None:
    for number in range(1, count + 1):
        core.add_sale(natives.sale_row(number, f"2026-09-02T03:{number:02d}:00Z"), natives.sale(number))


def test_a_first_pull_costs_the_list_and_one_detail_each(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 5)
    pages = stored.pull(connect(core.url))
    assert (core.count("saleList"), core.count("sale"), len(core.calls)) == (1, 5, 6)
    assert stored.delivered == [natives.id(number) for number in range(1, 6)]
    assert pages[0].expected == 5
    assert stored.watermark == '{"since": "2026-09-02T02:55:00.0000000Z"}'


def test_an_unchanged_pull_costs_one_call(core: Any, natives: Any, connect: Connect, stored: Stored) -> None:
    fill(core, natives, 5)
    session = connect(core.url)
    stored.pull(session)
    before = stored.watermark
    core.calls.clear()
    stored.pull(session)
    assert [call.path for call in core.calls] == ["saleList"]
    assert core.calls[0].params["UpdatedSince"] == "2026-09-02T02:55:00.000"
    assert stored.watermark == before


def test_selection_never_uses_the_combined_invoice_status(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    row = natives.sale_row(1, Status="ORDERED", CombinedInvoiceStatus="NOT AVAILABLE", InvoiceNumber=None)
    core.add_sale(row, natives.sale(1))
    stored.pull(connect(core.url))
    assert [one.kind for one in stored.records[natives.id(1)].documents] == [Kind.INVOICE]
    assert all("InvoiceStatus" not in name for call in core.calls for name in call.params)


def draft_row(natives: Any, **fields: Any) -> dict[str, Any]:
    nothing = {"InvoiceNumber": None, "InvoiceDate": None, "InvoiceAmount": 0, "CombinedInvoiceStatus": "NOT AVAILABLE"}
    return dict(natives.sale_row(1, **{"Status": "DRAFT", **nothing, **fields}))


def test_a_sale_that_can_not_be_invoiced_yet_costs_no_detail_but_is_counted(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    core.lists["saleList"] = [draft_row(natives)]
    session = connect(core.url)
    stored.pull(session)
    assert core.count("sale") == 0
    assert stored.records[natives.id(1)].skipped == {f"task:{natives.id(1)}": "no invoice or credit yet"}
    stored.pull(session)
    assert stored.delivered == [natives.id(1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"Status": "ORDERED"},
        {"InvoiceNumber": "INV-1"},
        {"CreditNoteNumber": "CR-1"},
        {"CreditNoteStatus": "DRAFT"},
        {"PaidAmount": 5},
        {"CombinedInvoiceStatus": "INVOICED"},
        {"InvoiceAmount": "odd"},
    ],
)
def test_any_sign_of_an_invoice_or_of_money_is_followed_up(
    core: Any, natives: Any, connect: Connect, stored: Stored, fields: dict[str, Any]
) -> None:
    core.add_sale(draft_row(natives, **fields), natives.sale(1))
    stored.pull(connect(core.url))
    assert core.count("sale") == 1


def test_a_sale_that_had_documents_is_read_again_when_it_falls_back_to_draft(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    core.add_sale(natives.sale_row(1), natives.sale(1))
    session = connect(core.url)
    stored.pull(session)
    assert len(stored.records[natives.id(1)].documents) == 1
    core.lists["saleList"] = [draft_row(natives, Updated="2026-09-03T00:00:00Z")]
    core.details["sale"][natives.id(1)] = natives.sale(1, Status="DRAFT", Invoices=[])
    stored.pull(session)
    assert core.count("sale") == 2
    assert stored.records[natives.id(1)].documents == ()


def test_a_draft_that_gets_its_invoice_is_read(core: Any, natives: Any, connect: Connect, stored: Stored) -> None:
    core.lists["saleList"] = [draft_row(natives)]
    session = connect(core.url)
    stored.pull(session)
    core.lists["saleList"] = []
    core.add_sale(natives.sale_row(1, "2026-09-03T00:00:00Z"), natives.sale(1))
    stored.pull(session)
    assert [one.kind for one in stored.records[natives.id(1)].documents] == [Kind.INVOICE]


def test_sales_long_before_the_start_date_cost_no_detail_until_all_is_listed_again_for_an_earlier_one(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    """That the list begins anew is the hub's part: it forgets the cursor when the start date moves back."""
    old = {"OrderDate": "2024-01-01T00:00:00", "InvoiceDate": "2024-01-02T00:00:00"}
    core.add_sale(natives.sale_row(1, "2024-01-03T00:00:00Z", **old), natives.sale(1))
    core.add_sale(natives.sale_row(2), natives.sale(2))
    session = connect(core.url)
    stored.pull(session, since=date(2026, 1, 1))
    assert core.count("sale") == 1
    assert stored.records[natives.id(1)].skipped == {f"task:{natives.id(1)}": "before the start date"}
    from_the_beginning = Want(FEED["sales"], known=stored.known, since=date(2024, 1, 1))
    (found, _) = session.pull(from_the_beginning)
    assert core.count("sale") == 2
    assert [(record.id, len(record.documents)) for record in found.records] == [(natives.id(1), 1)]


@pytest.mark.usefixtures("small_pages")
def test_a_sale_touched_while_paging_is_neither_lost_nor_doubled(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 8)

    def touch(call: Any) -> None:
        """While the second page is asked for, the first row moves to the end, and all others slide up."""
        rows = core.lists["saleList"]
        if call.path == "saleList" and call.params["Page"] == "2" and rows[0]["SaleID"] == natives.id(1):
            rows.append({**rows.pop(0), "Updated": "2026-09-02T04:00:00Z"})

    core.before_answer = touch
    session = connect(core.url)
    stored.pull(session)
    assert set(stored.records) == {natives.id(number) for number in range(1, 9)}
    assert sorted(stored.delivered) == sorted([*stored.records, natives.id(1)])  # the touched one, once per stamp
    core.before_answer = lambda call: None
    stored.delivered.clear()
    stored.pull(session)
    assert stored.delivered == []


@pytest.mark.usefixtures("small_pages")
def test_a_list_that_never_adds_up_does_not_move_the_cursor(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 7)
    rows = core.lists["saleList"]
    pages = [rows[0:3], rows[0:3], rows[3:6]]
    for _ in range(2):
        for number, part in enumerate(pages, 1):
            core.force("saleList", natives.Reply(200, {"Total": 7, "Page": number, "SaleList": part}))
    stored.pull(connect(core.url))
    assert stored.watermark == '{"since": ""}'


@pytest.mark.usefixtures("small_pages")
def test_a_broken_pull_goes_on_at_its_list_page_without_reading_details_twice(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 8)
    session = connect(core.url)
    for page in session.pull(Want(FEED["sales"], known=stored.known)):
        stored.take(page)
        if len(stored.records) == 6:
            break
    assert stored.progress and json.loads(stored.progress) == {"page": 2}
    core.calls.clear()
    stored.pull(session)
    assert core.count("sale") == 2
    assert [call.params["Page"] for call in core.calls if call.path == "saleList"] == ["2", "3", "1"]
    assert sorted(stored.delivered) == sorted(set(stored.delivered))
    assert len(stored.records) == 8


def test_an_odd_sale_is_told_and_the_others_go_on(core: Any, natives: Any, connect: Connect, stored: Stored) -> None:
    fill(core, natives, 5)
    core.details["sale"][natives.id(2)]["Invoices"][0]["InvoiceDate"] = "soon"
    core.details["sale"][natives.id(3)]["ID"] = natives.id(99)
    del core.details["sale"][natives.id(4)]
    stored.pull(connect(core.url))
    problems = {one: record.problem.why for one, record in stored.records.items() if record.problem}
    assert problems == {
        natives.id(2): "InvoiceDate is not a date: 'soon'",
        natives.id(3): "the detail is not that of the record asked for",
        natives.id(4): "404: not found",
    }
    assert stored.records[natives.id(5)].documents


FLAWS: dict[str, Callable[[Any, Any], None]] = {
    "500": lambda core, natives: core.force("sale", *[natives.Reply(500, "Oops", {}, "text/plain")] * 4),
    "404": lambda core, natives: core.force("sale", natives.Reply(404, [{"Exception": "not found"}])),
    "odd": lambda core, natives: core.force("sale", natives.Reply(200, natives.sale(1, Invoices="soon"))),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_one_sale_that_could_not_be_read_is_asked_for_again_though_the_list_moved_on(
    core: Any, natives: Any, connect: Connect, stored: Stored, flaw: str
) -> None:
    fill(core, natives, 25)
    FLAWS[flaw](core, natives)
    session = connect(core.url, parallel=1)
    stored.pull(session)
    assert stored.records[natives.id(1)].problem
    stored.delivered.clear()
    core.calls.clear()
    stored.pull(session)
    assert stored.delivered == [natives.id(1)]
    assert stored.records[natives.id(1)].documents
    assert (stored.records[natives.id(1)].label, core.count("sale")) == ("SO-1", 1)
    stored.pull(session)
    assert core.count("sale") == 1


def test_sales_that_stay_unreadable_cost_few_calls_in_each_pull(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 40)
    for sale in core.details["sale"].values():
        sale["Invoices"] = "soon"
    session = connect(core.url, parallel=1)
    stored.pull(session)
    stored.watermark = '{"since": "2026-09-03T00:00:00Z"}'
    core.calls.clear()
    stored.pull(session)
    assert core.count("sale") == GIVE_UP
    assert all(record.label.startswith("SO-") for record in stored.records.values())


def test_a_web_page_for_a_sale_that_is_asked_for_again_is_no_matter_of_the_others(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 25)
    FLAWS["404"](core, natives)
    session = connect(core.url, parallel=1)
    stored.pull(session)
    core.add_sale(natives.sale_row(26, "2026-09-04T00:00:00Z"), natives.sale(26))
    core.before_answer = lambda call: (
        core.force("sale", natives.Reply(200, "<html>", {}, "text/html")) if call.path == "saleList" else None
    )
    core.force("sale", natives.Reply(200, natives.sale(26)))
    stored.pull(session)
    assert stored.records[natives.id(26)].documents
    assert stored.records[natives.id(1)].problem
    assert stored.watermark == '{"since": "2026-09-03T23:50:00.0000000Z"}'


def test_core_failing_on_everything_stops_the_pull_and_keeps_what_was_read(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 6)

    def fail(call: Any) -> None:
        if call.path == "sale" and core.count("sale") > 2:
            core.forced["sale"] = [natives.Reply(500, "down", {}, "text/plain")] * 99

    core.before_answer = fail
    with pytest.raises(UnreachableError):
        stored.pull(connect(core.url, parallel=1))
    assert natives.id(1) in stored.records
    assert stored.watermark is None


def test_a_web_page_instead_of_a_detail_stops_the_pull(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    fill(core, natives, 2)
    core.force("sale", natives.Reply(200, "<html>Maintenance</html>", {}, "text/html"))
    with pytest.raises(ProviderError, match="web page"):
        stored.pull(connect(core.url, parallel=1))


def test_details_are_read_side_by_side_in_order_and_in_bounds(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    count = CHUNK * 2 + 5
    for number in range(1, count + 1):
        core.add_sale(natives.sale_row(number), natives.sale(number))
    lock, running, most = threading.Lock(), [0], [0]

    def slow(call: Any) -> None:
        if call.path == "sale":
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.005)
            with lock:
                running[0] -= 1

    core.before_answer = slow
    pages = stored.pull(connect(core.url, parallel=3))
    assert stored.delivered == [natives.id(number) for number in range(1, count + 1)]
    assert [len(page.records) for page in pages] == [CHUNK, CHUNK, 5, 0]
    assert 1 < most[0] <= 3


def test_a_pull_that_is_given_up_reads_no_further(core: Any, natives: Any, connect: Connect) -> None:
    for number in range(1, CHUNK * 3):
        core.add_sale(natives.sale_row(number), natives.sale(number))
    pages = connect(core.url).pull(Want(FEED["sales"]))
    next(iter(pages))
    pages.close()  # type: ignore[attr-defined]
    assert CHUNK <= core.count("sale") <= CHUNK * 2


def test_charges_are_asked_for_apart_from_the_goods(core: Any, natives: Any, connect: Connect, stored: Stored) -> None:
    core.add_sale(natives.sale_row(1), natives.sale(1))
    stored.pull(connect(core.url))
    (call,) = [call for call in core.calls if call.path == "sale"]
    assert call.params["CombineAdditionalCharges"] == "false"


def test_purchases_of_every_type_cost_one_call_on_the_advanced_path(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    core.add_purchase(natives.purchase_row(1), natives.purchase(1))
    core.add_purchase(natives.purchase_row(2, Type="Simple Purchase"), natives.purchase(2, Type="Simple Purchase"))
    stored.pull(connect(core.url), "purchases")
    assert (core.count("advanced-purchase"), core.count("purchase")) == (2, 0)


def test_an_account_that_refuses_simple_purchases_there_is_asked_on_their_own_path(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    for number in (1, 2):
        row = natives.purchase_row(number, Type="Simple Purchase")
        core.add_purchase(row, natives.purchase(number, Invoice=natives.invoice()), path="purchase")
    core.add_purchase(natives.purchase_row(3), natives.purchase(3))
    stored.pull(connect(core.url, parallel=1), "purchases")
    assert [len(record.documents) for record in stored.records.values()] == [1, 1, 1]
    assert (core.count("advanced-purchase"), core.count("purchase")) == (2, 2)


def test_a_purchase_that_says_use_the_advanced_path_is_read_there(
    core: Any, natives: Any, connect: Connect, stored: Stored
) -> None:
    """An account refused simple purchases on the advanced path, then one turned advanced behind our back."""
    core.add_purchase(natives.purchase_row(1, Type="Simple Purchase"), natives.purchase(1), path="purchase")
    core.add_purchase(natives.purchase_row(2, Type="Simple Purchase"), natives.purchase(2))
    stored.pull(connect(core.url, parallel=1), "purchases")
    assert [call.path for call in core.calls[1:]] == ["advanced-purchase", "purchase", "purchase", "advanced-purchase"]
    assert all(not record.problem for record in stored.records.values())
