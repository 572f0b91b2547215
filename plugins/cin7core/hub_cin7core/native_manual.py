"""The manual journals of a sale or purchase: lines that people entered there, and lines that Core adds itself: pure.

A sale and a simple purchase keep one object of lines, an advanced purchase a list of them, one for each invoice. What
people entered counts once it is authorised; Core's own lines (``IsSystem``) are booked whatever the status of the
object says (Cin7 Core API v2 documentation, Sale, Purchase and Advanced Purchase, manual journals).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hub_cin7core.fields import Native, ReadError, blocks, flag, guid, text
from hub_cin7core.native_pairs import Pair, day_of, read_pair
from hub_cin7core.native_task import Task

NUMBER = "InvoicingAndReceivingNumber"
"""Joins an invoice of an advanced purchase with what was received and booked for it."""

_POSTED = frozenset({"AUTHORISED", "AUTHORIZED", "COMPLETED"})
_OPEN = frozenset({"", "DRAFT", "NOT AVAILABLE"})
_VOIDED = "VOIDED"


@dataclass(frozen=True)
class ManualLine:
    """One line that counts; ``task`` is that of its journal, ``number`` that of the invoice it belongs to, if any."""

    task: str
    number: str
    pair: Pair
    is_system: bool


def read_manual_lines(task: Task, native: Native) -> Iterator[ManualLine]:
    """The lines that count; what does not count yet, or no more, is noted with the rule."""
    for block in blocks(native, "ManualJournals"):
        own_id = guid(block, "TaskID") or task.header.id
        status = text(block, "Status").upper()
        for line in blocks(block, "Lines"):
            is_system = flag(line, "IsSystem")
            if _counts(status, is_system=is_system):
                yield ManualLine(own_id, text(block, NUMBER), read_pair(line, dated=day_of(line, "Date")), is_system)
            else:
                task.skip("journal", own_id, "voided" if status == _VOIDED else "draft")


def _counts(status: str, *, is_system: bool) -> bool:
    if status in _POSTED or (is_system and status != _VOIDED):
        return True
    if status in _OPEN or status == _VOIDED:
        return False
    raise ReadError(f"unknown status of a manual journal {status!r}")
