"""Records that could not be read, with the reason in plain words."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import ValidationError

from hub import Record
from hub_cin7core.fields import text
from hub_cin7core.walk import Row

NAMELESS = "without-id-"
"""Begins the id of a record that Core gave none."""

_LABELS = ("OrderNumber", "Name", "AccountName", "SKU", "Code")


def unreadable(row: Row, native: Any, why: Exception | str) -> Record:
    """The record a person is told about; the rest of the page goes on."""
    told = json.dumps(native, default=str, ensure_ascii=False)
    return Record.unreadable(
        row.id or f"{NAMELESS}{hashlib.sha256(told.encode()).hexdigest()[:16]}",
        told,
        say(why),
        stamp=row.stamp,
        label=text(row.native, *_LABELS),
    )


def say(why: Exception | str) -> str:
    """The reason in one line; a failed check of a document names the field and what is wrong with it."""
    if isinstance(why, ValidationError):
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in why.errors())
        return "; ".join(faults)
    return str(why) or type(why).__name__
