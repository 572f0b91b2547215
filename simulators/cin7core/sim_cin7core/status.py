"""Statuses that Core derives from the documents of a task (documentation: status tables of Sale and
Purchase).

The values of CombinedInvoiceStatus are the ones seen live (INVOICED, INVOICED / CREDITED, NOT INVOICED,
PARTIALLY INVOICED, NOT AVAILABLE), not the ones of the documented table.
"""

from __future__ import annotations

from decimal import Decimal

from sim_cin7core.records import (
    DRAFT,
    NOT_AVAILABLE,
    PURCHASE,
    STANDALONE_CREDIT,
    VOIDED,
    ZERO,
    Document,
    Task,
)


def invoiced(task: Task) -> Decimal:
    """Sum of the live invoices."""
    return sum((document.total for document in task.invoices if document.live), ZERO)


def credited(task: Task) -> Decimal:
    """Sum of the live credit notes."""
    return sum((document.total for document in task.credits if document.live), ZERO)


def paid(task: Task) -> Decimal:
    """Payments and prepayments minus refunds."""
    received = sum((document.paid for document in task.invoices), task.order.paid)
    return received - sum((document.paid for document in task.credits), ZERO)


def invoice_status(task: Task) -> str:
    """CombinedInvoiceStatus."""
    if task.void or task.type == STANDALONE_CREDIT:
        return VOIDED if task.void else NOT_AVAILABLE
    if not any(document.live for document in task.invoices):
        return "NOT INVOICED" if task.order.live else NOT_AVAILABLE
    base = "INVOICED" if invoiced(task) >= task.order.total or _all_live(task.invoices) else "PARTIALLY INVOICED"
    shown_so = base == "INVOICED" or task.side == PURCHASE
    return f"{base} / CREDITED" if _any_live(task.credits) and shown_so else base


def payment_status(task: Task) -> str:
    """CombinedPaymentStatus."""
    if task.void:
        return VOIDED
    money = paid(task)
    if task.type == STANDALONE_CREDIT:
        return "PAID" if -money >= credited(task) else "NOT REFUNDED"
    if not _any_live(task.invoices):
        return "PREPAID" if money > 0 else "UNPAID"
    due = invoiced(task) - credited(task)
    if task.side == PURCHASE and money > due and _any_live(task.credits):
        return "OVERPAID / CREDITED"
    if money >= due:
        return "PAID"
    return "PARTIALLY PAID" if money > 0 else "UNPAID"


def credit_status(task: Task) -> str:
    """CreditNoteStatus: that of the latest credit note."""
    return task.credits[-1].status if task.credits else NOT_AVAILABLE


def sale_status(task: Task) -> str:
    """Status of a sale; INVOICING, INVOICED and CREDITED are for simple and service sales only."""
    if task.void:
        return VOIDED
    complete = payment_status(task) == "PAID" and task.fulfilled
    if task.type == STANDALONE_CREDIT:
        return "COMPLETED" if complete else "CREDITED" if _any_live(task.credits) else DRAFT
    if _any_live(task.invoices) and complete:
        return "COMPLETED"
    if task.type == "Advanced Sale" or not task.invoices:
        return "ORDERED" if task.order.live else "ORDERING"
    if not _any_live(task.invoices):
        return "INVOICING"
    return "CREDITED" if _any_live(task.credits) else "INVOICED"


def purchase_status(task: Task) -> str:
    """Status of a purchase."""
    if task.void:
        return VOIDED
    if not task.order.live:
        return DRAFT
    if _any_live(task.invoices) and task.fulfilled and payment_status(task) == "PAID":
        return "COMPLETED"
    if _any_live(task.credits):
        return "RECEIVED / CREDITED" if task.fulfilled else "CREDITED"
    if not _any_live(task.invoices):
        return {"FULLY RECEIVED": "RECEIVED", "PARTIALLY RECEIVED": "RECEIVING"}.get(receiving_status(task), "ORDERED")
    return "INVOICED" if _all_live(task.invoices) else "PARTIALLY INVOICED"


def fulfilment_status(task: Task) -> str:
    """FulFilmentStatus (spelt so by Core)."""
    if task.void:
        return VOIDED
    if task.type in (STANDALONE_CREDIT, "Service Sale"):
        return NOT_AVAILABLE
    if task.fulfilled:
        return "FULFILLED"
    return "PARTIALLY FULFILLED" if task.delivered else "NOT FULFILLED"


def receiving_status(task: Task) -> str:
    """CombinedReceivingStatus."""
    if task.void:
        return VOIDED
    if task.type == "Service Purchase":
        return NOT_AVAILABLE
    if task.fulfilled:
        return "FULLY RECEIVED"
    return "PARTIALLY RECEIVED" if task.delivered else "NOT RECEIVED"


def _any_live(documents: list[Document]) -> bool:
    return any(document.live for document in documents)


def _all_live(documents: list[Document]) -> bool:
    return all(document.live for document in documents)
