"""What the pages show is true: their code is the sample's, their tests exist, their links lead somewhere."""

from __future__ import annotations

import ast
import configparser
import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "plugins/*/*.md", "simulators/*/*.md") for path in ROOT.glob(pattern)
)
SETUPS = [
    ROOT / "setup.cfg",
    *sorted(path for folder in ("plugins", "simulators") for path in ROOT.glob(f"{folder}/*/setup.cfg")),
    ROOT / "demo/setup.cfg",
    ROOT / "tests/sample_plugin/setup.cfg",
]
SAMPLES = [
    (page.relative_to(ROOT), source, code)
    for page in PAGES
    for source, code in re.findall(r"<!-- (\S+) -->\n```\w+\n(.+?)```", page.read_text(), re.DOTALL)
]
NAMED_TESTS = sorted({name for page in PAGES for name in re.findall(r"`(\S+\.py::test_\w+)`", page.read_text())})
LINKS = [
    (page.relative_to(ROOT), target)
    for page in PAGES
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    if not target.startswith(("http:", "https:", "mailto:"))
]


def anchors(page: Path) -> set[str]:
    """What the headings of a page are linked by, in GitHub's way."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_is_something_to_check() -> None:
    assert len(SAMPLES) >= 8
    assert len(NAMED_TESTS) >= 10
    assert len(LINKS) >= 40


@pytest.mark.parametrize(("page", "source", "code"), SAMPLES)
def test_code_in_the_pages_is_the_code_of_the_sample(page: Path, source: str, code: str) -> None:
    assert code in (ROOT / source).read_text(), f"{page} shows what {source} does not say:\n{code}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_in_the_pages_can_be_parsed(page: Path) -> None:
    for code in re.findall(r"```python\n(.+?)```", page.read_text(), re.DOTALL):
        text = textwrap.dedent(code)
        stub = re.sub(r"(?m)^(def .*[^:\n])$", r"\1: ...", text)  # a signature alone
        ast.parse(re.sub(r"(?m)^return ", "_ = ", stub))


@pytest.mark.parametrize("name", NAMED_TESTS)
def test_a_test_that_is_named_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert re.search(rf"^def {test}\(", (ROOT / path).read_text(), re.MULTILINE), f"{name} does not exist"


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    found = (ROOT / page).parent / path if path else ROOT / page
    assert found.exists(), f"{page} links to {target}"
    assert not anchor or anchor in anchors(found), f"{page} links to {target}, which has no such heading"


def test_the_commands_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    told = {name for page in PAGES for name in re.findall(r"(?:^|`)make (\w+)", page.read_text(), re.MULTILINE)}
    assert {"demo", "test"} <= told
    assert {name for name in told if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()


def test_every_page_is_listed() -> None:
    listed = {(ROOT / page.parent / target).resolve() for page, target in LINKS if "docs" in page.parts}
    missing = {page for page in ROOT.glob("docs/**/*.md") if page.resolve() not in listed} - {ROOT / "docs/index.md"}
    assert missing == set()


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.parent.name)
def test_every_package_says_what_it_is(setup: Path) -> None:
    config = configparser.ConfigParser()
    config.read(setup)
    told = config["metadata"]
    assert all(told.get(name) for name in ("name", "version", "description", "long_description", "license"))
    assert config["options"]["python_requires"] == ">=3.11"
    assert "py.typed" in config["options.package_data"][next(iter(config["options.package_data"]))]
    system = (setup.parent / "pyproject.toml").read_text().splitlines()
    assert system[0] == "[build-system]"
    assert len(system) == 3
