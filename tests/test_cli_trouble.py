"""Trouble at the command line: one plain paragraph with what to do, never a traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from houses import House, called, contact

from hub.cli import cli
from hub.cli.workplace import Workplace
from hub.engine import runs
from hub.plugins import Plugins
from hub.store import Store
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
        timeout=60,
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


def test_a_backup_into_a_folder_that_is_not_there_is_one_paragraph(tmp_path: Path) -> None:
    assert command(tmp_path, "db", "upgrade").returncode == 0
    target = tmp_path / "nowhere" / "copy.db"
    done = command(tmp_path, "db", "backup", str(target))
    assert done.returncode == 2
    assert done.stderr == f"Error: {target} can't be written: No such file or directory. Give another place.\n"


def test_the_run_of_another_process_is_told_at_once_and_waiting_for_it_ends_with_ctrl_c(house: House) -> None:
    store = house.hub.store
    token = runs.claim(store, house.stock_id, "person", house.clock, timedelta(seconds=300))
    assert token is not None
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    done = CliRunner().invoke(cli, ["run", "Shelf"], obj=at(house))
    assert done.exit_code == 1
    assert f"Another process runs Shelf since {token.last_beat.astimezone():%Y-%m-%d %H:%M:%S}" in done.stderr
    assert "stop it on the page Runs" in done.stderr
    assert f"No longer waiting: run {token.id} of Shelf goes on in the other process." in done.stderr
    token.before_send()  # raises if it had been asked to stop


def test_ctrl_c_ends_ones_own_run_after_its_step_and_reports_it(house: House) -> None:
    """A run whose first page takes a while; the interrupt comes meanwhile."""
    house.shelf.put("r1", contact("c1", "Ada"))
    slow = house.hub.store.read

    def reading() -> Any:
        if threading.current_thread().name == "run":
            time.sleep(0.05)
        return slow()

    house.hub.store.read = reading  # type: ignore[method-assign]
    threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()
    done = CliRunner().invoke(cli, ["run", "Shelf", "--no-follow"], obj=at(house))
    assert "Ending after the present step" in done.stderr
    assert isinstance(done.exception, SystemExit | None)
    assert "Shelf: " in done.stdout


def test_a_misspelt_setting_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    done = command(tmp_path, "key", HUB_WORKRS="3", HUB_SOMETHING_ELSE_ALTOGETHER="1", HUB_WORKERS="2")
    assert done.returncode == 0
    assert "HUB_WORKRS is no setting and counts for nothing: is HUB_WORKERS meant?" in done.stderr
    assert "HUB_SOMETHING_ELSE_ALTOGETHER is no setting and counts for nothing.\n" in done.stderr
    assert "HUB_WORKERS is" not in done.stderr


TOLD_ELSEWHERE = """
import signal, threading, time
from hub.cli.serving import _ending_on_signals

def tell() -> None:
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

with _ending_on_signals() as told:
    threading.Thread(target=tell, daemon=True).start()
    told.wait()
"""


def test_a_signal_that_the_system_hands_to_another_thread_ends_the_process_as_well() -> None:
    done = subprocess.run([sys.executable, "-c", TOLD_ELSEWHERE], timeout=30, check=False)
    assert done.returncode == 0
