"""The shape of reports: titles, sections, rows, cells.

Source: Xero API documentation, Reports. Amounts are text with two decimals; the cells of an account carry its id.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .dates import parse_day, stamp
from .endpoint import Call, Payload
from .errors import post_data_invalid
from .money import ZERO, rounded
from .records import Account

Row = dict[str, Any]


def day_asked(call: Call, default: date) -> date:
    """The `date` of the query; 400 when it is none."""
    value = call.query.get("date", "")
    try:
        return parse_day(value) if value else default
    except ValueError:
        raise post_data_invalid(f"The string '{value}' is not a valid date. Path 'date'.") from None


def refuse(call: Call, *names: str) -> None:
    """Say which of a report's parameters this simulator has no answer to, rather than answer another question."""
    for name in names:
        if call.query.get(name.lower(), "").lower() not in ("", "false"):
            raise post_data_invalid(f"{name} is not simulated.")


def today(call: Call) -> date:
    return call.world.clock.today(call.books.organisation.timezone)


def month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def long_day(day: date) -> str:
    """24 April 2019"""
    return f"{day.day} {day:%B %Y}"


def answer(call: Call, name: str, as_at: date, rows: list[Row]) -> Payload:
    """The one report of the answer."""
    report = {
        "ReportID": name.replace(" ", ""),
        "ReportName": name,
        "ReportType": name.replace(" ", ""),
        "ReportTitles": [name, call.books.organisation.name, f"As at {long_day(as_at)}"],
        "ReportDate": long_day(today(call)),
        "UpdatedDateUTC": stamp(call.now),
        "Fields": [],
        "Rows": rows,
    }
    return {"Reports": [report]}


def header(*titles: str) -> Row:
    return {"RowType": "Header", "Cells": [{"Value": title} for title in titles]}


def section(title: str, rows: list[Row]) -> Row:
    return {"RowType": "Section", "Title": title, "Rows": rows}


def account_row(account_id: str, values: list[str]) -> Row:
    """A row of one account: every cell carries its id."""
    return {
        "RowType": "Row",
        "Cells": [{"Value": value, "Attributes": [{"Value": account_id, "Id": "account"}]} for value in values],
    }


def plain_row(*values: str) -> Row:
    return {"RowType": "Row", "Cells": [{"Value": value} for value in values]}


def summary(*values: str) -> Row:
    return {"RowType": "SummaryRow", "Cells": [{"Value": value} for value in values]}


def money(amount: Decimal) -> str:
    return f"{rounded(amount):.2f}"


def label(account: Account) -> str:
    """Sales (200); an account without a code has its name alone."""
    return f"{account.name} ({account.code})" if account.code else account.name


def total(amounts: dict[str, Decimal], account_ids: set[str]) -> Decimal:
    return sum((amount for account_id, amount in amounts.items() if account_id in account_ids), ZERO)
