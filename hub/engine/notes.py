"""Due notes: written with whatever changed, cleared with the plan that saw them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.models import (
    OPEN_STATES,
    Due,
    Flow,
    FlowMode,
    Link,
    OperationFact,
    OperationRow,
    OperationState,
    Snapshot,
    table,
)
from hub.reconcile import SUMMARIES, own_prefix
from hub.store import Store

due = table(Due)
flows = table(Flow)
links = table(Link)
operations = table(OperationRow)
operation_facts = table(OperationFact)
snapshots = table(Snapshot)

ONLY_A_PERSON_KNOWS = ("unsure", "posted_twice", "target_taken")
"""Problems of records that may be in the ledger already: planning them again unasked could post them twice."""

IN_CHUNK = 400
"""How many values one IN list carries; SQLite and PostgreSQL both plan that well."""


def chunks(values: Sequence[Any], size: int = IN_CHUNK) -> Iterable[Sequence[Any]]:
    """Cut a sequence into pieces."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def left_alone() -> sa.ColumnElement[bool]:
    """Operations whose record is not planned: on its way, or only a person can say whether it arrived."""
    on_its_way = operations.c.state.in_([OperationState.SENDING.value, OperationState.UNSURE.value])
    asked = sa.and_(
        operations.c.state == OperationState.FAILED.value, operations.c.problem_code.in_(ONLY_A_PERSON_KNOWS)
    )
    return sa.or_(on_its_way, asked)


def note_due(store: Store, db: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note that records must be planned: rows of flow_id, external_id and reason.

    A note that is there already gets a higher version, so that a plan which did not see the new reason can't clear it.
    """
    if not rows:
        return
    insert = (sqlite.insert if store.is_sqlite else postgresql.insert)(due)
    statement = insert.on_conflict_do_update(
        index_elements=["flow_id", "external_id"],
        set_={"version": due.c.version + 1, "reason": insert.excluded.reason},
    )
    # In one order, so that two processes noting the same records wait for each other instead of for ever.
    ordered = sorted(rows, key=lambda row: (row["flow_id"], row["external_id"]))
    db.execute(statement, [{"version": 1, **row} for row in ordered])


def open_due(store: Store, db: sa.Connection, integration_id: int, reason: str) -> None:
    """Whatever is not posted yet may rest on whether a flow is on, off, or posting drafts."""
    chosen = sa.select(operations.c.flow_id, operations.c.source_id).where(
        operations.c.integration_id == integration_id, operations.c.state.in_(OPEN_STATES)
    )
    rows = [{"flow_id": row.flow_id, "external_id": row.source_id, "reason": reason} for row in db.execute(chosen)]
    note_due(store, db, rows)


def all_due(db: sa.Connection, flow: sa.Row[Any], stock_id: int) -> None:
    """Note every snapshot of the flow's kind that is not in the ledger as it is, in the database itself.

    While the flow was off, edits and withdrawals were planned as nothing.
    """
    posted = sa.exists().where(
        links.c.integration_id == flow.integration_id,
        links.c.kind == flow.kind,
        links.c.source_id == snapshots.c.external_id,
        links.c.live.is_(True),
        links.c.written_fingerprint == snapshots.c.fingerprint,
        snapshots.c.withdrawn.is_(False),
    )
    noted = sa.exists().where(due.c.flow_id == flow.id, due.c.external_id == snapshots.c.external_id)
    # A plan in the making read its notes already: a higher version keeps it from clearing them.
    db.execute(sa.update(due).where(due.c.flow_id == flow.id).values(version=due.c.version + 1))
    chosen = sa.select(
        sa.literal(flow.id), snapshots.c.external_id, sa.literal("the flow was switched"), sa.literal(1)
    ).where(snapshots.c.connection_id == stock_id, snapshots.c.kind == flow.kind, ~posted, ~noted)
    # Another integration's summaries are of its own members.
    own = snapshots.c.external_id.startswith(own_prefix(flow.integration_id))
    chosen = chosen.where(sa.or_(snapshots.c.feed != SUMMARIES, own))
    db.execute(sa.insert(due).from_select(["flow_id", "external_id", "reason", "version"], chosen))


def flows_by_kind(db: sa.Connection, integration_ids: Sequence[int]) -> dict[str, list[int]]:
    """The flows that are not off, by kind."""
    chosen = sa.select(flows.c.id, flows.c.kind).where(
        flows.c.integration_id.in_(integration_ids), flows.c.mode != FlowMode.OFF.value
    )
    found: dict[str, list[int]] = {}
    for row in db.execute(chosen):
        found.setdefault(row.kind, []).append(row.id)
    return found


def touch_facts(
    store: Store,
    db: sa.Connection,
    integration_ids: Sequence[int],
    facts: Iterable[str],
    *,
    waiting_only: bool = True,
    kinds: Collection[str] = (),
) -> int:
    """Bring operations due that wait for one of these facts; with ``waiting_only`` False also those that rest on one.

    ``kinds`` says which operations can rest on these facts at all (empty: any).
    """
    changed = sorted(set(facts))
    if not changed or not integration_ids:
        return 0
    rows: dict[tuple[int, str], str] = {}
    for part in chunks(changed):
        waiting = (
            sa.select(operations.c.flow_id, operations.c.source_id, operation_facts.c.fact)
            .join(operation_facts, operation_facts.c.operation_id == operations.c.id)
            .where(operation_facts.c.integration_id.in_(integration_ids), operation_facts.c.fact.in_(part))
        )
        for row in db.execute(waiting):
            rows[row.flow_id, row.source_id] = row.fact
    if not waiting_only:
        rows |= _resting_on(db, integration_ids, frozenset(changed), kinds)
    note_due(
        store,
        db,
        [{"flow_id": flow, "external_id": source, "reason": fact} for (flow, source), fact in rows.items()],
    )
    return len(rows)


def _resting_on(
    db: sa.Connection, integration_ids: Sequence[int], changed: frozenset[str], kinds: Collection[str]
) -> dict[tuple[int, str], str]:
    chosen = sa.select(operations.c.flow_id, operations.c.source_id, operations.c.facts).where(
        operations.c.integration_id.in_(integration_ids),
        operations.c.state.in_([OperationState.PROPOSED.value, OperationState.PENDING.value]),
    )
    if kinds:
        chosen = chosen.where(operations.c.kind.in_(kinds))
    rows: dict[tuple[int, str], str] = {}
    for row in db.execute(chosen):
        fact = next((fact for fact in row.facts if fact in changed), None)
        if fact:
            rows[row.flow_id, row.source_id] = fact
    return rows


def forget_facts(db: sa.Connection, operation_ids: Sequence[int]) -> None:
    """An operation that is held no longer waits for nothing."""
    for part in chunks(operation_ids):
        db.execute(sa.delete(operation_facts).where(operation_facts.c.operation_id.in_(part)))
