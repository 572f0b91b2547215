"""Schedules in words and in time: what an expression means, whether it is right, and when it fires.

A schedule's trigger is ``interval`` with an expression such as ``15m``, ``2h`` or ``1d``, or ``cron`` with the five
fields of a crontab line: minute, hour, day of month, month, day of week (0 and 7 are Sunday, as in crontab).

When clocks change, a schedule at fixed hours fires exactly once a day: a time that is skipped in spring comes an hour
later, one that happens twice in autumn counts the first time. Schedules of every hour just go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from hub.errors import SettingsError

if TYPE_CHECKING:
    from hub.models import Schedule

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DAY_NAMES = dict(zip(DAYS, ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"), strict=True))
UNITS = {"m": ("minute", 60), "h": ("hour", 3600), "d": ("day", 86_400)}

INTERVAL = re.compile(r"([1-9]\d{0,4})([mhd])")
FIXED_HOURS = re.compile(r"\d+(,\d+)*")
CLOCK_TIME = re.compile(r"\d{1,2}")


class IntervalTrigger:
    """Fires every so many seconds after ``anchor``, whatever the clocks on the wall do."""

    def __init__(self, seconds: int, anchor: datetime) -> None:
        self.seconds = seconds
        self.anchor = anchor

    def after(self, moment: datetime) -> datetime:
        """The first firing later than ``moment``."""
        passed = (moment - self.anchor).total_seconds() // self.seconds
        return self.anchor + timedelta(seconds=self.seconds * max(1, passed + 1))


class WallClockTrigger:
    """Fires when the clock on the wall in one time zone matches a crontab expression."""

    def __init__(self, expression: str, time_zone: str) -> None:
        minute, hour, day, month, weekday = _fields(expression)
        self._zone = _zone(time_zone)
        self._once = bool(FIXED_HOURS.fullmatch(hour))
        try:
            self._cron = CronTrigger(
                minute=minute,
                hour=hour,
                day=day,
                month=month,
                day_of_week=_weekdays(weekday),
                timezone=self._zone,
            )
        except ValueError as error:
            raise SettingsError(f"The schedule {expression!r} can't be read: {error}. {HOW}") from None

    def after(self, moment: datetime) -> datetime | None:
        """The first firing later than ``moment``; None when there is none, as on 30 February."""
        fire = self._next(moment)
        while fire is not None and self._once and _happens_again(fire):
            fire = self._next(fire)
        return None if fire is None else fire.astimezone(UTC)

    def _next(self, moment: datetime) -> datetime | None:
        later = (moment.astimezone(UTC) + timedelta(microseconds=1)).astimezone(self._zone)
        return cast("datetime | None", self._cron.get_next_fire_time(None, later))


Trigger = IntervalTrigger | WallClockTrigger

HOW = "Write minute, hour, day of month, month and day of week, as in '30 6 * * 1-5': 6:30 from Monday to Friday."


def trigger_of(trigger: str, expression: str, time_zone: str, anchor: datetime) -> Trigger:
    """The firing times of a schedule; ``anchor`` is when its interval is counted from."""
    if trigger == "interval":
        return IntervalTrigger(_seconds(expression), anchor)
    if trigger == "cron":
        return WallClockTrigger(expression, time_zone)
    raise SettingsError(f"A schedule is an 'interval' or a 'cron' expression, not {trigger!r}.")


def check_expression(trigger: str, expression: str, time_zone: str) -> None:
    """Raise ``SettingsError``, saying what to write instead, unless the schedule can be understood and ever fires."""
    _zone(time_zone)
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    if trigger_of(trigger, expression, time_zone, epoch).after(epoch) is None:
        raise SettingsError(f"The schedule {expression!r} never fires: there is no such day.")


def next_runs(schedule: Schedule, count: int, after: datetime) -> Sequence[datetime]:
    """The next ``count`` firings later than ``after``, in UTC; none of a paused schedule."""
    if schedule.paused:
        return ()
    anchor = schedule.last_fired_at or after
    trigger = trigger_of(schedule.trigger, schedule.expression, schedule.time_zone, anchor)
    return tuple(_firings(trigger, after, count))


def _firings(trigger: Trigger, after: datetime, count: int) -> Iterator[datetime]:
    for _ in range(count):
        fire = trigger.after(after)
        if fire is None:
            return
        yield fire
        after = fire


def describe(schedule: Schedule) -> str:
    """A schedule as a plain sentence."""
    words = _interval_words if schedule.trigger == "interval" else _cron_words
    sentence = words(schedule.expression)
    place = "" if schedule.trigger == "interval" else f" ({schedule.time_zone})"
    return f"{sentence}{place}{', paused' if schedule.paused else ''}"


def _interval_words(expression: str) -> str:
    unit, _ = UNITS[expression.strip().lower()[-1]]
    number = _seconds(expression) // UNITS[expression.strip().lower()[-1]][1]
    return f"Every {unit}" if number == 1 else f"Every {number} {unit}s"


def _cron_words(expression: str) -> str:
    minute, hour, day, month, weekday = _fields(expression)
    time = _time_words(minute, hour)
    if time is None or month != "*" or not (day == "*" or CLOCK_TIME.fullmatch(day)):
        return f"When the clock matches {' '.join((minute, hour, day, month, weekday))}"
    if day != "*":
        return f"On day {int(day)} of each month {time}"
    if weekday == "*":
        return f"Every day {time}" if time.startswith("at") else time[:1].upper() + time[1:]
    names = [DAY_NAMES[name] for name in _weekdays(weekday).split(",")]
    return f"On {_listed(names)} {time}"


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


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _seconds(expression: str) -> int:
    found = INTERVAL.fullmatch(expression.strip().lower())
    if found is None:
        raise SettingsError(f"{expression!r} is not an interval. Write a number and m, h or d, as in 15m, 2h or 1d.")
    return int(found[1]) * UNITS[found[2]][1]


def _fields(expression: str) -> list[str]:
    fields = expression.lower().split()
    if len(fields) != 5:
        raise SettingsError(f"The schedule {expression!r} has {len(fields)} parts instead of five. {HOW}")
    if fields[2] != "*" and fields[4] != "*":
        # crontab takes either, others both: what people mean can't be told.
        raise SettingsError(f"The schedule {expression!r} names days of the month and of the week: use one of them.")
    return fields


def _weekdays(field: str) -> str:
    """Day names instead of crontab's numbers, which APScheduler counts from Monday."""
    if field == "*":
        return field
    chosen = [day for part in field.split(",") for day in _weekday_part(part)]
    return ",".join(dict.fromkeys(chosen))


def _weekday_part(part: str) -> Iterator[str]:
    found = re.fullmatch(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([1-7]))?", part)
    if found is None:
        raise SettingsError(f"{part!r} is not a day of the week. {HOW}")
    first = 0 if found[1] is None else _weekday(found[1])
    last = 6 if found[1] is None else _weekday(found[2] or found[1])
    last += 7 if last < first else 0
    for number in range(first, last + 1, int(found[3] or 1)):
        yield DAYS[number % 7]


def _weekday(text: str) -> int:
    if text in DAYS:
        return DAYS.index(text)
    if text.isdigit() and int(text) <= 7:
        return int(text) % 7
    raise SettingsError(f"{text!r} is not a day of the week: write 0 to 7, where 0 and 7 are Sunday, or sun to sat.")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"{name!r} is not a time zone. Write one such as Europe/London or Pacific/Auckland."
        ) from None


def _happens_again(fire: datetime) -> bool:
    """Whether the clock on the wall showed this time an hour ago already."""
    return fire.fold == 1 and fire.replace(fold=0).utcoffset() != fire.utcoffset()
