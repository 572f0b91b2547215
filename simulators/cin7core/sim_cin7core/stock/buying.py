"""What purchases do to stock: receipts bring in, bills and landed costs set the cost, credit notes take back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sim_cin7core.records import ZERO, Task, cents
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.lots import Lot, lots, net
from sim_cin7core.stock.steps import CostChange, Issue, Moment, Rank, Receipt, Step
from sim_cin7core.stock.trade import moved, restocking
from sim_cin7core.switches import Switches


def purchase_steps(task: Task, catalogue: Catalogue, switches: Switches) -> Iterator[Step]:
    """Steps named ``<TaskID>/<line>`` by the receipt or credit note that they belong to."""
    if task.void:
        return
    pieces = [lot for lot in lots(task, catalogue, switches) if lot.key]
    yield from _receipts(task, pieces, switches)
    yield from _landed(task, pieces, catalogue, switches)
    for credit in restocking(task):
        for position, (key, line) in enumerate(moved(credit, catalogue)):
            moment = Moment(credit.date, Rank.SHIPPED, task.created, task.id, position)
            if line.quantity < 0:
                continue
            credited = net(line, credit, task.calculation, switches)
            yield Issue(key, line.product_id, moment, line.quantity, catalogue.cost(line.product_id), credited)


def first_value(lot: Lot, switches: Switches) -> Decimal:
    """What received pieces are worth on the day they come: the bill if it is there, else what is assumed."""
    if lot.billed_on is not None and (not lot.received_first or switches["cost_corrections"] == "restated"):
        return lot.billed
    assumed = switches["uninvoiced_cost"] == "order" or switches.on("inventory_accrual")
    return lot.ordered if assumed else ZERO


def _receipts(task: Task, pieces: list[Lot], switches: Switches) -> Iterator[Step]:
    by_key: dict[str, list[Lot]] = {}
    for lot in pieces:
        by_key.setdefault(lot.key, []).append(lot)
    for position, (key, same) in enumerate(by_key.items()):
        arrived = same[0].received_on or task.date
        moment = Moment(arrived, Rank.RECEIVED, task.created, task.id, position)
        worth = sum((first_value(lot, switches) for lot in same), ZERO)
        yield Receipt(key, same[0].product, moment, sum((lot.quantity for lot in same), ZERO), worth)
    for position, lot in enumerate(pieces):
        if lot.billed_on is not None and (change := lot.billed - first_value(lot, switches)):
            moment = Moment(lot.billed_on, Rank.COSTED, task.created, task.id, position)
            yield CostChange(lot.key, lot.product, moment, change)


def _landed(task: Task, pieces: list[Lot], catalogue: Catalogue, switches: Switches) -> Iterator[Step]:
    """Each further cost goes to the received pieces in proportion to their value, once they are there."""
    values = [lot.billed or lot.ordered for lot in pieces]
    whole = sum(values, ZERO)
    if not whole:
        return
    for number, (day, amount) in enumerate(further_costs(task, catalogue, switches)):
        used, spread = ZERO, ZERO
        for position, (lot, value) in enumerate(zip(pieces, values, strict=True)):
            used += value
            part = cents(amount * used / whole) - spread
            spread += part
            arrived = lot.received_on or task.date
            known = arrived if switches["cost_corrections"] == "restated" else max(day, arrived)
            order = (number + 1) * len(pieces) + position
            moment = Moment(known, Rank.COSTED, task.created, task.id, order)
            yield CostChange(lot.key, lot.product, moment, part)


def further_costs(task: Task, catalogue: Catalogue, switches: Switches) -> Iterator[tuple[date, Decimal]]:
    """What is added to the cost of the goods beside their price: charges on bills that are coded to the inventory
    account, and manual journals on it (Cin7 Core help, Landed Cost Expense Distribution)."""
    accounts = {catalogue.inventory(line.product_id) for line in task.order.lines}
    for bill in task.invoices:
        for charge in bill.charges if bill.live else ():
            if charge.account in accounts:
                yield bill.date, net(charge, bill, task.calculation, switches)
    if not switches.on("purchase_journals_change_cost"):
        return
    for line in task.journals:
        if (line.debit in accounts) != (line.credit in accounts):
            yield line.date, line.amount if line.debit in accounts else -line.amount
