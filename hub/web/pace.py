"""How fast a run goes, and how long it still takes if it goes on like this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

SETTLED = ("created", "updated", "removed", "failed", "unsure", "posted twice", "late")
"""The words under which a run counts what became of what it sent."""


@dataclass(frozen=True)
class Pace:
    """``expected`` is None where nobody knows how much there is."""

    noun: str
    done: int
    expected: int | None
    seconds: float

    @property
    def per_minute(self) -> int | None:
        """How many in a minute; None before there is enough to say."""
        return round(self.done * 60 / self.seconds) if self.done and self.seconds >= 1 else None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this pace; None when nobody can say."""
        if self.expected is None or not self.done or self.seconds < 1:
            return None
        return max(0, self.expected - self.done) * self.seconds / self.done


def pace_of(run: sa.Row[Any], waiting: int, present: datetime) -> Pace | None:
    """The pace of the step that a run is in; ``waiting`` are the operations that are still to be sent."""
    since = run.progress.get("since")
    if not since:
        return None
    seconds = (present - datetime.fromisoformat(since)).total_seconds()
    if run.phase == "pull" and run.progress.get("feed"):
        done = run.counts.get(f"pulled {run.progress['feed']}", 0)
        return Pace("record", done, run.progress.get("expected"), seconds)
    if run.phase == "send":
        done = sum(run.counts.get(word, 0) for word in SETTLED)
        return Pace("document", done, done + waiting, seconds)
    return None
