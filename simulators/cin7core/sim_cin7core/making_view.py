"""Assemblies (finished goods) and disassemblies as Core's JSON (documentation pages of these)."""

from __future__ import annotations

from decimal import Decimal

from sim_cin7core import chart, stamps
from sim_cin7core.account import Account
from sim_cin7core.cards import number
from sim_cin7core.records import VOIDED, JsonObject
from sim_cin7core.stock.works import MADE
from sim_cin7core.stock_records import StockTask
from sim_cin7core.stock_view import shown_lines, transactions

_CUSTOM = dict.fromkeys((f"CustomField{position}" for position in range(1, 11)), "")


def assembly_row(task: StockTask, account: Account) -> JsonObject:
    """A row of finishedGoodsList; seen live: its Date is the day of creation, the goods move on CompletionDate."""
    cost = account.books.cost(task.id, MADE)
    return {
        "TaskID": task.id,
        "AssemblyNumber": task.number,
        "BatchSN": task.number,
        "ExpiryDate": None,
        **_product(task),
        "Quantity": number(task.quantity),
        "Date": stamps.midnight(task.started),
        "Status": task.status,
        "UnitCost": number(cost / task.quantity) if task.quantity else 0,
        "Notes": task.comment,
        **_CUSTOM,
    }


def assembly(task: StockTask, account: Account) -> JsonObject:
    """An assembly with what its components cost."""
    return {
        "TaskID": task.id,
        "AssemblyNumber": task.number,
        "Status": task.status,
        **_product(task),
        "BinID": None,
        "Bin": None,
        "WIPAccount": task.wip_account,
        "WIPDate": stamps.midnight(task.wip_date or task.date),
        "Account": task.account,
        "Quantity": number(task.quantity),
        "AssemblyInstructionURL": "",
        "CompletionDate": stamps.midnight(task.date),
        "BatchSN": task.number,
        "ExpiryDate": None,
        "Notes": task.comment,
        **_CUSTOM,
        "OrderLines": _order_lines(task, account),
        "PickLines": _picked(task, account) if task.begun else [],
        "Transactions": transactions(task, account),
        "Errors": [],
    }


def disassembly_row(task: StockTask) -> JsonObject:
    """A row of disassemblyList."""
    return {
        "TaskID": task.id,
        "DisassemblyNumber": task.number,
        **_product(task),
        "Quantity": number(task.quantity),
        "Date": stamps.midnight(task.started),
        "Status": task.status,
    }


def disassembly(task: StockTask, account: Account) -> JsonObject:
    """A disassembly: what was taken apart is picked, what came of it is ordered."""
    live = task.status != VOIDED
    cost = account.books.cost(task.id, MADE)
    picked = {
        "BinID": None,
        "Bin": None,
        "Date": stamps.midnight(task.wip_date or task.date),
        "BatchSN": None,
        "ExpiryDate": None,
        "Available": number(task.quantity),
        "UnitCost": number(cost / task.quantity) if task.quantity else 0,
        "Quantity": number(task.quantity),
        "TotalCost": number(cost),
    }
    return {
        "TaskID": task.id,
        "DisassemblyNumber": task.number,
        "Status": task.status,
        **_product(task),
        "CompletionDate": stamps.midnight(task.date),
        "WIPAccount": task.wip_account,
        "Quantity": number(task.quantity),
        "AssemblyInstructionURL": "",
        "PickLines": [picked] if task.begun else [],
        "OrderLines": _parts(task, account),
        "OrderServiceLines": [
            {
                "ProductID": None,
                "Name": service.name,
                "Account": service.account,
                "Comments": "",
                "Amount": number(service.amount),
            }
            for service in (task.services if live else ())
        ],
        "Transactions": transactions(task, account),
        "Errors": [],
    }


def _product(task: StockTask) -> JsonObject:
    return {
        "ProductID": task.product_id,
        "ProductCode": task.sku,
        "ProductName": task.name,
        "LocationID": chart.LOCATION_ID,
        "Location": chart.LOCATION,
    }


def _order_lines(task: StockTask, account: Account) -> list[JsonObject]:
    """Components, then services, which have an expense account instead of stock."""
    if task.status == VOIDED:
        return []
    goods = [
        _order_line(line.product_id, line.sku, line.name, "", line.quantity, account.books.cost(task.id, str(position)))
        for position, line in enumerate(task.lines)
    ]
    return goods + [
        _order_line(None, "", service.name, service.account, Decimal(1), service.amount) for service in task.services
    ]


def _order_line(
    product_id: str | None, sku: str, name: str, expense: str, quantity: Decimal, cost: Decimal
) -> JsonObject:
    return {
        "ProductID": product_id,
        "ProductCode": sku,
        "Name": name,
        "ExpenseAccount": expense,
        "Quantity": number(quantity),
        "Unit": "",
        "WastagePercent": 0,
        "WastageQuantity": 0,
        "TotalQuantity": number(quantity),
        "TotalCost": number(cost),
    }


def _picked(task: StockTask, account: Account) -> list[JsonObject]:
    return [
        {
            "ProductID": line.product_id,
            "ProductCode": line.sku,
            "Name": line.name,
            "BinID": None,
            "Bin": None,
            "BatchSN": None,
            "ExpiryDate": None,
            "Quantity": number(line.quantity),
            "Unit": "Item",
            "Cost": number(account.books.cost(task.id, str(position))),
        }
        for position, line in enumerate(shown_lines(task))
    ]


def _parts(task: StockTask, account: Account) -> list[JsonObject]:
    return [
        {
            "ProductID": line.product_id,
            "ProductCode": line.sku,
            "Name": line.name,
            "BinID": None,
            "Bin": None,
            "Unit": "Item",
            "BatchSN": None,
            "ExpiryDate": None,
            "Account": line.account or account.books.catalogue.inventory(line.product_id),
            "Quantity": number(line.quantity),
            "Cost": number(account.books.cost(task.id, str(position))),
        }
        for position, line in enumerate(shown_lines(task))
    ]
