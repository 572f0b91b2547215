"""A house whose parts can break: the process dies, answers get lost, people interfere, two processes run at once."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from houses import House, called, visiting

from hub.documents import Document
from hub.engine import Hub
from hub.engine.visiting import Visits
from hub.errors import RunLostError
from hub.http import Door
from hub.providers import Batch, Connection, Operation, Outcome, Page, TargetState, Want
from hub.store import Store
from hub.testing import Books, Fault, MemoryLedger, MemoryStock, VisitingLedger
from hub.testing.memory import LedgerSession
from hub.testing.visiting import reply
from hub.vault import Vault

STALE = timedelta(seconds=400)
"""Longer than a run without a sign of life is believed to live."""
MOST_WRITES = 150
"""No conversation of these small worlds needs more writes; one that does never ends."""


on_both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
"""Marks a test whose promise the database carries: it runs on SQLite and on PostgreSQL."""


class Died(BaseException):
    """The process is gone: nothing after this line happens."""


class Endless(BaseException):
    """A run that does not come to an end."""


@dataclass
class Fuse:
    """Burns down with every step of the engine; at zero the process dies."""

    left: int | None = None
    conversation: int = 0

    def step(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.left = None
            raise Died

    def wrote(self) -> None:
        self.conversation += 1
        if self.conversation > MOST_WRITES:
            raise Endless("this conversation does not come to an end")


class FragileStore(Store):
    """A store whose process may die right before, within, or right after a commit."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.fuse = Fuse()
        self.db: sa.Connection | None = None
        """The connection of the write transaction that is open, or was last."""
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _without_fsync)

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        self.fuse.step()
        with super().write(durable=durable) as db:
            self.db = db
            yield db
            self.fuse.step()
        self.fuse.step()


def _without_fsync(connection: object, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]


class FragileLedger(MemoryLedger):
    """A ledger that we call; the process may die around each of its writes, or another one cut in."""

    def __init__(self, books: Books, fuse: Fuse) -> None:
        super().__init__(books)
        self.fuse = fuse
        self.cut_in: Callable[[], None] | None = None
        self.one_by_one = Lock()

    def open(self, connection: Connection, http: Door) -> FragileSession:
        self.fuse.conversation = 0
        return FragileSession(self.books, self)


@dataclass
class FragileSession(LedgerSession):
    """The memory ledger's session with the same weak points that a network has."""

    ledger: FragileLedger

    def pull(self, want: Want) -> Iterator[Page]:
        self.ledger.fuse.step()
        return super().pull(want)

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        self.ledger.fuse.step()
        return super().look(operations)

    def push(self, batch: Batch) -> Iterator[Outcome]:
        self.ledger.fuse.wrote()
        self.ledger.fuse.step()
        cut_in, self.ledger.cut_in = self.ledger.cut_in, None
        if cut_in:
            cut_in()
        with self.ledger.one_by_one:
            outcomes = list(super().push(batch))
        self.ledger.fuse.step()
        yield from outcomes


@dataclass
class World:
    """A house on one database, what its source holds, and what people and fate did to it."""

    house: House
    fuse: Fuse
    records: dict[str, dict[str, Document]] = field(default_factory=dict)
    deaths: int = 0
    told_twice: set[str] = field(default_factory=set)
    """Source ids of which a person was told that they are in the ledger twice, and went on."""
    lost: int = 0
    overtaken: bool = False
    """A process hung within a write until another one had gone on: then a record may be in the books twice."""
    foreign: set[str] = field(default_factory=set)
    """Records that a person made in the ledger."""
    voided: set[str] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)
    """Marks of the targets that a person voided, edited or paid in the ledger."""

    @property
    def hub(self) -> Hub:
        return self.house.hub

    @property
    def books(self) -> Books:
        return self.house.books

    def save(self, record_id: str) -> None:
        """Put a record's documents on the shelf, as a person saving it does."""
        self.house.shelf.put(record_id, *self.records[record_id].values())

    # -- runs ----------------------------------------------------------------------------------------------------

    def run_stock(self) -> None:
        with self._mortal():
            self.hub.run(self.house.stock_id)

    def run_ledger(self, questions: int | None = None) -> None:
        with self._mortal():
            if not self.house.visits:
                self.hub.run(self.house.ledger_id)
            else:
                self._visit(questions)

    def _visit(self, questions: int | None) -> None:
        """The ledger comes by; after ``questions`` of them it goes away without a word."""
        visits = Visits(self.hub)
        self.fuse.conversation = 0
        run_id = visits.open(self.house.ledger_id)
        if run_id is None:
            return
        asked = 0
        try:
            while (question := visits.question(run_id)) is not None:
                self.fuse.wrote()
                writes = json.loads(question)["do"] == "write"
                fault = self.books.faults.pop(0) if writes and self.books.faults else None
                self.fuse.step()
                if fault is not Fault.LOST_REQUEST:
                    answer = reply(self.books, question)
                self.fuse.step()
                asked += 1
                if fault is not None or asked == questions:
                    self.house.clock.at += STALE  # cut off: nobody closes the visit, and it comes again much later
                    return
                visits.answer(run_id, answer)
            visits.close(run_id)
        except RunLostError:
            return

    @contextmanager
    def _mortal(self) -> Iterator[None]:
        try:
            yield
        except Died:
            self.reborn()
        finally:
            self.fuse.left = None

    def reborn(self) -> None:
        """A new process on the same database, after the dead one's run went stale."""
        self.deaths += 1
        self.house.hub = another(self.hub)
        self.house.clock.at += STALE

    def settle_down(self, *, most: int = 12) -> int:
        """Nothing goes wrong any more: run both sides until nothing changes. Answers with how many rounds it took."""
        self.house.shelf.odd.clear()
        for record_id in self.records:
            self.save(record_id)
        self.books.faults.clear()
        self.house.clock.at += STALE
        before = None
        for rounds in range(most):
            self.run_ledger()
            self.run_stock()
            after = self._picture()
            if after == before:
                return rounds
            before = after
            self.house.clock.at += STALE
        raise AssertionError(f"still busy after {most} rounds")

    def _picture(self) -> object:
        operations = [(row.id, row.state) for row in self.house.operations()]
        return operations, {entry.id: entry.stamp for entry in self.books.entries.values()}


def another(hub: Hub) -> Hub:
    """A hub of another process, on the same database."""
    return Hub(hub.store, hub.vault, hub.providers, hub.settings, clock=hub.clock, sleep=hub.sleep)


class Models:
    """Houses that are set up once and copied, database and books, for every test that wants one."""

    def __init__(self, folder: Path, empty: Path, postgres: Callable[[], Any]) -> None:
        self._folder, self._empty, self._postgres = folder, empty, postgres
        self._vault = Vault([Fernet.generate_key().decode()])
        self._stores: dict[str, FragileStore] = {}
        self._made: dict[tuple[str, bool], tuple[str, House]] = {}

    @contextmanager
    def world(self, backend: str = "sqlite", *, visits: bool = False) -> Iterator[World]:
        """A world of its own."""
        template, model = self._model(backend, visits)
        with self._sqlite(template) if backend == "sqlite" else self._postgresql(template) as store:
            yield build(model, store, self._vault)

    @contextmanager
    def _sqlite(self, template: str) -> Iterator[FragileStore]:
        path = self._folder / "world.db"
        shutil.copy(template, path)
        try:
            with self._used_again(f"sqlite:///{path}") as store:
                yield store
        finally:
            for left in self._folder.glob("world.db*"):
                left.unlink()

    @contextmanager
    def _postgresql(self, template: str) -> Iterator[FragileStore]:
        server = self._postgres()
        server.create(template, name="world")
        try:
            with self._used_again(server.url("world")) as store:
                yield store
        finally:
            server.drop("world")

    @contextmanager
    def _used_again(self, url: str) -> Iterator[FragileStore]:
        """The database is made anew in one place each time, so that the statements compiled for it are used again."""
        store = self._stores.setdefault(url, FragileStore(url))
        store.fuse = Fuse()
        try:
            yield store
        finally:
            store.dispose()

    def _model(self, backend: str, visits: bool) -> tuple[str, House]:
        if (backend, visits) not in self._made:
            if backend == "sqlite":
                place = str(self._folder / f"model-{visits}.db")
                shutil.copy(self._empty, place)
                store = Store(f"sqlite:///{place}")
            else:
                place = self._postgres().create()
                store = Store(self._postgres().url(place))
            house = (visiting if visits else called)(store, self._vault)
            store.dispose()
            self._made[backend, visits] = place, house
        return self._made[backend, visits]


def build(model: House, store: FragileStore, vault: Vault) -> World:
    """A world like the model house, on a copy of its database."""
    shelf, books = copy.deepcopy(model.shelf), copy.deepcopy(model.books)
    visits = VisitingLedger.name in model.hub.providers
    ledger: MemoryLedger = VisitingLedger(books) if visits else FragileLedger(books, store.fuse)
    clock = copy.copy(model.clock)
    providers = {"memorystock": MemoryStock(shelf), ledger.name: ledger}
    hub = Hub(store, vault, providers, model.hub.settings, clock=clock, sleep=clock.sleep)
    house = House(hub, clock, shelf, books, model.stock_id, model.ledger_id, model.integration_id)
    return World(house, store.fuse)
