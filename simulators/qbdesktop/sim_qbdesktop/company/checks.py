"""Checks: money from a bank account to whoever it is, and to customers as a refund of what they were credited.

Source: QuickBooks Desktop API reference, CheckAdd. What a check is applied to must be the payee's, in the receivable
account of the expense line, and the two amounts must be equal. Items on checks are not simulated.
"""

from __future__ import annotations

from decimal import Decimal

from .. import statuses
from ..money import ZERO, cents
from .drafting import Draft, RawLines, begin, merged_lines
from .file import Company
from .linking import check_party, credit_left, overpaid
from .records import Fields, Link, Ref, Transaction

_TAGS = {"ExpenseLineAdd": "ExpenseLineRet"}
_REFUNDED = ("CreditMemo", "ReceivePayment")


def write(company: Company, kind: str, raw: Fields, given: RawLines, before: Transaction | None) -> Draft:
    """A draft of a check. StatusError when QuickBooks would refuse it."""
    for tag, _ in given:
        if tag not in _TAGS:
            raise statuses.not_simulated(tag)
    applied: list[Fields] = raw.get("ApplyCheckToTxnAdd", [])
    draft = begin(company, kind, {name: value for name, value in raw.items() if name != "ApplyCheckToTxnAdd"}, before)
    bank = draft.entry("AccountRef")
    if bank is None or bank.fields["AccountType"] != "Bank":
        raise statuses.bad_reference("Account", bank.name if bank else "", draft.noun)
    draft.lines = merged_lines(draft, given, _TAGS)
    for line in draft.lines:
        line.fields["Amount"] = cents(line.fields.get("Amount", ZERO))
    draft.total = sum((line.fields["Amount"] for line in draft.lines), ZERO)
    for each in applied:
        _apply(draft, each)
    if applied:
        _check_refund(draft)
    _book(draft, bank.list_id)
    return draft


def _apply(draft: Draft, wanted: Fields) -> None:
    """Give back what is left of a credit, or a part of it."""
    source = draft.company.transactions.get(wanted["TxnID"])
    if source is None or source.kind not in _REFUNDED:
        raise statuses.not_found(wanted["TxnID"])
    check_party(draft, source)
    amount: Decimal = wanted.get("Amount") or ZERO
    if amount > credit_left(draft.company, source):
        raise overpaid(draft, "ApplyCheckToTxnAdd amount", amount, "You cannot refund more than is available.")
    if source.fields.get("ARAccountRef") not in _receivables(draft):
        raise statuses.not_saved(draft.noun, "The receivable account is not that of the linked transaction.")
    draft.links.append(Link("", source.txn_id, "", "", amount))


def _receivables(draft: Draft) -> dict[Ref, Decimal]:
    """What the lines book on receivable accounts."""
    found: dict[Ref, Decimal] = {}
    for line in draft.lines:
        ref: Ref | None = line.fields.get("AccountRef")
        if ref and draft.company.account_type(ref.list_id) == "AccountsReceivable":
            found[ref] = found.get(ref, ZERO) + line.fields["Amount"]
    return found


def _check_refund(draft: Draft) -> None:
    if sum((link.amount for link in draft.links), ZERO) != sum(_receivables(draft).values(), ZERO):
        raise statuses.not_saved(draft.noun, "The amounts applied are not the amount of the expense line.")


def _book(draft: Draft, bank: str) -> None:
    payee: Ref | None = draft.fields.get("PayeeEntityRef")
    receivables = _receivables(draft)
    for line in draft.lines:
        ref: Ref | None = line.fields.get("AccountRef")
        if ref is None:
            raise statuses.missing("AccountRef", f"{draft.noun} line")
        draft.post(ref.list_id, line.fields["Amount"], line, payee.list_id if payee and ref in receivables else "")
    draft.balance(bank, "")
