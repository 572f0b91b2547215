"""The books of the account: stock ledger and general ledger, worked out when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sim_cin7core.books.purchase_rows import journal_lines, purchase_rows
from sim_cin7core.books.rows import Row, presented
from sim_cin7core.books.sale_rows import sale_rows
from sim_cin7core.books.work_rows import journal_rows, work_rows
from sim_cin7core.records import SALE, ZERO, Card, JournalLine, Task
from sim_cin7core.stock.buying import purchase_steps
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.steps import Step
from sim_cin7core.stock.trade import sale_steps
from sim_cin7core.stock.valuation import Amounts, Holding, Valuation
from sim_cin7core.stock.works import work_steps
from sim_cin7core.stock_records import Journal, StockTask
from sim_cin7core.store import Entity, Store
from sim_cin7core.switches import Switches


class Books:
    """What is asked of the ledgers; every question first takes in what changed since the last one.

    ``moved`` collects the records whose amounts changed because of another record. Use under the store's lock.
    """

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches
        self.catalogue = Catalogue(store.products)
        self.moved: set[str] = set()
        store.watch(self._note)
        self.forget()

    def forget(self) -> None:
        """Work everything out anew, after a switch was set."""
        self._valuation = Valuation(self._steps)
        self._waiting = dict.fromkeys(record.id for record in self._sources())
        self._rows: dict[str, tuple[Row, ...]] = {}
        self._all: list[Row] | None = None

    def rows_of(self, record: Task | StockTask | Journal) -> tuple[Row, ...]:
        """What one record posts."""
        self.refresh()
        known = self._rows.get(record.id)
        if known is None:
            known = self._rows[record.id] = tuple(presented(self._posted(record), self._switches))
        return known

    def rows(self) -> list[Row]:
        """The general ledger by date, and within a day as it was entered."""
        self.refresh()
        if self._all is None:
            self._all = sorted(
                (row for record in self._sources() for row in self.rows_of(record)), key=lambda row: row.date
            )
        return self._all

    def balance(self, account: str) -> Decimal:
        """Debits less credits of an account."""
        debits = sum((row.amount for row in self.rows() if row.debit == account), ZERO)
        return debits - sum((row.amount for row in self.rows() if row.credit == account), ZERO)

    def holding(self, product_id: str) -> Holding:
        """What is on hand of a product, and its value."""
        self.refresh()
        return self._valuation.holding(product_id)

    def stock_value(self) -> Decimal:
        """What all stock is worth."""
        return sum((self.holding(card.id).value for card in self._store.products), ZERO)

    def amounts(self, record_id: str, key: str) -> Amounts:
        """What a step of a record cost, by day."""
        self.refresh()
        return self._valuation.amounts(record_id, key)

    def cost(self, record_id: str, key: str) -> Decimal:
        """What a step of a record cost, corrections included."""
        return sum((amount for _, amount in self.amounts(record_id, key)), ZERO)

    def journal_lines(self, task: Task) -> list[JournalLine]:
        """The manual journals of a sale or purchase, those that Core made itself included."""
        self.refresh()
        if task.side == SALE:
            return list(task.journals)
        return journal_lines(task, self._valuation, self.catalogue, self._switches)

    def settle(self) -> set[str]:
        """Take in what changed; returns the records whose amounts changed through others since the last time."""
        self.refresh()
        moved, self.moved = self.moved, set()
        return moved

    def _note(self, record: Entity) -> None:
        self._all = None
        if isinstance(record, Card):
            self._rows.clear()
        else:
            self._waiting[record.id] = None

    def refresh(self) -> None:
        """Take in what changed, so that nothing rendered before it is shown again."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        changed = self._valuation.update(waiting)
        for record_id in (*waiting, *changed):
            self._rows.pop(record_id, None)
            self._store.rendered.drop(record_id)
        self.moved |= changed

    def _sources(self) -> Iterable[Task | StockTask | Journal]:
        store = self._store
        for collection in (store.sales, store.purchases, store.stock_tasks, store.journals):
            yield from collection

    def _steps(self, record_id: str) -> tuple[Step, ...]:
        record = self._store.record(record_id)
        if isinstance(record, StockTask):
            return tuple(work_steps(record, self.catalogue))
        if not isinstance(record, Task):
            return ()
        if record.side == SALE:
            return tuple(sale_steps(record, self.catalogue))
        return tuple(purchase_steps(record, self.catalogue, self._switches))

    def _posted(self, record: Task | StockTask | Journal) -> Iterable[Row]:
        if isinstance(record, Journal):
            return journal_rows(record, self._switches)
        if isinstance(record, StockTask):
            return work_rows(record, self._valuation, self.catalogue)
        rows = sale_rows if record.side == SALE else purchase_rows
        return rows(record, self._valuation, self.catalogue, self._switches)
