"""What the search box finds: everything that begins with the letters typed, by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from hub.documents import Kind
from hub.engine.among import among
from hub.mapping import fold
from hub.models import OperationState
from hub.web.access import visible_connections
from hub.web.incoming import id_of
from hub.web.queries.scope import scope
from hub.web.queries.tables import CONNECTIONS, EXCLUSIONS, FLOWS, LINKS, OPERATIONS, RUNS, SNAPSHOTS
from hub.web.queries.together import memberships

AT_MOST = 10
"""How many of each sort are shown."""
_AT_MOST: sa.ColumnElement[int] = sa.literal_column(str(AT_MOST))
"""Written out, so that PostgreSQL sees how few it asks for."""
LAST_CHARACTER = "\U0010ffff"

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


_Key = tuple[int, str, str]
"""Integration, kind and source id."""


@dataclass(frozen=True)
class Found:
    """A document or a contact of the stock system in one integration; ``operation_id`` is its newest one there."""

    integration_id: int
    integration: str
    row: sa.Row[Any]
    operation_id: int | None = None
    target_number: str = ""
    journal: sa.Row[Any] | None = None
    """The journal that it is posted in together with others."""
    rule: str = ""
    """Which rule leaves it out."""
    ledger_name: str = ""
    """What the ledger calls a contact; its number there is our reference, which nobody knows it by."""


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
    every = scope(db, None)
    searched = [row for row in every.integrations if integration_id in (None, row.id)]
    here = _snapshots(db, searched, text)
    there = _linked(db, searched, text)
    told = _told(db, searched, [*here, *there])
    return Findings(
        documents=_documents(here, there, told),
        contacts=[found for row in here if row.kind == Kind.CONTACT for found in told[row.id]],
        runs=_runs(db, text),
        integrations=[row for row in every.integrations if fold(text) in fold(row.name)][:AT_MOST],
        connections=[row for row in every.connections if text.lower() in row.name.lower()][:AT_MOST],
        searched=searched,
    )


def _documents(
    here: Sequence[sa.Row[Any]], there: Sequence[sa.Row[Any]], told: Mapping[int, Sequence[Found]]
) -> list[Found]:
    """Those with this number in the stock system first, then those with this number in the ledger; each once."""
    rows = {row.id: row for row in (*here, *there) if row.kind != Kind.CONTACT}
    return [found for id in rows for found in told[id]][:AT_MOST]


def _snapshots(db: sa.Connection, searched: Sequence[sa.Row[Any]], text: str) -> list[sa.Row[Any]]:
    """What begins with the text: documents, and contacts after them."""
    asked = {"first": fold(text), "last": fold(text) + LAST_CHARACTER}
    beginning = _BEGINNING_LATERALLY if db.dialect.name == "postgresql" else _BEGINNING
    found: list[sa.Row[Any]] = []
    for connection_id in sorted({row.stock_id for row in searched}):
        found += db.execute(beginning, {"connection": connection_id, **asked})
    ordered = sorted(found, key=lambda row: (row.natural_key, row.kind))
    documents = [row for row in ordered if row.kind != Kind.CONTACT][:AT_MOST]
    return [*documents, *[row for row in ordered if row.kind == Kind.CONTACT][:AT_MOST]]


def _look(kind: Any) -> sa.Select[Any]:
    """One ordered look into the index for a kind, so that none is read in full."""
    return (
        sa.select(*_SHOWN, *_TOLD)
        .where(SNAPSHOTS.c.connection_id == sa.bindparam("connection"), SNAPSHOTS.c.kind == kind)
        .where(SNAPSHOTS.c.natural_key >= sa.bindparam("first"), SNAPSHOTS.c.natural_key < sa.bindparam("last"))
        .where(SNAPSHOTS.c.withdrawn.is_(False))
        .order_by(SNAPSHOTS.c.natural_key)
        .limit(_AT_MOST)
    )


def _laterally() -> sa.Select[Any]:
    """The looks as one, repeated for each kind: PostgreSQL plans a single one."""
    kinds = sa.func.unnest(sa.literal(_KINDS, ARRAY(sa.String))).table_valued("kind", name="sort").render_derived()
    look = _look(kinds.c.kind).lateral("look")
    return sa.select(look).select_from(kinds.join(look, sa.true()))


_KINDS = [kind.value for kind in (*DOCUMENTS, Kind.CONTACT)]
_BEGINNING = sa.union_all(*(sa.select(_look(kind).subquery()) for kind in _KINDS))
"""Made once, as the others here are: making them took longer than answering them."""
_BEGINNING_LATERALLY = _laterally()

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
    .limit(_AT_MOST)
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
    newest: dict[_Key, int] = {}
    numbers: dict[_Key, str] = {}
    rules: dict[_Key, str] = {}
    for integration_id, kind, source_id, operation_id, number, rule in db.execute(_BECAME, asked):
        key = (integration_id, kind, source_id)
        if operation_id is not None:
            newest[key] = operation_id
        elif rule is not None:
            rules[key] = rule
        else:
            numbers[key] = number
    journals, names = _journals(db, searched, rows), _ledger_names(db, searched, rows)
    return {
        row.id: [
            Found(
                place.id,
                place.name,
                row,
                newest.get(key),
                numbers.get(key) or "",
                journals.get(key),
                rules.get(key, ""),
                names.get(key, ""),
            )
            for place in searched
            if place.stock_id == row.connection_id and (key := (place.id, row.kind, row.external_id))
        ]
        for row in rows
    }


def _journals(db: sa.Connection, searched: Sequence[sa.Row[Any]], rows: Sequence[sa.Row[Any]]) -> dict[_Key, Any]:
    """The journals that journals are posted in together with others."""
    ids = sorted({row.external_id for row in rows if row.kind == Kind.JOURNAL})
    return {
        (place.id, Kind.JOURNAL.value, source_id): journal
        for place in searched
        for source_id, journal in memberships(db, place.id, ids).items()
    }


def _ledger_names(db: sa.Connection, searched: Sequence[sa.Row[Any]], rows: Sequence[sa.Row[Any]]) -> dict[_Key, str]:
    """What the ledgers call the contacts that contacts are linked to."""
    ids = sorted({row.external_id for row in rows if row.kind == Kind.CONTACT})
    if not ids:
        return {}
    found = db.execute(_LEDGER_NAMES, {"within": [row.id for row in searched], "ids": ids})
    return {(row.integration_id, Kind.CONTACT.value, row.source_id): row.label for row in found}


_LEDGER_NAMES = (
    sa.select(LINKS.c.integration_id, LINKS.c.source_id, SNAPSHOTS.c.label)
    .join_from(
        LINKS,
        SNAPSHOTS,
        sa.and_(
            SNAPSHOTS.c.connection_id == LINKS.c.ledger_id,
            SNAPSHOTS.c.kind == LINKS.c.kind,
            SNAPSHOTS.c.external_id == LINKS.c.target_id,
        ),
    )
    .where(LINKS.c.integration_id.in_(sa.bindparam("within", expanding=True)), LINKS.c.live)
    .where(LINKS.c.kind == Kind.CONTACT.value, among(LINKS.c.source_id, "ids"))
)


def _of_sources(
    of: sa.FromClause, source_id: sa.ColumnElement[str], *values: sa.ColumnElement[Any] | sa.Null
) -> sa.Select[Any]:
    """The newest operation, the number in the ledger or the rule of each source, as far as ``of`` knows it."""
    key = (of.c.integration_id, of.c.kind, source_id)
    # One by one, so that PostgreSQL knows without looking at them how few they are.
    within = of.c.integration_id.in_(sa.bindparam("within", expanding=True))
    chosen = sa.select(*key, *values).where(within, of.c.kind.in_(_KINDS), among(source_id, "ids"))
    return chosen.group_by(*key)


_NONE = sa.null()
_BECAME = sa.union_all(
    _of_sources(OPERATIONS, OPERATIONS.c.source_id, sa.func.max(OPERATIONS.c.id), _NONE, _NONE).where(
        OPERATIONS.c.state != OperationState.REPLACED.value
    ),
    _of_sources(LINKS, LINKS.c.source_id, _NONE, sa.func.max(LINKS.c.target_number), _NONE).where(LINKS.c.live),
    _of_sources(FLOWS, EXCLUSIONS.c.external_id, _NONE, _NONE, sa.func.max(EXCLUSIONS.c.rule)).where(
        EXCLUSIONS.c.flow_id == FLOWS.c.id
    ),
)
"""What became of documents: rows of operations, of links, and of what is left out, each with one of the three."""


def _runs(db: sa.Connection, text: str) -> Sequence[sa.Row[Any]]:
    """The run of that number: "12", "#12" or "run 12"."""
    number = fold(text).removeprefix("run").strip().removeprefix("#")
    run_id = id_of(number)
    if run_id is None:
        return []
    columns: tuple[Any, ...] = (RUNS.c.id, RUNS.c.state, RUNS.c.started_at, CONNECTIONS.c.name.label("connection"))
    chosen = sa.select(*columns).join(CONNECTIONS, CONNECTIONS.c.id == RUNS.c.connection_id)
    return db.execute(chosen.where(RUNS.c.id == run_id, visible_connections(RUNS.c.connection_id))).all()


def begins(column: sa.ColumnElement[str], text: str | sa.BindParameter[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """That a column, compared byte by byte, begins with the text: a range, which an index finds everywhere."""
    return column >= text, column < text + LAST_CHARACTER
