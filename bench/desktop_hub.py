"""A hub that QuickBooks Desktop visits, in a process of its own, told what to do by lines of JSON."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import waitress  # type: ignore[import-untyped]
from flask import Flask
from hub_qbdesktop import qwc, soap
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.settings import QuickBooksSettings

from bench.generated import ACCOUNT, FIRST_DAY, TAX_CODE, GeneratedStock
from hub.documents import Kind
from hub.engine import Decisions, Hub
from hub.engine.connections import connect, integrate
from hub.engine.facts import load_chart
from hub.engine.pilot import Pilot
from hub.mapping import MappingList
from hub.models import BatchRow, Flow, FlowMode, Link, OperationRow, OperationState, table
from hub.settings import load_settings
from hub.store import Store
from hub.testing.memory import MemorySettings
from hub.vault import Vault

batches, links, operations, flows = table(BatchRow), table(Link), table(OperationRow), table(Flow)
INSTEAD_OF_A_TARGET = "1F-"


class Watch:
    """Times each call of the service, and counts the statements that it makes."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.times: dict[str, list[float]] = {}
        self.statements = 0
        sa.event.listen(sa.Engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.statements += 1

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        started = time.perf_counter()
        answer = list(self.app(environ, start_response))
        name = str(environ.get("HTTP_SOAPACTION", "")).strip('"').rpartition("/")[2] or "GET"
        self.times.setdefault(name, []).append(time.perf_counter() - started)
        return answer


class Office:
    """The hub, its made-up stock system, and the service for the Web Connector."""

    def __init__(self, folder: Path, database: str) -> None:
        settings = load_settings(data=folder, database_url=database, log_level="warning", freshness_seconds=0)
        self.store = Store(settings.store_url)
        self.store.migrate()
        self.stock, ledger = GeneratedStock(), QuickBooksProvider()
        service = Flask("service")
        self.watch = Watch(service)
        self.server = waitress.create_server(self.watch, host="127.0.0.1", port=0, threads=4)
        settings = settings.model_copy(update={"base_url": f"http://localhost:{self.server.effective_port}"})
        providers = {self.stock.name: self.stock, ledger.name: ledger}
        self.hub = Hub(self.store, Vault(settings.keys()), providers, settings)
        self.stock_id = connect(self.hub, self.stock, MemorySettings(), name="Stock")
        made = QuickBooksSettings.model_validate({})
        self.ledger_id = connect(self.hub, ledger, made, name="Books", account_id="books")
        self.integration_id = integrate(self.hub, self.stock_id, self.ledger_id, start_date=FIRST_DAY)
        service.register_blueprint(soap.blueprint(self.hub))
        threading.Thread(target=self.server.run, daemon=True).start()

    def file(self) -> dict[str, str]:
        """The .qwc file and the password that goes with it."""
        connectors = Connectors(self.hub)
        row = connectors.made(self.ledger_id)
        password = connectors.new_password(self.ledger_id, "bench")
        url = qwc.address(self.hub.settings.base_url, soap.PATH)
        text = qwc.file(url=url, user_name=row.user_name, owner_id=OWNER_ID, file_id=row.file_id, minutes=30)
        return {"qwc": text.decode(), "password": password}

    def confirm(self) -> None:
        """A person says that the company file is the right one."""
        connectors = Connectors(self.hub)
        connectors.confirm(self.ledger_id, connectors.made(self.ledger_id).seen, "bench")

    def switch_on(self) -> None:
        """Map what the documents name, and let them leave by themselves."""
        self.hub.run(self.stock_id)
        person = Decisions(self.hub, "bench")
        person.confirm_others_off(self.integration_id)
        Pilot(self.hub, "bench").skip(self.integration_id, "This measures what comes after it.")
        with self.store.read() as db:
            accounts = load_chart(db, self.ledger_id).accounts
        income = next(code for code, each in sorted(accounts.items()) if each.type == "Income")
        person.set_mapping(self.integration_id, MappingList.ACCOUNT, {ACCOUNT: income})
        person.set_mapping(self.integration_id, MappingList.TAX_RATE, {TAX_CODE: "No tax"})
        with self.store.read() as db:
            found = {row.kind: row.id for row in db.execute(sa.select(flows))}
        for kind in (Kind.CONTACT, Kind.INVOICE):
            person.set_flow(found[kind], mode=FlowMode.AUTOMATIC)

    def trade(self, count: int) -> dict[str, int]:
        """So many more invoices are entered, read and planned; what waits now."""
        self.stock.invoices += count
        self.hub.run(self.stock_id)
        return self.states()

    def want(self) -> None:
        """The next visit is wanted, however early it is."""
        self.hub.want(self.ledger_id, "bench")

    def states(self) -> dict[str, int]:
        """How many operations there are in each state."""
        chosen = sa.select(operations.c.state, sa.func.count().label("number")).group_by(operations.c.state)
        with self.store.read() as db:
            return {row.state: row.number for row in db.execute(chosen)}

    def count_as_posted(self) -> None:
        """What waits or is on its way is posted as far as the hub knows, without the minutes that it would take."""
        waiting = (operations.c.state != OperationState.DONE.value, operations.c.kind == Kind.INVOICE.value)
        like = sa.select(links).where(links.c.kind == Kind.INVOICE.value).limit(1)
        with self.store.write() as db:
            model = {name: value for name, value in db.execute(like).one()._mapping.items() if name != "id"}
            rows = db.execute(sa.select(operations.c.source_id, operations.c.document).where(*waiting)).all()
            values = [
                {**model, "source_id": row.source_id, "target_id": f"{INSTEAD_OF_A_TARGET}{row.source_id}"}
                | {"target_number": row.source_id, "written_document": row.document}
                for row in rows
            ]
            for start in range(0, len(values), 500):
                db.execute(sa.insert(links), values[start : start + 500])
            db.execute(sa.update(operations).where(*waiting).values(state=OperationState.DONE.value))
            db.execute(sa.update(batches).values(state="settled", body=None))

    def figures(self) -> dict[str, Any]:
        """What was measured since it was asked last."""
        told = {
            "times": self.watch.times,
            "statements": self.watch.statements,
            "peak_kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        }
        self.watch.times, self.watch.statements = {}, 0
        return told


def main() -> None:
    """Do what standard input says, a line each, and answer each with a line."""
    told = json.loads(sys.argv[1])
    office = Office(Path(told["folder"]), told["database"])
    verbs: Mapping[str, Callable[..., Any]] = {
        name: getattr(office, name)
        for name in ("file", "confirm", "switch_on", "want", "trade", "states", "count_as_posted", "figures")
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
