"""Xero's dates: milliseconds since 1970 inside ``/Date(…)/``, often beside a plain text form.

Source: Xero API documentation, Requests and responses (dates and timestamps). A *date* is what the offset
makes of it in the organisation's zone; a *timestamp* is the milliseconds alone, in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

_TICKS = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _split(text: str) -> tuple[datetime, timedelta] | None:
    found = _TICKS.match(text)
    if found is None:
        return None
    offset = found[2] or "+0000"
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    shift = timedelta(minutes=-minutes if offset[0] == "-" else minutes)
    return _EPOCH + timedelta(milliseconds=int(found[1])), shift


def day(value: str) -> date:
    """A calendar date: ``/Date(1426849200000+1300)/`` is 21 March 2015, as ``2015-03-21T00:00:00`` is."""
    ticks = _split(value)
    if ticks is not None:
        moment, shift = ticks
        return (moment + shift).date()
    return date.fromisoformat(value[:10])


def day_of(native: dict[str, Any], name: str = "Date") -> date | None:
    """The date field of a native, from its text form when it has one."""
    value = native.get(f"{name}String") or native.get(name)
    return day(value) if value else None


def moment(value: str) -> datetime:
    """A timestamp in UTC; the offset says how Xero shows it and does not move it."""
    ticks = _split(value)
    if ticks is not None:
        return ticks[0]
    parsed = datetime.fromisoformat(value)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def dated(since: date, until: date) -> str:
    """The condition of a list that ``Date`` lies in a period, both days included."""
    after = until + timedelta(days=1)
    return f"Date>=DateTime({since:%Y,%m,%d}) AND Date<DateTime({after:%Y,%m,%d})"


def before(day: date) -> str:
    """The condition of a list that ``Date`` lies before a day."""
    return f"Date<DateTime({day:%Y,%m,%d})"


def stamp_of(native: dict[str, Any]) -> str:
    """The change stamp of a native: its ``UpdatedDateUTC`` as ISO text, empty when it has none."""
    value = native.get("UpdatedDateUTC")
    return moment(value).isoformat(timespec="milliseconds") if value else ""
