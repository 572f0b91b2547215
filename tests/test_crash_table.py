"""The crash table of docs/how-a-sync-works.md: death at each step of a sync, an answer lost at each write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from books_check import faults_in
from houses import House, called, contact, invoice, line, payment, trade, visiting
from worlds import FragileStore, Fuse, World, build

from hub.documents import Allocation, CreditNote, Document, Kind
from hub.providers import Feed, Page, Want
from hub.testing import Fault, MemoryStock
from hub.testing.memory import STOCK_KINDS, StockSession
from hub.vault import Vault

MOST_STEPS = 400
"""Steps of this small sync; each step is a place to die at."""


def day_of_trade() -> list[Document]:
    """A customer, a part-paid invoice, and a credit used against it: every tier, each resting on the one before."""
    sale = invoice("i1", lines=(line("20.00"),))
    credit = trade(CreditNote, "k1", lines=(line("5.00"),), credits_id="i1")
    used = Allocation(
        external_id="a1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="k1",
        document_kind=Kind.INVOICE,
        document_id="i1",
        date=sale.date,
        amount=credit.total,
        currency="GBP",
    )
    return [contact(), sale, payment(amount="12.00"), credit, used]


@dataclass
class Model:
    """A house that is set up once; worlds are copies of it, one after the other in the same place."""

    store: FragileStore
    house: House
    vault: Vault
    database: bytes = b""

    def __post_init__(self) -> None:
        self.database = self.database or self.kept()

    def kept(self) -> bytes:
        """The database as it is now."""
        assert self.store.file is not None
        self.store.dispose()
        return self.store.file.read_bytes()

    def begun(self, world: World) -> None:
        """What happened in a world before its tests begin."""
        for document in day_of_trade():
            world.records[f"r-{document.external_id}"] = {document.external_id: document}
            world.save(f"r-{document.external_id}")

    def copy(self) -> World:
        """A world of its own; the one before is gone."""
        world = self._put(self.database, self.house)
        self.begun(world)
        return world

    def copies_after(self, before: Callable[[World], None]) -> Iterator[World]:
        """Worlds in which this happened; that, too, is done once."""
        first = self.copy()
        before(first)
        database = self.kept()
        while True:
            world = self._put(database, first.house)
            world.records = dict(first.records)
            yield world

    def _put(self, database: bytes, house: House) -> World:
        put_in(self.store, database)
        return build(house, self.store, self.vault)


def put_in(place: FragileStore, database: bytes) -> None:
    """Another database in the place of the one before."""
    assert place.file is not None
    place.dispose()
    for left in place.file.parent.glob(f"{place.file.name}-*"):
        left.unlink()
    place.file.write_bytes(database)
    place.fuse = Fuse()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> FragileStore:
    """Where all of these worlds are, so that the statements compiled for them are used again."""
    return FragileStore(f"sqlite:///{tmp_path_factory.mktemp('crashes') / 'world.db'}")


@pytest.fixture(params=["called", "visiting"])
def model(request: pytest.FixtureRequest, place: FragileStore, sqlite_template: Path, vault: Vault) -> Model:
    put_in(place, sqlite_template.read_bytes())
    return Model(place, {"called": called, "visiting": visiting}[request.param](place, vault), vault)


def assert_once(world: World) -> None:
    """Each source document is in the ledger exactly once, and nothing is left over."""
    assert faults_in(world) == []
    assert [(row.source_id, row.state) for row in world.house.operations() if row.state != "done"] == []
    assert len(world.books.live()) == len(day_of_trade())
    assert {row.source_id for row in world.house.links()} == {one.external_id for one in day_of_trade()}


def die_at_each_step(
    model: Model, before: Callable[[World], None], run: Callable[[World], None], check: Callable[[World], None]
) -> int:
    """How many steps ``run`` has; the process died at each of them and another one went on."""
    for step, world in enumerate(model.copies_after(before), start=1):
        assert step < MOST_STEPS, "this run has too many steps"
        world.fuse.left = step
        run(world)
        if not world.deaths:
            return step - 1
        world.settle_down()
        check(world)
    raise AssertionError("there are always copies")


def test_a_process_that_dies_at_any_step_of_reading_and_planning_loses_nothing(model: Model) -> None:
    assert die_at_each_step(model, lambda world: None, World.run_stock, assert_once) > 20


@pytest.fixture
def at_the_first_document(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """The stock side lists contacts first, then documents, one on each page; what is to be done before these."""
    pull, cards, todo = StockSession.pull, frozenset({Kind.CONTACT, Kind.ITEM}), list[Callable[[], None]]()
    lists = {"cards": cards, "trade": STOCK_KINDS - cards}

    def sorted_out(session: StockSession, want: Want) -> Iterator[Page]:
        kinds = lists.get(want.feed.name)
        while want.feed.name == "trade" and todo:
            todo.pop()()
        for page in pull(session, want):
            listed = (each for each in page.records if not kinds or kinds.issuperset(d.kind for d in each.documents))
            yield replace(page, records=tuple(listed))

    others = tuple(feed for feed in MemoryStock.feeds if feed.name != "records")
    monkeypatch.setattr(MemoryStock, "feeds", (*others, *(Feed(name, kinds) for name, kinds in lists.items())))
    monkeypatch.setattr(StockSession, "pull", sorted_out)
    monkeypatch.setattr("hub.testing.memory.PAGE", 1)
    return todo


@pytest.mark.parametrize("model", ["called"], indirect=True)
def test_a_process_that_dies_while_contacts_are_planned_between_pages_loses_nothing(
    model: Model, at_the_first_document: list[Callable[[], None]]
) -> None:
    for step in range(1, 13):  # three of each commit: a page, a portion of the plan, its counts, the next page
        world = model.copy()
        at_the_first_document.append(partial(setattr, world.fuse, "left", step))
        world.run_stock()
        assert world.deaths == 1
        planned = [(row.kind, row.state) for row in world.house.operations()]
        assert planned == ([("contact", "proposed")] if step >= 6 else [])
        world.settle_down()
        assert_once(world)


def test_a_process_that_dies_at_any_step_of_posting_posts_everything_exactly_once(model: Model) -> None:
    assert die_at_each_step(model, World.run_stock, World.run_ledger, assert_once) > 40


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("number", range(1, 6))
def test_an_answer_that_is_lost_at_any_write_makes_nothing_twice(model: Model, number: int, fault: Fault) -> None:
    world = model.copy()
    world.run_stock()
    written: list[int] = []

    def wrote() -> None:
        written.append(1)
        if len(written) == number:
            world.books.faults.append(fault)

    world.fuse.wrote = wrote  # type: ignore[method-assign]
    world.run_ledger()
    assert len(written) >= number
    world.settle_down()
    assert_once(world)
