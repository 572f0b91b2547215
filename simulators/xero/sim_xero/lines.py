"""Line items of invoices and credit notes: reading, checking, arithmetic.

Sources: Xero API documentation, Invoices (LineItems) and Rounding in Xero; messages as users of the API
quote them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from . import line_accounts, line_taxes, line_tracking
from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, number, text
from .money import HUNDRED, ZERO, line_amount, line_tax, rounded
from .records import Account, Item, Line

_LONGEST_DESCRIPTION = 4000
_AMOUNTS = ("Quantity", "UnitAmount", "LineAmount", "DiscountRate", "DiscountAmount")


@dataclass(slots=True)
class LineRules:
    """What the document around the lines decides."""

    call: Call
    document_type: str
    is_draft: bool
    amount_types: str
    problems: ValidationError
    warnings: list[str]
    accounts: dict[str, Account | None] = field(default_factory=dict)

    @property
    def sale(self) -> bool:
        return self.document_type.startswith(("ACCREC", "RECEIVE"))


def build(rules: LineRules, sent: list[Raw], present: list[Line]) -> list[Line]:
    """The document's new lines: with a known LineItemID changed, without one new, missing ones gone (docs)."""
    known = {line.line_id: line for line in present}
    lines = []
    for index, raw in enumerate(sent):
        old = known.pop(str(raw.get("LineItemID") or "").lower(), None)
        if old is None and present and raw.get("LineItemID"):
            _unknown_line(rules, index, raw)
        lines.append(_line(rules, index, raw, old))
    return lines


def recalculated(rules: LineRules, present: list[Line]) -> list[Line]:
    """The same lines under another LineAmountTypes."""
    return [_line(rules, index, {"LineAmount": line.line_amount}, line) for index, line in enumerate(present)]


def totals(lines: list[Line], amount_types: str) -> tuple[Decimal, Decimal, Decimal]:
    """SubTotal, TotalTax, Total: sums of the rounded lines."""
    amounts = sum((line.line_amount for line in lines), ZERO)
    tax = sum((line.tax_amount for line in lines), ZERO)
    if amount_types == "Inclusive":
        return amounts - tax, tax, amounts
    return amounts, tax, amounts + tax


def _unknown_line(rules: LineRules, index: int, raw: Raw) -> None:
    if rules.call.world.switches["unknown_line_id_refused"]:
        rules.problems.add(f"The LineItemID {raw['LineItemID']} is not on this document.", "LineItems", index)


def _line(rules: LineRules, index: int, raw: Raw, old: Line | None) -> Line:
    item = _item(rules, index, raw, old)
    defaults = _item_defaults(rules, item)
    description = text(raw, "Description")
    if description is None:
        description = old.description if old else _item_description(rules, item)
    _check_description(rules, index, description)
    account_code = _account_code(rules, index, raw, old, defaults)
    line = Line(
        line_id=old.line_id if old else str(uuid.uuid4()),
        description=description,
        quantity=None,
        unit_amount=None,
        line_amount=ZERO,
        tax_amount=ZERO,
        account_code=account_code,
        item_code=item.code if item else "",
        tracking=_tracking(rules, index, raw, old),
    )
    _amounts(rules, index, raw, old, defaults, line)
    _tax(rules, index, raw, old, defaults, line)
    return line


def _tracking(rules: LineRules, index: int, raw: Raw, old: Line | None) -> list[dict[str, str]]:
    return line_tracking.read(rules.call, raw, old.tracking if old else [], rules.problems, "LineItems", index)


def _item(rules: LineRules, index: int, raw: Raw, old: Line | None) -> Item | None:
    code = text(raw, "ItemCode")
    if code is None:
        code = old.item_code if old else ""
    item = rules.call.books.item(code) if code else None
    if code and item is None:
        rules.problems.add(f"Item code '{code}' is not valid", "LineItems", index)
    return item


def _item_defaults(rules: LineRules, item: Item | None) -> dict[str, Any]:
    if item is None:
        return {}
    return item.sales if rules.sale else item.purchases


def _item_description(rules: LineRules, item: Item | None) -> str:
    if item is None:
        return ""
    return item.description if rules.sale else item.purchase_description


def _check_description(rules: LineRules, index: int, description: str) -> None:
    """At least one character, at most 4,000 (docs)."""
    if not description.strip():
        rules.problems.add("Description must not be empty.", "LineItems", index)
    elif len(description) > _LONGEST_DESCRIPTION:
        rules.problems.add("The description must be at most 4000 characters long.", "LineItems", index)


def _account_code(rules: LineRules, index: int, raw: Raw, old: Line | None, defaults: dict[str, Any]) -> str:
    """The line's account. On a draft an unknown code is dropped with a warning; else it is an error (docs)."""
    code = text(raw, "AccountCode") or text(raw, "AccountID") or (old.account_code if old else "")
    code = code or defaults.get("AccountCode") or ""
    if not code:
        sent = any(raw.get(name) is not None for name in _AMOUNTS) or defaults.get("UnitPrice") is not None
        has_amount = sent or (old and old.quantity is not None)
        if not rules.is_draft and has_amount:
            rules.problems.add("Account code must be specified", "LineItems", index)
        return ""
    account = _account(rules, code)
    if account is None:
        if rules.is_draft:
            rules.warnings.append(line_accounts.removed(code))
            return ""
        rules.problems.add(line_accounts.not_valid(code), "LineItems", index)
        return code
    if not line_accounts.usable(account, rules.call.world.switches["inventory_account_on_lines_refused"]):
        rules.problems.add(line_accounts.not_valid(code), "LineItems", index)
    return account.code


def _account(rules: LineRules, code: str) -> Account | None:
    """An active account by code or id, remembered for the document."""
    if code not in rules.accounts:
        rules.accounts[code] = line_accounts.recognised(rules.call, code)
    return rules.accounts[code]


def _amounts(rules: LineRules, index: int, raw: Raw, old: Line | None, defaults: dict[str, Any], line: Line) -> None:
    """Quantity, unit amount and line amount; one of them may be left out and is worked out (docs)."""
    places, problems = rules.call.unit_places, rules.problems
    quantity, unit, sent = number(raw, "Quantity"), number(raw, "UnitAmount"), number(raw, "LineAmount")
    rate, discount = _discounts(rules, index, raw, old)
    if old:
        quantity = old.quantity if quantity is None else quantity
        unit = old.unit_amount if unit is None else unit
    elif unit is None and sent is None and defaults.get("UnitPrice") is not None:
        unit = Decimal(defaults["UnitPrice"])
    if quantity is None and unit is None and sent is None:
        return
    if unit is not None and (old is None or raw.get("UnitAmount") is not None):
        unit = rounded(unit, places)
    if quantity is None:
        quantity = rounded(sent / unit, 4) if sent is not None and unit else Decimal(1)
    if unit is None:
        unit = rounded(sent / quantity, places) if sent is not None and quantity else ZERO
    quantity = rounded(quantity, 4)
    if quantity < 0 and rules.call.world.switches["negative_quantity_refused"]:
        message = f"The quantity value '{quantity}' is invalid. Quantity must not be less than zero."
        problems.add(message, "LineItems", index)
    expected = line_amount(quantity, unit, rate or ZERO, discount or ZERO)
    if sent is not None and rounded(sent) != expected:
        message = f"The line total {rounded(sent)} does not match the expected line total {expected}"
        problems.add(message, "LineItems", index)
    line.quantity, line.unit_amount, line.line_amount = quantity, unit, expected
    line.discount_rate, line.discount_amount = rate, discount


def _discounts(rules: LineRules, index: int, raw: Raw, old: Line | None) -> tuple[Decimal | None, Decimal | None]:
    """DiscountRate (percent) or DiscountAmount, on sales invoices only (docs)."""
    rate, amount = number(raw, "DiscountRate"), number(raw, "DiscountAmount")
    if rate is None and amount is None:
        return (old.discount_rate, old.discount_amount) if old else (None, None)
    if rules.document_type != "ACCREC" and (rate or amount):
        if rules.call.world.switches["discount_refused_where_unsupported"]:
            message = "Discounts are only supported on sales invoices."
            rules.problems.add(message, "LineItems", index)
        return None, None
    if rate is not None and not ZERO <= rate <= HUNDRED:
        rules.problems.add("The discount rate must be between 0 and 100.", "LineItems", index)
    return rate, amount


def _tax(rules: LineRules, index: int, raw: Raw, old: Line | None, defaults: dict[str, Any], line: Line) -> None:
    """Tax type and amount. A sent TaxAmount stands; else it is worked out per line (docs)."""
    if rules.amount_types == "NoTax":
        line.tax_type = "NONE" if line.quantity is not None else ""
        return
    sent = text(raw, "TaxType")
    account = rules.accounts.get(line.account_code) or rules.call.books.account(line.account_code)
    account = account if line.account_code else None
    tax_type = sent or (old.tax_type if old else "") or defaults.get("TaxType") or (account.tax_type if account else "")
    if not tax_type:
        if not rules.is_draft and line.quantity is not None:
            rules.problems.add("The TaxType field is mandatory", "LineItems", index)
        line.tax_amount = rounded(number(raw, "TaxAmount") or ZERO)
        return
    line.tax_type = tax_type
    rate = line_taxes.rate_of(rules.call, tax_type, account, rules.problems, "LineItems", index)
    tax = number(raw, "TaxAmount")
    if tax is None and old and _unchanged(old, line) and "LineAmount" not in raw:
        tax = old.tax_amount
    if tax is None:
        tax = line_tax(line.line_amount, rate.rate if rate else ZERO, rules.amount_types == "Inclusive")
    line.tax_amount = rounded(tax)
    refused = rules.call.world.switches["tax_on_zero_rate_refused"]
    if refused and line.tax_amount and rate is not None and not rate.rate:
        message = f"The TaxAmount {line.tax_amount} cannot be used with the TaxType '{tax_type}', whose rate is zero."
        rules.problems.add(message, "LineItems", index)


def _unchanged(old: Line, line: Line) -> bool:
    return old.line_amount == line.line_amount and old.tax_type == line.tax_type
