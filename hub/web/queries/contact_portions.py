"""All contacts of both sides, read portion by portion: for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from hub.engine.contact_list import CONTACT, contact_list
from hub.engine.directory import entries
from hub.models import Integration
from hub.store import Store
from hub.web.queries.contacts import of_ledger
from hub.web.queries.tables import LINKS

READ_AT_ONCE = 1_000


def link_portions(store: Store, integration: Integration) -> Iterator[sa.Row[Any]]:
    """Every contact of the stock system with its link, read portion by portion."""
    every = contact_list(integration).subquery()
    last = ""
    while True:
        with store.read() as db:
            chosen = sa.select(every).where(every.c.source_id > last).order_by(every.c.source_id).limit(READ_AT_ONCE)
            rows = db.execute(chosen).all()
        yield from rows
        if len(rows) < READ_AT_ONCE:
            return
        last = rows[-1].source_id


def ledger_portions(store: Store, integration: Integration) -> Iterator[tuple[sa.Row[Any], list[str]]]:
    """Every contact of the ledger and the source ids that are linked to it, read portion by portion."""
    last = ""
    while True:
        with store.read() as db:
            chosen = of_ledger(integration.ledger_id).where(entries.c.external_id > last)
            rows = db.execute(chosen.order_by(entries.c.external_id).limit(READ_AT_ONCE)).all()
            holders = _holders(db, integration, [row.external_id for row in rows])
        yield from ((row, holders.get(row.external_id, [])) for row in rows)
        if len(rows) < READ_AT_ONCE:
            return
        last = rows[-1].external_id


def _holders(db: sa.Connection, integration: Integration, target_ids: Sequence[str]) -> dict[str, list[str]]:
    chosen = sa.select(LINKS.c.target_id, LINKS.c.source_id).where(
        LINKS.c.ledger_id == integration.ledger_id, LINKS.c.kind == CONTACT, LINKS.c.target_id.in_(target_ids)
    )
    found: dict[str, list[str]] = {}
    for row in db.execute(chosen.where(LINKS.c.live.is_(True), LINKS.c.integration_id == integration.id)):
        found.setdefault(row.target_id, []).append(row.source_id)
    return found
