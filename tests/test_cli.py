"""The command line: what each command prints, stores and exits with."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from houses import House, called, contact, invoice, line
from patience import PATIENCE, eventually, when_told

from hub.cli import cli
from hub.cli.database import SEALED, secret_faults
from hub.cli.workplace import Workplace
from hub.engine import runs
from hub.errors import SettingsError
from hub.mapping import MappingList
from hub.models import ConnectionRow, OperationState, RunState, table
from hub.plugins import Plugins
from hub.settings import new_key
from hub.store import Store
from hub.vault import Vault

Hub = Callable[..., Result]


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


@pytest.fixture
def hub(house: House) -> Hub:
    """Runs a command on the house's hub."""

    def run(*arguments: str) -> Result:
        workplace = Workplace()
        workplace.settings, workplace.found = house.hub.settings, Plugins([])
        workplace.store, workplace.vault = house.hub.store, house.hub.vault
        workplace.hub = workplace.patient = house.hub
        return CliRunner().invoke(cli, arguments, obj=workplace)

    return run


def output(result: Result, code: int = 0) -> str:
    assert result.exit_code == code, result.output
    return result.output


def data(result: Result, code: int = 0) -> Any:
    return json.loads(output(result, code))


@pytest.fixture
def held(house: House) -> int:
    """An invoice that is held since its account is not mapped."""
    house.shelf.put("r1", contact("c1", "Ada"), invoice("i1", "INV-1", lines=(line(account="999"),)))
    house.sync()
    (operation,) = house.operations(kind="invoice", state=OperationState.HELD.value)
    return int(operation.id)


# -- runs and plans --------------------------------------------------------------------------------------------------


def test_run_synchronises_and_follows_the_nudge(hub: Hub, house: House) -> None:
    house.shelf.put("r1", contact("c1", "Ada"))
    text = output(hub("run", "shelf"))
    assert "Shelf: done" in text
    assert "Books: done" in text
    assert len(house.links()) == 1


def test_run_does_not_follow_when_told_so(hub: Hub, house: House) -> None:
    house.shelf.put("r1", contact("c1", "Ada"))
    (report,) = data(hub("run", "Shelf", "--no-follow", "--json"))
    assert report["state"] == "done"
    assert report["nudged"] == [house.ledger_id]
    assert house.links() == []


def test_run_ends_with_1_when_a_run_fails(hub: Hub, house: House) -> None:
    suspend(house)
    text = output(hub("run", "Shelf"), 1)
    assert "Shelf: failed. The key is wrong. Make a new one." in text


def test_run_waits_for_the_run_of_another_process_and_reports_it(
    house: House, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = runs.claim(house.hub.store, house.stock_id, "person", house.clock, timedelta(seconds=300))
    assert token is not None
    later = threading.Timer(0.7, runs.close, (token, RunState.DONE))
    when_told("Another process runs", monkeypatch, later.start)
    (report,) = json.loads(hub("run", "Shelf", "--json").stdout)
    later.join()
    assert report["run"] == token.id


def test_a_name_that_does_not_exist_is_answered_with_those_that_do(hub: Hub) -> None:
    text = output(hub("run", "Nowhere"), 2)
    assert text.startswith("Error: There is no connection 'Nowhere'. There are: ")
    assert "Books (2), Shelf (1)" in text
    assert "Traceback" not in text


def test_plan_shows_what_is_held_and_why_and_sends_nothing(hub: Hub, house: House, held: int) -> None:
    text = output(hub("plan", "Shelf -> Books", "--trace"))
    assert "held" in text
    assert "The account 999 is not mapped." in text
    assert house.operations(id=held)[0].state == "held"


def test_plan_as_json_names_the_problem(hub: Hub, held: int) -> None:
    found = data(hub("plan", "Shelf", "--json"))
    assert [(each["id"], each["problem"]["code"]) for each in found["operations"]] == [(held, "account_not_mapped")]


# -- what a person decides -------------------------------------------------------------------------------------------


def test_attention_groups_by_what_one_act_solves(hub: Hub, house: House) -> None:
    trade = [invoice(f"i{n}", f"INV-{n}", lines=(line(account="999"),)) for n in range(7)]
    house.shelf.put("r1", contact("c1", "Ada"), *trade, invoice("j", "J", lines=(line(account="998"),)))
    house.sync()
    groups = data(hub("attention", "--json"), 1)
    assert [(group["subject"], group["count"], len(group["operations"])) for group in groups] == [
        ("999", 7, 5),
        ("998", 1, 1),
    ]
    assert "and 2 more" in output(hub("attention"), 1)


def test_attention_shows_records_that_could_not_be_read(hub: Hub, house: House) -> None:
    house.shelf.put("r1", contact("c1", "Ada"))
    house.shelf.odd["r1"] = "It has no name."
    house.run_stock()
    (group,) = data(hub("attention", "--json"), 1)
    assert (group["code"], group["why"]) == ("unreadable_record", "It has no name.")


def test_a_drop_needs_a_reason_is_audited_and_can_be_undone(hub: Hub, house: House, held: int) -> None:
    assert "Missing option '--reason'" in output(hub("attention", "drop", str(held)), 2)
    output(hub("attention", "drop", str(held), "--reason", "entered by hand"))
    assert house.operations(id=held)[0].state == "dropped"
    again = output(hub("attention", "drop", str(held), "--reason", "twice"), 1)
    assert again == f"{held} was not dropped: it is dropped already.\n"
    (event,) = data(hub("audit", "--what", "dropped", "--json"))
    assert (event["reason"], event["details"]["operation"]) == ("entered by hand", held)
    assert "(command line)" in event["actor"]
    output(hub("undo", str(held)))
    house.sync()
    assert [row.state for row in house.operations(kind="invoice")][-1] == "held"


def test_undo_of_what_was_not_dropped_is_refused(hub: Hub, held: int) -> None:
    assert "None of these was dropped." in output(hub("undo", str(held)), 2)


def test_retry_by_code_plans_the_group_anew(hub: Hub, house: House, held: int) -> None:
    assert "1 operation will be planned anew" in output(hub("attention", "retry", "--code", "account_not_mapped"))
    assert "problem code 'nonsense'" in output(hub("attention", "retry", "--code", "nonsense"), 2)
    assert "Say which" in output(hub("attention", "retry"), 2)


def test_replay_decides_again_and_tells_when_it_would_differ(hub: Hub, house: House, held: int) -> None:
    found = data(hub("replay", str(held), "--json"))
    assert (found["same"], found["problem"]["code"]) == (True, "account_not_mapped")
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"999": "200"})
    found = data(hub("replay", str(held), "--json"))
    assert (found["same"], found["present"].split(" ")[0]) == (False, "Create")
    assert any("999" in line for line in found["trace"])
    text = output(hub("replay", str(held)))
    assert "What was decided: Create it in the ledger: held until something is put right" in text
    assert "What would be decided now: Create it in the ledger" in text
    assert "So it would come out differently now." in text


def test_replay_writes_nothing(hub: Hub, house: House, held: int) -> None:
    before = house.operations()
    output(hub("replay", str(held)))
    assert house.operations() == before


def test_audit_filters_by_person_and_act(hub: Hub, house: House) -> None:
    assert {event["what"] for event in data(hub("audit", "--actor", "bookkeeper", "--json"))} >= {"mapped", "set flow"}
    assert data(hub("audit", "--actor", "nobody", "--json")) == []
    assert data(hub("audit", "--since", "2999-01-01", "--json")) == []


def test_audit_says_what_a_code_was_mapped_to_before(hub: Hub, house: House) -> None:
    for target in ("260", "310"):
        house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"200": target})
    newest = output(hub("audit", "--what", "mapped", "--limit", "1"))
    assert "200 -> 310 (was 260)" in newest


def test_attention_ends_with_0_when_nothing_waits(hub: Hub) -> None:
    assert output(hub("attention")) == "Nothing waits for a person.\n"


# -- connections -----------------------------------------------------------------------------------------------------


def suspend(house: House) -> None:
    rows = table(ConnectionRow)
    problem = {"code": "unauthorized", "what": "The key is wrong.", "fix": "Make a new one.", "done": ""}
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == house.stock_id).values(suspended=problem))


def test_connections_are_listed_with_what_is_wrong(hub: Hub, house: House) -> None:
    suspend(house)
    del house.hub.providers["memoryledger"]
    states = {each["name"]: (each["state"], each["detail"]) for each in data(hub("connections", "list", "--json"))}
    assert states["Shelf"] == ("suspended", "The key is wrong. Make a new one.")
    assert states["Books"][0] == "plugin missing"
    assert "pip install ./plugins/memoryledger" in states["Books"][1]


def test_a_connection_is_tested_at_the_platform(hub: Hub) -> None:
    assert "Books works: it is Books Ltd, which keeps its books in GBP." in output(hub("connections", "test", "boo"))


def test_limits_are_allotted_shown_and_reset(hub: Hub, house: House) -> None:
    found = data(hub("connections", "limits", "Books", "--calls", "30", "--per-day", "900", "--json"))
    assert (found["windows"], found["per_day"]) == ([{"calls": 30, "seconds": 60.0}], 900)
    assert data(hub("connections", "limits", "Books", "--concurrent", "2", "--json"))["per_day"] == 900
    output(hub("connections", "limits", "Books", "--reset"))
    assert house.hub.connection(house.ledger_id).limits is None
    assert len(data(hub("audit", "--what", "set limits", "--json"))) == 3


# -- database and keys -----------------------------------------------------------------------------------------------


def test_a_backup_is_a_whole_copy_that_only_its_owner_reads(hub: Hub, house: House, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    if not house.hub.store.is_sqlite:
        assert "pg_dump" in output(hub("db", "backup", str(target)), 2)
        return
    output(hub("db", "backup", str(target)))
    assert target.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT name FROM connection ORDER BY id").fetchall() == [("Shelf",), ("Books",)]
    copy.close()
    assert "exists already" in output(hub("db", "backup", str(target)), 2)
    assert [path.name for path in tmp_path.glob(".*.part")] == []


def test_every_sealed_column_is_rotated() -> None:
    binary = {
        (name, column.name)
        for name, owner in ConnectionRow.metadata.tables.items()
        for column in owner.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    assert {(owner.name, column) for owner, column in SEALED} == binary


def test_after_a_rotation_the_old_key_is_not_needed(house: House) -> None:
    store, old, new = house.hub.store, new_key(), new_key()
    rows = table(ConnectionRow)
    with store.write() as db:
        db.execute(sa.update(rows).values(secrets=Vault([old]).seal({"key": "s3cret"})))
    assert [fault[:14] for fault in secret_faults(store, Vault([new]))] == ["2 connections:"]
    assert store.rotate(Vault([new, old])) >= 2
    assert list(secret_faults(store, Vault([new]))) == []


def test_a_rotation_without_the_right_key_changes_nothing(house: House) -> None:
    rows = table(ConnectionRow)
    with house.hub.store.read() as db:
        before = db.execute(sa.select(rows.c.secrets)).all()
    with pytest.raises(SettingsError, match="can't be decrypted"):
        house.hub.store.rotate(Vault([new_key()]))
    with house.hub.store.read() as db:
        assert db.execute(sa.select(rows.c.secrets)).all() == before


def test_db_check_says_that_all_is_well(hub: Hub) -> None:
    assert "whole and up to date" in output(hub("db", "check"))


def test_key_prints_a_usable_key(hub: Hub) -> None:
    assert Vault([output(hub("key")).strip()]).seal(b"x")


# -- the process -----------------------------------------------------------------------------------------------------


def command(tmp_path: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", *arguments],
        env={**os.environ, "HUB_DATA": str(tmp_path / "data"), **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_wrong_setting_is_one_paragraph_and_exit_code_2(tmp_path: Path) -> None:
    done = command(tmp_path, "connections", HUB_WORKERS="many")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: HUB_WORKERS is not usable")
    assert "Traceback" not in done.stderr
    assert "Traceback" in command(tmp_path, "--debug", "connections", HUB_WORKERS="many").stderr


def test_a_database_that_does_not_answer_is_one_paragraph(tmp_path: Path, closed_port: int) -> None:
    done = command(tmp_path, "attention", HUB_DATABASE_URL=f"postgresql://u@127.0.0.1:{closed_port}/x")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: The database can't be used: ")
    assert "Traceback" not in done.stderr


def test_the_package_is_the_command_too() -> None:
    done = subprocess.run([sys.executable, "-m", "hub", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:4]) == (0, "hub,")


def test_the_log_can_be_json_lines(tmp_path: Path) -> None:
    code = "import logging; from hub.cli.logs import set_up_logging; set_up_logging('info', 'json');"
    code += "logging.getLogger('hub').info('one\\ntwo'); logging.getLogger('hub').error('x', exc_info=OSError('y'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = map(json.loads, done.stderr.splitlines())
    assert (first["level"], first["message"]) == ("info", "one\ntwo")
    assert "OSError: y" in second["traceback"]


def test_serve_answers_schedules_works_and_ends_on_sigterm(tmp_path: Path, closed_port: int) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", "from hub.cli import main; main()", "serve", "--port", str(closed_port)],
            env={**os.environ, "HUB_DATA": str(tmp_path / "data")},
            stderr=file,
        )
    try:
        address = f"http://127.0.0.1:{closed_port}/healthz"
        assert eventually(lambda: _fetch(address))
        assert json.loads(_fetch(address))["status"] == "ok"
        assert eventually(lambda: "is the scheduler now" in log.read_text())
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert process.returncode == 0, said
    assert f"The hub is at http://localhost:{closed_port}" in said
    assert said.count("Ending: pages that were asked for") == 1
    assert "Traceback" not in said


def _fetch(address: str) -> str:
    """What is answered there; nothing while nobody listens."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310
            return str(answer.read().decode())
    except urllib.error.URLError as error:
        assert isinstance(error.reason, ConnectionRefusedError), error
        return ""


def test_plugins_add_commands_but_not_over_the_hubs_own() -> None:
    class Bringing(Plugins):
        def commands(self) -> list[click.Command]:
            return [click.Command("tea", callback=lambda: click.echo("with milk")), *self.more]

        more: list[click.Command] = []

    workplace = Workplace()
    workplace.found = Bringing([])
    assert CliRunner().invoke(cli, ["tea"], obj=workplace).output == "with milk\n"
    assert "tea" in CliRunner().invoke(cli, ["--help"], obj=workplace).output
    workplace.found.more = [click.Command("run")]
    refused = CliRunner().invoke(cli, ["--help"], obj=workplace)
    assert refused.exit_code == 2
    assert "brings the command 'run', which the hub has itself" in refused.output
