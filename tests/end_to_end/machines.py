"""The hub's server and the machine with QuickBooks as processes that may be killed, with one visit after another."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub_demo.simulators import Address, launch

TIMES_AS_FAST = 30
"""How fast the hub's clock runs: who died is waited for two minutes by it."""
VISIT_SECONDS = 900.0
START_SECONDS = 120.0


@dataclass
class Machines:
    """The hub's server and the machine with QuickBooks and its Web Connector, each a process that may be killed."""

    folder: Path
    port: int
    ledger_port: int
    since: float
    qwc: str = ""
    password: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def desktop(self) -> Address:
        """The machine with QuickBooks, alive or not."""
        return Address(f"http://127.0.0.1:{self.ledger_port}", self.folder / "qbdesktop.log")

    def start(self, *names: str) -> None:
        """Start what is not there."""
        if "hub" in names:
            self.processes["hub"] = self._hub()
            wait_for(self._is_up, START_SECONDS)
        if "desktop" in names:
            _, self.processes["desktop"] = launch(self.folder, "qbdesktop", self.ledger_port, 1.0)
            self.desktop.tell("/_sim/applications", {"qwc": self.qwc, "password": self.password})

    def _hub(self) -> subprocess.Popen[bytes]:
        program = Path(__file__).with_name("hurried_hub.py")
        command = [sys.executable, str(program), str(self.since), str(TIMES_AS_FAST), str(self.port)]
        env = {**os.environ, "HUB_DATA": str(self.folder), "HUB_LOG_LEVEL": "warning"}
        with (self.folder / "hub.log").open("ab") as log:
            return subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)

    def _is_up(self) -> bool:
        assert self.processes["hub"].poll() is None, (self.folder / "hub.log").read_text()[-2000:]
        return answers(f"http://localhost:{self.port}/healthz")

    def kill(self, *names: str) -> None:
        """Without warning."""
        for name in names:
            self.processes[name].kill()
            self.killed[name] += 1
        for name in names:
            self.processes.pop(name).wait()

    def visit_on(self) -> None:
        """What the Web Connector's schedule does, until it is over: one visit after another."""
        while not self.over.is_set():
            try:
                outcome = self.desktop.tell("/_sim/visit", {}, seconds=VISIT_SECONDS)["outcome"]
            except (OSError, http.client.HTTPException):  # also one who dies while it answers
                outcome = "nobody there"
            self.outcomes[outcome] += 1
            if outcome != "done":
                self.over.wait(0.2)

    def records(self) -> int:
        """How much the company file holds."""
        told = self.desktop.ask("/_sim/state")
        counts: list[int] = [*told["lists"].values(), *(one["count"] for one in told["transactions"].values())]
        return sum(counts)

    def rows(self, sort: str) -> list[dict[str, Any]]:
        """All that the company file holds of one sort."""
        listed: list[dict[str, Any]] = self.desktop.ask(f"/_sim/state/{sort}")
        return listed


@contextmanager
def at_work(machines: Machines) -> Iterator[None]:
    """Both are there, and one visit follows another."""
    visiting = threading.Thread(target=machines.visit_on, name="schedule")
    try:
        machines.start("hub", "desktop")
        visiting.start()
        yield
    finally:
        machines.over.set()
        for process in machines.processes.values():
            process.kill()
            process.wait()
        if visiting.ident is not None:
            visiting.join(30)


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        Address(url, Path()).ask("")
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def wait_for(seen: Callable[[], bool], seconds: float) -> None:
    """Until it is so, which must come within so many seconds."""
    latest = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < latest, f"not within {seconds} seconds"
        time.sleep(0.05)
