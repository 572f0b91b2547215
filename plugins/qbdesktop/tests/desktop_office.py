"""A hub with a stock system and a QuickBooks connection, served over HTTP to the Web Connector that visits it."""

from __future__ import annotations

import copy
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from hub_qbdesktop import soap
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.settings import QuickBooksSettings
from hub_qbdesktop.soap import PATH
from tiny_company import TinyCompany
from web_connector import Connector
from werkzeug.serving import make_server

from hub import Hub, Kind
from hub.engine import Decisions
from hub.engine.connections import connect, integrate
from hub.engine.pilot import Pilot
from hub.mapping import MappingList
from hub.models import Flow, FlowMode, table
from hub.settings import load_settings
from hub.store import Store
from hub.testing import MemoryStock
from hub.testing.memory import MemorySettings, Shelf
from hub.vault import Vault

KEY = Fernet.generate_key().decode()
STOCK, LEDGER, INTEGRATION = 1, 2, 1
"""The ids in every database of these tests."""


@dataclass
class Clock:
    at: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def on(self, **more: float) -> None:
        self.at += timedelta(**more)


@dataclass
class Office:
    """A hub with a stock system and a QuickBooks connection, served over HTTP, and the Web Connector that visits it."""

    hub: Hub
    clock: Clock
    shelf: Shelf
    connector: Connector
    stock_id: int
    ledger_id: int
    integration_id: int

    @property
    def company(self) -> TinyCompany:
        return self.connector.company

    def confirm(self) -> None:
        """Let the company file be seen, and say that it is the right one."""
        self.connector.visit()
        connectors = Connectors(self.hub)
        row = connectors.of(self.ledger_id)
        assert row is not None
        connectors.confirm(self.ledger_id, row.seen, "bookkeeper@example.com")


@dataclass(frozen=True)
class Kept:
    """An office as it was set up once, for others to begin with."""

    database: bytes
    password: str
    company: TinyCompany
    at: datetime


@contextmanager
def opened(store: Store, database: bytes, kept: Kept | None = None) -> Iterator[Office]:
    """An office on a database: a fresh one, or what was kept of another."""
    assert store.file is not None
    store.file.write_bytes(database)
    clock = Clock(kept.at) if kept else Clock()
    shelf = Shelf()
    stock, ledger = MemoryStock(shelf), QuickBooksProvider()
    door = socket.create_server(("127.0.0.1", 0))  # held from now on: who asks for a free port gets another one
    port = int(door.getsockname()[1])
    settings = load_settings(freshness_seconds=0, base_url=f"http://localhost:{port}")
    hub = Hub(store, Vault([KEY]), {stock.name: stock, ledger.name: ledger}, settings, clock=clock)
    connectors = Connectors(hub)
    if kept is None:
        connect(hub, stock, MemorySettings(), name="Shelf")
        connect(hub, ledger, QuickBooksSettings.model_validate({}), name="Acme books", account_id="acme")
        integrate(hub, STOCK, LEDGER, start_date=date(2026, 1, 1))
    row = connectors.made(LEDGER)
    password = kept.password if kept else connectors.new_password(LEDGER, "owner")
    company = copy.deepcopy(kept.company) if kept else TinyCompany(file_id=row.file_id)
    # The service alone; that the whole application lets it through has a test of its own.
    app = Flask("service")
    app.register_blueprint(soap.blueprint(hub))
    with door:
        server = make_server("127.0.0.1", port, app, threaded=True, fd=door.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    connector = Connector(f"http://127.0.0.1:{port}{PATH}", row.user_name, password, company)
    try:
        yield Office(hub, clock, shelf, connector, STOCK, LEDGER, INTEGRATION)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.dispose()
        for left in store.file.parent.glob("hub.db-*"):
            left.unlink()


def furnish(office: Office) -> None:
    """Map everything, switch contacts and invoices to automatic, confirm the company file and read it."""
    hub = office.hub
    hub.run(STOCK)
    office.confirm()
    person = Decisions(hub, "bookkeeper")
    person.confirm_others_off(INTEGRATION)
    Pilot(hub, "bookkeeper").skip(INTEGRATION, "Tests are about what comes after it.")
    person.set_mapping(INTEGRATION, MappingList.ACCOUNT, {"200": "200"})
    person.set_mapping(INTEGRATION, MappingList.TAX_RATE, {"NONE": "No tax"})
    flows = table(Flow)
    with hub.store.read() as db:
        found = {row.kind: row.id for row in db.execute(sa.select(flows))}
    for kind in (Kind.CONTACT, Kind.INVOICE):
        person.set_flow(found[kind], mode=FlowMode.AUTOMATIC)
    with hub.store.write() as db:
        db.execute(sa.update(flows).values(checked_at=office.clock()))
