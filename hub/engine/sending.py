"""Taking, sending and settling: what may leave is frozen and committed before it does.

``take`` picks the oldest operations of one kind and action whose references are linked, renders them, and commits the
exact bytes together with the state *sending*. ``settle`` records what became of each in one transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import Allocation, Document, Kind, Settlement, Status, parse_document
from hub.engine.delivery import merge_state, save_states
from hub.engine.facts import Ground, load_dependencies, load_ground, load_links, load_targets, refs_of
from hub.engine.notes import chunks, forget_facts, note_due, touch_facts
from hub.engine.runs import RunToken, write_progress
from hub.errors import Problem
from hub.mapping import link_fact
from hub.models import (
    BatchRow,
    Exclusion,
    Link,
    OperationFact,
    OperationRow,
    OperationState,
    table,
)
from hub.providers import (
    Action,
    Batch,
    BatchRule,
    Operation,
    Outcome,
    Payload,
    Provider,
    TargetState,
    TargetStatus,
)
from hub.reconcile import Dependency, LinkView, Look, dependency_problem, judge_look, state_digest
from hub.store import Store
from hub.vault import Vault

batches = table(BatchRow)
exclusions = table(Exclusion)
links = table(Link)
operation_facts = table(OperationFact)
operations = table(OperationRow)

TRIES = 3
"""How often an operation that was looked for and not found is sent again before a person is asked."""

RESENT_BEFORE_LOOK = 1


@dataclass(frozen=True)
class Candidates:
    """Operations that could go next: one kind, one action, one integration."""

    integration_id: int
    kind: Kind
    action: Action
    operations: tuple[Operation, ...]
    need_look: bool


def candidates(
    store: Store, run: RunToken, providers: Mapping[str, Provider], rules: Mapping[Kind, BatchRule]
) -> Candidates | None:
    """The oldest pending operations that belong into one batch."""
    with store.read() as db:
        first = db.execute(_pending(run).limit(1)).first()
        if first is None:
            return None
        size = rules.get(Kind(first.kind), BatchRule()).operations
        alike = _pending(run).where(
            operations.c.integration_id == first.integration_id,
            operations.c.kind == first.kind,
            operations.c.action == first.action,
        )
        rows = db.execute(alike.limit(size)).all()
        found = tuple(operation_of(row, batch_id="") for row in rows)
        states, _ = load_links(
            db, first.integration_id, first.kind, [row.source_id for row in rows], with_document=False
        )
    changing = first.action != Action.CREATE.value
    need_look = changing and any(row.looked_in != run.id for row in rows)
    with_state = tuple(
        replace(one, target=states[row.source_id].state) if row.source_id in states else one
        for one, row in zip(found, rows, strict=True)
    )
    return Candidates(first.integration_id, Kind(first.kind), Action(first.action), with_state, need_look)


def _pending(run: RunToken) -> sa.Select[Any]:
    return (
        sa.select(operations)
        .where(
            operations.c.ledger_id == run.connection_id,
            operations.c.state == OperationState.PENDING.value,
            sa.or_(operations.c.not_before.is_(None), operations.c.not_before <= run.clock()),
        )
        .order_by(operations.c.tier, operations.c.id)
    )


def operation_of(row: sa.Row[Any], batch_id: str, target: TargetState | None = None) -> Operation:
    """A stored operation as a provider sees it."""
    return Operation(
        id=row.id,
        kind=Kind(row.kind),
        action=Action(row.action),
        document=parse_document(row.kind, row.document),
        key=f"{batch_id}-{row.id}",
        generation=row.generation,
        target_id=row.target_id,
        target=target,
        fields=frozenset(row.fields) if row.fields is not None else None,
    )


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


def unsend(store: Store, run: RunToken, batch: Batch) -> None:
    """Nothing of the batch was carried out: its operations wait again."""
    with store.write() as db:
        run.guard(db)
        change = sa.update(operations).where(
            operations.c.batch_id == batch.id, operations.c.state == OperationState.SENDING.value
        )
        values = {
            "state": OperationState.PENDING.value,
            "batch_id": None,
            "attempt": operations.c.attempt - 1,
        }
        db.execute(change.values(values))
        stored = sa.update(batches).where(batches.c.id == batch.id)
        db.execute(stored.values(state="settled", settled_at=run.clock(), body=None))


def take(
    store: Store,
    vault: Vault,
    run: RunToken,
    providers: Mapping[str, Provider],
    chosen: Candidates,
    rule: BatchRule,
) -> Batch | None:
    """Freeze a batch: check everything once more, render, and commit the bytes as *sending*.

    None when nothing of the choice may go (each then says why).
    """
    batch_id = secrets.token_hex(12)
    with store.write() as db:
        run.guard(db)
        store.claim(db, chosen.integration_id)
        ground = load_ground(db, chosen.integration_id, providers)
        ready = _ready(store, db, run, ground, chosen, batch_id)
        if not ready:
            return None
        targets = load_targets(db, chosen.integration_id, {ref for one in ready for ref in refs_of(one.document)})
        targets |= _named_targets(ready)
        payload, sent = _render(ground, ready, ground.facts(targets), rule)
        _commit_sending(db, vault, run, batch_id, chosen, payload, sent)
    return Batch(batch_id, chosen.kind, chosen.action, tuple(sent), payload)


def _named_targets(ready: Sequence[Operation]) -> dict[tuple[Kind, str], str]:
    """Contacts that a document names by the target's own id (the default contact)."""
    named = (getattr(one.document, "contact_id", "") for one in ready)
    return {(Kind.CONTACT, id): id[1:] for id in named if id.startswith("=")}


def _ready(
    store: Store, db: sa.Connection, run: RunToken, ground: Ground, chosen: Candidates, batch_id: str
) -> list[Operation]:
    ids = [one.id for one in chosen.operations]
    rows = {row.id: row for row in db.execute(sa.select(operations).where(operations.c.id.in_(ids)))}
    live, _ = load_links(
        db, chosen.integration_id, chosen.kind, [row.source_id for row in rows.values()], with_document=False
    )
    refs = {(Kind(kind), id) for row in rows.values() for kind, id in row.depends_on}
    standing = load_dependencies(db, ground, refs)
    spent: dict[str, Decimal] = {}
    ready: list[Operation] = []
    for one in chosen.operations:
        row = rows[one.id]
        if row.state != OperationState.PENDING.value:
            continue
        if row.approved_hash != row.payload_hash:
            _plan_again(store, db, row, "what was approved is not what would be sent")
            continue
        link = live.get(row.source_id)
        if _is_stale(row, link):
            _plan_again(store, db, row, "the target changed meanwhile")
            continue
        frozen = operation_of(row, batch_id, link.state if link else None)
        problem = _objection(ground, frozen, row, link, standing)
        if problem:
            _hold(db, row, problem)
            continue
        capped = _capped(frozen, standing, spent)
        if capped is None:
            _nothing_left(db, run, row)
            continue
        if capped is not frozen:
            change = sa.update(operations).where(operations.c.id == row.id)
            db.execute(change.values(document=capped.document.model_dump_json()))
        ready.append(capped)
    return ready


def _is_stale(row: sa.Row[Any], link: LinkView | None) -> bool:
    if row.action == Action.CREATE.value:
        return link is not None
    return link is None or link.version != row.link_version


def _objection(
    ground: Ground,
    one: Operation,
    row: sa.Row[Any],
    link: LinkView | None,
    standing: Mapping[tuple[Kind, str], Dependency],
) -> Problem | None:
    """What speaks against sending now, seen from facts that may be newer than the plan."""
    if one.action is Action.CREATE:
        post_as = Status(ground.flows[row.flow_id].post_as)
        for kind, id in row.depends_on:
            ref = (Kind(kind), id)
            known = replace(standing.get(ref, Dependency()), coming=False)
            problem = dependency_problem(one.document, ref, known, post_as)
            if problem:
                return problem
        return None
    if link is None:
        return None
    allowed = ground.provider.allowed(one.kind, link.state)
    wanted = {one.action, Action.DELETE} if one.action is Action.VOID else {one.action}
    if wanted & allowed.actions:
        return None
    return Problem(
        code="change_not_allowed",
        what=f"{row.label} can't be changed in the ledger as it stands there ({link.state.status}).",
        why=allowed.reason,
        fix="Remove what stands in the way there and retry, or drop this with a reason.",
        subject=row.source_id,
        done="Nothing was changed in the ledger.",
    )


def _capped(
    one: Operation, standing: Mapping[tuple[Kind, str], Dependency], spent: dict[str, Decimal]
) -> Operation | None:
    """An allocation uses at most what is still due on the invoice and left on the credit; None when that is nothing."""
    document = one.document
    if not isinstance(document, Allocation) or one.action is not Action.CREATE:
        return one
    amount = document.amount
    for ref in ((document.credit_kind, document.credit_id), (document.document_kind, document.document_id)):
        state = standing.get(ref, Dependency()).state
        if state is not None and state.due is not None:
            amount = min(amount, state.due - spent.get(state.target_id, Decimal(0)))
    if amount <= 0:
        return None
    for ref in ((document.credit_kind, document.credit_id), (document.document_kind, document.document_id)):
        state = standing.get(ref, Dependency()).state
        if state is not None:
            spent[state.target_id] = spent.get(state.target_id, Decimal(0)) + amount
    return replace(one, document=document.model_copy(update={"amount": amount}))


def _nothing_left(db: sa.Connection, run: RunToken, row: sa.Row[Any]) -> None:
    reason = "nothing is due on the invoice any more; the credit stays open in the ledger"
    change = sa.update(operations).where(operations.c.id == row.id)
    db.execute(change.values(state=OperationState.REPLACED.value, reason=reason, settled_at=run.clock()))
    db.execute(
        sa.delete(exclusions).where(exclusions.c.flow_id == row.flow_id, exclusions.c.external_id == row.source_id)
    )
    db.execute(sa.insert(exclusions).values(flow_id=row.flow_id, external_id=row.source_id, rule=reason))


def _plan_again(store: Store, db: sa.Connection, row: sa.Row[Any], reason: str) -> None:
    change = sa.update(operations).where(operations.c.id == row.id)
    db.execute(change.values(state=OperationState.REPLACED.value))
    note_due(store, db, [{"flow_id": row.flow_id, "external_id": row.source_id, "reason": reason}])


def _hold(db: sa.Connection, row: sa.Row[Any], problem: Problem, state: OperationState = OperationState.HELD) -> None:
    own = link_fact(row.kind, row.source_id)
    facts = list(dict.fromkeys([*row.facts, own, *(link_fact(kind, id) for kind, id in row.depends_on)]))
    change = sa.update(operations).where(operations.c.id == row.id)
    db.execute(
        change.values(
            state=state.value,
            problem=problem.model_dump(),
            problem_code=problem.code,
            problem_subject=problem.subject,
            facts=facts,
        )
    )
    forget_facts(db, [row.id])
    rows = [{"operation_id": row.id, "fact": fact, "integration_id": row.integration_id} for fact in facts]
    db.execute(sa.insert(operation_facts), rows)


def _render(
    ground: Ground, ready: Sequence[Operation], facts: Any, rule: BatchRule
) -> tuple[Payload, Sequence[Operation]]:
    """Render as many as fit the byte limit, halving until they do; the rest waits for the next batch."""
    chosen = list(ready)
    while True:
        payload = ground.provider.render(chosen, facts)
        if len(payload.body) <= rule.bytes or len(chosen) == 1:
            return payload, chosen
        chosen = chosen[: len(chosen) // 2]


def _commit_sending(
    db: sa.Connection,
    vault: Vault,
    run: RunToken,
    batch_id: str,
    chosen: Candidates,
    payload: Payload,
    sent: Sequence[Operation],
) -> None:
    db.execute(
        sa.insert(batches).values(
            id=batch_id,
            connection_id=run.connection_id,
            run_id=run.id,
            kind=chosen.kind.value,
            action=chosen.action.value,
            route=payload.route,
            body=vault.seal(payload.body),
            state="sending",
            sent_at=run.clock(),
            resends=0,
        )
    )
    change = sa.update(operations).where(operations.c.id.in_([one.id for one in sent]))
    values = {
        "state": OperationState.SENDING.value,
        "batch_id": batch_id,
        "attempt": operations.c.attempt + 1,
    }
    db.execute(change.values(values))


def may_resend(store: Store, run: RunToken, batch: Batch, seconds: float) -> bool:
    """Whether one identical resend under the same vendor key is still safe; commits that it happens."""
    with store.write() as db:
        run.guard(db)
        row = db.execute(sa.select(batches).where(batches.c.id == batch.id)).one()
        young = run.clock() - row.sent_at < timedelta(seconds=seconds)
        if not young or row.resends >= RESENT_BEFORE_LOOK:
            return False
        db.execute(sa.update(batches).where(batches.c.id == batch.id).values(resends=row.resends + 1))
        return True


def settle(
    store: Store, run: RunToken, batch: Batch, outcomes: Iterable[Outcome], *, settling_seconds: float
) -> dict[str, int]:
    """Record what became of a batch. What nobody answered for is unsure.

    An answer that comes after another process took over is recorded too: the look that follows then finds the link.
    """
    told = {outcome.operation_id: outcome for outcome in outcomes}
    counts: dict[str, int] = {}
    present = run.clock()
    with store.write() as db:
        ids = [one.id for one in batch.operations]
        chosen = sa.select(operations).where(operations.c.id.in_(ids)).with_for_update()
        rows = {row.id: row for row in db.execute(chosen)}
        for one in batch.operations:
            outcome = told.get(one.id, Outcome(one.id))
            name = _settle_one(
                store, db, rows[one.id], one, outcome, present, present + timedelta(seconds=settling_seconds)
            )
            counts[name] = counts.get(name, 0) + 1
        whole = not counts.get("unsure")
        values: dict[str, Any] = (
            {"state": "settled", "settled_at": present, "body": None} if whole else {"state": "unsure"}
        )
        db.execute(sa.update(batches).where(batches.c.id == batch.id).values(values))
        write_progress(db, run.id, "send", counts, {})
    return counts


def _settle_one(
    store: Store,
    db: sa.Connection,
    row: sa.Row[Any],
    one: Operation,
    outcome: Outcome,
    present: datetime,
    not_before: datetime,
) -> str:
    if row.state == OperationState.DONE.value:
        return _late(db, row, outcome)
    if row.batch_id != one.key.partition("-")[0] and outcome.state is None:
        return "late"
    if outcome.state is not None:
        return settle_done(store, db, row, one.document, outcome.state, outcome.warnings, present)
    if outcome.problem is not None:
        _hold(db, row, outcome.problem, OperationState.FAILED)
        if outcome.refresh:
            note_due(store, db, [_due_row(row, "refused because of the target's state")])
        return "failed"
    change = sa.update(operations).where(operations.c.id == row.id, operations.c.state == OperationState.SENDING.value)
    db.execute(change.values(state=OperationState.UNSURE.value, not_before=not_before))
    return "unsure"


def _due_row(row: sa.Row[Any], reason: str) -> dict[str, Any]:
    return {"flow_id": row.flow_id, "external_id": row.source_id, "reason": reason}


def _late(db: sa.Connection, row: sa.Row[Any], outcome: Outcome) -> str:
    """An answer for something settled already: a second target must never go unnoticed."""
    state = outcome.state
    if state is None or row.action != Action.CREATE.value or state.target_id == row.target_id:
        return "late"
    problem = posted_twice(row.label, row.target_id, state.target_id)
    change = sa.update(operations).where(operations.c.id == row.id)
    db.execute(change.values(problem=problem.model_dump(), problem_code=problem.code, problem_subject=state.target_id))
    return "posted twice"


def posted_twice(label: str, first: str, second: str) -> Problem:
    """Two targets for one source record."""
    return Problem(
        code="posted_twice",
        what=f"{label} is in the ledger twice: {first} and {second}.",
        why="An answer came after another process had gone on.",
        fix="Void one of the two in the ledger.",
        subject=second,
        done="The hub keeps the first and touches neither.",
    )


def settle_done(
    store: Store,
    db: sa.Connection,
    row: sa.Row[Any],
    document: Document,
    state: TargetState,
    warnings: Sequence[str],
    present: datetime,
) -> str:
    """One operation is done: its link, its state, and everything that waited for it."""
    if row.action == Action.CREATE.value:
        clash = _insert_link(db, row, document, state, present)
        if clash:
            _hold(db, row, clash, OperationState.FAILED)
            return "failed"
    elif row.action == Action.UPDATE.value:
        _renew_link(db, row, document, state)
    else:
        _end_link(store, db, row, state, present)
    _change_due(store, db, row, document)
    done = sa.update(operations).where(operations.c.id == row.id)
    db.execute(
        done.values(
            state=OperationState.DONE.value,
            settled_at=present,
            target_id=state.target_id,
            warnings=[*row.warnings, *warnings],
            problem=None,
            problem_code="",
        )
    )
    forget_facts(db, [row.id])
    touch_facts(store, db, [row.integration_id], [link_fact(row.kind, row.source_id)])
    return {Action.CREATE.value: "created", Action.UPDATE.value: "updated"}.get(row.action, "removed")


def _insert_link(
    db: sa.Connection, row: sa.Row[Any], document: Document, state: TargetState, present: datetime
) -> Problem | None:
    mine = sa.select(links.c.target_id).where(
        links.c.integration_id == row.integration_id,
        links.c.kind == row.kind,
        links.c.live.is_(True),
        links.c.source_id == row.source_id,
    )
    other = db.execute(mine).scalar()
    if other is not None:
        return None if other == state.target_id else posted_twice(row.label, other, state.target_id)
    exclusive = row.kind not in (Kind.CONTACT.value, Kind.ITEM.value)
    taken = sa.select(links.c.source_id).where(
        links.c.integration_id == row.integration_id,
        links.c.kind == row.kind,
        links.c.live.is_(True),
        links.c.target_id == state.target_id,
    )
    holder = db.execute(taken).scalar() if exclusive else None
    if holder is not None:
        return Problem(
            code="target_taken",
            what=f"{row.label} came back as {state.number or state.target_id}, which belongs to another record.",
            why=f"It is linked to {holder}.",
            fix="Compare the two in the ledger; drop one of them with a reason.",
            subject=state.target_id,
            done="The link was left as it was.",
        )
    db.execute(sa.insert(links).values(_link_row(row, document, state, present)))
    return None


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
        "settled_stamp": state_digest(state),
        "created_at": present,
        "ended_why": "",
    }


def _renew_link(db: sa.Connection, row: sa.Row[Any], document: Document, state: TargetState) -> None:
    before = db.execute(sa.select(links).where(links.c.id == row.link_id)).one()
    merged = merge_state(TargetState.model_validate(before.state), state)
    db.execute(
        sa.update(links)
        .where(links.c.id == row.link_id)
        .values(
            version=links.c.version + 1,
            written_fingerprint=row.fingerprint,
            written_payload=row.payload_hash,
            written_document=document.model_dump_json(),
            state=merged.model_dump(mode="json"),
            settled_stamp=state_digest(merged),
            target_number=merged.number,
        )
    )


def _end_link(store: Store, db: sa.Connection, row: sa.Row[Any], state: TargetState, present: datetime) -> None:
    change = sa.update(links).where(links.c.id == row.link_id)
    why = row.reason or row.action
    values = {"live": False, "ended_at": present, "ended_why": why, "version": links.c.version + 1}
    db.execute(change.values(state=state.model_dump(mode="json"), **values))
    # The source may already hold a newer form, for instance an edited payment that is now posted anew.
    note_due(store, db, [_due_row(row, "its target was removed")])


def _change_due(store: Store, db: sa.Connection, row: sa.Row[Any], document: Document) -> None:
    """Money moved against a document changes what is due on it, at once and without a call."""
    if row.action == Action.UPDATE.value:
        return
    sign = -1 if row.action == Action.CREATE.value else 1
    for kind, source_id, amount in _moved(document):
        chosen = sa.select(links).where(
            links.c.integration_id == row.integration_id,
            links.c.kind == kind,
            links.c.source_id == source_id,
            links.c.live.is_(True),
        )
        link = db.execute(chosen).first()
        if link is None:
            continue
        state = TargetState.model_validate(link.state)
        if state.due is None or state.total is None:
            continue
        due = state.due + sign * amount
        status = _paid_status(due, state.total) if state.status is not TargetStatus.DRAFT else state.status
        changed = state.model_copy(update={"due": due, "status": status}).model_dump(mode="json")
        db.execute(sa.update(links).where(links.c.id == link.id).values(state=changed, version=links.c.version + 1))
        touch_facts(store, db, [row.integration_id], [link_fact(kind, source_id)])


def _moved(document: Document) -> Iterable[tuple[str, str, Decimal]]:
    if isinstance(document, Settlement):
        yield document.document_kind.value, document.document_id, document.amount
    elif isinstance(document, Allocation):
        yield document.document_kind.value, document.document_id, document.amount
        yield document.credit_kind.value, document.credit_id, document.amount


def _paid_status(due: Decimal, total: Decimal) -> TargetStatus:
    if due <= 0:
        return TargetStatus.PAID
    return TargetStatus.OPEN if due >= total else TargetStatus.PART_PAID


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
            .limit(200)
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
        for one in looked.operations:
            row = db.execute(sa.select(operations).where(operations.c.id == one.id)).one()
            if row.state != OperationState.UNSURE.value or one.id not in found:
                continue
            verdict, state = judge_look(one.document, one.action, _unclaimed(db, row, found[one.id]), facts)
            name = _judge(store, db, row, one, verdict, state, present)
            counts[name] = counts.get(name, 0) + 1
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


def _judge(
    store: Store,
    db: sa.Connection,
    row: sa.Row[Any],
    one: Operation,
    verdict: Look,
    state: TargetState | None,
    at: datetime,
) -> str:
    if verdict is Look.SETTLED:
        found = state or TargetState(kind=one.kind, target_id=one.target_id, status=TargetStatus.MISSING)
        settle_done(store, db, row, one.document, found, ["its answer was lost; it was found by looking"], at)
        return "found"
    if verdict is Look.NOT_DONE and row.attempt < TRIES:
        change = sa.update(operations).where(operations.c.id == row.id)
        db.execute(change.values(state=OperationState.PENDING.value, batch_id=None, not_before=None, looked_in=None))
        return "not found"
    problem = _ask(row, verdict)
    _hold(db, row, problem, OperationState.FAILED)
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


def batch_of(store: Store, vault: Vault, batch_id: str) -> Batch:
    """A stored batch with its exact bytes."""
    with store.read() as db:
        row = db.execute(sa.select(batches).where(batches.c.id == batch_id)).one()
        members = db.execute(
            sa.select(operations).where(operations.c.batch_id == batch_id).order_by(operations.c.id)
        ).all()
    payload = Payload(row.route, vault.open_bytes(row.body) if row.body else b"")
    found = tuple(operation_of(member, batch_id) for member in members)
    return Batch(batch_id, Kind(row.kind), Action(row.action), found, payload)


def unfinished_batch(store: Store, run: RunToken) -> str | None:
    """The batch this run has on its way, if any."""
    with store.read() as db:
        chosen = sa.select(batches.c.id).where(batches.c.run_id == run.id, batches.c.state == "sending")
        return db.execute(chosen).scalar()
