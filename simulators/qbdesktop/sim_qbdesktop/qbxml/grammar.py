"""The tables of what a request or an answer may contain, read from `data/*.table`.

The notation is told at the top of `requests.table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files

_PART = re.compile(r"(?P<name>\w+)(?P<occurs>[?*+]?)(?::(?P<type>[\w.]+))?$")
_CLOSING = {"(": ")", "[": "]"}


@dataclass(frozen=True)
class Part:
    """An element that may stand here: its type, and how often."""

    name: str
    type: str
    needed: bool
    repeats: bool

    @cached_property
    def first(self) -> frozenset[str]:
        return frozenset({self.name})


@dataclass(frozen=True)
class Choice:
    """One of several rows of parts; a group with a single row is a choice of one."""

    rows: tuple[tuple[Part | Choice, ...], ...]
    needed: bool
    repeats: bool

    @cached_property
    def first(self) -> frozenset[str]:
        """The names that can begin it."""
        return frozenset(name for row in self.rows for name in _beginnings(row))


def _beginnings(row: tuple[Part | Choice, ...]) -> Iterator[str]:
    for item in row:
        yield from item.first
        if not optional(item):
            return


def optional(item: Part | Choice) -> bool:
    """Whether nothing at all may stand there."""
    if not item.needed:
        return True
    return isinstance(item, Choice) and any(all(map(optional, row)) for row in item.rows)


@dataclass(frozen=True)
class Definition:
    """The content of one sort of element: its attributes (and whether they must be there) and its parts.
    An element with `text` holds text of that type instead.
    """

    attributes: dict[str, bool]
    items: tuple[Part | Choice, ...]
    text: str = ""

    @cached_property
    def parts(self) -> dict[str, Part]:
        """Every part wherever it stands, in order."""
        return {part.name: part for part in _flat(self.items)}


def _flat(items: tuple[Part | Choice, ...]) -> Iterator[Part]:
    for item in items:
        if isinstance(item, Part):
            yield item
        else:
            for row in item.rows:
                yield from _flat(row)


@dataclass
class Grammar:
    """All definitions of one table by name, and the lists of words that a value may be."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    words: dict[str, frozenset[str]] = field(default_factory=dict)


def _part(token: str) -> Part:
    match = _PART.match(token)
    if match is None:
        raise ValueError(f"not in the notation: {token}")
    occurs = match["occurs"]
    return Part(match["name"], match["type"] or match["name"], occurs in ("", "+"), occurs in ("*", "+"))


def _row(tokens: list[str], ends: str) -> tuple[tuple[Part | Choice, ...], str]:
    """Items up to one of the tokens of `ends` (a new row, or the end of the group); which one it was."""
    items: list[Part | Choice] = []
    while tokens:
        token = tokens.pop(0)
        if token[0] in ends:
            return tuple(items), token
        items.append(_group(tokens, token) if token in _CLOSING else _part(token))
    return tuple(items), ""


def _group(tokens: list[str], opening: str) -> Choice:
    rows, token = [], "|"
    while token == "|":  # noqa: S105 (a token of the notation)
        row, token = _row(tokens, "|" + _CLOSING[opening])
        rows.append(row)
    occurs = token[1:]
    return Choice(tuple(rows), occurs in ("", "+"), occurs in ("*", "+"))


def _definition(body: str) -> Definition:
    tokens = body.split()
    attributes = {token[1:].rstrip("?"): not token.endswith("?") for token in tokens if token.startswith("@")}
    tokens = [token for token in tokens if not token.startswith("@")]
    if tokens and tokens[0].startswith("text:"):
        return Definition(attributes, (), tokens[0][5:])
    items, _ = _row(tokens, "|")
    return Definition(attributes, items)


def _entries(text: str) -> Iterator[str]:
    """Each entry on one line, comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    yield from re.sub(r"\n\s+", " ", "\n".join(lines)).splitlines()


@cache
def load(name: str) -> Grammar:
    """A table of the package, `requests` or `answers`."""
    grammar = Grammar()
    text = (files("sim_qbdesktop") / "data" / f"{name}.table").read_text(encoding="utf-8")
    for entry in _entries(text):
        head, sign, body = entry.split(" ", 2)
        if sign == "=":
            grammar.definitions[head] = _definition(body)
        else:
            grammar.words[head] = frozenset(body.split())
    return grammar


@cache
def not_simulated() -> frozenset[str]:
    """Names of requests that QuickBooks knows and this simulator does not."""
    text = (files("sim_qbdesktop") / "data" / "not_simulated.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
