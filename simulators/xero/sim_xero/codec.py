"""Records as JSON text and back, for the state file and the admin pages. Decimals travel as text."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

R = TypeVar("R")


@cache
def _names(record_type: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(record_type))


def plain(value: Any) -> Any:
    """What `json` cannot write by itself: records, decimals, dates."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return {name: getattr(value, name) for name in _names(cast(Any, type(value)))}


def encode(record: Any) -> str:
    """A record as one line of JSON."""
    return json.dumps(record, default=plain, separators=(",", ":"))


def decode(record_type: type[R], text: str) -> R:
    """A record of `record_type` from the JSON `encode` wrote."""
    reader: Callable[[Any], R] = _reader(cast(Any, record_type))
    return reader(json.loads(text))


def _unchanged(value: Any) -> Any:
    return value


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    simple: dict[Any, Callable[[Any], Any]] = {
        Decimal: Decimal,
        date: date.fromisoformat,
        datetime: datetime.fromisoformat,
    }
    if kind in simple:
        return simple[kind]
    if dataclasses.is_dataclass(kind):
        return _record_reader(cast(Any, kind))
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is list and dataclasses.is_dataclass(arguments[0]):
        each = _reader(cast(Any, arguments[0]))
        return lambda values: [each(value) for value in values]
    return _unchanged


def _record_reader(record_type: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(record_type)
    readers = {name: _reader(hints[name]) for name in _names(record_type)}
    return lambda row: record_type(**{name: readers[name](value) for name, value in row.items() if name in readers})
