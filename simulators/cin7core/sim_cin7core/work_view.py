"""Stock tasks of every kind as Core's JSON: which view shows which."""

from __future__ import annotations

from collections.abc import Callable

from sim_cin7core import making_view, stock_view
from sim_cin7core.account import Account
from sim_cin7core.records import JsonObject
from sim_cin7core.stock_records import ADJUSTMENT, ASSEMBLY, DISASSEMBLY, STOCKTAKE, WRITE_OFF, StockTask

_DETAILS: dict[str, Callable[[StockTask, Account], JsonObject]] = {
    ADJUSTMENT: stock_view.adjustment,
    STOCKTAKE: stock_view.stocktake,
    WRITE_OFF: stock_view.write_off,
    ASSEMBLY: making_view.assembly,
    DISASSEMBLY: making_view.disassembly,
}
_ROWS: dict[str, Callable[[StockTask], JsonObject]] = {
    ADJUSTMENT: stock_view.adjustment_row,
    STOCKTAKE: stock_view.stocktake_row,
    WRITE_OFF: stock_view.write_off_row,
    DISASSEMBLY: making_view.disassembly_row,
}


def detail(task: StockTask, account: Account) -> JsonObject:
    """A stock task as its detail page shows it."""
    return _DETAILS[task.kind](task, account)


def row(task: StockTask, account: Account) -> JsonObject:
    """A stock task in the list of its kind."""
    return making_view.assembly_row(task, account) if task.kind == ASSEMBLY else _ROWS[task.kind](task)
