"""The account's clock: the wall clock, moved or set by an admin call."""

from __future__ import annotations

import time
from datetime import datetime

from sim_cin7core import stamps


class Clock:
    """Runs on from wherever it was last set."""

    def __init__(self) -> None:
        self._offset = 0

    def ticks(self) -> int:
        """Now, in ticks."""
        return time.time_ns() // 100 + self._offset

    def advance(self, seconds: float) -> None:
        """Move forward (or back) by so many seconds."""
        self._offset += int(seconds * stamps.TICKS_PER_SECOND)

    def set(self, moment: datetime) -> None:
        """Let it be ``moment`` (aware) now, and run on from there."""
        self._offset += stamps.ticks_of(moment) - self.ticks()
