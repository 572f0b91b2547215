"""Faults on demand: what the network and the platform do to a client on a bad day."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass, field
from typing import Any

# kind -> what it does; `after` kinds strike once the request was processed and committed.
KINDS = {
    "lost_answer": "processed and committed, then the connection is closed without a byte",
    "drop_before": "the connection is closed, nothing processed",
    "429_minute": "429 with X-Rate-Limit-Problem minute and Retry-After (param retry_after, default 5)",
    "429_day": "429 with X-Rate-Limit-Problem day and Retry-After (default 40000)",
    "429_concurrent": "429 with X-Rate-Limit-Problem concurrent, no Retry-After",
    "503_html": "503 with an HTML page",
    "503_retry_after": "503 with an HTML page and Retry-After (default 5)",
    "404_html": "404 with an HTML page, nothing processed: a gateway's, never the API's own (its 404 is plain text)",
    "500_html": "500 with an HTML page, nothing processed",
    "500_after_commit": "processed and committed, then 500 with an HTML page",
    "slow": "answered after param seconds (default 2)",
    "token_expired": "401 TokenExpired, nothing processed",
    "html_200": "200 with an HTML page, nothing processed",
    "truncated_json": "processed and committed, then half of the JSON body",
}
AFTER = {"lost_answer", "500_after_commit", "truncated_json"}


@dataclass(slots=True)
class Fault:
    """One rule. `times` counts down (None: for ever); `probability` draws from a generator of its own
    `seed`.
    """

    kind: str
    method: str = ""
    path: str = ""
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    struck: int = 0
    draws: random.Random = field(default_factory=random.Random)

    def matches(self, method: str, path: str) -> bool:
        if self.times is not None and self.struck >= self.times:
            return False
        return (not self.method or self.method == method) and (not self.path or bool(re.search(self.path, path)))

    def shown(self) -> dict[str, Any]:
        names = ("kind", "method", "path", "times", "probability", "seed", "params", "struck")
        return {name: getattr(self, name) for name in names}


def read_fault(row: dict[str, Any]) -> Fault:
    """A fault from the admin's JSON; ValueError for an unknown kind or field, or a bad pattern."""
    unknown = row.keys() - {"kind", "method", "path", "times", "probability", "seed", "params"}
    if row.get("kind") not in KINDS or unknown:
        raise ValueError(f"unknown kind or fields: {row.get('kind')} {sorted(unknown)}; kinds: {', '.join(KINDS)}")
    try:
        re.compile(row.get("path", ""))
    except re.error as problem:
        raise ValueError(f"path is not a regular expression: {problem}") from problem
    probability = float(row.get("probability", 1.0))
    times = row.get("times", None if probability < 1 else 1)
    method = str(row.get("method", "")).upper()
    seed = int(row.get("seed", 0))
    params = row.get("params", {})
    draws = random.Random(seed)  # noqa: S311 (reproducible on purpose, nothing secret)
    return Fault(row["kind"], method, row.get("path", ""), times, probability, seed, params, 0, draws)


class Faults:
    """The rules in force, first match strikes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.rules: list[Fault] = []

    def clear(self) -> None:
        with self._lock:
            self.rules = []

    def add(self, rows: list[dict[str, Any]]) -> None:
        fresh = [read_fault(row) for row in rows]
        with self._lock:
            self.rules = [*self.rules, *fresh]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this call, if any."""
        if not self.rules:
            return None
        with self._lock:
            for rule in self.rules:
                if rule.matches(method, path) and rule.draws.random() < rule.probability:
                    rule.struck += 1
                    return rule
        return None

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.shown() for rule in self.rules]
