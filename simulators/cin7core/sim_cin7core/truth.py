"""What the account really holds: counts and sums of authorised documents by kind and currency."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from sim_cin7core import chart, stamps
from sim_cin7core.books.ledger import Books
from sim_cin7core.records import SALE, JsonObject, Task
from sim_cin7core.store import Store

_NAMES = {
    SALE: ("sale_invoice", "sale_credit_note", "sale_payment", "sale_refund", "sale_prepayment"),
    "purchase": (
        "bill",
        "supplier_credit_note",
        "purchase_payment",
        "purchase_refund",
        "purchase_prepayment",
    ),
}
Sums = dict[tuple[str, str], list[Decimal]]


def summary(store: Store) -> JsonObject:
    """Counts of every collection and the sums of authorised documents; totals are text."""
    with store.lock:
        sums: Sums = defaultdict(list)
        for task in (*store.sales, *store.purchases):
            _add(sums, task)
        counts = {collection.name: len(collection) for collection in store.collections()}
    documents: JsonObject = {}
    for (kind, currency), amounts in sorted(sums.items()):
        documents.setdefault(kind, {})[currency] = {
            "count": len(amounts),
            "total": str(sum(amounts, Decimal(0))),
        }
    return {"counts": counts, "documents": documents, "now": stamps.shown(store.clock.ticks())}


def books(ledgers: Books) -> JsonObject:
    """What all stock is worth, what the inventory account says, and every account's debits less credits; as text."""
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for row in ledgers.rows():
        balances[row.debit] += row.amount
        balances[row.credit] -= row.amount
    value, inventory = ledgers.stock_value(), balances[chart.INVENTORY]
    return {
        "stock_value": str(value),
        "inventory": str(inventory),
        "difference": str(inventory - value),
        "balances": {code: str(balance) for code, balance in sorted(balances.items())},
    }


def _add(sums: Sums, task: Task) -> None:
    invoice, credit, payment, refund, prepayment = _NAMES[task.side]
    sums[prepayment, task.currency] += [item.amount for item in task.order.payments]
    for documents, kind, money in ((task.invoices, invoice, payment), (task.credits, credit, refund)):
        for document in documents:
            if document.live:
                sums[kind, task.currency].append(document.total)
            sums[money, task.currency] += [item.amount for item in document.payments]
