"""What comes in addresses and forms, before any page reads it: what no database takes is left out here, once for all.

PostgreSQL refuses a text with a zero character, and both databases refuse numbers that are larger than their columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict, iter_multi_items
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter, ValidationError

LARGEST_ID = 2**31 - 1
"""No row has a larger id: it is what the smallest of the columns holds that have one."""


class Sent(ImmutableMultiDict[str, Any]):
    """The arguments of an address or the fields of a form, without zero characters."""

    def __init__(self, sent: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__([(_readable(name), _readable(value)) for name, value in iter_multi_items(sent or ())])


class Incoming(Request):
    """A request whose arguments and fields every database takes."""

    parameter_storage_class = Sent


class IdInPath(IntegerConverter):
    """``<int:...>`` in a path: what can be no row's id leads nowhere."""

    def __init__(self, map: Map, fixed_digits: int = 0) -> None:
        super().__init__(map, fixed_digits, max=LARGEST_ID)


class TextInPath(UnicodeConverter):
    """A word in a path; one with a zero character leads nowhere."""

    def to_python(self, value: str) -> str:
        """The word."""
        if "\0" in value:
            raise ValidationError
        return value


def id_of(text: str) -> int | None:
    """The id that a text is; None for what no row can have as its id."""
    is_short_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_ID))
    number = int(text) if is_short_number else 0
    return number if 0 < number <= LARGEST_ID else None


def id_in(sent: Mapping[str, str], name: str) -> int | None:
    """The id that an argument or a field of this name holds; None where there is none."""
    return id_of(sent.get(name, "").strip())


def install(app: Flask) -> None:
    """Have an application read requests in this way; before its pages are registered."""
    app.request_class = Incoming
    app.url_map.converters |= {"int": IdInPath, "default": TextInPath, "string": TextInPath}


def _readable(value: Any) -> Any:
    """A text without zero characters; a file as it is."""
    return value.replace("\0", "") if isinstance(value, str) else value
