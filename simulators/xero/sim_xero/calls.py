"""The log of calls: counts for benchmarks, details for debugging."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_ID = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_KEPT = 2000
_PLAIN_SEGMENTS = re.compile(
    r"^(?:[A-Z][A-Za-z]+|api\.xro|2\.0|identity|connect|authorize|token|connections|revocation)$"
)


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call as it came in and went out. `status` 0: the connection was closed without an answer."""

    at: str
    method: str
    path: str
    query: str
    status: int
    fault: str
    idempotency_key: str
    if_modified_since: str
    tenant_id: str
    bytes_in: int
    bytes_out: int
    milliseconds: float
    in_flight: int


def template(path: str) -> str:
    """The path with ids replaced by `{id}` and codes or numbers by `{key}`."""
    parts = path.strip("/").split("/")
    shown = ["{id}" if _ID.match(part) else part for part in parts]
    marked = [part if part == "{id}" or _PLAIN_SEGMENTS.match(part) else "{key}" for part in shown]
    return "/" + "/".join(marked)


class CallLog:
    """Thread-safe counters and the last 2,000 calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.in_flight: Counter[str] = Counter()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self.counts: Counter[tuple[str, str, int]] = Counter()
            self.recent: deque[LoggedCall] = deque(maxlen=_KEPT)
            self.max_in_flight = 0

    def enter(self, tenant_id: str) -> int:
        """A call of a tenant begins; how many of that tenant are now in flight."""
        with self._lock:
            self.in_flight[tenant_id] += 1
            now = self.in_flight[tenant_id]
            self.max_in_flight = max(self.max_in_flight, now)
            return now

    def leave(self, tenant_id: str) -> None:
        with self._lock:
            self.in_flight[tenant_id] -= 1
            if not self.in_flight[tenant_id]:
                del self.in_flight[tenant_id]

    def add(self, call: LoggedCall) -> None:
        with self._lock:
            self.recent.append(call)
            self.counts[(call.method, template(call.path), call.status)] += 1

    def summary(self) -> dict[str, Any]:
        """Counts by method, path template and status; totals; refusals by rate limit."""
        with self._lock:
            rows = [
                {"method": method, "path": path, "status": status, "count": count}
                for (method, path, status), count in sorted(self.counts.items())
            ]
            return {
                "total": sum(self.counts.values()),
                "rate_limited": sum(count for key, count in self.counts.items() if key[2] == 429),
                "unanswered": sum(count for key, count in self.counts.items() if key[2] == 0),
                "max_in_flight": self.max_in_flight,
                "counts": rows,
            }

    def details(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(call) for call in self.recent]
