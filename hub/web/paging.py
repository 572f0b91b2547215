"""Pages of long lists, cut in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import request
from werkzeug.datastructures import MultiDict

from hub.web.remembered import total_of

SIZES = (25, 50, 100, 200)
"""How many rows a page may have, as people choose; the first until they do."""
SIZE_COOKIE = "hub_rows"
LAST_PAGE = 1_000_000
"""Larger numbers in an address are nobody's page and too large for the database."""


def page_number(sent: MultiDict[str, str] | None = None) -> int:
    """The page that an address or a form asks for, from 1; anything that is not a page is the first."""
    asked = (request.args if sent is None else sent).get("page", 1, type=int)
    return min(max(asked, 1), LAST_PAGE)


def page_size() -> int:
    """How many rows a page has in this browser."""
    kept = request.cookies.get(SIZE_COOKIE, "")
    return next((size for size in SIZES if str(size) == kept), SIZES[0])


@dataclass(frozen=True)
class Paged:
    """One page of rows; ``total`` is how many there are in all."""

    rows: Sequence[Any]
    total: int
    number: int
    size: int = field(default_factory=page_size)

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        """The position of the first row shown, from 1; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last_row(self) -> int:
        """The position of the last row shown."""
        return self.first_row + len(self.rows) - 1 if self.rows else 0


def paged(
    db: sa.Connection,
    statement: sa.Select[Any],
    number: int,
    *,
    size: int | None = None,
    id: sa.ColumnElement[Any] | None = None,
) -> Paged:
    """One page of an ordered statement, and the count of all its rows.

    With ``id``, the rows' primary key, the page is found by ids alone, so that an index which holds what the filter and
    the order ask of a row is enough, and whole rows are read for the page and no more. Lists that are filtered or long
    are in :mod:`hub.web.listing`.
    """
    size = size or page_size()
    if number == 1:
        rows = _rows(db, statement, 1, size, id)
        # What is not as long as a page was counted by reading it.
        return Paged(rows, len(rows) if len(rows) < size else total_of(db, statement), 1, size)
    total = total_of(db, statement)
    number = min(number, max(1, -(-total // size)))  # a list may have become shorter since the link was made
    return Paged(_rows(db, statement, number, size, id), total, number, size)


def _rows(
    db: sa.Connection, statement: sa.Select[Any], number: int, size: int, id: sa.ColumnElement[Any] | None
) -> Sequence[sa.Row[Any]]:
    page = statement.limit(size).offset((number - 1) * size)
    if id is not None:
        ids = db.execute(page.with_only_columns(id, maintain_column_froms=True)).scalars().all()
        page = statement.where(id.in_(ids))
    return db.execute(page).all()
