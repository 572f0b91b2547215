"""Journals as Core's JSON: those of their own and the manual journals of sales and purchases."""

from __future__ import annotations

from collections.abc import Sequence

from sim_cin7core import stamps
from sim_cin7core.books.work_rows import base_amount
from sim_cin7core.cards import number
from sim_cin7core.records import AUTHORISED, NOT_AVAILABLE, VOIDED, JournalLine, JsonObject
from sim_cin7core.stock_records import Journal
from sim_cin7core.switches import Switches


def journal(item: Journal, switches: Switches) -> JsonObject:
    """A row of Journals, with its lines; a voided one has none (documentation, Journal, DELETE)."""
    return {
        "TaskID": item.id,
        "Status": item.status,
        "JournalNumber": item.number,
        "Currency": item.currency,
        "CurrencyConversionRate": number(item.rate),
        "EffectiveDate": stamps.midnight(item.date),
        "Narration": item.narration,
        "Notes": item.notes,
        "Lines": [
            {
                "Debit": line.debit,
                "Credit": line.credit,
                "Reference": line.reference,
                "Amount": number(line.amount),
                "BaseAmount": number(base_amount(item, line.amount, switches)),
            }
            for line in item.lines
            if item.status != VOIDED
        ],
        "Attachments": [],
    }


def manual_journals(lines: Sequence[JournalLine], *, with_system: bool = False) -> JsonObject:
    """The one ManualJournals object of a sale or simple purchase; IsSystem is shown for purchases only."""
    shown = [_line(line, with_system) for line in lines]
    return {"Status": AUTHORISED if shown else NOT_AVAILABLE, "Lines": shown}


def _line(line: JournalLine, with_system: bool) -> JsonObject:
    shown: JsonObject = {
        "Reference": line.reference,
        "Amount": number(line.amount),
        "Date": stamps.midnight(line.date),
        "Debit": line.debit,
        "Credit": line.credit,
    }
    return {**shown, "IsSystem": line.system} if with_system else shown
