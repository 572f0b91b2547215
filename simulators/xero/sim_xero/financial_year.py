"""The financial year of the seeded organisations: it ends on 31 March."""

from __future__ import annotations

from datetime import date

END_MONTH, END_DAY = 3, 31


def first_day(on: date) -> date:
    """The first day of the financial year a day is in."""
    start = date(on.year, END_MONTH + 1, 1)
    return start if on >= start else start.replace(year=on.year - 1)
