"""Xero's trial balance, read. Pure: a parsed report in, balances out.

Source: Xero API documentation, Reports (Trial Balance). *Debit* and *Credit* are the movements of the month; what
stands at the end of the day is under *YTD*. Revenue and expense accounts count from the start of the financial year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from hub import Problem, UnreachableError
from hub_xero.exact import Json

_DEBIT, _CREDIT = "ytd debit", "ytd credit"
_CODE = re.compile(r"\(([^()]+)\)$")


def balances(reports: Sequence[Json], codes: Mapping[str, str]) -> dict[str, Decimal]:
    """The balance of each account by its code, debits positive, from an answer with one report.

    ``codes`` gives the code of an account id (in small letters). An account that is not among them is known by the code
    behind its name; one without a code is left out, for nothing can be mapped to it.
    """
    if len(reports) != 1:
        raise UnreachableError(_strange(f"The answer holds {len(reports)} reports."))
    [report] = reports
    debit, credit = _columns(report)
    found: dict[str, Decimal] = {}
    for cells in _rows(report):
        code = _code(cells[0], codes)
        if code:
            balance = _amount(cells[debit]) - _amount(cells[credit])
            found[code] = found.get(code, Decimal(0)) + balance
    return found


def _columns(report: Json) -> tuple[int, int]:
    for row in report.get("Rows") or ():
        if row.get("RowType") == "Header":
            names = [str(cell.get("Value") or "").strip().casefold() for cell in row.get("Cells") or ()]
            if _DEBIT in names and _CREDIT in names:
                return names.index(_DEBIT), names.index(_CREDIT)
    raise UnreachableError(_strange("It has no columns called YTD Debit and YTD Credit."))


def _rows(report: Json) -> Iterator[list[Json]]:
    """The cells of each account's row; sections hold rows, and sums are no accounts."""
    for row in report.get("Rows") or ():
        if row.get("RowType") == "Section":
            yield from _rows(row)
        elif row.get("RowType") == "Row":
            yield row["Cells"]


def _code(cell: Json, codes: Mapping[str, str]) -> str:
    for attribute in cell.get("Attributes") or ():
        if attribute.get("Id") == "account" and str(attribute.get("Value")).casefold() in codes:
            return codes[str(attribute["Value"]).casefold()]
    behind = _CODE.search(str(cell.get("Value") or "").strip())
    return behind[1] if behind else ""


def _amount(cell: Json) -> Decimal:
    text = str(cell.get("Value") or "0").replace(",", "")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UnreachableError(_strange(f"'{text}' is no amount.")) from None


def _strange(why: str) -> Problem:
    return Problem(
        code="trial_balance_unreadable",
        what="Xero's trial balance is not in the form that is known.",
        why=why,
        fix="Report it, with the log of the call.",
        done="Nothing was changed.",
    )
