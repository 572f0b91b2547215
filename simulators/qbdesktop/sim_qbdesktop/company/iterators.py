"""Iterators: a query read page by page. One lives in the session that started it and dies when it is left idle."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from ..clock import Clock


@dataclass(slots=True)
class _Iterator:
    request: str
    rows: list[Any]
    touched: float


@dataclass(slots=True)
class Iterators:
    """The iterators of one session. Idle longer than `seconds` they are gone (Conductor's pagination page: ten)."""

    clock: Clock
    seconds: float
    _open: dict[str, _Iterator] = field(default_factory=dict)

    def start(self, request: str, rows: list[Any]) -> str:
        """A new iterator over rows; its id."""
        iterator_id = "{" + str(uuid.uuid4()) + "}"
        self._open[iterator_id] = _Iterator(request, rows, self.clock.seconds())
        return iterator_id

    def take(self, iterator_id: str, request: str, most: int) -> tuple[list[Any], int] | None:
        """The next page and how many rows are left; None when there is no such iterator for this request (any more)."""
        found = self._open.get(iterator_id)
        if found is None or found.request != request or self.clock.seconds() - found.touched > self.seconds:
            self._open.pop(iterator_id, None)
            return None
        page, found.rows = found.rows[:most], found.rows[most:]
        found.touched = self.clock.seconds()
        if not found.rows:
            del self._open[iterator_id]
        return page, len(found.rows)

    def stop(self, iterator_id: str) -> None:
        self._open.pop(iterator_id, None)
