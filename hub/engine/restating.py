"""Importing as a draft or as authorised, whatever the flow says: proposed operations restated before their approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Document, Kind, Status, parse_document
from hub.engine.cases import cases_of
from hub.engine.decisions import Decisions
from hub.engine.facts import load_ground
from hub.engine.first_write import portion_of
from hub.engine.notes import chunks
from hub.models import OperationRow, OperationState, table
from hub.providers import Action
from hub.reconcile import Case, payload_hash

operations = table(OperationRow)

RESTATED = TRADE_KINDS | {Kind.JOURNAL}
"""What a ledger knows drafts of."""

PORTION = 250
"""Operations restated in one transaction: short enough that other writers do not wait long."""


def approve_as(
    person: Decisions, operation_ids: Sequence[int], status: Status, *, hashes: Mapping[int, str] | None = None
) -> int:
    """Approve, with documents that are to be created as ``status``; answers with how many were approved.

    With ``hashes``, only those that still are what the person saw. What has no such status goes as it is. What would be
    another document today, since a mapping changed say, is left for the person to look at again.
    """
    approved = 0
    for part in chunks(operation_ids, PORTION):
        fresh = _restate(person, part, status, hashes)
        approved += person.approve(list(fresh), hashes=fresh) if fresh else 0
    return approved


def _restate(person: Decisions, ids: Sequence[int], status: Status, seen: Mapping[int, str] | None) -> dict[int, str]:
    """Give the operations their status; answers with the hash of each as it is now."""
    fresh: dict[int, str] = {}
    with person.store.write() as db:
        rows = _proposed(db, ids)
        for integration_id in sorted({row.integration_id for row in rows}):
            person.store.claim(db, integration_id)
        kept = [row for row in _proposed(db, ids) if seen is None or seen.get(row.id) == row.payload_hash]
        fresh |= {row.id: row.payload_hash for row in kept}
        trade = [row for row in kept if row.kind in RESTATED and row.action == Action.CREATE.value]
        for flow_id in sorted({row.flow_id for row in trade}):
            mine = [row for row in trade if row.flow_id == flow_id]
            restated = _restate_flow(person, db, mine, status)
            fresh = {id: hash for id, hash in fresh.items() if id not in {row.id for row in mine}} | restated
    return fresh


def _proposed(db: sa.Connection, ids: Sequence[int]) -> Sequence[sa.Row[Any]]:
    columns = (
        operations.c.id,
        operations.c.integration_id,
        operations.c.flow_id,
        operations.c.kind,
        operations.c.action,
        operations.c.source_id,
        operations.c.payload_hash,
        operations.c.post_as,
    )
    state = operations.c.state == OperationState.PROPOSED.value
    chosen: sa.Select[Any] = sa.select(*columns).where(operations.c.id.in_(ids), state)
    return db.execute(chosen).all()


def _restate_flow(person: Decisions, db: sa.Connection, rows: Sequence[sa.Row[Any]], status: Status) -> dict[int, str]:
    by_source = {row.source_id: row.id for row in rows}
    ids = list(by_source.values())
    frozen = _documents(db, ids)
    db.execute(sa.update(operations).where(operations.c.id.in_(ids)).values(post_as=status.value))
    ground = load_ground(db, rows[0].integration_id, person.hub.providers)
    portion = portion_of(db, ground, ground.flows[rows[0].flow_id], list(by_source))
    fresh: dict[int, str] = {}
    for case, _ in cases_of(portion):
        id = by_source[case.document.external_id]
        if _is_the_same(frozen[id], case.fitted):
            values = _as_planned(case)
            db.execute(sa.update(operations).where(operations.c.id == id).values(values))
            fresh[id] = values["payload_hash"]
    _leave(db, [row for row in rows if row.id not in fresh])
    return fresh


def _documents(db: sa.Connection, ids: Sequence[int]) -> dict[int, Document]:
    """What is proposed, as people see it."""
    chosen = sa.select(operations.c.id, operations.c.kind, operations.c.document).where(operations.c.id.in_(ids))
    return {row.id: parse_document(row.kind, row.document) for row in db.execute(chosen)}


def _is_the_same(seen: Document, planned: Document) -> bool:
    """Whether the plan of today differs from what the person saw in nothing but the status.

    A mapping, or the document itself, may have changed since: then it is looked at again before anything leaves.
    """
    as_today = seen.model_copy(update={"status": getattr(planned, "status", None)})
    return payload_hash(as_today) == payload_hash(planned)


def _leave(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
    """As they were; the next run plans them anew."""
    for post_as in {row.post_as for row in rows}:
        mine = [row.id for row in rows if row.post_as == post_as]
        db.execute(sa.update(operations).where(operations.c.id.in_(mine)).values(post_as=post_as))


def _as_planned(case: Case) -> dict[str, Any]:
    return {
        "document": case.fitted.model_dump_json(),
        "payload_hash": payload_hash(case.fitted),
        "trace": case.resolved.trace,
        "warnings": list(case.fit_notes),
    }
