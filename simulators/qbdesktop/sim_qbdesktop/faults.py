"""Faults on demand: what QuickBooks, its user, the network and the machine do to a session on a bad day."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "hresult": "opening the file (at `open`) or processing the request (at `process`) throws `code` with `message`",
    "status": "the next request matching `match` is answered with `code` and `message`; nothing saved unless `saved`",
    "memory_lost": "QuickBooks forgets the message set it stored (9002)",
    "memory_full": "QuickBooks can't store the message set (9005)",
    "die_in_set": "QuickBooks dies after `after` requests of a set were saved; the connector sees 0x80040402",
    "crash": "the connector vanishes `at` a point such as 'after process' or 'before receiveResponseXML'",
    "lost_request": "the call of `method` never reaches the server",
    "lost_answer": "the server's answer to `method` never arrives",
    "repeat": "`method` is called twice with the same parameters, as a proxy that retries does",
    "slow": "`seconds` pass before `method` is called",
    "no_hcp": "the first sendRequestXML carries no strHCPResponse",
    "stale_ticket": "`method` is called with a ticket that nobody gave out",
    "expire_iterators": "every iterator is gone before the next request",
}


@dataclass(slots=True)
class Fault:
    """One rule. `times` counts down (None: for ever); `probability` draws from a generator of its own `seed`.

    `skip` lets that many chances pass first.
    """

    kind: str
    method: str = ""
    at: str = ""
    match: str = ""
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    struck: int = 0
    draws: random.Random = field(default_factory=random.Random)

    def strikes(self, kind: str, method: str, at: str, text: str) -> bool:
        if self.kind != kind or (self.times is not None and self.struck >= self.times):
            return False
        if (self.method and self.method != method) or (self.at and self.at != at):
            return False
        if self.match and not re.search(self.match, text):
            return False
        if self.skip:
            self.skip -= 1
            return False
        return self.draws.random() < self.probability

    def shown(self) -> dict[str, Any]:
        names = ("kind", "method", "at", "match", "times", "skip", "probability", "seed", "params", "struck")
        return {name: getattr(self, name) for name in names}


_FIELDS = {"kind", "method", "at", "match", "times", "skip", "probability", "seed", "params"}


def read_fault(row: dict[str, Any]) -> Fault:
    """A fault from the admin's JSON; ValueError for an unknown kind or field, or a bad pattern."""
    unknown = row.keys() - _FIELDS
    if row.get("kind") not in KINDS or unknown:
        raise ValueError(f"unknown kind or fields: {row.get('kind')} {sorted(unknown)}; kinds: {', '.join(KINDS)}")
    try:
        re.compile(row.get("match", ""))
    except re.error as problem:
        raise ValueError(f"match is not a regular expression: {problem}") from problem
    probability = float(row.get("probability", 1.0))
    fault = Fault(**{**row, "probability": probability})
    fault.times = row.get("times", None if probability < 1 else 1)
    fault.draws = random.Random(fault.seed)  # noqa: S311 (reproducible on purpose, nothing secret)
    return fault


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

    def take(self, kind: str, method: str = "", at: str = "", text: str = "") -> Fault | None:
        """The fault of a kind that strikes here, if any."""
        with self._lock:
            for rule in self.rules:
                if rule.strikes(kind, method, at, text):
                    rule.struck += 1
                    return rule
        return None

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.shown() for rule in self.rules]
