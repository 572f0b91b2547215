"""Bills and vendor credits: expense lines, item lines, and what they book. They post at once; there are no drafts."""

from __future__ import annotations

from decimal import Decimal

from .. import statuses
from ..money import ZERO, cents
from .drafting import Draft, RawLines, begin, control_account, due_date, merged_lines
from .file import Company
from .linking import check_still_covers
from .posting_accounts import expense_account, stock_accounts
from .records import Entry, Fields, Line, Movement, Ref, Transaction
from .sales import line_value

_TAGS = {
    "ExpenseLineAdd": "ExpenseLineRet",
    "ExpenseLineMod": "ExpenseLineRet",
    "ItemLineAdd": "ItemLineRet",
    "ItemLineMod": "ItemLineRet",
}


def write(company: Company, kind: str, raw: Fields, given: RawLines, before: Transaction | None) -> Draft:
    """A draft of a bill or vendor credit. StatusError when QuickBooks would refuse it."""
    for tag, _ in given:
        if tag not in _TAGS and not tag.startswith("Clear"):
            raise statuses.not_simulated(tag)
    draft = begin(company, kind, raw, before)
    vendor = draft.entry("VendorRef")
    if vendor is None:
        raise statuses.missing("VendorRef", draft.noun)
    if kind == "Bill":
        due_date(draft)
    if "VendorAddress" in vendor.fields and kind == "Bill" and not before:
        draft.fields.setdefault("VendorAddress", vendor.fields["VendorAddress"])
    draft.lines = _lines(draft, raw, given)
    _amounts(draft)
    _book(draft)
    check_still_covers(draft)
    return draft


def _lines(draft: Draft, raw: Fields, given: RawLines) -> list[Line]:
    """Expense lines before item lines; each sort is replaced only when the request names or clears it."""
    lines: list[Line] = []
    for tag, clear in (("ExpenseLine", "ClearExpenseLines"), ("ItemLine", "ClearItemLines")):
        draft.fields.pop(clear, None)
        own = [(name, fields) for name, fields in given if name.startswith(tag)]
        merged = [line for line in merged_lines(draft, own, _TAGS) if line.tag == f"{tag}Ret"]
        lines += [] if raw.get(clear) and not own else merged
    return lines


def _amounts(draft: Draft) -> None:
    for line in draft.lines:
        if line.tag == "ExpenseLineRet":
            line.fields["Amount"] = cents(line.fields.get("Amount", ZERO))
            if "AccountRef" not in line.fields and line.fields["Amount"]:
                raise statuses.missing("AccountRef", f"{draft.noun} line")
        else:
            item = _item(draft, line)
            line.fields["Amount"] = line_value(draft, line, "Cost", purchase_cost(item))
    draft.total = sum((line.fields["Amount"] for line in draft.lines), ZERO)
    if draft.total < 0 and draft.company.switches["negative_totals"] == "refused":
        raise statuses.not_saved(draft.noun, "Transaction amount must be positive.")


def _item(draft: Draft, line: Line) -> Entry:
    ref: Ref | None = line.fields.get("ItemRef")
    if ref is None:
        raise statuses.missing("ItemRef", f"{draft.noun} line")
    return draft.company.entries[ref.list_id]


def purchase_cost(item: Entry) -> Decimal | None:
    """The cost of an item, wherever its type keeps it."""
    sides = item.fields.get("SalesAndPurchase") or item.fields.get("SalesOrPurchase") or item.fields
    cost: Decimal | None = sides.get("PurchaseCost", sides.get("Price"))
    return cost


def _book(draft: Draft) -> None:
    """Expenses and stock by account, and the payable against them."""
    payable = control_account(draft, "AccountsPayable")
    sign = 1 if draft.kind == "Bill" else -1
    for line in draft.lines:
        amount = sign * line.fields["Amount"]
        if line.tag == "ExpenseLineRet":
            if ref := line.fields.get("AccountRef"):
                draft.post(ref.list_id, amount, line)
            continue
        item = _item(draft, line)
        draft.post(expense_account(item), amount, line)
        if item.kind == "ItemInventory" and line.fields.get("Quantity"):
            asset, cost = stock_accounts(item)
            quantity = sign * line.fields["Quantity"]
            value = draft.home(amount)
            draft.movements.append(Movement(item.list_id, quantity, value, asset, cost, ZERO, line.line_id))
    draft.balance(payable, draft.fields["VendorRef"].list_id)
