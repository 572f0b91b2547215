"""Trouble at the command line: one plain paragraph with what to do, never a traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from houses import House, called, contact
from patience import PATIENCE, eventually, when_told

from hub.cli import cli
from hub.cli.running import _end_at_once
from hub.cli.workplace import Workplace
from hub.engine import runs
from hub.models import Run, RunState, table
from hub.plugins import Plugins
from hub.providers import Page, Want
from hub.store import Store
from hub.testing.memory import StockSession
from hub.vault import Vault


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


def at(house: House) -> Workplace:
    """Where a command finds the house's hub."""
    workplace = Workplace()
    workplace.settings, workplace.found = house.hub.settings, Plugins([])
    workplace.store, workplace.vault = house.hub.store, house.hub.vault
    workplace.hub = workplace.patient = house.hub
    return workplace


def command(tmp_path: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command as a process of its own, with a data folder of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", *arguments],
        env={**os.environ, "HUB_DATA": str(tmp_path / "data"), **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_port_that_is_taken_is_one_paragraph_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = command(tmp_path, "serve", HUB_LISTEN_PORT=str(port))
    assert done.returncode == 2
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert told.startswith(f"Error: Port {port} of 127.0.0.1 is taken")
    assert "HUB_LISTEN_PORT" in told
    for word in ("Traceback", "The hub is at", "is the scheduler now"):
        assert word not in done.stderr


def test_a_host_that_is_not_this_machine_is_one_paragraph(tmp_path: Path) -> None:
    done = command(tmp_path, "serve", "--host", "no-such-host.invalid", HUB_BASE_URL="https://hub.example.com")
    assert done.returncode == 2
    assert "HUB_LISTEN_HOST is 'no-such-host.invalid'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_one_paragraph(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hub.db").write_text("This was meant to be a letter, and it is quite a long one. " * 20)
    done = command(tmp_path, "serve", "--port", "0")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: The database can't be used: file is not a database.")
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_can_not_be_made_is_one_paragraph(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("This is a file.")
    for asked in (("connections",), ("serve", "--port", "0")):
        done = command(tmp_path, *asked)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("Error: The ")
        assert "can't be made: File exists. Check HUB_DATA." in done.stderr
        assert "Traceback" not in done.stderr


def test_a_backup_into_a_folder_that_is_not_there_is_one_paragraph(tmp_path: Path) -> None:
    assert command(tmp_path, "db", "upgrade").returncode == 0
    target = tmp_path / "nowhere" / "copy.db"
    done = command(tmp_path, "db", "backup", str(target))
    assert done.returncode == 2
    assert done.stderr == f"Error: {target} can't be written: No such file or directory. Give another place.\n"


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_run_of_another_process_is_told_at_once_and_waiting_for_it_ends_with_ctrl_c(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = house.hub.store
    token = runs.claim(store, house.stock_id, "person", house.clock, timedelta(seconds=300))
    assert token is not None
    when_told("Another process runs", monkeypatch, press_ctrl_c)
    done = CliRunner().invoke(cli, ["run", "Shelf"], obj=at(house))
    assert done.exit_code == 1
    assert f"Another process runs Shelf since {token.last_beat.astimezone():%Y-%m-%d %H:%M:%S}" in done.stderr
    assert "stop it on the page Runs" in done.stderr
    assert f"No longer waiting: run {token.id} of Shelf goes on in the other process." in done.stderr
    token.before_send()  # raises if it had been asked to stop


def test_after_taking_over_from_a_dead_process_ctrl_c_ends_ones_own_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.shelf.put("r1", contact("c1", "Ada"))
    assert runs.claim(house.hub.store, house.stock_id, "person", house.clock, timedelta(seconds=300)) is not None

    def die() -> None:
        house.clock.sleep(house.hub.settings.run_stale_seconds + 1)
        interrupted_while_it_reads(house, monkeypatch)

    when_told("Another process runs", monkeypatch, die)
    done = CliRunner().invoke(cli, ["run", "Shelf", "--no-follow"], obj=at(house))
    assert "Ending after the present step" in done.stderr
    assert "Shelf: stopped" in done.stdout


def test_ctrl_c_ends_ones_own_run_after_its_step_and_reports_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.shelf.put("r1", contact("c1", "Ada"))
    interrupted_while_it_reads(house, monkeypatch)
    on_a_second: list[Any] = []
    when_told("Ending after", monkeypatch, lambda: on_a_second.append(signal.getsignal(signal.SIGINT)))
    done = CliRunner().invoke(cli, ["run", "Shelf", "--no-follow"], obj=at(house))
    assert on_a_second == [_end_at_once]
    assert "Ending after the present step" in done.stderr
    assert isinstance(done.exception, SystemExit | None)
    assert "Shelf: stopped" in done.stdout


def test_a_run_that_is_done_when_it_is_told_to_end_says_what_is_left_to_follow(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.shelf.put("r1", contact("c1", "Ada"))
    when_told("Shelf: done", monkeypatch, lambda: os.kill(os.getpid(), signal.SIGTERM))
    done = CliRunner().invoke(cli, ["run", "Shelf"], obj=at(house))
    assert done.exit_code == 1
    assert "Not run any more: Books. The workers do that, or the next 'hub run'." in done.stderr
    assert house.links() == []


PRESSED_TWICE = """
import os, signal, time
from hub.cli.running import _end_at_once
from hub.ending import ending_on_signals

with ending_on_signals(again=_end_at_once) as ending:
    os.kill(os.getpid(), signal.SIGINT)
    ending.wait()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
"""


def test_a_second_ctrl_c_gives_the_terminal_its_cursor_back() -> None:
    ours, theirs = os.openpty()
    known = {**os.environ, "TERM": "xterm", "TTY_COMPATIBLE": "1"}
    with subprocess.Popen([sys.executable, "-c", PRESSED_TWICE], stdout=theirs, stderr=theirs, env=known) as process:
        try:
            assert process.wait(PATIENCE) == -signal.SIGINT
        finally:
            process.kill()
    assert b"\x1b[?25h" in os.read(ours, 1000)
    os.close(theirs)
    os.close(ours)


def test_ctrl_c_ends_a_run_that_is_only_about_to_be_opened(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.shelf.put("r1", contact("c1", "Ada"))
    run, pull, go_on, rows = house.hub.run, StockSession.pull, threading.Event(), table(Run)

    def late(connection_id: int, cause: str = "person") -> Any:
        press_ctrl_c()
        assert go_on.wait(PATIENCE)
        return run(connection_id, cause)

    def is_asked_to_stop() -> bool:
        with house.hub.store.read() as db:
            return bool(db.execute(sa.select(rows.c.stop_requested).where(rows.c.state == "open")).scalar())

    def slow(session: StockSession, want: Want) -> Iterator[Page]:
        assert eventually(is_asked_to_stop)
        yield from pull(session, want)

    monkeypatch.setattr(house.hub, "run", late)
    monkeypatch.setattr(StockSession, "pull", slow)
    later = threading.Timer(0.3, go_on.set)  # after the first look for the run
    when_told("Ending after the present step", monkeypatch, later.start)
    done = CliRunner().invoke(cli, ["run", "Shelf", "--no-follow"], obj=at(house))
    assert "Shelf: stopped" in done.stdout


def test_ctrl_c_before_another_processs_run_is_known_to_be_that_leaves_it_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, go_on = house.hub.run, threading.Event()
    token = runs.claim(house.hub.store, house.stock_id, "person", house.clock, timedelta(seconds=300))
    assert token is not None

    def late(connection_id: int, cause: str = "person") -> Any:
        press_ctrl_c()
        assert go_on.wait(PATIENCE)
        return run(connection_id, cause)

    monkeypatch.setattr(house.hub, "run", late)
    later = threading.Timer(0.3, go_on.set)  # after the first look for the run
    when_told("Ending after the present step", monkeypatch, later.start)
    done = CliRunner().invoke(cli, ["run", "Shelf"], obj=at(house))
    assert f"No longer waiting: run {token.id} of Shelf goes on in the other process." in done.stderr
    token.before_send()  # raises if it had been asked to stop


def interrupted_while_it_reads(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run of the command reads something, and goes on only when the interrupt that comes meanwhile was heard."""
    read, pressed = house.hub.store.read, threading.Event()
    rows = table(Run)
    begun = sa.select(rows.c.stop_requested).where(
        rows.c.state == RunState.OPEN.value, rows.c.heartbeat_at == house.clock()
    )

    def is_asked_to_stop() -> bool | None:
        with read() as db:
            asked: bool | None = db.execute(begun).scalar()
            return asked

    def reading() -> Any:
        if threading.current_thread().name == "run" and not pressed.is_set() and is_asked_to_stop() is not None:
            pressed.set()
            press_ctrl_c()
            assert eventually(is_asked_to_stop)
        return read()

    monkeypatch.setattr(house.hub.store, "read", reading)


def test_a_misspelt_setting_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    done = command(tmp_path, "key", HUB_WORKRS="3", HUB_SOMETHING_ELSE_ALTOGETHER="1", HUB_WORKERS="2")
    assert done.returncode == 0
    assert "HUB_WORKRS is no setting and counts for nothing: is HUB_WORKERS meant?" in done.stderr
    assert "HUB_SOMETHING_ELSE_ALTOGETHER is no setting and counts for nothing.\n" in done.stderr
    assert "HUB_WORKERS is" not in done.stderr
