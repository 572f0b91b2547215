"""Looking: what is unsure is looked for before it is repeated, and a target is read again before it is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.delivery import merge_state, save_states
from hub.engine.facts import load_ground, load_targets, refs_of
from hub.engine.notes import chunks
from hub.engine.runs import RunToken, write_progress
from hub.engine.settling import Settlement, hold
from hub.engine.taking import Candidates, operation_of
from hub.errors import Problem
from hub.models import Link, OperationRow, OperationState, table
from hub.providers import Action, Operation, Provider, TargetState, TargetStatus
from hub.reconcile import Look, judge_look, state_digest
from hub.store import Store

links = table(Link)
operations = table(OperationRow)

TRIES = 3
"""How often an operation that was looked for and not found is sent again before a person is asked."""

LOOKED_AT_ONCE = 200


def record_look(store: Store, run: RunToken, chosen: Candidates, found: Mapping[int, Sequence[TargetState]]) -> None:
    """Keep what a look before an update or a removal said.

    Where the target's status or its contents differ from what the plan saw, the operation stays stale and ``take`` has it
    planned anew; else it may go with the fresh state.
    """
    with store.write() as db:
        run.guard(db)
        states: list[TargetState] = []
        same: list[int] = []
        for one in chosen.operations:
            if one.id not in found:
                continue
            missing = TargetState(kind=one.kind, target_id=one.target_id, status=TargetStatus.MISSING)
            state = next(iter(found[one.id]), missing)
            states.append(state)
            if one.target and _looks_the_same(one.target, merge_state(one.target, state)):
                same.append(one.id)
        save_states(store, db, run.connection_id, states)
        version = sa.select(links.c.version).where(links.c.id == operations.c.link_id).scalar_subquery()
        seen = sa.update(operations).where(operations.c.id.in_([one.id for one in chosen.operations]))
        db.execute(seen.values(looked_in=run.id))
        db.execute(sa.update(operations).where(operations.c.id.in_(same)).values(link_version=version))


def record_states(
    store: Store, run: RunToken, looked: Sequence[Operation], found: Mapping[int, Sequence[TargetState]]
) -> None:
    """Keep what a look said of the targets of refused operations."""
    with store.write() as db:
        run.guard(db)
        save_states(store, db, run.connection_id, [state for one in looked for state in found.get(one.id, ())])


def _looks_the_same(before: TargetState, after: TargetState) -> bool:
    return before.status is after.status and state_digest(before) == state_digest(after)


@dataclass(frozen=True)
class UnsureOperations:
    """Operations whose answer was lost, of one integration, kind and action."""

    integration_id: int
    operations: tuple[Operation, ...]


def unsure(store: Store, run: RunToken) -> tuple[UnsureOperations | None, datetime | None]:
    """The next unsure operations that may be looked for, and else when the next ones may be."""
    ours = (operations.c.ledger_id == run.connection_id, operations.c.state == OperationState.UNSURE.value)
    ready = sa.or_(operations.c.not_before.is_(None), operations.c.not_before <= run.clock())
    with store.read() as db:
        first = db.execute(sa.select(operations).where(*ours, ready).order_by(operations.c.id).limit(1)).first()
        if first is None:
            return None, db.execute(sa.select(sa.func.min(operations.c.not_before)).where(*ours)).scalar()
        alike = (
            sa.select(operations)
            .where(
                *ours,
                ready,
                operations.c.integration_id == first.integration_id,
                operations.c.kind == first.kind,
            )
            .where(operations.c.action == first.action)
            .order_by(operations.c.id)
            .limit(LOOKED_AT_ONCE)
        )
        found = [operation_of(row, row.batch_id or "") for row in db.execute(alike)]
        targets = load_targets(db, first.integration_id, {ref for one in found for ref in refs_of(one.document)})
    known = tuple(
        replace(one, targets={ref: targets[ref] for ref in refs_of(one.document) if ref in targets}) for one in found
    )
    return UnsureOperations(first.integration_id, known), None


def settle_look(
    store: Store,
    run: RunToken,
    looked: UnsureOperations,
    found: Mapping[int, Sequence[TargetState]],
    providers: Mapping[str, Provider],
) -> dict[str, int]:
    """Judge what a look found: settle, send again, or ask a person."""
    counts: dict[str, int] = {}
    present = run.clock()
    with store.write() as db:
        run.guard(db)
        store.claim(db, looked.integration_id)
        ground = load_ground(db, looked.integration_id, providers)
        targets = load_targets(
            db, looked.integration_id, {ref for o in looked.operations for ref in refs_of(o.document)}
        )
        facts = ground.facts(targets)
        chosen = sa.select(operations).where(operations.c.id.in_([one.id for one in looked.operations]))
        rows = {row.id: row for row in db.execute(chosen.with_for_update())}
        states = [state for each in found.values() for state in each]
        settlement = Settlement(store, db, present, list(rows.values()), states)
        for one in looked.operations:
            row = rows[one.id]
            if row.state != OperationState.UNSURE.value or one.id not in found:
                continue
            verdict, state = judge_look(one.document, one.action, _unclaimed(db, row, found[one.id]), facts)
            name = _judge(settlement, row, one, verdict, state)
            counts[name] = counts.get(name, 0) + 1
        settlement.flush()
        write_progress(db, run.id, "look", counts, {})
    return counts


def _unclaimed(db: sa.Connection, row: sa.Row[Any], states: Sequence[TargetState]) -> list[TargetState]:
    """Leave out targets that are linked to another source record: they can't be what this operation made."""
    if row.action != Action.CREATE.value or row.kind in (Kind.CONTACT.value, Kind.ITEM.value):
        return list(states)
    taken: set[str] = set()
    for part in chunks([state.target_id for state in states]):
        chosen = sa.select(links.c.target_id).where(
            links.c.ledger_id == row.ledger_id,
            links.c.kind == row.kind,
            links.c.live.is_(True),
            links.c.target_id.in_(part),
            links.c.source_id != row.source_id,
        )
        taken |= set(db.execute(chosen).scalars())
    return [state for state in states if state.target_id not in taken]


def _judge(settlement: Settlement, row: sa.Row[Any], one: Operation, verdict: Look, state: TargetState | None) -> str:
    db = settlement.db
    if verdict is Look.SETTLED:
        found = state or TargetState(kind=one.kind, target_id=one.target_id, status=TargetStatus.MISSING)
        settlement.done(row, one.document, found, ["its answer was lost; it was found by looking"])
        return "found"
    if verdict is Look.NOT_DONE and row.attempt < TRIES:
        change = sa.update(operations).where(operations.c.id == row.id)
        db.execute(change.values(state=OperationState.PENDING.value, batch_id=None, not_before=None, looked_in=None))
        return "not found"
    problem = _ask(row, verdict)
    hold(db, row, problem, OperationState.FAILED)
    return "asked"


def _ask(row: sa.Row[Any], verdict: Look) -> Problem:
    if verdict is Look.ASK:
        why = "What was found in the ledger is not certainly what was sent."
        fix = "Compare it in the ledger; then drop this with a reason, or remove the other one and retry."
    else:
        why = f"It was sent {row.attempt} times, the answer was lost each time, and nothing is to be found."
        fix = "Check the connection, then retry."
    return Problem(
        code="unsure",
        what=f"The answer for {row.label} was lost.",
        why=why,
        fix=fix,
        subject=row.kind,
        done="It was looked for.",
    )
