"""What the search box finds: everything that begins with the letters typed, by index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.mapping import fold
from hub.web.access import visible_connections, visible_integrations
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS, LINKS, OPERATIONS, RUNS, SNAPSHOTS

AT_MOST = 10
"""How many of each sort are shown."""
LAST_CHARACTER = "\U0010ffff"
LARGEST_ID = 2**63 - 1

DOCUMENTS = (
    Kind.INVOICE,
    Kind.CREDIT_NOTE,
    Kind.BILL,
    Kind.SUPPLIER_CREDIT,
    Kind.PAYMENT,
    Kind.REFUND,
    Kind.ALLOCATION,
    Kind.ITEM,
)

_SHOWN = tuple(SNAPSHOTS.c[name] for name in ("id", "connection_id", "kind", "external_id", "label", "natural_key"))
_TOLD = tuple(SNAPSHOTS.c[name] for name in ("document_date", "amount", "currency"))


@dataclass(frozen=True)
class Found:
    """A document or a contact of the stock system in one integration; ``operation_id`` is its newest one there."""

    integration_id: int
    integration: str
    row: sa.Row[Any]
    operation_id: int | None = None
    target_number: str = ""


@dataclass(frozen=True)
class Findings:
    """What was found, sort by sort, each at most ``AT_MOST``."""

    documents: Sequence[Found] = ()
    contacts: Sequence[Found] = ()
    runs: Sequence[sa.Row[Any]] = ()
    integrations: Sequence[sa.Row[Any]] = ()
    connections: Sequence[sa.Row[Any]] = ()
    searched: Sequence[sa.Row[Any]] = field(default_factory=tuple)
    """The integrations that were searched."""

    @property
    def count(self) -> int:
        """How many there are in all."""
        return sum(map(len, (self.documents, self.contacts, self.runs, self.integrations, self.connections)))


def search(db: sa.Connection, text: str, integration_id: int | None = None) -> Findings:
    """Everything the person who acts may see; documents and contacts of one integration alone, if it is given."""
    every = _integrations(db)
    searched = [row for row in every if integration_id in (None, row.id)]
    return Findings(
        documents=_documents(db, searched, text),
        contacts=_told(db, searched, _snapshots(db, searched, (Kind.CONTACT,), text)),
        runs=_runs(db, text),
        integrations=[row for row in every if fold(text) in fold(row.name)][:AT_MOST],
        connections=_connections(db, text),
        searched=searched,
    )


def _integrations(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    columns: tuple[Any, ...] = (INTEGRATIONS.c.id, INTEGRATIONS.c.name, INTEGRATIONS.c.stock_id)
    seen = sa.select(*columns).where(visible_integrations(INTEGRATIONS.c.id))
    return db.execute(seen.order_by(INTEGRATIONS.c.name)).all()


def _documents(db: sa.Connection, searched: Sequence[sa.Row[Any]], text: str) -> list[Found]:
    """Those with this number in the stock system first, then those with this number in the ledger."""
    found = _told(db, searched, _snapshots(db, searched, DOCUMENTS, text))
    known = {(each.integration_id, each.row.kind, each.row.external_id) for each in found}
    there = _told(db, searched, _linked(db, searched, text))
    more = [each for each in there if (each.integration_id, each.row.kind, each.row.external_id) not in known]
    return [*found, *more][:AT_MOST]


def _snapshots(
    db: sa.Connection, searched: Sequence[sa.Row[Any]], kinds: Iterable[Kind], text: str
) -> list[sa.Row[Any]]:
    """What begins with the text. One ordered look into the index for each kind, so that none is read in full."""
    found: list[sa.Row[Any]] = []
    for connection_id in sorted({row.stock_id for row in searched}):
        looks = [
            sa.select(*_SHOWN, *_TOLD)
            .where(SNAPSHOTS.c.connection_id == connection_id, SNAPSHOTS.c.kind == kind.value)
            .where(*begins(SNAPSHOTS.c.natural_key, fold(text)), SNAPSHOTS.c.withdrawn.is_(False))
            .order_by(SNAPSHOTS.c.natural_key)
            .limit(AT_MOST)
            .subquery()
            for kind in kinds
        ]
        found += db.execute(sa.union_all(*(sa.select(look) for look in looks))).all()
    return sorted(found, key=lambda row: (row.natural_key, row.kind))[:AT_MOST]


def _linked(db: sa.Connection, searched: Sequence[sa.Row[Any]], text: str) -> list[sa.Row[Any]]:
    """Documents whose record in the ledger has a number that begins with the text, in small or capital letters."""
    found: list[sa.Row[Any]] = []
    same = sa.and_(SNAPSHOTS.c.kind == LINKS.c.kind, SNAPSHOTS.c.external_id == LINKS.c.source_id)
    for integration in searched:
        for spelt in {text.strip(), text.strip().upper()}:
            chosen = (
                sa.select(*_SHOWN, *_TOLD)
                .join_from(LINKS, SNAPSHOTS, sa.and_(SNAPSHOTS.c.connection_id == integration.stock_id, same))
                .where(LINKS.c.integration_id == integration.id, LINKS.c.live, LINKS.c.kind != Kind.CONTACT.value)
                .where(*begins(LINKS.c.target_number, spelt))
                .order_by(LINKS.c.target_number)
            )
            found += db.execute(chosen.limit(AT_MOST)).all()
    return found


def _told(db: sa.Connection, searched: Sequence[sa.Row[Any]], rows: Sequence[sa.Row[Any]]) -> list[Found]:
    """Each with what became of it in each integration of its connection."""
    ids = sorted({row.external_id for row in rows})
    within = [row.id for row in searched]
    newest = _by_source(db, OPERATIONS, sa.func.max(OPERATIONS.c.id), within, ids)
    numbers = _by_source(db, LINKS, sa.func.max(LINKS.c.target_number), within, ids, LINKS.c.live)
    return [
        Found(place.id, place.name, row, newest.get(key), numbers.get(key) or "")
        for row in rows
        for place in searched
        if place.stock_id == row.connection_id and (key := (place.id, row.kind, row.external_id))
    ]


def _by_source(
    db: sa.Connection,
    rows: sa.Table,
    value: sa.ColumnElement[Any],
    within: Sequence[int],
    ids: Sequence[str],
    *conditions: sa.ColumnElement[bool],
) -> Mapping[tuple[int, str, str], Any]:
    key = (rows.c.integration_id, rows.c.kind, rows.c.source_id)
    kinds = [kind.value for kind in (*DOCUMENTS, Kind.CONTACT)]
    chosen = sa.select(*key, value.label("value")).where(
        rows.c.integration_id.in_(within), rows.c.kind.in_(kinds), rows.c.source_id.in_(ids), *conditions
    )
    return {(row[0], row[1], row[2]): row.value for row in db.execute(chosen.group_by(*key))}


def _runs(db: sa.Connection, text: str) -> Sequence[sa.Row[Any]]:
    """The run of that number: "12", "#12" or "run 12"."""
    number = fold(text).removeprefix("run").strip().removeprefix("#")
    if not number.isdecimal() or int(number) > LARGEST_ID:
        return []
    columns: tuple[Any, ...] = (RUNS.c.id, RUNS.c.state, RUNS.c.started_at, CONNECTIONS.c.name.label("connection"))
    chosen = sa.select(*columns).join(CONNECTIONS, CONNECTIONS.c.id == RUNS.c.connection_id)
    return db.execute(chosen.where(RUNS.c.id == int(number), visible_connections(RUNS.c.connection_id))).all()


def _connections(db: sa.Connection, text: str) -> Sequence[sa.Row[Any]]:
    columns: tuple[Any, ...] = (CONNECTIONS.c.id, CONNECTIONS.c.name, CONNECTIONS.c.provider)
    seen = (CONNECTIONS.c.removed_at.is_(None), visible_connections(CONNECTIONS.c.id))
    named = CONNECTIONS.c.name.icontains(text, autoescape=True)
    return db.execute(sa.select(*columns).where(named, *seen).order_by(CONNECTIONS.c.name).limit(AT_MOST)).all()


def begins(column: sa.ColumnElement[str], text: str | sa.BindParameter[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """That a column, compared byte by byte, begins with the text: a range, which an index finds everywhere."""
    return column >= text, column < text + LAST_CHARACTER
