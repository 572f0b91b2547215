"""Reading both sides: the stock system's value and general ledger, the ledger's balances and documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hub.causes import Accounts, Measure, Worth
from hub.documents import Kind
from hub.engine.reconciling.control import CONTROLS
from hub.engine.reconciling.costs import FIRST_DAY, LATER, needs_another, read_from
from hub.engine.reconciling.periods import Period
from hub.engine.reconciling.work import Work, opened
from hub.entries import Entry, KeepsBooks, KeepsStock, Posting, TellsUnmatchedGoods, UnmatchedGoods
from hub.errors import SettingsError
from hub.models import Integration

if TYPE_CHECKING:
    from hub.engine.hub import Hub


Balances = Mapping[str, Decimal]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Read:
    """What both sides said, added up by document, account and day: that is all that is compared."""

    entries: tuple[Entry, ...]
    postings: tuple[Posting, ...]
    worth: Worth
    valued_at: datetime
    reported: Mapping[Measure, Decimal]
    """By how much the ledger says that receivables and payables moved within the period, debits positive."""


@dataclass(frozen=True)
class Reader:
    """Reads both sides of one integration for one period, telling how far it is."""

    hub: Hub
    work: Work
    integration: Integration
    period: Period
    accounts: dict[Measure, Accounts]

    def read(self) -> Read:
        """Ask the stock system, then the ledger. Raises ``SettingsError`` where a side can't be asked for this."""
        valuation, valued_at, entries, unmatched = self._stock()
        since = read_from(self.integration, self.period)
        opening, before, closing, postings = self._ledger(since)
        worth = Worth(valuation, since, opening, closing, unmatched)
        reported = {
            measure: sum((closing.get(code, ZERO) - before.get(code, ZERO) for code in each.ledger), ZERO)
            for measure, each in self.accounts.items()
            if measure in CONTROLS
        }
        return Read(entries, postings, worth, valued_at, reported)

    @property
    def _until(self) -> date:
        return max(self.hub.clock().date(), self.period.end) + LATER

    def _stock(self) -> tuple[Decimal, datetime, tuple[Entry, ...], tuple[UnmatchedGoods, ...]]:
        row = self.hub.connection(self.integration.stock_id)
        wanted = self._all("stock")
        with opened(self.hub, row, self.work, "stock") as session:
            if not isinstance(session, KeepsStock):
                raise SettingsError(f"{row.name} does not tell what its stock is worth, so it can't be reconciled.")
            self.work.tell(phase="stock value")
            value = session.stock_value()
            found: dict[tuple[str, str, date, bool], Entry] = {}
            listed = session.entries(FIRST_DAY, self._until)
            for entry in self.work.counted(listed, lambda count: self._tell("entries", count)):
                if entry.account in wanted:
                    _add(found, entry)
            unmatched = tuple(session.unmatched_goods()) if isinstance(session, TellsUnmatchedGoods) else ()
        return value.total, value.at, tuple(found.values()), unmatched

    def _ledger(self, since: date) -> tuple[Balances, Balances, Balances, tuple[Posting, ...]]:
        """The balances before what is read, before the period, and at its end; and all that was posted."""
        row = self.hub.connection(self.integration.ledger_id)
        with opened(self.hub, row, self.work, "ledger") as session:
            if not isinstance(session, KeepsBooks):
                raise SettingsError(f"{row.name} does not tell its balances, so it can't be reconciled.")
            self.work.tell(phase="balances")
            opening = session.balances(since - timedelta(days=1))
            before = opening
            if needs_another(self.accounts, since, self.period):
                before = session.balances(self.period.start - timedelta(days=1))
            closing = session.balances(self.period.end)
            listed = session.postings(self._all("ledger"), since, self._until)
            found: dict[tuple[Kind, str, str, date], Posting] = {}
            for posting in self.work.counted(listed, lambda count: self._tell("documents of the ledger", count)):
                key = posting.kind, posting.target_id, posting.account, posting.date
                before_it = found.get(key)
                found[key] = replace(before_it, amount=before_it.amount + posting.amount) if before_it else posting
        return opening, before, closing, tuple(found.values())

    def _all(self, side: str) -> Collection[str]:
        return {code for each in self.accounts.values() for code in getattr(each, side)}

    def _tell(self, what: str, count: int) -> None:
        self.work.tell(phase=what, progress={what: count})


def _add(found: dict[tuple[str, str, date, bool], Entry], entry: Entry) -> None:
    """Keep the sum of what one document did to one account on one day: that is all that is compared."""
    key = entry.document_id, entry.account, entry.date, entry.moves_goods
    before = found.get(key)
    amount = entry.amount + before.amount if before is not None else entry.amount
    found[key] = replace(entry, amount=amount)
