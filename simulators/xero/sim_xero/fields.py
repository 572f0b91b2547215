"""Reading fields of what a client sent. What cannot be converted ends the request (PostDataInvalidException).

JSON null counts as absent, as the API documentation says of omitted elements on updates.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from .dates import parse_day
from .errors import ValidationError, post_data_invalid

Raw = dict[str, Any]
_LARGEST = Decimal(10) ** 15


def text(raw: Raw, name: str) -> str | None:
    """A text field as sent, or None when absent."""
    value = raw.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        raise post_data_invalid(f"Error reading string. Path '{name}'.")
    return str(value)


def short_text(raw: Raw, name: str, longest: int, problems: ValidationError) -> str | None:
    """A text field with a maximum length."""
    value = text(raw, name)
    if value is not None and len(value) > longest:
        problems.add(f"The field {name} must be at most {longest} characters long.", name)
    return value


def number(raw: Raw, name: str) -> Decimal | None:
    """A number, sent as a JSON number or as text; None when absent."""
    value = raw.get(name)
    if value is None:
        return None
    found = value if type(value) is Decimal else _decimal(value)
    if found is not None and -_LARGEST < found < _LARGEST:
        return found
    raise post_data_invalid(f"Error converting value {value!r} to type 'System.Decimal'. Path '{name}'.")


def _decimal(value: Any) -> Decimal | None:
    """An integer or a number in text; None when it is neither."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def day(raw: Raw, name: str) -> date | None:
    """A document date; None when absent."""
    value = raw.get(name)
    if value is None:
        return None
    try:
        return parse_day(value if isinstance(value, str) else "")
    except ValueError:
        raise post_data_invalid(f"The string '{value}' is not a valid AllXsd value. Path '{name}'.") from None


def flag(raw: Raw, name: str) -> bool | None:
    """A boolean, also sent as text; None when absent."""
    value = raw.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise post_data_invalid(f"Error converting value {value!r} to type 'System.Boolean'. Path '{name}'.")


def choice(raw: Raw, name: str, allowed: tuple[str, ...], type_name: str) -> str | None:
    """One of an enumeration's words, exactly spelled; None when absent."""
    value = text(raw, name)
    if value is not None and value not in allowed:
        raise post_data_invalid(f"Error converting value \"{value}\" to type '{type_name}'. Path '{name}'.")
    return value


def rows(raw: Raw, name: str) -> list[Raw] | None:
    """A list of objects; None when absent."""
    value = raw.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise post_data_invalid(f"Error reading the list '{name}'.")
    return value


def part(raw: Raw, name: str) -> Raw:
    """A nested object; empty when absent."""
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise post_data_invalid(f"Error reading the object '{name}'.")
    return value
