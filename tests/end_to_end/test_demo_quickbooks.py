"""The demo with ``--quickbooks``: a small month, carried by the Web Connector's visits to the hub's own service."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from hub_demo.month import Scene, play
from hub_demo.quickbooks import QuickBooks
from hub_demo.showing import show
from hub_demo.simulators import Pair, free_port, running
from hub_demo.summary import Summary
from rich.console import Console

from end_to_end.small_month import small_month
from hub.engine import Hub
from hub.plugins import load
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

FAST = 0.01


@dataclass(frozen=True)
class Played:
    """A demo that was played: its summary, and the method of each payment that QuickBooks received, "" for none."""

    summary: Summary
    methods: Sequence[str]


@pytest.fixture(scope="module")
def played(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, Played]:
    """A new demo, and the same one run again."""
    folder = tmp_path_factory.mktemp("demo")
    extra = {"cin7core": small_month(folder, sales=60, orders=12)}
    (folder / "hub.db").write_bytes(sqlite_template.read_bytes())
    return _played(folder, extra), _played(folder, extra)


@pytest.fixture(scope="module")
def twice(played: tuple[Played, Played]) -> tuple[Summary, Summary]:
    """The summaries of both."""
    return played[0].summary, played[1].summary


def _played(folder: Path, extra: Mapping[str, Sequence[str]]) -> Played:
    port, plugins, ledger = free_port(0), load(), QuickBooks()
    settings = load_settings(data=folder, base_url=f"http://localhost:{port}", listen_port=port)
    store = Store(settings.store_url)
    hub = Hub(store, Vault(settings.keys()), plugins.providers, settings)
    console = Console(file=io.StringIO())
    try:
        with running(folder, minute=FAST, ledger=ledger.provider, extra=extra) as pair, ledger.serving(hub, plugins):
            return Played(play(Scene(hub, pair, ledger, console, FAST)), _methods(pair))
    finally:
        store.dispose()


def _methods(pair: Pair) -> list[str]:
    names = {one["list_id"]: one["fields"]["Name"] for one in pair.ledger.ask("/_sim/state/PaymentMethod")}
    received = [one["fields"] for one in pair.ledger.ask("/_sim/state/ReceivePayment") if Decimal(one["total"])]
    return [names.get(fields.get("PaymentMethodRef"), "") for fields in received]


def test_a_month_reaches_the_company_file_and_both_sides_agree(twice: tuple[Summary, Summary]) -> None:
    summary, _ = twice
    assert summary.is_good, summary.as_data()
    assert summary.refused == {}
    assert {"invoice", "credit_note", "bill", "payment"} <= {total.kind for total in summary.totals}
    assert all(Decimal(total.ledger) for total in summary.totals if total.currency == "GBP")
    carried = {kind.kind: kind.created for kind in summary.kinds}
    assert carried["invoice"] + carried["credit_note"] == 60


def test_what_came_into_the_bank_account_was_paid_by_bank_transfer(played: tuple[Played, Played]) -> None:
    assert played[0].methods
    assert set(played[0].methods) == {"Bank transfer"}


def test_one_visit_more_and_a_second_demo_create_nothing(twice: tuple[Summary, Summary]) -> None:
    first, second = twice
    assert first.created_now == sum(kind.created for kind in first.kinds) + first.of_several_now
    assert first.created_now > 100 and first.again["transactions created"] == 0
    assert first.again["round trips"] > 0
    assert second.created_now == 0 and second.is_good


def test_the_summary_names_quickbooks_its_visits_and_their_speed(twice: tuple[Summary, Summary]) -> None:
    told = io.StringIO()
    show(twice[0], Console(file=told, width=80))
    text = told.getvalue()
    assert "QuickBooks" in text and "Xero" not in text
    assert "qbdesktop: " in text and " visits, " in text and " round trips" in text
    assert "One visit more: " in text and "0 transactions created" in text
    assert "created in each" in text
