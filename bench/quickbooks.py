"""QuickBooks Desktop: what a session of the Web Connector takes, and how a plain server compares."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sim_qbdesktop import Simulator, person
from sim_qbdesktop.connector.visit import Visit

from bench import databases
from bench.rows import Row

DOCUMENTS = 1000
TIMES = 13
FEW = 100
"""Documents that the plain server posts; it needs the same time for each."""
FAR = 0.1
"""Seconds that each call takes longer, when the hub is far away."""
MOST_SECONDS = 2.0
"""QuickBooks forgets an iterator that rests for ten seconds, so a page must be saved long before (QuickBooks Desktop
SDK, iterators; Conductor's documentation of pagination names the seconds)."""
STOP_SECONDS = 30
ENOUGH = 30
"""Round trips that carry the lists, the customers and most of a thousand documents."""
PLAIN_FILE = """<?xml version="1.0"?><QBWCXML><AppName>Plain</AppName><AppID/><AppURL>http://localhost:{port}/</AppURL>
<AppDescription>One request a call</AppDescription><AppSupport>http://localhost:{port}/</AppSupport>
<UserName>plain</UserName><OwnerID>{{57F3B9B1-86F1-4FCC-B1EE-566DE1813D20}}</OwnerID>
<FileID>{{57F3B9B1-86F1-4FCC-B1EE-566DE1813D21}}</FileID><QBType>QBFS</QBType></QBWCXML>"""


@dataclass(frozen=True)
class Desk:
    """The hub's process and the machine with QuickBooks that visits it."""

    process: subprocess.Popen[str]
    simulator: Simulator
    application: str

    def ask(self, *words: Any) -> Any:
        """Have the hub's process do something; its answer."""
        return _asked(self.process, *words)

    def visit(self) -> tuple[Visit, float]:
        """One visit, and how many seconds it took."""
        started = time.perf_counter()
        visit = self.simulator.connector.visit(self.application)
        seconds = time.perf_counter() - started
        if visit.outcome != "done":
            raise SystemExit(f"the visit ended with {visit.outcome}: {visit.message} {visit.shown}")
        return visit, seconds


def _asked(process: subprocess.Popen[str], *words: Any) -> Any:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the hub's process has no pipes")
    if words:
        process.stdin.write(json.dumps(words) + "\n")
        process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"the hub's process ended with {process.wait()}")
    return json.loads(line)


@contextmanager
def desk(folder: Path, database: str) -> Iterator[Desk]:
    """A hub that QuickBooks visits, its company file confirmed and its flows on; nothing was posted yet."""
    folder.mkdir(parents=True)
    told = json.dumps({"folder": str(folder), "database": database})
    with _running("bench.desktop_hub", told) as process, Simulator(no_op_seconds=0) as simulator:
        _asked(process)
        file = _asked(process, "file")
        made = Desk(process, simulator, simulator.connector.add(file["qwc"], file["password"]).name)
        made.visit()
        made.ask("confirm")
        made.visit()
        made.ask("switch_on")
        yield made


@contextmanager
def _running(module: str, argument: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", module, argument]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def measure(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Visits on both databases, beside a plain server, and with thirteen times as much."""
    folder.mkdir(parents=True)
    say(f"QuickBooks: {DOCUMENTS:,} documents on SQLite, beside a plain server")
    with databases.sqlite(folder) as url, desk(folder / "sqlite", url) as made:
        yield from _first(made)
        yield from _far(made, say)
    say(f"QuickBooks: {DOCUMENTS:,} documents on PostgreSQL")
    with databases.postgresql(folder) as url, desk(folder / "postgresql", url) as made:
        _posted(made, DOCUMENTS)
        yield from _server_times("PostgreSQL", made.ask("figures"))
    yield from _growth(folder, say)


def _posted(made: Desk, count: int) -> tuple[Visit, float]:
    """Enter so many documents, and have the next visit post them all."""
    made.ask("trade", count)
    made.ask("figures")
    visit, seconds = made.visit()
    left = {state: number for state, number in made.ask("states").items() if state != "done"}
    if left:
        raise SystemExit(f"not everything was posted: {left}")
    return visit, seconds


def _first(made: Desk) -> Iterator[Row]:
    visit, seconds = _posted(made, DOCUMENTS)
    figures = made.ask("figures")
    writes = [one for one in visit.exchanges if "InvoiceAddRq" in one.request]
    others = len(visit.exchanges) - len(writes)
    detail = f"{len(writes)} with {DOCUMENTS // len(writes)} invoices each, {others} for lists, customers and the end"
    yield Row(f"QuickBooks, round trips for {DOCUMENTS:,} documents", len(visit.exchanges), 50, detail)
    yield from _server_times("SQLite", figures)
    plain, plain_seconds, _ = _plain(made.simulator, DOCUMENTS)
    own, theirs = (sum(len(one.request) for one in some) / DOCUMENTS for some in (writes, plain.exchanges))
    detail = f"{own:,.0f} and {theirs:,.0f} bytes of qbXML"
    yield Row("QuickBooks, bytes for each document against the plain server", own / theirs, 1.5, detail)
    yield _pace("on this machine", DOCUMENTS / seconds, DOCUMENTS / plain_seconds)


def _far(made: Desk, say: Callable[[str], None]) -> Iterator[Row]:
    say(f"the same with calls {FAR * 1000:.0f} ms slower")
    fault = {"kind": "slow", "times": None, "params": {"seconds": FAR}}
    made.simulator.faults.add([fault])
    _, seconds = _posted(made, DOCUMENTS)
    _, plain_seconds, _ = _plain(made.simulator, FEW)
    made.simulator.faults.clear()
    yield _pace(f"calls {FAR * 1000:.0f} ms slower", DOCUMENTS / seconds, FEW / plain_seconds)


def _pace(where: str, own: float, theirs: float) -> Row:
    detail = f"{own:.1f} and {theirs:.1f} documents for each second of the session"
    return Row(
        f"QuickBooks, documents a second against the plain server, {where}", own / theirs, 10, detail, least=True
    )


def _plain(simulator: Simulator, count: int) -> tuple[Visit, float, int]:
    """Let the same connector visit the plain server: the visit and its seconds."""
    with _running("bench.plain_service", str(count)) as process:
        if process.stdout is None:
            raise RuntimeError("the plain server has no pipe")
        port = int(process.stdout.readline())
        name = simulator.connector.add(PLAIN_FILE.format(port=port), "plain").name
        started = time.perf_counter()
        visit = simulator.connector.visit(name)
        seconds = time.perf_counter() - started
    failed = [one.response for one in visit.exchanges if 'statusCode="0"' not in one.response]
    if visit.outcome != "done" or failed or len(visit.exchanges) != count:
        raise SystemExit(f"the plain server's visit ended with {visit.outcome}: {visit.message} {failed[:1]}")
    return visit, seconds, port


def _server_times(database: str, figures: dict[str, Any]) -> Iterator[Row]:
    times: Sequence[float] = [each for name in CARRIERS for each in figures["times"].get(name, ())]
    late, usual = quantiles(times, n=20)[-1], median(times)
    detail = f"of {len(times)} calls; the longest {max(times) * 1000:.0f} ms"
    yield Row(f"QuickBooks, server time of a call on {database}, median, s", usual, MOST_SECONDS / 10, detail)
    yield Row(f"QuickBooks, server time of a call on {database}, 95th percentile, s", late, MOST_SECONDS, detail)


CARRIERS = ("authenticate", "sendRequestXML", "receiveResponseXML", "closeConnection")


def _growth(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    memory, statements = {}, {}
    for count in (DOCUMENTS, DOCUMENTS * TIMES):
        say(f"QuickBooks: {count:,} documents wait")
        place = folder / f"waiting-{count}"
        with desk(place, f"sqlite:///{place / 'hub.db'}") as made:
            memory[count], statements[count] = _waiting(made, count)
    few, many = DOCUMENTS, DOCUMENTS * TIMES
    detail = f"{memory[many]:.0f} MB and {memory[few]:.0f} MB, planning and a visit included"
    name = f"QuickBooks, peak memory with {many:,} documents waiting against {few:,}"
    yield Row(name, memory[many] / memory[few], 1.2, detail)
    detail = f"{statements[many]} and {statements[few]}"
    name = f"QuickBooks, statements of a visit with nothing to do, {many:,} documents posted against {few:,}"
    yield Row(name, statements[many] / statements[few], 1.0, detail)


def _waiting(made: Desk, count: int) -> tuple[float, int]:
    """The peak in megabytes with so many waiting, and the statements of a visit when they are posted."""
    if made.ask("trade", count).get("pending", 0) < count:
        raise SystemExit(f"not all of the {count} documents wait")
    # As many are posted of either: the Web Connector vanishes after the first thousand.
    made.simulator.faults.add([{"kind": "crash", "at": "before sendRequestXML", "skip": ENOUGH}])
    made.simulator.connector.visit(made.application)
    made.simulator.faults.clear()
    peak = made.ask("figures")["peak_kilobytes"] / 1024
    made.ask("count_as_posted")
    _change_something(made.simulator)
    for _ in range(3):
        made.ask("want")
        made.visit()
    made.ask("want")
    made.ask("figures")
    made.visit()
    return peak, made.ask("figures")["statements"]


def _change_something(simulator: Simulator) -> None:
    """A person changes one invoice and one customer, an hour later: the last changes, whatever was posted before."""
    simulator.clock.advance(3600)
    last = next(one for one in simulator.company.transactions if one.kind == "Invoice")
    person.act(simulator.quickbooks, "edit", {"id": last.txn_id, "changes": {"PONumber": "7"}})
    person.act(simulator.quickbooks, "add_entry", {"kind": "Customer", "fields": {"Name": "Walk-in"}})
