"""A source document beside what will be sent, field by field and line by line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from hub.documents import Document, Journal, JournalLine, Line

HIDDEN = frozenset(
    {"kind", "external_id", "source_url", "lines", "addresses", "members", "attributes", "record_id"}
    | {"document_id", "credit_id"}
)
NAMED_BESIDE = {"contact_id": "contact_name"}
"""Ids that say nothing to people, and the field that names the same thing."""

FOR_LINES = frozenset({"account", "tax_code"})
"""A document's own values for lines without one: the hub puts them into the lines, and they are compared there."""

MONEY_DECIMALS = 2

LINE_FIELDS = (
    "description",
    "item_code",
    "quantity",
    "unit_price",
    "amount",
    "tax_amount",
    "account",
    "tax_code",
    "tracking",
)
JOURNAL_FIELDS = ("account", "description", "debit", "credit", "tracking")


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

    source: Line | JournalLine | None
    target: Line | JournalLine | None

    @property
    def is_rounding(self) -> bool:
        """Whether the hub added it so that both sides' totals are the same."""
        return isinstance(self.target, Line) and self.target.purpose == "rounding"

    def booked(self, side: str) -> Decimal | None:
        """What a journal's line books in the ledger as ``debit`` or ``credit``; None where it is on the other side."""
        booked = _value(self.target, side)
        return booked if isinstance(booked, Decimal) else None

    def cell(self, name: str) -> Difference:
        """One field of the line."""
        if name == "tracking":
            # Only the ledger has options; what the source says beside its amounts is no other form of them.
            said = _options(self.target)
            return Difference(name, _options(self.source) or said, said)
        return Difference(name, _text(_value(self.source, name)), _text(_value(self.target, name)))


def _options(line: Line | JournalLine | None) -> str:
    return "; ".join(f"{each.category}: {each.option}" for each in (line.tracking if line else ()))


def _value(line: Line | JournalLine | None, name: str) -> Any:
    """A field of a line; of a journal's amount the side that it is on."""
    if name in ("debit", "credit") and line is not None:
        is_debit = line.amount >= 0
        return abs(line.amount) if is_debit is (name == "debit") else ""
    return getattr(line, name, "")


def line_fields(document: Document) -> tuple[str, ...]:
    """The columns of a document's lines."""
    names = JOURNAL_FIELDS if isinstance(document, Journal) else LINE_FIELDS
    tracked = any(line.tracking for line in getattr(document, "lines", ()))
    return names if tracked else names[:-1]


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
        cells = [pair.cell(name) for name in line_fields(after)]
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
    """A number as short as it is exact: 4, not 4.000000; what may be money keeps two decimals. Thousands apart."""
    if -int(value.as_tuple().exponent) <= MONEY_DECIMALS:
        return f"{value:,f}"
    short = value.normalize()
    return f"{value:,.2f}" if -int(short.as_tuple().exponent) == 1 else f"{short:,f}"
