"""Freeing documents that are to be voided: the money that we moved on them is planned with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.notes import chunks, flows_by_kind, note_due
from hub.mapping import link_fact
from hub.models import Link, OperationFact, OperationRow, table
from hub.providers import Action
from hub.store import Store

links = table(Link)
operation_facts = table(OperationFact)
operations = table(OperationRow)

REMOVALS = (Action.VOID.value, Action.DELETE.value)
MONEY = (Kind.PAYMENT.value, Kind.REFUND.value, Kind.ALLOCATION.value)


def wake_money(store: Store, db: sa.Connection, integration_id: int, kind: str, ids: Sequence[str]) -> None:
    """Whether these documents are to be voided is decided anew, and what was posted or waits on them rests on that."""
    flows = flows_by_kind(db, [integration_id])
    notes = [
        {"flow_id": flow_id, "external_id": row.source_id, "reason": "its document is to be voided, or no longer"}
        for part in chunks(ids)
        for row in (*_posted_on(db, integration_id, part), *_waiting_for(db, integration_id, kind, part))
        for flow_id in flows.get(row.kind, ())
    ]
    note_due(store, db, list({(note["flow_id"], note["external_id"]): note for note in notes}.values()))


def removal_dropped(store: Store, db: sa.Connection, row: sa.Row[Any]) -> None:
    """Where a person leaves a document in the ledger, the money on it stays there, too."""
    if row.action in REMOVALS and row.kind not in MONEY:
        wake_money(store, db, row.integration_id, row.kind, [row.source_id])


def _posted_on(db: sa.Connection, integration_id: int, ids: Sequence[str]) -> Iterable[sa.Row[Any]]:
    about = sa.or_(
        sa.and_(links.c.document_id != "", links.c.document_id.in_(ids)),
        sa.and_(links.c.credit_id != "", links.c.credit_id.in_(ids)),
    )
    mine = (links.c.integration_id == integration_id, links.c.live.is_(True), about)
    return db.execute(sa.select(links.c.kind, links.c.source_id).where(*mine))


def _waiting_for(db: sa.Connection, integration_id: int, kind: str, ids: Sequence[str]) -> Iterable[sa.Row[Any]]:
    return db.execute(
        sa.select(operations.c.kind, operations.c.source_id)
        .join(operation_facts, operation_facts.c.operation_id == operations.c.id)
        .where(operation_facts.c.integration_id == integration_id, operations.c.kind.in_(MONEY))
        .where(operation_facts.c.fact.in_([link_fact(kind, id) for id in ids]))
    )
