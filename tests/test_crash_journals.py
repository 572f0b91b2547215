"""The crash table again, for journals that are posted together: death at each step, an answer lost at each write."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from books_check import faults_in
from houses import called, journal, make_perpetual, put, visiting
from test_crash_table import Model, die_at_each_step, put_in
from worlds import FragileStore, World

from hub.documents import JournalReason, Kind
from hub.reconcile import JournalMode
from hub.testing import Fault
from hub.vault import Vault

FEBRUARY = (journal("j1"), journal("j2", "12.50"), journal("j3", "7.00", reason=JournalReason.STOCKTAKE))
"""What is posted already: two costs in one journal, and a stocktake."""


class Posted(Model):
    """A house that posts the costs of a month in one journal, and has posted February's."""

    def begun(self, world: World) -> None:
        world.records = {f"r-{one.external_id}": {one.external_id: one} for one in FEBRUARY}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> FragileStore:
    """Where all of these worlds are, so that the statements compiled for them are used again."""
    return FragileStore(f"sqlite:///{tmp_path_factory.mktemp('crashes') / 'world.db'}")


@pytest.fixture(params=["called", "visiting"])
def model(request: pytest.FixtureRequest, place: FragileStore, sqlite_template: Path, vault: Vault) -> Posted:
    put_in(place, sqlite_template.read_bytes())
    house = {"called": called, "visiting": visiting}[request.param](place, vault)
    make_perpetual(house).post_journals(house.integration_id, JournalMode.MONTH)
    put(house, *FEBRUARY)
    house.sync()
    return Posted(place, house, vault)


def february_grows(world: World) -> None:
    """A cost comes, one changes, one goes."""
    for document in (journal("j4", "5.00"), journal("j1", "31.00")):
        world.records[f"r-{document.external_id}"] = {document.external_id: document}
        world.save(f"r-{document.external_id}")
    world.records["r-j2"] = {}
    world.save("r-j2")


def february_grows_and_is_planned(world: World) -> None:
    february_grows(world)
    world.run_stock()


def assert_once(world: World, *amounts: str) -> None:
    """Each cost is in the ledger exactly once, and nothing is left over."""
    assert faults_in(world) == []
    assert [
        (row.source_id, row.state) for row in world.house.operations() if row.state not in ("done", "replaced")
    ] == []
    live = [entry for entry in world.books.live() if entry.kind is Kind.JOURNAL]
    assert sorted(entry.total or 0 for entry in live) == [Decimal(amount) for amount in amounts]


def one_journal(world: World) -> None:
    assert_once(world, "7.00", "36.00")


@pytest.mark.parametrize("model", ["called"], indirect=True)
def test_a_process_that_dies_at_any_step_of_planning_a_growing_month_loses_no_cost(model: Posted) -> None:
    assert die_at_each_step(model, february_grows, World.run_stock, one_journal) > 10


def test_a_process_that_dies_at_any_step_of_posting_a_growing_month_ends_with_one_journal(model: Posted) -> None:
    assert die_at_each_step(model, february_grows_and_is_planned, World.run_ledger, one_journal) > 10


@pytest.mark.parametrize("fault", list(Fault))
def test_an_answer_that_is_lost_while_a_month_grows_makes_no_second_journal(model: Posted, fault: Fault) -> None:
    world = model.copy()
    february_grows_and_is_planned(world)
    world.books.faults.append(fault)
    world.run_ledger()
    world.settle_down()
    one_journal(world)
