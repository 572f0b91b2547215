"""What a session knows of the company as a whole: its base currency and which accounts are for what.

The feeds of the organisation, the chart and the tax rules pass by at the beginning of a sync, and what they bring is
remembered; only where they were not read does it cost a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from threading import Lock

from hub import Account, Organisation, ProviderError
from hub_cin7core.client import Client
from hub_cin7core.fields import Native, ReadError, day, text
from hub_cin7core.native_books import Books, read_books
from hub_cin7core.native_lists import read_account

ACCOUNTS = ("ref/account", "AccountsList")
TAX_RULES = ("ref/tax", "TaxRuleList")


class Reference:
    """Asked from several threads at once; each list is read at most once."""

    def __init__(self, client: Client, account_id: str) -> None:
        self._client = client
        self._account_id = account_id
        self._organisation: Organisation | None = None
        self._rows: dict[str, Sequence[Native]] = {}
        self._books: Books | None = None
        self._lock = Lock()

    def organisation(self) -> Organisation:
        """Ask ``/me`` whose account it is; its id is the Account ID, for ``/me`` names none."""
        me = self._client.get("me")
        try:
            found = Organisation(
                id=self._account_id,
                name=text(me, "Company"),
                base_currency=text(me, "Currency").upper(),
                time_zone=text(me, "TimeZone") or "UTC",
                lock_date=day(me, "LockDate"),
            )
        except (AttributeError, ReadError) as error:
            raise ProviderError(f"Cin7 Core's answer about the company could not be read: {error}") from error
        self._organisation = found
        return found

    def currency(self) -> str:
        """The base currency."""
        with self._lock:
            return (self._organisation or self.organisation()).base_currency

    def passed(self, path: str, rows: Sequence[Native]) -> None:
        """Remember a list that was read whole."""
        with self._lock:
            self._rows[path] = rows
            self._books = None

    def books(self) -> Books:
        """Which accounts are for what."""
        with self._lock:
            if self._books is None:
                self._books = read_books(_readable(self._list(*ACCOUNTS)), self._list(*TAX_RULES))
            return self._books

    def _list(self, path: str, key: str) -> Sequence[Native]:
        if path not in self._rows:
            self._rows[path] = [row for page in self._client.pages(path, key, {}) for row in page.rows]
        return self._rows[path]


def _readable(rows: Iterable[Native]) -> Iterator[Account]:
    """The accounts; a row that can't be read is told of by the feed of accounts."""
    for row in rows:
        try:
            yield read_account(row, "")
        except ValueError:
            continue
