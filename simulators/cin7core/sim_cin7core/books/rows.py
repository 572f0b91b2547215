"""A row of the general ledger: one debit, one credit, bare codes, base currency (documentation, Transactions)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sim_cin7core.records import ZERO
from sim_cin7core.stock.valuation import Amounts
from sim_cin7core.switches import Switches


@dataclass(frozen=True, slots=True)
class Row:
    """One posting. ``task_id`` is that of the invoice, credit note, fulfilment or task that it belongs to."""

    task_id: str
    debit: str
    credit: str
    amount: Decimal
    date: date
    reference: str
    text: str
    type: str

    def turned(self) -> Row:
        """The same said the other way round."""
        return replace(self, debit=self.credit, credit=self.debit, amount=-self.amount)


def presented(rows: Iterable[Row], switches: Switches) -> Iterator[Row]:
    """The rows that Core shows: none without an amount, negative ones as they are or turned round (a switch)."""
    keep = switches.on("negative_amounts")
    for row in rows:
        if row.amount:
            yield row if row.amount > 0 or keep else row.turned()


def by_day(parts: Iterable[tuple[tuple[str, str], Amounts]]) -> dict[tuple[date, str, str], Decimal]:
    """Amounts of several steps added up by day and pair of accounts, the earliest day first."""
    summed: dict[tuple[date, str, str], Decimal] = {}
    for (debit, credit), amounts in parts:
        for day, amount in amounts:
            key = (day, debit, credit)
            summed[key] = summed.get(key, ZERO) + amount
    return dict(sorted(summed.items()))


def negative(amounts: Amounts) -> Amounts:
    """The same amounts with the other sign."""
    return tuple((day, -amount) for day, amount in amounts)
