"""Houses that are set up once and copied: to set one up takes longer than most tests that begin with one.

A copy is a database of the same sort with the same rows, and a hub of its own, as after a restart.
"""

from __future__ import annotations

import copy
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from hub.engine import Hub
from hub.providers import Provider
from hub.settings import Settings
from hub.store import Store
from hub.vault import Vault

if TYPE_CHECKING:
    from houses import Clock, House

    from hub.testing import Books
    from hub.testing.memory import Shelf

Make = Callable[..., "House"]


def set_up_once(make: Make) -> Make:
    """Let ``make``, which sets up a house in a database without rows, do so once for each sort of database.

    In the same process the next ones get a copy of what it made. So it does nothing outside of the house.
    """

    @wraps(make)
    def copied(store: Store, vault: Vault, **options: Any) -> House:
        tables = _tables(store)
        if not tables or _has_rows(store, tables):
            return make(store, vault, **options)
        key = (make, store.is_sqlite, tuple(sorted(options.items())), _environment())
        models = _made.setdefault(vault, {})
        if key in models:
            return models[key].copy_into(store, vault)
        house = make(store, vault, **options)
        models[key] = Model.of(house)
        return house

    return copied


@dataclass(frozen=True)
class Model:
    """A house that was set up, without its hub."""

    rows: SqliteRows | PostgresRows
    house: House
    """Its ids; the parts that change are those of ``parts``."""
    settings: Settings
    parts: tuple[Mapping[str, Provider], Clock, Shelf, Books]

    @classmethod
    def of(cls, house: House) -> Model:
        """The model of a house as it is now."""
        hub = house.hub
        assert hub.clock is house.clock, "its copies go by the clock of the house"
        assert not hub.observers, "its copies would have none"
        rows = SqliteRows(hub.store) if hub.store.is_sqlite else PostgresRows(hub.store)
        parts = copy.deepcopy((hub.providers, house.clock, house.shelf, house.books))
        return cls(rows, replace(house, hub=None), hub.settings, parts)  # type: ignore[arg-type]

    def copy_into(self, store: Store, vault: Vault) -> House:
        """A house like this one, in another database of the same sort."""
        self.rows.put_into(store)
        providers, clock, shelf, books = copy.deepcopy(self.parts)
        hub = Hub(store, vault, providers, self.settings, clock=clock, sleep=clock.sleep)
        return replace(self.house, hub=hub, clock=clock, shelf=shelf, books=books)


_made: WeakKeyDictionary[Vault, dict[object, Model]] = WeakKeyDictionary()
"""By the vault that sealed their secrets."""


class SqliteRows:
    """Everything in a SQLite database, kept in memory."""

    def __init__(self, store: Store) -> None:
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(str(store.file))) as source:
            source.backup(self._kept)

    def put_into(self, store: Store) -> None:
        """Make a database the same."""
        with closing(sqlite3.connect(str(store.file))) as target:
            target.execute("PRAGMA synchronous=OFF")
            self._kept.backup(target)


class PostgresRows:
    """All rows of a PostgreSQL database, and how far its sequences are."""

    def __init__(self, store: Store) -> None:
        with store.engine.connect() as db:
            self._rows = {name: rows for name in _tables(store) if (rows := _dump(db, name))}
            self._sequences = db.execute(sa.text(_SEQUENCES)).all()

    def put_into(self, store: Store) -> None:
        """Fill the tables of a database, which have no rows."""
        with store.engine.begin() as db:
            # What a row refers to may come after it.
            db.execute(sa.text("SET LOCAL session_replication_role = replica"))
            for name, rows in self._rows.items():
                with _driver(db).cursor() as cursor, cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT binary)') as target:
                    target.write(rows)
            for name, last in self._sequences:
                db.execute(sa.text("SELECT setval(:name, :last)"), {"name": name, "last": last})


def _dump(db: sa.Connection, table: str) -> bytes:
    """The rows of a table; nothing when it has none."""
    if not db.execute(_any_row((table,))).scalar_one():
        return b""
    with _driver(db).cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as rows:
        return b"".join(bytes(part) for part in rows)


def _driver(db: sa.Connection) -> Any:
    return db.connection.driver_connection


_SEQUENCES = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
_TABLES = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    False: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def _tables(store: Store) -> tuple[str, ...]:
    """The tables that a migration leaves empty."""
    with store.read() as db:
        names = db.execute(sa.text(_TABLES[store.is_sqlite])).scalars()
        return tuple(name for name in names if not name.startswith("alembic_version"))


def _has_rows(store: Store, tables: tuple[str, ...]) -> bool:
    with store.read() as db:
        return bool(db.execute(_any_row(tables)).scalar_one())


@cache
def _any_row(tables: tuple[str, ...]) -> sa.Select[tuple[bool]]:
    """Asks whether any of them has one."""
    return sa.select(sa.or_(*(sa.exists(sa.select(1).select_from(sa.table(name))) for name in tables)))


def _environment() -> tuple[tuple[str, str], ...]:
    """What settings are made of."""
    return tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("HUB_")))
