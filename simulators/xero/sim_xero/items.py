"""Items (the price list). Source: Xero API documentation, Items."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

from . import batch, listing
from .dates import stamp
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw, flag, number, part, short_text, text
from .filters import Reader
from .money import rounded
from .records import Item

FIELDS: dict[str, Reader[Item]] = {
    "itemid": lambda item: item.item_id,
    "code": lambda item: item.code,
    "name": lambda item: item.name,
    "description": lambda item: item.description,
    "issold": lambda item: item.is_sold,
    "ispurchased": lambda item: item.is_purchased,
    "istrackedasinventory": lambda item: item.is_tracked,
    "updateddateutc": lambda item: item.updated,
}
_BATCH = ("Items", "ItemID", "HasErrors")
_DETAILS = ("AccountCode", "TaxType", "COGSAccountCode")


def render(call: Call, item: Item) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ItemID": item.item_id,
        "Code": item.code,
        "Description": item.description,
        "PurchaseDescription": item.purchase_description,
        "UpdatedDateUTC": stamp(item.updated),
        "PurchaseDetails": _details(call, item.purchases),
        "SalesDetails": _details(call, item.sales),
        "Name": item.name,
        "IsTrackedAsInventory": item.is_tracked,
        "IsSold": item.is_sold,
        "IsPurchased": item.is_purchased,
    }
    if item.is_tracked:
        shown |= {
            "InventoryAssetAccountCode": item.inventory_account,
            "TotalCostPool": 0.0,
            "QuantityOnHand": 0.0,
        }
    return shown


def _details(call: Call, details: dict[str, Any]) -> dict[str, Any]:
    """Prices show 2 decimals unless `unitdp=4` (docs)."""
    shown = {name: value for name, value in details.items() if value not in ("", None)}
    if "UnitPrice" in shown:
        shown["UnitPrice"] = rounded(Decimal(shown["UnitPrice"]), call.unit_places)
    return shown


_LIST = listing.ListOf("Items", "Item", FIELDS, render, lambda item: item.updated, paged=False)


@endpoint("GET", "/Items", "items")
def list_items(call: Call) -> Payload:
    """Never paged: `page` is ignored (docs)."""
    code = listing.equality(call, "code")
    return listing.answer(call, _LIST, call.books.items if code is None else call.books.items.find("code", code))


def _find(call: Call) -> Item:
    item = call.books.item(call.args["key"])
    if item is None:
        raise not_found()
    return item


@endpoint("GET", "/Items/<path:key>", "items")
def get_item(call: Call) -> Payload:
    return {"Items": [render(call, _find(call))]}


@endpoint("PUT", "/Items", "items")
def put_items(call: Call) -> Payload:
    return batch.run(call, *_BATCH, lambda call, raw: render(call, _create(call, raw)))


@endpoint("POST", "/Items", "items")
def post_items(call: Call) -> Payload:
    """Update by ItemID or code, else create (docs)."""

    def write(call: Call, raw: Raw) -> dict[str, Any]:
        found = call.books.item(str(raw.get("ItemID") or raw.get("Code") or ""))
        return render(call, _create(call, raw) if found is None else _apply(call, found, raw))

    return batch.run(call, *_BATCH, write)


@endpoint("POST", "/Items/<path:key>", "items")
def post_item(call: Call) -> Payload:
    item = _find(call)
    return batch.single(call, *_BATCH, call.element("Items"), lambda call, raw: render(call, _apply(call, item, raw)))


@endpoint("DELETE", "/Items/<path:key>", "items")
def delete_item(call: Call) -> None:
    call.books.items.remove(_find(call).item_id)


def _create(call: Call, raw: Raw) -> Item:
    return _apply(call, Item(str(uuid.uuid4()), "", call.now), raw)


def _apply(call: Call, item: Item, raw: Raw) -> Item:
    problems = ValidationError()
    code = short_text(raw, "Code", 30, problems)
    code = item.code if code is None else code
    if not code:
        problems.add("Price List Item Code must be specified", "Code")
    if any(other.item_id != item.item_id for other in call.books.items.find("code", code)):
        problems.add(f"Price List Item with Code '{code}' already exists", "Code")
    name = short_text(raw, "Name", 50, problems)
    description = short_text(raw, "Description", 4000, problems)
    purchase_description = short_text(raw, "PurchaseDescription", 4000, problems)
    is_sold, is_purchased = flag(raw, "IsSold"), flag(raw, "IsPurchased")
    changed = replace(
        item,
        code=code,
        name=item.name if name is None else name,
        description=item.description if description is None else description,
        purchase_description=item.purchase_description if purchase_description is None else purchase_description,
        is_sold=item.is_sold if is_sold is None else is_sold,
        is_purchased=item.is_purchased if is_purchased is None else is_purchased,
        sales=_merged(call, item.sales, part(raw, "SalesDetails"), problems),
        purchases=_merged(call, item.purchases, part(raw, "PurchaseDetails"), problems),
        updated=call.now,
    )
    _track(call, changed, raw, problems)
    _switch_off(changed)
    problems.raise_if_any()
    return call.books.items.put(changed)


def _switch_off(item: Item) -> None:
    """IsSold or IsPurchased false empties that side's details (docs)."""
    if not item.is_sold:
        item.sales, item.description = {}, ""
    if not item.is_purchased:
        item.purchases, item.purchase_description = {}, ""


def _track(call: Call, item: Item, raw: Raw, problems: ValidationError) -> None:
    """A tracked item needs an INVENTORY account and a COGS account; it cannot be untracked (docs; seen)."""
    inventory = text(raw, "InventoryAssetAccountCode")
    if item.inventory_account and inventory == "":
        problems.add("A tracked item cannot be changed to an untracked item.")
    if not inventory:
        return
    account = call.books.account(inventory)
    if account is None or account.type != "INVENTORY":
        problems.add(f"Account code '{inventory}' is not a valid code for this document.", "InventoryAssetAccountCode")
    if not item.purchases.get("COGSAccountCode"):
        problems.add("A tracked item needs PurchaseDetails.COGSAccountCode.", "PurchaseDetails")
    item.inventory_account = inventory


def _merged(call: Call, present: dict[str, Any], sent: Raw, problems: ValidationError) -> dict[str, Any]:
    details = dict(present)
    price = number(sent, "UnitPrice")
    if price is not None:
        details["UnitPrice"] = str(rounded(price, call.unit_places))
    for name in _DETAILS:
        value = text(sent, name)
        if value is not None:
            details[name] = value
    for name in ("AccountCode", "COGSAccountCode"):
        code = details.get(name)
        account = call.books.account(code) if code and sent.get(name) else None
        if code and sent.get(name) and (account is None or account.status != "ACTIVE"):
            problems.add(f"Account code '{code}' is not a valid code for this document.", name)
    tax_type = sent.get("TaxType")
    rate = call.books.tax_rates.get(str(tax_type)) if tax_type else None
    if tax_type and (rate is None or rate.status != "ACTIVE"):
        problems.add(f"The TaxType code {tax_type} does not exist or cannot be used for this type of transaction.")
    return details
