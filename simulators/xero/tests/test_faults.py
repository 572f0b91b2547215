"""Faults on demand."""

from __future__ import annotations

import http.client
from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller

Body = dict[str, Any]


def fault(xero: Caller, kind: str, **rule: Any) -> None:
    assert xero.post("/_sim/faults", [{"kind": kind, **rule}]).status == 200


def test_a_lost_answer_was_processed_and_the_key_finds_it(sim: Simulator, xero: Caller, sale: Body) -> None:
    fault(xero, "lost_answer", method="PUT", path="/Invoices$")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        xero.put("/Invoices", sale, {"Idempotency-Key": "k"})
    assert len(sim.books.invoices) == 1
    again = xero.put("/Invoices", sale, {"Idempotency-Key": "k"})
    assert again.status == 200
    assert len(sim.books.invoices) == 1
    assert xero.get("/_sim/calls").body["unanswered"] == 1


def test_a_dropped_request_was_not_processed(sim: Simulator, xero: Caller, sale: Body) -> None:
    fault(xero, "drop_before")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        xero.put("/Invoices", sale)
    assert len(sim.books.invoices) == 0


@pytest.mark.parametrize(
    ("kind", "status", "headers"),
    [
        ("429_minute", 429, {"X-Rate-Limit-Problem": "minute", "Retry-After": "5"}),
        ("429_day", 429, {"X-Rate-Limit-Problem": "day", "Retry-After": "40000"}),
        ("429_concurrent", 429, {"X-Rate-Limit-Problem": "concurrent"}),
        ("503_html", 503, {"Content-Type": "text/html; charset=utf-8"}),
        ("503_retry_after", 503, {"Retry-After": "5"}),
        ("500_html", 500, {"Content-Type": "text/html; charset=utf-8"}),
        ("404_html", 404, {"Content-Type": "text/html; charset=utf-8"}),
        ("html_200", 200, {"Content-Type": "text/html; charset=utf-8"}),
    ],
)
def test_refusals_strike_once_and_process_nothing(
    sim: Simulator, xero: Caller, sale: Body, kind: str, status: int, headers: Body
) -> None:
    fault(xero, kind)
    reply = xero.put("/Invoices", sale)
    assert reply.status == status
    assert {name: reply.headers.get(name) for name in headers} == headers
    assert len(sim.books.invoices) == 0
    assert xero.put("/Invoices", sale).status == 200


def test_an_error_after_the_commit_leaves_the_document(sim: Simulator, xero: Caller, sale: Body) -> None:
    fault(xero, "500_after_commit")
    assert xero.put("/Invoices", sale).status == 500
    fault(xero, "truncated_json")
    assert isinstance(xero.put("/Invoices", sale).body, str)
    assert len(sim.books.invoices) == 2


def test_an_expired_token_says_so(xero: Caller) -> None:
    fault(xero, "token_expired")
    reply = xero.get("/Organisation")
    assert (reply.status, reply.body["Title"]) == (401, "Unauthorized")
    assert reply.body["Detail"].startswith("TokenExpired: token expired at ")


def test_random_faults_repeat_with_the_same_seed(xero: Caller) -> None:
    def outcomes() -> list[int]:
        xero.request("DELETE", "/_sim/faults")
        fault(xero, "503_html", probability=0.5, seed=7)
        return [xero.get("/Organisation").status for _ in range(12)]

    first = outcomes()
    assert outcomes() == first
    assert set(first) == {200, 503}


def test_an_unknown_kind_is_refused(xero: Caller) -> None:
    assert xero.post("/_sim/faults", {"kind": "earthquake"}).status == 400
