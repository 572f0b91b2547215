"""A source document beside what will be sent, field by field and line by line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from hub.documents import Document, Line

HIDDEN = frozenset({"kind", "external_id", "source_url", "lines", "addresses"})
NAMED_BESIDE = {"contact_id": "contact_name"}
"""Ids that say nothing to people, and the field that names the same thing."""

FOR_LINES = frozenset({"account", "tax_code"})
"""A document's own values for lines without one: the hub puts them into the lines, and they are compared there."""

MONEY_DECIMALS = 2

LINE_FIELDS = ("description", "item_code", "quantity", "unit_price", "amount", "tax_amount", "account", "tax_code")


@dataclass(frozen=True)
class Difference:
    """One field on both sides."""

    name: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether the hub changed it."""
        return self.before != self.after


@dataclass(frozen=True)
class LinePair:
    """One line on both sides; a side that has no such line is None."""

    source: Line | None
    target: Line | None

    @property
    def is_rounding(self) -> bool:
        """Whether the hub added it so that both sides' totals are the same."""
        return self.target is not None and self.target.purpose == "rounding"

    def cell(self, name: str) -> Difference:
        """One field of the line."""
        return Difference(name, _text(getattr(self.source, name, "")), _text(getattr(self.target, name, "")))


def fields(source: Document | None, target: Document) -> list[Difference]:
    """Every field that either side fills in."""
    names = [name for name in type(target).model_fields if name not in HIDDEN]
    if getattr(target, "lines", ()):
        names = [name for name in names if name not in FOR_LINES]
    names = [name for name in names if not getattr(target, NAMED_BESIDE.get(name, ""), "")]
    made = [Difference(name, _text(getattr(source, name, "")), _text(getattr(target, name, ""))) for name in names]
    return [each for each in made if each.before or each.after]


def line_pairs(source: Document | None, target: Document) -> list[LinePair]:
    """The lines of a trade document, in order; an added rounding line has no source."""
    return [
        LinePair(one, other) for one, other in zip_longest(getattr(source, "lines", ()), getattr(target, "lines", ()))
    ]


def changes(before: Document | None, after: Document) -> list[Difference]:
    """Only what differs between two forms of a document, the lines included, each named by its number."""
    found = [each for each in fields(before, after) if each.changed]
    for number, pair in enumerate(line_pairs(before, after), start=1):
        cells = [pair.cell(name) for name in LINE_FIELDS]
        found += [Difference(f"line {number}, {cell.name}", cell.before, cell.after) for cell in cells if cell.changed]
    return found


def totals(source: Document | None, target: Document) -> list[Difference]:
    """What stands below the lines."""
    return [
        Difference(name, _text(getattr(source, name, "")), _text(getattr(target, name)))
        for name in ("subtotal", "tax", "total")
        if hasattr(target, name)
    ]


def _text(value: Any) -> str:
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, Decimal) else str(value)


def number(value: Decimal) -> str:
    """A number as short as it is exact: 4, not 4.000000; what may be money keeps two decimals."""
    if -int(value.as_tuple().exponent) <= MONEY_DECIMALS:
        return f"{value:f}"
    short = value.normalize()
    return f"{value:.2f}" if -int(short.as_tuple().exponent) == 1 else f"{short:f}"
