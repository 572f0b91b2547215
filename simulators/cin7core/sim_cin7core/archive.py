"""Records to plain JSON and back, for the state file and the admin pages; money as text."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Hashable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A record as JSON values: Decimal and date as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def restored(kind: type[T], value: Any) -> T:
    """The record of class ``kind`` that ``plain`` took apart."""
    hints = _hints(cast(Hashable, kind))
    return kind(**{name: _shaped(hint, value[name]) for name, hint in hints.items() if name in value})


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(cast(type[Any], kind))


def _shaped(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = next(part for part in get_args(hint) if part is not type(None))
        return None if value is None else _shaped(inner, value)
    if origin is list:
        return [_shaped(get_args(hint)[0], item) for item in value]
    if origin is tuple:
        return tuple(_shaped(get_args(hint)[0], item) for item in value)
    if hint is Decimal:
        return Decimal(value)
    if hint is date:
        return date.fromisoformat(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return restored(hint, value)
    return value
