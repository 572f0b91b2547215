"""The crash table of docs/how-a-sync-works.md: death at each step of a sync, an answer lost at each write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from books_check import faults_in
from houses import House, called, contact, invoice, line, payment, trade, visiting
from worlds import FragileStore, World, build

from hub.documents import Allocation, CreditNote, Document, Kind
from hub.testing import Fault
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
    """A house that is set up once; each test gets a copy of it."""

    path: Path
    house: House
    vault: Vault

    def copy(self, name: str) -> World:
        database = self.path.with_name(name)
        database.write_bytes(self.path.read_bytes())
        world = build(self.house, FragileStore(f"sqlite:///{database}"), self.vault)
        for document in day_of_trade():
            world.records[f"r-{document.external_id}"] = {document.external_id: document}
            world.save(f"r-{document.external_id}")
        return world


@pytest.fixture(params=["called", "visiting"])
def model(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, vault: Vault) -> Model:
    path = tmp_path / "model.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = FragileStore(f"sqlite:///{path}")
    house = {"called": called, "visiting": visiting}[request.param](store, vault)
    store.dispose()
    return Model(path, house, vault)


def assert_once(world: World) -> None:
    """Each source document is in the ledger exactly once, and nothing is left over."""
    assert faults_in(world) == []
    assert [(row.source_id, row.state) for row in world.house.operations() if row.state != "done"] == []
    assert len(world.books.live()) == len(day_of_trade())
    assert {row.source_id for row in world.house.links()} == {one.external_id for one in day_of_trade()}


def die_at_each_step(model: Model, before: Callable[[World], None], run: Callable[[World], None]) -> int:
    """How many steps ``run`` has; the process died at each of them and another one went on."""
    for step in range(1, MOST_STEPS):
        world = model.copy(f"step-{step}.db")
        before(world)
        world.fuse.left = step
        run(world)
        if not world.deaths:
            return step - 1
        world.settle_down()
        assert_once(world)
        world.hub.store.dispose()
    raise AssertionError(f"this run has more than {MOST_STEPS} steps")


def test_a_process_that_dies_at_any_step_of_reading_and_planning_loses_nothing(model: Model) -> None:
    assert die_at_each_step(model, lambda world: None, World.run_stock) > 20


def test_a_process_that_dies_at_any_step_of_posting_posts_everything_exactly_once(model: Model) -> None:
    assert die_at_each_step(model, World.run_stock, World.run_ledger) > 40


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("number", range(1, 6))
def test_an_answer_that_is_lost_at_any_write_makes_nothing_twice(model: Model, number: int, fault: Fault) -> None:
    world = model.copy("lost.db")
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
    world.hub.store.dispose()
