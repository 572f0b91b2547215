"""Change stamps as whole ticks of 100 nanoseconds, the precision Core shows.

Core prints stamps in UTC with a varying number of fraction digits (trailing zeros are cut) and document
dates as local midnight without a zone (Cin7 Core API v2 documentation, Sale and Purchase examples).
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta

TICKS_PER_SECOND = 10_000_000
_DIGITS = 7
_PATTERN = (3, 2, 3, 7, 3, 1, 3, 0, 3, 3)
_KNUTH = 2_654_435_761
_FORM = re.compile(
    r"^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7})\d*)?)?)?"
    r"(Z|[+-]\d\d:?\d\d)?$",
    re.IGNORECASE,
)


def ticks_of(moment: datetime) -> int:
    """Ticks since 1970-01-01 UTC of an aware moment."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * TICKS_PER_SECOND + delta.microseconds * 10


def shown(ticks: int, *, zone: bool = True) -> str:
    """The stamp as Core prints it: as many fraction digits as needed, with or without Z."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if fraction:
        text += "." + f"{fraction:07d}".rstrip("0")
    return text + "Z" if zone else text


def parsed(text: str) -> int | None:
    """Ticks of an ISO 8601 moment (no zone means UTC), or None when it is not one."""
    match = _FORM.match(text.strip().replace(" +", "+"))
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        clock = (int(hour or 0), int(minute or 0), int(second or 0))
        moment = datetime(int(year), int(month), int(day), *clock, tzinfo=UTC)
    except ValueError:
        return None
    return ticks_of(moment - _offset(zone)) + int((fraction or "").ljust(_DIGITS, "0"))


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def digits_for(seed: int, varied: bool = True) -> int:
    """How many fraction digits the stamp number ``seed`` has."""
    return _PATTERN[seed % len(_PATTERN)] if varied else 3


def truncated(ticks: int, digits: int) -> int:
    """The stamp cut to ``digits`` fraction digits."""
    step = int(10 ** (_DIGITS - digits))
    return ticks - ticks % step


def with_fraction(ticks: int, seed: int, varied: bool = True) -> int:
    """A whole-second stamp given a fraction that depends on ``seed`` alone."""
    digits = digits_for(seed, varied)
    fraction = (seed * _KNUTH) % int(10**digits)
    return ticks - ticks % TICKS_PER_SECOND + fraction * int(10 ** (_DIGITS - digits))


def midnight(day: date | None) -> str | None:
    """A document date as Core prints it."""
    return None if day is None else f"{day.isoformat()}T00:00:00"


def london_to_utc(local: datetime) -> datetime:
    """UTC of a naive London wall time; the EU summer time rule holds since 1996."""
    starts = (3, _last_sunday(local.year, 3), 1)
    ends = (10, _last_sunday(local.year, 10), 2)
    summer = starts <= (local.month, local.day, local.hour) < ends
    return (local - timedelta(hours=1 if summer else 0)).replace(tzinfo=UTC)


def _last_sunday(year: int, month: int) -> int:
    return max(week[calendar.SUNDAY] for week in calendar.monthcalendar(year, month))


def day_of(day: date) -> int:
    """Ticks of the beginning of a document date, as if it were in UTC: how dates and parameters are compared."""
    return ticks_of(datetime(day.year, day.month, day.day, tzinfo=UTC))
