"""Pages of a list are cut out of it, whichever end they are counted from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from statements import counting

from hub.models import AuditEvent, table
from hub.store import Store
from hub.web.listing import Listing, listed, listing
from hub.web.paging import SIZES, Paged

EVENTS = table(AuditEvent)
SIZE = SIZES[0]
COUNT = SIZE * 4 + 3
LAST = 5
BY_TWO = ("even", "odd")


@pytest.fixture
def events(store: Store) -> Iterator[Store]:
    """Entries of which three each have the same time, half of them even."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {"at": start + timedelta(minutes=number // 3), "actor": "a", "what": BY_TWO[number % 2], "subject": str(number)}
        for number in range(COUNT * 2)
    ]
    with store.write() as db:
        store.insert(db, AuditEvent, rows)
    with Flask(__name__).test_request_context():
        yield store


def made(*, newest_first: bool) -> Listing:
    even = EVENTS.c.what == sa.bindparam("what")
    return listing(
        sa.select(EVENTS.c.subject), EVENTS.c.id, [even], [EVENTS.c.at, EVENTS.c.id], newest_first=newest_first
    )


def page(events: Store, of: Listing, number: int, *, searched: bool = False) -> Paged:
    with events.read() as db:
        return listed(db, of, {"what": "even"}, number, searched=searched)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("searched", [False, True])
def test_the_pages_are_the_whole_list_in_its_order(events: Store, newest_first: bool, searched: bool) -> None:
    every = [str(number) for number in range(0, COUNT * 2, 2)]
    pages = [page(events, made(newest_first=newest_first), 1 + at, searched=searched) for at in range(LAST)]
    assert [row.subject for each in pages for row in each.rows] == (every[::-1] if newest_first else every)
    assert {(each.total, each.last) for each in pages} == {(COUNT, LAST)}
    assert [len(each.rows) for each in pages] == [SIZE] * 4 + [3]


@pytest.mark.parametrize("searched", [False, True])
def test_beyond_the_last_page_is_the_last_page(events: Store, searched: bool) -> None:
    of = made(newest_first=False)
    beyond, last = (page(events, of, number, searched=searched) for number in (LAST + 7, LAST))
    assert (beyond.number, beyond.rows) == (LAST, last.rows)


def test_of_nothing_there_is_one_empty_page(events: Store) -> None:
    of = made(newest_first=False)
    with events.read() as db:
        for searched in (False, True):
            none = listed(db, of, {"what": "neither"}, 3, searched=searched)
            assert (none.rows, none.total, none.last) == ([], 0, 1)


def test_the_last_page_is_counted_from_the_end(events: Store) -> None:
    with counting() as asked:
        page(events, made(newest_first=False), LAST)
    (found,) = [each for each in asked if "ORDER BY" in each and "LIMIT" in each]
    assert "ORDER BY audit_event.at DESC, audit_event.id DESC" in found
