"""What a purchase posts: its documents and money, its manual journals, and those that Core adds itself.

Receipts post nothing of their own unless accrual is switched on (Cin7 Core help, Accounting transactions; Inventory
Accrual and Stock in Transit). Then Core adds manual journals to the purchase: goods received before their bill stand
against the inventory accrual account until the date of the bill, goods billed before they come in the account of stock
in transit until they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sim_cin7core import chart
from sim_cin7core.books.money_rows import document_rows, posted
from sim_cin7core.books.rows import Row, by_day
from sim_cin7core.records import ZERO, JournalLine, Task, identifier
from sim_cin7core.stock.buying import first_value
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.lots import lots, net
from sim_cin7core.stock.trade import moved, restocking
from sim_cin7core.stock.valuation import Valuation
from sim_cin7core.switches import Switches

ACCRUAL, TRANSIT, DISCREPANCY = "Inventory accrual", "Stock in Transit", "Inventory discrepancy correction"


def purchase_rows(task: Task, valuation: Valuation, catalogue: Catalogue, switches: Switches) -> Iterator[Row]:
    """Everything of a purchase."""
    yield from document_rows(task, switches)
    for line in journal_lines(task, valuation, catalogue, switches):
        pair = (line.debit, line.credit)
        yield posted(task, journal_id(task), pair, line.amount, line.date, task.number, line.reference)


def journal_id(task: Task) -> str:
    """The TaskID of the manual journals: a simple purchase has no other than its own."""
    return task.id if task.type == "Simple Purchase" else identifier("purchase journals", task.id)


def journal_lines(task: Task, valuation: Valuation, catalogue: Catalogue, switches: Switches) -> list[JournalLine]:
    """The manual journals of a purchase, those of Core's own (IsSystem) first."""
    if task.void:
        return []
    system = [*_floating(task, catalogue, switches), *_discrepancies(task, valuation, catalogue, switches)]
    return [*_summed(system), *task.journals]


def _floating(task: Task, catalogue: Catalogue, switches: Switches) -> Iterator[JournalLine]:
    for lot in lots(task, catalogue, switches):
        inventory = catalogue.inventory(lot.product)
        if lot.received_first and lot.received_on and switches.on("inventory_accrual"):
            value = first_value(lot, switches)
            yield _system(inventory, chart.ACCRUED, value, lot.received_on, ACCRUAL)
            if lot.billed_on:
                yield _system(chart.ACCRUED, inventory, value, lot.billed_on, ACCRUAL)
        if lot.billed_first and lot.billed_on and switches.on("stock_in_transit"):
            yield _system(chart.IN_TRANSIT, inventory, lot.billed, lot.billed_on, TRANSIT)
            if lot.received_on:
                yield _system(inventory, chart.IN_TRANSIT, lot.billed, lot.received_on, TRANSIT)


def _discrepancies(task: Task, valuation: Valuation, catalogue: Catalogue, switches: Switches) -> Iterator[JournalLine]:
    """What goods that go back were worth beyond what the supplier credits for them (documentation, Purchase)."""
    for credit in restocking(task):
        parts = []
        for key, line in moved(credit, catalogue):
            inventory = catalogue.inventory(line.product_id)
            if line.account == inventory and line.quantity > 0:
                credited = (credit.date, -net(line, credit, task.calculation, switches))
                parts.append(((chart.DISCREPANCY, inventory), (credited, *valuation.amounts(task.id, key))))
        for (day, debit, inventory), amount in by_day(parts).items():
            yield _system(debit, inventory, amount, day, DISCREPANCY)


def _system(debit: str, credit: str, amount: Decimal, day: date, reference: str) -> JournalLine:
    return JournalLine(debit, credit, amount, day, reference, system=True)


def _summed(lines: list[JournalLine]) -> Iterator[JournalLine]:
    sums: dict[tuple[date, str, str, str], Decimal] = {}
    for line in lines:
        key = (line.date, line.reference, line.debit, line.credit)
        sums[key] = sums.get(key, ZERO) + line.amount
    for (day, reference, debit, credit), amount in sorted(sums.items()):
        if amount:
            yield _system(debit, credit, amount, day, reference)
