"""What adjustments, stocktakes, write-offs, assemblies, disassemblies and journals post (documentation of each)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sim_cin7core import chart
from sim_cin7core.books.rows import Row, by_day, negative
from sim_cin7core.records import cents
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.lots import in_base
from sim_cin7core.stock.valuation import Amounts, Valuation
from sim_cin7core.stock.works import MADE
from sim_cin7core.stock_records import ASSEMBLY, COMPLETED, DISASSEMBLY, WRITE_OFF, Journal, StockTask
from sim_cin7core.switches import Switches

Pairs = Iterator[tuple[tuple[str, str], Amounts]]


def work_rows(task: StockTask, valuation: Valuation, catalogue: Catalogue) -> Iterator[Row]:
    """One row for each day and pair of accounts; those of later days correct the cost of what was taken."""
    pairs = {ASSEMBLY: _assembly, DISASSEMBLY: _disassembly, WRITE_OFF: _write_off}.get(task.kind, _adjusted)
    for (day, debit, credit), amount in by_day(pairs(task, valuation, catalogue)).items():
        yield Row(task.id, debit, credit, amount, day, task.number, task.number, task.kind)


def _adjusted(task: StockTask, valuation: Valuation, catalogue: Catalogue) -> Pairs:
    """Inventory is debited even for a loss, which has a negative amount (documentation, Stock take)."""
    for position, line in enumerate(task.lines):
        amounts = valuation.amounts(task.id, str(position))
        pair = (catalogue.inventory(line.product_id), task.account)
        yield pair, amounts if line.change > 0 else negative(amounts)


def _write_off(task: StockTask, valuation: Valuation, catalogue: Catalogue) -> Pairs:
    for position, line in enumerate(task.lines):
        pair = (line.account or task.account, catalogue.inventory(line.product_id))
        yield pair, valuation.amounts(task.id, str(position))


def _assembly(task: StockTask, valuation: Valuation, catalogue: Catalogue) -> Pairs:
    """Components go into work in progress, the product comes out of it."""
    for position, line in enumerate(task.lines):
        yield (task.wip_account, catalogue.inventory(line.product_id)), valuation.amounts(task.id, str(position))
    yield from _services(task)
    yield (task.account, task.wip_account), valuation.amounts(task.id, MADE)


def _disassembly(task: StockTask, valuation: Valuation, catalogue: Catalogue) -> Pairs:
    yield (task.wip_account, catalogue.inventory(task.product_id)), valuation.amounts(task.id, MADE)
    yield from _services(task)
    for position, line in enumerate(task.lines):
        account = line.account or catalogue.inventory(line.product_id)
        yield (account, task.wip_account), valuation.amounts(task.id, str(position))


def _services(task: StockTask) -> Pairs:
    for service in task.services if task.completed else ():
        yield (task.wip_account, service.account), ((task.date, service.amount),)


def journal_rows(journal: Journal, switches: Switches) -> Iterator[Row]:
    """A completed journal in the base currency (documentation, Journal: BaseAmount)."""
    for line in journal.lines if journal.status == COMPLETED else ():
        amount = base_amount(journal, line.amount, switches)
        text = journal.narration or journal.number
        yield Row(journal.id, line.debit, line.credit, amount, journal.date, journal.number, text, "Journal")


def base_amount(journal: Journal, amount: Decimal, switches: Switches) -> Decimal:
    """An amount of a journal in the base currency."""
    return cents(amount) if journal.currency == chart.CURRENCY else in_base(amount, journal.rate, switches)
