"""What adjustments, stocktakes, write-offs, assemblies and disassemblies do to stock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sim_cin7core.records import ZERO, cents
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.steps import ONE, Issue, Moment, Rank, Receipt, Step
from sim_cin7core.stock_records import ASSEMBLY, DISASSEMBLY, WRITE_OFF, StockLine, StockTask

MADE = "made"


def work_steps(task: StockTask, catalogue: Catalogue) -> Iterator[Step]:
    """Steps named by the position of the line; ``made`` is what an assembly makes or a disassembly takes apart."""
    if task.kind == ASSEMBLY:
        yield from _assembly(task, catalogue)
    elif task.kind == DISASSEMBLY:
        yield from _disassembly(task, catalogue)
    elif task.completed:
        for position, line in enumerate(task.lines):
            step = _single(task, line, position, catalogue)
            if step is not None:
                yield step


def _single(task: StockTask, line: StockLine, position: int, catalogue: Catalogue) -> Step | None:
    """A line of an adjustment or stocktake (by how much it changes) or of a write-off (how much is lost)."""
    change = -line.quantity if task.kind == WRITE_OFF else line.change
    unit = catalogue.cost(line.product_id)
    if change > 0:
        moment = Moment(task.date, Rank.RECEIVED, task.created, task.id, position)
        value = None if line.unit_cost is None else cents(change * line.unit_cost)
        return Receipt(str(position), line.product_id, moment, change, value, unit)
    if change < 0:
        moment = Moment(task.date, Rank.SHIPPED, task.created, task.id, position)
        return Issue(str(position), line.product_id, moment, -change, unit)
    return None


def _assembly(task: StockTask, catalogue: Catalogue) -> Iterator[Step]:
    """Components leave on the day the work begins, the product comes on the day of completion."""
    if not task.begun:
        return
    begun = _begun_on(task)
    for position, line in enumerate(task.lines):
        moment = Moment(begun, Rank.MADE, task.created, task.id, position)
        yield Issue(str(position), line.product_id, moment, line.quantity, catalogue.cost(line.product_id))
    if task.completed:
        keys = tuple(str(position) for position in range(len(task.lines)))
        added = sum((service.amount for service in task.services), ZERO)
        moment = Moment(task.date, Rank.MADE, task.created, task.id, len(keys))
        yield Receipt(MADE, task.product_id, moment, task.quantity, made_of=keys, added=added)


def _disassembly(task: StockTask, catalogue: Catalogue) -> Iterator[Step]:
    """The product leaves, and its parts share its cost by what each of them is said to be worth."""
    if not task.begun:
        return
    moment = Moment(_begun_on(task), Rank.MADE, task.created, task.id, 0)
    yield Issue(MADE, task.product_id, moment, task.quantity, catalogue.cost(task.product_id))
    if not task.completed:
        return
    added = sum((service.amount for service in task.services), ZERO)
    for position, (line, span) in enumerate(zip(task.lines, _spans(task, catalogue), strict=True), start=1):
        moment = Moment(task.date, Rank.MADE, task.created, task.id, position)
        key = str(position - 1)
        yield Receipt(key, line.product_id, moment, line.quantity, made_of=(MADE,), added=added, span=span)


def _begun_on(task: StockTask) -> date:
    day = task.wip_date or task.date
    return min(day, task.date) if task.completed else day


def _spans(task: StockTask, catalogue: Catalogue) -> list[tuple[Decimal, Decimal]]:
    weights = [line.quantity * (line.unit_cost or catalogue.cost(line.product_id)) for line in task.lines]
    if not sum(weights):
        weights = [line.quantity for line in task.lines]
    whole, low, spans = sum(weights, ZERO), ZERO, []
    for weight in weights[:-1]:
        spans.append((low, low + weight / whole))
        low += weight / whole
    return [*spans, (low, ONE)]
