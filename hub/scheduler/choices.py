"""How people say when: a few simple choices, and an expression for those that need more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hub.scheduler.expressions import DAYS
from hub.scheduler.quiet import clock_time


class Often(StrEnum):
    """How often a connection is synced."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CRON = "cron"


_INTERVAL = re.compile(r"(\d+)([mhd])")
_AT = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|mon-fri|\d|[a-z]{3})")
_ON = re.compile(r"(\d{1,2}) (\d{1,2}) (\d{1,2}) \* \*")
LAST_DATE = 28
"""The last day that every month has."""
_DAYS = {"*": Often.DAILY, "1-5": Often.WEEKDAYS, "mon-fri": Often.WEEKDAYS}


@dataclass(frozen=True)
class Choice:
    """What a form asks for; only what ``often`` needs counts.

    ``at`` is a time such as 18:00, ``day`` as in ``mon``, ``date`` the day of the month, one that every month has.
    """

    often: Often
    every: int = 15
    at: str = "18:00"
    day: str = "mon"
    expression: str = ""
    date: int = 5

    def stored(self) -> tuple[str, str]:
        """The trigger and its expression; raises ``SettingsError`` for what is no time."""
        if self.often is Often.CRON:
            return "cron", " ".join(self.expression.split())
        if self.often in (Often.MINUTES, Often.HOURS):
            return "interval", f"{self.every}{self.often.value[0]}"
        at = clock_time(self.at)
        if self.often is Often.MONTHLY:
            return "cron", f"{at.minute} {at.hour} {self.date} * *"
        days = {Often.DAILY: "*", Often.WEEKDAYS: "1-5"}.get(self.often) or str(DAYS.index(self.day))
        return "cron", f"{at.minute} {at.hour} * * {days}"


def choice_of(trigger: str, expression: str) -> Choice:
    """The simplest choice that says the same; whatever is not simple stays an expression."""
    text = " ".join(expression.lower().split())
    if trigger == "interval" and (found := _INTERVAL.fullmatch(text)):
        if found[2] == "d":
            return Choice(Often.HOURS, every=int(found[1]) * 24)
        return Choice(Often.MINUTES if found[2] == "m" else Often.HOURS, every=int(found[1]))
    if monthly := _monthly(text):
        return monthly
    found = _AT.fullmatch(text)
    day = _day(found[3]) if found else ""
    if found is None or not (day or found[3] in _DAYS) or int(found[2]) > 23 or int(found[1]) > 59:
        return Choice(Often.CRON, expression=expression)
    at = f"{int(found[2]):02}:{int(found[1]):02}"
    return Choice(_DAYS.get(found[3], Often.WEEKLY), at=at, day=day or "mon")


def _monthly(text: str) -> Choice | None:
    found = _ON.fullmatch(text)
    if found is None or int(found[1]) > 59 or int(found[2]) > 23 or not 1 <= int(found[3]) <= LAST_DATE:
        return None
    return Choice(Often.MONTHLY, at=f"{int(found[2]):02}:{int(found[1]):02}", date=int(found[3]))


def _day(field: str) -> str:
    if field in DAYS:
        return field
    return DAYS[int(field) % 7] if field.isdigit() and int(field) <= 7 else ""
