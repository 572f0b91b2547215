"""What people call a document that has no number of its own: after the document that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.web import wording
from hub.web.queries.tables import SNAPSHOTS

SETTLEMENTS = frozenset({Kind.PAYMENT.value, Kind.REFUND.value, Kind.ALLOCATION.value})
"""What belongs to another document; many have no number, and their id tells nobody anything."""

Names = Mapping[tuple[str, str], str]
"""By kind and external id."""

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


def _owner(document: str) -> tuple[str, str]:
    told = json.loads(document)
    return str(told.get("document_kind", "")), str(told.get("document_id", ""))


def _words(kind: str, owner: str) -> str:
    return f"{wording.kind_title(kind)} of {owner}"
