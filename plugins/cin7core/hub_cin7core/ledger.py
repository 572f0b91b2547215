"""Reading Core's general ledger and what its stock is worth.

Neither list has ids or stamps, and both grow while they are paged. They are read whole, and once more when their count
moved meanwhile, so that nothing is lost or told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hub import Entry, ProviderError, StockValue, UnreachableError
from hub_cin7core.client import Client
from hub_cin7core.fields import Native, ReadError
from hub_cin7core.native_books import Books
from hub_cin7core.native_ledger import read_entries, read_values

_TRIES = 3
_DAY = timedelta(days=1)


def stock_value(client: Client) -> StockValue:
    """What the stock is worth now, by Core's own valuation of what is on hand."""
    rows = _whole(client, "ref/productavailability", "ProductAvailabilityList", {})
    try:
        items = read_values(rows)
    except ReadError as error:
        raise ProviderError(f"Cin7 Core's list of what is available could not be read: {error}") from error
    return StockValue(datetime.now(UTC), sum(items.values(), Decimal(0)), items)


def entries(client: Client, books: Callable[[], Books], since: date, until: date) -> Iterator[Entry]:
    """Both sides of every row of the general ledger that is dated in the period, whenever it was entered.

    Core takes dates and does not say whether it means to include them, so it is asked for a day more on both sides.
    """
    params = {"FromDate": _midnight(since - _DAY), "ToDate": _midnight(until + _DAY)}
    known = books()
    for row in _whole(client, "transactions", "Transactions", params):
        try:
            sides = tuple(read_entries(row, known))
        except ReadError as error:
            raise ProviderError(f"Cin7 Core's general ledger could not be read: {error}") from error
        yield from (side for side in sides if since <= side.date <= until)


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000"


def _whole(client: Client, path: str, key: str, params: Mapping[str, str]) -> list[Native]:
    """All rows of a list as it stood at one time, as far as its count can tell."""
    for _ in range(_TRIES):
        pages = list(client.pages(path, key, params))
        rows = [row for page in pages for row in page.rows]
        if len(pages) == 1 or {page.total for page in pages} in ({None}, {len(rows)}):
            return rows
    raise UnreachableError(
        f"Cin7 Core's list {path} changed each time it was read. Try again when fewer people work in Cin7 Core."
    )
