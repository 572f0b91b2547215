"""Shipping what was sold and receiving what was bought, whether it is invoiced or not."""

from __future__ import annotations

import dataclasses

from sim_cin7core.account import Account
from sim_cin7core.person.action import ImpossibleError, day_of, money, task_of
from sim_cin7core.person.tasks import changed
from sim_cin7core.records import (
    AUTHORISED,
    DRAFT,
    PURCHASE,
    SALE,
    Delivery,
    JsonObject,
    Line,
    Task,
    delivery_id,
)

_SEVERAL = {"Simple Sale": "Advanced Sale", "Simple Purchase": "Advanced Purchase"}


def ship(account: Account, params: JsonObject) -> JsonObject:
    """Authorise a fulfilment of a sale: ``date``, and ``lines`` (``{"sku", "quantity"}``; all that is open without).

    A second fulfilment turns a simple sale into an advanced one (documentation, Sale).
    """
    return _deliver(account, task_of(account, params, SALE), params)


def receive(account: Account, params: JsonObject) -> JsonObject:
    """Authorise a receipt of a purchase, as ``ship``."""
    return _deliver(account, task_of(account, params, PURCHASE), params)


def edit_shipment(account: Account, params: JsonObject) -> JsonObject:
    """Give a fulfilment another ``date``; ``delivery`` is its number or TaskID, the last one without it."""
    return _redate(account, task_of(account, params, SALE), params)


def edit_receipt(account: Account, params: JsonObject) -> JsonObject:
    """Give a receipt another ``date``, as ``edit_shipment``."""
    return _redate(account, task_of(account, params, PURCHASE), params)


def undo_shipment(account: Account, params: JsonObject) -> JsonObject:
    """The goods of a fulfilment are not shipped any more; ``delivery`` as for ``edit_shipment``."""
    return _undo(account, task_of(account, params, SALE), params)


def undo_receipt(account: Account, params: JsonObject) -> JsonObject:
    """The goods of a receipt are not received any more."""
    return _undo(account, task_of(account, params, PURCHASE), params)


def _deliver(account: Account, task: Task, params: JsonObject) -> JsonObject:
    if task.void:
        raise ImpossibleError("the task is voided")
    lines = _chosen(task, params)
    if not lines:
        raise ImpossibleError("nothing of the order is open")
    task.deliveries = [delivery for delivery in task.deliveries if delivery.status == AUTHORISED]
    number = max((delivery.number for delivery in task.deliveries), default=0) + 1
    task.deliveries.append(Delivery(delivery_id(task.side, task.id, number), number, day_of(params), lines))
    if number > 1:
        task.type = _SEVERAL.get(task.type, task.type)
    return changed(account, task)


def _chosen(task: Task, params: JsonObject) -> tuple[Line, ...]:
    open_lines = task.outstanding()
    if "lines" not in params:
        return open_lines
    chosen = []
    for given in params["lines"]:
        quantity = money(given["quantity"])
        line = next((one for one in open_lines if one.sku.casefold() == str(given["sku"]).casefold()), None)
        if line is None or not 0 < quantity <= line.quantity:
            raise ImpossibleError(f"{quantity} of {given['sku']} are not open on the order")
        chosen.append(dataclasses.replace(line, quantity=quantity))
    return tuple(chosen)


def _redate(account: Account, task: Task, params: JsonObject) -> JsonObject:
    _delivery(task, params).date = day_of(params)
    return changed(account, task)


def _undo(account: Account, task: Task, params: JsonObject) -> JsonObject:
    _delivery(task, params).status = DRAFT
    return changed(account, task)


def _delivery(task: Task, params: JsonObject) -> Delivery:
    wanted = params.get("delivery")
    found = [one for one in task.delivered if wanted in (None, one.number, one.task_id)]
    if not found:
        raise ImpossibleError("no such shipment or receipt", 404)
    return found[-1]
