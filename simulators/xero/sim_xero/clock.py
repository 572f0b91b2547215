"""The simulator's clock: real UTC time plus an offset tests may move."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# Windows time zone names as Xero spells them (upper case, no spaces or dots) -> IANA names.
# Source: Xero API documentation, Types and Codes (Timezones).
ZONES = {
    "GMTSTANDARDTIME": "Europe/London",
    "UTC": "UTC",
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "EASTERNSTANDARDTIME": "America/New_York",
    "PACIFICSTANDARDTIME": "America/Los_Angeles",
    "WEUROPESTANDARDTIME": "Europe/Berlin",
    "SINGAPORESTANDARDTIME": "Asia/Singapore",
}


class Clock:
    """Aware UTC time that can be moved forwards or set."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The simulated moment, cut to whole milliseconds as Xero reports them."""
        moment = datetime.now(UTC) + self.offset
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def seconds(self) -> float:
        """The simulated moment as seconds since the epoch."""
        return (datetime.now(UTC) + self.offset).timestamp()

    def advance(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        self.offset = moment - datetime.now(UTC)

    def today(self, timezone: str) -> date:
        """Today in an organisation's time zone, given by its Windows-style name."""
        return self.now().astimezone(ZoneInfo(ZONES.get(timezone, "UTC"))).date()
