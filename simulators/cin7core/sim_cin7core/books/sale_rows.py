"""What a sale posts: its documents and money, the cost of what was shipped and came back, its manual journals."""

from __future__ import annotations

from collections.abc import Iterator

from sim_cin7core.books.money_rows import document_rows, posted
from sim_cin7core.books.rows import Row, by_day, negative
from sim_cin7core.records import Delivery, Document, Task
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.trade import moved, restocking
from sim_cin7core.stock.valuation import Amounts, Valuation
from sim_cin7core.switches import Switches

CHANGE = "COGS change"


def sale_rows(task: Task, valuation: Valuation, catalogue: Catalogue, switches: Switches) -> Iterator[Row]:
    """Cost is posted when a shipment is authorised, at its date (Cin7 Core help, Accounting transactions); what it
    turns out to be more or less later, on that later day."""
    yield from document_rows(task, switches)
    if task.void:
        return
    for delivery in task.delivered:
        for (day, debit, credit), amount in by_day(_costs(task, delivery, 1, valuation, catalogue)).items():
            note = "" if day == delivery.date else CHANGE
            yield posted(task, delivery.task_id, (debit, credit), amount, day, task.number, note)
    for returned in restocking(task):
        costs = by_day(_costs(task, returned, -1, valuation, catalogue))
        for (day, cost_of_goods, inventory), amount in costs.items():
            yield posted(task, returned.task_id, (inventory, cost_of_goods), -amount, day, returned.number)
    for line in task.journals:
        yield posted(task, task.id, (line.debit, line.credit), line.amount, line.date, task.number, line.reference)


def _costs(
    task: Task, paper: Delivery | Document, sign: int, valuation: Valuation, catalogue: Catalogue
) -> Iterator[tuple[tuple[str, str], Amounts]]:
    """Cost of goods against inventory by line; a line that goes the other way has a negative cost."""
    for key, line in moved(paper, catalogue):
        amounts = valuation.amounts(task.id, key)
        pair = (catalogue.cost_of_goods(line.product_id), catalogue.inventory(line.product_id))
        yield pair, amounts if line.quantity * sign > 0 else negative(amounts)
