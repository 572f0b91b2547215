"""Invoices, bills and credits made to fit Xero."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hub import CREDIT_KINDS, Facts, Fit, Kind, Line, Problem, TaxMode, TradeDocument
from hub_xero import tracking, validity
from hub_xero.arithmetic import cents, totals
from hub_xero.balance import Balance
from hub_xero.lines import shaped
from hub_xero.money import rate_problems
from hub_xero.wording import NUMBER_LENGTH, Notes, one_line, printable_ascii

_REFERENCE_LENGTH = 235
"""Xero takes 255; the rest is kept for our mark."""


def fit(document: TradeDocument, facts: Facts) -> Fit:
    """The document as it will be posted, or why it can not be."""
    notes = Notes()
    problems = [*_document_problems(document, facts), *_line_problems(document, facts)]
    if any(line.amount != cents(line.amount) for line in document.lines):
        return Fit(document, problems=(*problems, _too_fine(document)))
    discounts = document.kind is Kind.INVOICE
    lines = [
        shaped(line, position, discounts=discounts, notes=notes) for position, line in enumerate(document.lines, 1)
    ]
    problems += rate_problems(document.total, document.currency, document.rate, facts, notes)
    balance = Balance(document, facts, notes)
    balanced = balance.balanced(lines)
    problems += balance.problems
    if len(balanced) > len(lines):
        problems += validity.account_problems(balanced[-1].account, facts)
    return Fit(_posted(document, balanced, notes), tuple(notes), tuple(problems))


def _document_problems(document: TradeDocument, facts: Facts) -> Iterator[Problem]:
    yield from validity.date_problems(document.date, facts)
    yield from validity.currency_problems(document.currency, document.rate, facts)
    yield from validity.tax_mode_problems(document.tax_mode, document.tax)
    if document.total < 0:
        right = "supplier credit" if document.kind is Kind.BILL else "credit note"
        yield Problem(
            code="negative_total",
            what=f"The total of {document.label} is {document.total}; Xero takes no document below zero.",
            fix=f"Enter it as a {right} in the stock system.",
        )
    if not document.lines:
        yield Problem(code="no_lines", what=f"{document.label} has no lines.", fix="Add at least one line.")
    if not document.contact_id:
        yield Problem(
            code="no_contact",
            what=f"{document.label} names no customer or supplier, and Xero needs one.",
            fix="Enter one in the stock system, or choose a contact for such documents.",
        )
    number = printable_ascii(document.number)
    if number is None or len(number) > NUMBER_LENGTH:
        yield Problem(
            code="number_not_accepted",
            what=f"Xero does not take the number '{document.number}'.",
            why=f"A number has at most {NUMBER_LENGTH} plain characters; a cut one would be another number.",
            fix="Change the number in the stock system.",
        )


def _line_problems(document: TradeDocument, facts: Facts) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for line in document.lines:
        code = "" if document.tax_mode is TaxMode.NO_TAX else line.tax_code
        if (line.account, code) not in seen:
            seen.add((line.account, code))
            yield from validity.account_problems(line.account, facts, code)
    yield from tracking.problems((line.tracking for line in document.lines), facts)
    if document.tax_mode is not TaxMode.NO_TAX and any(not line.tax_code for line in document.lines):
        yield Problem(
            code="tax_missing",
            what=f"A line of {document.label} has no tax code.",
            why="Xero would take the account's default instead.",
            fix="Complete the tax mapping.",
        )


def _too_fine(document: TradeDocument) -> Problem:
    return Problem(
        code="currency_decimals",
        what=f"Amounts of {document.label} have more than two decimals; Xero keeps two in every currency.",
        fix="Enter this document in Xero by hand.",
        subject=document.currency,
    )


def _posted(document: TradeDocument, lines: tuple[Line, ...], notes: Notes) -> TradeDocument:
    sums = totals([(line.amount, line.tax_amount) for line in lines], document.tax_mode)
    values = document.model_dump() | {
        "lines": lines,
        "number": notes.replaced(document.number, printable_ascii(document.number) or document.number, "The number"),
        "reference": notes.cut(one_line(document.reference), _REFERENCE_LENGTH, "The reference"),
        "subtotal": sums.subtotal,
        "tax": sums.tax,
        "total": sums.total,
    }
    if document.due_date is None and document.kind not in CREDIT_KINDS:
        values["due_date"] = document.date
        notes.append("The document has no due date; it is due on its own date.")
    if document.total == Decimal(0):
        notes.append("Nothing is due, so Xero shows the document as paid as soon as it is approved.")
    return type(document).model_validate(values)
