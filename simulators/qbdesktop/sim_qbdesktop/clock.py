"""The simulator's clock: real UTC time plus an offset tests may move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Aware UTC time that can be moved forwards or set. Whole seconds, as QuickBooks knows no finer time."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return (datetime.now(UTC) + self.offset).replace(microsecond=0)

    def seconds(self) -> float:
        """The simulated moment as seconds since the epoch, with fractions: for what runs out."""
        return (datetime.now(UTC) + self.offset).timestamp()

    def advance(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        self.offset = moment - datetime.now(UTC)
