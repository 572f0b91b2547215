"""The state in an SQLite file: one row per record, committed before the answer to the change leaves."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from sim_cin7core.archive import plain, restored
from sim_cin7core.records import Card, Task
from sim_cin7core.stock_records import Journal, StockTask
from sim_cin7core.store import Entity, Record, Store

_SCHEMA = """
create table if not exists record (
    position integer primary key, collection text not null, id text not null, json text not null,
    unique (collection, id))
"""
_KINDS: dict[str, type[Entity]] = {
    "sales": Task,
    "purchases": Task,
    "stock_tasks": StockTask,
    "journals": Journal,
}
_UPSERT = """
insert into record (collection, id, json) values (?, ?, ?)
on conflict (collection, id) do update set json = excluded.json
"""


class StateFile:
    """An open state file. All access happens under the store's lock."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.execute(_SCHEMA)
        self._connection.commit()

    @property
    def empty(self) -> bool:
        """Whether nothing was ever kept in it."""
        return self._connection.execute("select 1 from record limit 1").fetchone() is None

    def load_into(self, store: Store) -> None:
        """Put every kept record into the store, in the order in which they first came."""
        for name, text in self._connection.execute("select collection, json from record order by position"):
            content = json.loads(text)
            store.add(restored(_KINDS.get(name, Card), content))

    def save_all(self, store: Store) -> None:
        """Keep everything in one transaction."""
        rows = (
            (collection.name, record.id, json.dumps(plain(record)))
            for collection in store.collections()
            for record in collection
        )
        with self._connection:
            self._connection.executemany(_UPSERT, rows)

    def save(self, name: str, record: Record) -> None:
        """Keep one record, on disk when this returns."""
        with self._connection:
            self._connection.execute(_UPSERT, (name, record.id, json.dumps(plain(record))))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
