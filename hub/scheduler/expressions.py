"""Schedules in time: what an expression means, whether it is right, and when it fires.

A schedule's trigger is ``interval`` with an expression such as ``15m``, ``2h`` or ``1d``, or ``cron`` with the five
fields of a crontab line: minute, hour, day of month, month, day of week (0 and 7 are Sunday, as in crontab).

When clocks change, a schedule at fixed hours fires exactly once a day: a time that is skipped in spring comes as much
later as the clocks were put forward, one that happens twice in autumn counts the first time. Schedules of every hour
just go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from hub.errors import SettingsError
from hub.scheduler.quiet import QuietTrigger, quiet_hours

if TYPE_CHECKING:
    from hub.models import Schedule

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
UNITS = {"m": ("minute", 60), "h": ("hour", 3600), "d": ("day", 86_400)}

INTERVAL = re.compile(r"([1-9]\d{0,4})([mhd])")
FIXED_HOURS = re.compile(r"\d+(,\d+)*")


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
        minute, hour, day, month, weekday = fields_of(expression)
        self._zone = _zone(time_zone)
        self._once = bool(FIXED_HOURS.fullmatch(hour))
        try:
            self._cron = CronTrigger(
                minute=minute,
                hour=hour,
                day=day,
                month=month,
                day_of_week=weekdays_of(weekday),
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


Trigger = IntervalTrigger | WallClockTrigger | QuietTrigger

HOW = "Write minute, hour, day of month, month and day of week, as in '30 6 * * 1-5': 6:30 from Monday to Friday."


def trigger_of(trigger: str, expression: str, time_zone: str, anchor: datetime) -> Trigger:
    """The firing times of a schedule; ``anchor`` is when its interval is counted from."""
    if trigger == "interval":
        return IntervalTrigger(seconds_of(expression), anchor)
    if trigger == "cron":
        return WallClockTrigger(expression, time_zone)
    raise SettingsError(f"A schedule is an 'interval' or a 'cron' expression, not {trigger!r}.")


def with_quiet_hours(trigger: Trigger, quiet_from: str, quiet_until: str, time_zone: str) -> Trigger:
    """The same firings without those in the quiet hours, if there are any."""
    hours = quiet_hours(quiet_from, quiet_until)
    return QuietTrigger(trigger, hours, _zone(time_zone)) if hours else trigger


def trigger_of_schedule(schedule: Schedule, anchor: datetime) -> Trigger:
    """The firing times of a stored schedule, quiet hours left out."""
    made = trigger_of(schedule.trigger, schedule.expression, schedule.time_zone, anchor)
    return with_quiet_hours(made, schedule.quiet_from, schedule.quiet_until, schedule.time_zone)


def check_expression(
    trigger: str, expression: str, time_zone: str, *, quiet_from: str = "", quiet_until: str = ""
) -> None:
    """Raise ``SettingsError``, saying what to write instead, unless the schedule can be understood and ever fires."""
    _zone(time_zone)
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    made = trigger_of(trigger, expression, time_zone, epoch)
    if made.after(epoch) is None:
        raise SettingsError(f"The schedule {expression!r} never fires: there is no such day.")
    if with_quiet_hours(made, quiet_from, quiet_until, time_zone).after(epoch) is None:
        raise SettingsError("The schedule never fires: all of its times are in the quiet hours.")


def next_runs(schedule: Schedule, count: int, after: datetime) -> Sequence[datetime]:
    """The next ``count`` firings later than ``after``, in UTC; none of a paused schedule."""
    if schedule.paused:
        return ()
    anchor = schedule.counts_from or after
    return tuple(_firings(trigger_of_schedule(schedule, anchor), after, count))


def _firings(trigger: Trigger, after: datetime, count: int) -> Iterator[datetime]:
    for _ in range(count):
        fire = trigger.after(after)
        if fire is None:
            return
        yield fire
        after = fire


def seconds_of(expression: str) -> int:
    found = INTERVAL.fullmatch(expression.strip().lower())
    if found is None:
        raise SettingsError(f"{expression!r} is not an interval. Write a number and m, h or d, as in 15m, 2h or 1d.")
    return int(found[1]) * UNITS[found[2]][1]


def fields_of(expression: str) -> list[str]:
    fields = expression.lower().split()
    if len(fields) != 5:
        raise SettingsError(f"The schedule {expression!r} has {len(fields)} parts instead of five. {HOW}")
    if fields[2] != "*" and fields[4] != "*":
        # crontab takes either, others both: what people mean can't be told.
        raise SettingsError(f"The schedule {expression!r} names days of the month and of the week: use one of them.")
    return fields


def weekdays_of(field: str) -> str:
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
