"""Journals on the pages: what they say, which ones are posted in another, and what a closed period offers."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, journal, make_perpetual, put
from reconciled import reconciled
from visitors import Seen, Visitor, visitor

from hub.documents import JournalReason, Kind
from hub.models import FlowMode, Link, Snapshot, table
from hub.reconcile import JournalMode
from hub.store import Store
from hub.vault import Vault
from hub.web.queries.health import health
from hub.web.queries.report import Filter, every_entry
from hub.web.queries.report_status import SyncStatus
from hub.web.queries.tables import INTEGRATIONS
from hub.web.queries.tally import FlowTally, tallies

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Costs of February are posted in one journal, a stocktake by itself."""
    house = called(store, vault)
    make_perpetual(house).post_journals(house.integration_id, JournalMode.MONTH)
    put(house, contact(), invoice(), journal("j1"), journal("j2", "12.50"))
    put(house, journal("j3", "7.00", reason=JournalReason.STOCKTAKE), journal("old", day=date(2025, 12, 1)))
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def snapshot(house: House, external_id: str) -> int:
    rows = table(Snapshot)
    with house.hub.store.read() as db:
        return int(db.execute(sa.select(rows.c.id).where(rows.c.external_id == external_id)).scalar_one())


def document(house: House, seen: Visitor, external_id: str) -> Seen:
    return seen.get(f"/integrations/{house.integration_id}/documents/{snapshot(house, external_id)}")


def month(house: House) -> str:
    return f"summary:{house.integration_id}:2026-02:cost_of_goods"


def tally(house: House) -> FlowTally:
    with house.hub.store.read() as db:
        [found] = [each for each in tallies(db, house.integration_id) if each.kind == Kind.JOURNAL]
    return found


def look(seen: Visitor, path: str, form: dict[str, str]) -> Seen:
    """Send a form and follow to the page that shows what was told."""
    answer = seen.post(path, form)
    assert answer.status == 303
    return seen.get(answer.location, follow_redirects=True)


def labels(house: House, chosen: Filter) -> list[str]:
    with house.hub.store.read() as db:
        integration = db.execute(sa.select(INTEGRATIONS)).one()
    return [entry.document.label for entry in every_entry(house.hub.store, integration, chosen)]


def close_february(house: House) -> None:
    house.books.lock_date = "2026-02-28"
    put(house, journal("j4", "5.00"))
    house.sync()


def test_a_journal_says_in_which_one_it_is_posted_and_that_one_says_of_which_it_is_made(
    house: House, seen: Visitor
) -> None:
    page = document(house, seen, "j1")
    assert page.faults == []
    assert "Posted in journal Cost of goods 2026-02 , together with others" in page.text
    assert "Account Description Debit Credit" in page.text  # no plan of its own shows them
    assert "Reason Cost of goods" in page.text
    assert "It is planned with the journal that it is part of." in page.text
    page = document(house, seen, month(house))
    assert page.faults == []
    assert "What is posted in it" in page.text
    assert "As the hub made it" in page.text
    assert "Made by the hub from the journals that it stands for" in page.text
    assert "First seen in the stock system" not in page.text
    assert "2 journals of Shelf" in page.text
    assert "SO-j1" in page.text
    assert "SO-j2" in page.text


def test_the_search_says_in_which_journal_one_is_posted_or_waits(house: House, seen: Visitor) -> None:
    told = seen.get("/search?text=so-j1")
    assert told.faults == []
    assert "SO-j1 Journal, 2026-02-05" in told.text and "posted in journal Cost of goods 2026-02" in told.text
    assert "not planned" not in told.text
    assert "not eligible" in seen.get("/search?text=so-old").text
    assert f"/documents/{snapshot(house, month(house))}" in told.html
    with house.hub.store.write() as db:
        db.execute(sa.text("UPDATE summary_member SET posted = 0"))
    assert "waits in journal Cost of goods 2026-02" in seen.get("/search?text=so-j1").text


def test_what_belongs_to_a_sale_says_in_which_journal_it_is_posted_or_waits(house: House, seen: Visitor) -> None:
    house.shelf.put("s1", invoice("i7", "SO-7"), journal("j7", "3.00"))
    house.sync()
    page = document(house, seen, "i7")
    assert page.faults == []
    assert "SO-j7 Journal 2026-02-05 3.00 GBP Posted in journal Cost of goods 2026-02" in page.text
    assert f"/documents/{snapshot(house, month(house))}" in page.html
    house.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    house.shelf.put("s2", invoice("i8", "SO-8"), journal("j8", "4.00", day=date(2026, 3, 2)))
    house.sync()
    assert "4.00 GBP Waits in journal Cost of goods 2026-03" in document(house, seen, "i8").text


def test_the_chart_of_syncs_and_the_table_count_the_same_documents(house: House, seen: Visitor) -> None:
    with house.hub.store.read() as db:
        found = health(db, house.clock().date(), [house.integration_id], [house.ledger_id])
        counted = sum(each.posted for each in tallies(db, house.integration_id))
    assert tally(house).posted == 3
    assert found.total("posted") == counted


def test_a_reconciliation_names_the_journal_that_holds_several_and_none_of_them(house: House, seen: Visitor) -> None:
    row = reconciled(house)
    page = seen.get(f"/reconciliations/{row.id}/stock/agrees")
    assert "Cost of goods 2026-02" in page.text
    assert "SO-j1" not in page.text
    assert f"/documents/{snapshot(house, month(house))}" in page.html or "/operations/" in page.html


def test_the_operation_of_a_journal_shows_debits_and_credits_and_no_contact(house: House, seen: Visitor) -> None:
    [row] = house.operations(kind="journal", label="SO-j3")
    page = seen.get(f"/operations/{row.id}")
    assert page.faults == []
    assert "Account Description Debit Credit" in page.text
    assert "1 320 7.00 2 630 7.00" in page.text
    assert "Contact" not in page.text.partition("The document in the source")[2]


@pytest.mark.parametrize(("amount", "told"), [("1234.50", "1,234.50"), ("1000000", "1,000,000.00"), ("0.5", "0.50")])
def test_a_journal_tells_its_amounts_on_its_page_however_large_they_are(
    house: House, seen: Visitor, amount: str, told: str
) -> None:
    put(house, journal("j9", amount, reason=JournalReason.STOCKTAKE))
    house.sync()
    page = document(house, seen, "j9")
    assert (page.status, page.faults) == (200, [])
    assert f"320 {told} 630 {told}" in page.text


def test_a_proposed_month_can_be_imported_as_a_draft(house: House, seen: Visitor) -> None:
    house.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    put(house, journal("j5", day=date(2026, 3, 2)))
    house.sync()
    [row] = house.operations(state="proposed")
    ready = seen.get("/ready")
    assert (
        "It stands for 1 journal of the stock system, which is posted in it" in seen.get(f"/operations/{row.id}").text
    )
    assert "Cost of goods 2026-03" in ready.text
    assert "30.00 GBP" in ready.text
    assert "Import as draft" in seen.get(f"/operations/{row.id}").text
    seen.follow(f"/operations/{row.id}/approve", {"hash": row.payload_hash, "post_as": "draft"})
    house.sync()
    [entry] = [e for e in house.books.live() if e.native.get("number") == "Cost of goods 2026-03"]
    assert entry.status == "draft"


def test_the_report_lists_what_is_posted_together_and_finds_it_by_its_status(house: House, seen: Visitor) -> None:
    page = seen.get("/report?kind=journal")
    assert page.faults == []
    assert "In a journal: posted in journal Cost of goods 2026-02" in page.text
    assert labels(house, Filter(status=SyncStatus.TOGETHER)) == ["SO-j1", "SO-j2"]
    assert labels(house, Filter(status=SyncStatus.LEFT_OUT)) == ["SO-old"]
    completed = labels(house, Filter(status=SyncStatus.COMPLETED, kind="journal"))
    assert sorted(completed) == ["Cost of goods 2026-02", "SO-j3"]
    assert seen.get("/report?status=in+a+journal").faults == []


def test_the_numbers_of_the_journals_add_up_to_those_of_the_source(house: House, seen: Visitor) -> None:
    counted = tally(house)
    assert (counted.documents, counted.posted, counted.not_eligible, counted.unplanned) == (4, 3, 1, 0)
    close_february(house)
    counted = tally(house)
    assert (counted.documents, counted.posted, counted.held, counted.unplanned) == (5, 3, 1, 0)
    house.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    put(house, journal("j6", day=date(2026, 3, 3)), journal("j7", day=date(2026, 3, 4)))
    house.sync()
    counted = tally(house)
    assert (counted.documents, counted.posted, counted.waiting, counted.unplanned) == (7, 3, 2, 0)
    [row] = house.operations(state="proposed")
    house.person.drop([row.id], "not ours")
    counted = tally(house)
    assert (counted.skipped, counted.waiting, counted.unplanned) == (2, 0, 0)
    assert "3 of 7 posted" in seen.get(f"/integrations/{house.integration_id}").text


def test_a_month_that_is_not_over_is_not_what_everything_is_posted_to(house: House, seen: Visitor) -> None:
    put(house, journal("j8", day=date(2026, 3, 1)))
    house.sync()
    assert [e.native["date"] for e in house.books.live() if e.native.get("number") == "Cost of goods 2026-03"]
    assert "All posted to 2026-02-05" in seen.get("/").text


def test_a_closed_month_offers_a_correction_of_a_later_date_on_its_page(house: House, seen: Visitor) -> None:
    close_february(house)
    page = document(house, seen, month(house))
    assert page.faults == []
    assert "Post what it is short or over by on" in page.text
    [row] = house.operations(state="held")
    assert "Post the difference on a later date" in seen.get(f"/operations/{row.id}").text
    assert "choose a day after 2026-02-28" in look(seen, f"/operations/{row.id}/correct", {"day": "2026-02-01"}).text
    assert "Please enter a date" in look(seen, f"/operations/{row.id}/correct", {"day": "soon"}).text
    told = look(seen, f"/operations/{row.id}/correct", {"day": "2026-03-10"})
    assert "Cost of goods 2026-02, correction 1 of 5.00 GBP is planned with the next run" in told.text
    house.sync()
    page = document(house, seen, month(house))
    assert "Corrections" in page.text
    assert "Cost of goods 2026-02, correction 1" in page.text
    assert "Post what it is short" not in page.text


def test_a_journal_is_found_by_its_own_number_and_by_that_in_the_ledger(house: House, seen: Visitor) -> None:
    [link] = [link for link in house.links() if link.source_id == house.operations(label="SO-j3")[0].source_id]
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Link)).where(table(Link).c.id == link.id).values(target_number="CUT~77"))
    for typed in ("so-j3", "cut~7"):
        told = seen.get("/search", query_string={"text": typed}).text
        assert "SO-j3 Journal" in told and "CUT~77 in the ledger" in told and "not planned" not in told
