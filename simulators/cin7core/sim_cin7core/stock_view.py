"""Adjustments, stocktakes and write-offs as Core's JSON (documentation pages of these)."""

from __future__ import annotations

from sim_cin7core import chart, stamps
from sim_cin7core.account import Account
from sim_cin7core.cards import number
from sim_cin7core.records import VOIDED, ZERO, JsonObject, identifier
from sim_cin7core.stock_records import StockLine, StockTask

_CUSTOM = dict.fromkeys(f"ProductCustomField{position}" for position in range(1, 11))
_SIZES = dict.fromkeys(("ProductLength", "ProductWidth", "ProductHeight", "ProductWeight"), 0)


def adjustment_row(task: StockTask) -> JsonObject:
    """A row of stockadjustmentList; no change stamp in it."""
    return {
        "TaskID": task.id,
        "EffectiveDate": stamps.midnight(task.date),
        "StocktakeNumber": task.number,
        "Status": task.status,
        "Account": task.account,
        "Reference": task.reference,
        "Comment": task.comment,
    }


def adjustment(task: StockTask, account: Account) -> JsonObject:
    """An adjustment: lines of what was there, lines of new stock, and postings with accounts as ``code: name``."""
    return {
        **adjustment_row(task),
        "ExistingStockLines": [_existing(line) for line in shown_lines(task) if not line.new],
        "NewStockLines": [_new(line, task) for line in shown_lines(task) if line.new],
        "Transactions": transactions(task, account, named=True),
    }


def stocktake_row(task: StockTask) -> JsonObject:
    """A row of stockTakeList: what was selected is text here, and a list in the detail."""
    return {
        "TaskID": task.id,
        "EffectiveDate": stamps.midnight(task.date),
        "StocktakeNumber": task.number,
        "Status": task.status,
        "Account": task.account,
        "LocationID": chart.LOCATION_ID,
        "Location": chart.LOCATION,
        **dict.fromkeys(("Tags", "PickZones", "StockLocators", "Categories", "Brands", "Bins"), ""),
        "Reference": task.reference,
        "CreatedDate": stamps.shown(task.created),
        "LastUpdatedDate": stamps.shown(task.updated),
        "LastUpdatedBy": "stock@example.com",
    }


def stocktake(task: StockTask, account: Account) -> JsonObject:
    """A stocktake: products that were there and products that were not."""
    shown = stocktake_row(task)
    for name in ("CreatedDate", "LastUpdatedDate", "LastUpdatedBy"):
        del shown[name]
    lists: JsonObject = {name: [] for name in ("Tags", "PickZones", "StockLocators", "Categories", "Brands", "Bins")}
    return {
        **shown,
        **lists,
        "NonZeroStockOnHandProducts": [_existing(line) for line in shown_lines(task) if not line.new],
        "ZeroStockOnHandProducts": [_new(line, task) for line in shown_lines(task) if line.new],
        "Transactions": transactions(task, account, named=True),
    }


def write_off_row(task: StockTask) -> JsonObject:
    """A row of inventoryWriteOffList, whose Date is the moment of its creation."""
    return {
        "TaskID": task.id,
        "InventoryWriteOffNumber": task.number,
        "Status": task.status,
        "LocationID": chart.LOCATION_ID,
        "Location": chart.LOCATION,
        "Date": stamps.shown(task.created),
        "Notes": task.comment,
    }


def write_off(task: StockTask, account: Account) -> JsonObject:
    """A write-off with what each line cost."""
    lines = []
    for position, line in enumerate(shown_lines(task)):
        cost = account.books.cost(task.id, str(position))
        lines.append(
            {
                "ProductID": line.product_id,
                "ProductCode": line.sku,
                "Name": line.name,
                **_place(),
                "ExpenseAccount": line.account or None,
                "Quantity": number(line.quantity),
                "Cost": number(cost / line.quantity) if line.quantity else 0,
                "TotalCost": number(cost),
            }
        )
    return {
        "TaskID": task.id,
        "InventoryWriteOffNumber": task.number,
        "Status": task.status,
        "LocationID": chart.LOCATION_ID,
        "Location": chart.LOCATION,
        "Account": task.account,
        "EffectiveDate": stamps.midnight(task.date),
        "Notes": task.comment,
        "Lines": lines,
        "Transactions": transactions(task, account),
        "Errors": [],
    }


def shown_lines(task: StockTask) -> tuple[StockLine, ...]:
    """A voided task has no lines any more (documentation, DELETE of each page)."""
    return () if task.status == VOIDED else task.lines


def transactions(task: StockTask, account: Account, *, named: bool = False) -> list[JsonObject]:
    """The postings of a task. Codes are bare but for adjustments and stocktakes, where they are ``code: name``."""
    label = chart.display_name if named else str
    return [
        {
            "ID": identifier("transaction", task.id, position),
            "Debit": label(row.debit),
            "Credit": label(row.credit),
            "Amount": number(row.amount),
            "EffectiveDate": stamps.midnight(row.date),
        }
        for position, row in enumerate(account.books.rows_of(task))
    ]


def _place() -> JsonObject:
    return {"BinID": None, "Bin": None, "BatchSN": None, "ExpiryDate": None}


def _existing(line: StockLine) -> JsonObject:
    """``Adjustment`` is the new quantity on hand, not a difference (documentation, Stock adjustment)."""
    return {
        **_product(line),
        "QuantityOnHand": number(line.on_hand),
        "Available": number(line.on_hand),
        "Adjustment": number(line.quantity),
        **_rest(),
    }


def _new(line: StockLine, task: StockTask) -> JsonObject:
    return {
        **_product(line),
        "Quantity": number(line.quantity),
        "UnitCost": number(line.unit_cost or ZERO),
        "ReceivedDate": stamps.midnight(task.date),
        **_rest(),
    }


def _product(line: StockLine) -> JsonObject:
    return {"ProductID": line.product_id, "SKU": line.sku, "ProductName": line.name}


def _rest() -> JsonObject:
    return {
        "LocationID": chart.LOCATION_ID,
        "Location": chart.LOCATION,
        "BatchSN": None,
        "ExpiryDate": None,
        "Comments": "",
        **_SIZES,
        "WeightUnits": "",
        "DimensionsUnits": "",
        **_CUSTOM,
    }
