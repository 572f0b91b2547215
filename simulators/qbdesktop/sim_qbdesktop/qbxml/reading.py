"""A checked element as plain values: the fields of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import values
from .grammar import Grammar
from .tree import Element

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RefText:
    """How a request names an entry of a list: by ListID, by FullName, by both or, to clear the field, by neither."""

    list_id: str = ""
    full_name: str = ""

    def __bool__(self) -> bool:
        return bool(self.list_id or self.full_name)


def read(element: Element, type_name: str, grammar: Grammar) -> Any:
    """The value of an element: a dict for a content of its own, a `RefText`, or a simple value. Elements that may
    repeat are lists, in their order.
    """
    if type_name.startswith("ref"):
        return RefText(element.value("ListID"), element.value("FullName"))
    definition = grammar.definitions.get(type_name)
    if definition is None:
        return element.text if type_name in grammar.words else values.read(type_name, element.text)
    if definition.text:
        return element.text
    return _fields(element, type_name, grammar)


def _fields(element: Element, type_name: str, grammar: Grammar) -> Fields:
    parts = grammar.definitions[type_name].parts
    fields: Fields = {}
    for child in element.children:
        part = parts[child.tag]
        value = read(child, part.type, grammar)
        if part.repeats:
            fields.setdefault(child.tag, []).append(value)
        else:
            fields[child.tag] = value
    return fields


def lines(element: Element, type_name: str, grammar: Grammar) -> list[tuple[str, Fields]]:
    """The children of a document that are lines, each with its name, in the order of the document."""
    parts = grammar.definitions[type_name].parts
    return [
        (child.tag, read(child, parts[child.tag].type, grammar))
        for child in element.children
        if "Line" in child.tag and parts[child.tag].type in grammar.definitions
    ]
