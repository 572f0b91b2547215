"""A schedule in a plain sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.scheduler.expressions import DAYS, FIXED_HOURS, UNITS, fields_of, seconds_of, weekdays_of

if TYPE_CHECKING:
    from hub.models import Schedule

DAY_NAMES = dict(zip(DAYS, ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"), strict=True))
WORKING = DAYS[1:6]
CLOCK_TIME = re.compile(r"\d{1,2}")


def describe(schedule: Schedule, what: str = "") -> str:
    """Such as "Every weekday at 18:00 Europe/London, sync Acme, stop at 500 calls".

    ``what`` is the connection that is synced; of a schedule that reconciles, both sides, as in "Acme with Books".
    """
    parts = [_when(schedule)]
    if what:
        parts.append(f"{'sync' if schedule.integration_id is None else 'reconcile'} {what}")
    if schedule.most_calls is not None:
        parts.append(f"stop at {schedule.most_calls:,} call{'' if schedule.most_calls == 1 else 's'}")
    if schedule.quiet_from:
        place = schedule.time_zone if schedule.trigger == "interval" else ""
        parts.append(f"not from {schedule.quiet_from} to {schedule.quiet_until} {place}".rstrip())
    if schedule.paused:
        parts.append("paused")
    return ", ".join(parts)


def _when(schedule: Schedule) -> str:
    if schedule.trigger == "interval":
        return _interval_words(schedule.expression)
    return f"{_cron_words(schedule.expression)} {schedule.time_zone}"


def _interval_words(expression: str) -> str:
    unit, seconds = UNITS[expression.strip().lower()[-1]]
    number = seconds_of(expression) // seconds
    return f"Every {unit}" if number == 1 else f"Every {number} {unit}s"


def _cron_words(expression: str) -> str:
    minute, hour, day, month, weekday = fields_of(expression)
    time = _time_words(minute, hour)
    if time is None or month != "*" or not (day == "*" or CLOCK_TIME.fullmatch(day)):
        return f"When the clock matches {' '.join((minute, hour, day, month, weekday))}"
    if day != "*":
        return f"On the {_ordinal(int(day))} of each month {time}"
    days = _day_words(weekday)
    if time.startswith("at"):
        return f"{days or 'Every day'} {time}"
    return f"{days} {time}" if days else time[:1].upper() + time[1:]


def _day_words(weekday: str) -> str:
    """Nothing for every day."""
    if weekday == "*":
        return ""
    days = weekdays_of(weekday).split(",")
    if sorted(days) == sorted(WORKING):
        return "Every weekday"
    names = [DAY_NAMES[name] for name in days]
    return f"Every {names[0]}" if len(names) == 1 else f"On {_listed(names)}"


def _time_words(minute: str, hour: str) -> str | None:
    step = re.fullmatch(r"\*/(\d+)", minute)
    if hour == "*" and (minute == "*" or step):
        return "every minute" if step is None else f"every {step[1]} minutes"
    if not CLOCK_TIME.fullmatch(minute):
        return None
    if hour == "*":
        return f"at minute {int(minute)} of every hour"
    if not FIXED_HOURS.fullmatch(hour):
        return None
    return "at " + _listed([f"{int(each):02}:{int(minute):02}" for each in hour.split(",")])


def _ordinal(number: int) -> str:
    ending = "th" if number in range(11, 14) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
