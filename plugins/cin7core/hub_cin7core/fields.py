"""Reading single fields of Core's JSON: pure, and tolerant only where Core is known to be loose.

Core writes nothing as null, as an empty text or as the empty GUID, numbers sometimes as text, and GUIDs in
either letter case (Cin7 Core API v2 documentation). Whatever else is not understood raises
:class:`ReadError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

Native: TypeAlias = Mapping[str, Any]

_NO_GUID = "00000000-0000-0000-0000-000000000000"
_TRUE = frozenset({"true", "1", "yes"})


class ReadError(ValueError):
    """A native record says something that cannot be understood; the text names the field."""


def text(native: Native, *keys: str) -> str:
    """The first of these fields that is not blank, without outer blanks."""
    for key in keys:
        value = native.get(key)
        if value is not None and not isinstance(value, (Mapping, list)) and str(value).strip():
            return str(value).strip()
    return ""


def guid(native: Native, *keys: str) -> str:
    """An id in lower case; null, blank and the empty GUID are all no id."""
    for key in keys:
        value = text(native, key).lower()
        if value and value != _NO_GUID:
            return value
    return ""


def number(native: Native, *keys: str) -> Decimal | None:
    """The first of these fields that holds anything, as an exact number; None when all are null or blank."""
    for key in keys:
        value = native.get(key)
        if value is None or value == "":
            continue
        if isinstance(value, (bool, float, Mapping, list)):
            raise ReadError(f"{key} is not an exact number: {value!r}")
        try:
            exact = Decimal(str(value).strip())
        except InvalidOperation as error:
            raise ReadError(f"{key} is not a number: {value!r}") from error
        if not exact.is_finite():
            raise ReadError(f"{key} is not a number: {value!r}")
        return exact
    return None


def flag(native: Native, key: str, default: bool = False) -> bool:
    """A yes or no, which Core gives as true, 1, "1" or "true"."""
    value = text(native, key)
    return value.lower() in _TRUE if value else default


def day(native: Native, key: str) -> date | None:
    """A document date: Core's local midnight, taken as the calendar day it shows and never shifted."""
    value = text(native, key)
    if not value:
        return None
    if not re.match(r"\d{4}-\d\d-\d\d([T ]|$)", value):
        raise ReadError(f"{key} is not a date: {value!r}")
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise ReadError(f"{key} is not a date: {value!r}") from error


def blocks(native: Native, key: str) -> tuple[Native, ...]:
    """A part that Core gives as a list, as one object (simple purchases) or as nothing, always as a list."""
    value = native.get(key)
    entries: Iterable[Any] = [value] if isinstance(value, Mapping) else value or ()
    if isinstance(entries, str) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ReadError(f"{key} is neither an object nor a list of objects")
    return tuple(entry for entry in entries if entry)


def single(found: Any) -> Native:
    """The one object that a detail is."""
    if not isinstance(found, Mapping):
        raise ReadError("the detail is not an object")
    return found
