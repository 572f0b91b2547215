"""Reading Core's general ledger and what its stock is worth.

Neither list has ids or stamps, and both grow while they are paged. They are read whole before anything of them is told,
and once more when their count moved meanwhile, so that nothing is lost or told twice. A page at a time is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hub import Entry, ProviderError, Spool, StockValue, UnreachableError
from hub_cin7core.client import Client, ListPage
from hub_cin7core.fields import ReadError
from hub_cin7core.native_books import Books
from hub_cin7core.native_ledger import add_values, read_entries

_TRIES = 3
_DAY = timedelta(days=1)


def stock_value(client: Client) -> StockValue:
    """What the stock is worth now, by Core's own valuation of what is on hand."""
    items: dict[str, Decimal] = {}
    for try_ in _tries(client, "ref/productavailability", "ProductAvailabilityList", {}):
        items.clear()
        try:
            for page in try_:
                add_values(items, page.rows)
        except ReadError as error:
            raise ProviderError(f"Cin7 Core's list of what is available could not be read: {error}") from error
    worth = {code: value for code, value in sorted(items.items()) if value}
    return StockValue(datetime.now(UTC), sum(worth.values(), Decimal(0)), worth)


def entries(client: Client, books: Callable[[], Books], since: date, until: date) -> Iterator[Entry]:
    """Both sides of every row of the general ledger that is dated in the period, whenever it was entered.

    Core takes dates and does not say whether it means to include them, so it is asked for a day more on both sides.
    """
    params = {"FromDate": _midnight(since - _DAY), "ToDate": _midnight(until + _DAY)}
    known = books()
    with Spool[Entry]() as read:
        for try_ in _tries(client, "transactions", "Transactions", params):
            read.clear()
            for page in try_:
                for entry in _of_page(page, known):
                    if since <= entry.date <= until:
                        read.add(entry)
        yield from read


def _of_page(page: ListPage, books: Books) -> Iterator[Entry]:
    try:
        for row in page.rows:
            yield from read_entries(row, books)
    except ReadError as error:
        raise ProviderError(f"Cin7 Core's general ledger could not be read: {error}") from error


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000"


def _tries(client: Client, path: str, key: str, params: Mapping[str, str]) -> Iterator[Iterator[ListPage]]:
    """The pages of a list, again and again until they show it as it stood at one time, as far as its count can tell.

    Each try is to be read to its end; the last one is the one that holds.
    """
    for _ in range(_TRIES):
        counted = _Counted(client.pages(path, key, params))
        yield iter(counted)
        if counted.stood_still:
            return
    raise UnreachableError(
        f"Cin7 Core's list {path} changed each time it was read. Try again when fewer people work in Cin7 Core."
    )


class _Counted:
    """Pages as they pass by, and whether their list changed meanwhile."""

    def __init__(self, pages: Iterator[ListPage]) -> None:
        self._pages = pages
        self._seen = self._rows = 0
        self._totals: set[int | None] = set()

    def __iter__(self) -> Iterator[ListPage]:
        for page in self._pages:
            self._seen += 1
            self._rows += len(page.rows)
            self._totals.add(page.total)
            yield page

    @property
    def stood_still(self) -> bool:
        return self._seen == 1 or self._totals in ({None}, {self._rows})
