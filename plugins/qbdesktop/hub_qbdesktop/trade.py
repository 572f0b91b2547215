"""Invoices, bills and both sorts of credit, made to fit QuickBooks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hub import Facts, Fit, Kind, Line, Problem, Status, TaxMode, TradeDocument
from hub_qbdesktop import currencies, taxes, xmltext
from hub_qbdesktop.lines import CENT, shaped
from hub_qbdesktop.wording import Notes

NUMBER_LENGTHS = {Kind.INVOICE: 11, Kind.CREDIT_NOTE: 11, Kind.BILL: 20, Kind.SUPPLIER_CREDIT: 20}
SALES = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE})


def fit(document: TradeDocument, facts: Facts) -> Fit:
    """The document as it will be posted, or why it can not be."""
    notes = Notes()
    type = currencies.RECEIVABLE if document.kind in SALES else currencies.PAYABLE
    found = [
        *currencies.problems(document.currency, document.label, facts, type),
        *currencies.card_problems(document, facts),
        *_problems(document),
    ]
    if not xmltext.one_line(document.number):
        return Fit(document, problems=(*found, number_problem(document.label)))
    if any(line.amount != line.amount.quantize(CENT) for line in document.lines):
        return Fit(document, problems=(*found, _too_fine(document)))
    shape = _sale_line if document.kind in SALES else _purchase_line
    lines = [shape(document, line, position, facts, notes) for position, line in enumerate(document.lines, 1)]
    if document.kind in SALES and not found:
        found += taxes.problems(document, lines, facts)
    return Fit(_posted(document, lines, notes), tuple(notes), tuple(found))


def _sale_line(document: TradeDocument, line: Line, position: int, facts: Facts, notes: Notes) -> Line:
    net = line.amount - line.tax_amount if document.tax_mode is TaxMode.INCLUSIVE else line.amount
    return shaped(taxes.untaxed(document, line, facts), net, position, notes)


def _purchase_line(document: TradeDocument, line: Line, position: int, facts: Facts, notes: Notes) -> Line:
    """The tax of a purchase is part of the line's cost."""
    gross = line.amount + line.tax_amount if document.tax_mode is TaxMode.EXCLUSIVE else line.amount
    return shaped(line, gross, position, notes).model_copy(update={"tax_amount": Decimal(0)})


def _posted(document: TradeDocument, lines: list[Line], notes: Notes) -> TradeDocument:
    number, is_other = notes.number(document.number, NUMBER_LENGTHS[document.kind])
    is_sale = document.kind in SALES
    if not is_sale and document.tax:
        notes.append(f"The tax of {document.tax} is part of the lines' cost.")
    values = document.model_dump() | {
        "lines": tuple(lines),
        "number": number,
        "reference": " ".join(filter(None, (document.number if is_other else "", document.reference))),
        "tax_mode": TaxMode.EXCLUSIVE if is_sale else TaxMode.NO_TAX,
        "subtotal": document.total - document.tax if is_sale else document.total,
        "tax": document.tax if is_sale else Decimal(0),
    }
    return type(document).model_validate(values)


def number_problem(label: str) -> Problem:
    """A number of which nothing is left in the characters that QuickBooks keeps."""
    return Problem(
        code="number_not_accepted",
        what=f"QuickBooks does not take the number '{label}'.",
        fix="Give the document a number with letters or digits in the stock system.",
    )


def _problems(document: TradeDocument) -> Iterator[Problem]:
    if document.total < 0:
        right = "credit note" if document.kind in SALES else "supplier credit"
        yield Problem(
            code="negative_total",
            what=f"The total of {document.label} is {document.total}; QuickBooks takes no such document below zero.",
            fix=f"Enter it as a {right} in the stock system.",
        )
    if not document.lines:
        yield Problem(code="no_lines", what=f"{document.label} has no lines.", fix="Add at least one line.")
    if document.status is Status.DRAFT and document.kind not in SALES:
        yield Problem(
            code="no_draft_there",
            what=f"{document.label} can't be a draft: QuickBooks keeps no drafts of bills and supplier credits.",
            why="Only invoices and credit memos can be pending there; a bill counts as soon as it is entered.",
            fix="Let this flow post approved documents, and review them here before they leave.",
            subject=document.kind,
        )


def _too_fine(document: TradeDocument) -> Problem:
    return Problem(
        code="currency_decimals",
        what=f"Amounts of {document.label} have more than two decimals; QuickBooks keeps two.",
        fix="Enter this document in QuickBooks by hand.",
        subject=document.currency,
    )
