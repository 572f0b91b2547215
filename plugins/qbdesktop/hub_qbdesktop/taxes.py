"""US sales tax: what QuickBooks will add to a document, and the codes that the hub maps to.

QuickBooks works the tax out itself, at one rate for the whole document (its sales tax item), on the lines whose sales
tax code is taxable (QuickBooks Desktop help, Set up sales tax). So a rate of the hub names both, as ``Tax:San Mateo``;
``Non`` alone is a code that is not taxed. The tax of a purchase is no tax to QuickBooks US: it is part of the cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from hub import Facts, Line, Problem, TaxMode, TaxRate, TradeDocument

IN_COST = "In cost"
"""The code for purchases: whatever tax the supplier charges is part of each line's cost."""
UNTAXED = "No tax"
"""The code for sales of a company that has sales tax switched off."""
_CENT = Decimal("0.01")


def code_of(sales_tax_code: str, item: str) -> str:
    """The hub's code of a taxable code with a sales tax item."""
    return f"{sales_tax_code}:{item}"


def sales_tax_code(code: str) -> str:
    """The sales tax code of a line; empty in a company without sales tax."""
    return "" if code in (UNTAXED, IN_COST) else code.partition(":")[0]


def item_of(code: str) -> str:
    """The sales tax item that a code names, empty for one that is not taxed."""
    return code.partition(":")[2]


def items_of(lines: Sequence[Line]) -> list[str]:
    """The sales tax items that the lines name."""
    return sorted({item_of(line.tax_code) for line in lines} - {""})


def untaxed_code(facts: Facts) -> str:
    """The code for what is not taxed."""
    codes = (rate.code for rate in facts.taxes.values() if rate.on_sales and rate.active and not item_of(rate.code))
    return min(codes, default=UNTAXED)


def predicted(lines: Sequence[Line], facts: Facts) -> Decimal:
    """The tax that QuickBooks will add to lines with net amounts.

    Of a sales tax group it rounds the tax of each rate by itself (QuickBooks Desktop help, How does QuickBooks
    calculate sales tax for a sales tax group item?).
    """
    taxed = [line for line in lines if item_of(line.tax_code)]
    rate = facts.taxes.get(taxed[0].tax_code) if taxed else None
    if rate is None:
        return Decimal(0)
    net = sum((line.amount for line in taxed), Decimal(0))
    parts = rate.parts or (rate.percent,)
    return sum(((net * each / 100).quantize(_CENT, ROUND_HALF_UP) for each in parts), Decimal(0))


def problems(document: TradeDocument, lines: Sequence[Line], facts: Facts) -> Iterator[Problem]:
    """Why QuickBooks would not come to the tax of a sale; ``lines`` have net amounts."""
    items = items_of(lines)
    if len(items) > 1:
        yield Problem(
            code="tax_mixed",
            what=f"{document.label} has lines of {len(items)} sales tax rates: {', '.join(items)}.",
            why="QuickBooks has one sales tax item for a whole document.",
            fix="Use one rate in the document, or make a sales tax group in QuickBooks and map to it.",
            subject=document.external_id,
        )
        return
    tax = predicted(lines, facts)
    if tax != document.tax:
        yield Problem(
            code="tax_differs",
            what=f"The tax of {document.label} is {document.tax}; QuickBooks would make it {tax}.",
            why=f"QuickBooks works the tax out itself, with {items[0]}; of a group it rounds the tax of each rate."
            if items
            else "No line has a taxable code.",
            fix="Correct the rate in QuickBooks or the tax mapping, so that both come to the same.",
            subject=document.external_id,
        )


def untaxed(document: TradeDocument, line: Line, facts: Facts) -> Line:
    """A line of a document without tax, with a code that is not taxed."""
    taxed = document.tax_mode is TaxMode.NO_TAX and item_of(line.tax_code)
    return line.model_copy(update={"tax_code": untaxed_code(facts)}) if taxed else line


def listed(rates: Sequence[TaxRate]) -> list[TaxRate]:
    """The rates with the codes of ours: one for purchases, and one for sales where there is no sales tax."""
    ours = [_own(IN_COST, "Purchase tax, part of the cost", on_sales=False)]
    if not rates:
        ours.append(_own(UNTAXED, "No sales tax in this company", on_purchases=False))
    return [*rates, *ours]


def _own(code: str, title: str, *, on_sales: bool = True, on_purchases: bool = True) -> TaxRate:
    return TaxRate(
        external_id=code,
        code=code,
        name=title,
        percent=Decimal(0),
        on_sales=on_sales,
        on_purchases=on_purchases,
        special=True,
    )
