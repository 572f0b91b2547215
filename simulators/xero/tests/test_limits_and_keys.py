"""Rate limits and idempotency keys."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from sim_xero import Simulator, gateway
from sim_xero.caller import Caller

Body = dict[str, Any]


def test_the_minute_limit_refuses_and_says_how_long_to_wait() -> None:
    with Simulator(per_minute=3) as sim:
        xero = sim.caller()
        left = [xero.get("/Organisation").headers["X-MinLimit-Remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        reply = xero.get("/Organisation")
        assert (reply.status, reply.headers["X-Rate-Limit-Problem"]) == (429, "minute")
        assert 1 <= int(reply.headers["Retry-After"]) <= 60
        xero.post("/_sim/clock", {"advance_seconds": 61})
        assert xero.get("/Organisation").headers["X-MinLimit-Remaining"] == "2"


def test_the_day_limit_follows_the_tier_and_counts_per_organisation() -> None:
    with Simulator(tier="starter", per_minute=5000) as sim:
        assert sim.caller().get("/Organisation").headers["X-DayLimit-Remaining"] == "999"
    with Simulator(per_day=1) as sim:
        both = (sim.tenant_id, sim.other_tenant_id)
        first, second = sim.caller(*both), sim.caller(*reversed(both))
        assert first.get("/Organisation").status == 200
        reply = first.get("/Organisation")
        assert (reply.status, reply.headers["X-Rate-Limit-Problem"]) == (429, "day")
        assert int(reply.headers["Retry-After"]) > 80_000
        assert second.get("/Organisation").status == 200


def test_the_sixth_call_at_once_is_refused_without_a_time_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    all_there = threading.Barrier(6)
    waits_for_all = SimpleNamespace(sleep=lambda _: all_there.wait(60), monotonic=time.monotonic)
    monkeypatch.setattr(gateway, "time", waits_for_all)
    with Simulator() as sim:
        xero = sim.caller()
        xero.post("/_sim/faults", {"kind": "slow", "times": 6})
        replies = []
        calls = [threading.Thread(target=lambda: replies.append(xero.get("/Organisation"))) for _ in range(6)]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        refused = [reply for reply in replies if reply.status == 429]
        assert len(refused) == 1
        assert refused[0].headers["X-Rate-Limit-Problem"] == "concurrent"
        assert "Retry-After" not in refused[0].headers
        assert xero.get("/_sim/calls").body["max_in_flight"] == 6


def test_the_same_key_and_request_give_the_first_answer_for_six_minutes(
    sim: Simulator, xero: Caller, sale: Body
) -> None:
    key = {"Idempotency-Key": "k-1"}
    first, second = xero.put("/Invoices", sale, key), xero.put("/Invoices", sale, key)
    assert first.body == second.body
    assert len(sim.books.invoices) == 1
    xero.post("/_sim/clock", {"advance_seconds": 361})
    assert xero.put("/Invoices", sale, key).body != first.body
    assert len(sim.books.invoices) == 2


def test_the_same_key_with_another_request_is_refused(xero: Caller, sale: Body) -> None:
    key = {"Idempotency-Key": "k-1"}
    xero.put("/Invoices", sale, key)
    reply = xero.put("/Invoices", {**sale, "Reference": "other"}, key)
    assert reply.status == 400
    assert "is used with a different request" in reply.body["Detail"]
    assert xero.get("/Invoices", key).status == 200


def test_errors_are_remembered_under_a_key(xero: Caller, sale: Body) -> None:
    key = {"Idempotency-Key": "k-2"}
    bill = {**sale, "Contact": {"ContactNumber": "C-7"}}
    assert xero.put("/Invoices", bill, key).status == 400
    xero.put("/Contacts", {"Name": "Hazel", "ContactNumber": "C-7"})
    assert xero.put("/Invoices", bill, key).status == 400
    assert xero.put("/Invoices", bill, {"Idempotency-Key": "k-3"}).status == 200


@pytest.mark.parametrize("key", ["k" * 129, "undefined", "null"])
def test_keys_no_request_may_carry(xero: Caller, sale: Body, key: str) -> None:
    assert xero.put("/Invoices", sale, {"Idempotency-Key": key}).status == 400
    assert xero.put("/Invoices", sale, {"Idempotency-Key": "k" * 128}).status == 200


def test_a_body_over_three_and_a_half_megabytes_is_refused(xero: Caller) -> None:
    assert xero.put("/Contacts", {"Name": "x" * 3_500_000}).status == 413
