"""What sales do to stock: shipments take out, credit notes with a restock bring back (documentation, Sale)."""

from __future__ import annotations

from collections.abc import Iterator

from sim_cin7core.records import ZERO, Delivery, Document, Line, Task
from sim_cin7core.stock.catalogue import Catalogue
from sim_cin7core.stock.steps import Issue, Moment, Rank, Receipt, Step


def sale_steps(task: Task, catalogue: Catalogue) -> Iterator[Step]:
    """Steps named ``<TaskID>/<line>`` by the fulfilment or credit note that they belong to."""
    if task.void:
        return
    position = 0
    for delivery in task.delivered:
        for key, line in moved(delivery, catalogue):
            moment = Moment(delivery.date, Rank.SHIPPED, task.created, task.id, position)
            position += 1
            if line.quantity > 0:
                yield Issue(key, line.product_id, moment, line.quantity, line.average_cost)
            else:
                yield Receipt(key, line.product_id, moment, -line.quantity, unit=line.average_cost)
    for credit in restocking(task):
        for key, line in moved(credit, catalogue):
            moment = Moment(credit.date, Rank.RETURNED, task.created, task.id, position)
            position += 1
            if line.quantity > 0:
                shipped = _shipped(task, line.product_id, catalogue)
                yield Receipt(key, line.product_id, moment, line.quantity, unit=line.average_cost, like=shipped)
            else:
                yield Issue(key, line.product_id, moment, -line.quantity, line.average_cost)


def restocking(task: Task) -> list[Document]:
    """The authorised credit notes whose goods came back."""
    return [credit for credit in task.credits if credit.live and credit.moves_stock]


def moved(paper: Delivery | Document, catalogue: Catalogue) -> Iterator[tuple[str, Line]]:
    """The lines that move stock, each with the key of its step."""
    for position, line in enumerate(paper.lines):
        if line.quantity != ZERO and catalogue.stocked(line.product_id):
            yield f"{paper.task_id}/{position}", line


def _shipped(task: Task, product_id: str, catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(
        key
        for delivery in task.delivered
        for key, line in moved(delivery, catalogue)
        if line.product_id == product_id and line.quantity > 0
    )
