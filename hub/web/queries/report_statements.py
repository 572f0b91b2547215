"""The statements of the sync report, each made once for a sort of filter: making them took longer than answering them.

Most looks are at a first page, which is one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa

from hub.engine.among import among
from hub.engine.waiting import waits
from hub.models import OperationState
from hub.web.paging import SIZES
from hub.web.queries.naming import is_nameless, settling_document
from hub.web.queries.report_status import (
    DATED,
    INTEGRATION,
    KINDS,
    STOCK,
    Base,
    SyncStatus,
    any_of,
    base_of,
    joined,
    looked_at,
)
from hub.web.queries.search import begins
from hub.web.queries.tables import EXCLUSIONS, FLOWS, LINKS, OPERATIONS, SNAPSHOTS


@dataclass(frozen=True)
class Sort:
    """What a filter asks about; the values are parameters. An empty ``status`` stands for any."""

    status: str = ""
    since: bool = False
    until: bool = False
    text: bool = False
    capitals: bool = False
    """Whether the text is another one in capital letters."""
    wide: bool = False
    """Whether the text finds :data:`MANY`, so that they are soon come across in the order of the list."""

    @property
    def searched(self) -> bool:
        """Whether what is found is found by its text, and counted in the same look."""
        return self.text and not self.wide


MANY = 20_000
"""So many documents are found by a text itself, and no more: to find a hundred thousand, and put them in order for a
page of twenty-five, takes a third of a second. Fewer may be at the far end of the list, where numbers grow with dates.
"""


ORDERS = {
    "": "newest first",
    SyncStatus.COMPLETED: "last posted or linked first",
    SyncStatus.LEFT_OUT: "last left out first",
    SyncStatus.TOGETHER: "last read first",
}
"""Of all documents an index has the dates in their order. Those of a status are found in the table that knows them, in
the order in which they came into it: to have them by date, every one would be read for each page."""

PLANNED = "last planned first"
"""The order of every other status."""


@dataclass(frozen=True)
class Statements:
    """``first`` is the rows of the first page of each size, with a ``total`` where a text is searched for.

    Of a further page the ids are found from the nearer end, by ``newest`` and ``oldest``, which are cut by ``start``
    and ``most``, and ``rows`` are those with ``ids``. ``after`` is for the whole report, oldest first: at most ``most``
    rows whose ``base_id`` is beyond ``last``. All but ``rows`` ask for the parameters of the filter.
    """

    total: sa.Select[Any]
    first: Mapping[int, sa.Select[Any]]
    newest: sa.Select[Any]
    counted: sa.Select[Any]
    """The ids of a page as ``newest``, each with how many there are: for a text, in one look."""
    oldest: sa.Select[Any]
    rows: sa.Select[Any]
    after: sa.Select[Any]


_FOLDED: sa.BindParameter[str] = sa.bindparam("folded", type_=sa.String)
_LINKED, _NEWEST = LINKS.alias("linked"), OPERATIONS.alias("newest")
_PARSED = sa.JSON().with_variant(sa.Text(), "sqlite")
"""What a document is cast to before a part of it is asked for: SQLite takes the text as it is."""
_READABLE = sa.func.replace(SNAPSHOTS.c.document, r"\u0000", r"\ufffd")
"""A document as PostgreSQL reads it: it refuses all of a JSON text that has a zero character anywhere."""

_SHOWN = (
    SNAPSHOTS.c.id,
    SNAPSHOTS.c.kind,
    SNAPSHOTS.c.external_id,
    SNAPSHOTS.c.number,
    SNAPSHOTS.c.label,
    SNAPSHOTS.c.document_date,
    SNAPSHOTS.c.amount,
    SNAPSHOTS.c.currency,
    SNAPSHOTS.c.first_seen_at,
    settling_document(SNAPSHOTS),
    sa.cast(_READABLE, _PARSED)["source_url"].as_string().label("source_url"),
    _LINKED.c.target_id,
    _LINKED.c.target_number,
    _LINKED.c.state["status"].as_string().label("target_status"),
    _LINKED.c.created_at.label("posted_at"),
    *(_NEWEST.c[name] for name in ("state", "problem", "reason", "warned")),
    sa.case((_NEWEST.c.warned, _NEWEST.c.warnings)).label("warnings"),  # to read JSON takes a while
    waits(_NEWEST).label("waits"),
)
"""A document, its link, and its newest operation that counts: what there is none of is NULL."""


@cache
def statements(sort: Sort) -> Statements:
    """The statements for a sort of filter."""
    base = base_of(sort.status)
    about = _about(sort)
    shown = joined(base).outerjoin(_LINKED, _is_its_link()).outerjoin(_NEWEST, _NEWEST.c.id == _newest())
    rows = sa.select(*_SHOWN, base.id.label("base_id")).select_from(shown)
    after = rows.where(*base.conditions, *any_of(base), *about, base.id > sa.bindparam("last"))
    order = [base.id] if sort.status else [SNAPSHOTS.c.document_date, SNAPSHOTS.c.id]
    if sort.searched:
        # A text finds few documents, of which the status is asked.
        base = replace(base, conditions=[*base.conditions, *any_of(base)], either=())
    found = _found(base, about, order) if sort.status or not sort.searched else _found_by_number(sort, MANY)
    # Numbers are counted by their indexes; days are fewer rows to come across.
    is_by_number = sort.wide and not (sort.status or sort.since or sort.until)
    every = _found_by_number(sort) if is_by_number else found
    in_order = rows.order_by(*_ordered(order))
    first = found.counted if sort.searched else found.cut
    most, start = sa.bindparam("most", type_=sa.Integer), sa.bindparam("start", type_=sa.Integer)
    return Statements(
        total=_count(every),
        first={size: _rows_of(in_order, base, first(sa.literal_column(str(size)))) for size in SIZES},
        newest=found.cut(most, start),
        counted=found.counted(most, start),
        oldest=found.cut(most, start, oldest_first=True),
        rows=in_order.where(among(base.id, "ids")),
        after=after.order_by(base.id).limit(most),
    )


def _rows_of(rows: sa.Select[Any], base: Base, ids: sa.Select[Any]) -> sa.Select[Any]:
    """The rows with the ids that a statement finds, with whatever else it tells of each."""
    found = ids.subquery("page")
    id, *told = found.c
    return rows.add_columns(*told).where(base.id == id)


_Number = sa.ColumnElement[int]


@dataclass(frozen=True)
class _Found:
    """The ids of what a filter finds, in ``parts`` that each has an index for, and the columns of their order.

    Of a page each part is cut before they are put together, so that no more than the page is read of any.
    """

    parts: Sequence[sa.Select[Any]]
    order: Sequence[sa.ColumnElement[Any]]

    @property
    def whole(self) -> tuple[sa.Select[Any], Sequence[sa.ColumnElement[Any]]]:
        """All that is found, and the columns of its order."""
        if len(self.parts) == 1:
            return self.parts[0], self.order
        together = sa.union_all(*self.parts).subquery()
        return sa.select(together), list(together.c)

    def cut(self, most: _Number, start: _Number | None = None, *, oldest_first: bool = False) -> sa.Select[Any]:
        """A page of the ids."""
        parts = [each.order_by(*_ordered(self.order, oldest_first)) for each in self.parts]
        if len(parts) == 1:
            return parts[0].limit(most).offset(start)
        upto = most if start is None else start + most
        together = sa.union_all(*(sa.select(each.limit(upto).subquery()) for each in parts)).subquery()
        return sa.select(together).order_by(*_ordered(together.c, oldest_first)).limit(most).offset(start)

    def counted(self, most: _Number, start: _Number | None = None) -> sa.Select[Any]:
        """A page of the ids, each with the ``total``."""
        found, order = self.whole
        counted = found.add_columns(sa.func.count().over().label("total"))
        return counted.order_by(*_ordered(order)).limit(most).offset(start)


def _ordered(columns: Iterable[sa.ColumnElement[Any]], oldest_first: bool = False) -> list[sa.UnaryExpression[Any]]:
    return [each.asc() if oldest_first else each.desc() for each in columns]


def _found(base: Base, about: Sequence[sa.ColumnElement[bool]], order: Sequence[sa.ColumnElement[Any]]) -> _Found:
    # The documents are joined only where the filter asks about them: each of these is of one.
    table = joined(base) if about else base.table
    found = sa.select(base.id).select_from(table).where(*base.conditions, *about)
    return _Found([found.where(each) for each in base.either] or [found], order)


def _found_by_number(sort: Sort, most: int | None = None) -> _Found:
    """Of all documents: with no more tables than the numbers are in. At ``most`` so many by either number."""
    dated = (SNAPSHOTS.c.document_date.is_not(None), *_dated(sort))
    parts = [each.where(*dated) for each in _numbered(sort, SNAPSHOTS, KINDS)]
    if most is not None:
        parts = [sa.select(each.limit(sa.literal_column(str(most))).subquery()) for each in parts]
    numbered = sa.union(*parts).subquery()
    return _Found([sa.select(numbered.c.id)], [numbered.c.document_date, numbered.c.id])


def _count(found: _Found) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(found.whole[0].subquery())


@cache
def how_many(sort: Sort) -> sa.Select[Any]:
    """How many documents of any status a text finds, counted no further than shows whether they are many."""
    return _count(_found_by_number(sort, MANY))


def _is_its_link() -> sa.ColumnElement[bool]:
    """That a link is the one of the document: there is at most one."""
    return sa.and_(
        _LINKED.c.integration_id == INTEGRATION,
        _LINKED.c.kind == SNAPSHOTS.c.kind,
        _LINKED.c.source_id == SNAPSHOTS.c.external_id,
        _LINKED.c.live,
    )


def _newest() -> sa.ScalarSelect[int]:
    """The id of the document's newest operation that counts, if it has any."""
    mine = (OPERATIONS.c.integration_id == INTEGRATION, OPERATIONS.c.kind == SNAPSHOTS.c.kind)
    its_own = OPERATIONS.c.source_id == SNAPSHOTS.c.external_id
    counting = OPERATIONS.c.state != OperationState.REPLACED.value
    newest = sa.select(sa.func.max(OPERATIONS.c.id)).where(*mine, its_own, counting)
    return newest.correlate_except(OPERATIONS).scalar_subquery()


def _about(sort: Sort) -> list[sa.ColumnElement[bool]]:
    """What the filter asks of the documents themselves."""
    if not sort.text:
        return _dated(sort)
    if sort.wide:
        # Of a status the days are looked at, too: else all that is of them would be gone through.
        dated = [looked_at(each) for each in _dated(sort)] if sort.status else _dated(sort)
        return [*dated, looked_at(_has_number(sort))]
    numbered = SNAPSHOTS.alias("numbered")
    known = (each.with_only_columns(numbered.c.id) for each in _numbered(sort, numbered, DATED))
    return [*_dated(sort), SNAPSHOTS.c.id.in_(sa.union(*known))]


def _dated(sort: Sort) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if sort.since:
        found.append(SNAPSHOTS.c.document_date >= sa.bindparam("since"))
    if sort.until:
        found.append(SNAPSHOTS.c.document_date <= sa.bindparam("until"))
    return found


def _numbered(sort: Sort, table: Any, kinds: Any) -> list[sa.Select[Any]]:
    """The documents of which either number begins with the text, in small or capital letters: each by its index.

    Payments and the like without a number have an id in its place, which no page shows.
    """
    shown, mine = (table.c.id, table.c.document_date), table.c.connection_id == STOCK
    found = [sa.select(*shown).where(mine, table.c.kind.in_(kinds), *_numbered_so(table))]
    same = sa.and_(mine, table.c.kind == LINKS.c.kind, table.c.external_id == LINKS.c.source_id)
    there = sa.select(*shown).join_from(LINKS, table, same)
    there = there.where(LINKS.c.integration_id == INTEGRATION, LINKS.c.kind.in_(kinds))
    return [*found, *(there.where(each) for each in _in_ledger(sort, LINKS))]


def _has_number(sort: Sort) -> sa.ColumnElement[bool]:
    """The same of a document that was come across."""
    link = LINKS.alias("link_of_it")  # a status may be found in the links themselves
    its_own = (link.c.kind == SNAPSHOTS.c.kind, link.c.source_id == SNAPSHOTS.c.external_id)
    there = sa.exists().where(link.c.integration_id == INTEGRATION, *its_own, sa.or_(*_in_ledger(sort, link)))
    return sa.or_(sa.and_(*_numbered_so(SNAPSHOTS)), there.correlate(SNAPSHOTS))


def _numbered_so(table: Any) -> Sequence[sa.ColumnElement[bool]]:
    return *begins(table.c.natural_key, _FOLDED), ~is_nameless(table)


def _in_ledger(sort: Sort, link: Any) -> list[sa.ColumnElement[bool]]:
    spelt = ("text", "capitals") if sort.capitals else ("text",)
    return [sa.and_(*begins(link.c.target_number, sa.bindparam(each, type_=sa.String))) for each in spelt]


RULES = (
    sa.select(FLOWS.c.kind, EXCLUSIONS.c.external_id.label("source_id"), EXCLUSIONS.c.rule)
    .join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
    .where(FLOWS.c.integration_id == INTEGRATION, among(EXCLUSIONS.c.external_id, "ids"))
)
"""Of documents by source id, the rules that leave them out."""
