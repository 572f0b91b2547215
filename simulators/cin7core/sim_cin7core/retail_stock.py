"""Stock for the retail data, made up, since the data has none, and always the same.

It was there before the first sale, and a handful of adjustments, stocktakes, write-offs, assemblies, disassemblies and
journals follow in that month.

Quantities on hand that the documents tell are those of the stock ledger on their day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sim_cin7core import cards, chart, stamps
from sim_cin7core.records import AUTHORISED, DRAFT, VOIDED, ZERO, Card, JournalLine, Task, cents, identifier
from sim_cin7core.retail_sales import Books
from sim_cin7core.stock_records import (
    ADJUSTMENT,
    ASSEMBLY,
    COMPLETED,
    DISASSEMBLY,
    IN_PROGRESS,
    PREFIXES,
    STOCKTAKE,
    WRITE_OFF,
    Journal,
    ServiceLine,
    StockLine,
    StockTask,
)

_LINES = 500
"""So many lines at most in one opening adjustment."""
_SPARE = 20
_SHORT = (8, 9)
"""Which of the best sold goods open with half of what is sold: the rest is booked in later, at a higher cost."""
_NEEDED = 40


@dataclass
class Extras:
    """What is loaded beside the sales."""

    products: list[Card] = field(default_factory=list)
    tasks: list[StockTask] = field(default_factory=list)
    journals: list[Journal] = field(default_factory=list)


class StockMaker:
    """Makes the extras for loaded sales; nothing when these sell too few different goods."""

    def __init__(self, books: Books) -> None:
        self._sales = books.sales
        self._cards = {card.id: card for card in books.products if card.fields["Type"] == cards.STOCK}
        self._moved = _movements(books.sales)
        sold = Counter[str]()
        for key, moves in self._moved.items():
            sold[key] = int(-sum(change for _, change in moves if change < 0))
        self._goods = sorted((key for key in sold if sold[key] > 0 and key in self._cards), key=lambda k: (-sold[k], k))
        self._opened = {key: Decimal(-(-sold[key] // 10) * 10 + _SPARE) for key in self._goods}
        for position in _SHORT if len(self._goods) >= _NEEDED else ():
            key = self._goods[position]
            self._opened[key] = Decimal(sold[key] // 2)
        self._extras = Extras()

    def make(self) -> Extras:
        """Everything, the opening stock first."""
        if not self._goods:
            return self._extras
        first = min(sale.date for sale in self._sales)
        self._open(first - timedelta(days=1))
        if len(self._goods) >= _NEEDED:
            month = first.replace(day=1)
            self._book_in(month)
            self._adjust(month)
            self._count(month)
            self._write_off(month)
            self._assemble(month)
            self._journals(month)
        return self._extras

    def _open(self, day: date) -> None:
        keys = sorted(self._goods, key=lambda key: str(self._cards[key].fields["SKU"]))
        for start in range(0, len(keys), _LINES):
            lines = [
                self._line(key, self._opened[key], unit_cost=self._cost(key), new=True)
                for key in keys[start : start + _LINES]
            ]
            self._task(ADJUSTMENT, day, lines, chart.EQUITY, reference="Opening stock")

    def _book_in(self, month: date) -> None:
        for position in _SHORT:
            key = self._goods[position]
            cost = cents(self._cost(key) * Decimal("1.25"))
            line = self._line(key, self._opened[key] + 2 * _SPARE, unit_cost=cost, new=True)
            self._task(ADJUSTMENT, month.replace(day=20), [line], reference="Found in the second store")

    def _adjust(self, month: date) -> None:
        self._corrected(ADJUSTMENT, month.replace(day=7), {10: -3, 11: -12})
        self._corrected(ADJUSTMENT, month.replace(day=14), {12: 6})
        self._corrected(ADJUSTMENT, month.replace(day=21), {13: -1, 14: 2})
        self._corrected(ADJUSTMENT, month.replace(day=22), {15: -5}, status=VOIDED)

    def _count(self, month: date) -> None:
        self._corrected(STOCKTAKE, month.replace(day=15), {16: -2, 17: 0, 18: 1, 19: -4})
        self._corrected(STOCKTAKE, month.replace(day=28), {20: 3, 21: -7, 22: 0})
        self._corrected(STOCKTAKE, month.replace(day=28), {23: -1}, status=IN_PROGRESS)

    def _write_off(self, month: date) -> None:
        for day, positions, code in ((8, (24, 25), chart.DISCREPANCY), (16, (26,), chart.SAMPLES)):
            lines = [self._line(self._goods[position], Decimal(2)) for position in positions]
            self._task(WRITE_OFF, month.replace(day=day), lines, code, comment="Broken")
        self._task(WRITE_OFF, month.replace(day=23), [self._line(self._goods[27], Decimal(1))], status=DRAFT)

    def _assemble(self, month: date) -> None:
        work = (ServiceLine("Wrapping", chart.CONSUMABLES, Decimal("7.50")),)
        first = self._gift_set(1)
        self._made(ASSEMBLY, month.replace(day=9), first, 10, (28, 29), work)
        self._made(ASSEMBLY, month.replace(day=17), self._gift_set(2), 6, (30, 31))
        self._made(ASSEMBLY, month.replace(day=27), self._gift_set(3), 4, (32, 33), status=AUTHORISED)
        self._made(DISASSEMBLY, month.replace(day=20), first, 2, (28, 29))

    def _journals(self, month: date) -> None:
        for number, (day, amount, status) in enumerate(((10, "120.00", COMPLETED), (24, "48.60", VOIDED)), start=1):
            when = month.replace(day=day)
            line = JournalLine(chart.CONSUMABLES, chart.ACCRUALS, Decimal(amount), when, "Market stall")
            stamp, text = _stamp(when, number), f"JR-{number:05d}"
            pound = (chart.CURRENCY, Decimal(1), stamp, stamp)
            self._extras.journals.append(Journal(identifier("journal", text), text, status, when, *pound, (line,)))
        for sale in [sale for sale in self._sales if sale.invoices][10:31:10]:
            line = JournalLine(chart.FREIGHT, chart.ACCRUALS, Decimal("4.50"), sale.date, "Courier")
            sale.journals.append(line)

    def _corrected(self, kind: str, day: date, changes: dict[int, int], status: str = COMPLETED) -> None:
        lines = []
        for position, change in changes.items():
            key = self._goods[position]
            there = self._on_hand(key, day)
            lines.append(self._line(key, there + change, on_hand=there))
        self._task(kind, day, lines, status=status)

    def _gift_set(self, number: int) -> Card:
        sku = f"GIFTSET{number}"
        stamp = _stamp(min(sale.date for sale in self._sales), number)
        card = cards.product(f"gift set {number}", sku, f"Gift set {number}", stamp, price=Decimal(25))
        self._extras.products.append(card)
        return card

    def _made(
        self,
        kind: str,
        day: date,
        card: Card,
        quantity: int,
        parts: Sequence[int],
        services: tuple[ServiceLine, ...] = (),
        status: str = COMPLETED,
    ) -> None:
        """A gift set has one of each part; the work begins two days before it is done."""
        lines = [self._line(self._goods[position], Decimal(quantity)) for position in parts]
        task = self._task(kind, day, lines, chart.INVENTORY, status=status)
        task.services, task.quantity = services, Decimal(quantity)
        task.product_id, task.sku, task.name = card.id, str(card.fields["SKU"]), card.name
        task.wip_account, task.wip_date = chart.INVENTORY, day - timedelta(days=2)
        task.started = day - timedelta(days=3)

    def _task(
        self,
        kind: str,
        day: date,
        lines: Iterable[StockLine],
        code: str = chart.DISCREPANCY,
        status: str = COMPLETED,
        reference: str = "",
        comment: str = "",
    ) -> StockTask:
        position = sum(PREFIXES[task.kind] == PREFIXES[kind] for task in self._extras.tasks) + 1
        number, stamp = f"{PREFIXES[kind]}{position:05d}", _stamp(day, position)
        task_id = identifier("stock task", kind, number)
        task = StockTask(task_id, kind, number, status, day, code, stamp, stamp, day, tuple(lines))
        task.reference, task.comment = reference, comment
        self._extras.tasks.append(task)
        return task

    def _line(self, key: str, quantity: Decimal, **more: Decimal | bool) -> StockLine:
        card = self._cards[key]
        return StockLine(key, str(card.fields["SKU"]), card.name, quantity, **more)  # type: ignore[arg-type]

    def _cost(self, key: str) -> Decimal:
        return Decimal(str(self._cards[key].fields["AverageCost"]))

    def _on_hand(self, key: str, day: date) -> Decimal:
        """At the end of a day; each product is in one document of the month only, so sales alone count."""
        return self._opened[key] + sum((change for when, change in self._moved[key] if when <= day), ZERO)


def _movements(sales: Iterable[Task]) -> dict[str, list[tuple[date, Decimal]]]:
    moves: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for sale in sales:
        for delivery in sale.deliveries:
            for line in delivery.lines:
                moves[line.product_id].append((delivery.date, -line.quantity))
        for credit in sale.credits:
            for line in credit.lines:
                moves[line.product_id].append((credit.date, line.quantity))
    return moves


def _stamp(day: date, seed: int) -> int:
    return stamps.with_fraction(stamps.ticks_of(datetime(day.year, day.month, day.day, 16, tzinfo=UTC)), seed)
