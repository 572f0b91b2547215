"""Beside the choice of a contact of the ledger: who is linked to it already, and what was posted and not read yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.engine.contact_list import CONTACT, Side
from hub.engine.directory import entries
from hub.engine.written import WrittenName
from hub.mapping import fold
from hub.models import Integration
from hub.web.queries.contacts import FOUND_AT_MOST
from hub.web.queries.tables import LINKS, SNAPSHOTS


def posted_unread(db: sa.Connection, integration: Integration, text: str) -> list[str]:
    """Names with the text among what the hub posted since the ledger's contacts were last read."""
    there = sa.exists().where(
        entries.c.connection_id == integration.ledger_id, entries.c.external_id == LINKS.c.target_id
    )
    source = entries.alias()
    name = WrittenName(LINKS.c.written_document)
    chosen = (
        sa.select(name)
        .join(
            source, sa.and_(source.c.connection_id == integration.stock_id, source.c.external_id == LINKS.c.source_id)
        )
        .where(LINKS.c.integration_id == integration.id, LINKS.c.kind == CONTACT, LINKS.c.live.is_(True), ~there)
        .where(source.c.name.contains(fold(text), autoescape=True))
    )
    return list(db.execute(chosen.order_by(source.c.name).limit(FOUND_AT_MOST)).scalars())


@dataclass(frozen=True)
class Holders:
    """Who else is linked to a contact of the ledger, by name, and the side on which one of them is what ours is."""

    names: Sequence[str]
    side: Side | None = None


def linked_to(
    db: sa.Connection, integration: Integration, source: sa.Row[Any], target_ids: Sequence[str]
) -> dict[str, Holders]:
    """Which other contacts of the stock system than ``source`` are linked to these of the ledger."""
    found: dict[str, list[sa.Row[Any]]] = {}
    sides = {"id": integration.id, "stock_id": integration.stock_id, "ledger_id": integration.ledger_id}
    asked = {"source_id": source.source_id, "target_ids": list(target_ids)}
    for row in db.execute(_LINKED_TO, {**sides, **asked}) if target_ids else ():
        found.setdefault(row.target_id, []).append(row)
    return {target_id: _holders(source, rows) for target_id, rows in found.items()}


def _holders(source: sa.Row[Any], rows: Sequence[sa.Row[Any]]) -> Holders:
    alike = {
        Side.CUSTOMERS: source.is_customer and any(row.is_customer for row in rows),
        Side.SUPPLIERS: source.is_supplier and any(row.is_supplier for row in rows),
    }
    return Holders([row.label for row in rows], next((side for side, same in alike.items() if same), None))


_STOCK: sa.BindParameter[int] = sa.bindparam("stock_id")

_LINKED_TO: sa.Select[Any] = (
    sa.select(LINKS.c.target_id, SNAPSHOTS.c.label, entries.c.is_customer, entries.c.is_supplier)
    .join(
        SNAPSHOTS,
        sa.and_(
            SNAPSHOTS.c.connection_id == _STOCK,
            SNAPSHOTS.c.kind == CONTACT,
            SNAPSHOTS.c.external_id == LINKS.c.source_id,
        ),
    )
    .join(entries, sa.and_(entries.c.connection_id == _STOCK, entries.c.external_id == LINKS.c.source_id))
    .where(LINKS.c.ledger_id == sa.bindparam("ledger_id"), LINKS.c.kind == CONTACT)
    .where(LINKS.c.target_id.in_(sa.bindparam("target_ids", expanding=True)), LINKS.c.live.is_(True))
    .where(LINKS.c.integration_id == sa.bindparam("id"), LINKS.c.source_id != sa.bindparam("source_id"))
    .order_by(SNAPSHOTS.c.label)
)
