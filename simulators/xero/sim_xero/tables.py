"""Indexed tables with an undo journal: one request's changes are kept together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

R = TypeVar("R")


class Journal:
    """Changes since the last commit, in order, each with what stood there before."""

    def __init__(self) -> None:
        self.entries: list[tuple[Table[Any], str, Any]] = []

    def mark(self) -> int:
        return len(self.entries)

    def rollback(self, mark: int = 0) -> None:
        while len(self.entries) > mark:
            table, key, before = self.entries.pop()
            table.restore(key, before)

    def take(self) -> dict[tuple[str, str], Any]:
        """The net changes: (table name, key) -> the record now, or None when it is gone."""
        changes = {(table.name, key): table.get(key) for table, key, _ in self.entries}
        self.entries.clear()
        return changes


class Table(Generic[R]):
    """Records by key, kept in the order of their last change, with equality indexes."""

    def __init__(
        self,
        name: str,
        record_type: type[R],
        key: Callable[[R], str],
        journal: Journal,
        /,
        **indexes: Callable[[R], str | None],
    ) -> None:
        self.name = name
        self.record_type = record_type
        self._key = key
        self._journal = journal
        self._rows: dict[str, R] = {}
        self._indexes: list[tuple[dict[str, dict[str, None]], Callable[[R], str | None]]] = []
        self._by_name: dict[str, dict[str, dict[str, None]]] = {}
        for index_name, of in indexes.items():
            self._by_name[index_name] = {}
            self._indexes.append((self._by_name[index_name], of))

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows.values())

    def get(self, key: str) -> R | None:
        return self._rows.get(key)

    def __getitem__(self, key: str) -> R:
        return self._rows[key]

    def find(self, index: str, value: str) -> list[R]:
        """All records whose indexed value equals `value`, oldest entry first."""
        return [self._rows[key] for key in self._by_name[index].get(value, ())]

    def has_index(self, index: str) -> bool:
        return index in self._by_name

    def put(self, record: R) -> R:
        key = self._key(record)
        self._journal.entries.append((self, key, self._rows.get(key)))
        self._set(key, record)
        return record

    def remove(self, key: str) -> None:
        self._journal.entries.append((self, key, self._rows[key]))
        self._unset(key)

    def load(self, record: R) -> None:
        """Put without a journal entry: reading the state file."""
        self._set(self._key(record), record)

    def clear(self) -> None:
        self._rows.clear()
        for index in self._by_name.values():
            index.clear()

    def restore(self, key: str, before: R | None) -> None:
        if before is None:
            self._unset(key)
        else:
            self._set(key, before)

    def _set(self, key: str, record: R) -> None:
        self._unset(key)
        self._rows[key] = record
        for index, of in self._indexes:
            value = of(record)
            if value is not None:
                index.setdefault(value, {})[key] = None

    def _unset(self, key: str) -> None:
        old = self._rows.pop(key, None)
        if old is None:
            return
        for index, of in self._indexes:
            value = of(old)
            if value is not None:
                keys = index[value]
                del keys[key]
                if not keys:
                    del index[value]
