"""A conversation with one Xero organisation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from hub import Account, Batch, Connection, Door, Operation, Organisation, Outcome, Page, Posting, TargetState, Want
from hub_xero import chart, feeds, permissions
from hub_xero.books import Books
from hub_xero.client import XeroClient
from hub_xero.lookups import Lookup
from hub_xero.push import push


class XeroSession:
    """Check, pull, push, look, and what the books say; no call is made before one of them."""

    def __init__(self, connection: Connection, http: Door) -> None:
        self._client = XeroClient(connection, http)
        self._books = Books(self._client)
        self._connection = connection

    def check(self) -> Organisation:
        """The organisation that the connection's tenant id stands for."""
        return feeds.organisation(self._client)

    def pull(self, want: Want) -> Iterator[Page]:
        """What changed in one of Xero's lists."""
        return feeds.pull(self._client, want)

    def push(self, batch: Batch) -> Iterator[Outcome]:
        """Send the stored bytes."""
        return push(self._client, batch)

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        """What Xero has of these operations' targets: by id where there is one, else by our mark."""
        return Lookup(self._client).look(operations)

    def missing_permissions(self) -> Sequence[str]:
        """What the consent does not cover of what the hub will be asked to do."""
        return permissions.missing(self._connection)

    def balances(self, at: date) -> Mapping[str, Decimal]:
        """The balance of each account at the end of a day, by code."""
        return self._books.balances(at)

    def postings(self, accounts: Collection[str], since: date, until: date) -> Iterator[Posting]:
        """Lines of approved documents on these accounts, dated in the period."""
        return self._books.postings(accounts, since, until)

    def find_account(self, code: str) -> Account | None:
        """The account with this code, archived or not."""
        return chart.find(self._client, code)

    def create_account(self, wanted: Account) -> Account:
        """Add an account to the chart."""
        return chart.create(self._client, wanted)
