"""Lists that are read a page at a time, with statements made once for each sort of filter.

What a filter asks for is a parameter of them: to make the statements of a list takes longer than to answer them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from hub.engine.among import among
from hub.web.paging import SIZES, Paged
from hub.web.queries.named import named
from hub.web.remembered import WORTH, remembered


@dataclass(frozen=True)
class Listing:
    """The statements of a list. All but ``rows`` ask for the parameters of its filter.

    ``near`` finds the ids of a page counted from the list's beginning, and ``far`` from its end; ``counted`` is as
    ``near``, with how many there are in all beside each. These are cut by ``start`` and ``most``. ``first`` finds the
    first page of each size. ``rows`` reads the rows with ``ids``, in the list's order.
    """

    total: sa.Select[Any]
    first: Mapping[int, sa.Select[Any]]
    near: sa.Select[Any]
    far: sa.Select[Any]
    counted: sa.Select[Any]
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
        total=sa.select(sa.func.count()).select_from(bare.subquery()),
        first={size: first_page(ids.order_by(*first), size) for size in SIZES},
        near=ids.order_by(*first).limit(most).offset(start),
        far=ids.order_by(*last).limit(most).offset(start),
        counted=ids.add_columns(sa.func.count().over()).order_by(*first).limit(most).offset(start),
        rows=rows.where(among(id, "ids")).order_by(*first),
    )


def first_page(ids: sa.Select[Any], size: int) -> sa.Select[Any]:
    """The first page of a size, which is written out: PostgreSQL sees how few rows it asks for."""
    return ids.limit(sa.literal_column(str(size)))


def listed(db: sa.Connection, made: Listing, asked: Mapping[str, Any], number: int, *, searched: bool = False) -> Paged:
    """One page of a list, the last one if it has fewer; ``asked`` are the parameters of the filter.

    What is ``searched``, so that every row must be looked at to find some, is counted in the same look.
    """
    found = _searched(db, made, asked, number) if searched else None
    page, ids = found or _found(db, made, asked, number)
    return replace(page, rows=named(db.execute(made.rows, {"ids": ids}))) if ids else page


def _searched(
    db: sa.Connection, made: Listing, asked: Mapping[str, Any], number: int
) -> tuple[Paged, Sequence[Any]] | None:
    """The page and its ids; None where the list has fewer pages."""
    page = Paged([], 0, number)
    rows = db.execute(made.counted, {**asked, "start": (number - 1) * page.size, "most": page.size}).all()
    if rows:
        return replace(page, total=rows[0][1]), [row[0] for row in rows]
    return (page, []) if number == 1 else None


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
