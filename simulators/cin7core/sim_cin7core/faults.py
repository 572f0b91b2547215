"""Faults on order: what networks, proxies and Core itself do on bad days."""

from __future__ import annotations

import itertools
import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sim_cin7core.errors import error_body
from sim_cin7core.exchange import Answer, Call
from sim_cin7core.limits import throttled
from sim_cin7core.records import JsonObject
from sim_cin7core.switches import Switches

Serve = Callable[[Call], Answer]
HTML = "text/html; charset=utf-8"
MAINTENANCE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We will be back soon.</body></html>"

MISSING = b"<!DOCTYPE html><html><head><title>Not Found</title></head><body>404 Not Found</body></html>"
"""What a proxy between us and Core answers while Core's servers are exchanged; Core itself never says it."""


@dataclass(slots=True)
class Fault:
    """A rule: which calls it meets (method, path pattern, probability) and how often."""

    id: int
    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    params: JsonObject = field(default_factory=dict)
    hits: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def meets(self, call: Call) -> bool:
        """Whether it strikes this call; counts the strike."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method and self.method.upper() != call.method:
            return False
        if self.path and not re.search(self.path, call.target, re.IGNORECASE):
            return False
        if self.kind == "odd_record" and str(self.params.get("id", "")).lower() not in call.target.lower():
            return False
        if self.chance.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def shown(self) -> JsonObject:
        """As the admin page lists it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "method": self.method,
            "path": self.path,
            "times": self.times,
            "probability": self.probability,
            "seed": self.seed,
            "params": self.params,
            "hits": self.hits,
        }


def _repeatable(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (repeatable, no secret)


class Faults:
    """The rules in force; the first that meets a call strikes it. Safe to use from many threads."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._ids = itertools.count(1)

    def add(
        self,
        kind: str,
        method: str | None = None,
        path: str | None = None,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        params: JsonObject | None = None,
    ) -> Fault:
        """Put a rule into force; ValueError for an unknown kind, re.error for a bad pattern."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known are {', '.join(sorted(KINDS))}")
        if path is not None:
            re.compile(path)
        with self._lock:
            rule = Fault(
                next(self._ids),
                kind,
                method,
                path,
                times,
                probability,
                seed,
                params or {},
                chance=_repeatable(seed),
            )
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Lift all rules."""
        with self._lock:
            self._rules.clear()

    def shown(self) -> list[JsonObject]:
        """The rules with their hits."""
        with self._lock:
            return [rule.shown() for rule in self._rules]

    def around(self, call: Call, serve: Serve) -> Answer:
        """Serve the call, or let a fault strike it; the answer's note names the fault."""
        if not self._rules:
            return serve(call)
        with self._lock:
            rule = next((rule for rule in self._rules if rule.meets(call)), None)
        if rule is None:
            return serve(call)
        answer = KINDS[rule.kind](self._switches, rule, call, serve)
        return answer if answer.note else replace(answer, note=rule.kind)


def _lost_answer(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    return replace(serve(call), cut=True)


def _drop_before(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    return Answer(0, b"", cut=True)


def _slow(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    time.sleep(float(rule.params.get("seconds", 1)))
    return serve(call)


def _truncated_json(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    answer = serve(call)
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _redirect(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    return Answer(302, b"", HTML, {"Location": str(rule.params.get("location", call.target))})


def _throttle_words(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    status = int(rule.params.get("status", 400))
    return Answer(status, error_body(switches, status, "You reached 60 calls per 60 seconds API limit."))


def _throttle(status: int, form: str) -> Callable[[Switches, Fault, Call, Serve], Answer]:
    def strike(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
        return replace(throttled(switches, 60, status, form, int(rule.params.get("wait", 60))), note="")

    return strike


def _fixed(status: int, body: bytes, kind: str) -> Callable[[Switches, Fault, Call, Serve], Answer]:
    def strike(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
        return Answer(status, body, kind)

    return strike


def _server_error(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    return Answer(500, error_body(switches, 500, "An unexpected error has occurred."))


def _not_found(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    return Answer(404, error_body(switches, 404, "Record with specified ID not found"))


def _odd_record(switches: Switches, rule: Fault, call: Call, serve: Serve) -> Answer:
    """A detail with a broken field. params: ``id`` (any record without it), ``field`` as a dotted path such
    as ``Invoices.0.Total``, and ``value``, or ``remove`` to leave the field out."""
    answer = serve(call)
    if answer.status != 200:
        return answer
    content = json.loads(answer.body)
    *way, last = str(rule.params.get("field", "Invoices.0.Total")).split(".")
    try:
        target: Any = content
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target[step]
        key: Any = int(last) if isinstance(target, list) else last
        if rule.params.get("remove"):
            del target[key]
        else:
            target[key] = rule.params.get("value", "abc")
    except (LookupError, ValueError, TypeError):
        return replace(answer, note="odd_record: the answer has no such field")
    return replace(answer, body=json.dumps(content).encode())


KINDS: dict[str, Callable[[Switches, Fault, Call, Serve], Answer]] = {
    "lost_answer": _lost_answer,
    "drop_before": _drop_before,
    "429": _throttle(429, "seconds"),
    "429_words": _throttle(429, "words"),
    "503": _throttle(503, "none"),
    "503_retry_after": _throttle(503, "seconds"),
    "503_html": _fixed(503, MAINTENANCE, HTML),
    "500_json": _server_error,
    "404_json": _not_found,
    "404_html": _fixed(404, MISSING, HTML),
    "400_throttle_text": _throttle_words,
    "slow": _slow,
    "html_200": _fixed(200, MAINTENANCE, HTML),
    "redirect": _redirect,
    "truncated_json": _truncated_json,
    "odd_record": _odd_record,
}
