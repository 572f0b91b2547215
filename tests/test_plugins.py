"""Plugins are found, checked and called; a wrong one refuses the start in plain words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import click
import pytest
from houses import called

from hub import hookspecs
from hub.engine import RunReport
from hub.errors import SettingsError
from hub.models import RunState
from hub.plugins import Plugins, discover, load, needs_attention, provider_faults
from hub.store import Store
from hub.vault import Vault

SAMPLE = Path(__file__).parent / "sample_plugin"

GOOD = """
from pydantic import BaseModel
from hub import Provider, Role, hookimpl

class Settings(BaseModel):
    key: str

class Shop(Provider):
    name = "shop"
    title = "Shop"
    role = Role.STOCK
    settings = Settings
    def open(self, connection, http): ...

@hookimpl
def register_providers():
    return [Shop()]
"""

Install = Callable[..., list[EntryPoint]]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts plugins made of one module on the path, as pip would; answers with their entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(**modules: str) -> list[EntryPoint]:
        for name, code in modules.items():
            (tmp_path / f"hub_{name}.py").write_text(code)
            information = tmp_path / f"acme_{name}-1.2.dist-info"
            information.mkdir()
            (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.2\n")
            (information / "entry_points.txt").write_text(f"[hub]\n{name} = hub_{name}\n")
        found = distributions(path=[str(tmp_path)])
        return [point for each in found for point in each.entry_points if point.group == "hub"]

    yield write
    for name in [name for name in sys.modules if name.startswith("hub_")]:
        if getattr(sys.modules[name], "__file__", "").startswith(str(tmp_path)):
            del sys.modules[name]


def refusal(points: list[EntryPoint]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(points)
    return str(caught.value)


def test_a_plugin_brings_its_providers(install: Install) -> None:
    found = load(install(shop=GOOD))
    assert list(found.providers) == ["shop"]
    assert [(i.name, i.distribution, i.version, i.providers) for i in found.installed] == [
        ("shop", "acme-shop", "1.2", ("shop",))
    ]


def test_a_misspelt_hook_refuses_the_start(install: Install) -> None:
    text = refusal(install(shop=GOOD.replace("register_providers", "register_provider")))
    assert "'register_provider', which does not exist; is it misspelt?" in text
    assert "acme-shop 1.2" in text
    assert "pip uninstall acme-shop" in text


def test_a_hook_with_a_wrong_argument_refuses_the_start(install: Install) -> None:
    code = GOOD + "\n@hookimpl\ndef run_finished(run): ...\n"
    assert "Its hook 'run_finished' takes other arguments" in refusal(install(shop=code))


def test_two_plugins_that_claim_one_provider_name_refuse_the_start(install: Install) -> None:
    text = refusal(install(first=GOOD, second=GOOD))
    assert "The provider name 'shop' is claimed by acme-first already." in text
    assert "pip uninstall acme-second" in text


def test_two_plugins_that_claim_one_command_refuse_the_start(install: Install) -> None:
    code = "import click\nfrom hub import hookimpl\n@hookimpl\ndef register_commands(): return [click.Command('tea')]\n"
    assert "The command 'tea' is brought by another plugin already." in refusal(install(first=code, second=code))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nowhere_to_be_found", "It can't be imported: ModuleNotFoundError: No module named 'nowhere"),
        ("1 / 0", "It can't be imported: ZeroDivisionError"),
        ("raise SystemError('odd')", "It can't be imported: SystemError: odd"),
        ("", "It implements no hook"),
        (GOOD.replace("return [Shop()]", "return 1 / 0"), "register_providers failed: ZeroDivisionError"),
        (GOOD.replace("return [Shop()]", "return 5"), "register_providers failed: TypeError"),
        (GOOD.replace("[Shop()]", "['shop']"), "not an instance of a subclass of hub.Provider"),
    ],
)
def test_a_broken_plugin_refuses_the_start_with_the_reason(install: Install, code: str, reason: str) -> None:
    assert reason in refusal(install(shop=code))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('    name = "shop"\n', "", "name is missing"),
        ('"shop"', '"My Shop"', "name should be lower-case letters"),
        ('title = "Shop"', 'title = " "', "title should be the product's name"),
        ("role = Role.STOCK", "role = 'stock'", "role should be a hub.Role"),
        ("settings = Settings", "settings = dict", "settings should be a pydantic model class"),
        ("    def open", "    help_steps = ('One step')\n    def open", "help_steps should be a tuple"),
        ("    def open", "    feeds = ('orders',)\n    def open", "feeds should be a tuple of hub.Feed"),
        ("    def open", "    writes = {'invoice': ()}\n    def open", "writes should be a mapping of hub.Kind"),
        ("def open(", "def opn(", "it neither overrides open() nor sets visit"),
    ],
)
def test_a_provider_with_a_wrong_attribute_refuses_the_start(
    install: Install, before: str, after: str, fault: str
) -> None:
    assert fault in refusal(install(shop=GOOD.replace(before, after)))


def test_a_provider_that_writes_must_say_how(install: Install) -> None:
    more = "\n    from hub import Action, Kind\n    writes = {Kind.INVOICE: frozenset({Action.CREATE})}\n    def open"
    text = refusal(install(shop=GOOD.replace("\n    def open", more)))
    assert "it writes but does not override render(); it writes but does not override allowed()" in text


def test_a_broken_plugin_is_listed_beside_the_good_ones(install: Install) -> None:
    found = discover(install(good=GOOD, bad="1 / 0"))
    assert [(info.name, bool(info.problem)) for info in found.installed] == [("bad", True), ("good", False)]
    assert list(found.providers) == ["shop"]


def test_nothing_is_loaded_when_the_module_is_imported() -> None:
    code = "import sys, hub.plugins; print(sorted(m for m in sys.modules if m.startswith('hub_')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- each hook has a test of its own ---------------------------------------------------------------------------------


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    monkeypatch.syspath_prepend(SAMPLE)
    return load([EntryPoint("sample", "hub_sample", "hub")])


def report(**changes: object) -> RunReport:
    values = {"run_id": 7, "connection_id": 1, "connection": "Shop", "state": RunState.DONE, **changes}
    return RunReport(**values)  # type: ignore[arg-type]


def test_hook_register_providers(sample: Plugins) -> None:
    assert sample.providers["sample"].title == "Sample shop"
    assert list(provider_faults(sample.providers["sample"])) == []


def test_hook_register_blueprints(sample: Plugins, store: Store, vault: Vault) -> None:
    from flask import Flask

    app = Flask("test")
    for pages in sample.blueprints(called(store, vault, on=False).hub):
        app.register_blueprint(pages)
    assert app.test_client().get("/sample/").text == "2 providers"


def test_hook_register_jobs(sample: Plugins, store: Store, vault: Vault, caplog: pytest.LogCaptureFixture) -> None:
    (job,) = sample.jobs(called(store, vault, on=False).hub)
    assert (job.name, job.expression) == ("sample: count", "1h")
    with caplog.at_level("INFO"):
        job.do()
    assert "0 connections wait" in caplog.text


def test_hook_register_commands(sample: Plugins) -> None:
    (command,) = sample.commands()
    assert isinstance(command, click.Command)
    assert command.name == "sample"


def test_hook_run_finished(sample: Plugins, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        for observer in sample.observers:
            observer(report())
    assert [record.message for record in caplog.records] == ["run 7 of Shop: done"]


def test_hook_attention_needed(sample: Plugins, caplog: pytest.LogCaptureFixture) -> None:
    for observer in sample.observers:
        observer(report(counts={"held": 2}))
    assert "Shop needs a person: {'held': 2}" in caplog.text


def test_every_hook_has_a_test() -> None:
    hooks = [name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")]
    assert len(hooks) == 6
    missing = [name for name in hooks if f"test_hook_{name}" not in globals()]
    assert missing == []


def test_a_failing_observer_stops_nobody_and_is_logged(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    bad = "from hub import hookimpl\n@hookimpl\ndef run_finished(report): raise OSError('no mail server')\n"
    good = "from hub import hookimpl\ntold = []\n@hookimpl\ndef run_finished(report): told.append(report.run_id)\n"
    for observer in load(install(a_bad=bad, good=good)).observers:
        observer(report())
    assert sys.modules["hub_good"].told == [7]
    assert "plugin a_bad failed in run_finished" in caplog.text
    assert "no mail server" in caplog.text


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, False),
        ({"counts": {"done": 5, "held": 0}}, False),
        ({"counts": {"failed": 1}}, True),
        ({"state": RunState.FAILED}, True),
        ({"state": RunState.PARKED}, False),
    ],
)
def test_attention_is_needed_when_something_is_left_for_a_person(changes: dict[str, object], needed: bool) -> None:
    assert needs_attention(report(**changes)) is needed
