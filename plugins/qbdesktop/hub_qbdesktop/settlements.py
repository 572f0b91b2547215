"""Money and credits as the values of qbXML requests. Pure.

Each says what it pays or uses: nothing is ever applied by QuickBooks' own choice, and the account that money goes to or
comes from is always named.

A credit is used by a payment without money that sets it against one invoice or bill. QuickBooks then makes no
transaction: it links the two, and its answer names nothing (QuickBooks Desktop SDK documentation, requests for receive
payments, bill payments, and deposits; API reference, SetCredit). So a use of a credit is known by the two.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from hub import Allocation, Facts, Kind, Operation, Payment, Refund
from hub_qbdesktop import currencies, marks, refs
from hub_qbdesktop.qbxml import Ref

Body = dict[str, Any]
NO_MONEY = Decimal("0.00")


def receipt(operation: Operation, facts: Facts) -> Body:
    """A customer's payment of one invoice."""
    document = cast(Payment, operation.document)
    return {
        **_received(operation, facts, document.currency),
        "TotalAmount": document.amount,
        "ExchangeRate": currencies.rate(document.currency, document.rate, facts),
        "PaymentMethodRef": Ref(name=document.payment_method) if document.payment_method else None,
        "Memo": marks.memo(operation, document.reference),
        "DepositToAccountRef": refs.account(document.account, facts),
        "AppliedToTxnAdd": {"TxnID": _paid(operation, facts), "PaymentAmount": document.amount},
    }


def check(operation: Operation, facts: Facts) -> Body:
    """A payment of one bill."""
    document = cast(Payment, operation.document)
    return {
        **_drawn(operation, facts, document.currency),
        "BankAccountRef": refs.account(document.account, facts),
        "Memo": marks.memo(operation, document.reference),
        "ExchangeRate": currencies.rate(document.currency, document.rate, facts),
        "AppliedToTxnAdd": {"TxnID": _paid(operation, facts), "PaymentAmount": document.amount},
    }


def refund(operation: Operation, facts: Facts) -> Body:
    """A check to a customer for what a credit memo left open.

    It is applied to the credit memo, and its one line is on the receivable account that the credit memo is in, with
    the same amount (QuickBooks Desktop API reference, CheckAdd).
    """
    document = cast(Refund, operation.document)
    customer = refs.party(document.document_kind, document.document_id, facts)
    receivable = currencies.control_account(currencies.RECEIVABLE, document.currency, facts)
    line = {
        "AccountRef": Ref(receivable.external_id) if receivable else None,
        "Amount": document.amount,
        "CustomerRef": customer,
    }
    return {
        "AccountRef": refs.account(document.account, facts),
        "PayeeEntityRef": customer,
        "RefNumber": marks.payment_number(operation),
        "TxnDate": document.date,
        "Memo": marks.memo(operation, document.reference),
        "ExchangeRate": currencies.rate(document.currency, document.rate, facts),
        "ApplyCheckToTxnAdd": {"TxnID": _paid(operation, facts), "Amount": document.amount},
        "ExpenseLineAdd": line,
    }


def use_of_credit(operation: Operation, facts: Facts) -> Body:
    """A payment without money that sets a credit memo against an invoice, or a vendor credit against a bill."""
    document = cast(Allocation, operation.document)
    credit = facts.target(document.credit_kind, document.credit_id)
    applied = {
        "TxnID": _paid(operation, facts),
        "SetCredit": {"CreditTxnID": credit, "AppliedAmount": document.amount},
    }
    bank = refs.bank(document.currency, facts)
    memo = marks.memo(operation, "")
    if document.document_kind is Kind.BILL:
        return {
            **_drawn(operation, facts, document.currency),
            "BankAccountRef": bank,
            "Memo": memo,
            "AppliedToTxnAdd": applied,
        }
    return {
        **_received(operation, facts, document.currency),
        "TotalAmount": NO_MONEY,
        "Memo": memo,
        "DepositToAccountRef": bank,
        "AppliedToTxnAdd": applied,
    }


def _received(operation: Operation, facts: Facts, currency: str) -> Body:
    document = cast(Payment | Allocation, operation.document)
    return {
        "CustomerRef": refs.party(document.document_kind, document.document_id, facts),
        "ARAccountRef": refs.control(currencies.RECEIVABLE, currency, facts),
        "TxnDate": document.date,
        "RefNumber": marks.payment_number(operation),
    }


def _drawn(operation: Operation, facts: Facts, currency: str) -> Body:
    document = cast(Payment | Allocation, operation.document)
    return {
        "PayeeEntityRef": refs.party(document.document_kind, document.document_id, facts),
        "APAccountRef": refs.control(currencies.PAYABLE, currency, facts),
        "TxnDate": document.date,
        "RefNumber": marks.payment_number(operation),
    }


def _paid(operation: Operation, facts: Facts) -> str:
    document = cast(Payment | Refund | Allocation, operation.document)
    return facts.target(document.document_kind, document.document_id)
