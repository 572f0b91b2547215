"""Applying payments and credits to invoices and bills. Nothing is ever applied unless it is asked for."""

from __future__ import annotations

from decimal import Decimal

from .. import statuses
from ..money import ZERO
from .drafting import Draft, touch
from .file import Company
from .kinds import TRANSACTIONS
from .records import Fields, Link, Transaction

TARGETS = {"Invoice", "Bill"}
SOURCES = {"Invoice": ("CreditMemo", "ReceivePayment"), "Bill": ("VendorCredit",)}


def due(company: Company, transaction: Transaction) -> Decimal:
    """What is still to be paid of an invoice or bill."""
    if transaction.pending:
        return ZERO
    return transaction.total - company.links.paid(transaction.txn_id)


def credit_left(company: Company, transaction: Transaction) -> Decimal:
    """What is not applied yet of a payment or credit."""
    if transaction.pending:
        return ZERO
    return transaction.total - company.links.used(transaction.txn_id)


def sources_by(company: Company, transaction: Transaction) -> list[Link]:
    """The applications that a payment made, with credits that it used beside its own money."""
    return [link for link in company.links.of(transaction.txn_id) if link.by == transaction.txn_id]


def apply_credits(draft: Draft, wanted: list[Fields]) -> None:
    """SetCredit on an invoice: use credits of the same customer for it."""
    left = draft.total - (draft.company.links.paid(draft.before.txn_id) if draft.before else ZERO)
    for each in wanted:
        link = credit_link(draft, each, left, "Invoice")
        draft.links.append(Link("", link.source, draft.before.txn_id if draft.before else "", "", link.amount))
        left -= link.amount


def credit_link(draft: Draft, wanted: Fields, left: Decimal, target_kind: str) -> Link:
    """A link from one credit, still without target. 3120 for no such credit, 3210 for more than there is or is due."""
    source = draft.company.transactions.get(wanted["CreditTxnID"])
    if source is None or source.kind not in SOURCES[target_kind]:
        raise statuses.not_found(wanted["CreditTxnID"])
    check_party(draft, source)
    amount: Decimal = wanted["AppliedAmount"] or ZERO
    pledged = sum((link.amount for link in draft.links if link.source == source.txn_id), ZERO)
    if amount > credit_left(draft.company, source) - pledged:
        raise overpaid(draft, "AppliedAmount", amount, "You cannot apply more credit than is available.")
    if amount > left:
        raise overpaid(draft, "AppliedAmount", amount, "You cannot pay more than the amount due.")
    return Link("", source.txn_id, "", "", amount)


def overpaid(draft: Draft, name: str, amount: Decimal, reason: str) -> statuses.StatusError:
    return statuses.invalid_field(name, amount, reason, draft.company.switches["overpayment_severity"])


def check_party(draft: Draft, other: Transaction) -> None:
    """Both sides of an application belong to one customer (or a job of it) or one vendor."""
    own = draft.entry(TRANSACTIONS[draft.kind].party)
    ref = other.fields.get(TRANSACTIONS[other.kind].party)
    theirs = draft.company.entries[ref.list_id] if ref else None
    if own is None or theirs is None or _top(draft.company, own.list_id) != _top(draft.company, theirs.list_id):
        raise statuses.not_found(other.txn_id)


def _top(company: Company, list_id: str) -> str:
    parent = company.entries[list_id].fields.get("ParentRef")
    return _top(company, parent.list_id) if parent else list_id


def check_still_covers(draft: Draft) -> None:
    """A change can't bring a document below what is already applied to it or from it, nor give it to somebody else."""
    if draft.before is None:
        return
    links = draft.company.links
    applied = max(links.paid(draft.before.txn_id), links.used(draft.before.txn_id))
    if applied and (draft.total < applied or draft.fields.get("IsPending")):
        raise overpaid(draft, "Amount", draft.total, "The amount is less than what has been paid or applied.")
    party = TRANSACTIONS[draft.kind].party
    if applied and draft.before.fields.get(party) != draft.fields.get(party):
        raise statuses.not_saved(draft.noun, "The name can't be changed while payments or credits are applied.")


def release(company: Company, txn_id: str) -> None:
    """Undo every application that a transaction has a part in: what was paid is due again, what was used is left."""
    links = company.links.of(txn_id)
    for link in links:
        company.links.remove(link)
    touch(company, links, txn_id)
