"""Schedules in words and in time, one scheduler among all processes, and workers that run what is wanted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from houses import House, called
from patience import PATIENCE, eventually

from hub.engine import runs
from hub.errors import SettingsError
from hub.hookspecs import Job
from hub.models import ConnectionRow, Run, RunState, Schedule, now, table
from hub.providers import Page, Want
from hub.scheduler import (
    Scheduler,
    Timing,
    Workers,
    add_schedule,
    change_schedule,
    check_expression,
    describe,
    is_scheduler_alive,
    leadership,
    next_runs,
    pause,
    resume,
    run_now,
)
from hub.scheduler.jobs import revive
from hub.scheduler.schedules import ensure_schedules
from hub.settings import new_key
from hub.store import Store
from hub.testing.memory import StockSession
from hub.vault import Vault

PARIS = "Europe/Paris"
SOCKET = ".s.PGSQL.5432"


def schedule(trigger: str, expression: str, time_zone: str = "UTC", **more: Any) -> Schedule:
    return Schedule(connection_id=1, name="S", trigger=trigger, expression=expression, time_zone=time_zone, **more)


def local(moments: Any, zone: str) -> list[str]:
    return [f"{moment.astimezone(ZoneInfo(zone)):%a %d %H:%M %z}" for moment in moments]


# -- what an expression means ----------------------------------------------------------------------------------------


def test_an_interval_is_counted_from_its_last_firing() -> None:
    fired = datetime(2026, 1, 1, 10, 7, tzinfo=UTC)
    found = next_runs(schedule("interval", "15m", counts_from=fired), 3, datetime(2026, 1, 1, 10, 10, tzinfo=UTC))
    assert [f"{each:%H:%M}" for each in found] == ["10:22", "10:37", "10:52"]


def test_a_time_skipped_in_spring_comes_an_hour_later_that_day() -> None:
    found = next_runs(schedule("cron", "30 2 * * *", PARIS), 3, datetime(2026, 3, 27, 12, tzinfo=UTC))
    assert local(found, PARIS) == ["Sat 28 02:30 +0100", "Sun 29 03:30 +0200", "Mon 30 02:30 +0200"]


def test_a_time_that_happens_twice_in_autumn_counts_once() -> None:
    found = next_runs(schedule("cron", "30 2 * * *", PARIS), 3, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert local(found, PARIS) == ["Sun 25 02:30 +0200", "Mon 26 02:30 +0100", "Tue 27 02:30 +0100"]


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_every_half_hour_goes_on_while_clocks_change(day: datetime) -> None:
    found = next_runs(schedule("cron", "*/30 * * * *", PARIS), 12, day - timedelta(hours=1))
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=30)}


def test_days_of_the_week_are_numbered_as_in_crontab() -> None:
    found = next_runs(schedule("cron", "0 6 * * 0,5-6"), 4, datetime(2026, 1, 5, tzinfo=UTC))
    assert [f"{each:%a}" for each in found] == ["Fri", "Sat", "Sun", "Fri"]


def test_a_paused_schedule_has_no_next_run() -> None:
    assert next_runs(schedule("interval", "1h", paused=True), 3, now()) == ()


@pytest.mark.parametrize(
    ("trigger", "expression", "sentence"),
    [
        ("interval", "1h", "Every hour"),
        ("interval", "15m", "Every 15 minutes"),
        ("cron", "30 6 * * 1-5", "Every weekday at 06:30 UTC"),
        ("cron", "0 8,20 * * *", "Every day at 08:00 and 20:00 UTC"),
        ("cron", "0 7 1 * *", "On the 1st of each month at 07:00 UTC"),
        ("cron", "*/10 * * * *", "Every 10 minutes UTC"),
        ("cron", "5 * * * 1", "Every Monday at minute 5 of every hour UTC"),
        ("cron", "1-5 2 * 3 *", "When the clock matches 1-5 2 * 3 * UTC"),
    ],
)
def test_a_schedule_is_told_in_a_sentence(trigger: str, expression: str, sentence: str) -> None:
    assert describe(schedule(trigger, expression)) == sentence


@pytest.mark.parametrize(
    ("trigger", "expression", "zone", "hint"),
    [
        ("interval", "soon", "UTC", "as in 15m"),
        ("interval", "0m", "UTC", "as in 15m"),
        ("cron", "30 6 * *", "UTC", "instead of five"),
        ("cron", "61 6 * * *", "UTC", "can't be read"),
        ("cron", "0 6 * * 8", "UTC", "0 and 7 are Sunday"),
        ("cron", "0 6 1 * 1", "UTC", "use one of them"),
        ("cron", "0 6 30 2 *", "UTC", "never fires"),
        ("cron", "0 6 * * *", "Mars/Olympus", "not a time zone"),
        ("weekly", "0 6 * * *", "UTC", "'interval' or a 'cron'"),
    ],
)
def test_a_wrong_expression_is_refused_with_what_to_write(trigger: str, expression: str, zone: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=hint):
        check_expression(trigger, expression, zone)


# -- following the table ---------------------------------------------------------------------------------------------


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    house = called(store, vault, on=False)
    house.hub.clock = now
    with store.write() as db:
        db.execute(sa.update(table(ConnectionRow)).values(wanted_at=None))
    return house


@contextmanager
def scheduling(house: House, *jobs: Job) -> Iterator[Scheduler]:
    scheduler = Scheduler(house.hub, jobs)
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.stop()


def wanted(house: House) -> list[int]:
    return [connection_id for connection_id, _ in house.hub.wanted()]


def overdue(house: House, connection_id: int) -> int:
    """A schedule whose time passed while no process was there."""
    schedule_id = add_schedule(house.hub, connection_id, Timing("interval", "1h", name="Hourly"))
    rows = table(Schedule)
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == schedule_id).values(counts_from=now() - timedelta(hours=7)))
    return schedule_id


def test_a_firing_missed_while_the_hub_was_off_comes_once_at_the_start(house: House) -> None:
    schedule_id, started = overdue(house, house.stock_id), now()
    with scheduling(house):
        assert eventually(lambda: wanted(house) == [house.stock_id])
        with house.hub.store.read() as db:
            rows = table(Schedule)
            fired = db.execute(sa.select(rows.c.counts_from).where(rows.c.id == schedule_id)).scalar_one()
        assert started <= fired <= now()


def test_a_paused_schedule_wants_nothing_and_a_resumed_one_makes_nothing_up(house: House) -> None:
    schedule_id = overdue(house, house.stock_id)
    pause(house.hub, schedule_id, actor="jane")
    with scheduling(house) as scheduler:
        assert eventually(lambda: scheduler.leads)
        resume(house.hub, schedule_id, actor="jane")
        time.sleep(2.5)
        assert wanted(house) == []


def test_a_change_of_the_table_is_followed_without_a_restart(house: House) -> None:
    schedule_id = add_schedule(house.hub, house.stock_id, Timing("cron", "0 6 1 1 *", name="S"))
    with scheduling(house) as scheduler:
        assert eventually(lambda: scheduler.leads)
        rows = table(Schedule)
        change_schedule(house.hub, schedule_id, Timing("interval", "1m"))
        with house.hub.store.write() as db:
            before = now() - timedelta(minutes=2)
            db.execute(sa.update(rows).values(counts_from=before, version=rows.c.version + 1))
        assert eventually(lambda: wanted(house) == [house.stock_id])


def test_a_connection_without_a_schedule_gets_the_usual_one_once(house: House) -> None:
    assert ensure_schedules(house.hub) == 2
    assert ensure_schedules(house.hub) == 0
    with house.hub.store.read() as db:
        found = db.execute(sa.select(table(Schedule).c.expression)).scalars().all()
    assert found == ["15m", "15m"]


def test_a_failing_job_is_logged_and_stops_no_other(house: House, caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()
    failing = Job("bad", lambda: 1 // 0, at_start=True)
    with scheduling(house, failing, Job("good", done.set, at_start=True)):
        assert done.wait(PATIENCE)
        assert eventually(lambda: "job 'bad' failed" in caplog.text)


def test_a_job_that_can_never_be_scheduled_refuses_the_start(house: House) -> None:
    with pytest.raises(SettingsError, match="The job 'tea' of a plugin can't be scheduled"):
        Scheduler(house.hub, [Job("tea", print, "interval", "at five")])


def test_a_run_whose_process_died_is_wanted_again(house: House) -> None:
    runs.claim(house.hub.store, house.stock_id, "person", now, timedelta(seconds=300))
    assert revive(house.hub) == 0
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Run)).values(heartbeat_at=now() - timedelta(hours=1)))
    assert revive(house.hub) == 1
    assert wanted(house) == [house.stock_id]


# -- one leader ------------------------------------------------------------------------------------------------------


def test_only_one_of_two_claims_holds_and_a_release_hands_over_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("hub.scheduler.leadership"), "LEASE_SECONDS", 3600.0)
    first, second = leadership(store), leadership(store)
    assert (first.hold(), second.hold(), first.hold()) == (True, False, True)
    assert is_scheduler_alive(store)
    first.release()
    assert second.hold()
    second.release()
    assert not is_scheduler_alive(store)


@contextmanager
def slow_line(server: Path, folder: Path) -> Iterator[Path]:
    """A folder whose socket leads to the server's; what one writes arrives a tenth of a second later."""

    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # one of the ends is closed
            while said := source.recv(65536):
                time.sleep(0.1)
                target.sendall(said)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):  # nobody listens any more
            while True:
                near, _ = listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(server / SOCKET))
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=ends, daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / SOCKET))
        listening.listen()
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield folder
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_release_is_known_to_the_server_when_it_returns_however_slow_the_line(store: Store, tmp_path: Path) -> None:
    server = Path(str(store.engine.url.query["host"]))
    with slow_line(server, tmp_path) as folder:
        far = Store(str(store.engine.url.set(query={"host": str(folder)}).render_as_string(hide_password=False)))
        leading = leadership(far)
        assert leading.hold()
        leading.release()
        assert not is_scheduler_alive(store)
        assert leadership(store).hold()
        far.dispose()


@pytest.fixture
def processes(database_url: str, tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[bytes], Path]]]:
    """Starts 'hub schedule' in processes of their own; each with the file of what it logs."""
    started: list[subprocess.Popen[bytes]] = []
    settings = {"HUB_DATABASE_URL": database_url, "HUB_DATA": str(tmp_path), "HUB_SECRET_KEYS": new_key()}

    def start() -> tuple[subprocess.Popen[bytes], Path]:
        said = tmp_path / f"log{len(started)}"
        command = [sys.executable, "-c", "from hub.cli import main; main()", "schedule"]
        with said.open("wb") as file:
            started.append(subprocess.Popen(command, env={**os.environ, **settings}, stderr=file))
        return started[-1], said

    yield start
    for process in started:
        process.kill()
        process.wait()


def leads(said: Path) -> bool:
    """By the last that it said of it: one that the machine kept from its work for long has lost its claim."""
    lines = [line for line in said.read_text().splitlines() if "this process is the scheduler" in line]
    return bool(lines) and lines[-1].endswith("now")


def test_of_two_processes_one_schedules_and_the_other_takes_over_when_it_is_killed(
    processes: Callable[[], tuple[subprocess.Popen[bytes], Path]],
) -> None:
    pair = processes(), processes()
    assert eventually(lambda: any(leads(said) for _, said in pair))
    time.sleep(2)
    assert eventually(lambda: [leads(said) for _, said in pair].count(True) == 1)
    leader, other = sorted(pair, key=lambda each: not leads(each[1]))
    leader[0].send_signal(signal.SIGKILL)
    assert eventually(lambda: leads(other[1]))
    other[0].send_signal(signal.SIGTERM)
    assert other[0].wait(PATIENCE) == 0


# -- workers ---------------------------------------------------------------------------------------------------------


@contextmanager
def working(house: House, count: int = 2) -> Iterator[Workers]:
    workers = Workers(house.hub, count)
    workers.start()
    try:
        yield workers
    finally:
        workers.stop()


def finished(house: House, connection_id: int) -> list[RunState]:
    rows = table(Run)
    chosen = sa.select(rows.c.state).where(rows.c.connection_id == connection_id, rows.c.finished_at.is_not(None))
    with house.hub.store.read() as db:
        return [RunState(state) for state in db.execute(chosen).scalars()]


def test_what_is_wanted_runs_by_itself(house: House) -> None:
    with working(house):
        run_now(house.hub, house.stock_id, actor="jane")
        assert eventually(lambda: finished(house, house.stock_id) == [RunState.DONE])


def test_the_next_look_starts_what_is_wanted_and_the_workers_look_within_a_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers, pauses = Workers(house.hub, 2), Pauses()
    monkeypatch.setattr(workers, "_stop", pauses)
    assert workers.dispatch() == 0
    run_now(house.hub, house.stock_id, actor="jane")
    workers.run()
    assert eventually(lambda: finished(house, house.stock_id) == [RunState.DONE])
    workers.stop()
    assert 0 < pauses.longest <= 1


class Pauses(threading.Event):
    """Ends at the first pause, and knows how long it would have been."""

    longest = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        """End instead."""
        assert timeout is not None
        self.longest = max(self.longest, timeout)
        self.set()
        return True


def test_a_wish_made_while_another_process_runs_the_connection_is_kept(house: House) -> None:
    token = runs.claim(house.hub.store, house.stock_id, "person", now, timedelta(seconds=300))
    assert token is not None
    with working(house):
        run_now(house.hub, house.stock_id)
        time.sleep(1)
        assert finished(house, house.stock_id) == []
        runs.close(token, RunState.DONE)
        assert eventually(lambda: len(finished(house, house.stock_id)) == 2)


def test_a_person_need_not_wait_for_the_end_of_a_rest(house: House) -> None:
    rows = table(ConnectionRow)
    later = now() + timedelta(hours=1)
    with house.hub.store.write() as db:
        parked = {"parked_until": later, "wanted_at": later, "wanted_why": "parked"}
        db.execute(sa.update(rows).where(rows.c.id == house.stock_id).values(parked))
    house.hub.want(house.stock_id, "nudge")
    assert wanted(house) == []
    run_now(house.hub, house.stock_id)
    assert house.hub.wanted() == [(house.stock_id, "person")]


def test_a_suspended_connection_is_not_wanted_for_ever(house: House) -> None:
    rows = table(ConnectionRow)
    problem = {"code": "unauthorized", "what": "The key is wrong."}
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == house.stock_id).values(suspended=problem))
    run_now(house.hub, house.stock_id)
    with working(house):
        assert eventually(lambda: wanted(house) == [])
    assert finished(house, house.stock_id) == []


def test_one_connection_never_has_two_runs_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = 0, 0
    lock, going = threading.Lock(), threading.Event()
    real = house.hub.run

    def slow(connection_id: int, cause: str = "person") -> Any:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        going.set()
        time.sleep(1.0)
        with lock:
            at_once -= 1
        return real(connection_id, cause)

    monkeypatch.setattr(house.hub, "run", slow)
    with working(house, count=3):
        run_now(house.hub, house.stock_id)
        assert going.wait(PATIENCE)
        house.hub.want(house.stock_id, "nudge")
        time.sleep(0.7)
    assert most == 1


def test_a_run_that_begins_while_the_hub_ends_is_asked_to_end_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, go_on, rows = threading.Event(), threading.Event(), table(Run)
    run, pull = house.hub.run, StockSession.pull

    def late(connection_id: int, cause: str = "person") -> Any:
        going.set()
        assert go_on.wait(PATIENCE)
        return run(connection_id, cause)

    def asked_to_end() -> bool:
        with house.hub.store.read() as db:
            return bool(db.execute(sa.select(rows.c.stop_requested).where(rows.c.state == "open")).scalar())

    def slow(session: StockSession, want: Want) -> Iterator[Page]:
        assert eventually(asked_to_end)
        yield from pull(session, want)

    monkeypatch.setattr(house.hub, "run", late)
    monkeypatch.setattr(StockSession, "pull", slow)
    workers = Workers(house.hub, 2)
    run_now(house.hub, house.stock_id)
    assert workers.dispatch() == 1
    assert going.wait(PATIENCE)
    threading.Timer(0.3, go_on.set).start()  # after the first look for runs to end
    workers.stop(PATIENCE)
    assert finished(house, house.stock_id) == [RunState.STOPPED]
    assert wanted(house) == [house.stock_id]


def test_a_run_in_the_middle_ends_when_the_hub_does_and_goes_on_at_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, go_on = threading.Event(), threading.Event()
    real = StockSession.pull

    def slow(session: StockSession, want: Want) -> Iterator[Page]:
        going.set()
        assert go_on.wait(PATIENCE)
        yield from real(session, want)

    monkeypatch.setattr(StockSession, "pull", slow)
    with working(house) as workers:
        run_now(house.hub, house.stock_id)
        assert going.wait(PATIENCE)
        ending = threading.Thread(target=workers.stop)
        ending.start()
        assert eventually(lambda: wanted(house) == [house.stock_id])
        go_on.set()
        ending.join()
    assert finished(house, house.stock_id) == [RunState.STOPPED]
    with house.hub.store.read() as db:
        [problem] = db.execute(sa.select(table(Run).c.problem).where(table(Run).c.state == "stopped")).scalars()
    assert problem["what"] == "The hub was shut down."
    assert wanted(house) == [house.stock_id]
