"""The documentation is complete: each hook, setting, problem, command and word has its place."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hub import hookspecs
from hub.cli import cli
from hub.documents import Kind
from hub.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

NOUNS = "provider connection integration flow kind feed document native snapshot mapping link mark due operation batch"
VERBS = "pull deliver plan approve take render push look settle adopt hold nudge replay audit undo"
WORDS = (NOUNS + " problem run generation " + VERBS).split()


def page(name: str) -> str:
    path = DOCS / name
    assert path.exists(), f"docs/{name} is missing"
    return path.read_text()


def headings(name: str) -> set[str]:
    found = re.findall(r"^#+ (.+)$", page(name), re.MULTILINE)
    return {part.strip() for heading in found for part in heading.replace("`", "").split(", ")}


def codes() -> Iterator[str]:
    """The problem codes in the code, as regular expressions: a computed part stands for any word."""
    for path in [*ROOT.glob("hub/**/*.py"), *ROOT.glob("plugins/*/hub_*/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and "testing" not in path.parts:
                yield from _codes_of(node)


def _codes_of(call: ast.Call) -> Iterator[str]:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    called = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if called == "Problem" and "code" in keywords:
        yield from _text(keywords["code"])
    elif called == "Refusal" and call.args:
        yield from _text(call.args[0])
    elif "what" in keywords and "code" in keywords:
        yield from _text(keywords["code"])


def _text(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant):
        yield re.escape(str(value.value))
    elif isinstance(value, ast.JoinedStr):
        yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in value.values)


def commands(command: click.Command, path: str = "hub") -> Iterator[tuple[str, click.Command]]:
    """Every command of the hub itself, by how it is typed."""
    for name, each in command.commands.items() if isinstance(command, click.Group) else ():
        yield f"{path} {name}", each
        yield from commands(each, f"{path} {name}")


HOOKS = [name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")]
COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_is_documented_with_its_signature(hook: str) -> None:
    assert hook in headings("hooks.md")
    assert f"def {hook}{inspect.signature(getattr(hookspecs, hook))}".replace("'", "") in page("hooks.md")


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_each_setting_is_documented(name: str) -> None:
    assert f"HUB_{name.upper()}" in headings("settings.md")


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    assert {heading for heading in headings("settings.md") if heading.startswith("HUB_")} == known


def test_each_problem_is_documented() -> None:
    known = headings("problems.md")
    used = set(codes())
    assert len(used) > 40
    missing = sorted(code for code in used if not any(re.fullmatch(code, heading) for heading in known))
    assert not missing, "docs/problems.md needs a heading for: " + ", ".join(missing)


def test_no_problem_is_documented_that_does_not_exist() -> None:
    pages = [heading for heading in headings("problems.md") if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", heading)]
    used = set(codes())
    gone = sorted(heading for heading in pages if not any(re.fullmatch(code, heading) for code in used))
    assert not gone, "docs/problems.md describes what the code no longer says: " + ", ".join(gone)


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_each_command_is_documented(path: str) -> None:
    assert path in headings("commands.md")


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_each_command_teaches(path: str) -> None:
    command = COMMANDS[path]
    help_text = command.help or ""
    if path == "hub db":  # a group that does nothing itself
        return
    assert "Example" in help_text, f"the help of {path} shows no example"
    assert "On trouble:" in help_text, f"the help of {path} does not say what happens on trouble"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help or parameter.show_default, f"{path} {parameter.name} is not explained"


@pytest.mark.parametrize("word", [*WORDS, *(kind.value for kind in Kind)])
def test_each_word_of_the_vocabulary_is_explained(word: str) -> None:
    spelt = re.escape(word).replace("_", "[ _]")
    explained = rf"(^#+ .*\b{spelt}\b)|(\*\*{spelt}\*\*)|(^\| *`?{spelt}`? *\|)"
    assert re.search(explained, page("vocabulary.md"), re.MULTILINE | re.IGNORECASE), f"{word!r} is not explained"
