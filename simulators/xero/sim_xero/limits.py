"""Rate limits: 60 a minute and 5,000 a day per organisation and app, 10,000 a minute per app, 5 at once.

Source: Xero API documentation, OAuth 2.0 API limits. Fixed windows; each tenant's window starts with its
first call. `Retry-After` comes with minute and day only, as documented. The word for the app-wide limit is
not documented.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import ApiError
from .settings import Settings


@dataclass(slots=True)
class Window:
    """One fixed window: when it ends and how many calls it has seen."""

    ends: float = 0.0
    used: int = 0


class Limits:
    """Counts calls and refuses what is over. Not thread-safe: used under the world's lock."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._windows: dict[tuple[str, ...], Window] = {}

    def clear(self) -> None:
        self._windows.clear()

    def _window(self, key: tuple[str, ...], length: float, now: float) -> Window:
        window = self._windows.setdefault(key, Window())
        if now >= window.ends or window.ends - now > length:
            window.ends, window.used = now + length, 0
        return window

    def admit(self, client_id: str, tenant_id: str, in_flight: int, now: float) -> dict[str, str]:
        """Count one call and give its limit headers; raises the 429 when it is one too many."""
        settings = self.settings
        minute = self._window(("minute", client_id, tenant_id), settings.minute, now)
        day = self._window(("day", client_id, tenant_id), settings.day, now)
        app = self._window(("app", client_id), settings.minute, now)
        if settings.limits:
            if in_flight > settings.concurrent:
                raise refused("concurrent", None, self._headers(minute, day, app))
            if day.used >= settings.day_limit:
                raise refused("day", day.ends - now, self._headers(minute, day, app))
            if minute.used >= settings.per_minute:
                raise refused("minute", minute.ends - now, self._headers(minute, day, app))
            if app.used >= settings.per_app_minute:
                raise refused("appminute", app.ends - now, self._headers(minute, day, app))
        for window in (minute, day, app):
            window.used += 1
        return self._headers(minute, day, app)

    def _headers(self, minute: Window, day: Window, app: Window) -> dict[str, str]:
        settings = self.settings
        return {
            "X-MinLimit-Remaining": str(max(0, settings.per_minute - minute.used)),
            "X-DayLimit-Remaining": str(max(0, settings.day_limit - day.used)),
            "X-AppMinLimit-Remaining": str(max(0, settings.per_app_minute - app.used)),
        }


def refused(problem: str, wait: float | None, headers: dict[str, str] | None = None) -> ApiError:
    """A 429 as Xero sends it; the body is not JSON."""
    answer = {**(headers or {}), "X-Rate-Limit-Problem": problem}
    if wait is not None:
        answer["Retry-After"] = str(max(1, math.ceil(wait)))
    return ApiError(429, "You have exceeded the rate limit. Please wait before retrying the Xero api.", answer)
