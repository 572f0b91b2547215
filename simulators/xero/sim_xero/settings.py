"""How a simulator is set up."""

from __future__ import annotations

from dataclasses import dataclass, field

# Calls a day and organisation by pricing tier. Source: Xero developer pricing (March 2026) and API limits
# pages.
DAY_LIMITS = {"starter": 1000, "core": 5000}


@dataclass(slots=True)
class Settings:
    """Everything the command line may set. Lengths in seconds; counts are calls."""

    host: str = "127.0.0.1"
    port: int = 0
    state: str | None = None
    minute: float = 60.0
    day: float = 86_400.0
    tier: str = "core"
    per_minute: int = 60
    per_day: int | None = None
    per_app_minute: int = 10_000
    concurrent: int = 5
    limits: bool = True
    switches: dict[str, bool] = field(default_factory=dict)

    @property
    def day_limit(self) -> int:
        return DAY_LIMITS[self.tier] if self.per_day is None else self.per_day
