"""The state file: one SQLite table, one row per object, written before the answer to a write leaves."""

from __future__ import annotations

import sqlite3
from typing import Any

from .codec import decode, encode
from .tables import Table


class Store:
    """Rows `(tenant, kind, key, body)`; `tenant` is empty for what belongs to the identity service."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS objects (tenant TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,"
            " body TEXT NOT NULL, PRIMARY KEY (tenant, kind, key)) WITHOUT ROWID"
        )

    def write(self, tenant: str, changes: dict[tuple[str, str], Any]) -> None:
        """Commit net changes of one request in one transaction."""
        puts = [(tenant, kind, key, encode(record)) for (kind, key), record in changes.items() if record is not None]
        gone = [(tenant, kind, key) for (kind, key), record in changes.items() if record is None]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", puts)
        self._connection.executemany("DELETE FROM objects WHERE tenant = ? AND kind = ? AND key = ?", gone)
        self._connection.execute("COMMIT")

    def tenants(self) -> list[str]:
        """Tenant ids with an organisation in the file."""
        rows = self._connection.execute("SELECT tenant FROM objects WHERE kind = 'organisation' ORDER BY tenant")
        return [tenant for (tenant,) in rows]

    def load(self, tenant: str, table: Table[Any]) -> None:
        """Fill one table from the file."""
        rows = self._connection.execute(
            "SELECT body FROM objects WHERE tenant = ? AND kind = ? ORDER BY key", (tenant, table.name)
        )
        for (body,) in rows:
            table.load(decode(table.record_type, body))

    def is_empty(self) -> bool:
        return self._connection.execute("SELECT 1 FROM objects LIMIT 1").fetchone() is None

    def erase(self) -> None:
        self._connection.execute("DELETE FROM objects")

    def close(self) -> None:
        self._connection.close()
