"""Whom documents are with: what tells several documents of one number apart."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from hub.documents import Kind
from hub.web.queries.tables import SNAPSHOTS

_LABELS = sa.select(SNAPSHOTS.c.external_id, SNAPSHOTS.c.label).where(
    SNAPSHOTS.c.connection_id == sa.bindparam("stock"),
    SNAPSHOTS.c.kind == Kind.CONTACT.value,
    SNAPSHOTS.c.external_id.in_(sa.bindparam("ids", expanding=True)),
)


def counterparts(db: sa.Connection, stock_id: int, documents: Mapping[int, str]) -> dict[int, str]:
    """The names of the contacts of documents, by whatever key those are given by; at most one statement.

    The contact as it was read goes before what a document calls it. One whose contact nobody knows is left out.
    """
    told = {key: json.loads(document) for key, document in documents.items()}
    ids = sorted({str(each["contact_id"]) for each in told.values() if each.get("contact_id")})
    rows = db.execute(_LABELS, {"stock": stock_id, "ids": ids}) if ids else ()
    labels = {row.external_id: row.label for row in rows}
    names = {key: labels.get(str(each.get("contact_id"))) or each.get("contact_name") for key, each in told.items()}
    return {key: str(name) for key, name in names.items() if name}
