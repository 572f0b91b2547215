"""Lists that are read a page at a time, with statements made once for each sort of filter.

What a filter asks for is a parameter of them: to make the statements of a list takes longer than to answer them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from hub.engine.among import among
from hub.web.paging import SIZES, Paged
from hub.web.queries.named import named
from hub.web.remembered import WORTH, remembered, remembered_ids


@dataclass(frozen=True)
class Listing:
    """The statements of a list of rows with an ``id``. All but ``rows`` ask for the parameters of its filter.

    ``near`` finds the ids of a page counted from the list's beginning, and ``far`` from its end; both are cut by
    ``start`` and ``most``. ``first`` finds the first page of each size, and ``every`` all ids in the list's order.
    ``rows`` reads the rows with ``ids``, in that order, too.
    """

    id: sa.ColumnElement[Any]
    total: sa.Select[Any]
    first: Mapping[int, sa.Select[Any]]
    near: sa.Select[Any]
    far: sa.Select[Any]
    every: sa.Select[Any]
    rows: sa.Select[Any]


def listing(
    rows: sa.Select[Any],
    id: sa.ColumnElement[Any],
    conditions: Sequence[sa.ColumnElement[bool]],
    order: Sequence[sa.ColumnElement[Any]],
    *,
    newest_first: bool = False,
) -> Listing:
    """The statements for those of the ``rows`` that fulfil the conditions, ordered by columns that tell all apart.

    A page is found by ids alone, so that an index which holds what the conditions and the order ask is enough, and
    whole rows are read for the page and no more.
    """
    upwards, downwards = [each.asc() for each in order], [each.desc() for each in order]
    first, last = (downwards, upwards) if newest_first else (upwards, downwards)
    start, most = (sa.bindparam(name, type_=sa.Integer) for name in ("start", "most"))
    ids = sa.select(id).where(*conditions)
    bare: sa.Select[Any] = ids.with_only_columns(sa.literal_column("1"), maintain_column_froms=True)
    return Listing(
        id=id,
        total=sa.select(sa.func.count()).select_from(bare.subquery()),
        first={size: first_page(ids.order_by(*first), size) for size in SIZES},
        near=ids.order_by(*first).limit(most).offset(start),
        far=ids.order_by(*last).limit(most).offset(start),
        every=ids.order_by(*first),
        rows=rows.where(among(id, "ids")).order_by(*first),
    )


def first_page(ids: sa.Select[Any], size: int) -> sa.Select[Any]:
    """The first page of a size, which is written out: PostgreSQL sees how few rows it asks for."""
    return ids.limit(sa.literal_column(str(size)))


def listed(
    db: sa.Connection,
    made: Listing,
    asked: Mapping[str, Any],
    number: int,
    *,
    searched: bool = False,
    seen: Callable[[], Hashable] = tuple,
) -> Paged:
    """One page of a list, the last one if it has fewer; ``asked`` are the parameters of the filter.

    What is ``searched``, so that every row must be looked at to find some, is found once for all of its pages, and for
    as long as ``seen``, which is asked only then, tells the same of what the person may see.
    """
    if not searched:
        page, ids = _found(db, made, asked, number)
        return replace(page, rows=_rows(db, made, ids)) if ids else page

    def find() -> Sequence[int]:
        return db.execute(made.every, asked).scalars().all()

    # Who may see what is told by no stamp: it is part of the question.
    key = (made.every, seen(), *asked.items())
    page, ids = cut(remembered_ids(db, key, find, made.id), number)
    rows = _rows(db, made, ids)
    if len(rows) < len(ids):  # some have left the list since a run began to go on
        page, ids = cut(find(), number)
        rows = _rows(db, made, ids)
    return replace(page, rows=rows)


def _rows(db: sa.Connection, made: Listing, ids: Sequence[int]) -> list[Any]:
    return named(db.execute(made.rows, {"ids": ids})) if ids else []


def cut(ids: Sequence[int], number: int) -> tuple[Paged, Sequence[int]]:
    """A page of all ids, the last one where there are fewer, without its rows; and the ids that are on it."""
    page = Paged([], len(ids), number)
    page = replace(page, number=min(number, page.last))
    return page, ids[(page.number - 1) * page.size :][: page.size]


def _found(db: sa.Connection, made: Listing, asked: Mapping[str, Any], number: int) -> tuple[Paged, Sequence[Any]]:
    page = Paged([], 0, 1)
    ids = db.execute(made.first[page.size], asked).scalars().all() if number == 1 else None
    if ids is not None and len(ids) < page.size:  # counted by reading it
        return replace(page, total=len(ids)), ids
    total = remembered(
        db,
        (made.total, *asked.items()),
        lambda: int(db.execute(made.total, asked).scalar_one()),
        lambda found: found >= WORTH,
    )
    page = replace(page, total=total)
    page = replace(page, number=min(number, page.last))  # a list may have become shorter since the link was made
    return page, _ids(db, made, asked, page) if ids is None else ids


def _ids(db: sa.Connection, made: Listing, asked: Mapping[str, Any], page: Paged) -> Sequence[Any]:
    """The ids of one page, counted from the nearer end, so that the last pages are as near as the first.

    In whatever order: the rows are read in that of the list.
    """
    start, end = (page.number - 1) * page.size, min(page.number * page.size, page.total)
    if start <= page.total // 2:
        return db.execute(made.near, {**asked, "start": start, "most": page.size}).scalars().all()
    return db.execute(made.far, {**asked, "start": page.total - end, "most": end - start}).scalars().all()
