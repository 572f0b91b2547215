"""Payments, uses of credits, and journals made to fit QuickBooks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hub import Account, Allocation, Facts, Fit, Journal, Kind, Payment, Problem, Status
from hub_qbdesktop import currencies, refs, xmltext
from hub_qbdesktop.lines import CENT
from hub_qbdesktop.trade import number_problem
from hub_qbdesktop.wording import DESCRIPTION_LENGTH, Notes

JOURNAL_NUMBER_LENGTH = 11
_RECEIVES = frozenset({"Bank", "OtherCurrentAsset"})
"""Where money of customers may go: to a bank, or to the account that collects what is still to be deposited."""


def fit_payment(document: Payment, facts: Facts) -> Fit:
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


def _account_problems(document: Payment, account: Account) -> Iterator[Problem]:
    is_bill = document.document_kind is Kind.BILL
    if account.type not in ({"Bank"} if is_bill else _RECEIVES):
        yield Problem(
            code="account_takes_no_payments",
            what=f"Account {account.label} takes no payment of {'a bill' if is_bill else 'an invoice'}.",
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
