"""Adding, undoing, editing and authorising invoices, bills and credit notes inside their task."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from sim_cin7core import chart
from sim_cin7core.account import Account
from sim_cin7core.person.action import (
    ImpossibleError,
    check_code,
    day_of,
    document_of,
    fresh,
    lines_of,
    money,
    percent_of,
    task_of,
)
from sim_cin7core.person.tasks import TERM_DAYS, changed
from sim_cin7core.records import (
    AUTHORISED,
    DRAFT,
    PURCHASE,
    SALE,
    VOIDED,
    Document,
    JsonObject,
    Line,
    Task,
    identifier,
    price_line,
)

_ADVANCED = {"Simple Sale": "Advanced Sale", "Simple Purchase": "Advanced Purchase"}


def add_invoice(account: Account, params: JsonObject) -> JsonObject:
    """Another invoice (bill) with ``lines`` and ``charges``; with two, a simple task becomes advanced."""
    task = task_of(account, params)
    if task.void:
        raise ImpossibleError("the task is voided")
    document = _document(account, task, params, "invoice", "INV-" if task.side == SALE else "BILL-")
    document.due = day_of(params, "due", document.date + timedelta(days=TERM_DAYS))
    task.invoices.append(document)
    if len(task.invoices) > 1:
        task.type = _ADVANCED.get(task.type, task.type)
    return changed(account, task)


def add_credit_note(account: Account, params: JsonObject) -> JsonObject:
    """A credit note with ``lines`` and ``charges`` against ``document`` (an invoice of the task); with ``restock``
    false its goods stay where they are."""
    task = task_of(account, params)
    if task.void:
        raise ImpossibleError("the task is voided")
    note = _document(account, task, params, "credit", "CR-")
    note.moves_stock = bool(params.get("restock", True))
    note.against = document_of(task.invoices, params).number if task.invoices else ""
    task.credits.append(note)
    return changed(account, task)


def _document(account: Account, task: Task, params: JsonObject, kind: str, prefix: str) -> Document:
    own = chart.SALES if task.side == SALE else chart.INVENTORY
    lines = lines_of(account, params.get("lines", []), task.tax_rule, task.calculation, own)
    charges = lines_of(account, params.get("charges", []), task.tax_rule, task.calculation, own)
    number = str(params.get("document_number") or fresh(account, prefix))
    return Document(
        identifier(kind, task.id, number),
        number,
        str(params.get("status", AUTHORISED)),
        day_of(params),
        money(params.get("rate", task.rate)),
        lines,
        charges,
    ).reckon(task.calculation)


def undo_invoice(account: Account, params: JsonObject) -> JsonObject:
    """Back to DRAFT; refused while the document carries payments. ``kind`` "credit" undoes a credit note."""
    task = task_of(account, params)
    document = document_of(_kind(task, params), params)
    _undo(document)
    return changed(account, task)


def authorise_invoice(account: Account, params: JsonObject) -> JsonObject:
    """DRAFT to AUTHORISED. ``kind`` "credit" authorises a credit note."""
    task = task_of(account, params)
    document = document_of(_kind(task, params), params)
    if document.status != DRAFT:
        raise ImpossibleError(f"the document is {document.status}")
    document.status = AUTHORISED
    return changed(account, task)


def edit_sale_invoice(account: Account, params: JsonObject) -> JsonObject:
    """Undo, edit and authorise again under the same TaskID: ``line`` (position from 0) or ``charge`` gets a
    new ``price``, ``quantity``, ``discount``, ``account``, ``tax_rule`` or ``name``; also ``date``, ``due``,
    ``memo``. With ``authorise`` false it stays a draft."""
    return _edit(account, task_of(account, params, SALE), params)


def edit_bill(account: Account, params: JsonObject) -> JsonObject:
    """As ``edit_sale_invoice`` for a bill; also ``new_number``."""
    return _edit(account, task_of(account, params, PURCHASE), params)


def _edit(account: Account, task: Task, params: JsonObject) -> JsonObject:
    document = document_of(_kind(task, params), params)
    if document.status != DRAFT:
        _undo(document)
    if "charge" in params:
        document.charges = _replaced(account, document.charges, int(params["charge"]), params, task.calculation)
    elif document.lines and {"price", "quantity", "discount", "account", "tax_rule", "name"} & params.keys():
        document.lines = _replaced(account, document.lines, int(params.get("line", 0)), params, task.calculation)
    document.date, document.memo = (
        day_of(params, "date", document.date),
        str(params.get("memo", document.memo)),
    )
    document.due = day_of(params, "due", document.due) if params.get("due") else document.due
    document.number = str(params.get("new_number", document.number))
    document.reckon(task.calculation)
    document.status = AUTHORISED if params.get("authorise", True) else DRAFT
    return changed(account, task)


def _undo(document: Document) -> None:
    if document.status == VOIDED:
        raise ImpossibleError("the document is voided")
    if document.payments:
        raise ImpossibleError("remove the payments first")
    document.status = DRAFT


def _kind(task: Task, params: JsonObject) -> list[Document]:
    return task.credits if params.get("kind") == "credit" else task.invoices


def _replaced(
    account: Account, lines: tuple[Line, ...], position: int, params: JsonObject, calculation: str
) -> tuple[Line, ...]:
    if not 0 <= position < len(lines):
        raise ImpossibleError(f"no line {position}", 404)
    numbers = {name: money(params[name]) for name in ("price", "quantity", "discount") if name in params}
    texts = {name: str(params[name]) for name in ("account", "tax_rule", "name") if name in params}
    line = dataclasses.replace(lines[position], **numbers, **texts)  # type: ignore[arg-type]
    check_code(account, line.account)
    priced = price_line(line, percent_of(line.tax_rule), calculation)
    return (*lines[:position], priced, *lines[position + 1 :])
