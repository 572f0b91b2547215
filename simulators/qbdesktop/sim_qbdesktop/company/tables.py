"""Tables of records that remember what changed, and the file they are kept in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from .codec import decode, encode

R = TypeVar("R")


class Table(Generic[R]):
    """Records by key, in the order they came. A record changed in place must be `put` again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.changed: set[str] = set()
        self._rows: dict[str, R] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rows.values()))

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def get(self, key: str) -> R | None:
        return self._rows.get(key)

    def __getitem__(self, key: str) -> R:
        return self._rows[key]

    def put(self, key: str, record: R) -> R:
        self._rows[key] = record
        self.changed.add(key)
        return record

    def remove(self, key: str) -> None:
        del self._rows[key]
        self.changed.add(key)


class Store:
    """The state file: one SQLite table, one row for each record of each company file."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS records (file TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,"
            " place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (file, name, key))"
        )
        (self._place,) = self._connection.execute("SELECT coalesce(max(place), 0) FROM records").fetchone()

    def files(self) -> list[str]:
        """The company files that are in it."""
        return [path for (path,) in self._connection.execute("SELECT DISTINCT file FROM records ORDER BY file")]

    def save(self, file: str, tables: list[Table[Any]]) -> None:
        """Write what changed since the last time, all of it or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        for table in tables:
            for key in table.changed:
                self._save_one(file, table, key)
        self._connection.execute("COMMIT")
        for table in tables:
            table.changed.clear()

    def _save_one(self, file: str, table: Table[Any], key: str) -> None:
        where = (file, table.name, key)
        if key not in table:
            self._connection.execute("DELETE FROM records WHERE file = ? AND name = ? AND key = ?", where)
            return
        self._place += 1
        self._connection.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (file, name, key) DO UPDATE SET body = excluded.body",
            (*where, self._place, encode(table[key])),
        )

    def load(self, file: str, table: Table[Any]) -> None:
        rows = self._connection.execute(
            "SELECT key, body FROM records WHERE file = ? AND name = ? ORDER BY place", (file, table.name)
        )
        for key, body in rows:
            table.put(key, decode(body))
        table.changed.clear()

    def erase(self) -> None:
        self._connection.execute("DELETE FROM records")

    def close(self) -> None:
        self._connection.close()
