"""The sync report: every document of an integration with both numbers and how it stands."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.waiting import STUCK
from hub.mapping import fold
from hub.models import FlowMode, OperationState
from hub.store import Store
from hub.web import wording
from hub.web.filters import choice_faults, day_faults, typed_day
from hub.web.forms import looked_for
from hub.web.listing import cut
from hub.web.paging import Paged
from hub.web.queries.named import named
from hub.web.queries.naming import names_of
from hub.web.queries.report_statements import ORDERS, PLANNED, RULES, InOrder, Sort, Statements, statements
from hub.web.queries.report_status import DATED, ON_ITS_WAY, SyncStatus
from hub.web.queries.tables import FLOWS
from hub.web.queries.together import memberships
from hub.web.remembered import WORTH, remembered, remembered_ids

PORTION = 500
FILTERS = tuple(status for status in SyncStatus if status is not SyncStatus.UNPLANNED)


@dataclass(frozen=True)
class Filter:
    """Which documents are asked for; empty parts leave nothing out.

    Each part is as it was asked for: while one is no such status, kind or day, ``faults`` says so and nothing is found.
    """

    status: str = ""
    kind: str = ""
    text: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Filter:
        """The filter in an address."""
        return cls(
            status=looked_for(sent, "status"),
            kind=looked_for(sent, "kind"),
            text=looked_for(sent),
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
        return {
            **choice_faults("status", self.status, FILTERS),
            **choice_faults("kind", self.kind, DATED),
            **day_faults({"since": self.since, "until": self.until}),
        }

    @property
    def order(self) -> str:
        """What comes first, in words."""
        return ORDERS.get(self.status, PLANNED)

    @property
    def sort(self) -> Sort:
        """What it asks about."""
        return Sort(self.status, bool(self.since), bool(self.until), bool(self.text), self.text != self.text.upper())


@dataclass(frozen=True)
class Entry:
    """One document of the report with its link and its newest operation that counts.

    Its ``target_id`` is None as long as it has no link, and its ``state`` while nothing was planned.
    """

    document: sa.Row[Any]
    status: SyncStatus
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
        if self.status in (SyncStatus.WAITING, SyncStatus.FAILED):
            return (self.document.problem or {}).get("what", "") or "the answer was lost; it is looked for"
        if self.status is SyncStatus.WARNING:
            return "; ".join(self.document.warnings)
        return str(self.document.reason) if self.status is SyncStatus.SKIPPED else ""

    @property
    def source_address(self) -> str:
        """Where the stock system shows it; empty where it has no page."""
        return self.document.source_url or ""


def entries(db: sa.Connection, integration: sa.Row[Any], chosen: Filter, number: int) -> Paged:
    """One page of the report, in the order that the filter names."""
    kinds = remembered(db, ("kinds on", integration.id), lambda: _kinds(db, integration.id))
    look = _Look(db, integration, chosen, _parameters(integration, chosen, kinds))
    page = _page(look, number)
    return replace(page, rows=_complete(db, integration, page.rows))


@dataclass(frozen=True)
class _Look:
    """One look at the report: ``asked`` are the parameters of its filter."""

    db: sa.Connection
    integration: sa.Row[Any]
    chosen: Filter
    asked: Mapping[str, Any]

    def all(self, statement: sa.Select[Any], **more: Any) -> Sequence[Any]:
        """What a statement finds."""
        return named(self.db.execute(statement, {**self.asked, **more}))

    def every(self, made: Statements) -> Sequence[int]:
        """All ids that the filter finds, in order."""

        def find() -> Iterable[int]:
            return self.db.execute(made.every, self.asked).scalars()

        return remembered_ids(self.db, self._key("ids"), find, made.id)

    def total(self, made: InOrder) -> int:
        """How many the filter finds."""

        def count() -> int:
            return int(self.db.execute(made.total, self.asked).scalar_one())

        return remembered(self.db, self._key("total"), count, lambda total: total >= WORTH)

    def _key(self, name: str) -> Hashable:
        return name, self.integration.id, self.integration.stock_id, self.chosen, tuple(self.asked["kinds"])


def _page(look: _Look, number: int) -> Paged:
    """A page, the last one where the list has fewer."""
    made = statements(look.chosen.sort)
    # Of one kind there may be few, far apart.
    if made.in_order is None or look.chosen.kind:
        page, ids = cut(look.every(made), number)
        return replace(page, rows=_rows(look, made, ids)) if ids else page
    further = _further(look, made, made.in_order, number) if number > 1 else None
    return further or _first(look, made.in_order)


def _first(look: _Look, made: InOrder) -> Paged:
    """The first page, which most looks are at, in one statement; counted by reading it where it is the only one.

    Each row has its document, since none is ever deleted: else fewer would be read than there are.
    """
    page = Paged([], 0, 1)
    rows = look.all(made.first[page.size])
    return replace(page, rows=rows, total=len(rows) if len(rows) < page.size else look.total(made))


def _further(look: _Look, made: Statements, in_order: InOrder, number: int) -> Paged | None:
    """Another page, or the last one; None where that is the first one."""
    page = Paged([], look.total(in_order), number)
    page = replace(page, number=min(number, page.last))
    return None if page.number == 1 else replace(page, rows=_rows(look, made, _ids(look, in_order, page)))


def _rows(look: _Look, made: Statements, ids: Sequence[int]) -> Sequence[Any]:
    wanted = {"ids": ids, "integration": look.integration.id, "stock": look.integration.stock_id}
    return named(look.db.execute(made.rows, wanted))


def _ids(look: _Look, made: InOrder, page: Paged) -> list[int]:
    """The ids of one page, counted from the nearer end, so that the last pages are as near as the first."""
    start, end = (page.number - 1) * page.size, min(page.number * page.size, page.total)
    is_near = start <= page.total // 2
    first, most = start if is_near else page.total - end, max(0, end - start)
    return [each[0] for each in look.all(made.newest if is_near else made.oldest, start=first, most=most)]


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
    """The rows with their rules and names: as many statements however many there are."""
    if not rows:
        return []
    # A rule is told only of what has neither a plan nor a record in the ledger.
    bare = [row.external_id for row in rows if _status(row) is SyncStatus.UNPLANNED]
    rules = _rules(db, integration.id, bare) if bare else {}
    called = names_of(db, integration.stock_id, rows)
    in_one = memberships(db, integration.id, [row.external_id for row in rows if row.kind == Kind.JOURNAL])
    return [
        _entry(row, rules.get(name), in_one.get(row.external_id), called.get(name, ""))
        for row in rows
        for name in [(row.kind, row.external_id)]
    ]


def _rules(db: sa.Connection, integration_id: int, ids: Sequence[str]) -> dict[tuple[str, str], str]:
    found = db.execute(RULES, {"integration": integration_id, "ids": ids})
    return {(row.kind, row.source_id): row.rule for row in found}


def _entry(row: sa.Row[Any], rule: str | None, journal: sa.Row[Any] | None, called: str) -> Entry:
    if journal is not None and row.kind == Kind.JOURNAL:
        return Entry(row, SyncStatus.TOGETHER, journal=journal, called=called)
    return Entry(row, _status(row, rule), rule or "", called=called)


def _status(row: sa.Row[Any], rule: str | None = None) -> SyncStatus:
    if row.state in STUCK:
        return SyncStatus.WAITING if row.waits else SyncStatus.FAILED
    if row.state in ON_ITS_WAY:
        return SyncStatus.PENDING
    if row.target_id is not None:
        return SyncStatus.WARNING if row.warned else SyncStatus.COMPLETED
    if row.state == OperationState.DROPPED.value:
        return SyncStatus.SKIPPED
    return SyncStatus.LEFT_OUT if rule is not None else SyncStatus.UNPLANNED
