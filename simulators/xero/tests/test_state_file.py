"""The command, the state file, and starting again after a crash."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from sim_xero import Simulator
from sim_xero.caller import Caller


def started(*options: str) -> tuple[subprocess.Popen[str], str]:
    """The command as a process of its own, once it listens."""
    command = [sys.executable, "-c", "from sim_xero.cli import main; main()", "serve", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    match = re.fullmatch(r"sim-xero listening on (http://127\.0\.0\.1:\d+)\n", line)
    assert match, line
    return process, match[1]


def caller(url: str) -> Caller:
    bare = Caller(url, "", "")
    tokens = bare.post("/_sim/connect", {}).body
    return Caller(url, tokens["access_token"], tokens["tenants"][0])


def test_the_command_says_where_it_listens_and_ends_on_sigterm() -> None:
    process, url = started()
    assert caller(url).get("/Organisation").status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def test_a_signal_right_after_the_start_ends_it_cleanly() -> None:
    process, _ = started()
    process.terminate()
    assert process.wait(timeout=60) == 0


def test_what_was_answered_survives_a_kill(tmp_path: Path, sale: dict[str, Any]) -> None:
    state = str(tmp_path / "books.sqlite")
    process, url = started("--state", state)
    first = caller(url)
    sale["Contact"] = {"Name": "Juniper"}
    made = first.put("/Invoices", sale).body["Invoices"][0]
    made.pop("StatusAttributeString")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    process, url = started("--state", state)
    try:
        again = Caller(url, first.headers["Authorization"].removeprefix("Bearer "), first.headers["xero-tenant-id"])
        assert again.get(f"/Invoices/{made['InvoiceID']}").body["Invoices"][0] == made
        assert again.put("/Invoices", sale).body["Invoices"][0]["InvoiceNumber"] == "INV-0002"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_a_refused_batch_is_not_in_the_file(tmp_path: Path, sale: dict[str, Any]) -> None:
    state = str(tmp_path / "books.sqlite")
    sale["Contact"] = {"Name": "Juniper"}
    with Simulator(state=state) as sim:
        assert sim.caller().put("/Invoices", {"Invoices": [sale, {}]}).status == 400
    with Simulator(state=state) as sim:
        assert len(sim.books.invoices) == 0
        assert len(sim.books.contacts) == 0
        assert len(sim.books.accounts) == 75


def test_the_ledger_survives_a_restart(tmp_path: Path, journal: dict[str, Any]) -> None:
    state = str(tmp_path / "books.sqlite")
    with Simulator(state=state) as sim:
        sim.caller().put("/ManualJournals", journal)
        sim.person("enter_bank_transaction", type="SPEND", lines={"630": "12.50"})
        sim.person("opening_balances", date="2026-03-31", balances={"630": 100})
        (before,) = sim.books.manual_journals
    with Simulator(state=state) as sim:
        assert list(sim.books.manual_journals) == [before]
        assert [str(sim.balance(code)) for code in ("630", "631", "090")] == ["112.50", "100.00", "-12.50"]


def test_a_reset_empties_books_and_file(tmp_path: Path) -> None:
    state = str(tmp_path / "books.sqlite")
    with Simulator(state=state) as sim:
        xero = sim.caller()
        xero.put("/Contacts", {"Name": "Juniper"})
        xero.post("/_sim/person/reset", {})
        assert xero.get("/Contacts").status == 401
    with Simulator(state=state) as sim:
        assert len(sim.books.contacts) == 0
