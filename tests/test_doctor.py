"""The doctor: what it finds, how it says to mend it, and that it changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called
from patience import PATIENCE

from hub.cli.checks import Finding, examine
from hub.cli.connections import state_of
from hub.cli.finding import all_connections
from hub.cli.workplace import Workplace
from hub.engine import runs
from hub.engine.connections import connect
from hub.models import ConnectionRow, Exchange, Flow, FlowMode, OAuthRequest, Run, now, table
from hub.plugins import Plugins, discover
from hub.scheduler import Timing, add_schedule, leadership, pause
from hub.settings import Settings, load_settings, new_key
from hub.store import Store
from hub.vault import Vault

SAMPLE = Path(__file__).parent / "sample_plugin"


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    house = called(store, vault, on=False)
    house.hub.clock = now
    return house


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data=tmp_path)


@pytest.fixture
def workplace(house: House, settings: Settings) -> Workplace:
    """As a healthy hub has it: everything there, and a process that is the scheduler."""
    workplace = Workplace()
    workplace.settings, workplace.store, workplace.vault = settings, house.hub.store, house.hub.vault
    workplace.settings.keys()
    workplace.found = Plugins([])
    workplace.patient = house.hub
    return workplace


@pytest.fixture
def leader(house: House, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The scheduler, which these tests have no thread to renew the lease of."""
    monkeypatch.setattr(import_module("hub.scheduler.leadership"), "LEASE_SECONDS", 3600.0)
    claim = leadership(house.hub.store)
    assert claim.hold()
    yield claim
    claim.release()


def faults(workplace: Workplace) -> dict[str, Finding]:
    """What has to be mended; that no plugin is installed is how these tests are."""
    return {each.name: each for each in examine(workplace) if not each.is_well and each.name != "plugins"}


@pytest.mark.usefixtures("leader")
def test_a_healthy_hub_has_nothing_to_mend(workplace: Workplace) -> None:
    assert faults(workplace) == {}
    names = {each.name for each in examine(workplace)}
    assert names >= {"data folder", "secret.key", "database", "tables", "keys", "clock", "scheduler", "Shelf", "runs"}


def test_no_scheduler_is_a_fault(workplace: Workplace) -> None:
    assert faults(workplace)["scheduler"].fix == "Start the hub: hub serve (or hub schedule)."


@pytest.mark.usefixtures("leader")
def test_a_key_that_others_can_read_is_a_fault(workplace: Workplace, settings: Settings) -> None:
    key = settings.data / "secret.key"
    key.chmod(0o644)
    assert faults(workplace)["secret.key"].fix == f"Run: chmod 600 '{key}'"


@pytest.mark.usefixtures("leader")
def test_a_secret_that_no_key_opens_is_named(workplace: Workplace) -> None:
    workplace.vault = Vault([new_key()])
    found = faults(workplace)["keys"]
    assert found.says.startswith("2 connections: ")
    assert "restore secret.key" in found.fix


@pytest.mark.usefixtures("leader")
def test_a_lost_key_file_is_not_made_anew(workplace: Workplace, settings: Settings) -> None:
    (settings.data / "secret.key").unlink()
    assert "Restore secret.key from your backup" in faults(workplace)["keys"].fix
    assert not (settings.data / "secret.key").exists()


@pytest.mark.usefixtures("leader")
def test_a_run_whose_process_died_is_a_fault(workplace: Workplace, house: House) -> None:
    runs.claim(house.hub.store, house.stock_id, "person", now, timedelta(seconds=300))
    assert faults(workplace) == {}
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Run)).values(heartbeat_at=now() - timedelta(hours=1)))
    assert "hub run 'Shelf'" in faults(workplace)["runs"].fix


@pytest.mark.usefixtures("leader")
def test_what_no_key_opens_is_one_fault_however_much_it_is_and_begun_sign_ins_do_not_count(
    workplace: Workplace, house: House
) -> None:
    begun = {"provider": "x", "secrets": house.hub.vault.seal(b"x"), "created_at": now()}
    with house.hub.store.write() as db:
        house.hub.store.insert(db, OAuthRequest, [{"state": f"s{n}", **begun} for n in range(15)])
    workplace.vault = Vault([new_key()])
    (found,) = [each for each in examine(workplace) if each.name == "keys"]
    assert found.says.startswith("2 connections: A stored secret can't be decrypted")


@pytest.mark.usefixtures("leader")
def test_a_run_that_is_silent_is_said_to_be_taken_over_and_when(workplace: Workplace, house: House) -> None:
    runs.claim(house.hub.store, house.stock_id, "person", now, timedelta(seconds=300))
    last = now() - timedelta(seconds=60)
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Run)).values(heartbeat_at=last))
    assert faults(workplace) == {}
    (found,) = [each for each in examine(workplace) if each.name == "runs"]
    until = last + timedelta(seconds=house.hub.settings.run_stale_seconds)
    says = f"no sign of life since {last:%H:%M:%S} UTC, is taken over at {until:%H:%M:%S}"
    assert found.says.endswith(says)
    (row,) = [each for each in all_connections(house.hub) if each.id == house.stock_id]
    assert state_of(house.hub, row) == {"state": "silent", "detail": says}


@pytest.mark.usefixtures("leader")
def test_flows_that_are_on_while_every_schedule_rests_are_a_fault(workplace: Workplace, house: House) -> None:
    schedule = add_schedule(house.hub, house.stock_id, Timing("interval", "15m"))
    pause(house.hub, schedule)
    assert faults(workplace) == {}
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Flow)).values(mode=FlowMode.REVIEW.value))
    found = faults(workplace)["schedules"]
    assert found.says == "Shelf has flows switched on, and every schedule of it is paused"
    assert "page Schedules" in found.fix
    add_schedule(house.hub, house.stock_id, Timing("interval", "1h"))
    assert faults(workplace) == {}


@pytest.mark.usefixtures("leader")
def test_a_suspended_connection_and_one_without_its_plugin_say_so(workplace: Workplace, house: House) -> None:
    rows = table(ConnectionRow)
    problem = {"code": "unauthorized", "what": "The key is wrong.", "fix": "Make a new one."}
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == house.stock_id).values(suspended=problem))
    del house.hub.providers["memoryledger"]
    found = faults(workplace)
    assert found["Shelf"].fix == "The key is wrong. Make a new one."
    assert "pip install ./plugins/memoryledger" in found["Books"].fix


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize(("hours", "is_well"), [(0, True), (1, False)])
def test_a_clock_that_differs_from_the_platforms_is_a_fault(
    workplace: Workplace, house: House, hours: int, is_well: bool
) -> None:
    at = now()
    date = (at - timedelta(hours=hours)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    row = {"connection_id": 1, "at": at, "method": "GET", "url": "x", "status": 200, "response": f"Date: {date}\n\n"}
    with house.hub.store.write() as db:
        house.hub.store.insert(db, Exchange, [row])
    assert ("clock" not in faults(workplace)) is is_well


@pytest.mark.usefixtures("leader")
def test_a_platform_that_does_not_answer_is_told_with_the_reason(
    workplace: Workplace, house: House, platform: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(SAMPLE)
    workplace.found = discover([EntryPoint("sample", "hub_sample", "hub")])
    house.hub.providers |= workplace.found.providers
    shop = house.hub.provider("sample")
    platform.respond = lambda seen: reply(body=b'{"id": "s", "name": "Shop Ltd", "currency": "GBP"}')
    connect(house.hub, shop, shop.settings(address=platform.url, key="k"), name="Shop")
    assert faults(workplace) == {}
    platform.respond = lambda seen: reply(status=401)
    assert faults(workplace)["Shop"].fix.startswith("The shop does not accept the key. Make a new key")


def test_a_plugin_that_cannot_be_used_is_a_fault(workplace: Workplace) -> None:
    workplace.found = discover([EntryPoint("odd", "no_such_module_at_all", "hub")])
    found = faults(workplace)["plugin odd"]
    assert "can't be imported" in found.says
    assert "pip uninstall" in found.fix


def hub(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", *arguments],
        env={**os.environ, "HUB_DATA": str(folder), **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_before_the_first_start_the_doctor_says_what_to_do_and_makes_nothing(tmp_path: Path) -> None:
    done = hub("doctor", folder=tmp_path / "data")
    assert done.returncode == 1
    assert "Start the hub once (hub serve)" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_there_is_asked_about_and_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other' / 'hub.db'}"
    (tmp_path / "data").mkdir()
    done = hub("doctor", folder=tmp_path / "data", HUB_DATABASE_URL=url)
    assert done.returncode == 1
    assert f"there is no database at {tmp_path / 'other' / 'hub.db'}\n     Is the path right?" in done.stdout
    assert "hub db upgrade" not in done.stdout
    assert not (tmp_path / "other").exists()


def test_the_database_whose_rights_are_told_is_the_one_that_is_used(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    data.mkdir()
    (data / "hub.db").touch(mode=0o644)
    url = f"sqlite:///{other / 'books.db'}"
    assert hub("db", "upgrade", folder=data, HUB_DATABASE_URL=url).returncode == 0
    told = hub("doctor", folder=data, HUB_DATABASE_URL=url).stdout
    assert "books.db: mode" in told
    assert "hub.db: mode" not in told


def test_an_old_database_is_left_as_it_is(tmp_path: Path) -> None:
    hub("key", folder=tmp_path)
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    with store.write() as db:
        db.exec_driver_sql("CREATE TABLE alembic_version_hub (version_num VARCHAR(32))")
    done = hub("doctor", folder=tmp_path)
    assert done.returncode == 1
    assert "Run: hub db upgrade" in done.stdout
    assert "Traceback" not in done.stderr
    assert not store.is_current()
    store.dispose()


# -- installing and uninstalling -------------------------------------------------------------------------------------


@pytest.fixture
def environment(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """An environment of its own that sees what is installed here; runs its python, offline."""
    place = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    seen = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "seen.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in seen))
    settings = {"HUB_DATA": str(tmp_path / "data"), "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(place / "bin" / "python"), *arguments],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


CONNECT = """
import sys
from hub.cli.workplace import Workplace
from hub.engine.connections import connect
hub = Workplace().hub
shop = hub.provider("sample")
connect(hub, shop, shop.settings(address=sys.argv[1], key="k"), name="Shop")
"""


def test_a_plugin_is_there_once_installed_and_missed_in_plain_words_once_uninstalled(
    environment: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, platform: Any, reply: Any
) -> None:
    def hub(*arguments: str, code: int = 0) -> str:
        done = environment("-c", "from hub.cli import main; main()", *arguments, code=code)
        return done.stdout + done.stderr

    platform.respond = lambda seen: reply(
        body=b'{"id": "s", "name": "Shop Ltd", "currency": "GBP"}'
        if seen.path == "/company"
        else b'{"customers": [{"id": 1, "name": "Ada", "changed": 1}], "changed": 1}'
    )
    sources = tmp_path / "sample"
    subprocess.run(["cp", "-r", str(SAMPLE), str(sources)], check=True)
    assert "sample" not in hub("plugins")

    environment("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", str(sources))
    (found,) = [info for info in json.loads(hub("plugins", "--json")) if info["name"] == "sample"]
    assert (found["distribution"], found["providers"], found["problem"]) == ("ledgerport-sample", ["sample"], "")
    assert "Hello from the sample plugin." in hub("sample")
    environment("-c", CONNECT, platform.url)
    assert "Shop: done (" in hub("run", "Shop")

    environment("-m", "pip", "uninstall", "--quiet", "--yes", "ledgerport-sample")
    assert "sample" not in hub("plugins")
    assert "is up to date" in hub("db", "upgrade")
    missing = "The plugin for 'sample' is not installed. Install its package, as in: pip install ./plugins/sample"
    assert missing in hub("connections")
    assert missing in hub("doctor", code=1)
    assert "Shop: failed. Shop can't run: the plugin for 'sample' is not installed." in hub("run", "Shop", code=1)
