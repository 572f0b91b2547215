"""Reconciling two sides that are asked: what is read, what is found, and that it survives whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from conftest import Platform
from furnishing import set_up_once
from houses import House, called, invoice, line, put
from patience import PATIENCE, eventually
from reconciled import (
    FEBRUARY,
    busy_month,
    by_hand,
    causes_of,
    journal,
    lines_of,
    one,
    perpetual,
    reconciled,
)
from visitors import visitor

from hub.causes import Cause, Measure
from hub.documents import JournalLine, JournalReason, Kind, Status
from hub.engine.reconciling import Period, Reconciling, Signing, prune_lines, reconcile, work
from hub.engine.reconciling.lines import in_full
from hub.engine.reconciling.unread import NOT_THERE
from hub.entries import Entry, Reading, StockValue
from hub.errors import BusyError, SettingsError
from hub.http import Door
from hub.models import (
    AuditEvent,
    BucketCall,
    ConnectionRow,
    Exchange,
    FlowMode,
    Integration,
    NativeRecord,
    Reconciliation,
    table,
)
from hub.providers import Connection, Limits, Window
from hub.scheduler import Timing, add_schedule
from hub.scheduler.comparing import Comparer, fail_dead
from hub.scheduler.schedules import ensure_schedules, fired
from hub.scheduler.trouble import needs_a_person
from hub.scheduler.workers import Workers
from hub.store import Store
from hub.testing.memory import MemoryStock, StockSession
from hub.vault import Vault

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
rows = table(Reconciliation)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = perpetual(called(store, vault))
    busy_month(house)
    return house


def adds_up(row: Reconciliation) -> bool:
    """Whether every measure's causes add up to its difference."""
    return all(
        sum((Decimal(each["amount"]) for each in figures["causes"].values()), Decimal(0))
        == Decimal(figures["difference"])
        == Decimal(figures["stock"]) - Decimal(figures["ledger"])
        for figures in row.figures.values()
    )


def target_of(house: House, source_id: str) -> str:
    return next(str(link.target_id) for link in house.links() if link.source_id == source_id)


# -- what is found ---------------------------------------------------------------------------------------------------


def test_two_sides_that_agree_are_told_as_such_to_the_cent(house: House) -> None:
    row = reconciled(house)
    assert row.state == "done", row.problem
    figures = row.figures["stock"]
    assert (figures["stock"], figures["ledger"], figures["difference"]) == ("60.05", "60.05", "0.00")
    assert causes_of(row) == {}
    assert figures["agreeing"] == {"amount": "60.05", "lines": 3}
    assert row.figures["sales"]["difference"] == "0.00"


def test_everything_that_happened_is_named_and_only_what_is_hidden_is_unexplained(house: House) -> None:
    put(house, journal("late", "7.00", date(2026, 2, 27)), journal("void", "3.00"), journal("edit", "9.00"))
    house.sync()
    house.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    put(
        house,
        journal("waits", "21.00"),
        journal("left", "-4.00", reason=JournalReason.COST_OF_GOODS),
    )
    house.sync()
    house.person.drop([next(row.id for row in house.operations(state="proposed") if row.source_id == "left")], "later")
    house.books.entries[target_of(house, "late")].native["date"] = "2026-03-02"
    house.books.void(target_of(house, "void"))
    moved = [{"account": "630", "amount": "12.00"}, {"account": "320", "amount": "-12.00"}]
    house.books.edit(target_of(house, "edit"), lines=moved)
    house.run_ledger()
    by_hand(house, "-1.50")
    by_hand(house, "100.00", "2025-12-31")
    house.shelf.revalued["TEA"] = Decimal("0.37")
    row = reconciled(house)
    assert causes_of(row) == {
        Cause.NOT_POSTED: "21.00",
        Cause.CHANGED: "-3.00",
        Cause.VOID_ON_ONE_SIDE: "3.00",
        Cause.OTHER_PERIOD: "7.00",
        Cause.DISPATCHED_NOT_INVOICED: "-4.00",
        Cause.BY_HAND: "1.50",
        Cause.BEFORE_START: "-100.00",
        Cause.UNEXPLAINED: "0.37",
    }
    assert adds_up(row)


@on_sqlite
def test_a_line_names_both_amounts_both_numbers_and_both_dates(house: House) -> None:
    house.books.entries[target_of(house, "j1")].native["date"] = "2026-03-02"
    house.books.entries[target_of(house, "j1")].native["number"] = "L-1"
    house.run_ledger()
    (line_,) = lines_of(house, reconciled(house), Cause.OTHER_PERIOD)
    assert (line_.stock_amount, line_.ledger_amount, line_.amount) == ("100.00", "0.00", "100.00")
    assert (line_.stock_number, line_.stock_dates, line_.stock_accounts) == ("N-j1", "2026-02-05", "630")
    assert (line_.ledger_number, line_.ledger_dates, line_.ledger_accounts) == ("L-1", "2026-03-02", "630")
    assert line_.why == "Dated 2026-02-05 in the stock system and 2026-03-02 in the ledger."


def test_amounts_have_two_decimals_and_more_only_where_the_books_have_more() -> None:
    written = [in_full(Decimal(text)) for text in ("0", "12.5", "-7", "100.00", "12.3450")]
    assert written == ["0.00", "12.50", "-7.00", "100.00", "12.3450"]


def test_what_a_reconciliation_costs_says_what_it_is_made_of() -> None:
    reading = Reading(9, "two trial balances and seven pages").with_another_day()
    assert reading == Reading(10, "two trial balances and seven pages, and the balances of one more day")


@on_sqlite
def test_what_is_dated_after_the_end_is_rolled_back(house: House) -> None:
    put(house, journal("march", "500.00", date(2026, 3, 1)))
    house.sync()
    row = reconciled(house)
    assert (row.figures["stock"]["stock"], causes_of(row)) == ("60.05", {})


@on_sqlite
def test_sales_are_compared_document_by_document(house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i2", lines=(line("55.00"),)))
    house.sync()
    house.books.add(
        Kind.INVOICE, date="2026-02-11", number="THEIRS", lines=[{"account": "200", "amount": "8.00"}], total="8.00"
    )
    row = reconciled(house)
    assert causes_of(row, Measure.SALES) == {Cause.NOT_POSTED: "55.00", Cause.BY_HAND: "-8.00"}
    (waiting,) = lines_of(house, row, Cause.NOT_POSTED, Measure.SALES)
    assert (waiting.stock_number, waiting.why) == ("N-i2", "It waits for approval.")
    assert waiting.operation_id == house.operations(state="proposed")[0].id
    assert adds_up(row)


@on_sqlite
def test_a_bill_that_was_not_received_and_goods_without_a_bill_are_told_apart(house: House) -> None:
    stock = (
        JournalLine(account="630", amount=Decimal(30)),
        JournalLine(account="310", amount=Decimal(-30)),
    )
    put(house, journal("came", "30.00", reason=JournalReason.GOODS_RECEIVED, lines=stock))
    house.set_flow(Kind.JOURNAL, FlowMode.OFF)
    house.sync()
    row = reconciled(house)
    assert causes_of(row)[Cause.RECEIVED_NOT_INVOICED] == "30.00"


# -- accounts and periods --------------------------------------------------------------------------------------------


@on_sqlite
def test_a_person_chooses_other_accounts_and_goes_back_to_those_that_are_found(house: House) -> None:
    verbs = Reconciling(house.hub, "bookkeeper")
    verbs.choose_accounts(house.integration_id, Measure.STOCK, ["630"], ["320"])
    assert reconciled(house).accounts["stock"] == {"stock": ["630"], "ledger": ["320"]}
    verbs.choose_accounts(house.integration_id, Measure.STOCK, [], [])
    assert reconciled(house).accounts["stock"] == {"stock": ["630"], "ledger": ["630"]}
    with pytest.raises(SettingsError, match="There is no account 999"):
        verbs.choose_accounts(house.integration_id, Measure.STOCK, ["999"], ["630"])


@on_sqlite
def test_with_the_periodic_method_the_ledgers_own_stock_account_is_compared(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    row = reconciled(house)
    assert row.accounts["stock"] == {"stock": ["630"], "ledger": ["630"]}


@on_sqlite
@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-02-10", "2026-02-01", "ends before it begins"),
        ("2026-02-01", "2026-03-09", "still to come"),
        ("2025-11-01", "2025-11-30", "ends before 2026-01-01"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_with_what_to_choose(
    house: House, start: str, end: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        reconciled(house, Period(date.fromisoformat(start), date.fromisoformat(end)))


# -- whatever happens ------------------------------------------------------------------------------------------------


def test_an_integration_is_reconciled_one_at_a_time(house: House) -> None:
    verbs = Reconciling(house.hub, "bookkeeper")
    first = verbs.ask(house.integration_id, FEBRUARY)
    with pytest.raises(SettingsError, match="is being reconciled already"):
        verbs.ask(house.integration_id, FEBRUARY)
    assert reconcile(house.hub, first)
    assert not reconcile(house.hub, first)
    assert one(house, verbs.ask(house.integration_id, FEBRUARY)).state == "wanted"


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Telling(StockSession):
    """A stock system that does something while its entries are read."""

    stock: TellingStock

    def entries(self, since: date, until: date) -> Iterator[Entry]:
        for number, entry in enumerate(super().entries(since, until)):
            if number == 1 and self.stock.meanwhile is not None:
                meanwhile, self.stock.meanwhile = self.stock.meanwhile, None
                meanwhile()
            yield entry


class TellingStock(MemoryStock):
    """The stock system of a house, which does something once."""

    meanwhile: Any = None

    def open(self, connection: Connection, http: Door) -> StockSession:
        return Telling(self.shelf, self)


def telling(house: House, meanwhile: Any) -> None:
    stock = TellingStock(house.shelf)
    stock.meanwhile = meanwhile
    house.hub.providers["memorystock"] = stock


def test_one_whose_process_died_is_failed_and_can_be_run_again(house: House) -> None:
    def die() -> None:
        raise Killed

    telling(house, die)
    made = Reconciling(house.hub, "bookkeeper").ask(house.integration_id, FEBRUARY)
    with pytest.raises(Killed):
        reconcile(house.hub, made)
    assert one(house, made).state == "open"
    assert fail_dead(house.hub) == 0
    house.clock.at += timedelta(seconds=house.hub.settings.run_stale_seconds + 1)
    assert fail_dead(house.hub) == 1
    row = one(house, made)
    assert (row.state, (row.problem or {})["code"]) == ("failed", "reconciliation_died")
    again = reconciled(house)
    assert (again.state, causes_of(again)) == ("done", {})


@on_sqlite
def test_a_person_stops_one_and_nothing_of_it_is_kept(house: House) -> None:
    verbs = Reconciling(house.hub, "bookkeeper")
    made = verbs.ask(house.integration_id, FEBRUARY)
    telling(house, lambda: verbs.stop(made))
    assert reconcile(house.hub, made)
    row = one(house, made)
    assert (row.state, row.figures, (row.problem or {})["code"]) == ("stopped", {}, "stopped")
    waiting = verbs.ask(house.integration_id, FEBRUARY)
    verbs.stop(waiting)
    assert one(house, waiting).state == "stopped"


@on_sqlite
def test_a_platform_that_asks_for_a_rest_is_asked_again_after_it(house: House) -> None:
    def busy() -> None:
        raise BusyError("not now", 600.0)

    telling(house, busy)
    made = Reconciling(house.hub, "bookkeeper").ask(house.integration_id, FEBRUARY)
    assert reconcile(house.hub, made)
    assert one(house, made).state == "wanted"
    assert work.wanted(house.hub, rows) == []
    house.clock.at += timedelta(seconds=601)
    assert work.wanted(house.hub, rows) == [made]
    assert reconcile(house.hub, made)
    assert one(house, made).state == "done"


@on_sqlite
def test_a_late_answer_of_a_process_that_was_given_up_is_not_saved(house: House) -> None:
    made = Reconciling(house.hub, "bookkeeper").ask(house.integration_id, FEBRUARY)
    telling(house, lambda: work.give_up(house.hub, rows, made))
    assert reconcile(house.hub, made)
    assert (one(house, made).state, lines_of(house, one(house, made), Cause.AGREES)) == ("wanted", [])
    assert reconcile(house.hub, made)
    assert one(house, made).state == "done"


class Transferring(StockSession):
    """A stock system whose books name what none of its lists has."""

    def entries(self, since: date, until: date) -> Iterator[Entry]:
        yield from super().entries(since, until)
        yield Entry("t1", date(2026, 2, 6), "630", Decimal(5), "T-1", "BankTransfer", is_listed=False)


class TransferringStock(MemoryStock):
    """The stock system of a house, where money is transferred to the account of stock."""

    def open(self, connection: Connection, http: Door) -> StockSession:
        return Transferring(self.shelf)


class Mute(MemoryStock):
    """A stock system that does not tell what its stock is worth."""

    def open(self, connection: Connection, http: Door) -> Any:
        return object()


@dataclass
class Wired(StockSession):
    """A stock system that is asked over the wire."""

    http: Door

    def stock_value(self) -> StockValue:
        self.http.call("GET", "/value")
        return super().stock_value()

    def entries(self, since: date, until: date) -> Iterator[Entry]:
        self.http.call("GET", "/transactions", params={"from": str(since)})
        return super().entries(since, until)


class WiredStock(MemoryStock):
    """The stock system of a house, at an address."""

    address = ""

    def limits(self, settings: Any) -> Limits:
        return Limits(windows=(Window(60, 60.0),))

    def open(self, connection: Connection, http: Door) -> StockSession:
        return Wired(self.shelf, http.bind(base_url=self.address))


@pytest.fixture
def wired(house: House, platform: Platform) -> House:
    stock = WiredStock(house.shelf)
    stock.address = platform.url
    house.hub.providers["memorystock"] = stock
    return house


@on_sqlite
def test_its_calls_go_through_the_shared_limits_and_are_among_the_calls(wired: House) -> None:
    row = reconciled(wired)
    assert (row.state, row.calls, row.expected_calls) == ("done", {"stock": 3}, {"stock": 2, "ledger": 2})
    with wired.hub.store.read() as db:
        logged = db.execute(sa.select(table(Exchange).c.url).where(table(Exchange).c.run_id.is_(None))).scalars().all()
        counted = db.execute(sa.select(sa.func.count()).select_from(table(BucketCall))).scalar_one()
    assert [url.rpartition("/")[2] for url in logged] == [
        "value",
        "transactions?from=0001-01-01",
        "transactions?from=2000-01-01",
    ]
    assert counted == 3


@on_sqlite
def test_one_that_a_schedule_started_makes_no_more_calls_than_it_may(wired: House) -> None:
    made = Reconciling(wired.hub, "").ask(wired.integration_id, FEBRUARY, cause="schedule", most_calls=2)
    assert reconcile(wired.hub, made)
    row = one(wired, made)
    assert (row.state, (row.problem or {})["code"], row.calls) == ("stopped", "calls_used", {"stock": 2})


# -- what no document explains ---------------------------------------------------------------------------------------


def test_an_entry_of_a_document_that_was_never_read_is_listed_and_read_again(house: House) -> None:
    stamp, known = house.shelf.records["r-j1"]
    house.shelf.records["hidden"] = stamp - 1, (journal("backdated", "11.00", date(2026, 2, 3)),)
    house.run_stock()
    row = reconciled(house)
    assert causes_of(row) == {Cause.NOT_POSTED: "11.00"}
    (line_,) = lines_of(house, row, Cause.NOT_POSTED)
    assert (line_.source_id, line_.why) == ("backdated", NOT_THERE.format(sort="Journal N-backdated"))
    assert row.reread == 1
    assert (house.stock_id, "entries that no document explains") in house.hub.wanted()
    house.sync()
    assert causes_of(reconciled(house)) == {}
    assert known


@on_sqlite
@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"problem": {"what": "N-x could not be read.", "fix": "Correct it."}}, "N-x could not be read. Correct it."),
        (
            {"skipped": {"journal:x": "before the start date"}},
            "left out by a rule: before the start date. Fix: move",
        ),
        ({}, "its record was read before this was booked"),
    ],
    ids=["unreadable", "left out", "read before"],
)
def test_what_the_hub_has_no_document_of_says_why_and_what_to_do(house: House, found: Any, why: str) -> None:
    put(house, journal("x", "12.00"))
    records = table(NativeRecord)
    row = {"connection_id": house.stock_id, "feed": "records", "record_id": "x", "stamp": "1", "seen_at": house.clock()}
    with house.hub.store.write() as db:
        house.hub.store.insert(db, NativeRecord, [{**row, "skipped": {}, "problem": None, **found}])
        assert db.execute(sa.select(records.c.id).where(records.c.record_id == "x")).one()
    (line_,) = lines_of(house, reconciled(house), Cause.NOT_POSTED)
    assert line_.why.startswith("Journal N-x: ")
    assert why in line_.why


@on_sqlite
def test_what_the_connection_never_delivers_is_said_to_be_never_read(house: House) -> None:
    house.hub.providers["memorystock"] = TransferringStock(house.shelf)
    (line_,) = lines_of(house, reconciled(house), Cause.NOT_POSTED)
    assert line_.why.startswith("Bank transfer T-1: the entity delivers nothing of this sort")


@on_sqlite
def test_a_change_that_moved_no_stamp_is_read_again(house: House) -> None:
    stamp, _ = house.shelf.records["r-j1"]
    house.shelf.records["r-j1"] = stamp, (journal("j1", "130.00"),)
    house.run_stock()
    assert causes_of(reconciled(house)) == {Cause.CHANGED: "30.00"}
    house.sync()
    assert causes_of(reconciled(house)) == {}


@on_sqlite
def test_a_journal_that_vanished_from_the_books_is_void_on_one_side_and_read_again(house: House) -> None:
    stamp, _ = house.shelf.records["r-j1"]
    house.shelf.records["r-j1"] = stamp, ()
    row = reconciled(house)
    assert causes_of(row) == {Cause.VOID_ON_ONE_SIDE: "-100.00"}
    assert row.reread == 1
    house.sync()
    assert house.operations(source_id="j1")[-1].action == "void"


@on_sqlite
def test_what_the_hub_never_reads_is_not_asked_for_again_and_again(house: House) -> None:
    house.shelf.records["never"] = 0, (journal("never", "5.00"),)
    house.run_stock()
    assert reconciled(house).reread == 1
    assert reconciled(house).reread == 0


@on_sqlite
def test_lines_that_a_later_one_took_the_place_of_go_and_what_was_signed_stays(house: House) -> None:
    replaced, signed = reconciled(house), reconciled(house)
    Signing(house.hub, "anna").sign(signed.id or 0)
    newest = reconciled(house)
    assert prune_lines(house.hub) == 0
    house.clock.at += timedelta(days=house.hub.settings.exchange_days + 1)
    assert prune_lines(house.hub) > 0
    left = [len(lines_of(house, row, Cause.AGREES)) for row in (replaced, signed, newest)]
    assert left == [0, 3, 3]
    assert one(house, replaced.id or 0).figures == replaced.figures


# -- by itself -------------------------------------------------------------------------------------------------------


def test_a_schedule_reconciles_the_last_full_month_and_leaves_the_sync_its_own(house: House) -> None:
    schedule = add_schedule(
        house.hub, house.stock_id, Timing("cron", "0 7 2 * *"), integration_id=house.integration_id, actor="owner"
    )
    assert ensure_schedules(house.hub) == 2
    fired(house.hub, schedule, house.clock())
    fired(house.hub, schedule, house.clock())
    comparer = Comparer(house.hub)
    assert comparer.dispatch() == 1
    comparer.stop()
    with house.hub.store.read() as db:
        made = db.execute(sa.select(rows)).all()
        wanted = db.execute(sa.select(table(ConnectionRow).c.wanted_why)).scalars().all()
    assert [(row.cause, str(row.period_start), str(row.period_end)) for row in made] == [
        ("schedule", "2026-02-01", "2026-02-28")
    ]
    assert "schedule" not in wanted


def test_the_workers_do_what_was_asked_for_and_a_shutdown_puts_it_off_to_the_next_start(house: House) -> None:
    made = Reconciling(house.hub, "bookkeeper").ask(house.integration_id, FEBRUARY)
    begun, ended = Event(), Event()

    def wait() -> None:
        begun.set()
        assert ended.wait(PATIENCE)

    telling(house, wait)
    workers = Workers(house.hub, 1)
    assert workers.dispatch() == 1
    assert begun.wait(PATIENCE)
    assert workers.dispatch() == 0
    stopping = Thread(target=workers.stop)
    stopping.start()
    while one(house, made).state != "wanted":
        assert stopping.is_alive()
    ended.set()
    stopping.join(PATIENCE)
    assert one(house, made).state == "wanted"
    again = Workers(house.hub, 1)
    assert again.dispatch() == 1
    assert eventually(lambda: one(house, made).state not in ("wanted", "open"))
    again.stop()
    assert one(house, made).state == "done"


@on_sqlite
def test_what_a_schedule_could_not_reconcile_is_told_until_it_can_be(house: House) -> None:
    made = Reconciling(house.hub, "").ask(house.integration_id, cause="schedule")
    house.hub.providers["memorystock"] = Mute(house.shelf)
    assert reconcile(house.hub, made)
    page = visitor(house).get("/attention")
    assert "could not be reconciled by its schedule Shelf does not tell what its stock is worth" in page.text
    assert page.faults == []
    with house.hub.store.read() as db:
        (trouble,) = needs_a_person(db, house.ledger_id)
    assert trouble.cause == "not reconciled"
    house.hub.providers["memorystock"] = MemoryStock(house.shelf)
    reconciled(house)
    assert "Nothing needs you." in visitor(house).get("/attention").text


@on_sqlite
def test_who_asked_and_what_was_chosen_is_in_the_audit_of_the_integration(house: House) -> None:
    reconciled(house)
    events = table(AuditEvent)
    with house.hub.store.read() as db:
        told = db.execute(sa.select(events).where(events.c.what == "asked to reconcile")).one()
        name = db.execute(sa.select(table(Integration).c.name)).scalar_one()
    assert (told.actor, told.subject) == ("bookkeeper", f"{name}, 2026-02-01 to 2026-02-28")
    assert told.integration_id == house.integration_id


@on_sqlite
def test_a_document_taken_back_in_the_stock_system_and_not_in_the_ledger_is_void_on_one_side(house: House) -> None:
    house.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    put(house, journal("j1", "100.00", status=Status.VOIDED))
    house.sync()
    assert causes_of(reconciled(house)) == {Cause.VOID_ON_ONE_SIDE: "-100.00"}
