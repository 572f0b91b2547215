"""``hub reconcile`` and ``hub proof``: what they print, keep and exit with."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from furnishing import set_up_once
from houses import House, called
from reconciled import busy_month, by_hand, perpetual

from hub.causes import Cause
from hub.cli import cli
from hub.cli.workplace import Workplace
from hub.documents import Kind
from hub.engine.reconciling import Signing
from hub.models import Proof, Reconciliation, table
from hub.plugins import Plugins
from hub.store import Store
from hub.vault import Vault
from hub.web.reconciliation_words import WORDS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Hub = Callable[..., Result]


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = perpetual(called(store, vault))
    busy_month(house)
    return house


@pytest.fixture
def hub(house: House) -> Hub:
    def run(*arguments: str) -> Result:
        workplace = Workplace()
        workplace.settings, workplace.found = house.hub.settings, Plugins([])
        workplace.store, workplace.vault = house.hub.store, house.hub.vault
        workplace.hub = workplace.patient = house.hub
        return CliRunner().invoke(cli, arguments, obj=workplace)

    return run


def test_the_cost_is_told_and_nothing_is_read(hub: Hub, house: House) -> None:
    told = hub("reconcile", "shelf", "--cost")
    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "Shelf -> Books, 2026-02-01 to 2026-02-28",
        "stock: about 2 calls (one call for the entries and one for the value of the stock)",
        "ledger: about 2 calls (one call for the balances and one for what is behind them)",
    ]
    with house.hub.store.read() as db:
        assert db.execute(sa.select(table(Reconciliation))).first() is None


def test_the_last_full_month_is_compared_and_the_causes_are_named(hub: Hub, house: House) -> None:
    by_hand(house, "2.50")
    told = hub("reconcile", "shelf")
    assert told.exit_code == 0, told.output
    assert told.output.startswith("Shelf -> Books, 2026-02-01 to 2026-02-28\n")
    assert "Stock: 60.05 in the stock system, 62.55 in the ledger, difference -2.50" in told.output
    assert WORDS[Cause.BY_HAND].title in told.output


def test_what_is_unexplained_needs_a_person(hub: Hub, house: House) -> None:
    house.shelf.revalued["TEA"] = Decimal("1.00")
    told = hub("reconcile", "shelf", "--json")
    assert told.exit_code == 1
    figures = json.loads(told.output)["figures"]["stock"]
    assert figures["causes"] == {"unexplained": {"amount": "1.00", "lines": 1}}


def test_a_period_may_be_named(hub: Hub, house: House) -> None:
    told = hub("reconcile", "shelf", "--from", "2026-01-01", "--to", "2026-01-31", "--json")
    assert json.loads(told.output)["period"] == ["2026-01-01", "2026-01-31"]
    assert hub("reconcile", "shelf", "--from", "2026-02-01", "--to", "2026-05-01").exit_code == 2


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (("--from", "2026-01-05"), ["2026-01-05", "2026-01-31"]),
        (("--from", "2026-03-01"), ["2026-03-01", "2026-03-01"]),
        (("--to", "2026-02-14"), ["2026-02-01", "2026-02-14"]),
    ],
)
def test_one_end_of_a_period_means_its_month_up_to_today(hub: Hub, given: tuple[str, str], meant: list[str]) -> None:
    assert json.loads(hub("reconcile", "shelf", *given, "--json").output)["period"] == meant
    assert hub("reconcile", "shelf", *given).output.startswith(f"Shelf -> Books, {meant[0]} to {meant[1]}\n")


def test_a_name_that_there_is_none_of_is_answered_with_what_can_be_reconciled(hub: Hub) -> None:
    told = hub("reconcile", "Nope")
    assert told.exit_code == 2
    assert "There is no integration 'Nope'. There are: Shelf -> Books (1)." in told.stderr


def test_a_proof_says_how_many_marks_were_asked_for(hub: Hub, house: House) -> None:
    told = hub("proof", "shelf")
    assert told.exit_code == 0, told.output
    assert "4 marks asked for of 4 live links, 4 found, 0 documents more than once" in told.output
    with house.hub.store.read() as db:
        assert db.execute(sa.select(table(Proof).c.state)).scalar_one() == "done"
    assert hub("proof", "shelf", "--cost").output.startswith("About")


def test_a_signed_period_that_has_other_figures_waits_for_a_person(hub: Hub, house: House) -> None:
    assert hub("attention").exit_code == 0
    assert hub("reconcile", "shelf").exit_code == 0
    Signing(house.hub, "anna").sign(1)
    by_hand(house, "2.50")
    hub("reconcile", "shelf")
    told = hub("attention")
    assert told.exit_code == 1
    assert "A period has other figures since it was signed off." in told.output
    assert "2026-02-01 to 2026-02-28" in told.output


def test_a_document_that_is_there_twice_ends_with_1(hub: Hub, house: House) -> None:
    first = next(entry for entry in house.books.entries.values() if entry.kind is Kind.INVOICE)
    house.books.entries["again"] = type(first)(first.kind, "again", first.native, first.status, first.stamp)
    told = hub("proof", "shelf", "--json")
    assert told.exit_code == 1
    assert [found["label"] for found in json.loads(told.output)["duplicates"]] == ["N-i1"]
