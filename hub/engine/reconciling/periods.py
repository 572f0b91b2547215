"""The period that is compared: two days, both included."""

from __future__ import annotations

from collections.abc import Iterable
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


def month_of(day: date) -> Period:
    """The calendar month of a day, from its first to its last."""
    start = day.replace(day=1)
    return Period(start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def quarter_of(day: date) -> Period:
    """The calendar quarter of a day."""
    start = day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return Period(start, month_of(start + timedelta(days=62)).end)


def last_full_month(today: date) -> Period:
    """The calendar month before this one."""
    return month_of(today.replace(day=1) - timedelta(days=1))


def following(end: date) -> Period:
    """What comes after a period that ended on this day: to the end of the month that the next day is in."""
    start = end + timedelta(days=1)
    return Period(start, month_of(start).end)


def signed_to(periods: Iterable[Period]) -> date | None:
    """The last day up to which these periods, the earliest first, leave no day out; None without any."""
    end: date | None = None
    for period in periods:
        if end is not None and period.start > end + timedelta(days=1):
            break
        end = max(end or period.end, period.end)
    return end


def usual_periods(today: date, start_date: date) -> list[tuple[str, Period]]:
    """What people ask for, each with its name; without those that end before the integration starts."""
    quarter = quarter_of(today)
    offered = [
        ("Last full month", last_full_month(today)),
        ("This month to date", Period(today.replace(day=1), today)),
        ("Last full quarter", quarter_of(quarter.start - timedelta(days=1))),
        ("This quarter to date", Period(quarter.start, today)),
        ("This calendar year to date", Period(today.replace(month=1, day=1), today)),
    ]
    return [(name, period) for name, period in offered if period.end >= start_date]


def usual_period(today: date, start_date: date) -> Period:
    """The last full month; where the integration starts later than that, from its start to today."""
    month = last_full_month(today)
    return month if month.end >= start_date else Period(min(start_date, today), today)
