"""What invoices, bills, credit notes and money post; the same for both sides with the accounts exchanged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sim_cin7core import chart
from sim_cin7core.books.rows import Row
from sim_cin7core.records import PURCHASE, SALE, ZERO, Document, Task
from sim_cin7core.stock.lots import in_base, net
from sim_cin7core.switches import Switches

TYPES = {SALE: "Sale", PURCHASE: "Purchase"}


def document_rows(task: Task, switches: Switches) -> Iterator[Row]:
    """Authorised documents and all money of a task (documentation, Sale, IncludeTransactions).

    An invoice debits what customers owe, a bill credits what suppliers are owed; a credit note does the opposite.
    """
    for documents, is_credit in ((task.invoices, False), (task.credits, True)):
        for document in documents:
            if document.live:
                yield from _document(task, document, is_credit, switches)
    deposit = chart.DEPOSITS if task.side == SALE else chart.PREPAYMENTS
    for payment in task.order.payments:
        amount = in_base(payment.amount, payment.rate, switches)
        pair = _pair(payment.account, deposit, task.side == SALE)
        yield posted(task, task.id, pair, amount, payment.paid_on, task.number)
    yield from _set_off(task, deposit, switches)


def _set_off(task: Task, deposit: str, switches: Switches) -> Iterator[Row]:
    """A deposit is set off against the invoices of its order once they are authorised, as far as they are unpaid."""
    owed = chart.RECEIVABLE if task.side == SALE else chart.PAYABLE
    due = {bill.task_id: bill.total - bill.paid for bill in task.invoices if bill.live}
    for payment in task.order.payments:
        left = payment.amount
        for bill in task.invoices:
            part = min(left, due.get(bill.task_id, ZERO))
            if part > 0:
                left, due[bill.task_id] = left - part, due[bill.task_id] - part
                pair = _pair(deposit, owed, task.side == SALE)
                day = max(bill.date, payment.paid_on)
                yield posted(task, bill.task_id, pair, in_base(part, payment.rate, switches), day, bill.number)


def _document(task: Task, document: Document, is_credit: bool, switches: Switches) -> Iterator[Row]:
    owed = chart.RECEIVABLE if task.side == SALE else chart.PAYABLE
    to_us = (task.side == SALE) != is_credit
    for account, amount in _by_account(task, document, switches).items():
        yield posted(task, document.task_id, _pair(owed, account, to_us), amount, document.date, document.number)
    for payment in document.payments:
        amount = in_base(payment.amount, payment.rate, switches)
        pair = _pair(payment.account, owed, to_us)
        yield posted(task, document.task_id, pair, amount, payment.paid_on, document.number)


def posted(
    task: Task, task_id: str, pair: tuple[str, str], amount: Decimal, day: date, number: str, note: str = ""
) -> Row:
    """A row of a sale or purchase; ``number`` is that of the document it belongs to."""
    text = " - ".join(part for part in (task.party, number, note) if part)
    return Row(task_id, *pair, amount, day, number, text, TYPES[task.side])


def _pair(one: str, other: str, in_this_order: bool) -> tuple[str, str]:
    return (one, other) if in_this_order else (other, one)


def _by_account(task: Task, document: Document, switches: Switches) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for item in (*document.lines, *document.charges):
        amounts[item.account] += net(item, document, task.calculation, switches)
        amounts[chart.VAT] += in_base(item.tax, document.rate, switches)
    return {account: amount for account, amount in amounts.items() if amount}
