"""Why the hub has no document of what the stock system's books name: its sort, what is in the way, and the fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from hub.causes import Facts
from hub.engine.notes import chunks
from hub.entries import Entry
from hub.models import Integration, NativeRecord, table

records = table(NativeRecord)

NEVER = (
    "{sort}: the entity delivers nothing of this sort, so the hub never reads it. Fix: enter it in the ledger by"
    " hand if it belongs there, as a journal for instance."
)
UNREADABLE = "{sort}: it was found and could not be read. {what} {fix}"
LEFT_OUT = "{sort}: it was read and left out by a rule: {rules}.{fix}"
EARLIER = "{sort}: its record was read before this was booked. It is read again with the next run."
NOT_THERE = (
    "{sort}: none of the stock system's lists had it when they were last read. They are read again with the next run;"
    " if it stays, look there whether it was deleted, or is still a draft."
)
START = " Fix: move the start date back if it is to be posted, or enter it in the ledger by hand."


def say_why(db: sa.Connection, integration: Integration, facts: Facts) -> None:
    """Gather why the hub has no document of the entries since the start date that none explains."""
    for part in chunks(sorted(facts.unknown(integration.start_date))):
        found = _records(db, integration.stock_id, part)
        entries = facts.first_of(part)
        facts.add_unread({id: _why(entries[id], found.get(id) or found.get(_record_of(id), [])) for id in part})


def _record_of(id: str) -> str:
    """The record of a journal, whose id is made of it and of a day."""
    return id.rpartition(":")[0]


def _records(db: sa.Connection, stock_id: int, ids: Sequence[str]) -> Mapping[str, list[sa.Row[Any]]]:
    wanted = {*ids, *map(_record_of, ids)} - {""}
    chosen: sa.Select[Any] = sa.select(records.c.record_id, records.c.problem, records.c.skipped).where(
        records.c.connection_id == stock_id, records.c.record_id.in_(wanted)
    )
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in db.execute(chosen):
        found.setdefault(row.record_id, []).append(row)
    return found


def _why(entry: Entry, rows: Iterable[sa.Row[Any]]) -> str:
    found, sort = list(rows), _spoken(entry)
    if not entry.is_listed:
        return NEVER.format(sort=sort)
    unreadable = next((row.problem for row in found if row.problem), None)
    if unreadable:
        return UNREADABLE.format(sort=sort, what=unreadable.get("what", ""), fix=unreadable.get("fix", "")).strip()
    rules = sorted({rule for row in found for rule in row.skipped.values()})
    if rules:
        fix = START if any("start date" in rule for rule in rules) else ""
        return LEFT_OUT.format(sort=sort, rules=", ".join(islice(rules, 3)), fix=fix)
    if found:
        return EARLIER.format(sort=sort)
    return NOT_THERE.format(sort=sort)


def _spoken(entry: Entry) -> str:
    """The platform's own word for the sort of document, in words, and its number."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", entry.type).capitalize() or "A document"
    return f"{words} {entry.reference}" if entry.reference else words
