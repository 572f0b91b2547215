"""A hub in a process of its own, told what to do by lines of JSON, so that its memory and time are its alone."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hub_demo.journey import START_DATE, Joined, set_up
from hub_demo.simulators import Address, Pair
from hub_demo.stock import reconciled

from hub.documents import TRADE_KINDS
from hub.engine import Hub
from hub.models import ConnectionRow, Link, OperationRow, OperationState, table
from hub.plugins import load
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

UNLIMITED: Mapping[str, Any] = {"windows": [], "per_day": None, "concurrent": None}
CORE_CALLS_AT_ONCE = 16

connections, links, operations = table(ConnectionRow), table(Link), table(OperationRow)


@contextmanager
def opened(folder: Path) -> Iterator[Hub]:
    """A hub with all plugins and a database in ``folder``, whatever the environment says."""
    settings = load_settings(data=folder, database_url="", log_level="warning")
    store = Store(settings.store_url)
    store.migrate()
    plugins = load()
    try:
        yield Hub(store, Vault(settings.keys()), plugins.providers, settings, observers=plugins.observers)
    finally:
        store.dispose()


def run(hub: Hub, joined: Joined, cause: str) -> dict[str, Any]:
    """Run both sides once, the stock side first; what it took, and what came of it."""
    started, used = time.perf_counter(), time.process_time()
    phases: dict[str, float] = {}
    counts: dict[str, int] = {}
    for name, id in (("stock", joined.stock_id), ("ledger", joined.ledger_id)):
        begun = time.perf_counter()
        report = hub.run(id, cause)
        phases[name] = time.perf_counter() - begun
        if report is None or report.problem is not None:
            raise SystemExit(f"the run of the {name} side failed: {report and report.problem}")
        for what, count in report.counts.items():
            counts[what] = counts.get(what, 0) + count
    return {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - used,
        "phases": phases,
        "peak_kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "counts": counts,
    }


def stored(hub: Hub) -> dict[str, int]:
    """How many records of each sort are in the ledger, and how many are not although they should."""
    with hub.store.read() as db:
        linked = db.execute(sa.select(links.c.kind, sa.func.count().label("number")).group_by(links.c.kind)).all()
        finished = (OperationState.DONE.value, OperationState.REPLACED.value)
        open_states = sa.select(sa.func.count()).where(operations.c.state.not_in(finished))
        unfinished = db.execute(open_states).scalar_one()
    by_kind: dict[str, int] = {row.kind: row.number for row in linked}
    trade = sum(count for kind, count in by_kind.items() if kind in TRADE_KINDS)
    return {"trade": trade, "all": sum(by_kind.values()), "unfinished": unfinished}


def reconcile(hub: Hub, joined: Joined) -> dict[str, Any]:
    """Reconcile the first month: what it took, and how much of the difference has no name."""
    started, used = time.perf_counter(), time.process_time()
    worth = reconciled(hub, joined.integration_id, START_DATE)
    if worth is None:
        raise SystemExit("this hub keeps no stock")
    return {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - used,
        "peak_kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "unexplained": not worth.is_explained,
        "difference": worth.difference,
    }


def lift_limits(hub: Hub) -> None:
    """No limit on either side, and as many details at once as a person may choose."""
    with hub.store.write() as db:
        db.execute(sa.update(connections).values(limits=UNLIMITED))
        core = sa.select(connections.c.id, connections.c.settings).where(connections.c.provider == "cin7core")
        for row in db.execute(core).all():
            settings = {**row.settings, "parallel": CORE_CALLS_AT_ONCE}
            db.execute(sa.update(connections).where(connections.c.id == row.id).values(settings=settings))


def invoices(hub: Hub, count: int) -> list[Any]:
    """The first invoices as they were posted, each with its contact's id in the ledger."""
    contacts = sa.select(links.c.source_id, links.c.target_id).where(links.c.kind == "contact")
    chosen = sa.select(operations.c.document).where(
        operations.c.kind == "invoice", operations.c.state == OperationState.DONE.value
    )
    with hub.store.read() as db:
        targets: dict[str, str] = {row.source_id: row.target_id for row in db.execute(contacts)}
        documents = [json.loads(text) for text in db.execute(chosen.order_by(operations.c.id).limit(count)).scalars()]
    for document in documents:
        contact = document["contact_id"]
        document["contact_id"] = contact[1:] if contact.startswith("=") else targets[contact]
    return documents


def main() -> None:
    """Do what standard input says, a line each, and answer each with a line."""
    told = json.loads(sys.argv[1])
    folder, minute = Path(told["folder"]), float(told["minute"])
    pair = Pair(*(Address(told[name], folder / f"{name}.log") for name in ("cin7core", "xero")))
    with opened(folder) as hub:
        joined = set_up(hub, pair, minute=minute, stock=told["stock"], say=lambda _: None)
        if not told["limits"]:
            lift_limits(hub)
        verbs: Mapping[str, Callable[..., Any]] = {
            "run": lambda cause: run(hub, joined, cause),
            "stored": lambda: stored(hub),
            "invoices": lambda count: invoices(hub, count),
            "reconcile": lambda: reconcile(hub, joined),
        }
        _answer({"ready": True})
        for line in sys.stdin:
            verb, *arguments = json.loads(line)
            _answer(verbs[verb](*arguments))


def _answer(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
