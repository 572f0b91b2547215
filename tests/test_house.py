"""The house's own rules: who may import what, who has a door to which library, and how files are kept."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hub

ROOT = Path(__file__).parents[1]
HUB = ROOT / "hub"
PLUGINS = sorted(path for path in ROOT.glob("plugins/*/hub_*") if path.is_dir())
SIMULATORS = sorted(path for path in ROOT.glob("simulators/*/sim_*") if path.is_dir())

DOORS = {
    "alembic": ("migrations",),
    "apscheduler": ("scheduler",),
    "click": ("cli", "plugins.py"),
    "cryptography": ("vault.py",),
    "email_validator": ("web/addressees.py",),
    "flask": ("app.py", "web"),
    "flask_security": ("accounts", "web/access.py", "web/set_up.py", "web/sign_in.py"),
    "passlib": ("accounts/passwords.py",),
    "pluggy": ("hookspecs.py", "plugins.py"),
    "pygal": ("web/charts.py",),
    "python_calamine": ("web/sheets.py",),
    "rapidfuzz": ("engine/likeness.py",),
    "requests": ("http",),
    "rich": ("cli",),
    "sqlmodel": ("models", "store.py", "migrations"),
    "urllib3": ("http",),
    "waitress": ("server.py",),
    "xlsxwriter": ("web/sheets.py",),
    "zxcvbn": ("accounts/passwords.py",),
}
"""The only places of the hub that import a library."""

FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "core", "manager", "service", "handler", "misc"}

PROVIDER_WORDS = re.compile(r"cin7|xero|quickbooks|qbdesktop|\bqb\b|\bvies\b", re.IGNORECASE)

LONGEST = 400
LONG_FILES = {
    "hub/documents.py": "one class per kind of document, all of one pattern",
    "hub/testing/contract.py": "the whole contract of a provider, to be read in one go",
    "hub/providers.py": "the whole contract between the hub and a provider",
}
"""Files that may be longer, and why."""


def sources(folder: Path) -> Iterator[Path]:
    """The modules of a package, without the revisions of the database, which nobody edits."""
    return (path for path in sorted(folder.rglob("*.py")) if "versions" not in path.parts)


def own_sources() -> Iterator[Path]:
    for folder in (HUB, *PLUGINS, *SIMULATORS, *ROOT.glob("demo/hub_demo")):
        yield from sources(folder)


def imports(path: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, in functions too."""
    for node in imports(path):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        else:
            yield from (alias.name for alias in node.names)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_layers_and_the_other_contracts_hold() -> None:
    # A process of its own: the linter sets up logging, which would silence the loggers of the tests that follow.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_package_is_under_the_contracts() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")

    def names(section: str, option: str) -> set[str]:
        return set(config[f"importlinter:contract:{section}"][option].split())

    plugins, simulators = {path.name for path in PLUGINS}, {path.name for path in SIMULATORS}
    natives = {f"{path.parent.name}.{path.stem}" for plugin in PLUGINS for path in plugin.glob("native*.py")}
    assert plugins | simulators <= set(config["importlinter"]["root_packages"].split())
    assert plugins | simulators <= names("strangers", "forbidden_modules")
    assert plugins <= names("plugins", "modules")
    assert plugins <= names("witnesses", "forbidden_modules")
    assert simulators <= names("witnesses", "source_modules")
    assert natives <= names("natives", "source_modules")


@pytest.mark.parametrize("library", sorted(DOORS))
def test_each_library_has_one_door(library: str) -> None:
    doors = tuple(HUB / door for door in DOORS[library])
    guests = [
        name_of(path)
        for path in sources(HUB)
        if any(name.partition(".")[0] == library for name in imported(path))
        and not any(door == path or door in path.parents for door in doors)
    ]
    allowed = {"hub/hookspecs.py", "hub/plugins.py"} if library in ("click", "flask") else set()  # annotations
    assert set(guests) <= allowed


def test_plugins_use_only_what_the_hub_offers_them() -> None:
    offered = set(hub.__all__)
    wrong = []
    for plugin in PLUGINS:
        for path in sources(plugin):
            for node in imports(path):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names if alias.name.partition(".")[0] == "hub"]
                elif (node.module or "").partition(".")[0] == "hub":
                    submodule = node.module != "hub"
                    names = [alias.name for alias in node.names if submodule or alias.name not in offered]
                else:
                    names = []
                wrong += [f"{name_of(path)}:{node.lineno} {name}" for name in names]
    assert wrong == []


def test_the_hub_names_no_provider() -> None:
    texts = [path for path in HUB.rglob("*") if path.suffix in {".py", ".html", ".js", ".css", ".mako", ".json"}]
    assert len(texts) > 50
    found = [
        f"{name_of(path)}:{number} {line.strip()}"
        for path in texts
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if PROVIDER_WORDS.search(line)
    ]
    assert found == []


def test_modules_are_named_after_things() -> None:
    assert [name_of(path) for path in own_sources() if path.stem in FORBIDDEN_NAMES] == []


def test_files_are_short_unless_there_is_a_reason() -> None:
    long = {name_of(path) for path in own_sources() if len(path.read_text().splitlines()) > LONGEST}
    assert long - LONG_FILES.keys() == set(), "split these, or give the reason in LONG_FILES"
    assert LONG_FILES.keys() - long == set(), "these are short now: take them out of LONG_FILES"


def test_no_mark_of_unfinished_work_is_left() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [name_of(path) for path in own_sources() if marks.search(path.read_text())] == []


def test_no_exception_is_swallowed_in_silence() -> None:
    silent = [
        f"{name_of(path)}:{node.lineno}"
        for path in own_sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(each, ast.Pass) for each in node.body)
    ]
    assert silent == []
