"""Records as JSON text and back, for the state file and the admin pages."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from . import records

_KINDS: dict[str, Any] = {
    name: value for name, value in vars(records).items() if dataclasses.is_dataclass(value) and isinstance(value, type)
}
_MARK = "$"


def _plain(value: Any) -> Any:
    """What `json` can't write by itself, with a mark that says what it was."""
    if isinstance(value, Decimal):
        return {_MARK: "decimal", "is": str(value)}
    if isinstance(value, datetime):
        return {_MARK: "datetime", "is": value.isoformat()}
    if isinstance(value, date):
        return {_MARK: "date", "is": value.isoformat()}
    return {_MARK: type(value).__name__, **shallow(value)}


def shallow(record: Any) -> dict[str, Any]:
    """The fields of a record, not copied."""
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _marked(row: dict[str, Any]) -> Any:
    mark = row.pop(_MARK, None)
    if mark is None:
        return row
    readers: dict[str, Any] = {"decimal": Decimal, "datetime": datetime.fromisoformat, "date": date.fromisoformat}
    if mark in readers:
        return readers[mark](row["is"])
    return _KINDS[mark](**row)


def encode(record: Any) -> str:
    """A record as one line of JSON."""
    return json.dumps(record, default=_plain, separators=(",", ":"))


def decode(text: str) -> Any:
    """The record that `encode` wrote."""
    return json.loads(text, object_hook=_marked)


def shown(value: Any) -> Any:
    """Any record as plain JSON values without marks: amounts and times as text, references as ids."""
    if isinstance(value, records.Ref):
        return value.list_id
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: shown(each) for name, each in shallow(value).items()}
    if isinstance(value, dict):
        return {str(name): shown(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown(each) for each in value]
    return str(value) if isinstance(value, Decimal | date) else value
