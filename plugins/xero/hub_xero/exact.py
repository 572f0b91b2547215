"""JSON whose numbers are exact: a ``Decimal`` is written digit by digit and read back as it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

Json = dict[str, Any]


def encode(value: Any) -> bytes:
    """Write ``value`` as compact UTF-8 JSON. A float raises ``TypeError``: money never passes through one."""
    return _text(value).encode()


def decode(content: bytes | str) -> Any:
    """Read JSON; numbers with a fraction become ``Decimal``."""
    return json.loads(content, parse_float=Decimal)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{encode_basestring(str(key))}:{_text(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return f'"{value:%Y-%m-%d}"'
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    raise TypeError(f"{value!r} can not be written exactly")
