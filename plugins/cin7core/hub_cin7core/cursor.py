"""Change stamps, and the cursor made of them: pure.

Core's stamps carry 0 to 7 fraction digits, with or without a Z, and mean UTC either way; sale lists call them
``Updated``, purchase lists ``LastUpdatedDate``, cards ``LastModifiedOn``. They are kept as text of one fixed
width with all seven digits, so that comparing texts compares instants and nothing is lost to rounding.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub_cin7core.fields import ReadError

OVERLAP = timedelta(minutes=10)
"""How far each pull reaches back behind the newest stamp seen: a record may become visible after a newer one.
"""

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?(?:Z|\+00:00)?$")


def stamp(value: str) -> str:
    """The canonical form of a stamp: ``2026-09-02T03:00:48.0430000Z``; empty stays empty."""
    if not value:
        return ""
    match = _STAMP.match(value.strip())
    if match is None:
        raise ReadError(f"not a time stamp: {value!r}")
    day, time, fraction = match.groups()
    second = f"{day}T{time or '00:00:00'}"
    try:
        datetime.fromisoformat(second)
    except ValueError as error:
        raise ReadError(f"not a time stamp: {value!r}") from error
    return f"{second}.{(fraction or '')[:7]:0<7}Z"


def stamp_of(moment: datetime) -> str:
    """A moment as a canonical stamp."""
    return stamp(moment.astimezone(UTC).replace(tzinfo=None).isoformat())


def parameter(since: str) -> str:
    """A stamp as Core wants it in a query: UTC with three fraction digits and no zone, rounded down."""
    return since[:23]


def earlier(since: str, span: timedelta) -> str:
    """The stamp that lies ``span`` before."""
    return stamp_of(datetime.fromisoformat(since[:23]).replace(tzinfo=UTC) - span)


@dataclass(frozen=True)
class Cursor:
    """Where a feed stands: everything changed up to ``since`` is stored. Empty: nothing is."""

    since: str = ""

    @classmethod
    def parse(cls, stored: str | None) -> Cursor:
        """Read the hub's stored cursor back."""
        return cls(stamp(json.loads(stored)["since"])) if stored else cls()

    def __str__(self) -> str:
        return json.dumps({"since": self.since})

    def moved_to(self, newest: str, started: datetime) -> Cursor:
        """The next cursor: an overlap behind the newest stamp seen, which may not be later than the start of
        the pull.

        The start bounds a stamp that lies in the future, which would otherwise hide changes. Never moves
        backwards.
        """
        if not newest:
            return self
        return Cursor(max(self.since, earlier(min(newest, stamp_of(started)), OVERLAP)))


def resume_page(progress: str | None) -> int:
    """The list page a broken pull had reached; 1 for a new pull."""
    return max(1, int(json.loads(progress)["page"])) if progress else 1


def progress(page: int) -> str:
    """What the hub keeps while a pull is under way."""
    return json.dumps({"page": page})
