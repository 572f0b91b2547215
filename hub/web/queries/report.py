"""The sync report: every document of an integration with both numbers and how it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.mapping import fold
from hub.models import FlowMode, OperationState
from hub.store import Store
from hub.web import wording
from hub.web.forms import cleaned
from hub.web.paging import Paged
from hub.web.queries.naming import names_of
from hub.web.queries.report_statements import (
    DATED,
    NEWEST_OPERATIONS,
    ON_ITS_WAY,
    ORDERS,
    PLANNED,
    RULES,
    STUCK,
    Sort,
    Statements,
    SyncStatus,
    statements,
)
from hub.web.queries.tables import FLOWS
from hub.web.queries.together import memberships
from hub.web.remembered import WORTH, remembered

PORTION = 500
FILTERS = tuple(status for status in SyncStatus if status is not SyncStatus.UNPLANNED)


@dataclass(frozen=True)
class Filter:
    """Which documents are asked for; empty parts leave nothing out.

    Days are as they were typed: while one can't be read, ``faults`` says so and nothing is found.
    """

    status: str = ""
    kind: str = ""
    text: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Filter:
        """The filter in an address; a status or kind that there is none of is left out."""
        status, kind = sent.get("status", ""), sent.get("kind", "")
        return cls(
            status=status if status in FILTERS else "",
            kind=kind if kind in DATED else "",
            text=sent.get("text", "").strip(),
            since=typed_day(sent.get("since", "")),
            until=typed_day(sent.get("until", "")),
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The filter as the arguments of an address."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with it, by the name of the part; nothing is found until it is corrected."""
        return day_faults({"since": self.since, "until": self.until})

    @property
    def order(self) -> str:
        """What comes first, in words."""
        return ORDERS.get(self.status, PLANNED)

    @property
    def sort(self) -> Sort:
        """What it asks about."""
        return Sort(self.status, bool(self.since), bool(self.until), bool(self.text))


@dataclass(frozen=True)
class Entry:
    """One document of the report, with what its link says: ``target_id`` is None as long as it has none.

    ``operation`` is its newest one that counts.
    """

    document: sa.Row[Any]
    status: SyncStatus
    operation: sa.Row[Any] | None = None
    rule: str = ""
    journal: sa.Row[Any] | None = None
    """The journal that it is posted in together with others."""
    called: str = ""
    """After the document that it belongs to; empty where it has a number of its own."""

    @property
    def name(self) -> str:
        """What people call it in the stock system."""
        return str(self.document.number or self.called or self.document.label)

    @property
    def ledger_name(self) -> str:
        """What people find it by in the ledger; a record without a number there is told as what it is of."""
        if self.document.target_id is None:
            return ""
        return self.document.target_number or f"{wording.kind_title(self.document.kind)} {self.name}"

    @property
    def why(self) -> str:
        """What there is to say about the status, in a sentence; empty when it speaks for itself."""
        if self.status is SyncStatus.LEFT_OUT:
            return self.rule
        if self.journal is not None:
            return f"{'posted' if self.journal.posted else 'waits'} in journal {self.journal.label}"
        if self.operation is None:
            return ""
        if self.status is SyncStatus.FAILED:
            return (self.operation.problem or {}).get("what", "") or "the answer was lost; it is looked for"
        if self.status is SyncStatus.WARNING:
            return "; ".join(self.operation.warnings)
        return str(self.operation.reason) if self.status is SyncStatus.SKIPPED else ""

    @property
    def source_address(self) -> str:
        """Where the stock system shows it; empty where it has no page."""
        return json.loads(self.document.document).get("source_url") or ""


def readable_day(text: str) -> str:
    """The text, if it is a day such as 2025-07-01; else nothing."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def typed_day(text: str) -> str:
    """A day as an input of dates shows it, or what was typed instead."""
    return readable_day(text) or cleaned(text)


def day_faults(days: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with typed days, by the names of their fields."""
    wrong = {name: day for name, day in days.items() if day and not readable_day(day)}
    return {name: f"{day} is not a date such as 2025-07-01." for name, day in wrong.items()}


def entries(db: sa.Connection, integration: sa.Row[Any], chosen: Filter, number: int) -> Paged:
    """One page of the report, in the order that the filter names."""
    kinds = remembered(db, ("kinds on", integration.id), lambda: _kinds(db, integration.id))
    made, asked = statements(chosen.sort), _parameters(integration, chosen, kinds)
    found = _with_text(db, made, asked, number) if chosen.text else None
    page, ids = found or _page_of(db, integration, chosen, made, asked, number)
    if not ids:
        return page
    rows = db.execute(made.rows, {"ids": ids, "integration": integration.id, "stock": integration.stock_id}).all()
    return replace(page, rows=_complete(db, integration, rows))


def _with_text(
    db: sa.Connection, made: Statements, asked: Mapping[str, Any], number: int
) -> tuple[Paged, Sequence[int]] | None:
    """The page and its ids, found and counted in one look; None where the list has fewer pages."""
    page = Paged([], 0, number)
    cut = {"start": (number - 1) * page.size, "most": page.size}
    rows = db.execute(made.counted, {**asked, **cut}).all()
    if rows:
        return replace(page, total=rows[0][1]), [row[0] for row in rows]
    return (page, []) if number == 1 else None


def _page_of(
    db: sa.Connection,
    integration: sa.Row[Any],
    chosen: Filter,
    made: Statements,
    asked: Mapping[str, Any],
    number: int,
) -> tuple[Paged, Sequence[int]]:
    total = remembered(
        db,
        ("report", integration.id, integration.stock_id, chosen, tuple(asked["kinds"])),
        lambda: int(db.execute(made.total, asked).scalar_one()),
        lambda found: found >= WORTH,
    )
    page = Paged([], total, number)
    page = replace(page, number=min(number, page.last))
    return page, _ids(db, made, asked, page)


def _ids(db: sa.Connection, made: Statements, asked: Mapping[str, Any], page: Paged) -> Sequence[int]:
    """The ids of one page, counted from the nearer end, so that the last pages are as near as the first."""
    start, end = (page.number - 1) * page.size, min(page.number * page.size, page.total)
    is_near = start <= page.total // 2
    cut = {"start": start if is_near else page.total - end, "most": max(0, end - start)}
    return db.execute(made.newest if is_near else made.oldest, {**asked, **cut}).scalars().all()


def every_entry(store: Store, integration: sa.Row[Any], chosen: Filter) -> Iterator[Entry]:
    """The whole report, oldest first, read a portion at a time: no transaction is open between two portions."""
    made, last = statements(chosen.sort), 0
    while True:
        with store.read() as db:
            asked = _parameters(integration, chosen, _kinds(db, integration.id))
            rows = db.execute(made.after, {**asked, "last": last, "most": PORTION}).all()
            found = _complete(db, integration, rows)
        if not rows:
            return
        yield from found
        last = rows[-1].base_id


def _parameters(integration: sa.Row[Any], chosen: Filter, kinds: Sequence[str]) -> dict[str, Any]:
    """What the filter's statements ask for; ``kinds`` are those whose flow is on."""
    asked: dict[str, Any] = {
        "integration": integration.id,
        "stock": integration.stock_id,
        "kinds": [chosen.kind] if chosen.kind else kinds,
    }
    if chosen.since:
        asked["since"] = date.fromisoformat(chosen.since)
    if chosen.until:
        asked["until"] = date.fromisoformat(chosen.until)
    if chosen.text:
        asked |= {"folded": fold(chosen.text), "text": chosen.text, "capitals": chosen.text.upper()}
    return asked


def _kinds(db: sa.Connection, integration_id: int) -> list[str]:
    return [kind for kind in db.execute(_KINDS_ON, {"integration": integration_id}).scalars() if kind in DATED]


_KINDS_ON = sa.select(FLOWS.c.kind).where(
    FLOWS.c.integration_id == sa.bindparam("integration"), FLOWS.c.mode != FlowMode.OFF.value
)


def _complete(db: sa.Connection, integration: sa.Row[Any], rows: Sequence[sa.Row[Any]]) -> list[Entry]:
    """The rows with their newest operations, rules and names: as many statements however many there are."""
    if not rows:
        return []
    named = {"integration": integration.id, "ids": [row.external_id for row in rows]}
    operations = _by_name(db, NEWEST_OPERATIONS, {**named, "kinds": sorted({row.kind for row in rows})})
    rules = _by_name(db, RULES, named)
    called = names_of(db, integration.stock_id, rows)
    in_one = memberships(db, integration.id, [row.external_id for row in rows if row.kind == Kind.JOURNAL])
    return [
        replace(
            _entry(row, operations.get(name), rules.get(name), in_one.get(row.external_id)), called=called.get(name, "")
        )
        for row in rows
        for name in [(row.kind, row.external_id)]
    ]


def _by_name(
    db: sa.Connection, statement: sa.Select[Any], named: Mapping[str, Any]
) -> dict[tuple[str, str], sa.Row[Any]]:
    return {(row.kind, row.source_id): row for row in db.execute(statement, named)}


def _entry(
    row: sa.Row[Any], operation: sa.Row[Any] | None, rule: sa.Row[Any] | None, journal: sa.Row[Any] | None
) -> Entry:
    if journal is not None and row.kind == Kind.JOURNAL:
        return Entry(row, SyncStatus.TOGETHER, journal=journal)
    return Entry(row, _status(row, operation, rule), operation, rule.rule if rule is not None else "")


def _status(row: sa.Row[Any], operation: sa.Row[Any] | None, rule: sa.Row[Any] | None) -> SyncStatus:
    state = operation.state if operation is not None else ""
    if state in STUCK:
        return SyncStatus.FAILED
    if state in ON_ITS_WAY:
        return SyncStatus.PENDING
    if row.target_id is not None:
        return SyncStatus.WARNING if operation is not None and operation.warned else SyncStatus.COMPLETED
    if state == OperationState.DROPPED.value:
        return SyncStatus.SKIPPED
    return SyncStatus.LEFT_OUT if rule is not None else SyncStatus.UNPLANNED
