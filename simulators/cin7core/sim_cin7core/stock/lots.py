"""Which goods of a purchase were billed by which bill: the pieces of it in the order of their dates.

Core adds stock when a receipt is authorised and its cost when the bill is (Cin7 Core help, Inventory Accrual and Stock
in Transit). Until then goods have the cost of the order, or the average on the product card when the order has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sim_cin7core.records import INCLUSIVE, ZERO, Document, Line, Task, cents
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.trade import moved
from sim_cin7core.switches import Switches


@dataclass(frozen=True, slots=True)
class Lot:
    """Pieces of one product with the same fate: received or not, billed or not. Values are in base currency."""

    product: str
    quantity: Decimal
    ordered: Decimal
    key: str = ""
    received_on: date | None = None
    billed: Decimal = ZERO
    billed_on: date | None = None

    @property
    def received_first(self) -> bool:
        """Received, and billed later or not at all."""
        return self.received_on is not None and (self.billed_on is None or self.billed_on > self.received_on)

    @property
    def billed_first(self) -> bool:
        """Billed, and received later or not at all."""
        return self.billed_on is not None and (self.received_on is None or self.received_on > self.billed_on)


@dataclass(slots=True)
class _Pile:
    """A receipt or a bill line that is being used up."""

    key: str
    day: date
    quantity: Decimal
    value: Decimal = ZERO

    def take(self, quantity: Decimal) -> Decimal:
        """The value of so many pieces."""
        value = self.value if quantity == self.quantity else cents(self.value * quantity / self.quantity)
        self.quantity -= quantity
        self.value -= value
        return value


def in_base(amount: Decimal, rate: Decimal, switches: Switches) -> Decimal:
    """An amount of a document in the base currency."""
    if switches["currency_rate"] == "base_per_foreign":
        return cents(amount * rate)
    return cents(amount / rate)


def net(line: Line, document: Document, calculation: str, switches: Switches) -> Decimal:
    """The total of a line without tax in the base currency."""
    total = line.total - line.tax if calculation == INCLUSIVE else line.total
    return in_base(total, document.rate, switches)


def lots(task: Task, catalogue: Catalogue, switches: Switches) -> list[Lot]:
    """The pieces of a purchase; nothing of a voided one."""
    if task.void:
        return []
    received, billed = _received(task, catalogue), _billed(task, catalogue, switches)
    prices = _order_prices(task, switches)
    found: list[Lot] = []
    for product in dict.fromkeys((*received, *billed)):
        unit = prices.get(product) or catalogue.cost(product)
        found += _matched(product, received[product], billed[product], unit)
    return found


def _received(task: Task, catalogue: Catalogue) -> dict[str, list[_Pile]]:
    piles: dict[str, list[_Pile]] = defaultdict(list)
    for delivery in sorted(task.delivered, key=lambda delivery: delivery.date):
        for key, line in moved(delivery, catalogue):
            if line.quantity > 0:
                piles[line.product_id].append(_Pile(key, delivery.date, line.quantity))
    return piles


def _billed(task: Task, catalogue: Catalogue, switches: Switches) -> dict[str, list[_Pile]]:
    piles: dict[str, list[_Pile]] = defaultdict(list)
    for bill in sorted((bill for bill in task.invoices if bill.live), key=lambda bill: bill.date):
        for key, line in moved(bill, catalogue):
            if line.quantity > 0:
                value = net(line, bill, task.calculation, switches)
                piles[line.product_id].append(_Pile(key, bill.date, line.quantity, value))
    return piles


def _order_prices(task: Task, switches: Switches) -> dict[str, Decimal]:
    return {
        line.product_id: net(line, task.order, task.calculation, switches) / line.quantity
        for line in reversed(task.order.lines)
        if line.quantity
    }


def _matched(product: str, received: list[_Pile], billed: list[_Pile], unit: Decimal) -> Iterator[Lot]:
    while received or billed:
        goods, bill = next(iter(received), None), next(iter(billed), None)
        quantity = min(pile.quantity for pile in (goods, bill) if pile is not None)
        yield Lot(
            product,
            quantity,
            cents(quantity * unit),
            goods.key if goods else "",
            goods.day if goods else None,
            bill.take(quantity) if bill else ZERO,
            bill.day if bill else None,
        )
        if goods:
            goods.quantity -= quantity
        for piles in (received, billed):
            if piles and not piles[0].quantity:
                piles.pop(0)
