"""How platforms say "not now", and how long they mean."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from hub.errors import BusyError, Problem
from hub.http.answers import Answer

DEFAULT_REST = 60.0
"""Most platforms count by the minute."""


def retry_after(answer: Answer, now: datetime) -> float | None:
    """``Retry-After`` in seconds: a number, "60 Seconds", or a date (RFC 9110); ``None`` when missing."""
    value = answer.headers.get("Retry-After", "").strip()
    if number := re.match(r"\d+(\.\d+)?", value):
        return float(number[0])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return DEFAULT_REST if value else None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


def refused_for(answer: Answer, now: datetime) -> float | None:
    """Seconds to rest when the platform did not carry out the call, by status alone; else ``None``."""
    if answer.status == 429:
        asked = retry_after(answer, now)
        return DEFAULT_REST if asked is None else asked
    return retry_after(answer, now) if answer.status == 503 else None


def busy(name: str, seconds: float) -> BusyError:
    """The error that parks a run until the platform takes calls again."""
    problem = Problem(
        code="busy",
        what=f"{name} takes no more calls for {_duration(seconds)}.",
        why="Its rate limit is used up.",
        fix="Nothing to do: the hub goes on by itself.",
        done="Nothing was sent.",
    )
    return BusyError(problem, seconds)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(1, round(seconds))} seconds"
    if seconds < 7200:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours"
