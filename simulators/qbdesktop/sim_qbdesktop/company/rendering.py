"""Fields as elements of an answer, in the order and the forms of the table of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..money import amount_text, number_text, price_text
from ..qbxml.grammar import Choice, Part, load
from ..qbxml.tree import Element
from .file import Company
from .records import Fields, Line, Ref

_ADDRESS = ("Addr1", "Addr2", "Addr3", "Addr4", "Addr5")
_NUMBERS: dict[str, Callable[[Decimal], str]] = {"amt": amount_text, "price": price_text}
LINES = "lines"
"""The key of a transaction's lines among the fields to be rendered."""


class Renderer:
    """Writes objects of one company file."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.moments = company.moments
        self.definitions = load("answers").definitions

    def element(self, tag: str, fields: Fields, only: frozenset[str] = frozenset()) -> Element:
        """An element of a name with those of its fields that the table knows, in its order; `only` narrows the first
        level, as IncludeRetElement does.
        """
        return self._content(tag, tag, fields, only)

    def _content(self, tag: str, type_name: str, fields: Fields, only: frozenset[str] = frozenset()) -> Element:
        element = Element(tag)
        for item in self.definitions[type_name].items:
            for child in self._item(item, fields):
                if not only or child.tag in only:
                    element.children.append(child)
        return element

    def _item(self, item: Part | Choice, fields: Fields) -> Iterator[Element]:
        if isinstance(item, Part):
            yield from self._part(item, fields)
        elif item.repeats:
            tags = item.first
            lines: list[Line] = [line for line in fields.get(LINES, []) if line.tag in tags]
            for line in lines:
                yield self._content(line.tag, line.tag, self._line_fields(line))
        else:
            for row in item.rows:
                for each in row:
                    yield from self._item(each, fields)

    def _part(self, part: Part, fields: Fields) -> Iterator[Element]:
        lines = [line for line in fields.get(LINES, []) if line.tag == part.name]
        if lines:
            for line in lines:
                yield self._content(line.tag, line.tag, self._line_fields(line))
            return
        value = fields.get(part.name)
        if part.name.endswith("Block") and part.type == "block":
            value = block(fields.get(part.name.removesuffix("Block")))
        if value is None:
            return
        for each in value if isinstance(value, list) else [value]:
            yield self._value(part, each)

    def _line_fields(self, line: Line) -> Fields:
        return {"TxnLineID": line.line_id, **line.fields}

    def _value(self, part: Part, value: Any) -> Element:
        if part.type == "ref":
            return self.reference(part.name, value)
        if isinstance(value, dict):
            return self._content(part.name, part.type, value)
        return Element(part.name, self._text(part.type, value))

    def reference(self, tag: str, ref: Ref) -> Element:
        """ListID and FullName of an entry."""
        element = Element(tag)
        entry = self.company.entries[ref.list_id]
        element.add("ListID", ref.list_id)
        element.add("FullName", self.company.full_name(entry))
        return element

    def _text(self, type_name: str, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return self.moments.text(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Decimal):
            return _NUMBERS.get(type_name, number_text)(value)
        return str(value)


def block(address: Fields | None) -> Fields | None:
    """An address as the lines that QuickBooks prints."""
    if not address:
        return None
    lines = [address[name] for name in _ADDRESS if address.get(name)]
    region = " ".join(address[name] for name in ("State", "PostalCode") if address.get(name))
    town = ", ".join(part for part in (address.get("City", ""), region) if part)
    lines += [part for part in (town, address.get("Country", "")) if part]
    return dict(zip(_ADDRESS, lines, strict=False))
