from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from patience import PATIENCE, eventually

from hub.errors import BusyError, RunLostError, SettingsError, UnreachableError, UnsureError
from hub.http import Answer, Door, end_lost_calls, prune_exchanges
from hub.models import Bucket, BucketCall, Exchange, now, table
from hub.providers import Limits, Window
from hub.store import Store

EXCHANGES = table(Exchange)
BUCKETS = table(Bucket)
CALLS = table(BucketCall)
UNLIMITED = Limits()


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_door(store: Store, platform: Any, clock: Clock) -> Callable[..., Door]:
    def make(limits: Limits = UNLIMITED, bind: dict[str, Any] | None = None, **options: Any) -> Door:
        wanted = {"timeout": (PATIENCE, PATIENCE), "clock": clock, "sleep": clock.sleep, **options}
        door = Door(store, connection_id=7, name="Acme", limits=limits, run_id=3, **wanted)
        return door.bind(**{"base_url": f"{platform.url}/api", **(bind or {})})

    return make


@pytest.fixture
def door(make_door: Callable[..., Door]) -> Door:
    return make_door()


def exchanges(store: Store) -> list[Any]:
    with store.read() as db:
        return list(db.execute(sa.select(EXCHANGES).order_by(EXCHANGES.c.id)))


def wanting(seconds: str) -> dict[str, str]:
    return {"Retry-After": seconds}


# -- answers -----------------------------------------------------------------------------------------------------


def test_a_call_reaches_the_path_below_the_base_address(door: Door, platform: Any) -> None:
    answer = door.call("GET", "/Invoices", params={"page": "2"}, headers={"X-Tenant": "t"})
    (seen,) = platform.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/api/Invoices", {"page": "2"})
    assert seen.headers["X-Tenant"] == "t"
    assert answer.status == 200
    assert answer.url == f"{platform.url}/api/Invoices?page=2"


def test_numbers_with_a_fraction_are_exact(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(body=b'{"Total": 0.1, "Count": 3}')]
    told = door.call("GET", "x").json()
    assert told == {"Total": Decimal("0.1"), "Count": 3}
    assert isinstance(told["Total"], Decimal)


def test_headers_are_found_in_any_case(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(headers={"X-Left": "4"})]
    assert door.call("GET", "x").headers["x-LEFT"] == "4"


def test_a_web_page_is_not_data() -> None:
    page = Answer(200, {"content-type": "text/html"}, b"<html>Sorry</html>", "https://a.example/x?token=1")
    assert not page.is_json
    with pytest.raises(UnreachableError, match="a web page instead of data"):
        page.json()


def test_a_web_page_in_answer_to_a_write_leaves_it_unsure() -> None:
    with pytest.raises(UnsureError):
        Answer(200, {"content-type": "text/html"}, b"<html>", method="POST").json()


def test_zero_characters_come_as_signs_that_every_database_keeps() -> None:
    json = Answer(200, {"Content-Type": "application/json"}, rb'{"a": "b\u0000c", "d": "e\\u0000"}').json()
    assert json == {"a": "b\ufffdc", "d": "e\\ufffd"}


@pytest.mark.parametrize(
    ("content_type", "content", "is_json"),
    [
        ("application/json; charset=utf-8", b"[]", True),
        ("application/problem+json", b"{}", True),
        ("text/plain", b' {"a": 1}', True),
        ("", b"[1]", True),
        ("text/plain", b"12", False),
        ("text/html", b"{}", False),
        ("application/json", b"", False),
        ("application/json", b"{", False),
        ("application/json", b'{"a": NaN}', False),
        ("application/json", b'\xef\xbb\xbf{"a": 1}', True),
    ],
)
def test_json_is_what_says_so_and_is(content_type: str, content: bytes, is_json: bool) -> None:
    assert Answer(200, {"Content-Type": content_type}, content).is_json is is_json


def test_text_is_decoded_as_the_answer_says() -> None:
    assert Answer(200, {"Content-Type": "text/plain; charset=latin-1"}, b"\xe9").text == "é"
    assert Answer(200, {"Content-Type": "text/plain; charset=unheard-of"}, "é".encode()).text == "é"


def test_a_redirect_comes_back_as_it_is(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(status=302, headers={"Location": "http://[bad"})]
    assert door.call("GET", "x").status == 302
    assert len(platform.seen) == 1


def test_cookies_are_not_kept(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(headers={"Set-Cookie": "a=b"})]
    door.call("GET", "x")
    door.call("GET", "x")
    assert "Cookie" not in platform.seen[1].headers


# -- where calls may go ------------------------------------------------------------------------------------------


def test_an_address_of_the_same_origin_may_be_given_whole(door: Door, platform: Any) -> None:
    door.call("GET", f"{platform.url}/elsewhere")
    assert platform.seen[0].path == "/elsewhere"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/x",
        "http://127.0.0.1:1/x",
        "http://127.0.0.1@evil.example/",
        "http:\\\\evil.example/",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "http://127.0.0.1:port/",
    ],
)
def test_credentials_are_never_sent_to_another_origin(door: Door, platform: Any, path: str) -> None:
    with pytest.raises(SettingsError):
        door.call("GET", path)
    assert platform.seen == []


def test_a_path_that_looks_like_a_host_stays_below_the_base_address(door: Door, platform: Any) -> None:
    door.call("GET", "//evil.example/x")
    assert platform.seen[0].path == "/api/evil.example/x"


def test_a_door_that_is_not_bound_leads_nowhere(store: Store) -> None:
    with pytest.raises(SettingsError, match="not bound"):
        Door(store, connection_id=1, name="Acme", limits=UNLIMITED).call("GET", "http://127.0.0.1/")


def test_a_netrc_file_does_not_replace_our_credentials(
    make_door: Callable[..., Door], platform: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    make_door(bind={"headers": {"Authorization": "Bearer ours"}}).call("GET", "x")
    assert platform.seen[0].headers["Authorization"] == "Bearer ours"


# -- what did not arrive -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_means_that_nothing_was_sent(
    make_door: Callable[..., Door], closed_port: int, store: Store, method: str
) -> None:
    door = make_door(bind={"base_url": f"http://127.0.0.1:{closed_port}"})
    with pytest.raises(UnreachableError, match="Acme could not be reached"):
        door.call(method, "x", body=b"{}")
    assert [row.status for row in exchanges(store)] == [None, None]


def test_an_unknown_host_means_that_nothing_was_sent(make_door: Callable[..., Door]) -> None:
    with pytest.raises(UnreachableError):
        make_door(bind={"base_url": "http://nowhere.invalid"}).call("POST", "x")


def test_a_write_whose_answer_is_lost_is_unsure_and_not_repeated(
    door: Door, platform: Any, reply: Any, store: Store
) -> None:
    platform.replies = [reply(drop=True)]
    with pytest.raises(UnsureError):
        door.call("POST", "x", body=b"{}")
    assert len(platform.seen) == 1
    (row,) = exchanges(store)
    assert row.status is None
    assert row.error


def test_a_write_that_is_answered_too_late_is_unsure(make_door: Callable[..., Door], platform: Any, reply: Any) -> None:
    given_up = threading.Event()

    def too_late(_seen: Any) -> Any:
        assert given_up.wait(PATIENCE)
        return reply()

    platform.respond = too_late
    with pytest.raises(UnsureError):
        make_door(timeout=(PATIENCE, 0.2)).call("PUT", "x", body=b"{}")
    given_up.set()
    assert eventually(lambda: platform.seen)
    assert len(platform.seen) == 1


def test_an_answer_that_breaks_off_leaves_a_write_unsure(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(body=b"{", headers={"Content-Length": "100"}, then_close=True)]
    with pytest.raises(UnsureError):
        door.call("POST", "x", body=b"{}")


def test_a_lost_read_is_repeated(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(drop=True), reply(drop=True), reply(drop=True), reply(body=b"[1]")]
    assert door.call("GET", "x").json() == [1]
    assert len(platform.seen) == 4


def test_a_read_that_is_lost_again_and_again_is_unreachable(door: Door, platform: Any, reply: Any) -> None:
    platform.respond = lambda seen: reply(drop=True)
    with pytest.raises(UnreachableError):
        door.call("GET", "x")
    assert len(platform.seen) == 4


def test_a_failing_read_is_repeated_and_its_last_answer_returned(door: Door, platform: Any, reply: Any) -> None:
    platform.respond = lambda seen: reply(status=500)
    assert door.call("GET", "x").status == 500
    assert len(platform.seen) == 4


def test_a_failing_write_is_returned_at_once(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(status=500)]
    assert door.call("POST", "x").status == 500
    assert len(platform.seen) == 1


def test_a_refusal_is_the_callers_to_read(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(status=400, body=b'{"Message": "no"}')]
    assert door.call("GET", "x").status == 400
    assert len(platform.seen) == 1


# -- not now -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "rest"),
    [
        (429, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "60 Seconds"}, 60),
        (429, {}, 60),
        (429, {"Retry-After": "soon"}, 60),
        (503, {"Retry-After": "3"}, 3),
    ],
)
def test_a_throttled_write_is_repeated_after_the_rest_asked_for(
    door: Door, platform: Any, reply: Any, clock: Clock, status: int, headers: dict[str, str], rest: float
) -> None:
    platform.replies = [reply(status=status, headers=headers)]
    assert door.call("POST", "x").status == 200
    assert len(platform.seen) == 2
    assert sum(clock.slept) == pytest.approx(rest)


def test_retry_after_may_be_a_date(door: Door, platform: Any, reply: Any, clock: Clock) -> None:
    platform.replies = [reply(status=429, headers=wanting("Thu, 01 Jan 2026 00:00:00 GMT"))]
    assert door.call("GET", "x").status == 200
    assert sum(clock.slept) < 1


def test_a_503_without_retry_after_is_a_failure_and_not_a_refusal(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(status=503)]
    assert door.call("POST", "x").status == 503


def test_the_plugin_says_which_other_answers_mean_not_now(
    make_door: Callable[..., Door], platform: Any, reply: Any, clock: Clock
) -> None:
    platform.replies = [reply(status=400, body=b"You reached 60 calls per 60 seconds")]
    door = make_door(bind={"throttled": lambda answer: 5.0 if "reached 60" in answer.text else None})
    assert door.call("POST", "x").status == 200
    assert sum(clock.slept) == pytest.approx(5)


def test_a_long_rest_is_not_slept_through(
    door: Door, platform: Any, reply: Any, clock: Clock, make_door: Callable[..., Door]
) -> None:
    platform.replies = [reply(status=429, headers=wanting("66975"))]
    with pytest.raises(BusyError, match="19 hours") as raised:
        door.call("POST", "x")
    assert raised.value.retry_after == pytest.approx(66975)
    assert clock.slept == []
    with pytest.raises(BusyError):  # another process of the same connection
        make_door().call("GET", "x")
    assert len(platform.seen) == 1


def test_refusals_that_ask_for_no_rest_come_to_an_end(door: Door, platform: Any, reply: Any) -> None:
    platform.respond = lambda seen: reply(status=429, headers=wanting("0"))
    with pytest.raises(BusyError):
        door.call("GET", "x")
    assert len(platform.seen) < 20


def test_after_the_rest_other_processes_go_on(
    make_door: Callable[..., Door], platform: Any, reply: Any, clock: Clock
) -> None:
    platform.replies = [reply(status=429, headers=wanting("300"))]
    with pytest.raises(BusyError):
        make_door().call("GET", "x")
    clock.now += 301
    assert make_door().call("GET", "x").status == 200


# -- tokens ------------------------------------------------------------------------------------------------------


def expired(answer: Answer) -> bool:
    return answer.status == 401


def test_an_expired_token_is_renewed_once_and_the_call_repeated(
    make_door: Callable[..., Door], platform: Any, reply: Any
) -> None:
    asked: list[bool] = []

    def headers(renew: bool) -> dict[str, str]:
        asked.append(renew)
        return {"Authorization": f"Bearer {len(asked)}"}

    platform.replies = [reply(status=401)]
    answer = make_door(bind={"headers": headers}).call("POST", "x", body=b"{}", expired=expired)
    assert answer.status == 200
    assert asked == [False, True]
    assert [seen.headers["Authorization"] for seen in platform.seen] == ["Bearer 1", "Bearer 2"]


def test_a_token_that_is_refused_again_is_not_renewed_for_ever(
    make_door: Callable[..., Door], platform: Any, reply: Any
) -> None:
    platform.respond = lambda seen: reply(status=401)
    assert make_door().call("GET", "x", expired=expired).status == 401
    assert len(platform.seen) == 2


def test_any_other_401_is_the_callers_to_read(door: Door, platform: Any, reply: Any) -> None:
    platform.replies = [reply(status=401)]
    assert door.call("GET", "x", expired=lambda answer: False).status == 401
    assert len(platform.seen) == 1


# -- whose run it is ---------------------------------------------------------------------------------------------


def test_nothing_is_sent_for_a_run_that_was_taken_over(
    make_door: Callable[..., Door], platform: Any, store: Store
) -> None:
    def lost() -> None:
        raise RunLostError("taken over")

    with pytest.raises(RunLostError):
        make_door(Limits(concurrent=1), before_send=lost).call("POST", "x")
    assert platform.seen == []
    assert make_door(Limits(concurrent=1)).call("POST", "x").status == 200  # its place is free again


def test_a_stop_is_noticed_within_a_second_of_waiting(
    make_door: Callable[..., Door], platform: Any, reply: Any, clock: Clock
) -> None:
    waits: list[float] = []

    def check() -> None:
        if clock.slept:
            raise RunLostError("stopped")

    platform.replies = [reply(status=429, headers=wanting("50"))]
    with pytest.raises(RunLostError):
        make_door(before_send=check, on_wait=waits.append).call("GET", "x")
    assert waits == [pytest.approx(50)]
    assert clock.slept == [1.0]


def test_asking_each_second_whether_to_go_on_makes_no_wait_longer(
    make_door: Callable[..., Door], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.http.door.monotonic", lambda: clock.now)

    def check() -> None:
        clock.now += 0.02

    door = make_door(Limits(windows=(Window(1, 60.0),)), before_send=check)
    door.call("GET", "x")
    ended = clock.now
    door.call("GET", "x")
    assert clock.now - ended == pytest.approx(60, abs=0.1)


# -- limits ------------------------------------------------------------------------------------------------------


def test_a_full_window_is_waited_for(make_door: Callable[..., Door], clock: Clock) -> None:
    door = make_door(Limits(windows=(Window(3, 60.0),)))
    started = clock.now
    for _ in range(7):
        door.call("GET", "x")
    assert clock.now - started == pytest.approx(120, abs=1)


def test_several_windows_hold_at_once(make_door: Callable[..., Door], clock: Clock) -> None:
    door = make_door(Limits(windows=(Window(2, 1.0), Window(3, 60.0))))
    started = clock.now
    for _ in range(4):
        door.call("GET", "x")
    assert clock.now - started == pytest.approx(60, abs=1.1)


def test_a_wait_beyond_patience_is_told_and_not_made(make_door: Callable[..., Door], platform: Any) -> None:
    door = make_door(Limits(windows=(Window(1, 60.0),)), patience=10.0)
    door.call("GET", "x")
    with pytest.raises(BusyError) as raised:
        door.call("GET", "x")
    assert raised.value.retry_after == pytest.approx(60)
    assert len(platform.seen) == 1


def test_calls_of_the_day_are_counted_across_restarts(
    make_door: Callable[..., Door], clock: Clock, store: Store
) -> None:
    limits = Limits(per_day=2)
    make_door(limits).call("GET", "x")
    make_door(limits).call("GET", "x")
    with pytest.raises(BusyError) as raised:
        make_door(limits).call("GET", "x")
    assert raised.value.retry_after == pytest.approx(86_400)
    clock.now += 86_400
    assert make_door(limits).call("GET", "x").status == 200
    with store.read() as db:
        assert db.execute(sa.select(BUCKETS.c.day_used)).scalar_one() == 1


def test_what_the_platform_says_is_left_is_kept(
    make_door: Callable[..., Door], platform: Any, reply: Any, store: Store
) -> None:
    platform.replies = [reply(headers={"X-Left": "4321"})]
    door = make_door(Limits(per_day=5000), bind={"learn": lambda answer: int(answer.headers.get("X-Left", "0"))})
    door.call("GET", "x")
    with store.read() as db:
        assert db.execute(sa.select(BUCKETS.c.reported_left)).scalar_one() == 4321


def test_calls_at_the_same_time_stay_within_their_number(store: Store, platform: Any, reply: Any) -> None:
    gate, company = threading.Lock(), threading.Event()
    busy, most = 0, 0

    def respond(_seen: Any) -> Any:
        nonlocal busy, most
        with gate:
            busy += 1
            most = max(most, busy)
            if busy == 2:
                company.set()
        assert company.wait(PATIENCE)
        time.sleep(0.02)  # room for one too many
        with gate:
            busy -= 1
        return reply()

    platform.respond = respond
    door = Door(store, connection_id=1, name="Acme", limits=Limits(concurrent=2)).bind(base_url=platform.url)
    threads = [threading.Thread(target=door.call, args=("GET", "x")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(platform.seen)) == (2, 8)


def under_way(store: Store, clock: Clock, calls: int) -> None:
    """So many calls, and no others, are on their way."""
    with store.write() as db:
        db.execute(sa.delete(CALLS))
        rows = [{"bucket": "connection:7", "at": clock.now, "done": False}] * calls
        store.insert(db, BucketCall, rows)


def test_after_too_many_calls_at_once_half_as_many_go_together_for_a_while(
    make_door: Callable[..., Door], store: Store, platform: Any, reply: Any, clock: Clock
) -> None:
    bind = {"crowded": lambda answer: answer.status == 429}
    door = make_door(Limits(concurrent=4), bind, patience=3.0)
    under_way(store, clock, 3)
    assert door.call("GET", "x").status == 200
    platform.replies = [reply(429, headers=wanting("1")), reply(429, headers=wanting("1"))]
    under_way(store, clock, 0)
    assert door.call("GET", "x").status == 200

    under_way(store, clock, 2)
    with pytest.raises(BusyError):
        door.call("GET", "x")
    under_way(store, clock, 1)
    assert door.call("GET", "x").status == 200
    clock.now += 300
    under_way(store, clock, 3)
    assert door.call("GET", "x").status == 200


def test_the_place_of_a_killed_process_becomes_free(make_door: Callable[..., Door], store: Store, clock: Clock) -> None:
    door = make_door(Limits(concurrent=1), patience=1.0)
    with store.write() as db:
        store.insert(db, BucketCall, [{"bucket": "connection:7", "at": clock.now, "done": False}])
    with pytest.raises(BusyError):
        door.call("GET", "x")
    clock.now += 300
    assert door.call("GET", "x").status == 200


def test_whoever_takes_over_from_a_killed_process_has_its_places_at_once(
    make_door: Callable[..., Door], store: Store, clock: Clock
) -> None:
    with store.write() as db:
        store.insert(db, BucketCall, [{"bucket": "connection:7", "at": clock.now, "done": False}])
        end_lost_calls(store, db, 7)
    assert make_door(Limits(concurrent=1), patience=1.0).call("GET", "x").status == 200


def test_a_clock_that_was_set_back_holds_nobody_up(make_door: Callable[..., Door], clock: Clock) -> None:
    door = make_door(Limits(windows=(Window(1, 60.0),), per_day=100))
    door.call("GET", "x")
    clock.now -= 3600
    started = clock.now
    door.call("GET", "x")
    assert clock.now - started <= 61


def test_counts_older_than_the_longest_window_are_cleared_away(
    make_door: Callable[..., Door], store: Store, clock: Clock
) -> None:
    door = make_door(Limits(windows=(Window(1000, 10.0),)))
    for _ in range(120):
        door.call("GET", "x")
        clock.now += 1
    with store.read() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(CALLS)).scalar_one() < 80


def test_without_limits_a_call_writes_nothing(door: Door, store: Store, platform: Any) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        for _ in range(20):
            door.call("POST", "x", body=b"{}")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len(platform.seen) == 20
    assert [each for each in statements if not each.startswith(("SELECT", "BEGIN DEFERRED", "PRAGMA"))] == []
    door.flush()
    assert len(exchanges(store)) == 20


CALLER = """
import json, sys, threading
from hub.http import Door
from hub.providers import Limits, Window
from hub.store import Store

database, address = sys.argv[1:]
limits = Limits(windows=(Window(12, 0.5),), concurrent=3)
door = Door(Store(database), connection_id=1, name="Acme", limits=limits).bind(base_url=address)
calls = [threading.Thread(target=lambda: [door.call("POST", "x") for _ in range(5)]) for _ in range(4)]
for call in calls:
    call.start()
for call in calls:
    call.join()
"""


class StrictPlatform:
    """Counts what it would refuse: more than 12 calls in half a second, or more than three at once."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.refused: list[str] = []
        self.arrived: list[float] = []
        self.busy = 0
        self.lock = threading.Lock()

    def __call__(self, _seen: Any) -> Any:
        with self.lock:
            moment = time.monotonic()
            self.busy += 1
            recent = [arrival for arrival in self.arrived if arrival > moment - 0.5]
            self.refused += ["window"] * (len(recent) >= 12) + ["concurrency"] * (self.busy > 3)
            self.arrived.append(moment)
        time.sleep(0.01)
        with self.lock:
            self.busy -= 1
        return self.reply()


def test_two_processes_together_stay_within_the_limits(database_url: str, platform: Any, reply: Any) -> None:
    strict = StrictPlatform(reply)
    platform.respond = strict
    callers = [
        subprocess.Popen([sys.executable, "-c", CALLER, database_url, platform.url], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for caller in callers:
        _, complaints = caller.communicate(timeout=2 * PATIENCE)
        assert caller.returncode == 0, complaints.decode()
    assert len(strict.arrived) == 40
    assert strict.refused == []


# -- the exchange log --------------------------------------------------------------------------------------------


def test_what_was_said_is_kept(door: Door, store: Store, platform: Any, reply: Any) -> None:
    platform.replies = [reply(status=400, body=b'{"Message": "odd"}')]
    door.call("POST", "Invoices", body=b'{"Number": "INV-1"}')
    door.flush()
    (row,) = exchanges(store)
    assert (row.connection_id, row.run_id, row.method, row.status) == (7, 3, "POST", 400)
    assert row.url == f"{platform.url}/api/Invoices"
    assert '{"Number": "INV-1"}' in row.request
    assert '{"Message": "odd"}' in row.response
    assert "Content-Type: application/json" in row.response


def test_an_exchange_is_not_lost_when_something_fails_afterwards(
    make_door: Callable[..., Door], store: Store, platform: Any, reply: Any
) -> None:
    door = make_door(bind={"learn": lambda answer: 1 // 0})
    with pytest.raises(ZeroDivisionError):
        door.call("GET", "x")
    assert len(exchanges(store)) == 1


def test_every_try_is_an_entry_of_its_own(door: Door, store: Store, platform: Any, reply: Any) -> None:
    platform.replies = [reply(status=500), reply(drop=True)]
    door.call("GET", "x")
    door.flush()
    assert [row.status for row in exchanges(store)] == [500, None, 200]


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("SECRET-1\nSECRET-2", "a line break"),
        ("SECRET\x7fKEY", "another control character"),
        ("SECRET\u2013KEY", "a typographic dash"),
        (" SECRET", "a blank"),
    ],
)
def test_a_key_that_can_not_be_sent_is_explained_without_a_word_of_it(
    make_door: Callable[..., Door], store: Store, platform: Any, key: str, fault: str
) -> None:
    door = make_door(bind={"headers": {"api-auth-applicationkey": key}})
    with pytest.raises(SettingsError, match=fault) as raised:
        door.call("GET", "x")
    assert "api-auth-applicationkey" in str(raised.value)
    (row,) = exchanges(store)
    told = "".join(traceback.format_exception(raised.value))
    assert "SECRET" not in f"{told}\n{row.error}\n{row.request}"
    assert platform.seen == []


@pytest.mark.parametrize("address", ["http://me:SECRET@", "http://me:SECRET@.example"])
def test_an_address_that_can_not_be_used_is_shown_without_its_password(
    make_door: Callable[..., Door], address: str
) -> None:
    door = make_door(bind={"base_url": address})
    with pytest.raises(SettingsError) as raised:
        door.call("GET", "x")
    assert "SECRET" not in "".join(traceback.format_exception(raised.value))


SECRETS = {
    "Authorization": "Bearer SECRET",
    "api-auth-accountid": "SECRET",
    "api-auth-applicationkey": "SECRET",
    "X-Api-Key": "SECRET",
    "Cookie": "session=SECRET",
    "x-signature": "SECRET",
}


def test_no_credential_reaches_the_log(make_door: Callable[..., Door], store: Store, platform: Any, reply: Any) -> None:
    told = {"access_token": "SECRET", "nested": {"clientSecret": 'SEC"RET'}, "password": "SECRET", "Name": "Ann"}
    platform.replies = [
        reply(body=json.dumps(told).encode(), headers={"Set-Cookie": "id=SECRET", "X-Token": "SECRET"}),
        reply(),
        reply(body=b'<s:Password type="x">SECRET</s:Password><Name>Ann</Name>'),
    ]
    door = make_door(bind={"headers": SECRETS})
    door.call("GET", "x", params={"code": "SECRET", "access_token": "SECRET", "page": "4"})
    door.call("POST", "x", body=b"grant_type=refresh_token&refresh_token=SECRET&code=SECRET&code_verifier=SECRET")
    door.call("POST", "x", body=b'{"Code": "4000", "code": "200", "api_key": "SECRET", "pin_token": 123}')
    door.flush()
    rows = exchanges(store)
    everything = "\n".join(f"{row.url}\n{row.request}\n{row.response}" for row in rows)
    assert "SEC" not in everything
    assert "123" not in rows[2].request
    for kept in ("page=4", "grant_type=refresh_token", '"Code": "4000"', '"code": "200"', "Ann", "api-auth-app"):
        assert kept in everything


def test_a_secret_that_is_cut_off_is_still_not_shown(
    make_door: Callable[..., Door], store: Store, platform: Any
) -> None:
    body = b'{"token": "SECRET-SECRET-SECRET", "rest": "' + b"x" * 100 + b'"}'
    for size in range(11, 40):
        make_door(exchange_bytes=size).call("POST", "x", body=body)
    door = make_door(exchange_bytes=20)
    door.call("POST", "x", body=body)
    door.flush()
    assert all("SEC" not in row.request for row in exchanges(store))
    assert "more bytes]" in exchanges(store)[-1].request


def test_binary_bodies_are_counted_and_not_kept(door: Door, store: Store) -> None:
    door.call("PUT", "x", body=b"\x00\x01\x02")
    door.flush()
    assert "[3 bytes of binary data]" in exchanges(store)[0].request


def test_user_and_password_in_an_address_are_not_kept(
    make_door: Callable[..., Door], store: Store, platform: Any
) -> None:
    door = make_door(bind={"base_url": platform.url.replace("//", "//user:SECRET@")})
    door.call("GET", "x")
    door.flush()
    assert "SECRET" not in exchanges(store)[0].url


def test_old_entries_are_pruned(door: Door, store: Store) -> None:
    for _ in range(3):
        door.call("GET", "x")
    door.flush()
    with store.write() as db:
        oldest = sa.select(sa.func.min(EXCHANGES.c.id)).scalar_subquery()
        long_ago = now().replace(year=2020)
        db.execute(sa.update(EXCHANGES).where(EXCHANGES.c.id == oldest).values(at=long_ago))
    assert prune_exchanges(store, days=30) == 1
    assert len(exchanges(store)) == 2
