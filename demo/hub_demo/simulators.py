"""The two simulators as processes of their own, on addresses that stay the same from one demo to the next."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.ending import Ending

_BRITISH = ("--multicurrency", "--home-currency", "GBP", "--timezone", "Europe/London")
_ALWAYS: Mapping[str, Sequence[str]] = {"cin7core": (), "xero": ("--print-config",), "qbdesktop": _BRITISH}
UNLIMITED = frozenset({"qbdesktop"})
"""What counts no calls."""
START_SECONDS = 180
STOP_SECONDS = 20
_NEVER_GIVEN = (20_000, 30_000)
"""Below what Linux, macOS and Windows take from, and above what services are known by."""


@dataclass(frozen=True)
class Address:
    """Where a simulator answers, and what it printed before it was ready."""

    url: str
    log: Path

    def ask(self, path: str) -> Any:
        """What its admin pages say."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:  # nosec B310 # noqa: S310 - our loopback
            return json.load(answer)

    def tell(self, path: str, values: Mapping[str, Any], *, seconds: float = 60) -> Any:
        """Do something on its admin pages, within so many seconds."""
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.url}{path}", json.dumps(values).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # nosec B310 # noqa: S310
            return json.load(answer)

    def config(self) -> Any:
        """The seeded apps and organisations that a simulator prints when asked to."""
        return json.JSONDecoder().raw_decode(self.log.read_text())[0]


@dataclass(frozen=True)
class Pair:
    """A stock system and a ledger, both simulated."""

    cin7core: Address
    ledger: Address

    @property
    def xero(self) -> Address:
        """The ledger, where it is Xero."""
        return self.ledger


@contextmanager
def running(
    folder: Path,
    *,
    minute: float,
    ledger: str = "xero",
    extra: Mapping[str, Sequence[str]] | None = None,
    ending: Ending | None = None,
) -> Iterator[Pair]:
    """Start both simulators, their state kept in ``folder``; ``minute`` is the length of their rate window.

    Raises ``ToldToEndError`` when the program is told to end before they answer.
    """
    ports = _ports(folder, ledger)
    more, ending = extra or {}, ending or Ending()
    with ExitStack() as stack:
        addresses = {
            name: stack.enter_context(_process(folder, name, port, minute, more.get(name, ()), ending))
            for name, port in ports.items()
        }
        yield Pair(addresses["cin7core"], addresses[ledger])


@contextmanager
def _process(
    folder: Path, name: str, port: int, minute: float, extra: Sequence[str], ending: Ending
) -> Iterator[Address]:
    address, process = launch(folder, name, port, minute, extra, ending)
    try:
        yield address
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def launch(
    folder: Path, name: str, port: int, minute: float, extra: Sequence[str] = (), ending: Ending | None = None
) -> tuple[Address, subprocess.Popen[bytes]]:
    """Start one simulator as a process on its state in ``folder``; it answers when this returns.

    Raises ``ToldToEndError`` when the program is told to end before it does.
    """
    command = [_program(f"sim-{name}"), "serve", "--port", str(port), "--state", str(folder / f"{name}.sqlite")]
    command += [*_ALWAYS[name], *extra, *([] if name in UNLIMITED else ["--minute", str(minute)])]
    with (folder / f"{name}.log").open("wb") as log:
        # Out of reach of Ctrl-C: they answer until the hub has ended in order, and are ended then.
        process = subprocess.Popen(  # nosec B603 # noqa: S603
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
    address = Address(f"http://127.0.0.1:{port}", folder / f"{name}.log")
    try:
        _wait(address, process, ending or Ending())
    except BaseException:
        process.kill()
        process.wait()
        raise
    return address, process


def _program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed; `make demo` installs everything.")
    return found


def _wait(address: Address, process: subprocess.Popen[bytes], ending: Ending) -> None:
    for _ in range(START_SECONDS * 10):
        ending.check()
        if process.poll() is not None:
            raise SystemExit(f"A simulator did not start:\n{address.log.read_text()[-2000:]}")
        try:
            address.ask("/_sim/health")
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit(f"The simulator at {address.url} does not answer; see {address.log}.")


def _ports(folder: Path, ledger: str) -> dict[str, int]:
    """The ports of the last demo where they are free, else new ones."""
    remembered = folder / "ports.json"
    ports: dict[str, int] = json.loads(remembered.read_text()) if remembered.exists() else {}
    for name in ("cin7core", ledger):
        wanted = ports.pop(name, 0)
        while (port := free_port(wanted)) in ports.values():
            wanted = 0
        ports[name] = port
    written = folder / "ports.json.new"
    written.write_text(json.dumps(ports))
    written.replace(remembered)  # whoever reads meanwhile, or ends this, finds all of it
    return {name: ports[name] for name in ("cin7core", ledger)}


def free_port(wanted: int) -> int:
    """The wanted port where nobody listens on it, else any free one; 0 wants none in particular.

    It is one that systems give nobody who asks for just any: so it is still free when its program begins to listen.
    """
    while not (wanted and _is_free(wanted)):
        wanted = random.randint(*_NEVER_GIVEN)  # nosec B311 # noqa: S311 - whichever it is
    return wanted


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
