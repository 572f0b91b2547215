"""What is known to be refused before it is sent: accounts, tax codes, currencies, locked periods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from hub import Account, Facts, Problem, TaxMode


def account_problems(code: str, facts: Facts, tax_code: str = "") -> Iterator[Problem]:
    """Say why a line can not be coded to this account with this tax code."""
    account = _account(code, facts)
    if account is None:
        yield unknown_account(code)
        return
    if not account.active:
        yield _archived(account)
    elif not account.takes_documents:
        yield Problem(
            code="account_refuses_documents",
            what=f"Xero does not let documents post to account {account.label}.",
            why="It is a bank account, a tracked inventory account or one that Xero keeps itself.",
            fix="Map to another account.",
            subject=code,
        )
    if tax_code:
        yield from tax_problems(tax_code, account, facts)


def journal_account_problems(code: str, facts: Facts) -> Iterator[Problem]:
    """Say why a journal can not post to this account."""
    account = _account(code, facts)
    if account is None or not account.active:
        yield unknown_account(code) if account is None else _archived(account)
    elif not account.takes_journals:
        yield Problem(
            code="account_refuses_journals",
            what=f"Xero does not let journals post to account {account.label}.",
            why="It is a bank account, a tracked inventory account or one that Xero keeps itself.",
            fix="Map to another account.",
            subject=code,
        )


def _account(code: str, facts: Facts) -> Account | None:
    """The account with this code; several have none, and no code is not a code."""
    return facts.accounts.get(code) if code else None


def unknown_account(code: str) -> Problem:
    """No account of the chart has this code."""
    return Problem(
        code="account_unknown",
        what=f"There is no account with the code '{code}' in Xero." if code else "A line has no account.",
        fix="Correct the account mapping, or add the account in Xero.",
        subject=code,
    )


def _archived(account: Account) -> Problem:
    return Problem(
        code="account_archived",
        what=f"Account {account.label} is archived in Xero.",
        fix="Restore the account in Xero, or map to another one.",
        subject=account.code,
    )


def tax_problems(code: str, account: Account, facts: Facts) -> Iterator[Problem]:
    """Say why this tax code can not be used with this account."""
    tax = facts.taxes.get(code)
    if tax is None or not tax.active:
        yield Problem(
            code="tax_unknown",
            what=f"The tax code '{code}' does not exist in Xero or is no longer active.",
            fix="Correct the tax mapping, or restore the tax rate in Xero.",
            subject=code,
        )
    elif tax.classes and account.account_class not in tax.classes:
        yield Problem(
            code="tax_not_for_account",
            what=f"Tax rate '{tax.name}' can not be used with account {account.label}.",
            why=f"It goes with {', '.join(tax.classes)} accounts; this is a {account.account_class} account.",
            fix="Map the tax code or the account to one that go together.",
            subject=f"{code} {account.code}",
        )


def payment_account_problems(code: str, currency: str, facts: Facts) -> Iterator[Problem]:
    """Say why money can not be paid into or out of this account."""
    account = _account(code, facts)
    if account is None or not account.active:
        yield unknown_account(code) if account is None else _archived(account)
    elif not account.takes_payments:
        yield Problem(
            code="account_refuses_payments",
            what=f"Account {account.label} does not take payments.",
            fix="Tick 'Enable payments to this account' in Xero's chart of accounts, or map to a bank account.",
            subject=code,
        )
    elif account.currency and account.currency not in (currency, facts.organisation.base_currency):
        yield Problem(
            code="payment_currency",
            what=f"Account {account.label} is kept in {account.currency} and can not pay in {currency}.",
            fix=f"Map payments in {currency} to an account kept in {currency} or in the base currency.",
            subject=code,
        )


def currency_problems(currency: str, rate: Decimal | None, facts: Facts) -> Iterator[Problem]:
    """Say why an amount in this currency can not be posted."""
    organisation = facts.organisation
    if currency == organisation.base_currency:
        return
    if organisation.currencies and currency not in organisation.currencies:
        yield Problem(
            code="currency_not_enabled",
            what=f"{currency} is not enabled in Xero.",
            fix=f"Add {currency} under Settings, Currencies in Xero (a multi-currency plan is needed).",
            subject=currency,
        )
    if rate is None:
        yield Problem(
            code="rate_missing",
            what=f"The document is in {currency} and has no exchange rate.",
            why="Xero would choose the day's rate itself, and the books would differ from the stock system.",
            fix="Enter the exchange rate in the stock system.",
        )


def date_problems(dated: date, facts: Facts) -> Iterator[Problem]:
    """Say that a date lies in a locked period."""
    lock = facts.organisation.lock_date
    if lock is not None and dated <= lock:
        yield Problem(
            code="closed_period",
            what=f"The document is dated {dated:%d %b %Y}; Xero is locked up to {lock:%d %b %Y}.",
            fix="Change the date in the stock system, or have an adviser move the lock date in Xero.",
            subject=f"{lock}",
        )


def tax_mode_problems(mode: TaxMode, tax: Decimal) -> Iterator[Problem]:
    """Say that a document without tax carries some."""
    if mode is TaxMode.NO_TAX and tax:
        yield Problem(
            code="tax_without_mode",
            what=f"The document says that it has no tax, and carries {tax} of it.",
            fix="Correct the document's tax setting in the stock system.",
        )
