"""What was asked of the API and how it was answered: the counters that tests and benchmarks read."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque

from sim_cin7core.exchange import Answer, Call
from sim_cin7core.records import JsonObject

_KEPT = 50_000


class CallLog:
    """Counts of calls and the latest ones one by one. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything but what is in flight."""
        with self._lock:
            self._counts: Counter[tuple[str, str, str]] = Counter()
            self._latest: deque[JsonObject] = deque(maxlen=_KEPT)
            self._refused = 0
            self._total = 0
            self._most = self._in_flight

    def begin(self) -> float:
        """A call arrived; returns when."""
        with self._lock:
            self._in_flight += 1
            self._most = max(self._most, self._in_flight)
        return time.time()

    def end(self, call: Call, answer: Answer, started: float) -> None:
        """It was answered (or its connection is about to be cut, status "cut")."""
        status = "cut" if answer.cut else str(answer.status)
        entry: JsonObject = {
            "at": started,
            "method": call.method,
            "target": call.target,
            "status": status,
            "note": answer.note,
            "seconds": time.time() - started,
        }
        with self._lock:
            self._in_flight -= 1
            self._counts[call.method, call.path, status] += 1
            self._latest.append(entry)
            self._total += 1
            self._refused += answer.note == "throttled"

    def summary(self, detail: bool = False) -> JsonObject:
        """Everything counted since the last ``clear``."""
        with self._lock:
            calls = [
                {"method": method, "path": path, "status": status, "count": count}
                for (method, path, status), count in sorted(self._counts.items())
            ]
            shown: JsonObject = {
                "total": self._total,
                "refused": self._refused,
                "max_in_flight": self._most,
                "calls": calls,
            }
            if detail:
                shown["latest"] = list(self._latest)
            return shown
