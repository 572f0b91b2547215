"""Looking: what is unsure is looked for before it is repeated, and a target is read again before it is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.amounts import amount
from hub.documents import TRADE_KINDS, Kind
from hub.engine.delivery import claim_all, merge_state, save_states
from hub.engine.facts import load_ground, load_links, load_targets, refs_of
from hub.engine.notes import chunks
from hub.engine.runs import RunToken, write_progress
from hub.engine.settling import Settlement, forget_bytes, hold
from hub.engine.taking import TRIES, Candidates, operation_of
from hub.errors import Problem, UnreachableError
from hub.models import Link, OperationRow, OperationState, table
from hub.providers import Action, Operation, Provider, TargetState, TargetStatus
from hub.reconcile import Look, judge_look, state_digest, was_edited
from hub.store import Store

links = table(Link)
operations = table(OperationRow)

LOOKED_AT_ONCE = 200
UNSURE = "unsure"
"""The code of what nobody can tell; the problem of an unsure operation that has another one is why it was refused."""


def of_each(
    operations: Sequence[Operation], found: Mapping[int, Sequence[TargetState]]
) -> Mapping[int, Sequence[TargetState]]:
    """What a look found; raises ``UnreachableError`` where the platform did not say of each: silence is no "none"."""
    unlooked = [one.id for one in operations if one.id not in found]
    if unlooked:
        what = f"{len(unlooked)} targets could not be looked for."
        raise UnreachableError(Problem(code="not_looked_for", what=what, fix="Run again."))
    return found


def record_look(store: Store, run: RunToken, chosen: Candidates, found: Mapping[int, Sequence[TargetState]]) -> None:
    """Keep what a look before an update or a removal said.

    Where the target's status or its contents differ from what the plan saw, the operation stays stale and ``take``
    has it planned anew; else it may go with the fresh state.
    """
    if chosen.action is Action.CREATE:
        _record_numbers(store, run, chosen, found)
        return
    with store.write() as db:
        run.guard(db)
        store.claim(db, chosen.integration_id)
        states: list[TargetState] = []
        same: list[int] = []
        looked = [one for one in chosen.looked_for if one.id in found]
        for one in looked:
            state = _state_of(one, found)
            states.append(state)
            if one.target and _looks_the_same(one.target, merge_state(one.target, state)):
                same.append(one.id)
        save_states(store, db, run.connection_id, states, run.clock())
        version = sa.select(links.c.version).where(links.c.id == operations.c.link_id).scalar_subquery()
        seen = sa.update(operations).where(operations.c.id.in_([one.id for one in looked]))
        db.execute(seen.values(looked_in=run.id))
        db.execute(sa.update(operations).where(operations.c.id.in_(same)).values(link_version=version))


def before_creating(store: Store, run: RunToken, chosen: Candidates) -> tuple[Operation, ...]:
    """The chosen creates, and more of their sort, whose numbers nobody looked for in this run; none where all were."""
    unasked = sa.or_(operations.c.looked_in.is_(None), operations.c.looked_in != run.id)
    alike = (
        operations.c.ledger_id == run.connection_id,
        operations.c.integration_id == chosen.integration_id,
        operations.c.kind == chosen.kind.value,
        operations.c.action == Action.CREATE.value,
        operations.c.state == OperationState.PENDING.value,
    )
    with store.read() as db:
        first = sa.select(operations.c.id).where(operations.c.id.in_(chosen.ids), unasked).limit(1)
        if chosen.action is not Action.CREATE or db.execute(first).first() is None:
            return ()
        waiting = sa.select(operations).where(*alike, unasked).order_by(operations.c.tier, operations.c.id)
        return _to_look_for(db, db.execute(waiting.limit(LOOKED_AT_ONCE)).all())


def _record_numbers(
    store: Store, run: RunToken, chosen: Candidates, found: Mapping[int, Sequence[TargetState]]
) -> None:
    """Keep what a look for the numbers of creates said: where one is taken, nothing is created beside it.

    One that carries our mark was made by us, as an older copy of the database does not remember: it counts as unsure,
    and the look for what is unsure settles it.
    """
    with store.write() as db:
        run.guard(db)
        store.claim(db, chosen.integration_id)
        asked = [one.id for one in chosen.looked_for if one.id in found]
        waiting = (operations.c.id.in_(asked), operations.c.state == OperationState.PENDING.value)
        rows = db.execute(sa.select(operations).where(*waiting)).all()
        db.execute(sa.update(operations).where(*waiting).values(looked_in=run.id))
        for row in rows:
            there = [state for state in _unclaimed(db, row, found[row.id]) if state.status.is_live]
            if any(state.ours for state in there):
                change = sa.update(operations).where(operations.c.id == row.id)
                blank = {"problem": None, "problem_code": "", "problem_subject": ""}
                db.execute(change.values(state=OperationState.UNSURE.value, not_before=None, **blank))
            elif there:
                hold(db, row, _number_taken(row, there[0]), OperationState.FAILED)


def _number_taken(row: sa.Row[Any], state: TargetState) -> Problem:
    total = "" if state.total is None else f" over {amount(state.total, state.currency)}"
    return Problem(
        code="number_taken",
        what=f"The ledger has {state.number or row.label}{total} of {state.date} already, and the hub did not make it.",
        why="Somebody or another program entered it there.",
        fix="If the two are the same, say that it is in the ledger already; else give one of them another number.",
        subject=state.target_id,
        done="Nothing was posted.",
    )


def record_states(
    store: Store, run: RunToken, looked: Sequence[Operation], found: Mapping[int, Sequence[TargetState]]
) -> None:
    """Keep what a look said of the targets that refused operations touch."""
    with store.write() as db:
        run.guard(db)
        claim_all(store, db, run.connection_id)
        states = [_state_of(one, found) for one in looked]
        save_states(store, db, run.connection_id, states, run.clock())


def _state_of(one: Operation, found: Mapping[int, Sequence[TargetState]]) -> TargetState:
    missing = TargetState(kind=one.kind, target_id=one.target_id, status=TargetStatus.MISSING)
    return next(iter(found[one.id]), missing)


def _looks_the_same(before: TargetState, after: TargetState) -> bool:
    return before.status is after.status and not was_edited(state_digest(before), after)


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
        return UnsureOperations(first.integration_id, _to_look_for(db, db.execute(alike).all())), None


def still_open(store: Store, ids: Sequence[int], state: OperationState) -> tuple[int, tuple[Operation, ...]]:
    """Of operations that a visitor was asked to look for, those that still wait for it, and their integration."""
    with store.read() as db:
        chosen = sa.select(operations).where(operations.c.id.in_(ids), operations.c.state == state.value)
        rows = db.execute(chosen.order_by(operations.c.id)).all()
        return (rows[0].integration_id, _to_look_for(db, rows)) if rows else (0, ())


def _to_look_for(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> tuple[Operation, ...]:
    """Operations of one kind with what a look may need: the target as we know it, and those that the document names."""
    integration_id, kind = rows[0].integration_id, rows[0].kind
    live, _ = load_links(db, integration_id, kind, [row.source_id for row in rows], with_document=False)
    states = {source_id: link.state for source_id, link in live.items()}
    found = [operation_of(row, row.batch_id or "", states.get(row.source_id)) for row in rows]
    targets = load_targets(db, integration_id, {ref for one in found for ref in refs_of(one.document)})
    return tuple(
        replace(one, targets={ref: targets[ref] for ref in refs_of(one.document) if ref in targets}) for one in found
    )


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
            candidates = _unclaimed(db, row, found[one.id])
            verdict, state = judge_look(one.document, one.action, candidates, facts, one.target)
            name = _judge(settlement, row, one, verdict, state)
            counts[name] = counts.get(name, 0) + 1
        settlement.flush()
        forget_bytes(db, {row.batch_id for row in rows.values() if row.batch_id}, present)
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
    if row.problem is not None and row.problem_code not in ("", UNSURE):
        # Refused, since the ledger has such a record; it is not ours.
        hold(db, row, Problem.model_validate(row.problem), OperationState.FAILED)
        return "failed"
    if verdict is Look.NOT_DONE and row.attempt < TRIES:
        again = {"state": OperationState.PENDING.value, "batch_id": None, "not_before": None, "looked_in": None}
        change = sa.update(operations).where(operations.c.id == row.id)
        db.execute(change.values(**again, problem=None, problem_code="", problem_subject=""))
        return "not found"
    passing = row.problem is not None and not row.problem_code and verdict is Look.NOT_DONE
    problem = _never_passed(row) if passing else _ask(row, verdict)
    hold(db, row, problem, OperationState.FAILED)
    return "asked"


def refused_targets(store: Store, refused: Sequence[Operation]) -> list[Operation]:
    """What must be read again after a refusal because of state: the targets, and what new ones were to refer to."""
    again = [one for one in refused if one.target_id]
    refs = {ref: one for one in refused if not one.target_id for ref in refs_of(one.document) if ref[0] in TRADE_KINDS}
    if not refs:
        return again
    with store.read() as db:
        first = next(iter(refs.values()))
        integration_id = db.execute(
            sa.select(operations.c.integration_id).where(operations.c.id == first.id)
        ).scalar_one()
        for number, (kind, source_id) in enumerate(refs, start=1):
            live, _ = load_links(db, integration_id, kind, [source_id])
            link = live.get(source_id)
            if link and link.written_document:
                asked = Operation(-number, kind, Action.UPDATE, link.written_document, "", target_id=link.target_id)
                again.append(replace(asked, generation=link.generation, target=link.state))
    return again


def _never_passed(row: sa.Row[Any]) -> Problem:
    """What it was refused with the last time, for a reason that should have passed."""
    problem = Problem.model_validate(row.problem)
    done = f"It was sent {row.attempt} times; the ledger did not take it."
    return problem.model_copy(update={"done": done, "subject": problem.subject or row.kind})


def _ask(row: sa.Row[Any], verdict: Look) -> Problem:
    if verdict is Look.ASK:
        why = "What was found in the ledger is not certainly what was sent."
        fix = "Compare it in the ledger; then skip this with a reason, or remove the other one and retry."
    else:
        why = f"It was sent {row.attempt} times, the answer was lost each time, and nothing is to be found."
        fix = "Check that the ledger can be reached, then retry."
    return Problem(
        code=UNSURE,
        what=f"The answer for {row.label} was lost.",
        why=why,
        fix=fix,
        subject=row.kind,
        done="It was looked for.",
    )
