"""The words of the pages: one for each thing, as the vocabulary has them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.documents import Kind
from hub.web.wording import KINDS, because, known_as, ledger_status

ROOT = Path(__file__).parents[1]
TEMPLATES = [*ROOT.glob("hub/web/templates/**/*.html"), *ROOT.glob("plugins/*/hub_*/templates/**/*.html")]
CODE = [
    *ROOT.glob("hub/web/**/*.py"),
    *ROOT.glob("hub/engine/**/*.py"),
    *ROOT.glob("hub/reconcile/**/*.py"),
    *ROOT.glob("hub/causes/**/*.py"),
    *ROOT.glob("hub/oauth/**/*.py"),
    *ROOT.glob("plugins/*/hub_*/**/*.py"),
]
NOT_SHOWN = re.compile(r"^There is no connection $|^(a step of|run %s of|the session)")
"""What only the commands print, and what only the log has."""


def shown_by(template: Path) -> Iterator[str]:
    """What a template itself says, and what it says between quotes within its expressions."""
    text = re.sub(r"\{#.*?#\}", " ", template.read_text(), flags=re.DOTALL)
    for part in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text, flags=re.DOTALL):
        yield from (
            found for found in re.findall(r"\"([^\"]*)\"|'([^']*)'", part)[0:] for found in found if " " in found
        )
    yield from re.sub(r"<[^>]*>", " ", re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", text, flags=re.DOTALL)).splitlines()


def said_by(module: Path) -> Iterator[str]:
    """The texts of a module that are sentences or titles; not its docstrings, nor names and addresses."""
    tree = ast.parse(module.read_text())
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            text = node.value
            if (" " in text or text[:1].isupper()) and not NOT_SHOWN.search(text):
                yield text


@pytest.mark.parametrize("path", [*TEMPLATES, *CODE], ids=lambda path: str(path.relative_to(ROOT)))
def test_people_read_of_entities_and_never_of_connections(path: Path) -> None:
    said = shown_by(path) if path.suffix == ".html" else said_by(path)
    assert [text.strip() for text in said if re.search(r"\b[Cc]onnections?\b", text)] == []


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("payment", "open", "Recorded"),
        ("refund", "open", "Recorded"),
        ("allocation", "open", "Applied"),
        ("journal", "open", "Posted"),
        ("invoice", "open", "Open"),
        ("payment", "voided", "Voided"),
        ("invoice", "part_paid", "Part paid"),
        ("invoice", None, ""),
    ],
)
def test_only_what_something_can_be_due_on_is_open(kind: str, status: str | None, said: str) -> None:
    assert ledger_status(status, kind) == said


@pytest.mark.parametrize(
    ("number", "kind", "own", "said"),
    [
        ("010-12~2111", "journal", "Cost of goods 2010-12", "010-12~2111 (in full Cost of goods 2010-12)"),
        ("SO-536387", "journal", "SO-536387", "SO-536387"),
        ("N-1-v2", "invoice", "N-1", "N-1-v2 (ours is N-1)"),
        ("INV-1", "payment", "0084a931", "INV-1"),
        ("Acme", "contact", "", "Acme"),
    ],
)
def test_a_number_that_the_ledger_has_otherwise_is_shown_with_the_whole_of_ours(
    number: str, kind: str, own: str, said: str
) -> None:
    assert known_as(number, kind, own) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("changed in the source", "changed in the source"),
        ("map:account:200", "the mapping of account 200 changed"),
        ("map:tax_rate:no vat", "the mapping of tax rate no vat changed"),
        ("link:invoice:6ceb-95", "how the invoice that it rests on stands in the ledger changed"),
        ("target:organisation:", "the ledger told something new of itself"),
        ("target:account:090", "the ledger's account 090 changed"),
        ("source:item:6ceb-95", "the item that it refers to changed in the stock system"),
        ("somebody asked: again", "somebody asked: again"),
    ],
)
def test_why_something_was_planned_is_told_without_the_ids_of_the_hub(reason: str, said: str) -> None:
    assert because(reason) == said


def test_every_kind_has_a_word_for_one_and_for_several() -> None:
    for kind in Kind:
        assert KINDS[kind.value][0] != KINDS[kind.value][1], kind
