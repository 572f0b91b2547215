"""Pulling lists whose rows are whole records: contacts, products and the reference lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from hub import Page, Record, Want
from hub_cin7core.client import Client
from hub_cin7core.cursor import Cursor, parameter, progress, resume_page
from hub_cin7core.feeds import CardList
from hub_cin7core.fields import Native
from hub_cin7core.records import unreadable
from hub_cin7core.unread import read_again
from hub_cin7core.walk import Row, Walk, read_row


def pull_cards(
    client: Client,
    cards: CardList,
    want: Want,
    site: str,
    started: datetime,
    passed: Callable[[str, Sequence[Native]], None],
) -> Iterator[Page]:
    """What changed in a list, or all of it when it is a full feed; such a one's rows are also ``passed`` on."""
    cursor = Cursor.parse(want.cursor)
    since = {cards.since: parameter(cursor.since)} if cards.since and cursor.since else {}
    walk = Walk(
        lambda start: client.pages(cards.path, cards.key, {**cards.params, **since}, start),
        resume_page(want.progress),
        lambda native: read_row(native, cards.identify(native, cards.id), cards.stamp),
    )
    seen: dict[str, Native] = {}
    for page, rows in walk:
        seen |= {row.id: row.native for row in rows}
        known = want.known([row.id for row in rows]) if cards.stamp else {}
        records = tuple(_record(row, cards, site) for row in rows if not row.stamp or known.get(row.id) != row.stamp)
        if records:
            yield Page(records=records, progress=progress(page.number), expected=page.total)
    if cards.feed.full and walk.complete:
        passed(cards.path, tuple(seen.values()))
    yield from read_again(want, walk.ids, cards.id, lambda row: _asked_for(row, client, cards, site))
    yield Page(watermark=str(cursor.moved_to(walk.newest, started) if walk.complete else cursor))


def _asked_for(row: Row, client: Client, cards: CardList, site: str) -> Record:
    page = next(client.pages(cards.path, cards.key, {**cards.params, "ID": row.id}))
    for native in page.rows:
        if cards.identify(native, cards.id) == row.id:
            return _record(read_row(native, row.id, cards.stamp), cards, site)
    return unreadable(row, row.native, "it is not listed any more")


def _record(row: Row, cards: CardList, site: str) -> Record:
    if row.fault:
        return unreadable(row, row.native, row.fault)
    try:
        document = cards.read(row.native, site)
    except (ValueError, ArithmeticError) as error:
        return unreadable(row, row.native, error)
    return Record(id=row.id, stamp=row.stamp, documents=(document,), label=document.label)
