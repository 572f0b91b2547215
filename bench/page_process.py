"""A hub's pages over very many rows, and an empty page beside them, served by a process of their own."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import waitress  # type: ignore[import-untyped]
from flask import Flask

from bench.many import Amounts, Shop, fill, open_shop, tables_filled
from hub.accounts import roster
from hub.app import create_app
from hub.engine import Hub
from hub.models import OperationRow, Run, RunState, Snapshot, table
from hub.scheduler.schedules import ensure_schedules
from hub.settings import load_settings
from hub.store import Store
from hub.testing import Books, MemoryLedger, MemoryStock
from hub.vault import Vault

EMAIL, PASSWORD = "bench@example.com", "nine slow barges at noon"
HOST = "127.0.0.1"


def opened(folder: Path, database_url: str) -> Hub:
    """A hub with a stock system and a ledger in memory, on a new database."""
    settings = load_settings(data=folder, database_url=database_url, log_level="error")
    store = Store(settings.store_url)
    store.migrate()
    stock, ledger = MemoryStock(), MemoryLedger(Books())
    return Hub(store, Vault(settings.keys()), {stock.name: stock, ledger.name: ledger}, settings)


def filled(hub: Hub, amounts: Amounts) -> Shop:
    """Everything in the database, with the statistics that a database in use has."""
    shop = open_shop(hub, MemoryStock.name, MemoryLedger.name)
    fill(hub, shop, amounts)
    ensure_schedules(hub)
    roster.add_first_owner(hub, roster.Name("Bench", "Mark", EMAIL), PASSWORD)
    # What a database in use has done: the hub asks SQLite for it, PostgreSQL does it by itself after so many rows.
    if hub.store.is_sqlite:
        hub.store.gather_statistics()
    else:
        with hub.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            for each in tables_filled():
                db.execute(sa.text(f"VACUUM ANALYZE {each.name}"))
    return shop


def examples(hub: Hub, shop: Shop) -> dict[str, int]:
    """A record of each sort, to be looked at by itself."""
    operations, runs, snapshots = table(OperationRow), table(Run), table(Snapshot)
    with hub.store.read() as db:

        def one(statement: sa.Select[Any]) -> int:
            return int(db.execute(statement.limit(1)).scalar_one())

        return {
            "operation": one(sa.select(operations.c.id).where(operations.c.state == "proposed")),
            "run": one(sa.select(sa.func.max(runs.c.id))),
            "snapshot": one(sa.select(snapshots.c.id).where(snapshots.c.kind == "invoice")),
            "integration": shop.integration_id,
            "connection": shop.stock_id,
        }


def empty_app() -> Flask:
    """The least that Flask can do: what every page is compared with."""
    app = Flask("empty")
    app.add_url_rule("/", view_func=lambda: "")
    return app


def beating_app(hub: Hub, run_id: int) -> Flask:
    """What a run does to the pages: it is open, and each look at this commits its heartbeat."""
    runs = table(Run)

    def beat() -> str:
        with hub.store.write(durable=False) as db:
            values = {"state": RunState.OPEN.value, "heartbeat_at": hub.clock()}
            db.execute(sa.update(runs).where(runs.c.id == run_id).values(values))
        return ""

    app = Flask("beat")
    app.add_url_rule("/", view_func=beat)
    return app


def served(app: Flask) -> int:
    """Serve in a thread, as the hub is served; the port."""
    server: Any = waitress.create_server(app, host=HOST, port=0, threads=8, ident=None)
    threading.Thread(target=server.run, daemon=True).start()
    return int(server.effective_port)


def main() -> None:
    """Fill the database that standard input's first argument names, serve, and end with standard input."""
    told = json.loads(sys.argv[1])
    hub = opened(Path(told["folder"]), told["database_url"])
    shop = filled(hub, Amounts(**told["amounts"]))
    records = examples(hub, shop)
    beating = beating_app(hub, records["run"])
    ports = {"hub": served(create_app(hub)), "empty": served(empty_app()), "beat": served(beating)}
    sys.stdout.write(json.dumps({**ports, **records}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
