"""Which accounts the types of items book on."""

from __future__ import annotations

from .. import statuses
from .records import Entry, Ref


def _account(ref: Ref | None, item: Entry) -> str:
    if ref is None:
        raise statuses.no_posting_account("Item", item.name)
    return ref.list_id


def income_account(item: Entry, noun: str) -> str:
    """Where a sale of the item is booked; 3280 for an item that can't be sold on this kind of document."""
    if item.kind in ("ItemGroup", "ItemSalesTax", "ItemSalesTaxGroup"):
        raise statuses.wrong_item_type(item.name)
    sides = item.fields.get("SalesAndPurchase")
    if sides:
        return _account(sides.get("IncomeAccountRef"), item)
    single = item.fields.get("SalesOrPurchase")
    if single:
        return _account(single.get("AccountRef"), item)
    return _account(item.fields.get("IncomeAccountRef") or item.fields.get("AccountRef"), item)


def expense_account(item: Entry) -> str:
    """Where a purchase of the item is booked: its asset account when it is stock."""
    if item.kind == "ItemInventory":
        return stock_accounts(item)[0]
    sides = item.fields.get("SalesAndPurchase")
    if sides:
        return _account(sides.get("ExpenseAccountRef"), item)
    single = item.fields.get("SalesOrPurchase")
    if single:
        return _account(single.get("AccountRef"), item)
    if item.kind == "ItemDiscount":
        return _account(item.fields.get("AccountRef"), item)
    raise statuses.wrong_item_type(item.name)


def stock_accounts(item: Entry) -> tuple[str, str]:
    """The asset account and the cost account of an inventory item."""
    return _account(item.fields.get("AssetAccountRef"), item), _account(item.fields.get("COGSAccountRef"), item)
