"""Two server processes on one database answer one session of the Web Connector, call by call in turn."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from hub_qbdesktop import qwc
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.settings import QuickBooksSettings
from hub_qbdesktop.soap import PATH
from sim_qbdesktop import Simulator

from hub.documents import Contact, Invoice, Kind, Line
from hub.engine import Decisions, Hub
from hub.engine.connections import connect, integrate
from hub.engine.pilot import Pilot
from hub.mapping import MappingList
from hub.models import Flow, FlowMode, Link, OperationRow, table
from hub.settings import load_settings
from hub.store import Store
from hub.testing import MemoryStock, memory
from hub.testing.memory import MemorySettings, Shelf
from hub.vault import Vault

KEY = Fernet.generate_key().decode()
INVOICES = 30


@dataclass
class Turns:
    """A proxy that gives each call to the next server; ``cut_in`` is called before the call of that number."""

    ports: list[int]
    answered: list[int] = field(default_factory=list)
    cut_in: tuple[int, Callable[[], None]] | None = None

    def answer(self, path: str, method: str, body: bytes) -> tuple[int, str, bytes]:
        if method == "POST" and self.cut_in and len(self.answered) == self.cut_in[0]:
            self.cut_in[1]()
        for _ in self.ports:
            port = self.ports[len(self.answered) % len(self.ports)]
            self.answered.append(port)
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}{path}", body or None, {"Content-Type": "text/xml"}, method=method
            )
            try:
                with urllib.request.urlopen(asked, timeout=60) as found:  # noqa: S310
                    return found.status, found.headers["Content-Type"], found.read()
            except urllib.error.HTTPError as refused:
                return refused.code, refused.headers["Content-Type"], refused.read()
            except OSError:  # this server is gone: the next one has its turn
                continue
        raise AssertionError("no server answers")


@contextmanager
def taking_turns(*ports: int) -> Iterator[tuple[Turns, str]]:
    turns = Turns(list(ports))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, sort, answer = turns.answer(self.path, self.command, body)
            self.send_response(status)
            self.send_header("Content-Type", sort)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            """Tests print nothing."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield turns, f"http://localhost:{proxy.server_address[1]}"
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


@contextmanager
def server(database_url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    script = Path(__file__).with_name("connector_server.py")
    process = subprocess.Popen(
        [sys.executable, str(script), database_url, KEY, str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process, port
    finally:
        process.kill()
        process.communicate()


@dataclass
class Office:
    """The hub as its pages see it, the machine with QuickBooks, and the servers in between."""

    hub: Hub
    simulator: Simulator
    application: str
    turns: Turns
    servers: list[subprocess.Popen[str]]
    shelf: Shelf
    ledger_id: int
    stock_id: int

    def visit(self) -> Any:
        self.turns.answered.clear()
        self.hub.want(self.ledger_id, "a test")
        return self.simulator.connector.visit(self.application)

    def posted(self) -> list[str]:
        return sorted(each.fields["RefNumber"] for each in self.simulator.company.transactions)

    def linked(self) -> set[str]:
        links = table(Link)
        with self.hub.store.read() as db:
            return set(db.execute(sa.select(links.c.source_id).where(links.c.live.is_(True))).scalars())

    def unfinished(self) -> list[Any]:
        rows = table(OperationRow)
        with self.hub.store.read() as db:
            return list(
                db.execute(sa.select(rows.c.source_id, rows.c.state, rows.c.problem).where(rows.c.state != "done"))
            )


@pytest.fixture
def office(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Everything mapped and automatic; thirty invoices wait for the next visit."""
    monkeypatch.setattr(memory, "BASE_CURRENCY", "USD")
    with server(database_url) as one, server(database_url) as other, taking_turns(one[1], other[1]) as (turns, url):
        store, shelf = Store(database_url), Shelf()
        stock, ledger = MemoryStock(shelf), QuickBooksProvider()
        settings = load_settings(base_url=url, freshness_seconds=0)
        hub = Hub(store, Vault([KEY]), {stock.name: stock, ledger.name: ledger}, settings)
        stock_id = connect(hub, stock, MemorySettings(), name="Shelf")
        chosen = QuickBooksSettings.model_validate({})
        ledger_id = connect(hub, ledger, chosen, name="Acme books", account_id="acme")
        integration_id = integrate(hub, stock_id, ledger_id, start_date=date(2026, 1, 1))
        connectors = Connectors(hub)
        row = connectors.made(ledger_id)
        file = qwc.file(
            url=qwc.address(url, PATH), user_name=row.user_name, owner_id=OWNER_ID, file_id=row.file_id, minutes=30
        )
        simulator = Simulator(no_op_seconds=0.1)
        name = simulator.connector.add(file, connectors.new_password(ledger_id, "owner")).name
        made = Office(hub, simulator, name, turns, [one[0], other[0]], shelf, ledger_id, stock_id)
        _furnish(made, integration_id)
        yield made
        simulator.close()
        store.dispose()


def _furnish(office: Office, integration_id: int) -> None:
    hub, person = office.hub, Decisions(office.hub, "bookkeeper")
    _put(office, Contact(external_id="c1", name="Harbour Stores", is_customer=True))
    assert office.visit().outcome == "done", office.simulator.connector.visits[-1]
    connectors = Connectors(hub)
    connectors.confirm(office.ledger_id, connectors.made(office.ledger_id).seen, "bookkeeper")
    assert office.visit().outcome == "done"
    person.confirm_others_off(integration_id)
    Pilot(hub, "bookkeeper").skip(integration_id, "Tests are about what comes after it.")
    accounts = office.simulator.company.of_kinds(("Account",))
    income = next(each.fields["AccountNumber"] for each in accounts if each.fields["AccountType"] == "Income")
    person.set_mapping(integration_id, MappingList.ACCOUNT, {"200": income})
    person.set_mapping(integration_id, MappingList.TAX_RATE, {"NONE": "No tax"})
    flows = table(Flow)
    with hub.store.read() as db:
        found = {row.kind: row.id for row in db.execute(sa.select(flows.c.id, flows.c.kind))}
    for kind in (Kind.CONTACT, Kind.INVOICE):
        person.set_flow(found[kind], mode=FlowMode.AUTOMATIC)
    with hub.store.write() as db:
        db.execute(sa.update(flows).values(checked_at=hub.clock()))
    _put(office, *(_invoice(number) for number in range(INVOICES)))


def _put(office: Office, *documents: Any) -> None:
    for document in documents:
        office.shelf.put(f"r-{document.external_id}", document)
    office.hub.run(office.stock_id)


def _invoice(number: int) -> Invoice:
    amount = Decimal(10)
    line = Line(description="Tea", amount=amount, unit_price=amount, account="200", tax_code="NONE")
    return Invoice(
        external_id=f"i{number}",
        number=f"N-{number:02}",
        date=date(2026, 2, 1),
        contact_id="c1",
        currency="USD",
        lines=(line,),
        subtotal=amount,
        total=amount,
    )


NUMBERS = [f"N-{number:02}" for number in range(INVOICES)]


def test_each_call_of_a_session_is_answered_by_another_process_than_the_one_before(office: Office) -> None:
    visit = office.visit()
    assert visit.outcome == "done", (visit.message, visit.shown)
    assert visit.percentages[-1] == 100
    assert visit.percentages.count(100) == 1
    assert len(office.turns.answered) == len(visit.calls) > 8
    assert all(one != other for one, other in zip(office.turns.answered, office.turns.answered[1:], strict=False))
    assert office.unfinished() == []
    assert office.posted() == NUMBERS
    assert office.linked() == {"c1", *(f"i{number}" for number in range(INVOICES))}


def test_a_session_goes_on_with_the_other_process_when_one_is_killed(office: Office) -> None:
    """It is killed between two calls: nobody signs in anew, and nothing is asked for twice."""

    def kill() -> None:
        office.servers[0].kill()
        office.servers[0].wait()

    office.turns.cut_in = (9, kill)
    visit = office.visit()
    assert visit.outcome == "done", (visit.message, visit.shown)
    assert office.servers[0].returncode is not None
    assert visit.methods.count("authenticate") == 1
    assert office.unfinished() == []
    assert office.posted() == NUMBERS
