"""Beside the choice of a contact of the ledger: who is linked to it already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.engine.among import among
from hub.engine.contact_list import CONTACT, ENTRY, Side, contact_links
from hub.engine.directory import entries
from hub.models import Integration
from hub.web.queries.tables import LINKS, SNAPSHOTS


@dataclass(frozen=True)
class Holders:
    """Who else is linked to a contact of the ledger, by name, and the side on which one of them is what ours is."""

    names: Sequence[str]
    side: Side | None = None


def linked_to(
    db: sa.Connection, integration: Integration, source: sa.Row[Any], target_ids: Sequence[str]
) -> dict[str, Holders]:
    """Which other contacts of the stock system than ``source`` are linked to these of the ledger."""
    linked = _linked(db, integration, target_ids)
    found = {target_id: _holders(source, rows) for target_id, rows in linked.items()}
    return {target_id: holders for target_id, holders in found.items() if holders.names}


def heirs_held(
    db: sa.Connection, integration: Integration, heirs: Sequence[tuple[sa.Row[Any], str]]
) -> dict[str, Holders]:
    """Of contacts, each with the heir of the one it is linked to: by source id, who of its side has that already."""
    linked = _linked(db, integration, [target_id for _, target_id in heirs])
    found = {row.source_id: _holders(row, linked.get(target_id, ())) for row, target_id in heirs}
    return {source_id: holders for source_id, holders in found.items() if holders.side}


def would_share(db: sa.Connection, integration: Integration, pairs: Mapping[str, str]) -> dict[str, Holders]:
    """Of those to be linked: by source id, who of its side has the same contact of the ledger, or is to have it too."""
    chosen = contact_links(integration).where(among(ENTRY.c.external_id, "ids"))
    sources = db.execute(chosen, {"ids": list(pairs)}).all()
    linked = _linked(db, integration, sorted(set(pairs.values())))
    for row in sources:
        linked.setdefault(pairs[row.source_id], []).append(row)
    found = {row.source_id: _holders(row, linked[pairs[row.source_id]]) for row in sources}
    return {source_id: holders for source_id, holders in found.items() if holders.side}


def _linked(db: sa.Connection, integration: Integration, target_ids: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    """The contacts of the stock system that are linked to these of the ledger, by name."""
    found: dict[str, list[sa.Row[Any]]] = {}
    sides = {"id": integration.id, "stock_id": integration.stock_id, "ledger_id": integration.ledger_id}
    for row in db.execute(_LINKED_TO, {**sides, "target_ids": list(target_ids)}) if target_ids else ():
        found.setdefault(row.target_id, []).append(row)
    return found


def _holders(source: sa.Row[Any], rows: Sequence[sa.Row[Any]]) -> Holders:
    others = {row.source_id: row for row in rows if row.source_id != source.source_id}
    alike = {
        Side.CUSTOMERS: source.is_customer and any(row.is_customer for row in others.values()),
        Side.SUPPLIERS: source.is_supplier and any(row.is_supplier for row in others.values()),
    }
    names = [row.label for row in others.values()]
    return Holders(names, next((side for side, same in alike.items() if same), None))


_STOCK: sa.BindParameter[int] = sa.bindparam("stock_id")

_LINKED_TO: sa.Select[Any] = (
    sa.select(LINKS.c.source_id, LINKS.c.target_id, SNAPSHOTS.c.label, entries.c.is_customer, entries.c.is_supplier)
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
    .where(among(LINKS.c.target_id, "target_ids"), LINKS.c.live.is_(True))
    .where(LINKS.c.integration_id == sa.bindparam("id"))
    .order_by(SNAPSHOTS.c.label)
)
