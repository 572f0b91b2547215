"""Reading both sides: the stock system's value and general ledger, the ledger's balances and documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hub.causes import Accounts, Facts, Measure, Worth
from hub.engine.reconciling.costs import CONTROLS, FIRST_DAY, LATER, needs_another, read_from
from hub.engine.reconciling.periods import Period
from hub.engine.reconciling.work import Work, opened
from hub.entries import KeepsBooks, KeepsStock, StockValue, TellsUnmatchedGoods, UnmatchedGoods
from hub.errors import SettingsError
from hub.models import Integration

if TYPE_CHECKING:
    from hub.engine.hub import Hub


Balances = Mapping[str, Decimal]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Read:
    """What both sides said beside their entries and postings, which are gathered as they come."""

    worth: Worth
    valued_at: datetime
    reported: Mapping[Measure, Decimal]
    """By how much the ledger says that receivables and payables moved within the period, debits positive."""


@dataclass(frozen=True)
class Reader:
    """Reads both sides of one integration for one period into ``facts``, telling how far it is."""

    hub: Hub
    work: Work
    integration: Integration
    period: Period
    accounts: dict[Measure, Accounts]
    facts: Facts

    def read(self) -> Read:
        """Ask the stock system, then the ledger. Raises ``SettingsError`` where a side can't be asked for this."""
        value, unmatched = self._stock()
        since = read_from(self.integration, self.period)
        opening, before, closing = self._ledger(since)
        worth = Worth(value.total, since, opening, closing, unmatched)
        reported = {
            measure: sum((closing.get(code, ZERO) - before.get(code, ZERO) for code in each.ledger), ZERO)
            for measure, each in self.accounts.items()
            if measure in CONTROLS
        }
        return Read(worth, value.at, reported)

    @property
    def _until(self) -> date:
        return max(self.hub.clock().date(), self.period.end) + LATER

    def _stock(self) -> tuple[StockValue, tuple[UnmatchedGoods, ...]]:
        row = self.hub.connection(self.integration.stock_id)
        wanted = self._all("stock")
        with opened(self.hub, row, self.work, "stock") as session:
            if not isinstance(session, KeepsStock):
                raise SettingsError(f"{row.name} does not tell what its stock is worth, so it can't be reconciled.")
            self.work.tell(phase="stock value")
            value = session.stock_value()
            listed = session.entries(FIRST_DAY, self._until)
            told = self.work.counted(listed, lambda count: self._tell("entries", count))
            self.facts.add_entries(entry for entry in told if entry.account in wanted)
            unmatched = tuple(session.unmatched_goods()) if isinstance(session, TellsUnmatchedGoods) else ()
        return value, unmatched

    def _ledger(self, since: date) -> tuple[Balances, Balances, Balances]:
        """The balances before what is read, before the period, and at its end."""
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
            self.facts.add_postings(
                self.work.counted(listed, lambda count: self._tell("documents of the ledger", count))
            )
        return opening, before, closing

    def _all(self, side: str) -> Collection[str]:
        return {code for each in self.accounts.values() for code in getattr(each, side)}

    def _tell(self, what: str, count: int) -> None:
        self.work.tell(phase=what, progress={what: count})
