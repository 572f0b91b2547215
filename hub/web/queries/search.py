"""What the search box finds: everything that begins with the letters typed, by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.mapping import fold
from hub.web.access import visible_connections, visible_integrations
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS, LINKS, OPERATIONS, RUNS, SNAPSHOTS
from hub.web.queries.texts import holds

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
    Kind.JOURNAL,
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
    here = _snapshots(db, searched, text)
    there = _linked(db, searched, text)
    told = _told(db, searched, [*here, *there])
    return Findings(
        documents=_documents(here, there, told),
        contacts=[found for row in here if row.kind == Kind.CONTACT for found in told[row.id]],
        runs=_runs(db, text),
        integrations=[row for row in every if fold(text) in fold(row.name)][:AT_MOST],
        connections=_connections(db, text),
        searched=searched,
    )


def _integrations(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    columns: tuple[Any, ...] = (INTEGRATIONS.c.id, INTEGRATIONS.c.name, INTEGRATIONS.c.stock_id)
    seen = sa.select(*columns).where(visible_integrations(INTEGRATIONS.c.id))
    return db.execute(seen.order_by(INTEGRATIONS.c.name)).all()


def _documents(
    here: Sequence[sa.Row[Any]], there: Sequence[sa.Row[Any]], told: Mapping[int, Sequence[Found]]
) -> list[Found]:
    """Those with this number in the stock system first, then those with this number in the ledger; each once."""
    rows = {row.id: row for row in (*here, *there) if row.kind != Kind.CONTACT}
    return [found for id in rows for found in told[id]][:AT_MOST]


def _snapshots(db: sa.Connection, searched: Sequence[sa.Row[Any]], text: str) -> list[sa.Row[Any]]:
    """What begins with the text: documents, and contacts after them."""
    asked = {"first": fold(text), "last": fold(text) + LAST_CHARACTER}
    found: list[sa.Row[Any]] = []
    for connection_id in sorted({row.stock_id for row in searched}):
        found += db.execute(_BEGINNING, {"connection": connection_id, **asked})
    ordered = sorted(found, key=lambda row: (row.natural_key, row.kind))
    documents = [row for row in ordered if row.kind != Kind.CONTACT][:AT_MOST]
    return [*documents, *[row for row in ordered if row.kind == Kind.CONTACT][:AT_MOST]]


def _beginning() -> sa.CompoundSelect[Any]:
    """One ordered look into the index for each kind, so that none is read in full."""
    looks = [
        sa.select(*_SHOWN, *_TOLD)
        .where(SNAPSHOTS.c.connection_id == sa.bindparam("connection"), SNAPSHOTS.c.kind == kind.value)
        .where(SNAPSHOTS.c.natural_key >= sa.bindparam("first"), SNAPSHOTS.c.natural_key < sa.bindparam("last"))
        .where(SNAPSHOTS.c.withdrawn.is_(False))
        .order_by(SNAPSHOTS.c.natural_key)
        .limit(AT_MOST)
        .subquery()
        for kind in (*DOCUMENTS, Kind.CONTACT)
    ]
    return sa.union_all(*(sa.select(look) for look in looks))


_BEGINNING = _beginning()
"""Made once, as the others here are: making them took longer than answering them."""

_LINKED = (
    sa.select(*_SHOWN, *_TOLD)
    .join_from(
        LINKS,
        SNAPSHOTS,
        sa.and_(
            SNAPSHOTS.c.connection_id == sa.bindparam("connection"),
            SNAPSHOTS.c.kind == LINKS.c.kind,
            SNAPSHOTS.c.external_id == LINKS.c.source_id,
        ),
    )
    .where(LINKS.c.integration_id == sa.bindparam("integration"), LINKS.c.live, LINKS.c.kind != Kind.CONTACT.value)
    .where(LINKS.c.target_number >= sa.bindparam("first"), LINKS.c.target_number < sa.bindparam("last"))
    .order_by(LINKS.c.target_number)
    .limit(AT_MOST)
)


def _linked(db: sa.Connection, searched: Sequence[sa.Row[Any]], text: str) -> list[sa.Row[Any]]:
    """Documents whose record in the ledger has a number that begins with the text, in small or capital letters."""
    found: list[sa.Row[Any]] = []
    for integration in searched:
        sides = {"integration": integration.id, "connection": integration.stock_id}
        for spelt in sorted({text.strip(), text.strip().upper()}):
            found += db.execute(_LINKED, {**sides, "first": spelt, "last": spelt + LAST_CHARACTER})
    return found


def _told(db: sa.Connection, searched: Sequence[sa.Row[Any]], rows: Sequence[sa.Row[Any]]) -> dict[int, list[Found]]:
    """By snapshot: each with what became of it in each integration of its connection."""
    if not rows:
        return {}
    asked = {"within": [row.id for row in searched], "ids": sorted({row.external_id for row in rows})}
    newest, numbers = _by_source(db, _NEWEST, asked), _by_source(db, _NUMBERS, asked)
    return {
        row.id: [
            Found(place.id, place.name, row, newest.get(key), numbers.get(key) or "")
            for place in searched
            if place.stock_id == row.connection_id and (key := (place.id, row.kind, row.external_id))
        ]
        for row in rows
    }


def _by_source(
    db: sa.Connection, statement: sa.Select[Any], asked: Mapping[str, Any]
) -> Mapping[tuple[int, str, str], Any]:
    return {(row[0], row[1], row[2]): row[3] for row in db.execute(statement, asked)}


def _of_sources(rows: sa.Table, value: sa.ColumnElement[Any]) -> sa.Select[Any]:
    key = (rows.c.integration_id, rows.c.kind, rows.c.source_id)
    kinds = [kind.value for kind in (*DOCUMENTS, Kind.CONTACT)]
    within: sa.BindParameter[Any] = sa.bindparam("within", expanding=True)
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    chosen = sa.select(*key, value).where(
        rows.c.integration_id.in_(within), rows.c.kind.in_(kinds), rows.c.source_id.in_(ids)
    )
    return chosen.group_by(*key)


_NEWEST = _of_sources(OPERATIONS, sa.func.max(OPERATIONS.c.id))
_NUMBERS = _of_sources(LINKS, sa.func.max(LINKS.c.target_number)).where(LINKS.c.live)


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
    named = holds(CONNECTIONS.c.name, text)
    return db.execute(sa.select(*columns).where(named, *seen).order_by(CONNECTIONS.c.name).limit(AT_MOST)).all()


def begins(column: sa.ColumnElement[str], text: str | sa.BindParameter[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """That a column, compared byte by byte, begins with the text: a range, which an index finds everywhere."""
    return column >= text, column < text + LAST_CHARACTER
