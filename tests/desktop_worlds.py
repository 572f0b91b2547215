"""A hub that QuickBooks Desktop visits: the real plugin and the simulated Web Connector, over HTTP, and what may break.

Each call is answered by another process than the last one. A process may die before, within or after each of its
commits: the connection is closed then, and nothing answers until the visit is over.
"""

from __future__ import annotations

import copy
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from company_books import CompanyBooks
from cryptography.fernet import Fernet
from flask import Flask
from houses import START, Clock, House
from hub_qbdesktop import qwc, soap
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.settings import QuickBooksSettings
from sim_qbdesktop import Simulator
from sim_qbdesktop.connector.machine import Added
from sim_qbdesktop.connector.visit import Visitor
from werkzeug.serving import WSGIRequestHandler, make_server
from worlds import Died, FragileStore, Fuse, World, another

from hub.documents import Kind
from hub.engine import Hub
from hub.engine.connections import connect, integrate
from hub.engine.pilot import Pilot
from hub.mapping import MappingList
from hub.models import Flow, FlowMode, table
from hub.providers import Organisation
from hub.settings import load_settings
from hub.store import Store
from hub.testing import MemoryStock
from hub.testing.memory import MemorySettings, Shelf, StockSession
from hub.vault import Vault

BETWEEN_VISITS = timedelta(minutes=40)
"""Longer than the interval of thirty minutes, and than anything that is believed to be still under way."""
KINDS = (Kind.CONTACT, Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.PAYMENT)
READS = 14
"""How many questions a visit that posts begins with: one for each feed of these flows, and the look for numbers."""
ACCOUNTS = {"200": "Income", "310": "CostOfGoodsSold"}


class DollarStock(MemoryStock):
    """The stock system of an American company."""

    def open(self, connection: Any, http: Any) -> StockSession:
        return DollarSession(self.shelf)


class DollarSession(StockSession):
    def check(self) -> Organisation:
        return Organisation(id="shelf", name="Shelf Inc", base_currency="USD")


@dataclass
class LastingFuse(Fuse):
    """Whoever died stays dead: not even its last clean-up happens."""

    is_dead: bool = False
    cut_in: Callable[[], None] | None = None
    until_cut: int = 0
    """How many transactions begin before another process cuts in."""

    def step(self) -> None:
        if self.is_dead:
            raise Died
        try:
            super().step()
        except Died:
            self.is_dead = True
            raise

    def begin(self) -> None:
        """A transaction is about to begin; nothing is locked."""
        self.until_cut -= 1
        if self.until_cut <= 0 and self.cut_in is not None:
            cut_in, self.cut_in = self.cut_in, None
            cut_in()


class DesktopStore(FragileStore):
    """A fragile store between whose transactions another process may act."""

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        if isinstance(self.fuse, LastingFuse):
            self.fuse.begin()
        with super().write(durable=durable) as db:
            yield db


class Line(WSGIRequestHandler):
    """One connection: cut where the process dies. Tests print nothing."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Nobody answers on it any more."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of a call."""


class Door:
    """Where the Web Connector finds the hub, over HTTP."""

    def __init__(self) -> None:
        self.processes: list[Flask] = []
        self.calls = 0
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Line)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.port}"

    def open_for(self, *hubs: Hub) -> None:
        """These processes answer from now on, in turn."""
        self.processes = [Flask(f"process {number}") for number, _ in enumerate(hubs)]
        for process, hub in zip(self.processes, hubs, strict=True):
            process.register_blueprint(soap.blueprint(hub))

    def _answer(self, environ: Any, start_response: Any) -> Any:
        self.calls += 1
        try:
            return self.processes[self.calls % len(self.processes)](environ, start_response)
        except Died:
            raise ConnectionAbortedError("the process is gone") from None

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class DesktopWorld(World):
    """A world whose ledger is QuickBooks Desktop."""

    door: Door = field(kw_only=True)
    simulator: Simulator = field(kw_only=True)
    application: str = field(kw_only=True)
    outcomes: list[str] = field(default_factory=list)

    def save(self, record_id: str) -> None:
        for document in self.records[record_id].values():
            self.company_books.expect(document.kind, document.external_id)
        super().save(record_id)

    @property
    def company_books(self) -> CompanyBooks:
        books = self.house.books
        assert isinstance(books, CompanyBooks)
        return books

    def run_ledger(self, questions: int | None = None) -> None:
        """The Web Connector comes by, some time after it came last."""
        self.house.clock.at += BETWEEN_VISITS
        self.simulator.clock.set(self.house.clock.at)
        self.door.open_for(self.hub, another(self.hub))
        self.outcomes.append(self.simulator.connector.visit(self.application).outcome)
        fuse = self.fuse
        assert isinstance(fuse, LastingFuse)
        fuse.left, fuse.cut_in = None, None
        if fuse.is_dead:
            self.reborn()

    def hang(self, transactions: int) -> None:
        """The next visit hangs after so many transactions, a whole other one comes between before it goes on, and
        who waited for its answer has given up."""
        assert isinstance(self.fuse, LastingFuse)
        self.fuse.until_cut, self.fuse.cut_in = transactions, self._give_up

    def _give_up(self) -> None:
        self.come_between()
        self.simulator.faults.add([{"kind": "lost_answer"}])

    def come_between(self) -> None:
        """Much later, while a call is still being answered, the Web Connector comes anew."""
        self.house.clock.at += BETWEEN_VISITS
        self.simulator.clock.set(self.house.clock.at)
        added = self.simulator.connector.applications[self.application]
        between = Visitor(self.simulator.quickbooks, self.simulator.settings, added.qwc, added.password)
        self.outcomes.append(f"{between.run().outcome}, between")

    def reborn(self) -> None:
        assert isinstance(self.fuse, LastingFuse)
        self.fuse.is_dead = False
        super().reborn()

    def settle_down(self, *, most: int = 16) -> int:
        """The machine is as it should be again, and nothing goes wrong any more."""
        self.simulator.faults.clear()
        quickbooks = self.simulator.quickbooks
        quickbooks.open_path, quickbooks.dialog = self.simulator.demo_path, ""
        self.simulator.company.close_windows()
        self.simulator.company.set_preferences(closing_date=None)
        return super().settle_down(most=most)

    def _picture(self) -> object:
        self.company_books.read()
        return super()._picture()


@dataclass(frozen=True)
class Model:
    """A house that was set up once: its database, and what QuickBooks' files hold."""

    database: str
    house: House
    simulator: Simulator
    added: Added


class DesktopModels:
    """Copies of one house that QuickBooks visits, for every life."""

    def __init__(self, folder: Path, empty: Path, postgres: Callable[[], Any]) -> None:
        self._folder, self._empty, self._postgres = folder, empty, postgres
        self._vault = Vault([Fernet.generate_key().decode()])
        self.door = Door()
        self._made: dict[str, Model] = {}
        self._stores: dict[str, DesktopStore] = {}

    def close(self) -> None:
        """Serve no more."""
        self.door.close()

    @contextmanager
    def world(self, backend: str = "sqlite", **switches: str) -> Iterator[DesktopWorld]:
        """A world of its own; ``switches`` of the simulator."""
        model = self._model(backend)
        with self._sqlite(model) if backend == "sqlite" else self._postgresql(model) as store:
            world = self._copy(model, store)
            world.simulator.switches.set(switches)
            try:
                yield world
            finally:
                world.simulator.close()

    def _copy(self, model: Model, store: DesktopStore) -> DesktopWorld:
        simulator = copy_of(model.simulator)
        name = model.added.qwc.name
        simulator.connector.applications[name] = copy.copy(model.added)
        shelf, clock = copy.deepcopy(model.house.shelf), copy.copy(model.house.clock)
        house = _house(store, self._vault, self.door, shelf, clock, simulator)
        return DesktopWorld(house, store.fuse, door=self.door, simulator=simulator, application=name)

    @contextmanager
    def _sqlite(self, model: Model) -> Iterator[DesktopStore]:
        path = self._folder / "world.db"
        shutil.copy(model.database, path)
        try:
            with self._used_again(f"sqlite:///{path}") as store:
                yield store
        finally:
            for left in self._folder.glob("world.db*"):
                left.unlink()

    @contextmanager
    def _postgresql(self, model: Model) -> Iterator[DesktopStore]:
        server = self._postgres()
        server.create(model.database, name="world")
        try:
            with self._used_again(server.url("world")) as store:
                yield store
        finally:
            server.drop("world")

    @contextmanager
    def _used_again(self, url: str) -> Iterator[DesktopStore]:
        """The database is made anew in one place each time, so that the statements compiled for it are used again."""
        store = self._stores.setdefault(url, DesktopStore(url))
        store.fuse = LastingFuse()
        try:
            yield store
        finally:
            store.dispose()

    def _model(self, backend: str) -> Model:
        if backend not in self._made:
            if backend == "sqlite":
                place = str(self._folder / "model.db")
                shutil.copy(self._empty, place)
                store = Store(f"sqlite:///{place}")
            else:
                place = self._postgres().create()
                store = Store(self._postgres().url(place))
            self._made[backend] = self._furnished(place, store)
            store.dispose()
        return self._made[backend]

    def _furnished(self, place: str, store: Store) -> Model:
        """Connected, the company file confirmed, every account mapped, every flow automatic."""
        simulator = Simulator(sales_tax=True, no_op_seconds=0)
        house = _house(store, self._vault, self.door, Shelf(), Clock(), simulator)
        hub = house.hub
        connect(hub, hub.providers["memorystock"], MemorySettings(), name="Shelf")
        settings = QuickBooksSettings.model_validate({})
        connect(hub, hub.providers["qbdesktop"], settings, name="Books", account_id="books")
        integrate(hub, house.stock_id, house.ledger_id, start_date=START)
        self.door.open_for(hub)
        simulator.clock.set(house.clock.at)
        connectors = Connectors(hub)
        row = connectors.made(house.ledger_id)
        password = connectors.new_password(house.ledger_id, "owner")
        url = qwc.address(hub.settings.base_url, soap.PATH)
        file = qwc.file(url=url, user_name=row.user_name, owner_id=OWNER_ID, file_id=row.file_id, minutes=30)
        name = simulator.connector.add(file, password).name
        world = DesktopWorld(house, Fuse(), door=self.door, simulator=simulator, application=name)
        _open_up(world)
        return Model(place, house, simulator, simulator.connector.applications[name])


def _house(store: Store, vault: Vault, door: Door, shelf: Shelf, clock: Clock, simulator: Simulator) -> House:
    stock, ledger = DollarStock(shelf), QuickBooksProvider()
    settings = load_settings(freshness_seconds=0, base_url=door.url)
    hub = Hub(store, vault, {stock.name: stock, ledger.name: ledger}, settings, clock=clock, sleep=clock.sleep)
    return House(hub, clock, shelf, CompanyBooks(simulator=simulator), 1, 2, 1)


def _open_up(world: DesktopWorld) -> None:
    """Confirm the company file, map what its documents name, and let everything leave by itself."""
    house, hub = world.house, world.hub
    house.run_stock()
    _visited(world)
    connectors = Connectors(hub)
    connectors.confirm(house.ledger_id, connectors.made(house.ledger_id).seen, "owner")
    _visited(world)
    house.person.confirm_others_off(house.integration_id)
    Pilot(hub, "bookkeeper").skip(house.integration_id, "These lives are about what comes after it.")
    person, company = house.person, world.simulator.company
    codes = {one.fields["AccountType"]: one.fields["AccountNumber"] for one in reversed(company.of_kinds(("Account",)))}
    accounts = {source: codes[sort] for source, sort in ACCOUNTS.items()}
    person.set_mapping(house.integration_id, MappingList.ACCOUNT, accounts)
    person.set_mapping(house.integration_id, MappingList.TAX_RATE, {"NONE": "Non", "BOUGHT": "In cost"})
    person.set_mapping(house.integration_id, MappingList.PAYMENT_ACCOUNT, {"090": codes["Bank"]})
    for kind in KINDS:
        house.set_flow(kind)
    rows = table(Flow)
    with hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.mode != FlowMode.OFF.value).values(checked_at=house.clock()))


def _visited(world: DesktopWorld) -> None:
    world.house.clock.at += BETWEEN_VISITS
    visit = world.simulator.connector.visit(world.application)
    assert visit.outcome == "done", (visit.outcome, visit.message, visit.shown)


def copy_of(simulator: Simulator) -> Simulator:
    """A machine of its own with the same company files."""
    made = Simulator(sales_tax=True, no_op_seconds=0)
    shared = {
        id(simulator.clock): made.clock,
        id(simulator.switches): made.switches,
    }
    made.quickbooks.files = copy.deepcopy(simulator.quickbooks.files, shared)
    return made
