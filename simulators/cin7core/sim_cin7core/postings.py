"""What a sale posts to Core's own general ledger: the Transactions of the detail (IncludeTransactions=true).

One debit and one credit account per row with bare codes (documentation, Sale); amounts are in the base
currency.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from sim_cin7core import chart, stamps
from sim_cin7core.cards import number
from sim_cin7core.records import Document, JsonObject, Task, cents, identifier
from sim_cin7core.switches import Switches

_VAT = "820"


def in_base(amount: Decimal, rate: Decimal, switches: Switches) -> Decimal:
    """An amount of a document in the base currency."""
    if switches["currency_rate"] == "base_per_foreign":
        return cents(amount * rate)
    return cents(amount / rate)


def sale_postings(task: Task, switches: Switches) -> list[JsonObject]:
    """Revenue, tax, cost, payments, credit notes and refunds of what is authorised."""
    rows: list[JsonObject] = []
    if task.fulfilled and not task.void:
        cost = sum((cents(line.quantity * line.average_cost) for line in task.order.lines), Decimal(0))
        _post(rows, task.id, chart.COST_OF_GOODS, chart.INVENTORY, cost, task.date, task.number)
    for invoice in filter(lambda document: document.live, task.invoices):
        for account, amount in _by_account(invoice, switches).items():
            _post(rows, invoice.task_id, chart.RECEIVABLE, account, amount, invoice.date, invoice.number)
        for payment in invoice.payments:
            amount = in_base(payment.amount, payment.rate, switches)
            _post(
                rows,
                invoice.task_id,
                payment.account,
                chart.RECEIVABLE,
                amount,
                payment.paid_on,
                invoice.number,
            )
    for credit in filter(lambda document: document.live, task.credits):
        for account, amount in _by_account(credit, switches).items():
            _post(rows, credit.task_id, account, chart.RECEIVABLE, amount, credit.date, credit.number)
        for refund in credit.payments:
            amount = in_base(refund.amount, refund.rate, switches)
            _post(rows, credit.task_id, chart.RECEIVABLE, refund.account, amount, refund.paid_on, credit.number)
    for prepayment in task.order.payments:
        amount = in_base(prepayment.amount, prepayment.rate, switches)
        _post(rows, task.id, prepayment.account, chart.DEPOSITS, amount, prepayment.paid_on, task.number)
    return rows


def _by_account(document: Document, switches: Switches) -> dict[str, Decimal]:
    exclusive = document.before_tax == sum((item.total for item in (*document.lines, *document.charges)), Decimal(0))
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for item in (*document.lines, *document.charges):
        net = item.total if exclusive else item.total - item.tax
        amounts[item.account] += in_base(net, document.rate, switches)
        amounts[_VAT] += in_base(item.tax, document.rate, switches)
    return {account: amount for account, amount in amounts.items() if amount}


def _post(rows: list[JsonObject], task_id: str, debit: str, credit: str, amount: Decimal, day: date, text: str) -> None:
    if amount:
        rows.append(
            {
                "TaskID": task_id,
                "TransactionID": identifier("transaction", task_id, len(rows)),
                "Debit": debit,
                "Credit": credit,
                "Description": text,
                "Amount": number(amount),
                "EffectiveDate": stamps.midnight(day),
            }
        )
