"""What people call a document that has no number of its own: after the document that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.among import one_of
from hub.web import wording
from hub.web.queries.tables import INTEGRATIONS, OPERATIONS, SNAPSHOTS

SETTLEMENTS = frozenset({Kind.PAYMENT.value, Kind.REFUND.value, Kind.ALLOCATION.value})
"""What belongs to another document; many have no number, and their id tells nobody anything."""

Names = Mapping[tuple[str, str], str]
"""By kind and external id."""


def settling_document(table: sa.FromClause) -> sa.Label[str]:
    """The document of a row of operations or snapshots that belongs to another; only of these, since they are long."""
    return sa.case((one_of(table.c.kind, sorted(SETTLEMENTS)), table.c.document), else_="").label("document")


def is_nameless(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a row of snapshots belongs to another and has no number: its label is an id that nobody knows."""
    has_none = sa.or_(table.c.label == sa.literal_column("''"), table.c.label == table.c.external_id)
    return sa.and_(one_of(table.c.kind, sorted(SETTLEMENTS)), has_none)


SETTLING = (OPERATIONS.c.integration_id, OPERATIONS.c.source_id, settling_document(OPERATIONS))
"""What a list of operations has to read besides, so that :func:`operations_called` finds their names."""

_NUMBERED = sa.select(SNAPSHOTS.c.kind, SNAPSHOTS.c.external_id, SNAPSHOTS.c.label).where(
    SNAPSHOTS.c.connection_id == sa.bindparam("stock"),
    SNAPSHOTS.c.kind.in_(sa.bindparam("kinds", expanding=True)),
    SNAPSHOTS.c.external_id.in_(sa.bindparam("ids", expanding=True)),
)


def names_of(db: sa.Connection, stock_id: int, rows: Sequence[sa.Row[Any]]) -> Names:
    """What snapshots of one stock system are called, such as "Payment of SO-77"; at most one statement.

    A row has ``kind``, ``external_id``, ``label`` and ``document``. One whose label says something keeps it.
    """
    nameless = [row for row in rows if row.kind in SETTLEMENTS and row.label in ("", row.external_id)]
    owners = {(row.kind, row.external_id): _owner(row.document) for row in nameless}
    if not owners:
        return {}
    kinds, ids = (sorted(set(part)) for part in zip(*owners.values(), strict=True))
    found = db.execute(_NUMBERED, {"stock": stock_id, "kinds": kinds, "ids": ids})
    labels = {(row.kind, row.external_id): row.label for row in found}
    return {name: _words(name[0], labels[owner]) for name, owner in owners.items() if owner in labels}


@dataclass(frozen=True)
class Called:
    """What people call an operation's document, and whom it is with."""

    name: str
    contact: str


def operations_called(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> Mapping[int, Called]:
    """The same of operations or links, of whatever integrations, by id; only of those without a number of their own.

    A row has ``id``, ``kind``, ``label`` and what is in :data:`SETTLING`. At most one statement.
    """
    nameless = [row for row in rows if row.kind in SETTLEMENTS and row.label in ("", row.source_id)]
    owners = {row.id: (row.integration_id, *_owner(row.document)) for row in nameless}
    if not owners:
        return {}
    integrations, kinds, ids = (sorted(set(part)) for part in zip(*owners.values(), strict=True))
    found = db.execute(_OWNERS, {"integrations": integrations, "kinds": kinds, "ids": ids})
    known = {(row.integration_id, row.kind, row.external_id): row for row in found}
    return {
        row.id: Called(_words(row.kind, known[owners[row.id]].label), _with(known[owners[row.id]].document))
        for row in nameless
        if owners[row.id] in known
    }


_OWNERS: sa.Select[Any] = (
    sa.select(
        INTEGRATIONS.c.id.label("integration_id"),
        SNAPSHOTS.c.kind,
        SNAPSHOTS.c.external_id,
        SNAPSHOTS.c.label,
        SNAPSHOTS.c.document,
    )
    .join(INTEGRATIONS, INTEGRATIONS.c.stock_id == SNAPSHOTS.c.connection_id)
    .where(INTEGRATIONS.c.id.in_(sa.bindparam("integrations", expanding=True)))
    .where(SNAPSHOTS.c.kind.in_(sa.bindparam("kinds", expanding=True)))
    .where(SNAPSHOTS.c.external_id.in_(sa.bindparam("ids", expanding=True)))
)


def _with(document: str) -> str:
    return str(json.loads(document).get("contact_name", ""))


def _owner(document: str) -> tuple[str, str]:
    told = json.loads(document)
    return str(told.get("document_kind", "")), str(told.get("document_id", ""))


def _words(kind: str, owner: str) -> str:
    return f"{wording.kind_title(kind)} of {owner}"
