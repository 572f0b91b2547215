"""The trial balance. Source: Xero API documentation, Reports (Trial Balance).

The plain columns are the movement of the month the date is in, up to the date; the YTD columns what an account stands
at: since the beginning for the balance sheet, since the start of the financial year for revenue and expenses, whose
earlier years are in the retained earnings. A vendor says so of the month, and the documented example agrees. An amount
stands on its own side, zero on the side usual for the class.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from . import reports
from .accounts import CLASSES
from .books import Books
from .endpoint import Call, Payload, endpoint
from .financial_year import first_day
from .ledger import Ledger, Posting, balances
from .money import ZERO
from .records import Account
from .reports import Row

_SECTIONS = {
    "Revenue": "REVENUE",
    "Expenses": "EXPENSE",
    "Assets": "ASSET",
    "Liabilities": "LIABILITY",
    "Equity": "EQUITY",
}
_OF_THE_YEAR = ("REVENUE", "EXPENSE")
_USUALLY_DEBIT = ("ASSET", "EXPENSE")


@endpoint("GET", "/Reports/TrialBalance", "trial_balance")
def get_trial_balance(call: Call) -> Payload:
    reports.refuse(call, "paymentsOnly")
    day = reports.day_asked(call, reports.today(call))
    postings = list(Ledger(call.books).postings())
    month, year = balances(postings, day.replace(day=1), day), standing(call.books, postings, day)
    rows = [reports.header("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")]
    for title, class_ in _SECTIONS.items():
        accounts = [a for a in call.books.accounts if CLASSES[a.type] == class_ and a.account_id in year]
        if accounts:
            accounts.sort(key=lambda account: account.name)
            rows.append(reports.section(title, [_row(account, month, year) for account in accounts]))
    rows.append(reports.section("", [reports.summary("Total", *_totals(month), *_totals(year))]))
    return reports.answer(call, "Trial Balance", day, rows)


def standing(books: Books, postings: list[Posting], day: date) -> dict[str, Decimal]:
    """What each account stands at, at the end of a day, by account id: the YTD columns as one signed amount."""
    start = first_day(day)
    of_the_year = {a.account_id for a in books.accounts if CLASSES[a.type] in _OF_THE_YEAR}
    ever, year = balances(postings, None, day), balances(postings, start, day)
    earlier = reports.total(balances(postings, None, start - timedelta(days=1)), of_the_year)
    found = {key: year.get(key, ZERO) if key in of_the_year else amount for key, amount in ever.items()}
    if earlier:
        retained = books.system_account("RETAINEDEARNINGS").account_id
        found[retained] = found.get(retained, ZERO) + earlier
    return found


def _row(account: Account, month: dict[str, Decimal], year: dict[str, Decimal]) -> Row:
    usually_debit = CLASSES[account.type] in _USUALLY_DEBIT
    sides = [_sides(amounts.get(account.account_id, ZERO), usually_debit) for amounts in (month, year)]
    return reports.account_row(account.account_id, [reports.label(account), *sides[0], *sides[1]])


def _sides(amount: Decimal, usually_debit: bool) -> tuple[str, str]:
    if amount > 0 or (not amount and usually_debit):
        return reports.money(amount), ""
    return "", reports.money(-amount)


def _totals(amounts: dict[str, Decimal]) -> tuple[str, str]:
    """All debits and all credits of the column."""
    debits = sum((amount for amount in amounts.values() if amount > 0), ZERO)
    credits = -sum((amount for amount in amounts.values() if amount < 0), ZERO)
    return reports.money(debits), reports.money(credits)
