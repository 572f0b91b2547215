"""Stocktakes, adjustments, assemblies and the like, and journals of their own: pure.

Their values come from their own accounting entries. The quantities of a stock adjustment are what is on hand
afterwards, so nothing could be worked out of quantity and cost (Cin7 Core API v2 documentation, Stock Adjustment,
Stocktake, Finished Goods, Disassembly, Inventory Write-Off and Journal).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal

from hub import JournalReason
from hub_cin7core.fields import Native, ReadError, blocks, guid, number, text
from hub_cin7core.native_attributes import place_attributes
from hub_cin7core.native_journals import NOTHING_TO_POST, Bookings, Cause, Owner
from hub_cin7core.native_pairs import Pair, day_of, read_pair
from hub_cin7core.native_task import Found

_COUNTS = "COMPLETED"
_RULES = {"VOIDED": "voided", "DRAFT": "draft"}
_UNFINISHED = frozenset({"AUTHORISED", "AUTHORIZED", "IN PROGRESS", "WORK IN PROGRESS"})


@dataclass(frozen=True)
class StockForm:
    """Where one sort of stock document keeps its fields.

    The days of its entries count where they have one, else the document's ``day``. If it has a day of ``work in
    progress``, entries are of that one or of the document's, whatever they say.
    """

    reason: JournalReason
    number: str
    day: str = "EffectiveDate"
    entries: str = "Transactions"
    work_in_progress: str = ""


ADJUSTMENT = StockForm(JournalReason.ADJUSTMENT, "StocktakeNumber")
STOCKTAKE = StockForm(JournalReason.STOCKTAKE, "StocktakeNumber")
WRITE_OFF = StockForm(JournalReason.WRITE_OFF, "InventoryWriteOffNumber")
ASSEMBLY = StockForm(JournalReason.ASSEMBLY, "AssemblyNumber", "CompletionDate", work_in_progress="WIPDate")
DISASSEMBLY = StockForm(JournalReason.DISASSEMBLY, "DisassemblyNumber", "CompletionDate")
MANUAL = StockForm(JournalReason.MANUAL, "JournalNumber", entries="Lines")


def rule_of(native: Native) -> str:
    """Why a document does not count, from its row or its detail; empty when it counts."""
    status = text(native, "Status").upper()
    if status == _COUNTS:
        return ""
    if status not in _RULES and status not in _UNFINISHED:
        raise ReadError(f"unknown document status {status!r}")
    return _RULES.get(status, "not completed")


def read_stock(native: Native, form: StockForm, base_currency: str) -> Found:
    """The journals of one document, one for each day."""
    found = Found()
    own_id = guid(native, "TaskID")
    rule = rule_of(native)
    if rule:
        found.skip(form.reason, own_id, rule)
        return found
    bookings = Bookings()
    cause = Cause(form.reason, text(native, "Reference", "Narration"))
    for pair in _pairs(native, form, base_currency):
        bookings.book(own_id, pair, cause)
    owner = Owner(own_id, text(native, form.number) or own_id, base_currency, place_attributes(native))
    bookings.add_journals(found, owner)
    if not found.documents and not found.skipped:
        found.skip(form.reason, own_id, NOTHING_TO_POST)
    return found


def _pairs(native: Native, form: StockForm, base_currency: str) -> Iterator[Pair]:
    for entry in blocks(native, form.entries):
        yield read_pair(_in_base(entry, native, base_currency), dated=_dated(entry, native, form))


def _dated(entry: Native, native: Native, form: StockForm) -> Date | None:
    own = day_of(entry, "EffectiveDate")
    whole = day_of(native, form.day)
    if form.work_in_progress and own != day_of(native, form.work_in_progress):
        return whole or own
    return own or whole


def _in_base(entry: Native, native: Native, base_currency: str) -> Native:
    """The entry with its amount in base currency; journals may be written in another one."""
    if text(native, "Currency").upper() in ("", base_currency):
        return entry
    return {**entry, "Amount": _base_amount(entry, native)}


def _base_amount(entry: Native, native: Native) -> Decimal:
    given = number(entry, "BaseAmount")
    if given is not None:
        return given
    amount, rate = number(entry, "Amount"), number(native, "CurrencyConversionRate")
    if not amount:
        return Decimal(0)
    if not rate or rate < 0:
        raise ReadError("a line in foreign currency has neither BaseAmount nor a rate")
    return amount * rate
