"""Adding to Xero's chart of accounts, one account per call.

Source: Xero API documentation, Accounts (PUT; account types and classes; Code up to 10 and Name up to 150 characters,
both unique). Bank accounts need a bank's account number and are made in Xero; inventory accounts take nothing but what
Xero's own tracked items post.
"""

from __future__ import annotations

import uuid

from hub import Account, AccountClass, AccountType, Answer, Problem, RejectedError, UnsureError
from hub_xero import exact, native, refusals
from hub_xero.client import XeroClient

CODE_LENGTH = 10
NAME_LENGTH = 150

ACCOUNT_TYPES = (
    AccountType("SALES", "Sales", AccountClass.REVENUE),
    AccountType("REVENUE", "Revenue", AccountClass.REVENUE),
    AccountType("OTHERINCOME", "Other income", AccountClass.REVENUE),
    AccountType("DIRECTCOSTS", "Direct costs (purchases, cost of sales)", AccountClass.EXPENSE),
    AccountType("EXPENSE", "Expense", AccountClass.EXPENSE),
    AccountType("OVERHEADS", "Overhead", AccountClass.EXPENSE),
    AccountType("DEPRECIATN", "Depreciation", AccountClass.EXPENSE),
    AccountType("CURRENT", "Current asset", AccountClass.ASSET),
    AccountType("PREPAYMENT", "Prepayment", AccountClass.ASSET),
    AccountType("FIXED", "Fixed asset", AccountClass.ASSET),
    AccountType("NONCURRENT", "Non-current asset", AccountClass.ASSET),
    AccountType("CURRLIAB", "Current liability", AccountClass.LIABILITY),
    AccountType("LIABILITY", "Liability", AccountClass.LIABILITY),
    AccountType("TERMLIAB", "Non-current liability", AccountClass.LIABILITY),
    AccountType("EQUITY", "Equity", AccountClass.EQUITY),
)


def find(client: XeroClient, code: str) -> Account | None:
    """The account with this code. The list comes whole, and a chart is short."""
    accounts = (native.account(entry) for entry in client.list("Accounts").natives)
    return next((account for account in accounts if account.code.casefold() == code.casefold()), None)


def create(client: XeroClient, wanted: Account) -> Account:
    """Add it; Xero gives it the usual tax rate of its type."""
    _check_lengths(wanted)
    body: exact.Json = {"Code": wanted.code, "Name": wanted.name, "Type": wanted.type}
    if wanted.takes_payments:
        body["EnablePaymentsToAccount"] = True
    # A key for this one try: a refusal is not to be remembered, for it may be mended in Xero a minute later.
    answer = client.write("PUT", "Accounts", {}, exact.encode(body), uuid.uuid4().hex)
    return native.account(_made(answer, wanted))


def _made(answer: Answer, wanted: Account) -> exact.Json:
    if answer.status >= 500 or (answer.status < 400 and not (answer.status == 200 and answer.is_json)):
        what = f"Xero answered with status {answer.status}; account {wanted.code} may have been added."
        raise UnsureError(Problem(code="unsure", what=what, detail=answer.text[:2000]))
    if answer.status >= 400:
        said = refusals.said(answer.json() if answer.is_json else answer.text)
        raise RejectedError(_refused(wanted, " ".join(said)))
    made: exact.Json = answer.json()["Accounts"][0]
    return made


def _check_lengths(wanted: Account) -> None:
    if len(wanted.code) > CODE_LENGTH:
        raise RejectedError(_refused(wanted, f"A code has at most {CODE_LENGTH} characters."))
    if len(wanted.name) > NAME_LENGTH:
        raise RejectedError(_refused(wanted, f"A name has at most {NAME_LENGTH} characters."))


def _refused(wanted: Account, why: str) -> Problem:
    return Problem(
        code="account_refused",
        what=f"Xero did not add account {wanted.code} {wanted.name}.",
        why=why,
        fix="Choose another code or name, or map to an account that Xero has.",
        done="Nothing was added.",
        subject=wanted.code,
    )
