"""A month in which the hub's process and the machine with QuickBooks are killed again and again is posted once.

The suite kills within a small month. ``HUB_TEST_PROFILE=thorough`` takes the whole one, with more deaths, and tells how
many there were.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hub_demo.journey import Joined, set_up
from hub_demo.quickbooks import Entity, QuickBooks
from hub_demo.simulators import Address, Pair, free_port, launch, running
from hub_demo.summary import Summary, summarise

from end_to_end.machines import Machines, at_work, wait_for
from end_to_end.small_month import small_month
from hub.documents import Kind
from hub.engine import Decisions, Hub
from hub.engine.visiting import Visits
from hub.models import Link, OperationRow, OperationState, Run, RunState, table
from hub.plugins import load
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

IS_WHOLE = os.environ.get("HUB_TEST_PROFILE") == "thorough"
DEATHS = 24 if IS_WHOLE else 8
MOST_RECORDS = 250 if IS_WHOLE else 40
"""After how many more records in the company file somebody dies, at most."""
PATIENCE = 900.0
"""Seconds after which what does not settle is called endless."""
LISTS = ("Customer", "Vendor", "ItemService", "ItemNonInventory")
TRANSACTIONS = (
    "Invoice",
    "CreditMemo",
    "Bill",
    "VendorCredit",
    "ReceivePayment",
    "BillPaymentCheck",
    "Check",
    "JournalEntry",
)
NO_LIMITS = ["--no-limits", "--stock"]


@pytest.mark.slow
def test_a_month_in_which_both_sides_are_killed_again_and_again_is_posted_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("HUB_TEST_SEED", "20101201"))
    chance = random.Random(seed)  # noqa: S311 - who dies and when, repeatably
    data = NO_LIMITS if IS_WHOLE else small_month(tmp_path, sales=150, orders=20)
    ledger, begun = QuickBooks(), time.monotonic()
    ports: dict[str, int] = {}
    for name in ("hub", "cin7core", "qbdesktop"):
        while (port := free_port(0)) in ports.values():
            pass
        ports[name] = port
    (tmp_path / "ports.json").write_text(json.dumps(ports))
    with opened(tmp_path, ports["hub"]) as hub:
        joined, machines, before = prepared(hub, tmp_path, data)
        with core_alone(tmp_path, data) as core, at_work(machines):
            for _ in range(DEATHS):
                hub.want(joined.stock_id, "schedule")  # a run that died is begun anew by the next one
                die(machines, chance)
            wait_for(lambda: is_settled(hub, joined, machines) and not retried(hub), PATIENCE)
            pair = Pair(core, machines.desktop)
            summary = summarise(hub, joined, pair, before={}, seconds=time.monotonic() - begun, ledger=ledger)
            told = f"{dict(machines.killed)} killed, visits {dict(machines.outcomes)}, {summary.seconds:.0f} seconds"
            assert complaints(hub, joined, machines, before, summary) == [], f"HUB_TEST_SEED={seed}: {told}"
    sys.stdout.write(f"{told}\n")
    assert machines.outcomes["done"] and sum(machines.killed.values()) >= DEATHS


def prepared(hub: Hub, folder: Path, data: Sequence[str]) -> tuple[Joined, Machines, set[str]]:
    """A first day that nobody disturbs; then what the company file held before anything was posted."""
    ledger = QuickBooks()
    with running(folder, minute=0.01, ledger="qbdesktop", extra={"cin7core": data}) as pair:
        with ledger.serving(hub, load()):
            joined = set_up(hub, pair, minute=0.01, say=lambda _text: None, ledger=ledger, stock=True)
            entity = Entity(hub, joined.ledger_id)
            qwc, password = entity.file(), entity.new_password()
        port = int(pair.ledger.url.rpartition(":")[2])
        machines = Machines(folder, hub.settings.listen_port, port, time.time(), qwc, password)
        return joined, machines, ids(machines)


@contextmanager
def core_alone(folder: Path, data: Sequence[str]) -> Iterator[Address]:
    """Cin7 Core is not disturbed."""
    address, process = launch(
        folder, "cin7core", json.loads((folder / "ports.json").read_text())["cin7core"], 0.01, data
    )
    try:
        yield address
    finally:
        process.terminate()
        process.wait(30)


def die(machines: Machines, chance: random.Random) -> None:
    """Somebody is killed at a random moment, and comes back."""
    enough = machines.records() + chance.randint(0, MOST_RECORDS)
    latest = time.monotonic() + chance.uniform(2, 8)
    while machines.records() < enough and time.monotonic() < latest:
        time.sleep(0.02)
    time.sleep(chance.uniform(0, 0.3))
    victims = chance.choice([("hub",), ("desktop",), ("hub",), ("desktop",), ("hub", "desktop")])
    machines.kill(*victims)
    machines.start(*victims)


def is_settled(hub: Hub, joined: Joined, machines: Machines) -> bool:
    """Whether the stock side is read and a visit finds nothing to do any more."""
    runs = table(Run)
    with hub.store.read() as db:
        last = sa.select(runs.c.state).where(runs.c.connection_id == joined.stock_id).order_by(runs.c.id.desc())
        is_read = db.execute(last.limit(1)).scalar() == RunState.DONE.value
    if not is_read and joined.stock_id not in dict(hub.wanted()):
        hub.want(joined.stock_id, "schedule")
    if not is_read or joined.stock_id in dict(hub.wanted()) or Visits(hub).waiting(joined.ledger_id):
        return False
    before = machines.outcomes["no_data"]
    wait_for(lambda: machines.outcomes["no_data"] > before + 1, PATIENCE)
    return not Visits(hub).waiting(joined.ledger_id)


def retried(hub: Hub) -> int:
    """How many documents a person lets go once more: what met three deaths waits for that."""
    rows = table(OperationRow)
    met = (rows.c.state == OperationState.FAILED.value, rows.c.problem_code == "unsure")
    with hub.store.read() as db:
        tired = list(db.execute(sa.select(rows.c.id).where(*met)).scalars())
    if tired:
        Decisions(hub, "bookkeeper").retry(tired)
    return len(tired)


def ids(machines: Machines) -> set[str]:
    """Everything that the company file holds of what the hub may write, by sort and id."""
    lists = {f"{sort} {one['list_id']}" for sort in LISTS for one in machines.rows(sort)}
    return lists | {f"{sort} {one['txn_id']}" for sort in TRANSACTIONS for one in machines.rows(sort)}


def complaints(hub: Hub, joined: Joined, machines: Machines, before: set[str], summary: Summary) -> list[str]:
    found = [f"{one.kind} does not add up: {one}" for one in summary.kinds if not one.adds_up or one.waiting]
    found += [f"{one.kind} in {one.currency}: {one}" for one in summary.totals if float(one.difference)]
    found += [f"refused: {reason}" for reason in summary.refused]
    found += [f"held: {reason}" for reason in summary.held]
    links = table(Link)
    with hub.store.read() as db:
        mine = sa.select(links.c.kind, links.c.target_id)
        mine = mine.where(links.c.integration_id == joined.integration_id, links.c.live)
        linked = [(row.kind, row.target_id.rpartition(":")[2]) for row in db.execute(mine)]
    made = {one.split()[1]: one for one in ids(machines) - before}
    unknown = made.keys() - {id for _, id in linked} - _stand_ins(machines)
    found += [f"nobody knows of {made[id]}" for id in unknown]
    uses = _uses(machines)
    wanted = sum(kind == Kind.ALLOCATION for kind, _ in linked)
    found += [f"{len(uses)} credits are used, not {wanted}"] if len(uses) != wanted else []
    found += [f"{credit} is used {count} times" for credit, count in uses.items() if count > 1]
    for sort in TRANSACTIONS:
        counts = Counter(_number(row) for row in machines.rows(sort))
        found += [f"{sort} {which} is there {count} times" for which, count in counts.items() if count > 1]
    return found


def _stand_ins(machines: Machines) -> set[str]:
    """Items that the plugin made for lines without any."""
    services = machines.rows("ItemService")
    return {one["list_id"] for one in services if one["fields"]["Name"].startswith("Ledgerport ")}


def _uses(machines: Machines) -> Counter[tuple[str, str]]:
    """How often each credit was used for each invoice or bill."""
    credits, owed = (
        {one["txn_id"] for sort in sorts for one in machines.rows(sort)}
        for sorts in (("CreditMemo", "VendorCredit"), ("Invoice", "Bill"))
    )
    joined = ((one["source"], one["target"]) for one in machines.rows("links"))
    return Counter((credit, document) for credit, document in joined if credit in credits and document in owed)


def _number(row: Mapping[str, Any]) -> tuple[str, str]:
    fields = row["fields"]
    party = fields.get("CustomerRef") or fields.get("VendorRef") or fields.get("PayeeEntityRef") or ""
    return str(fields.get("RefNumber")), str(party)


@contextmanager
def opened(folder: Path, port: int) -> Iterator[Hub]:
    settings = load_settings(data=folder, base_url=f"http://localhost:{port}", listen_port=port)
    store = Store(settings.store_url)
    store.migrate()
    try:
        yield Hub(store, Vault(settings.keys()), load().providers, settings)
    finally:
        store.dispose()
