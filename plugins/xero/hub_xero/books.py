"""What Xero's books say, for a comparison with the stock system's: balances, and the documents behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import ceil

from hub import Kind, Organisation, Posting, Reading
from hub_xero import addresses, native, trial_balance
from hub_xero.client import PAGE_SIZE, XeroClient
from hub_xero.dates import dated
from hub_xero.postings import SOURCES, postings


class Books:
    """One organisation's books. The chart and the organisation are read once, when they are needed."""

    def __init__(self, client: XeroClient) -> None:
        self._client = client

    def balances(self, at: date) -> Mapping[str, Decimal]:
        """The balance of each account that has a code at the end of a day, from Xero's trial balance."""
        listed = self._client.list("Reports/TrialBalance", {"date": at.isoformat()})
        return trial_balance.balances(listed.natives, self._codes)

    def postings(self, accounts: Collection[str], since: date, until: date) -> Iterator[Posting]:
        """Lines on these accounts of approved invoices, bills and credits, posted manual journals and spent or received
        money, dated in the period.
        """
        for source in SOURCES:
            params = {"where": dated(since, until)}
            if source.ordered:
                params["order"] = f"{source.id_name} ASC"
            for entry in self._client.every(source.path, params, source.id_name):
                yield from postings(entry, source, accounts, self._address)

    def _address(self, kind: Kind, id: str) -> str:
        return addresses.address_of(kind, id, self._organisation.short_code)

    @cached_property
    def _codes(self) -> Mapping[str, str]:
        accounts = self._client.list("Accounts").natives
        return {str(account["AccountID"]).casefold(): account.get("Code") or "" for account in accounts}

    @cached_property
    def _organisation(self) -> Organisation:
        return native.organisation(self._client.list("Organisation").only(), self._client.tenant_id)


_LISTS: tuple[frozenset[Kind], ...] = tuple(frozenset(kind for kind, _ in source.kinds.values()) for source in SOURCES)


def reading_cost(counts: Mapping[Kind, int]) -> Reading:
    """The trial balance before the first day and of the last, the chart, the organisation, and each page of each list.

    It is an estimate: people's own documents are not counted, and bank transactions are taken for as many as payments.
    """
    pages = [max(1, ceil(sum(counts.get(kind, 0) for kind in kinds) / PAGE_SIZE)) for kinds in _LISTS]
    why = f"two trial balances, the chart and the organisation, and {sum(pages)} pages of up to {PAGE_SIZE:,} documents"
    return Reading(4 + sum(pages), why)
