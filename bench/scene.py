"""Both simulators and a hub between them, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_demo.simulators import Address, Pair, running

STOP_SECONDS = 30


@dataclass(frozen=True)
class Scene:
    """Two simulators and the hub's process."""

    pair: Pair
    hub: subprocess.Popen[str]
    told: str
    """What the hub's process was told."""

    def ask(self, *words: Any) -> Any:
        """Have the hub's process do something; its answer."""
        if self.hub.stdin is None or self.hub.stdout is None:
            raise RuntimeError("the hub's process has no pipes")
        if words:
            self.hub.stdin.write(json.dumps(words) + "\n")
            self.hub.stdin.flush()
        line = self.hub.stdout.readline()
        if not line:
            raise SystemExit(f"the hub's process ended with {self.hub.wait()}")
        return json.loads(line)

    def calls(self) -> dict[str, list[dict[str, Any]]]:
        """The API calls that each simulator counted, by method, path and status; signing in is none."""
        core = self.pair.cin7core.ask("/_sim/calls")["calls"]
        xero = self.pair.xero.ask("/_sim/calls")["counts"]
        return {"cin7core": core, "xero": [row for row in xero if row["path"].startswith("/api.xro/")]}

    def refused(self) -> int:
        """How many calls either side refused for their rate."""
        return int(self.pair.cin7core.ask("/_sim/calls")["refused"] + self.pair.xero.ask("/_sim/calls")["rate_limited"])

    def forget_calls(self) -> None:
        """Count from nothing."""
        for side in (self.pair.cin7core, self.pair.xero):
            tell(side, "/_sim/calls", method="DELETE")

    def slow_down(self, seconds: float) -> None:
        """Answer every API call of both sides so much later, as if they were far away; 0 ends that."""
        fault = {"kind": "slow", "path": "/", "times": 10**9, "params": {"seconds": seconds}}
        for side in (self.pair.cin7core, self.pair.xero):
            tell(side, "/_sim/faults", method="DELETE")
            if seconds:
                tell(side, "/_sim/faults", fault)


def tell(address: Address, path: str, body: Any = None, method: str = "POST") -> Any:
    """Ask something of a simulator's admin pages."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{address.url}{path}", data, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        content = answer.read()
    return json.loads(content) if content else None


def total(rows: Sequence[dict[str, Any]]) -> int:
    """How many calls these rows count."""
    return sum(row["count"] for row in rows)


@contextmanager
def staged(
    folder: Path, *, core: Sequence[str] = (), minute: float | None = None, stock: bool = False
) -> Iterator[Scene]:
    """Start all three and set the hub up, with ``stock`` for a perpetual inventory.

    ``minute`` is how long the limits' minute lasts; None switches them off.
    """
    folder.mkdir(parents=True)
    unlimited = ("--no-limits",) if minute is None else ()
    extra = {"cin7core": (*core, *unlimited), "xero": unlimited}
    with running(folder, minute=minute or 60, extra=extra) as pair:
        told = {
            "folder": str(folder),
            "minute": minute or 0.0001,
            "limits": minute is not None,
            "stock": stock,
            "cin7core": pair.cin7core.url,
            "xero": pair.xero.url,
        }
        with _hub(pair, json.dumps(told)) as scene:
            yield scene


@contextmanager
def another_hub(scene: Scene) -> Iterator[Scene]:
    """A new process of the same hub: its memory is that of what it is asked from now on."""
    with _hub(scene.pair, scene.told) as another:
        yield another


@contextmanager
def _hub(pair: Pair, told: str) -> Iterator[Scene]:
    command = [sys.executable, "-m", "bench.hub_process", told]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        scene = Scene(pair, process, told)
        scene.ask()
        yield scene
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
