"""What a person changes while documents are planned or on their way: nothing goes out by what held before."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, line, put, trade

from hub.documents import Bill, Kind, parse_document
from hub.engine import cases, planning
from hub.engine.connections import connect, integrate, remove
from hub.errors import Problem, UnsureError
from hub.mapping import MappingList
from hub.models import Cursor, Flow, FlowMode, table
from hub.providers import Batch, Outcome, Page, Want
from hub.store import Store
from hub.testing.memory import LedgerSession, MemoryLedger, MemorySettings, StockSession
from hub.vault import Vault

BATCH = MemoryLedger.batch_rules[Kind.INVOICE].operations


@pytest.fixture(params=[1, 3], ids=["one at a time", "three at once"])
def house(store: Store, vault: Vault, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(MemoryLedger, "pushes_at_once", request.param)
    return called(store, vault)


def ready_invoices(house: House, count: int) -> None:
    """So many invoices wait for the ledger's next run."""
    put(house, *(contact(f"c{n}", f"Customer {n}") for n in range(count)))
    house.sync()
    put(house, *(invoice(f"i{n}", contact_id=f"c{n}") for n in range(count)))
    house.run_stock()


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Do something while the first batch is on its way."""
    pushed = LedgerSession.push
    done: list[bool] = []

    def push(self: LedgerSession, batch: Batch) -> Iterator[Outcome]:
        if not done:
            done.append(True)
            what()
        yield from pushed(self, batch)

    monkeypatch.setattr(LedgerSession, "push", push)


def posted(house: House) -> list[Any]:
    return [link for link in house.links() if link.kind == Kind.INVOICE]


def test_a_flow_that_is_switched_off_sends_nothing_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ready_invoices(house, 30)
    meanwhile(monkeypatch, lambda: house.set_flow(Kind.INVOICE, FlowMode.OFF))
    house.run_ledger()
    assert len(posted(house)) <= MemoryLedger.pushes_at_once * BATCH
    assert house.operations(kind="invoice", state="pending") == []


def test_a_mapping_that_changes_holds_for_whatever_has_not_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ready_invoices(house, 30)
    codes = {"200": "860"}
    meanwhile(monkeypatch, lambda: house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, codes))
    house.run_ledger()
    accounts: Counter[str] = Counter()
    for link in posted(house):
        (coded,) = getattr(parse_document("invoice", link.written_document), "lines")  # noqa: B009
        accounts[coded.account] += 1
    assert accounts["200"] <= MemoryLedger.pushes_at_once * BATCH
    assert accounts.total() == 30


@pytest.mark.parametrize("side", ["stock", "ledger"])
def test_a_removed_side_leaves_nothing_that_goes_when_it_is_connected_again(house: House, side: str) -> None:
    ready_invoices(house, 3)
    remove(house.hub, house.stock_id if side == "stock" else house.ledger_id, actor="bookkeeper")
    if side == "ledger":
        ledger = house.hub.provider("memoryledger")
        connect(house.hub, ledger, MemorySettings(), name="Books", account_id="books")
    house.run_ledger()
    assert posted(house) == []


def test_a_refusal_of_the_second_try_does_not_settle_the_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryLedger, "resend_seconds", 300)
    put(house, contact(), trade(Bill, "b1"))
    house.run_stock()
    pushed = LedgerSession.push
    tries: list[str] = []

    def push(self: LedgerSession, batch: Batch) -> Iterator[Outcome]:
        if batch.kind is not Kind.BILL:
            yield from pushed(self, batch)
            return
        tries.append(batch.id)
        if len(tries) == 1:
            list(pushed(self, batch))
            raise UnsureError("the answer was lost")
        yield Outcome(batch.operations[0].id, problem=Problem(code="refused", what="The period was closed meanwhile."))

    monkeypatch.setattr(LedgerSession, "push", push)
    house.run_ledger()
    house.sync()
    assert len(tries) == 2
    assert [one.state for one in house.operations(kind="bill")] == ["done"]
    assert len([entry for entry in house.books.live() if entry.kind is Kind.BILL]) == 1


def test_a_switch_waits_for_a_plan_in_the_making_and_then_holds(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = called(store, vault)
    put(house, contact())
    house.sync()
    put(house, invoice())
    load = cases.load_portion
    switching: list[threading.Thread] = []

    def switched(db: Any, ground: Any, flow: Flow, notes: Any) -> Any:
        portion = load(db, ground, flow, notes)
        if flow.kind == Kind.INVOICE and not switching:
            thread = threading.Thread(target=house.set_flow, args=(Kind.INVOICE,), kwargs={"post_as": "draft"})
            switching.append(thread)
            thread.start()
            thread.join(0.5)
        return portion

    monkeypatch.setattr(planning, "load_portion", switched)
    house.run_stock()
    switching[0].join()
    house.run_ledger()
    (link,) = posted(house)
    assert link.state["status"] == "draft"


# -- the start date ------------------------------------------------------------------------------------------------


def watermark_of(house: House, feed: str) -> str | None:
    rows = table(Cursor)
    with house.hub.store.read() as db:
        chosen = sa.select(rows.c.watermark).where(rows.c.connection_id == house.stock_id, rows.c.feed == feed)
        value: str | None = db.execute(chosen).scalar_one()
        return value


@pytest.mark.parametrize(
    ("start", "reads_all"), [(date(2025, 6, 1), True), (date(2026, 2, 1), False)], ids=["earlier", "later"]
)
def test_an_earlier_start_date_has_everything_listed_again(
    store: Store, vault: Vault, start: date, reads_all: bool
) -> None:
    house = called(store, vault)
    put(house, contact())
    house.sync()
    before = watermark_of(house, "records")
    house.person.set_start_date(house.integration_id, start)
    assert before
    assert watermark_of(house, "records") == (None if reads_all else before)


def test_a_second_integration_that_starts_earlier_has_everything_listed_again(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact())
    house.sync()
    ledger = house.hub.provider("memoryledger")
    with pytest.MonkeyPatch.context() as other:
        check = LedgerSession.check
        other.setattr(LedgerSession, "check", lambda self: check(self).model_copy(update={"id": "more books"}))
        second = connect(house.hub, ledger, MemorySettings(), name="More books", account_id="more books")
    integrate(house.hub, house.stock_id, second, start_date=date(2025, 1, 1))
    assert watermark_of(house, "records") is None


def test_a_start_date_that_moves_back_during_a_pull_is_not_forgotten_at_its_end(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = called(store, vault)
    put(house, contact())
    pull = StockSession.pull
    moved: list[bool] = []

    def moving(self: StockSession, want: Want) -> Iterator[Page]:
        if want.feed.name == "records" and not moved:
            moved.append(True)
            house.person.set_start_date(house.integration_id, date(2025, 6, 1))
        yield from pull(self, want)

    monkeypatch.setattr(StockSession, "pull", moving)
    house.run_stock()
    assert watermark_of(house, "records") is None
    house.run_stock()
    assert watermark_of(house, "records")


# -- edits in the ledger -------------------------------------------------------------------------------------------


def test_a_line_that_a_person_recoded_in_the_ledger_is_not_overwritten_unasked(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice())
    house.sync()
    (link,) = posted(house)
    (native,) = house.books.entries[link.target_id].native["lines"]
    house.books.edit(link.target_id, lines=[{**native, "account": "860"}])
    put(house, invoice(lines=(line("20.00"),)))
    house.sync()
    (kept,) = house.books.entries[link.target_id].native["lines"]
    assert kept["account"] == "860"
    assert [one.problem_code for one in house.operations(state="held")] == ["edited_on_both_sides"]


def test_what_we_wrote_ourselves_is_no_edit_by_a_person(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice())
    house.sync()
    for net in ("20.00", "30.00"):
        put(house, invoice(lines=(line(net),)))
        house.sync()
    assert house.operations(state="held") == []
    assert house.books.entries[posted(house)[0].target_id].native["lines"][0]["amount"] == "30.00"


# -- off, and on again ---------------------------------------------------------------------------------------------


def test_what_was_edited_while_a_flow_was_off_is_posted_when_it_is_on_again(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"), invoice("i2"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.OFF)
    put(house, invoice("i1", lines=(line("20.00"),)))
    house.shelf.put("r-i2")
    house.sync()
    house.set_flow(Kind.INVOICE)
    house.sync()
    totals = {entry.native["number"]: entry.total for entry in house.books.live() if entry.kind is Kind.INVOICE}
    assert totals == {"N-i1": Decimal("24.00")}


def test_switching_off_and_on_changes_nothing_that_is_posted_as_it_is(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice())
    house.sync()
    writes = house.books.writes
    for mode in (FlowMode.OFF, FlowMode.AUTOMATIC):
        house.set_flow(Kind.INVOICE, mode)
        house.set_flow(Kind.CONTACT, mode)
        house.sync()
    assert house.books.writes == writes
