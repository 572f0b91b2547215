"""Writing bank transactions: money received or spent without an invoice, the other side told by lines.

Source: Xero API documentation, BankTransactions; the rules of line items as for invoices. Prepayments, overpayments and
transfers are not written here.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal

from . import lines, links, locks, parties
from .documents import AMOUNT_TYPES
from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, choice, day, flag, number, part, rows, short_text, text
from .line_accounts import recognised
from .money import rounded
from .records import Account, BankTransaction

TYPES = ("RECEIVE", "SPEND")
_STATUSES = ("AUTHORISED", "DELETED", "VOIDED")


def create(call: Call, raw: Raw, problems: ValidationError, warnings: list[str]) -> BankTransaction:
    """A new bank transaction, stored; raises ValidationError with everything that is wrong."""
    kind = text(raw, "Type") or ""
    if kind not in TYPES:
        raise ValidationError(f"A bank transaction of type '{kind}' cannot be made here; types: {', '.join(TYPES)}.")
    if choice(raw, "Status", _STATUSES, "Xero.API.Library.BankTransactionStatus") not in (None, "AUTHORISED"):
        problems.add("Bank transaction not of valid status for creation", "Status")
    account = _bank_account(call, raw, problems)
    contact = parties.resolve(call, part(raw, "Contact"), problems)
    if account is None or contact is None:
        raise problems
    currency = account.currency_code or call.books.organisation.base_currency
    made = BankTransaction(
        transaction_id=str(uuid.uuid4()),
        type=kind,
        account_id=account.account_id,
        contact_id=contact.contact_id,
        date=day(raw, "Date") or call.world.clock.today(call.books.organisation.timezone),
        currency=currency,
        rate=_rate(call, raw, currency),
        updated=call.now,
        reference=short_text(raw, "Reference", 255, problems) or "",
        url=links.read(call, raw, "", problems),
        is_reconciled=bool(flag(raw, "IsReconciled")),
    )
    _fill_lines(call, raw, made, problems, warnings)
    locks.check(call, made.date, problems)
    problems.raise_if_any()
    return call.books.bank_transactions.put(made)


def delete(call: Call, found: BankTransaction, raw: Raw) -> BankTransaction:
    """Take a bank transaction back with `Status: DELETED`; other changes are not simulated."""
    if choice(raw, "Status", _STATUSES, "Xero.API.Library.BankTransactionStatus") != "DELETED":
        raise ValidationError("Bank transactions are made and deleted here, not changed.")
    problems = ValidationError()
    if found.status != "AUTHORISED":
        problems.add("The bank transaction has already been deleted.")
    locks.check(call, found.date, problems)
    problems.raise_if_any()
    return call.books.bank_transactions.put(replace(found, status="DELETED", updated=call.now))


def _bank_account(call: Call, raw: Raw, problems: ValidationError) -> Account | None:
    sent = part(raw, "BankAccount")
    account = recognised(call, str(sent.get("AccountID") or "").lower() or str(sent.get("Code") or ""))
    if account is None or account.type != "BANK":
        problems.add("A valid bank account must be specified.", "BankAccount")
        return None
    return account


def _rate(call: Call, raw: Raw, currency: str) -> Decimal:
    """Foreign units for one base unit: as sent, else the day's (here a fixed table)."""
    sent = number(raw, "CurrencyRate")
    if currency == call.books.organisation.base_currency:
        return Decimal(1)
    return rounded(sent, 6) if sent and sent > 0 else call.world.day_rates.get(currency, Decimal(1))


def _fill_lines(call: Call, raw: Raw, made: BankTransaction, problems: ValidationError, warnings: list[str]) -> None:
    types = choice(raw, "LineAmountTypes", AMOUNT_TYPES, "Xero.API.Library.LineAmountType")
    made.line_amount_types = types or made.line_amount_types
    sent = rows(raw, "LineItems") or []
    if not sent:
        problems.add("One or more line items must be specified", "LineItems")
    rules = lines.LineRules(call, made.type, False, made.line_amount_types, problems, warnings)
    made.lines = lines.build(rules, sent, [])
    made.sub_total, made.total_tax, made.total = lines.totals(made.lines, made.line_amount_types)
    if made.total <= 0 and not problems.messages:
        problems.add("The total of a bank transaction must be greater than zero.")
