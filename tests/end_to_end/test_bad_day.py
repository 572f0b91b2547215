"""Days on which platforms fail, answers get lost and processes are killed: the books are right in the end."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hub_demo.journey import START_DATE, Joined, set_up
from hub_demo.simulators import Pair, running
from hub_demo.summary import Summary, summarise
from sim_cin7core import Sources, new_purchase, new_sale

from end_to_end.audit import Audit
from end_to_end.shop import Shop, open_shop
from hub.engine import Hub, looking
from hub.models import OperationState, RunState
from hub.plugins import load
from hub.reconcile import Look
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

LOST = [{"kind": "lost_answer", "method": "PUT", "times": 2}]
"""The answer to a write and to its one resend."""


# -- lost answers ----------------------------------------------------------------------------------------------------


def test_bills_whose_answer_was_lost_are_found_and_not_made_again(shop: Shop) -> None:
    new_purchase(shop.core, "Carlton", invoice_number="B-1")
    shop.sync()
    new_purchase(shop.core, "Carlton", invoice_number="B-2")
    shop.xero.world.faults.add([{**LOST[0], "path": "Invoices"}])
    shop.settle_down_with_faults()
    assert [entry.number for entry in shop.xero.books.invoices] == ["B-1", "B-2"]
    assert Audit(shop).faults() == []


def test_two_bills_of_one_number_from_one_supplier_are_told_apart_by_our_mark(shop: Shop) -> None:
    for _ in range(2):
        new_purchase(shop.core, "Carlton", invoice_number="B-1")
    shop.xero.world.faults.add([{**LOST[0], "path": "Invoices"}])
    shop.settle_down_with_faults()
    assert len(shop.xero.books.invoices) == 2
    assert shop.operations(state="failed") == []
    assert Audit(shop).faults() == []


def test_the_audit_notices_a_hub_that_repeats_without_looking(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "judge_look", lambda *_args: (Look.NOT_DONE, None))
    new_purchase(shop.core, "Carlton", invoice_number="B-1")
    sale = new_sale(shop.core, "Acme")
    shop.core.person("pay", id=sale.id, amount="10")
    shop.xero.world.faults.add([{**LOST[0], "path": path} for path in ("Invoices", "Payments")])
    shop.settle_down_with_faults()
    found = "\n".join(Audit(shop).faults())
    assert "('ACCPAY', 'B-1') is live 2 times in Xero" in found
    assert "[LP-" in found, "the payment, too, is there twice"


# -- a whole month ---------------------------------------------------------------------------------------------------

CORE_TROUBLE = ("lost_answer", "drop_before", "429", "503_retry_after", "503_html", "500_json", "400_throttle_text")
XERO_TROUBLE = ("lost_answer", "drop_before", "429_minute", "503_html", "500_html", "500_after_commit", "token_expired")
SHARE = 0.1 / len(CORE_TROUBLE)
MOST_ROUNDS = 25


@pytest.mark.slow
def test_a_month_in_which_every_tenth_call_fails_ends_right_without_a_person(database: Path) -> None:
    with open_shop(database, sources=Sources(), start=START_DATE) as shop:
        shop.life.most_calls = 100_000
        _trouble(shop, SHARE)
        for _ in range(MOST_ROUNDS):
            before = shop.picture()
            reports = [shop.run(shop.stock_id), shop.run(shop.ledger_id)]
            shop.clock.sleep(900)
            if all(report and report.state is RunState.DONE for report in reports) and shop.picture() == before:
                break
        else:
            raise AssertionError(f"not quiet after {MOST_ROUNDS} rounds")
        assert _struck(shop) > 150
        assert Audit(shop).faults() == []
        assert shop.operations(state=OperationState.UNSURE.value) == []
        assert shop.operations(state=OperationState.FAILED.value) == []


def _trouble(shop: Shop, share: float) -> None:
    for seed, kind in enumerate(CORE_TROUBLE):
        shop.core.faults.add(kind, probability=share, seed=seed, params={"wait": 1})
    shop.xero.world.faults.add(
        [{"kind": kind, "probability": share, "seed": seed} for seed, kind in enumerate(XERO_TROUBLE)]
    )


def _struck(shop: Shop) -> int:
    core = sum(int(rule["hits"]) for rule in shop.core.faults.shown())
    return core + sum(int(rule["struck"]) for rule in shop.xero.world.faults.shown())


# -- killed processes ------------------------------------------------------------------------------------------------

DEATHS = (("cin7core", 400), ("cin7core", 900), ("xero", 8), ("xero", 15), ("xero", 25), ("xero", 40), ("xero", 30))
"""Whom the process was talking to, and after at most how many calls it is killed."""
PATIENCE = 1200.0
"""Seconds after which a run is called endless."""


@pytest.mark.slow
def test_a_month_whose_process_is_killed_again_and_again_is_posted_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("HUB_TEST_SEED", "20101201"))
    chance = random.Random(seed)  # noqa: S311 - which moments, repeatably
    fast = {"cin7core": ["--no-limits"], "xero": ["--no-limits"]}
    with running(tmp_path, minute=0.01, extra=fast) as pair, _hub(tmp_path) as hub:
        joined = set_up(hub, pair, minute=0.01, say=lambda _text: None)
        killed = [_killed_run(tmp_path, pair, side, chance.randint(1, most)) for side, most in DEATHS]
        assert sum(killed) > len(killed) / 2, "most processes ended before they were killed"
        for _ in range(2):
            assert _run(tmp_path).wait(PATIENCE) == 0
        summary = summarise(hub, joined, pair, before={}, seconds=0)
        assert _complaints(hub, joined, pair, summary) == [], f"HUB_TEST_SEED={seed}"


def _run(folder: Path) -> subprocess.Popen[bytes]:
    """``hub run`` as a process of its own, which takes over from a dead one after 25 seconds."""
    command = [str(Path(sys.executable).with_name("hub")), "run", "Gift shop"]
    times = {"HUB_CONNECT_TIMEOUT": "5", "HUB_READ_TIMEOUT": "10", "HUB_RUN_STALE_SECONDS": "25"}
    env = {**os.environ, **times, "HUB_DATA": str(folder), "HUB_LOG_LEVEL": "error"}
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def _killed_run(folder: Path, pair: Pair, side: str, calls: int) -> bool:
    """Kill a run without warning after so many more calls to one side; False when it ended before."""
    watched = getattr(pair, side)
    enough = watched.ask("/_sim/calls")["total"] + calls
    process = _run(folder)
    while process.poll() is None and watched.ask("/_sim/calls")["total"] < enough:
        time.sleep(0.05)
    ended = process.poll() is not None
    process.kill()
    process.wait()
    return not ended


def _complaints(hub: Hub, joined: Joined, pair: Pair, summary: Summary) -> list[str]:
    found = [f"{one.kind} does not add up: {one}" for one in summary.kinds if not one.adds_up or one.waiting]
    found += [f"{one.kind} in {one.currency}: {one}" for one in summary.totals if float(one.difference)]
    found += [f"{summary.unreadable} records could not be read"] if summary.unreadable else []
    found += [f"refused: {reason}" for reason in summary.refused]
    for name, key in (("invoices", _numbered), ("credit_notes", _numbered), ("payments", _referred)):
        counts = Counter(key(row) for row in _rows(pair, name) if row["status"] not in ("VOIDED", "DELETED"))
        found += [f"{name}: {which} is there {count} times" for which, count in counts.items() if count > 1]
    return found


def _rows(pair: Pair, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pair.xero.ask(f"/_sim/state/{name}")
    return rows


def _numbered(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["type"], row["number"], row["contact_id"]


def _referred(row: Mapping[str, Any]) -> str:
    return str(row["reference"])


@contextmanager
def _hub(folder: Path) -> Iterator[Hub]:
    settings = load_settings(data=folder)
    store = Store(settings.store_url)
    store.migrate()
    try:
        yield Hub(store, Vault(settings.keys()), load().providers, settings)
    finally:
        store.dispose()
