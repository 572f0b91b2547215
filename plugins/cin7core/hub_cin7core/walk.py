"""Walking a list so that nothing is missed while people go on working.

Core pages by number over rows whose order is not documented and changes as records change. A record touched
between two pages moves, and others slide over a page border, unseen or seen twice. So rows are counted by id:
as long as fewer were seen than Core counts, the list is walked once more, and if that does not help the
cursor stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from hub_cin7core.client import ListPage
from hub_cin7core.cursor import stamp
from hub_cin7core.fields import Native, ReadError, text

_ROUNDS = 2


@dataclass(frozen=True)
class Row:
    """One row of a list. ``part`` tells rows of one record apart; ``fault`` says why the stamp is unreadable."""

    id: str
    stamp: str
    native: Native
    part: str = ""
    fault: str = ""


def read_row(native: Native, id: str, stamp_key: str, part: str = "") -> Row:
    """A row with its id and canonical stamp; ``stamp_key`` is empty for lists without stamps."""
    try:
        return Row(id, stamp(text(native, stamp_key)) if stamp_key else "", native, part)
    except ReadError as error:
        return Row(id, "", native, part, fault=str(error))


class Walk:
    """One walk over a list: iterate it once, then ask ``complete`` and ``newest``.

    Starts at ``start``, where a broken pull had come to, and wraps around to the pages before, whose rows
    cost nothing by then. Gives each row once per stamp, page by page.
    """

    def __init__(self, pages: Callable[[int], Iterator[ListPage]], start: int, read: Callable[[Native], Row]) -> None:
        self._pages = pages
        self._start = start
        self._read = read
        self._given: dict[str, str] = {}
        self._counted: set[tuple[str, str]] = set()
        self.newest = ""
        self.complete = False

    @property
    def ids(self) -> Collection[str]:
        """The ids of the rows given so far."""
        return self._given.keys()

    def __iter__(self) -> Iterator[tuple[ListPage, list[Row]]]:
        start = self._start
        for _ in range(_ROUNDS):
            count, total = 0, None
            for page in self._round(start):
                count += 1
                total = page.total
                yield page, self._fresh(page)
            self.complete = total is None or len(self._counted) >= total or count <= 1
            if self.complete:
                return
            start = 1

    def _round(self, start: int) -> Iterator[ListPage]:
        yield from self._pages(start)
        yield from islice(self._pages(1), start - 1)

    def _fresh(self, page: ListPage) -> list[Row]:
        rows = []
        for row in map(self._read, page.rows):
            if self._given.get(row.id) != row.stamp or not row.id:
                rows.append(row)
            self._given[row.id] = row.stamp
            self._counted.add((row.id, row.part))
            self.newest = max(self.newest, row.stamp)
        return rows
