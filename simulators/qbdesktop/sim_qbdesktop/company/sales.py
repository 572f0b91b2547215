"""Invoices and credit memos: lines, discounts, subtotals, sales tax, and what they book.

QuickBooks for the United States works sales tax out by itself: one sales tax item for the document, applied to the
lines whose tax code is taxable. Source: QuickBooks Desktop SDK Programmer's Guide, sales tax.
"""

from __future__ import annotations

from decimal import Decimal

from .. import statuses
from ..money import ZERO, cents, five_places
from .drafting import Draft, RawLines, begin, control_account, due_date, merged_lines
from .file import Company
from .kinds import TAX_ITEMS
from .linking import apply_credits, check_still_covers
from .posting_accounts import income_account, stock_accounts
from .records import Entry, Fields, Line, Movement, Ref, Transaction

_TAGS = {
    "InvoiceLineAdd": "InvoiceLineRet",
    "InvoiceLineMod": "InvoiceLineRet",
    "CreditMemoLineAdd": "CreditMemoLineRet",
    "CreditMemoLineMod": "CreditMemoLineRet",
}
_HUNDRED = Decimal(100)


def write(company: Company, kind: str, raw: Fields, given: RawLines, before: Transaction | None) -> Draft:
    """A draft of an invoice or credit memo. StatusError when QuickBooks would refuse it."""
    for tag, _ in given:
        if tag not in _TAGS:
            raise statuses.not_simulated(tag)
    draft = begin(company, kind, raw, before)
    _take_from_customer(draft)
    draft.lines = merged_lines(draft, given, _TAGS)
    _amounts(draft)
    _book(draft)
    if kind == "Invoice":
        _check_credit_limit(draft)
    check_still_covers(draft)
    apply_credits(draft, raw.get("SetCredit", []))
    return draft


def _take_from_customer(draft: Draft) -> None:
    customer = draft.entry("CustomerRef")
    if customer is None:
        raise statuses.missing("CustomerRef", draft.noun)
    due_date(draft)
    draft.fields.setdefault("IsPending", False)
    for own, theirs in (("BillAddress", "BillAddress"), ("ShipAddress", "ShipAddress")):
        if theirs in customer.fields and not draft.before:
            draft.fields.setdefault(own, customer.fields[theirs])
    if draft.company.preferences.sales_tax:
        _take_tax(draft, customer)


def _take_tax(draft: Draft, customer: Entry) -> None:
    code = customer.fields.get("SalesTaxCodeRef")
    item = customer.fields.get("ItemSalesTaxRef") or Ref(draft.company.preferences.default_sales_tax)
    if code:
        draft.fields.setdefault("CustomerSalesTaxCodeRef", code)
    if item.list_id:
        draft.fields.setdefault("ItemSalesTaxRef", item)


# ---------------------------------------------------------------------- amounts


def _amounts(draft: Draft) -> None:
    """Work out every line, the subtotal, the tax and the total."""
    subtotal, before, running = ZERO, ZERO, ZERO
    for line in draft.lines:
        item = _item(draft, line)
        if item is None:
            _description_only(draft, line)
            continue
        if item.kind == "ItemSubtotal":
            line.fields["Amount"] = before = running
            continue
        amount = _line_amount(draft, line, item, before)
        line.fields["Amount"] = before = amount
        _set_taxable(draft, line, item)
        running += amount
        subtotal += amount
    _totals(draft, subtotal)


def _totals(draft: Draft, subtotal: Decimal) -> None:
    tax = sales_tax(draft)
    draft.fields["Subtotal"], draft.fields["SalesTaxTotal"] = subtotal, tax
    draft.total = subtotal + tax
    if draft.total < 0 and draft.company.switches["negative_totals"] == "refused":
        raise statuses.not_saved(draft.noun, "Transaction amount must be positive.")


def _item(draft: Draft, line: Line) -> Entry | None:
    ref: Ref | None = line.fields.get("ItemRef")
    return draft.company.entries[ref.list_id] if ref else None


def _description_only(draft: Draft, line: Line) -> None:
    if line.fields.get("Amount") or line.fields.get("Rate"):
        raise statuses.missing("ItemRef", f"{draft.noun} line")


def _line_amount(draft: Draft, line: Line, item: Entry, before: Decimal) -> Decimal:
    fields = line.fields
    if item.kind in TAX_ITEMS:
        raise statuses.wrong_item_type(item.name)
    fields.setdefault("Desc", _description(item))
    if item.kind == "ItemDiscount":
        return _discount(line, item, before)
    return line_value(draft, line, "Rate", sales_price(item))


def line_value(draft: Draft, line: Line, price_name: str, own_price: Decimal | None) -> Decimal:
    """Quantity x price, or the amount given; the price that was not given follows from the amount."""
    fields = line.fields
    amount: Decimal | None = fields.get("Amount")
    price: Decimal | None = fields.get(price_name)
    quantity: Decimal | None = fields.get("Quantity")
    if amount is None or (price is not None and draft.company.switches["amount_or_rate"] == "rate"):
        if price is None:
            price = fields[price_name] = own_price if own_price is not None else ZERO
        return cents(price * (Decimal(1) if quantity is None else quantity))
    if quantity and (price is None or cents(price * quantity) != amount):
        fields[price_name] = five_places(amount / quantity)
    elif price is None:
        fields[price_name] = amount
    return cents(amount)


def _discount(line: Line, item: Entry, before: Decimal) -> Decimal:
    """A discount takes off: an amount, or a percentage of the line above."""
    given: Decimal | None = line.fields.get("Amount", line.fields.get("Rate"))
    if given is not None:
        return -abs(cents(given))
    percent: Decimal | None = line.fields.get("RatePercent", item.fields.get("DiscountRatePercent"))
    if percent is not None:
        line.fields["RatePercent"] = percent
        return -abs(cents(before * percent / _HUNDRED))
    rate: Decimal = item.fields.get("DiscountRate", ZERO)
    return -abs(cents(rate))


def sales_price(item: Entry) -> Decimal | None:
    """The price of an item, wherever its type keeps it."""
    sides = item.fields.get("SalesAndPurchase") or item.fields.get("SalesOrPurchase") or item.fields
    price: Decimal | None = sides.get("SalesPrice", sides.get("Price"))
    return price


def _description(item: Entry) -> str | None:
    sides = item.fields.get("SalesAndPurchase") or item.fields.get("SalesOrPurchase") or item.fields
    text: str | None = sides.get("SalesDesc", sides.get("Desc", item.fields.get("ItemDesc")))
    return text


# ---------------------------------------------------------------------- sales tax


def _set_taxable(draft: Draft, line: Line, item: Entry) -> None:
    """A line's tax code is its own, else the item's, but a customer who is not taxable pays for no line."""
    if not draft.company.preferences.sales_tax:
        return
    code: Ref | None = line.fields.get("SalesTaxCodeRef") or item.fields.get("SalesTaxCodeRef")
    if code is None and (taxable := draft.company.named(("SalesTaxCode",), "Tax")):
        code = Ref(taxable.list_id)
    customers: Ref | None = draft.fields.get("CustomerSalesTaxCodeRef")
    if customers and not _is_taxable(draft, customers) and "SalesTaxCodeRef" not in line.fields:
        code = customers
    if code:
        line.fields["SalesTaxCodeRef"] = code


def _is_taxable(draft: Draft, code: Ref) -> bool:
    return draft.company.entries[code.list_id].fields.get("IsTaxable") is True


def tax_parts(company: Company, tax: Ref | None) -> list[Entry]:
    """The single sales tax items of a document's tax."""
    if tax is None:
        return []
    item = company.entries[tax.list_id]
    if item.kind == "ItemSalesTax":
        return [item]
    return [company.entries[ref.list_id] for ref in item.fields.get("ItemSalesTaxRef", [])]


def tax_percentage(company: Company, tax: Ref | None) -> Decimal:
    return sum((each.fields.get("TaxRate") or ZERO for each in tax_parts(company, tax)), Decimal(0))


def taxable_amount(draft: Draft) -> Decimal:
    lines = [line for line in draft.lines if (code := line.fields.get("SalesTaxCodeRef")) and _is_taxable(draft, code)]
    subtotals = [line for line in lines if (item := _item(draft, line)) and item.kind == "ItemSubtotal"]
    return sum((line.fields.get("Amount", ZERO) for line in lines if line not in subtotals), ZERO)


def sales_tax(draft: Draft) -> Decimal:
    """The document's tax: each authority's percentage of all that is taxable, rounded once."""
    if not draft.company.preferences.sales_tax:
        return ZERO
    base = taxable_amount(draft)
    parts = tax_parts(draft.company, draft.fields.get("ItemSalesTaxRef"))
    return sum((cents(base * (part.fields.get("TaxRate") or ZERO) / _HUNDRED) for part in parts), ZERO)


# ---------------------------------------------------------------------- the books


def _book(draft: Draft) -> None:
    """Revenue and tax by account, the receivable against them, and the stock that goes out or comes back."""
    receivable = control_account(draft, "AccountsReceivable")
    sign = 1 if draft.kind == "CreditMemo" else -1
    if draft.fields.get("IsPending"):
        return
    for line in draft.lines:
        item = _item(draft, line)
        if item is None or item.kind == "ItemSubtotal":
            continue
        draft.post(income_account(item, draft.noun), sign * line.fields["Amount"], line)
        if item.kind == "ItemInventory" and line.fields.get("Quantity"):
            asset, cost = stock_accounts(item)
            quantity = sign * line.fields["Quantity"]
            standard: Decimal = item.fields.get("PurchaseCost") or ZERO
            draft.movements.append(Movement(item.list_id, quantity, None, asset, cost, standard, line.line_id))
    _book_tax(draft, sign)
    draft.balance(receivable, draft.fields["CustomerRef"].list_id)


def _book_tax(draft: Draft, sign: int) -> None:
    base = taxable_amount(draft) if draft.company.preferences.sales_tax else ZERO
    for part in tax_parts(draft.company, draft.fields.get("ItemSalesTaxRef")):
        amount = cents(base * (part.fields.get("TaxRate") or ZERO) / _HUNDRED)
        account = draft.company.named(("Account",), "Sales Tax Payable")
        if amount and account:
            vendor: Ref | None = part.fields.get("TaxVendorRef")
            draft.post(account.list_id, sign * amount, entity=vendor.list_id if vendor else "")


def _check_credit_limit(draft: Draft) -> None:
    customer = draft.entry("CustomerRef")
    limit: Decimal | None = customer.fields.get("CreditLimit") if customer else None
    if customer is None or limit is None or not draft.company.preferences.credit_limits_bind:
        return
    owed = draft.company.owing.of(customer.list_id) - (draft.before.total if draft.before else ZERO)
    if owed + draft.total > limit:
        raise statuses.not_saved(draft.noun, "The credit limit for the name on this transaction has been exceeded.")
