"""The demo as a process: when it ends, nothing of it is left behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from hub_demo.beginning import alone
from hub_demo.simulators import free_port
from patience import PATIENCE, eventually

ENDED = "The demo was ended before it was done."


@dataclass(frozen=True)
class Demo:
    """A demo as a process of its own."""

    folder: Path
    process: subprocess.Popen[bytes]

    def said(self) -> str:
        """What it printed so far."""
        return (self.folder / "demo.log").read_text()

    def simulators(self) -> list[bool]:
        """Of each of its simulators whether it answers; none before it has ports for them."""
        file = self.folder / "ports.json"
        return [answers(port) for port in json.loads(file.read_text()).values()] if file.exists() else []


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Demo]:
    command = [sys.executable, "-m", "hub_demo", "--folder", str(folder), "--port", "0", *options]
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield Demo(folder, process)
    finally:
        process.terminate()  # nothing, where it has ended; else its simulators end with it
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_simulators_end_with_the_demo_however_it_is_ended(how: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path) as demo:
        assert eventually(lambda: any(demo.simulators()) and all(demo.simulators()))
        demo.process.send_signal(how)
        assert demo.process.wait(PATIENCE) == 0, demo.said()
        assert not any(demo.simulators()), demo.said()
        assert ENDED in demo.said()
        assert "Traceback" not in demo.said()


def test_a_demo_that_is_ended_amid_its_set_up_ends_after_the_step_and_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("This was here before.")
    with started(tmp_path, "--once") as demo:
        assert eventually(lambda: "reading both sides' accounts" in demo.said())
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(PATIENCE) == 1, demo.said()
        assert not any(demo.simulators())
        assert ENDED in demo.said()
        assert "mapping:" not in demo.said()  # a later step
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "letter.txt").write_text("This was put here meanwhile.")
    with started(tmp_path, "--once") as again:
        assert eventually(lambda: "mapping: 40 suggestions accepted" in again.said()), again.said()
        assert eventually(lambda: "both vendors allow 60 calls" in again.said())  # it is set up
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(PATIENCE) == 1
    with started(tmp_path, "--once") as last:
        assert eventually(lambda: "both vendors allow 60 calls" in last.said())
        assert "connecting Xero" not in last.said()  # it goes on where it was
    assert (tmp_path / "letter.txt").exists()
    assert (tmp_path / "own" / "letter.txt").exists()


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with alone(tmp_path):
        with started(tmp_path, "--once") as demo:
            assert demo.process.wait(PATIENCE) == 1
        assert "another one runs there" in demo.said()
    with alone(tmp_path):
        pass


def test_a_demo_that_is_told_twice_to_end_leaves_no_simulator(tmp_path: Path) -> None:
    with started(tmp_path, "--once") as demo:
        assert eventually(lambda: "both vendors allow 60 calls" in demo.said())
        demo.process.send_signal(signal.SIGINT)
        assert eventually(lambda: "Ending after the present step" in demo.said())
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(PATIENCE) == 1
        assert not any(demo.simulators())


def test_a_port_that_is_taken_is_replaced_by_one_that_no_system_gives_to_somebody_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        found = free_port(wanted)
    assert found != wanted
    assert 20_000 <= found <= 30_000
    assert free_port(found) == found


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/_sim/health", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False
