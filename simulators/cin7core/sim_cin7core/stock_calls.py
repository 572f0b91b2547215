"""The endpoints of stock tasks: lists by status, details by TaskID, and DELETE to undo or void them.

None of the lists has a filter by change: an UpdatedSince is ignored without a word (documentation; seen live).
"""

from __future__ import annotations

from collections.abc import Callable

from sim_cin7core import work_view
from sim_cin7core.account import Account
from sim_cin7core.exchange import Answer, Call, RefusedError
from sim_cin7core.lists import reference
from sim_cin7core.person.action import ImpossibleError
from sim_cin7core.person.stages import undo, void
from sim_cin7core.stock_records import ADJUSTMENT, ASSEMBLY, DISASSEMBLY, STOCKTAKE, WRITE_OFF, StockTask

Endpoint = Callable[[Account, Call], Answer]
_KEYS = {
    ADJUSTMENT: "StockAdjustmentList",
    STOCKTAKE: "StockAdjustmentList",
    WRITE_OFF: "InventoryWriteOffs",
    ASSEMBLY: "FinishedGoods",
    DISASSEMBLY: "Disassemblies",
}
_SEARCHABLE = (ASSEMBLY, DISASSEMBLY, WRITE_OFF)


def list_of(kind: str) -> Endpoint:
    """The list of one kind; Status is compared in any letter case, Search is for the number and the status."""

    def endpoint(account: Account, call: Call) -> Answer:
        status = (call.text("status") or "").casefold()
        search = (call.text("search") or "").casefold() if kind in _SEARCHABLE else ""
        tasks = [
            task
            for task in account.store.stock_tasks.in_order()
            if task.kind == kind
            and (not status or task.status.casefold() == status)
            and (search in task.number.casefold() or search in task.status.casefold())
        ]
        return reference(call, account.switches, _KEYS[kind], [work_view.row(task, account) for task in tasks])

    return endpoint


def detail_of(kind: str) -> Endpoint:
    """The detail of one kind by TaskID."""

    def endpoint(account: Account, call: Call) -> Answer:
        return Answer.json(work_view.detail(_task(account, call, kind, "taskid"), account))

    return endpoint


def void_of(kind: str) -> Endpoint:
    """DELETE by ID: Void=true voids, anything else undoes (documentation, DELETE of each page)."""

    def endpoint(account: Account, call: Call) -> Answer:
        task = _task(account, call, kind, "id")
        try:
            (void if call.flag("void") else undo)(account, {"id": task.id})
        except ImpossibleError as error:
            raise RefusedError(400, str(error)) from error
        account.settle()
        return Answer.json(work_view.detail(task, account))

    return endpoint


def _task(account: Account, call: Call, kind: str, name: str) -> StockTask:
    task = account.found(account.store.stock_tasks, call, name, kind)
    if task.kind != kind:
        raise RefusedError(int(account.switches["unknown_id_status"]), f"{kind} with specified ID not found")
    return task
