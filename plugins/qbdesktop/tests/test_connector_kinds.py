"""Web Connectors of every kind that is known or believed in, against the same hub: each visits and posts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import desktop_samples as samples
import pytest
from click.testing import CliRunner
from desktop_machine import Desktop, invoice
from hub_qbdesktop import qwc
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.host import Company
from hub_qbdesktop.soap import PATH
from sim_qbdesktop import cli, person
from sim_qbdesktop.connector.qwc import ConnectorError

KINDS: dict[str, dict[str, str]] = {
    "every parameter left out": {"parameters": "missing"},
    "every parameter nil": {"parameters": "nil"},
    "names in lower case": {"parameter_case": "lower"},
    "names in upper case": {"parameter_case": "upper"},
    "strict about done": {"done_case": "exact"},
    "strict about the server's version": {"server_version_failure": "fatal"},
    "reading the description each time": {"wsdl_at_run_time": "yes"},
    "pausing after less than nothing": {"negative_and_no_op": "pauses"},
    "leaving politely after trouble": {"close_after_failure": "yes"},
}


RPC = [kind for kind, switches in KINDS.items() if switches.keys() & {"parameters", "parameter_case"}]


@pytest.mark.parametrize(("kind", "style"), [*((kind, "Document") for kind in KINDS), *((kind, "RPC") for kind in RPC)])
def test_a_connector_of_this_kind_posts_and_is_told_of_trouble(desktop: Desktop, kind: str, style: str) -> None:
    desktop.sim.switches.set(KINDS[kind])
    added = desktop.sim.connector.applications[desktop.name]
    added.qwc = replace(added.qwc, style=style)
    desktop.put(samples.contact("Harbour Stores"), invoice())
    desktop.sim.quickbooks.dialog = "Memorise this report?"
    refused = desktop.visit()
    assert (refused.outcome, refused.code) == ("not_opened", "0x80040414")
    assert refused.methods.count("connectionError") == 3
    assert "Close the dialog in QuickBooks" in refused.shown[-1]
    desktop.sim.quickbooks.dialog = ""
    visit = desktop.visit(2)
    assert visit.outcome == "done", visit.message
    assert desktop.unfinished() == {}
    assert [each.fields["RefNumber"] for each in desktop.books("Invoice")] == ["SO-1"]


@pytest.mark.parametrize("style", ["Document", "RPC"])
def test_words_of_the_first_answers_are_understood(machine: Desktop, style: str) -> None:
    added = machine.sim.connector.applications[machine.name]
    added.qwc = replace(added.qwc, style=style)
    assert machine.visit().outcome == "done"
    assert machine.sim.connector.visit(machine.name).outcome == "no_data"
    added.password = "wrong"
    refused = machine.visit()
    assert refused.outcome == "invalid_user"
    assert refused.methods[-1] == "closeConnection"


def test_a_dialog_that_opens_in_the_middle_ends_the_visit_in_words(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice())
    quickbooks = desktop.sim.quickbooks
    desktop.sim.faults.add([{"kind": "hresult", "at": "process", "skip": 3, "params": {"code": "0x80040414"}}])
    stopped = desktop.visit()
    assert stopped.outcome == "stopped"
    assert "Close the dialog in QuickBooks" in stopped.shown[-2]
    assert quickbooks.dialog == ""
    desktop.visit(2)
    assert desktop.unfinished() == {}


def test_another_file_is_open_and_then_the_right_one_again(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice())
    person.act(desktop.sim.quickbooks, "open_file", {"file": desktop.sim.other_path})
    other = desktop.sim.quickbooks.files[desktop.sim.other_path]
    before = len(other.transactions)
    refused = desktop.visit()
    assert refused.outcome == "stopped"
    assert "Other Trading Ltd" in refused.shown[-2]
    assert len(other.transactions) == before
    person.act(desktop.sim.quickbooks, "open_file", {"file": desktop.sim.demo_path})
    assert desktop.visit(2).outcome == "done"
    assert desktop.unfinished() == {}


def test_a_company_file_that_refuses_the_file_id_takes_new_ids(machine: Desktop) -> None:
    """It bears the mark of a connection that was removed, say: another file id of the same owner is refused, too."""
    office, connector = machine.office, machine.sim.connector
    connectors = Connectors(office.hub)
    url = qwc.address(office.hub.settings.base_url, PATH)
    machine.visit()
    connector.remove(machine.name)
    connectors.new_ids(office.ledger_id, "owner")
    row = connectors.made(office.ledger_id)
    named: dict[str, Any] = {"url": url, "user_name": row.user_name, "file_id": row.file_id, "minutes": 30}
    with pytest.raises(ConnectorError, match="QBWC1039"):
        connector.add(qwc.file(owner_id=OWNER_ID, **named), office.connector.password)
    assert connector.add(qwc.file(owner_id=row.owner_id, **named), office.connector.password).name == machine.name
    assert machine.visit().outcome == "done", connector.visits[-1].shown
    seen = Company.load(connectors.made(office.ledger_id).seen)
    assert seen is not None
    assert seen.file_id == row.file_id
    assert office.hub.connection(office.ledger_id).organisation["id"] == row.file_id


def test_the_command_visits_from_the_downloaded_file(office: Any, tmp_path: Path) -> None:
    row = Connectors(office.hub).of(office.ledger_id)
    assert row is not None
    url = qwc.address(office.hub.settings.base_url, PATH)
    file = tmp_path / "ledgerport.qwc"
    file.write_bytes(qwc.file(url=url, user_name=row.user_name, owner_id=OWNER_ID, file_id=row.file_id, minutes=30))
    command = ["visit", str(file), "--password", office.connector.password, "--state", str(tmp_path / "books.sqlite")]
    for outcome in ("done", "no_data"):
        ended = CliRunner().invoke(cli.main, [*command, "--no-op-seconds", "0"])
        assert (ended.exit_code, json.loads(ended.output)["outcome"]) == (0, outcome), ended.output
    wrong = CliRunner().invoke(cli.main, [*command[:3], "wrong", *command[4:]])
    assert (wrong.exit_code, json.loads(wrong.output)["outcome"]) == (1, "invalid_user")
