"""Adding, changing, voiding and deleting transactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .. import statuses
from ..money import ZERO
from . import adjustments, checks, journals, payments, purchases, sales
from .drafting import Draft, RawLines, refuse_closed, require_entry
from .file import Company
from .kinds import TRANSACTIONS
from .linking import release
from .records import Fields, Line, Transaction

Writer = Callable[[Company, str, Fields, RawLines, Transaction | None], Draft]
WRITERS: dict[str, Writer] = {
    "Invoice": sales.write,
    "CreditMemo": sales.write,
    "Bill": purchases.write,
    "VendorCredit": purchases.write,
    "JournalEntry": journals.write,
    "ReceivePayment": payments.write,
    "BillPaymentCheck": payments.write,
    "Check": checks.write,
    "InventoryAdjustment": adjustments.write,
}


def add(company: Company, kind: str, raw: Fields, lines: RawLines) -> tuple[Transaction, list[str]]:
    """A new transaction; the fields left out with a warning. StatusError when it is refused: nothing is saved then."""
    draft = WRITERS[kind](company, kind, raw, lines, None)
    return draft.save(), draft.resolver.warnings


def modify(company: Company, kind: str, raw: Fields, lines: RawLines) -> tuple[Transaction, list[str]]:
    """Change a transaction. 3000, 3175, 3200 for what is not there, in a window, or changed meanwhile."""
    before = require_entry(company, kind, raw["TxnID"], raw["EditSequence"])
    draft = WRITERS[kind](company, kind, raw, lines, before)
    return draft.save(), draft.resolver.warnings


def _for_removal(company: Company, kind: str, txn_id: str, verb: str) -> Transaction:
    transaction = company.transactions.get(txn_id)
    if transaction is None or transaction.kind != kind:
        raise statuses.not_found(txn_id)
    if company.is_in_window(txn_id):
        raise statuses.in_use(TRANSACTIONS[kind].noun, str(transaction.fields.get("RefNumber", txn_id)))
    refuse_closed(company, transaction.day, verb, TRANSACTIONS[kind].noun)
    return transaction


def void(company: Company, kind: str, txn_id: str) -> Transaction:
    """Keep a transaction with nothing but zeros, and release what it was applied to."""
    transaction = _for_removal(company, kind, txn_id, "void")
    if company.links.of(txn_id) and company.switches["linked_transactions"] == "protected":
        raise statuses.unvoidable(TRANSACTIONS[kind].noun, "Payments or credits are applied.")
    release(company, txn_id)
    memo = f"VOID: {transaction.fields.get('Memo', '')}".strip()
    fields = {**transaction.fields, "Memo": memo}
    for name in ("Subtotal", "SalesTaxTotal"):
        if name in fields:
            fields[name] = ZERO
    voided = replace(
        transaction,
        fields=fields,
        lines=[_zeroed(line) for line in transaction.lines],
        postings=[],
        movements=[],
        total=ZERO,
        modified=company.clock.now(),
        edit_sequence=company.next_sequence(transaction.edit_sequence),
    )
    return company.put_transaction(voided)


def _zeroed(line: Line) -> Line:
    zeros: Fields = {name: ZERO for name in ("Quantity", "Amount", "QuantityDifference") if name in line.fields}
    return Line(line.line_id, line.tag, {**line.fields, **zeros})


def delete(company: Company, kind: str, txn_id: str) -> Transaction:
    """Take a transaction out of the file, and release what it was applied to."""
    transaction = _for_removal(company, kind, txn_id, "delete")
    if company.links.of(txn_id) and company.switches["linked_transactions"] == "protected":
        raise statuses.undeletable(TRANSACTIONS[kind].noun, txn_id)
    release(company, txn_id)
    company.remove_transaction(transaction)
    return transaction
