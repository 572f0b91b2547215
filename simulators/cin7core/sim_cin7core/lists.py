"""List calls: paging, filters by stamp and text, and the envelope {Total, Page, <List>}."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sim_cin7core import stamps
from sim_cin7core.exchange import Answer, Call, RefusedError
from sim_cin7core.lines_view import encoded
from sim_cin7core.records import JsonObject
from sim_cin7core.store import Collection, Record
from sim_cin7core.switches import Switches

T = TypeVar("T")
R = TypeVar("R", bound=Record)
DEFAULT_LIMIT, LARGEST_LIMIT = 100, 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    number: int
    limit: int

    @classmethod
    def of(cls, call: Call, switches: Switches) -> Page:
        """Page from 1, Limit 1 to 1000 with 100 as default (documentation, Introduction)."""
        number, limit = _whole(call, "page", 1), _whole(call, "limit", DEFAULT_LIMIT)
        if switches["limit_out_of_range"] == "clamp":
            return cls(max(number, 1), min(max(limit, 1), LARGEST_LIMIT))
        if number < 1:
            raise RefusedError(400, "Page must be 1 or more")
        if not 1 <= limit <= LARGEST_LIMIT:
            raise RefusedError(400, f"Limit must be between 1 and {LARGEST_LIMIT}")
        return cls(number, limit)

    def of_rows(self, rows: Sequence[T]) -> Sequence[T]:
        """The rows of this page."""
        return rows[(self.number - 1) * self.limit : self.number * self.limit]


def _whole(call: Call, name: str, default: int) -> int:
    text = call.text(name)
    if text is None:
        return default
    if not text.lstrip("-").isdigit():
        raise RefusedError(400, f"{name.capitalize()} is not a number")
    return int(text)


def moment(call: Call, name: str) -> int | None:
    """A date parameter in ticks; 400 when it is not ISO 8601."""
    text = call.text(name)
    if text is None:
        return None
    ticks = stamps.parsed(text)
    if ticks is None:
        raise RefusedError(400, f"{name} is not a valid ISO 8601 date")
    return ticks


def envelope(page: Page, total: int | None, key: str, rows: Iterable[bytes]) -> Answer:
    """The list answer from finished rows; two reference lists leave Total out."""
    head = b"" if total is None else b'"Total":%d,' % total
    return Answer(200, b'{%s"Page":%d,"%s":[%s]}' % (head, page.number, key.encode(), b",".join(rows)))


def reference(call: Call, switches: Switches, key: str, rows: Sequence[JsonObject]) -> Answer:
    """A list of ready rows, paged."""
    page = Page.of(call, switches)
    return envelope(page, len(rows), key, map(encoded, page.of_rows(rows)))


def selected(collection: Collection[R], switches: Switches, since: int | None, until: int | None) -> Sequence[R]:
    """The records of a window of change stamps in the order that the switch asks for."""
    order = switches["list_order"]
    if since is None and until is None and order == "created":
        return collection.in_order()
    changed = collection.changed(since, until, switches["updated_since"] == "at_or_after")
    if order == "updated":
        return changed
    if order == "updated_desc":
        return changed[::-1]
    wanted = {id(record) for record in changed}
    return [record for record in collection.in_order() if id(record) in wanted]


class Selections:
    """The record lists of recent list calls, so that turning pages does not filter everything again."""

    _KEPT = 16

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], tuple[int, Sequence[object]]] = {}

    def get(self, key: tuple[object, ...], version: int, select: Callable[[], Sequence[T]]) -> Sequence[T]:
        """The selection named ``key``, made again when the collection has changed since."""
        known = self._found.get(key)
        if known is None or known[0] != version:
            while len(self._found) >= self._KEPT:
                del self._found[next(iter(self._found))]
            known = self._found[key] = (version, select())
        return known[1]  # type: ignore[return-value]
