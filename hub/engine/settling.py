"""Settling: what became of each operation, its link, and everything that waited for it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import Document, Kind, parse_document
from hub.engine.delivery import merge_state
from hub.engine.money import money_moved, money_of
from hub.engine.notes import chunks, forget_facts, note_due, touch_facts
from hub.engine.runs import RunToken, write_progress
from hub.engine.state_history import Moved, note_states
from hub.engine.summaries import note_settled
from hub.engine.written_cards import WrittenCard, save_written
from hub.errors import Problem
from hub.mapping import ORGANISATION_FACT, link_fact
from hub.models import OPEN_STATES, BatchRow, Link, OperationFact, OperationRow, OperationState, table
from hub.providers import Action, Batch, Operation, Outcome, TargetState, TargetStatus
from hub.reconcile import NOT_SAID, settled_digest, state_digest
from hub.store import Store

batches = table(BatchRow)
links = table(Link)
operation_facts = table(OperationFact)
operations = table(OperationRow)

ON_ITS_WAY = (OperationState.SENDING.value, OperationState.UNSURE.value)
NOT_ON_ITS_WAY = tuple(state for state in OPEN_STATES if state not in ON_ITS_WAY)

SHARED_TARGETS = frozenset({Kind.CONTACT.value, Kind.ITEM.value})
"""A customer and a supplier may be one ledger contact; every other target belongs to one source record."""


def settle(
    store: Store, run: RunToken, batch: Batch, outcomes: Iterable[Outcome], *, settling_seconds: float
) -> dict[str, int]:
    """Record what became of a batch. What nobody answered for is unsure.

    An answer that comes after another process took over is recorded too: the look that follows then finds the link.
    """
    told = {outcome.operation_id: outcome for outcome in outcomes}
    counts: dict[str, int] = {}
    present = run.clock()
    # That it was sent is on the disk already: should power loss undo this, the answer counts as lost and is looked for.
    with store.write(durable=False) as db:
        _claim(store, db, batch)
        chosen = sa.select(*_SETTLED).where(operations.c.id.in_([one.id for one in batch.operations]))
        rows = {row.id: row for row in db.execute(chosen.with_for_update())}
        settlement = Settlement(store, db, present, list(rows.values()), [o.state for o in told.values() if o.state])
        not_before = present + timedelta(seconds=settling_seconds)
        for one in batch.operations:
            name = _settle_one(settlement, rows[one.id], one, batch, told.get(one.id, Outcome(one.id)), not_before)
            counts[name] = counts.get(name, 0) + 1
        settlement.flush()
        whole = not counts.get("unsure")
        values: dict[str, Any] = (
            {"state": "settled", "settled_at": present, "body": None} if whole else {"state": "unsure"}
        )
        db.execute(sa.update(batches).where(batches.c.id == batch.id).values(values))
        write_progress(db, run.id, "send", counts, {})
    return counts


_LONG = ("document", "trace", "problem", "facts", "depends_on")
_SETTLED = tuple(column for column in operations.c if column.name not in _LONG)


def _settle_one(
    settlement: Settlement, row: sa.Row[Any], one: Operation, batch: Batch, outcome: Outcome, not_before: datetime
) -> str:
    db = settlement.db
    if row.state == OperationState.DONE.value:
        return _late(settlement, row, outcome)
    if row.batch_id != batch.id and outcome.state is None:
        return "late"
    if outcome.state is not None:
        return settlement.done(row, one.document, outcome.state, outcome.warnings)
    if outcome.problem is not None and not (outcome.look or outcome.passes):
        # A refusal is not planned again by itself: only when something it rests on turns out to have changed.
        hold(db, row, outcome.problem, OperationState.FAILED)
        return "failed"
    change = sa.update(operations).where(operations.c.id == row.id, operations.c.state == OperationState.SENDING.value)
    db.execute(change.values(state=OperationState.UNSURE.value, **_refused_with(outcome, not_before)))
    return "unsure"


def _refused_with(outcome: Outcome, not_before: datetime) -> dict[str, Any]:
    """What an unsure operation was refused with, if it was: then it has been carried out or never will be.

    A refusal that passes is only kept to be told: its code is not, so the operation stays one to try again.
    """
    problem = outcome.problem
    if problem is None or outcome.passes:
        kept = problem.model_dump() if problem else None
        return {"not_before": not_before, "problem": kept, "problem_code": "", "problem_subject": ""}
    named = {"problem_code": problem.code, "problem_subject": problem.subject}
    return {"not_before": None, "problem": problem.model_dump(), **named}


def forget_bytes(db: sa.Connection, batch_ids: Iterable[str], present: datetime) -> None:
    """A batch keeps its bytes only as long as one of its operations is on its way."""
    for batch_id in batch_ids:
        waiting = sa.exists().where(operations.c.batch_id == batch_id, operations.c.state.in_(ON_ITS_WAY))
        change = sa.update(batches).where(batches.c.id == batch_id, ~waiting)
        db.execute(change.values(state="settled", settled_at=present, body=None))


def due_row(row: sa.Row[Any], reason: str) -> dict[str, Any]:
    """A due note for an operation's record."""
    return {"flow_id": row.flow_id, "external_id": row.source_id, "reason": reason}


def _late(settlement: Settlement, row: sa.Row[Any], outcome: Outcome) -> str:
    """An answer for something settled already: a second target must never go unnoticed."""
    state = outcome.state
    if state is None or row.action != Action.CREATE.value or state.target_id == row.target_id:
        return "late"
    settlement.posted_twice(row, row.target_id, state.target_id)
    return "posted twice"


def posted_twice(label: str, first: str, second: str) -> Problem:
    """Two targets for one source record."""
    return Problem(
        code="posted_twice",
        what=f"{label} is in the ledger twice: {first} and {second}.",
        why="An answer came after another process had gone on.",
        fix="Void one of the two in the ledger, then retry or skip this.",
        subject=second,
        done="The hub keeps the first and touches neither.",
    )


def _claim(store: Store, db: sa.Connection, batch: Batch) -> None:
    """No plan may be made between what it reads of these operations and what we write of them."""
    chosen = sa.select(operations.c.integration_id).where(operations.c.id.in_([one.id for one in batch.operations]))
    for integration_id in sorted(set(db.execute(chosen).scalars())):
        store.claim(db, integration_id)


def hold(db: sa.Connection, row: sa.Row[Any], problem: Problem, state: OperationState = OperationState.HELD) -> None:
    """Keep an operation back with its problem; it comes due when one of its facts changes."""
    own = link_fact(row.kind, row.source_id)
    planned = db.execute(sa.select(operations.c.facts, operations.c.depends_on).where(operations.c.id == row.id)).one()
    named = (link_fact(kind, id) for kind, id in planned.depends_on)
    facts = list(dict.fromkeys([*planned.facts, own, *named, ORGANISATION_FACT]))
    change = sa.update(operations).where(operations.c.id == row.id)
    values = {"problem": problem.model_dump(), "problem_code": problem.code, "problem_subject": problem.subject}
    db.execute(change.values(state=state.value, facts=facts, **values))
    forget_facts(db, [row.id])
    rows = [{"operation_id": row.id, "fact": fact, "integration_id": row.integration_id} for fact in facts]
    db.execute(sa.insert(operation_facts), rows)


class Settlement:
    """Done operations of one integration, gathered so that fifty cost as many statements as one."""

    def __init__(
        self,
        store: Store,
        db: sa.Connection,
        present: datetime,
        rows: Sequence[sa.Row[Any]],
        states: Sequence[TargetState],
    ) -> None:
        self.store = store
        self.db = db
        self._present = present
        self._by_source, self._by_target = _live_links(db, rows, states)
        self._new_links: list[dict[str, Any]] = []
        self._done: list[dict[str, Any]] = []
        self._moved: dict[tuple[str, str], Decimal] = {}
        self._settled: list[sa.Row[Any]] = []
        self._due: list[dict[str, Any]] = []
        self._cards: list[WrittenCard] = []

    def done(self, row: sa.Row[Any], document: Document, state: TargetState, warnings: Sequence[str]) -> str:
        """One operation is done; answers with the word for the run's counts."""
        if row.action == Action.CREATE.value:
            other = self._by_source.get((row.kind, row.source_id))
            if other not in (None, state.target_id):
                self.posted_twice(row, str(other), state.target_id)
                return "posted twice"
            if self._is_taken(row, state):
                return "failed"
            if other is None:
                self._add_link(row, document, state)
                self._move(document, -1)
        elif row.action == Action.UPDATE.value:
            self._renew_link(row, document, state)
        else:
            self._end_link(row, document, state)
        if row.kind in SHARED_TARGETS:
            self._cards.append(WrittenCard(Action(row.action), document, state, row.fields, row.batch_id))
        note_settled(self.db, row, document)
        self._settled.append(row)
        told = [*row.warnings, *warnings]
        self._done.append(
            {"done_id": row.id, "new_target": state.target_id, "new_warnings": told, "new_warned": bool(told)}
        )
        return {Action.CREATE.value: "created", Action.UPDATE.value: "updated"}.get(row.action, "removed")

    def flush(self) -> None:
        """Write what was gathered, and bring due whatever waited for it."""
        if not self._settled:
            return
        if self._new_links:
            self.db.execute(sa.insert(links), self._new_links)
        done = sa.update(operations).where(operations.c.id == sa.bindparam("done_id"))
        values = {
            "state": OperationState.DONE.value,
            "settled_at": self._present,
            "target_id": sa.bindparam("new_target"),
            "warnings": sa.bindparam("new_warnings"),
            "warned": sa.bindparam("new_warned"),
            "problem": None,
            "problem_code": "",
        }
        self.db.execute(done.values(values), self._done)
        save_written(self.store, self.db, self._settled[0].ledger_id, self._cards, self._present)
        forget_facts(self.db, [row.id for row in self._settled])
        note_due(self.store, self.db, self._due)
        touched = [link_fact(row.kind, row.source_id) for row in self._settled] + self._save_moves()
        touch_facts(self.store, self.db, [self._settled[0].integration_id], touched)

    def posted_twice(self, row: sa.Row[Any], first: str, second: str) -> None:
        """Keep the record back until a person has voided one of its two targets."""
        others = (
            operations.c.flow_id == row.flow_id,
            operations.c.source_id == row.source_id,
            operations.c.id != row.id,
        )
        waiting = sa.update(operations).where(*others, operations.c.state.in_(NOT_ON_ITS_WAY))
        if self.db.execute(waiting.values(state=OperationState.REPLACED.value)).rowcount:
            note_due(self.store, self.db, [due_row(row, "posted twice")])
        on_its_way = sa.select(operations.c.id).where(*others, operations.c.state.in_(ON_ITS_WAY))
        state = OperationState.FAILED if self.db.execute(on_its_way).first() is None else OperationState(row.state)
        hold(self.db, row, posted_twice(row.label, first, second), state)

    def _is_taken(self, row: sa.Row[Any], state: TargetState) -> bool:
        """Whether this target is another source record's; then a person is asked."""
        holder = None if row.kind in SHARED_TARGETS else self._by_target.get((row.kind, state.target_id))
        if holder in (None, row.source_id):
            return False
        problem = Problem(
            code="target_taken",
            what=f"{row.label} came back as {state.number or state.target_id}, which belongs to another record.",
            why=f"It is linked to {holder}.",
            fix="Compare the two in the ledger; skip one of them with a reason.",
            subject=state.target_id,
            done="The link was left as it was.",
        )
        hold(self.db, row, problem, OperationState.FAILED)
        return True

    def _add_link(self, row: sa.Row[Any], document: Document, state: TargetState) -> None:
        self._by_source[row.kind, row.source_id] = state.target_id
        self._by_target[row.kind, state.target_id] = row.source_id
        self._new_links.append(_link_row(row, document, state, self._present))

    def _renew_link(self, row: sa.Row[Any], document: Document, state: TargetState) -> None:
        before = self.db.execute(sa.select(links.c.state).where(links.c.id == row.link_id)).scalar_one()
        merged = merge_state(TargetState.model_validate(before), state)
        # What it held before we changed it says nothing any more.
        merged = merged.model_copy(update={"content": state.content})
        values = {
            "version": links.c.version + 1,
            "written_fingerprint": row.fingerprint,
            "written_payload": row.payload_hash,
            "written_document": document.model_dump_json(),
            "state": merged.model_dump(mode="json"),
            "settled_stamp": NOT_SAID if settled_digest(state) == NOT_SAID else state_digest(merged),
            "edited": False,
            "target_number": merged.number,
        }
        self.db.execute(sa.update(links).where(links.c.id == row.link_id).values(values))

    def _end_link(self, row: sa.Row[Any], document: Document, state: TargetState) -> None:
        written = sa.select(links.c.written_document).where(links.c.id == row.link_id)
        text = self.db.execute(written).scalar()
        # What comes back is what was written: the operation may carry a newer form that was never posted.
        self._move(parse_document(row.kind, text) if text else document, 1)
        values = {
            "live": False,
            "ended_at": self._present,
            "ended_why": row.reason or row.action,
            "version": links.c.version + 1,
            "state": state.model_dump(mode="json"),
        }
        self.db.execute(sa.update(links).where(links.c.id == row.link_id).values(values))
        # The source may already hold a newer form, for instance an edited payment that is now posted anew.
        self._due.append(due_row(row, "its target was removed"))

    def _move(self, document: Document, sign: int) -> None:
        """Money moved against a document changes what is due on it, at once and without a call."""
        for key, amount in money_moved(document):
            self._moved[key] = self._moved.get(key, Decimal(0)) + sign * amount

    def _save_moves(self) -> list[str]:
        by_kind: dict[str, list[str]] = {}
        for kind, source_id in self._moved:
            by_kind.setdefault(kind, []).append(source_id)
        changes: list[dict[str, Any]] = []
        moved: list[Moved] = []
        touched: list[str] = []
        for kind, ids in by_kind.items():
            for row in _links_of(self.db, self._settled[0].integration_id, kind, ids):
                before = TargetState.model_validate(row.state)
                state = _after(before, self._moved[kind, row.source_id])
                if state is not None:
                    moved.append((row.id, before, state))
                    changes.append({"link_id": row.id, "new_state": state.model_dump(mode="json")})
                    touched.append(link_fact(kind, row.source_id))
        if changes:
            change = sa.update(links).where(links.c.id == sa.bindparam("link_id"))
            self.db.execute(change.values(state=sa.bindparam("new_state"), version=links.c.version + 1), changes)
            note_states(self.db, moved, self._present)
        return touched


def _live_links(
    db: sa.Connection, rows: Sequence[sa.Row[Any]], states: Sequence[TargetState]
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """The live links that a new one could clash with: by source and by target."""
    by_source: dict[tuple[str, str], str] = {}
    by_target: dict[tuple[str, str], str] = {}
    for kind in {row.kind for row in rows}:
        mine = [row for row in rows if row.kind == kind]
        for found in _links_of(db, mine[0].integration_id, kind, [row.source_id for row in mine]):
            by_source[kind, found.source_id] = found.target_id
        for part in chunks([state.target_id for state in states if state.kind == kind]):
            chosen = sa.select(links.c.source_id, links.c.target_id).where(
                links.c.ledger_id == mine[0].ledger_id,
                links.c.kind == kind,
                links.c.target_id.in_(part),
                links.c.integration_id == mine[0].integration_id,
                links.c.live.is_(True),
            )
            by_target |= {(kind, found.target_id): found.source_id for found in db.execute(chosen)}
    return by_source, by_target


def _links_of(db: sa.Connection, integration_id: int, kind: str, source_ids: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for part in chunks(source_ids):
        chosen = sa.select(links.c.id, links.c.source_id, links.c.target_id, links.c.state).where(
            links.c.integration_id == integration_id,
            links.c.kind == kind,
            links.c.source_id.in_(part),
            links.c.live.is_(True),
        )
        found.extend(db.execute(chosen))
    return found


def _link_row(row: sa.Row[Any], document: Document, state: TargetState, present: datetime) -> dict[str, Any]:
    return {
        "integration_id": row.integration_id,
        "ledger_id": row.ledger_id,
        "kind": row.kind,
        "source_id": row.source_id,
        "target_id": state.target_id,
        "target_number": state.number,
        "generation": row.generation,
        "live": True,
        "version": 1,
        "origin": "created",
        "written_fingerprint": row.fingerprint,
        "written_payload": row.payload_hash,
        "written_document": document.model_dump_json(),
        "state": state.model_dump(mode="json"),
        "settled_stamp": settled_digest(state),
        **money_of(document),
        "created_at": present,
        "ended_why": "",
    }


def _after(state: TargetState, change: Decimal) -> TargetState | None:
    """The state with so much more (or less) due; None where the ledger never said what is due."""
    if state.due is None or state.total is None:
        return None
    due = state.due + change
    status = state.status
    if status is not TargetStatus.DRAFT:
        unpaid = TargetStatus.OPEN if due >= state.total else TargetStatus.PART_PAID
        status = TargetStatus.PAID if due <= 0 else unpaid
    return state.model_copy(update={"due": due, "status": status})
