"""Payments, refunds and prepayments."""

from __future__ import annotations

from decimal import Decimal

from sim_cin7core import chart
from sim_cin7core.account import Account
from sim_cin7core.person.action import ImpossibleError, day_of, document_of, money, task_of
from sim_cin7core.person.tasks import changed
from sim_cin7core.records import Document, JsonObject, Payment, Task, identifier


def pay(account: Account, params: JsonObject) -> JsonObject:
    """Pay an invoice or bill: ``amount`` (all that is due without it), ``date``, ``account``, ``rate``,
    ``reference``.
    """
    task = task_of(account, params)
    document = document_of(task.invoices, params)
    return _money(account, task, document, document.total - document.paid, params)


def refund(account: Account, params: JsonObject) -> JsonObject:
    """Refund a credit note: parameters as for ``pay``."""
    task = task_of(account, params)
    document = document_of(task.credits, params)
    return _money(account, task, document, document.total - document.paid, params)


def prepay(account: Account, params: JsonObject) -> JsonObject:
    """A deposit on the order: parameters as for ``pay``."""
    task = task_of(account, params)
    return _money(account, task, task.order, task.order.total - task.order.paid, params)


def remove_payment(account: Account, params: JsonObject) -> JsonObject:
    """Take a payment, refund or prepayment away: ``payment`` is its ID, the last one without it."""
    task = task_of(account, params)
    for document in (*reversed(task.credits), *reversed(task.invoices), task.order):
        for payment in reversed(document.payments):
            if params.get("payment") in (None, payment.id):
                document.payments.remove(payment)
                return changed(account, task)
    raise ImpossibleError("no such payment", 404)


def _money(account: Account, task: Task, document: Document, due: Decimal, params: JsonObject) -> JsonObject:
    amount = money(params.get("amount", due))
    bank = str(params.get("account", chart.BANK))
    if not document.live:
        raise ImpossibleError(f"the document is {document.status}")
    if bank not in {row["Code"] for row in account.accounts if row["ForPayments"]}:
        raise ImpossibleError(f"account {bank} is not for payments", 400)
    if not 0 < amount <= due:
        raise ImpossibleError(f"{amount} is not between 0 and what is due, {due}")
    stamp = account.store.next_stamp()
    document.payments.append(
        Payment(
            identifier("payment", document.task_id, task.id, stamp),
            amount,
            day_of(params),
            bank,
            money(params.get("rate", document.rate)),
            stamp,
            str(params.get("reference", "")),
        )
    )
    return changed(account, task)
