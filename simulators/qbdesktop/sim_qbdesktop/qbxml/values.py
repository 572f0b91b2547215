"""The simple types of qbXML: what text they allow and what it means.

Source: QuickBooks Desktop SDK Programmer's Guide, data types of qbXML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

_NUMBER = r"([+-]?\d{1,10}(\.\d{1,5})?)?"
_DATETIME = r"(\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}(:\d{1,2}(:\d{1,2}([+-]\d{1,2}:\d{1,2})?)?)?)?)?"
PATTERNS = {
    "amt": re.compile(r"([+-]?\d{1,13}(\.\d{2})?)?"),
    "price": re.compile(_NUMBER),
    "quan": re.compile(_NUMBER),
    "percent": re.compile(_NUMBER),
    "float": re.compile(r"([+-]?(\d+(\.\d*)?|\.\d+))?"),
    "int": re.compile(r"[+-]?\d+"),
    "bool": re.compile(r"(true|false|1|0)?"),
    "date": re.compile(r"(\d{4}-\d{2}-\d{2})?"),
    "datetime": re.compile(_DATETIME),
    "guid": re.compile(r"0|\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}"),
    "id": re.compile(r".{0,36}", re.DOTALL),
}

# The status QuickBooks answers with for a value of the wrong form, where it answers at all (switch value_errors).
STATUSES = {
    "bool": 3010,
    "date": 3020,
    "datetime": 3020,
    "int": 3050,
    "amt": 3040,
    "price": 3045,
    "percent": 3050,
    "quan": 3060,
    "id": 3000,
}


def longest(type_name: str) -> int | None:
    """The greatest length of a `strN`; None where there is none."""
    digits = type_name.removeprefix("str")
    return int(digits) if type_name.startswith("str") and digits else None


def fits(type_name: str, text: str) -> bool:
    """Whether the text is allowed for a simple type. Types without a rule allow anything."""
    limit = longest(type_name)
    if limit is not None:
        return len(text) <= limit
    pattern = PATTERNS.get(type_name)
    if pattern is None:
        return True
    return bool(pattern.fullmatch(text)) and (type_name != "date" or _is_day(text))


def _is_day(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


_READERS: dict[str, Callable[[str], Any]] = {
    "amt": _number,
    "price": _number,
    "quan": _number,
    "percent": _number,
    "float": _number,
    "int": int,
    "bool": lambda text: text in ("true", "1") if text else None,
    "date": lambda text: date.fromisoformat(text) if text else None,
}


def read(type_name: str, text: str) -> Any:
    """The value of a text that `fits`; None for an empty number, flag or day."""
    return _READERS.get(type_name, str)(text)
