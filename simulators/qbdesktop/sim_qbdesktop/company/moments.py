"""Times as QuickBooks writes and reads them.

QuickBooks keeps local time and, in summer, still writes the offset of winter beside it. So the text it wrote is to be
sent back as it is, or without offset; whoever converts it to UTC is an hour off (users of the SDK report it). The
comparison here is therefore in local time, and an offset in a request is read as QuickBooks would have written it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_PARTS = re.compile(
    r"(\d+)-(\d+)-(\d+)(?:T(\d+)(?::(\d+)(?::(\d+)(?:(?P<sign>[+-])(?P<hours>\d+):(?P<minutes>\d+))?)?)?)?"
)


class Moments:
    """Writes and reads moments in one time zone."""

    def __init__(self, timezone: str, right_in_summer: bool) -> None:
        self._zone = ZoneInfo(timezone)
        self._right = right_in_summer

    def local(self, moment: datetime) -> datetime:
        """The wall clock of the machine, without a time zone."""
        return moment.astimezone(self._zone).replace(tzinfo=None)

    def _offset(self, local: datetime) -> timedelta:
        """What is written beside a local time."""
        aware = local.replace(tzinfo=self._zone)
        offset = aware.utcoffset() or timedelta(0)
        return offset if self._right else offset - (aware.dst() or timedelta(0))

    def text(self, moment: datetime) -> str:
        local = self.local(moment)
        minutes = int(self._offset(local).total_seconds() // 60)
        sign = "-" if minutes < 0 else "+"
        return f"{local.isoformat()}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"

    def read(self, text: str, end: bool = False) -> datetime:
        """A local time from a request. A day alone is its first moment, or its last where it is an `end`.

        ValueError when there is no such moment.
        """
        match = _PARTS.fullmatch(text)
        if match is None:
            raise ValueError(f"not a time: {text}")
        year, month, day, hour, minute, second = (int(part) if part else 0 for part in match.groups()[:6])
        local = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (QuickBooks compares local time)
        if match["sign"]:
            ahead = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
            utc = local - (ahead if match["sign"] == "+" else -ahead)
            return self._from_utc(utc)
        if end and "T" not in text:
            return local + timedelta(days=1, seconds=-1)
        return local

    def _from_utc(self, utc: datetime) -> datetime:
        near = utc.replace(tzinfo=UTC).astimezone(self._zone).replace(tzinfo=None)
        return utc + self._offset(near)
