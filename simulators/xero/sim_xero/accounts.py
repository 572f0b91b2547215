"""The chart of accounts. Source: Xero API documentation, Accounts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import chain
from typing import Any

from . import batch, listing
from .dates import stamp
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found, post_data_invalid
from .fields import Raw, flag, short_text, text
from .filters import Reader
from .records import Account, Line

CLASSES = {
    "BANK": "ASSET",
    "CURRENT": "ASSET",
    "FIXED": "ASSET",
    "INVENTORY": "ASSET",
    "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET",
    "EQUITY": "EQUITY",
    "DEPRECIATN": "EXPENSE",
    "DIRECTCOSTS": "EXPENSE",
    "EXPENSE": "EXPENSE",
    "OVERHEADS": "EXPENSE",
    "CURRLIAB": "LIABILITY",
    "LIABILITY": "LIABILITY",
    "TERMLIAB": "LIABILITY",
    "PAYG": "LIABILITY",
    "OTHERINCOME": "REVENUE",
    "REVENUE": "REVENUE",
    "SALES": "REVENUE",
}
FIELDS: dict[str, Reader[Account]] = {
    "accountid": lambda account: account.account_id,
    "code": lambda account: account.code,
    "name": lambda account: account.name,
    "type": lambda account: account.type,
    "class": lambda account: CLASSES[account.type],
    "status": lambda account: account.status,
    "taxtype": lambda account: account.tax_type,
    "systemaccount": lambda account: account.system_account,
    "enablepaymentstoaccount": lambda account: account.enable_payments,
    "currencycode": lambda account: account.currency_code,
    "updateddateutc": lambda account: account.updated,
}
_BATCH = ("Accounts", "AccountID", "HasValidationErrors")


def render(call: Call, account: Account) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AccountID": account.account_id,
        "Name": account.name,
        "Status": account.status,
        "Type": account.type,
        "TaxType": account.tax_type,
        "Class": CLASSES[account.type],
        "EnablePaymentsToAccount": account.enable_payments,
        "ShowInExpenseClaims": account.show_in_expense_claims,
        "BankAccountType": account.bank_account_type,
        "ReportingCode": "",
        "HasAttachments": False,
        "UpdatedDateUTC": stamp(account.updated),
        "AddToWatchlist": False,
    }
    optional = {
        "Code": account.code,
        "Description": account.description,
        "SystemAccount": account.system_account,
        "CurrencyCode": account.currency_code,
        "BankAccountNumber": account.bank_account_number,
    }
    return shown | {name: value for name, value in optional.items() if value}


_LIST = listing.ListOf("Accounts", "Account", FIELDS, render, lambda account: account.updated, paged=False)


@endpoint("GET", "/Accounts", "settings")
def list_accounts(call: Call) -> Payload:
    return listing.answer(call, _LIST, (account for account in call.books.accounts if account.status != "DELETED"))


def _find(call: Call) -> Account:
    account = call.books.account(call.args["key"])
    if account is None:
        raise not_found()
    return account


@endpoint("GET", "/Accounts/<key>", "settings")
def get_account(call: Call) -> Payload:
    return {"Accounts": [render(call, _find(call))]}


def _one(call: Call) -> Raw:
    """Accounts are written one per call (docs)."""
    rows = call.elements("Accounts")
    if len(rows) != 1:
        raise post_data_invalid("Only one account may be sent per request.")
    return rows[0]


@endpoint("PUT", "/Accounts", "settings")
def put_account(call: Call) -> Payload:
    return batch.single(call, *_BATCH, _one(call), lambda call, raw: render(call, _create(call, raw)))


@endpoint("POST", "/Accounts/<key>", "settings")
def post_account(call: Call) -> Payload:
    account = _find(call)
    return batch.single(call, *_BATCH, _one(call), lambda call, raw: render(call, _update(call, account, raw)))


@endpoint("DELETE", "/Accounts/<key>", "settings")
def delete_account(call: Call) -> Payload:
    """System accounts and accounts in use cannot be deleted (docs)."""
    account = _find(call)

    def write(call: Call, raw: Raw) -> dict[str, Any]:
        if account.system_account or in_use(call, account):
            raise ValidationError("Account could not be deleted because it is a system account or is in use.")
        return render(call, call.books.accounts.put(replace(account, status="DELETED", updated=call.now)))

    return batch.single(call, *_BATCH, {"AccountID": account.account_id}, write)


def in_use(call: Call, account: Account) -> bool:
    """Whether any document line, journal, payment, bank transaction or opening balance names the account."""
    books = call.books
    tables = (books.invoices, books.credit_notes, books.bank_transactions)
    codes = (line.account_code for table in tables for document in table for line in document.lines)
    moves = (books.payments, books.bank_transactions, books.opening_balances)
    ids = chain(
        (record.account_id for table in moves for record in table),
        (line.account_id for journal in books.manual_journals for line in journal.lines),
    )
    return account.account_id in ids or bool(account.code and account.code in codes)


def _create(call: Call, raw: Raw) -> Account:
    problems = ValidationError()
    kind = text(raw, "Type")
    if kind not in CLASSES:
        problems.add("The account type is not valid.", "Type")
        raise problems
    if kind == "BANK" and not text(raw, "BankAccountNumber"):
        problems.add("A bank account number must be specified for an account of type BANK.", "BankAccountNumber")
    blank = Account(str(uuid.uuid4()), "", "", kind, "NONE", call.now)
    if kind == "BANK":
        currency = text(raw, "CurrencyCode") or call.books.organisation.base_currency
        if call.books.currencies.get(currency) is None:
            problems.add(f"The current organisation is not subscribed to currency '{currency}'.", "CurrencyCode")
        blank = replace(
            blank,
            currency_code=currency,
            bank_account_number=text(raw, "BankAccountNumber") or "",
            bank_account_type=text(raw, "BankAccountType") or "BANK",
        )
    account = _apply(call, blank, raw, problems)
    if not account.code and kind != "BANK":
        problems.add("The account code must be specified.", "Code")
    if not account.name:
        problems.add("The account name must be specified.", "Name")
    problems.raise_if_any()
    return call.books.accounts.put(account)


def _update(call: Call, account: Account, raw: Raw) -> Account:
    """Archiving may change nothing else; BANK accounts cannot be updated, but can be archived (docs)."""
    problems = ValidationError()
    changes = raw.keys() - {"AccountID", "Status"}
    if raw.get("Status") == "ARCHIVED":
        if changes:
            problems.add("An account cannot be changed and archived in the same request.")
        if account.system_account:
            problems.add("System accounts cannot be archived.")
        problems.raise_if_any()
        return call.books.accounts.put(replace(account, status="ARCHIVED", updated=call.now))
    if account.type == "BANK" or account.system_account:
        problems.add("Bank accounts and system accounts cannot be updated.")
        problems.raise_if_any()
    kind = text(raw, "Type")
    if kind and kind != account.type and CLASSES.get(kind) != CLASSES[account.type]:
        problems.add("The account type cannot be changed to a type of another class.", "Type")
    updated = _apply(call, replace(account, type=kind or account.type), raw, problems)
    if raw.get("Status") == "ACTIVE":
        updated.status = "ACTIVE"
    problems.raise_if_any()
    _recode(call, account.code, updated.code)
    return call.books.accounts.put(updated)


def _recode(call: Call, old: str, new: str) -> None:
    """Documents follow their account to its new code."""
    books = call.books
    if not old or old == new:
        return
    for table in (books.invoices, books.credit_notes):
        for document in list(table):
            if any(line.account_code == old for line in document.lines):
                table.put(replace(document, lines=_recoded(document.lines, old, new)))
    for transaction in list(books.bank_transactions):
        if any(line.account_code == old for line in transaction.lines):
            books.bank_transactions.put(replace(transaction, lines=_recoded(transaction.lines, old, new)))


def _recoded(lines: list[Line], old: str, new: str) -> list[Line]:
    return [replace(line, account_code=new) if line.account_code == old else line for line in lines]


def _apply(call: Call, account: Account, raw: Raw, problems: ValidationError) -> Account:
    code = short_text(raw, "Code", 10, problems)
    name = short_text(raw, "Name", 150, problems)
    tax_type = text(raw, "TaxType")
    for index, value in (("code", code), ("name", name)):
        others = call.books.accounts.find(index, value) if value else []
        if any(other.account_id != account.account_id and other.status != "DELETED" for other in others):
            problems.add(f"Please enter a unique {index.title()}.", index.title())
    rate = call.books.tax_rates.get(tax_type) if tax_type else None
    if tax_type and (rate is None or rate.status != "ACTIVE"):
        problems.add(f"The TaxType code {tax_type} does not exist or cannot be used for this type of transaction.")
    description = short_text(raw, "Description", 4000, problems)
    payments, claims = flag(raw, "EnablePaymentsToAccount"), flag(raw, "ShowInExpenseClaims")
    return replace(
        account,
        code=account.code if code is None else code,
        name=account.name if name is None else name,
        tax_type=tax_type or account.tax_type,
        description=account.description if description is None else description,
        enable_payments=account.enable_payments if payments is None else payments,
        show_in_expense_claims=account.show_in_expense_claims if claims is None else claims,
        updated=call.now,
    )
