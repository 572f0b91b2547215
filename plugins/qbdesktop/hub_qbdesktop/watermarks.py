"""Since when changes are asked for: since the last one seen, on the computer's own clock, less an overlap.

The overlap brings back what the clock hides: the hour that comes twice in autumn, a clock that was put back or follows
another time zone, and what was being saved while the last answer was made. Once a whole read with the overlap has
brought nothing newer, what it covers was read twice, and only watched: each visit asks for no more than the ids and
EditSequences of those hours, and while they are the same nothing there has changed. A clock that was put back hides
changes no longer than it was put back by; so when as many hours have passed on the hub's own clock, reads begin at the
last change itself, and a company file at rest has nothing to read, however much was posted in its last hours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

OVERLAP = timedelta(hours=3)
"""By how much a clock may be put back without hiding a change: it covers summer time and the coasts of one country."""
_DAY = timedelta(days=1)
_AT_REST, _UNTIL = "=", "@"
_SPAN = 2**64


def moment(cursor: str) -> str:
    """The last change that a watermark stands for."""
    return cursor.partition(_AT_REST)[0]


def seen(cursor: str) -> str:
    """The digest of the hours before the last change; empty where they are not watched."""
    return cursor.partition(_AT_REST)[2].partition(_UNTIL)[0]


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


def after(cursor: str, latest: str, seen: str, present: datetime | None) -> str:
    """The watermark after a whole read from ``cursor`` on: its last change is ``latest``, its digest ``seen``."""
    if not cursor or latest != moment(cursor):
        return latest
    if cursor.endswith(_AT_REST):
        return cursor
    return f"{latest}{_AT_REST}{seen}{_UNTIL}{_written(present + OVERLAP) if present else ''}"


def unchanged(cursor: str, present: datetime | None) -> str:
    """The watermark after the hours that are watched were found as they were: watched on, or not any more."""
    until = cursor.partition(_UNTIL)[2]
    is_over = bool(until) and present is not None and _written(present) >= until
    return f"{moment(cursor)}{_AT_REST}" if is_over else cursor


def digest(records: Iterable[tuple[str, ...]], before: str = "") -> str:
    """A digest of records, each told by its id and what changes with it, whatever their order and their pages."""
    total = int(before or "0", 16)
    for record in records:
        told = hashlib.sha256("\x1f".join(record).encode()).digest()
        total = (total + int.from_bytes(told[:8], "big")) % _SPAN
    return f"{total:016x}"
