"""The call budget: sixty calls in any minute, and the several ways in which Core says that it is used up.

Sources: Cin7 Core API v2 documentation, Introduction (429 today, 503 in earlier editions), and what third
parties saw live: no Retry-After, "60 Seconds" in it, another status with "reached 60 calls per 60 seconds"
on purchases.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque

from sim_cin7core.errors import error_body
from sim_cin7core.exchange import Answer
from sim_cin7core.switches import Switches

_WORDY_PATHS = ("purchase", "advanced-purchase")
_FORMS = ("none", "seconds", "words")


class Limiter:
    """A sliding window, so that no minute ever holds more accepted calls than allowed. Safe to use from
    many threads.
    """

    def __init__(self, switches: Switches, per_minute: int = 60, minute: float = 60.0, enabled: bool = True) -> None:
        self.per_minute = per_minute
        self.minute = minute
        self.enabled = enabled
        self._switches = switches
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()
        self._refusals = itertools.count()

    def take(self) -> bool:
        """Use one call of the budget; False when there is none left."""
        if not self.enabled:
            return True
        with self._lock:
            now = time.monotonic()
            while self._taken and self._taken[0] <= now - self.minute:
                self._taken.popleft()
            allowed = len(self._taken) < self.per_minute
            if allowed or self._switches.on("rate_refused_count"):
                self._taken.append(now)
            return allowed

    def remaining(self) -> int:
        """How many calls the window still takes."""
        with self._lock:
            return max(0, self.per_minute - len(self._taken))

    def refresh(self) -> None:
        """Give the whole budget back."""
        with self._lock:
            self._taken.clear()

    def refusal(self, path: str) -> Answer:
        """How a call beyond the budget is answered."""
        if path in _WORDY_PATHS and self._switches.on("throttle_purchase_words"):
            text = f"You reached {self.per_minute} calls per 60 seconds API limit."
            status = int(self._switches["throttle_purchase_status"])
            return Answer(status, error_body(self._switches, status, text), note="throttled")
        form = self._switches["throttle_retry_after"]
        if form == "mixed":
            form = _FORMS[next(self._refusals) % len(_FORMS)]
        return throttled(self._switches, self.per_minute, int(self._switches["throttle_status"]), form, self._wait())

    def _wait(self) -> int:
        with self._lock:
            oldest = self._taken[0] if self._taken else time.monotonic()
            return max(1, round(oldest + self.minute - time.monotonic() + 0.5))


def throttled(switches: Switches, per_minute: int, status: int, form: str, wait: int) -> Answer:
    """A throttling answer; ``form`` of Retry-After is none, seconds or words."""
    value = {"none": None, "seconds": str(wait), "words": f"{wait} Seconds"}[form]
    headers = {} if value is None else {"Retry-After": value}
    body = error_body(switches, status, f"You reached {per_minute} calls per minute API limit")
    return Answer(status, body, headers=headers, note="throttled")
