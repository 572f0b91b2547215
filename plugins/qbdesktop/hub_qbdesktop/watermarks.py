"""Since when changes are asked for: since the last one seen, on the computer's own clock, less an overlap.

The overlap brings back what the clock hides: the hour that comes twice in autumn, and what was being saved while the
last answer was made. Once a whole read with the overlap has brought nothing newer, what it covers was read twice, and
the next reads begin at the last change itself. So a company file at rest has nothing to read, however much was posted
in its last hours. Only where the clock may yet go back the overlap stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta

OVERLAP = timedelta(hours=3)
_DAY = timedelta(days=1)
_AT_REST = "="
_SUNDAY, _AUTUMN = 6, (10, 11)
_LAST_HOUR = 3


def moment(cursor: str) -> str:
    """The last change that a watermark stands for."""
    return cursor.removesuffix(_AT_REST)


def believed(stamp: str, present: datetime | None) -> str:
    """A stamp that can be true; one of more than a day ahead of the hub's time counts as of a day before.

    A record saved while the computer's clock was years ahead would stop the reading of changes until then. Whatever is
    changed from now on, in any time zone, is later than a day ago.
    """
    return stamp if present is None or is_possible(stamp, present) else _written(present - _DAY)


def is_possible(stamp: str, present: datetime | None) -> bool:
    """Whether a clock in any time zone can show this now."""
    return present is None or stamp <= _written(present + _DAY)


def _written(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="seconds")


def since(cursor: str) -> str:
    """From when changes are asked for."""
    last = datetime.fromisoformat(moment(cursor))
    return (last if cursor.endswith(_AT_REST) else last - OVERLAP).isoformat(timespec="seconds")


def after(cursor: str, latest: str) -> str:
    """The watermark after a whole read that began with ``cursor`` and whose last change is ``latest``."""
    is_read_twice = bool(cursor) and latest == moment(cursor)
    return f"{latest}{_AT_REST}" if is_read_twice and not _may_come_twice(latest) else latest


def _may_come_twice(text: str) -> bool:
    """Whether the clock may yet be put back over this moment: in the first hours of a Sunday in autumn.

    The United States and Canada end summer time on the first Sunday of November, the United Kingdom on the last one of
    October, all of them at two o'clock.
    """
    at = datetime.fromisoformat(text)
    return at.month in _AUTUMN and at.weekday() == _SUNDAY and at.hour < _LAST_HOUR
