"""Deciding one operation again from the stored facts, to show how the decision comes about. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.engine.cases import cases_of, load_portion
from hub.engine.facts import load_ground
from hub.errors import Problem, SettingsError
from hub.models import OperationRow, OperationState, table
from hub.providers import Action
from hub.reconcile import Decision, Verdict, decide, payload_hash

if TYPE_CHECKING:
    from hub.engine.hub import Hub

operations = table(OperationRow)


@dataclass(frozen=True)
class Replay:
    """What was decided and what would be now, in plain words, and the way there. ``same`` compares the two."""

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
    stored = _sentence(f"{_ACTS[row.action]}: {_STATES[row.state]}", row.reason)
    if not cases:
        gone = "Nothing: the stock system's record is no longer stored."
        return Replay(row.label, row.kind, stored, gone, same=False, trace=tuple(row.trace))
    case, _ = cases[0]
    decision = decide(case)
    return Replay(
        label=row.label,
        kind=row.kind,
        stored=stored,
        present=_sentence(_VERDICTS.get(decision.verdict, _ACTS[decision.action.value]), decision.rule),
        same=_is_same(row, decision, payload_hash(decision.document or case.fitted)),
        trace=tuple(case.resolved.trace),
        facts=tuple(decision.facts),
        problem=decision.problem,
    )


_ACTS = {
    Action.CREATE.value: "Create it in the ledger",
    Action.UPDATE.value: "Change it in the ledger",
    Action.VOID.value: "Void it in the ledger",
    Action.DELETE.value: "Delete it in the ledger",
}
_STATES = {
    OperationState.HELD.value: "held until something is put right",
    OperationState.PROPOSED.value: "waiting for approval",
    OperationState.PENDING.value: "approved, to be sent with the next run",
    OperationState.SENDING.value: "being sent",
    OperationState.UNSURE.value: "sent, and it is not known yet whether it arrived",
    OperationState.FAILED.value: "refused by the ledger",
    OperationState.DONE.value: "done",
    OperationState.DROPPED.value: "skipped by a person",
    OperationState.REPLACED.value: "not carried out, since a newer plan took its place",
}
_VERDICTS = {
    Verdict.NOTHING: "Nothing: the ledger has it as it should be",
    Verdict.EXCLUDED: "Nothing: a rule leaves it out",
    Verdict.ADOPT: "Take what is in the ledger already for it",
    Verdict.JOIN: "Post it together with others",
    Verdict.HOLD: "Hold it until something is put right",
}


def _sentence(words: str, reason: str) -> str:
    return f"{words} ({reason})." if reason else f"{words}."


def _is_same(row: sa.Row[Any], decision: Decision, payload: str) -> bool:
    """A held one is held for the same reason; one to be written has the same content; others need nothing further."""
    if row.state == OperationState.DONE.value:
        return decision.verdict is Verdict.NOTHING
    if row.state == OperationState.HELD.value:
        code = decision.problem.code if decision.problem else ""
        return decision.verdict is Verdict.HOLD and code == row.problem_code
    return decision.verdict is Verdict.WRITE and decision.action.value == row.action and payload == row.payload_hash
