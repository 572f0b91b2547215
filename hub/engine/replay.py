"""Deciding one operation again from the stored facts, to show how the decision comes about. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.engine.cases import cases_of, load_portion
from hub.engine.facts import load_ground
from hub.errors import Problem, SettingsError
from hub.models import OperationRow, OperationState, table
from hub.reconcile import Decision, Verdict, decide, payload_hash

if TYPE_CHECKING:
    from hub.engine.hub import Hub

operations = table(OperationRow)


@dataclass(frozen=True)
class Replay:
    """What was decided, what would be decided now, and the way there. ``same`` compares the two."""

    label: str
    kind: str
    stored: str
    present: str
    same: bool
    trace: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    problem: Problem | None = None


def replay_operation(hub: Hub, operation_id: int) -> Replay:
    """Decide an operation's record again; raises ``SettingsError`` when there is no such operation."""
    with hub.store.read() as db:
        row = db.execute(sa.select(operations).where(operations.c.id == operation_id)).first()
        if row is None:
            raise SettingsError(f"There is no operation {operation_id}.")
        ground = load_ground(db, row.integration_id, hub.providers)
        note = sa.select(sa.literal(row.source_id).label("external_id"), sa.literal("replayed").label("reason"))
        cases = cases_of(load_portion(db, ground, ground.flows[row.flow_id], db.execute(note).all()))
    stored = _words(row.action, row.state, row.reason)
    if not cases:
        gone = "the source's record is no longer stored"
        return Replay(row.label, row.kind, stored, gone, same=False, trace=tuple(row.trace))
    case, _ = cases[0]
    decision = decide(case)
    return Replay(
        label=row.label,
        kind=row.kind,
        stored=stored,
        present=_words(decision.action.value, decision.verdict.value, decision.rule),
        same=_is_same(row, decision, payload_hash(decision.document or case.fitted)),
        trace=tuple(case.resolved.trace),
        facts=tuple(decision.facts),
        problem=decision.problem,
    )


def _words(action: str, state: str, reason: str) -> str:
    return f"{action}, {state}{f' ({reason})' if reason else ''}"


def _is_same(row: sa.Row[Any], decision: Decision, payload: str) -> bool:
    """A held one is held for the same reason; one to be written has the same content; others need nothing further."""
    if row.state == OperationState.DONE.value:
        return decision.verdict is Verdict.NOTHING
    if row.state == OperationState.HELD.value:
        code = decision.problem.code if decision.problem else ""
        return decision.verdict is Verdict.HOLD and code == row.problem_code
    return decision.verdict is Verdict.WRITE and decision.action.value == row.action and payload == row.payload_hash
