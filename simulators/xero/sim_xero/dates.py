"""Dates in and out, as the page "Requests and responses" of the Xero API documentation gives them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_MS_DAY = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)


def parse_day(text: str) -> date:
    """A document date: `YYYY-MM-DD`, ISO with `T`, or `/Date(ms+hhmm)/` (the offset added).

    Raises ValueError for anything else, so `2017-12-14 00:00:00` is refused, as Xero refuses it.
    """
    if match := _ISO_DAY.fullmatch(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _MS_DAY.fullmatch(text):
        offset = match[2] or "+0000"
        minutes = int(offset[0] + "1") * (int(offset[1:3]) * 60 + int(offset[3:5]))
        return (_EPOCH + timedelta(milliseconds=int(match[1]), minutes=minutes)).date()
    raise ValueError(text)


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def stamp(moment: datetime) -> str:
    """A moment as Xero writes it in JSON: `/Date(ms+0000)/`."""
    return f"/Date({milliseconds(moment)}+0000)/"


def day_stamp(day: date) -> str:
    """A document date as Xero writes it in JSON: midnight, `/Date(ms+0000)/`."""
    return f"/Date({(day - _EPOCH_DAY).days * 86_400_000}+0000)/"


def day_string(day: date) -> str:
    """The readable twin of a document date: `YYYY-MM-DDT00:00:00`."""
    return f"{day.isoformat()}T00:00:00"


def moment_string(moment: datetime) -> str:
    """The readable twin of a moment, e.g. `2026-11-22 04:57:50+00:00`."""
    return moment.strftime("%Y-%m-%d %H:%M:%S+00:00")


def lock_text(day: date) -> str:
    """A lock date as it stands in Xero's messages: `31-Jul-2013`."""
    return day.strftime("%d-%b-%Y")
