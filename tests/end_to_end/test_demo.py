"""The demo as a process: when it ends, nothing of it is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from hub_demo.simulators import free_port

PATIENCE = 60.0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_simulators_end_with_the_demo_however_it_is_ended(how: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hub_demo", "--folder", str(tmp_path), "--port", "0"]
    with (tmp_path / "demo.log").open("wb") as log:
        demo = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_for(lambda: (tmp_path / "ports.json").exists() and all(map(answers, ports(tmp_path))))
        demo.send_signal(how)
        demo.wait(PATIENCE)
        assert not any(map(answers, ports(tmp_path))), (tmp_path / "demo.log").read_text()
    finally:
        with suppress(ProcessLookupError):  # all of it ended, as it should
            os.killpg(demo.pid, signal.SIGKILL)


def test_a_port_that_is_taken_is_replaced_by_one_that_no_system_gives_to_somebody_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        found = free_port(wanted)
    assert found != wanted
    assert 20_000 <= found <= 30_000
    assert free_port(found) == found


def ports(folder: Path) -> list[int]:
    return list(json.loads((folder / "ports.json").read_text()).values())


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/_sim/health", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


def wait_for(seen: Callable[[], bool]) -> None:
    latest = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < latest
        time.sleep(0.2)
