"""The period that is compared: two days, both included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from hub.errors import SettingsError


@dataclass(frozen=True)
class Period:
    """From one day to another, both included."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"

    def check(self, *, start_date: date, today: date) -> None:
        """Raise ``SettingsError``, saying what to choose instead, for a period that can't be compared."""
        if self.start > self.end:
            raise SettingsError("The period ends before it begins. Choose a last day that is not before the first.")
        if self.end > today:
            raise SettingsError(f"The period ends on {self.end}, which is still to come. Choose a day up to {today}.")
        if self.end < start_date:
            raise SettingsError(
                f"The period ends before {start_date}, when the integration starts: the hub posted nothing of it."
            )


def last_full_month(today: date) -> Period:
    """The calendar month before this one."""
    end = today.replace(day=1) - timedelta(days=1)
    return Period(end.replace(day=1), end)


def usual_period(today: date, start_date: date) -> Period:
    """The last full month; where the integration starts later than that, from its start to today."""
    month = last_full_month(today)
    return month if month.end >= start_date else Period(min(start_date, today), today)
