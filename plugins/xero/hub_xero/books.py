"""What Xero's books say, for a comparison with the stock system's: balances, and the documents behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from math import ceil

from hub import Kind, Organisation, Posting, Reading
from hub_xero import addresses, control, feeds, trial_balance
from hub_xero.client import PAGE_SIZE, XeroClient
from hub_xero.control import Controls
from hub_xero.dates import before, dated
from hub_xero.exact import Json
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
        money, dated in the period; and what documents and the money on them did to receivables and payables.
        """
        codes = {system: code for system, code in self._controls.items() if code in accounts}
        controls = Controls(codes, self._address)
        for source in SOURCES:
            owed = control.BY_PATH.get(source.path) if codes else None
            params = {"where": dated(since, until)}
            if source.ordered:
                params["order"] = f"{source.id_name} ASC"
            for entry in self._client.every(source.path, params, source.id_name):
                yield from postings(entry, source, accounts, self._address)
                if owed is not None:
                    yield from controls.postings(entry, owed, since=since, until=until)
        if codes:
            yield from self._of_others(controls, since, until)

    def _of_others(self, controls: Controls, since: date, until: date) -> Iterator[Posting]:
        """Overpayments, and money of the period on older documents: a payment is a change of its document."""
        for entry in self._client.every("Overpayments", {}, "OverpaymentID"):  # there are few, whatever their date
            yield from controls.postings(entry, control.OVERPAYMENTS, since=since, until=until)
        midnight = datetime.combine(since, time(), UTC) - _TIME_ZONES
        for ledgers in (control.INVOICES, control.CREDITS):
            older = {"where": before(since), "order": f"{ledgers.id_name} ASC"}
            for entry in self._client.every(ledgers.path, older, ledgers.id_name, midnight):
                yield from controls.postings(entry, ledgers, since=since, until=until)

    def _address(self, kind: Kind, id: str) -> str:
        return addresses.address_of(kind, id, self._organisation.short_code)

    @cached_property
    def _chart(self) -> Sequence[Json]:
        return self._client.list("Accounts").natives

    @property
    def _codes(self) -> Mapping[str, str]:
        return {str(account["AccountID"]).casefold(): account.get("Code") or "" for account in self._chart}

    @property
    def _controls(self) -> Mapping[str, str]:
        """The codes of receivables and payables, by Xero's name of them."""
        named = {str(account.get("SystemAccount") or ""): account.get("Code") or "" for account in self._chart}
        return {name: named[name] for name in (control.DEBTORS, control.CREDITORS) if named.get(name)}

    @cached_property
    def _organisation(self) -> Organisation:
        return feeds.organisation(self._client)


_TIME_ZONES = timedelta(hours=14)
"""How far ahead of UTC the day begins where it begins first."""
_LISTS: tuple[frozenset[Kind], ...] = tuple(
    frozenset(kind for kind, _ in source.kinds.values() if kind is not Kind.PAYMENT) for source in SOURCES
)


_OTHERS = 3
"""Overpayments, and older invoices and credits that changed since: there are few, and each list comes with one call."""


def reading_cost(counts: Mapping[Kind, int]) -> Reading:
    """The trial balance before the first day and of the last, the chart, the organisation, and each page of each list.

    It is an estimate: people's own documents are not counted, and what they spend and receive in the bank is taken for
    one page. Payments come with the documents that they are on.
    """
    pages = [max(1, ceil(sum(counts.get(kind, 0) for kind in kinds) / PAGE_SIZE)) for kinds in _LISTS]
    listed = sum(pages) + _OTHERS
    why = f"two trial balances, the chart and the organisation, and {listed} pages of up to {PAGE_SIZE:,} documents"
    return Reading(4 + listed, why)
