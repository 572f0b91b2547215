"""Payments, refunds, uses of credits, and journals made to fit QuickBooks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hub import Account, Allocation, Facts, Fit, Journal, Kind, Payment, Problem, Refund, Status
from hub_qbdesktop import currencies, refs, xmltext
from hub_qbdesktop.lines import CENT
from hub_qbdesktop.trade import number_problem
from hub_qbdesktop.wording import DESCRIPTION_LENGTH, Notes

JOURNAL_NUMBER_LENGTH = 11
_RECEIVES = frozenset({"Bank", "OtherCurrentAsset"})
"""Where money of customers may go: to a bank, or to the account that collects what is still to be deposited."""


def _word(document: Payment | Refund) -> str:
    return document.document_kind.replace("_", " ")


def fit_payment(document: Payment | Refund, facts: Facts) -> Fit:
    """A payment of an invoice or a bill, with the account that it goes to or comes from."""
    account = facts.accounts.get(document.account)
    found = [
        *currencies.problems(document.currency, document.label, facts, _control(document.document_kind)),
        *_amount_problems(document.amount, document.label),
        *(_account_problems(document, account) if account else ()),
    ]
    reference = xmltext.one_line(" ".join(filter(None, (document.number, document.reference))))
    return Fit(document.model_copy(update={"reference": reference}), problems=tuple(found))


def _control(kind: Kind) -> str:
    return currencies.PAYABLE if kind in (Kind.BILL, Kind.SUPPLIER_CREDIT) else currencies.RECEIVABLE


def fit_allocation(document: Allocation, facts: Facts) -> Fit:
    """The use of a credit for an invoice or a bill."""
    found = [
        *currencies.problems(document.currency, document.label, facts, _control(document.document_kind)),
        *_amount_problems(document.amount, document.label),
    ]
    if refs.bank(document.currency, facts) is None:
        found.append(_no_bank(document.label))
    return Fit(document, problems=tuple(found))


def _no_bank(label: str) -> Problem:
    return Problem(
        code="no_bank_account",
        what=f"QuickBooks has no bank account that the use of the credit {label} could name.",
        why="It must name one, although no money moves.",
        fix="Add a bank account of that currency to QuickBooks' chart of accounts.",
    )


def fit_refund(document: Refund, facts: Facts) -> Fit:
    """Money given back for a credit memo: a check that names its receivable account.

    Money got back from a supplier is a deposit that a program can't apply to the vendor credit.
    """
    if document.document_kind is Kind.SUPPLIER_CREDIT:
        return Fit(document, problems=(_by_hand(document, facts),))
    fit = fit_payment(document, facts)
    found = list(fit.problems)
    if not found and currencies.control_account(currencies.RECEIVABLE, document.currency, facts) is None:
        found.append(_no_receivable(document.label))
    return Fit(fit.document, fit.notes, tuple(found))


def _by_hand(document: Refund, facts: Facts) -> Problem:
    account = facts.accounts.get(document.account)
    into = f" to {account.name}" if account else ""
    return Problem(
        code="supplier_refund_by_hand",
        what=f"{document.label} is {document.amount} {document.currency} that a supplier gave back on {document.date},"
        " which the hub does not post to QuickBooks.",
        why="QuickBooks takes it as a deposit, and lets only a person apply a deposit to a vendor credit.",
        fix=f"In QuickBooks make a deposit{into}: from the vendor, on Accounts Payable. Then choose it under Pay Bills"
        " and set the vendor credit against it. Skip this with a reason.",
        done="Nothing was written.",
    )


def _no_receivable(label: str) -> Problem:
    return Problem(
        code="no_receivable_account",
        what=f"QuickBooks has no accounts receivable account that the refund {label} could name.",
        fix="Add one to QuickBooks' chart of accounts; invoices need it, too.",
    )


def _account_problems(document: Payment | Refund, account: Account) -> Iterator[Problem]:
    is_receipt = document.document_kind is Kind.INVOICE
    if account.type not in (_RECEIVES if is_receipt else {"Bank"}):
        yield Problem(
            code="account_takes_no_payments",
            what=f"Account {account.label} takes no payment of {'an' if is_receipt else 'a'} {_word(document)}.",
            why=f"It is of the type {account.type}.",
            fix="Map the payment account to a bank account of QuickBooks.",
            subject=account.code,
        )


def fit_journal(document: Journal, facts: Facts) -> Fit:
    """A journal with its number and texts within their lengths."""
    if not xmltext.one_line(document.number):
        return Fit(document, problems=(number_problem(document.label),))
    notes = Notes()
    number, is_other = notes.number(document.number, JOURNAL_NUMBER_LENGTH)
    found = [*currencies.problems(document.currency, document.label, facts), *_journal_problems(document, facts)]
    narration = " ".join(filter(None, (document.number if is_other else "", document.narration, document.reference)))
    lines = [
        line.model_copy(update={"description": notes.cut(line.description, DESCRIPTION_LENGTH - 80, "A description")})
        for line in document.lines
    ]
    values = {"number": number, "narration": xmltext.one_line(narration)[:2000], "lines": tuple(lines)}
    return Fit(document.model_copy(update=values), tuple(notes), tuple(found))


def _journal_problems(document: Journal, facts: Facts) -> Iterator[Problem]:
    if document.status is Status.DRAFT:
        yield Problem(
            code="no_draft_there",
            what=f"{document.label} can't be a draft: QuickBooks keeps no drafts of journal entries.",
            fix="Let this flow post approved journals, and review them here before they leave.",
            subject=document.kind,
        )
    for code in sorted({line.account for line in document.lines}):
        account = facts.accounts.get(code)
        if account is None or not account.active:
            yield Problem(
                code="account_unknown",
                what=f"There is no active account '{code}' in QuickBooks.",
                fix="Correct the account mapping, or add the account in QuickBooks.",
                subject=code,
            )
    for line in document.lines:
        yield from _amount_problems(line.amount, document.label)


def _amount_problems(amount: Decimal, label: str) -> Iterator[Problem]:
    if amount != amount.quantize(CENT):
        yield Problem(
            code="currency_decimals",
            what=f"The amount {amount} of {label} has more than the two decimals that QuickBooks keeps.",
            fix="Enter it in QuickBooks by hand.",
        )
