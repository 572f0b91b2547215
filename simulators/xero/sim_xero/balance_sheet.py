"""The balance sheet. Source: Xero API documentation, Reports (Balance Sheet).

Assets show debits as positive, liabilities and equity credits. Without a date it is as at the end of this month (docs);
with one, users report the end of that date's month, which is a switch. Account names stand without their codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from . import reports
from .accounts import CLASSES
from .endpoint import Call, Payload, endpoint
from .financial_year import first_day
from .ledger import Ledger
from .money import ZERO
from .records import Account
from .reports import Row
from .trial_balance import standing

_Groups = dict[str, tuple[str, ...]]
_ASSETS: _Groups = {
    "Bank": ("BANK",),
    "Current Assets": ("CURRENT", "INVENTORY", "PREPAYMENT"),
    "Fixed Assets": ("FIXED",),
    "Non-current Assets": ("NONCURRENT",),
}
_LIABILITIES: _Groups = {
    "Current Liabilities": ("CURRLIAB", "PAYG"),
    "Non-current Liabilities": ("LIABILITY", "TERMLIAB"),
}
_EARNINGS_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(slots=True)
class _Sheet:
    """The amounts as the sheet shows them, by account id; `as_at` is its day."""

    accounts: list[Account]
    amounts: dict[str, Decimal]
    as_at: date

    def rows(self, types: tuple[str, ...]) -> tuple[list[Row], Decimal]:
        """The rows of the accounts of these types, and their sum."""
        chosen = [a for a in self.accounts if a.type in types and a.account_id in self.amounts]
        values = [(a, self.amounts[a.account_id]) for a in sorted(chosen, key=lambda a: a.name)]
        shown = [reports.account_row(a.account_id, [a.name, reports.money(value)]) for a, value in values]
        return shown, sum((value for _, value in values), ZERO)

    def part(self, title: str, groups: _Groups) -> tuple[list[Row], Decimal]:
        """A side of the sheet: its title, a section for each group with accounts, and its total."""
        found, whole = [reports.section(title, [])], ZERO
        for name, types in groups.items():
            rows, amount = self.rows(types)
            if rows:
                found.append(reports.section(name, [*rows, reports.summary(f"Total {name}", reports.money(amount))]))
                whole += amount
        found.append(reports.section("", [reports.summary(f"Total {title}", reports.money(whole))]))
        return found, whole


@endpoint("GET", "/Reports/BalanceSheet", "balance_sheet")
def get_balance_sheet(call: Call) -> Payload:
    reports.refuse(call, "paymentsOnly", "periods", "timeframe", "trackingOptionID1", "trackingOptionID2")
    as_at = _as_at(call)
    sheet, earnings = _sheet(call, as_at)
    assets, owned = sheet.part("Assets", _ASSETS)
    liabilities, owed = sheet.part("Liabilities", _LIABILITIES)
    equity, held = sheet.rows(("EQUITY",))
    rows = [
        reports.header("", f"{as_at.day} {as_at:%b %Y}"),
        *assets,
        *liabilities,
        reports.section("", [reports.plain_row("Net Assets", reports.money(owned - owed))]),
        reports.section(
            "Equity",
            [_earnings(as_at, earnings), *equity, reports.summary("Total Equity", reports.money(held + earnings))],
        ),
    ]
    return reports.answer(call, "Balance Sheet", as_at, rows)


def _as_at(call: Call) -> date:
    if not call.query.get("date") or call.world.switches["balance_sheet_is_at_month_end"]:
        return reports.month_end(reports.day_asked(call, reports.today(call)))
    return reports.day_asked(call, reports.today(call))


def _sheet(call: Call, as_at: date) -> tuple[_Sheet, Decimal]:
    """The sheet, and what the year has earned so far."""
    accounts = list(call.books.accounts)
    amounts, earnings = {}, ZERO
    found = standing(call.books, list(Ledger(call.books).postings()), as_at)
    for account in accounts:
        amount = found.get(account.account_id)
        if amount is None:
            continue
        class_ = CLASSES[account.type]
        if class_ in ("REVENUE", "EXPENSE"):
            earnings -= amount
        else:
            amounts[account.account_id] = amount if class_ == "ASSET" else -amount
    return _Sheet(accounts, amounts, as_at), earnings


def _earnings(as_at: date, earnings: Decimal) -> Row:
    """Current Year Earnings: no account of the chart, and the days it covers beside its id."""
    row: dict[str, Any] = reports.account_row(_EARNINGS_ID, ["Current Year Earnings", reports.money(earnings)])
    start = first_day(as_at)
    row["Cells"][1]["Attributes"] += [
        {"Value": f"{day.month}/{day.day}/{day.year}", "Id": name}
        for name, day in (("fromDate", start), ("toDate", as_at))
    ]
    return row
