"""Inventory adjustments: quantities, values, and the opening stock of an item."""

from __future__ import annotations

from decimal import Decimal

from .. import statuses
from ..money import ZERO, cents
from .drafting import Draft, RawLines, begin
from .file import Company
from .posting_accounts import stock_accounts
from .records import Entry, Fields, Line, Movement, Posting, Ref, Transaction


def write(company: Company, kind: str, raw: Fields, given: RawLines, before: Transaction | None) -> Draft:
    """A draft of an inventory adjustment. StatusError when QuickBooks would refuse it."""
    draft = begin(company, kind, raw, before)
    account = draft.entry("AccountRef")
    if account is None:
        raise statuses.missing("AccountRef", draft.noun)
    for _, fields in given:
        _adjust(draft, fields, account)
    return draft


def _adjust(draft: Draft, raw: Fields, account: Entry) -> None:
    item = draft.company.entries[draft.resolver.reference("ItemRef", raw["ItemRef"]).list_id]
    if item.kind != "ItemInventory":
        raise statuses.wrong_item_type(item.name)
    change = raw.get("QuantityAdjustment") or raw.get("ValueAdjustment")
    if change is None:
        raise statuses.feature_off("serial and lot numbers")
    quantity = _quantity(draft, item, change)
    line = Line(draft.company.new_line_id(), "InventoryAdjustmentLineRet", {"ItemRef": Ref(item.list_id)})
    line.fields["QuantityDifference"] = quantity
    asset, _ = stock_accounts(item)
    standard: Decimal = item.fields.get("PurchaseCost") or ZERO
    value = _value(draft, item, change) if "ValueAdjustment" in raw else None
    draft.movements.append(Movement(item.list_id, quantity, value, asset, account.list_id, standard, line.line_id))
    if value is not None:
        draft.postings += [
            Posting(asset, value, value, line.line_id),
            Posting(account.list_id, -value, -value, line.line_id),
        ]
    draft.lines.append(line)


def _quantity(draft: Draft, item: Entry, change: Fields) -> Decimal:
    """How many more or less; a new quantity is turned into the difference to what is there now."""
    if change.get("QuantityDifference") is not None:
        difference: Decimal = change["QuantityDifference"]
        return difference
    if change.get("NewQuantity") is None:
        return ZERO
    new: Decimal = change["NewQuantity"]
    return new - draft.company.stock.on_hand(item.list_id).quantity


def _value(draft: Draft, item: Entry, change: Fields) -> Decimal:
    if change.get("ValueDifference") is not None:
        return cents(change["ValueDifference"])
    if change.get("NewValue") is not None:
        return cents(change["NewValue"] - draft.company.stock.on_hand(item.list_id).value)
    return ZERO


def open_stock(company: Company, item: Entry, opening: Fields) -> None:
    """The quantity that an item begins with, booked against opening balance equity."""
    equity = company.named(("Account",), "Opening Balance Equity")
    if equity is None:
        equity = company.add_entry("Account", Name="Opening Balance Equity", AccountType="Equity")
    quantity: Decimal = opening["QuantityOnHand"]
    value = opening.get("TotalValue")
    if value is None:
        value = quantity * (item.fields.get("PurchaseCost") or ZERO)
    day = opening.get("InventoryDate") or company.today()
    draft = begin(company, "InventoryAdjustment", {"TxnDate": day}, None)
    draft.fields["AccountRef"] = Ref(equity.list_id)
    asset, _ = stock_accounts(item)
    line = Line(company.new_line_id(), "InventoryAdjustmentLineRet", {"ItemRef": Ref(item.list_id)})
    line.fields["QuantityDifference"] = quantity
    draft.lines = [line]
    draft.movements = [Movement(item.list_id, quantity, cents(value), asset, equity.list_id, ZERO, line.line_id)]
    draft.post(asset, cents(value), line)
    draft.post(equity.list_id, -cents(value), line)
    draft.save()
