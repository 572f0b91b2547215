"""The statements of the sync report, each made once for a sort of filter: making them took longer than answering them.

Most looks are at a first page, which is one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from hub.engine.among import among
from hub.engine.waiting import waits
from hub.models import OperationState
from hub.web.listing import first_page
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
class InOrder:
    """For what an index has in the order of the list: ``first`` is the rows of the first page of each size.

    Of a further page the ids are found from the nearer end, by ``newest`` or ``oldest``, cut by ``start`` and ``most``.
    """

    total: sa.Select[Any]
    first: Mapping[int, sa.Select[Any]]
    newest: sa.Select[Any]
    oldest: sa.Select[Any]


@dataclass(frozen=True)
class Statements:
    """``every`` is each ``id`` in the list's order, and ``rows`` are those with ``ids``, in that order, too.

    ``after`` is for the whole report, oldest first: at most ``most`` rows whose ``base_id`` is beyond ``last``. All but
    ``rows`` ask for the parameters of the filter.
    """

    id: sa.ColumnElement[int]
    every: sa.Select[Any]
    rows: sa.Select[Any]
    after: sa.Select[Any]
    in_order: InOrder | None


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
    # The documents are joined only where the filter asks about them: each of these is of one.
    ids = sa.select(base.id).select_from(joined(base) if about else base.table).where(*base.conditions, *about)
    ordered = rows.order_by(*_ordered(order))
    return Statements(
        id=base.id,
        every=_every(sort, ids, base, order),
        rows=ordered.where(among(base.id, "ids")),
        after=after.order_by(base.id).limit(sa.bindparam("most", type_=sa.Integer)),
        in_order=None if sort.status or sort.text else _in_order(ordered, base, ids, order),
    )


def _in_order(rows: sa.Select[Any], base: Base, ids: sa.Select[Any], order: Sequence[sa.ColumnElement[Any]]) -> InOrder:
    most, start = sa.bindparam("most", type_=sa.Integer), sa.bindparam("start", type_=sa.Integer)
    newest = ids.order_by(*_ordered(order))
    return InOrder(
        total=sa.select(sa.func.count()).select_from(ids.subquery()),
        first={size: _rows_of(rows, base, first_page(newest, size)) for size in SIZES},
        newest=newest.limit(most).offset(start),
        oldest=ids.order_by(*order).limit(most).offset(start),
    )


def _rows_of(rows: sa.Select[Any], base: Base, ids: sa.Select[Any]) -> sa.Select[Any]:
    """The rows with the ids that a statement finds."""
    return rows.where(base.id == ids.subquery("page").c[0])


def _every(sort: Sort, ids: sa.Select[Any], base: Base, order: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    if not sort.status and sort.text:
        # Of all documents with no more tables than the numbers are in.
        dated = (SNAPSHOTS.c.document_date.is_not(None), *_dated(sort))
        numbered = sa.union(*(each.where(*dated) for each in _numbered(sort, SNAPSHOTS, KINDS))).subquery()
        return sa.select(numbered.c.id).order_by(numbered.c.document_date.desc(), numbered.c.id.desc())
    if not base.either:
        return ids.order_by(*_ordered(order))
    together = sa.union_all(*(ids.where(each) for each in base.either)).subquery()
    return sa.select(together).order_by(*_ordered(together.c))


def _ordered(columns: Iterable[sa.ColumnElement[Any]]) -> list[sa.UnaryExpression[Any]]:
    return [each.desc() for each in columns]


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
    # Of a status that few have the days are looked at: else all documents of these days would be gone through.
    is_rare = sort.status not in ("", SyncStatus.COMPLETED)
    dated = [looked_at(each) for each in _dated(sort)] if is_rare else _dated(sort)
    if not sort.text:
        return dated
    numbered = SNAPSHOTS.alias("numbered")
    known = (each.with_only_columns(numbered.c.id) for each in _numbered(sort, numbered, DATED))
    return [*dated, SNAPSHOTS.c.id.in_(sa.union(*known))]


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
