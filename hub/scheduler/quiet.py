"""Quiet hours: the part of each day, by the clock on the wall, in which a schedule starts nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.errors import SettingsError

CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
MOST_SKIPPED = 1_500
"""More firings in a row than a day has minutes: all of them lie in the quiet hours."""


class Firings(Protocol):
    """Anything that fires again and again."""

    def after(self, moment: datetime) -> datetime | None:
        """The first firing later than ``moment``."""


def clock_time(text: str) -> time:
    """A time of the day such as 18:00; raises ``SettingsError``."""
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        raise SettingsError(f"{text!r} is not a time of the day. Write hours and minutes, as in 18:00.")
    return time(int(found[1]), int(found[2]))


@dataclass(frozen=True)
class QuietHours:
    """From one time of the day to another, over midnight where the second is the earlier one."""

    start: time
    end: time

    def cover(self, at: time) -> bool:
        """Whether a time of the day is quiet; the end no longer is."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def quiet_hours(quiet_from: str, quiet_until: str) -> QuietHours | None:
    """The quiet hours of a schedule, None when it has none; raises ``SettingsError`` for half of them or no time."""
    if not quiet_from and not quiet_until:
        return None
    if not quiet_from or not quiet_until:
        raise SettingsError("Quiet hours need a beginning and an end.")
    hours = QuietHours(clock_time(quiet_from), clock_time(quiet_until))
    if hours.start == hours.end:
        raise SettingsError("Quiet hours begin and end at the same time: that would be never or always.")
    return hours


@dataclass(frozen=True)
class QuietTrigger:
    """Another trigger's firings without those in the quiet hours."""

    trigger: Firings
    hours: QuietHours
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime | None:
        """The first firing later than ``moment``; None when all of them would be in the quiet hours."""
        fire = self.trigger.after(moment)
        for _ in range(MOST_SKIPPED):
            if fire is None or not self.hours.cover(fire.astimezone(self.zone).time()):
                return fire
            fire = self.trigger.after(fire)
        return None
