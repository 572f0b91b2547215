"""Records that could not be read, with the reason in plain words."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeAlias

from pydantic import ValidationError

from hub import ProviderError, Record
from hub_cin7core.client import FaultError
from hub_cin7core.fields import text
from hub_cin7core.walk import Row

UNREAD = " unread"
"""Ends the stamp of a record whose detail was not worth a call, to tell it from one whose detail was read."""
NAMELESS = "without-id-"
"""Begins the id of a record that Core gave none."""

STOCK_NUMBERS = (
    "StocktakeNumber",
    "AssemblyNumber",
    "DisassemblyNumber",
    "InventoryWriteOffNumber",
    "JournalNumber",
)
Told: TypeAlias = tuple[Record, FaultError | None]
"""A record, and Core's failure where that is why it could not be read."""

_LABELS = ("OrderNumber", *STOCK_NUMBERS, "Name", "AccountName", "SKU", "Code")


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


def failed(row: Row, native: Any, why: ProviderError | ValueError | ArithmeticError) -> Told:
    """What becomes of a record whose detail was refused, could not be had, or was not understood."""
    if isinstance(why, ProviderError):
        return unreadable(row, native, why.problem.detail), why if isinstance(why, FaultError) else None
    return unreadable(row, native, why), None


def say(why: Exception | str) -> str:
    """The reason in one line; a failed check of a document names the field and what is wrong with it."""
    if isinstance(why, ValidationError):
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in why.errors())
        return "; ".join(faults)
    return str(why) or type(why).__name__
