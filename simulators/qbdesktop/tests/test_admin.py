"""The pages under /_sim and the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import document, sale
from sim_qbdesktop.cli import main
from visited_service import PASSWORD, WebService


class Pages:
    """Calls the pages of a simulator."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_sim/{path}", data, method=method)  # noqa: S310 (our own page)
        try:
            with urllib.request.urlopen(request) as reply:  # noqa: S310
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as problem:
            return problem.code, json.load(problem)


@pytest.fixture
def pages() -> Iterator[Pages]:
    with Simulator(no_op_seconds=0) as sim:
        yield Pages(sim.url)


def test_state_and_ledger_say_what_is_on_file(pages: Pages) -> None:
    assert pages("GET", "health") == (200, {"status": "ok"})
    status, reply = pages("POST", "request", {"qbxml": document(sale("Brook Stores", "<RefNumber>R1</RefNumber>"))})
    assert (status, 'statusCode="0"' in reply["answer"]) == (200, True)
    state = pages("GET", "state")[1]
    assert state["transactions"] == {"Invoice": {"count": 1, "total": "100.00"}}
    assert state["lists"]["Customer"] == 2
    ledger = pages("GET", "ledger")[1]
    assert (ledger["sum"], [row["balance"] for row in ledger["rows"]]) == ("0.00", ["-100.00", "100.00"])
    assert pages("GET", "ledger?until=2020-01-01")[1]["rows"] == []
    raw = pages("GET", "state/Invoice?number=R1")[1]
    assert (raw[0]["total"], raw[0]["fields"]["RefNumber"]) == ("100.00", "R1")
    assert pages("GET", "state/Customer?name=Brook%20Stores")[1][0]["kind"] == "Customer"
    assert pages("GET", "state/links")[1] == []


def test_faults_clock_and_switches(pages: Pages) -> None:
    assert pages("POST", "faults", {"kind": "no_hcp"})[1][0]["kind"] == "no_hcp"
    assert pages("POST", "faults", {"kind": "earthquake"})[0] == 400
    pages("DELETE", "faults")
    assert pages("GET", "faults")[1] == []
    assert pages("POST", "clock", {"set": "2026-07-01T10:00:00+00:00"})[1]["now"].startswith("2026-07-01T10:00")
    assert pages("POST", "switches", {"parameters": "nil"})[1]["parameters"]["value"] == "nil"
    assert pages("POST", "switches", {"parameters": "none"})[0] == 400
    assert pages("GET", "nothing")[0] == 400


def test_a_person_acts_and_may_be_refused(pages: Pages) -> None:
    assert pages("POST", "person/set_closing_date", {"date": "2026-10-31"}) == (200, {})
    added = pages("POST", "person/add_entry", {"kind": "Customer", "fields": {"Name": "Brook Stores"}})
    assert (added[0], added[1]["code"]) == (409, 3100)
    assert pages("POST", "person/fly", {})[0] == 400
    pages("POST", "reset", {})
    assert pages("GET", "state")[1]["preferences"]["closing_date"] is None


def test_an_application_is_added_and_visited(pages: Pages, service: WebService) -> None:
    service.requests = [document(sale())]
    assert pages("POST", "applications", {"qwc": service.qwc(), "password": "x"})[1]["name"] == "Stock Hub"
    result = pages("POST", "visit", {})[1]
    assert (result["outcome"], result["percentages"]) == ("done", [100])
    assert pages("GET", "calls")[1]["counts"]["authenticate"] == 1
    assert "secret" not in json.dumps(pages("GET", "calls?detail=1")[1])
    assert len(pages("GET", "visits")[1]) == 1
    pages("DELETE", "calls")
    assert pages("GET", "calls")[1]["total"] == 0
    assert pages("POST", "applications", {"qwc": "<QBWCXML></QBWCXML>"})[0] == 409


def test_the_command_visits_from_a_file_and_keeps_the_books(tmp_path: Path, service: WebService) -> None:
    path, state = tmp_path / "hub.qwc", str(tmp_path / "books.sqlite")
    path.write_text(service.qwc())
    service.requests = [document(sale(), newMessageSetID="N1")]
    options = ["--password", "x", "--state", state, "--no-op-seconds", "0"]
    first = CliRunner().invoke(main, ["visit", str(path), *options])
    assert (first.exit_code, json.loads(first.output)["outcome"]) == (0, "done")
    service.requests = [document("<InvoiceQueryRq></InvoiceQueryRq>")]
    second = CliRunner().invoke(main, ["visit", str(path), *options, "--requests"])
    assert "<BalanceRemaining>100.00</BalanceRemaining>" in json.loads(second.output)["carried"][0][1]
    service.replies = {"authenticate": lambda **values: ["T", "nvu"]}
    assert CliRunner().invoke(main, ["visit", str(path), *options]).exit_code == 1


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path, service: WebService) -> None:
    path = tmp_path / "hub.qwc"
    path.write_text(service.qwc(Scheduler="<RunEveryNSeconds>1</RunEveryNSeconds>"))
    service.replies = {"authenticate": lambda **values: ["T", "none"]}
    command = [sys.executable, "-c", "from sim_qbdesktop.cli import main; main()", "serve", "--qwc", str(path)]
    options = ["--password", PASSWORD, "--auto-run"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            assert line.startswith("sim-qbdesktop listening on http://127.0.0.1:")
            pages = Pages(line.split()[-1])
            deadline = time.monotonic() + 60
            while not pages("GET", "visits")[1] and time.monotonic() < deadline:
                time.sleep(0.05)
            assert pages("GET", "visits")[1][0]["outcome"] == "no_data"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()


def test_the_command_says_why_a_file_can_not_be_added(tmp_path: Path) -> None:
    path = tmp_path / "hub.qwc"
    path.write_text("<QBWCXML></QBWCXML>")
    refused = CliRunner().invoke(main, ["visit", str(path), "--password", "x"])
    assert (refused.exit_code, "QBWC1039" in refused.output) == (1, True)


def test_the_command_answers_a_text_and_lists_its_switches(tmp_path: Path) -> None:
    path = tmp_path / "request.xml"
    path.write_text(document("<HostQueryRq></HostQueryRq>"))
    assert "<Country>US</Country>" in CliRunner().invoke(main, ["request", str(path)]).output
    assert "value_errors=unreadable|status" in CliRunner().invoke(main, ["switches"]).output
    assert CliRunner().invoke(main, ["serve", "--switch", "nothing=on"]).exit_code == 2
    assert "Demo Trading.qbw" in CliRunner().invoke(main, ["files"]).output
