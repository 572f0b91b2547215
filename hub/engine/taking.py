"""Taking: what may leave is checked once more, rendered, and committed with its exact bytes before it does."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.documents import Document, Kind, Status, parse_document
from hub.engine.capping import capped, nothing_left, spend
from hub.engine.facts import Ground, load_ground, load_links, load_targets, refs_of
from hub.engine.faults import allowed_for
from hub.engine.money import money_moved
from hub.engine.notes import note_due
from hub.engine.rendering import render_sound
from hub.engine.runs import RunToken
from hub.engine.settling import hold
from hub.engine.standing import load_dependencies
from hub.errors import Problem
from hub.mapping import DIRECT_TARGET, Ref
from hub.models import BatchRow, Due, Exclusion, Flow, FlowMode, OperationFact, OperationRow, OperationState, table
from hub.providers import Action, Batch, BatchRule, Operation, Payload, Provider, TargetState
from hub.reconcile import Dependency, LinkView, dependency_problem
from hub.store import Store
from hub.vault import Vault

batches = table(BatchRow)
due = table(Due)
exclusions = table(Exclusion)
flows = table(Flow)
operations = table(OperationRow)
operation_facts = table(OperationFact)

TRIES = 3
"""How often an operation that was looked for and not found is sent before a person is asked."""
RESENT_BEFORE_LOOK = 1
"""How often the identical bytes are sent again, inside the vendor's memory, before we look."""


@dataclass(frozen=True)
class Candidates:
    """Operations that could go next: one kind, one action, one integration.

    ``looked_for`` are the same ones when their targets must be looked at first, else empty.
    """

    integration_id: int
    kind: Kind
    action: Action
    ids: tuple[int, ...]
    looked_for: tuple[Operation, ...] = ()


def candidates(
    store: Store,
    run: RunToken,
    providers: Mapping[str, Provider],
    rules: Mapping[Kind, BatchRule],
    kinds: Collection[Kind] = (),
) -> Candidates | None:
    """The oldest pending operations that belong into one batch; of these ``kinds`` alone, where some are named.

    One whose answer was lost every time so far goes alone at last: if it is what nobody can read, it takes no other
    with it.
    """
    with store.read() as db:
        queue = _pending(run)
        only = queue.where(operations.c.kind.in_([kind.value for kind in kinds])) if kinds else queue
        first = db.execute(only.limit(1)).first()
        if first is None:
            return None
        is_last_try = first.attempt >= TRIES - 1
        size = 1 if is_last_try else rules.get(Kind(first.kind), BatchRule()).operations
        alike = _pending(run).where(
            operations.c.integration_id == first.integration_id,
            operations.c.kind == first.kind,
            operations.c.action == first.action,
            operations.c.id == first.id if is_last_try else operations.c.attempt < TRIES - 1,
        )
        rows = db.execute(alike.limit(size)).all()
        changing = first.action != Action.CREATE.value
        need_look = changing and any(row.looked_in != run.id for row in rows)
        ids = tuple(row.id for row in rows)
        looked_for = _with_states(db, first, ids) if need_look else ()
    return Candidates(first.integration_id, Kind(first.kind), Action(first.action), ids, looked_for)


def beside(
    store: Store,
    run: RunToken,
    providers: Mapping[str, Provider],
    rules: Mapping[Kind, BatchRule],
    first: Batch,
    under_way: Sequence[Batch],
) -> Candidates | None:
    """What may be sent before the answers to the batches under way are in: more creates of the kind of ``first``.

    One kind never refers to itself, so only money can connect two of them: what one uses up is not the other's.
    """
    chosen = candidates(store, run, providers, rules)
    if chosen is None or {chosen.action, first.action} != {Action.CREATE} or chosen.kind is not first.kind:
        return None
    busy = {key for batch in under_way for one in batch.operations for key, _ in money_moved(one.document)}
    alike = sa.select(operations.c.integration_id).where(operations.c.id == first.operations[0].id)
    with store.read() as db:
        if db.execute(alike).scalar_one() != chosen.integration_id:
            return None
        if busy and not busy.isdisjoint(_money_of(db, chosen)):
            return None
    return chosen


def _money_of(db: sa.Connection, chosen: Candidates) -> set[tuple[str, str]]:
    """The documents whose dues these operations change."""
    texts = db.execute(sa.select(operations.c.document).where(operations.c.id.in_(chosen.ids))).scalars()
    return {key for text in texts for key, _ in money_moved(parse_document(chosen.kind, text))}


def _with_states(db: sa.Connection, first: sa.Row[Any], ids: Sequence[int]) -> tuple[Operation, ...]:
    rows = {row.id: row for row in db.execute(sa.select(operations).where(operations.c.id.in_(ids)))}
    sources = [row.source_id for row in rows.values()]
    live, _ = load_links(db, first.integration_id, first.kind, sources, with_document=False)
    linked = ((rows[id], live.get(rows[id].source_id)) for id in ids)
    return tuple(operation_of(row, batch_id="", target=link.state if link else None) for row, link in linked)


def _pending(run: RunToken) -> sa.Select[Any]:
    """The queue, without what only a batch that is taken needs: documents are long."""
    columns = (operations.c.id, operations.c.integration_id, operations.c.kind, operations.c.action)
    return (
        sa.select(*columns, operations.c.looked_in, operations.c.attempt)
        .where(
            operations.c.ledger_id == run.connection_id,
            operations.c.state == OperationState.PENDING.value,
            sa.or_(operations.c.not_before.is_(None), operations.c.not_before <= run.clock()),
            ~_resting(),
        )
        .order_by(operations.c.tier, operations.c.id)
    )


def _resting() -> sa.ColumnElement[bool]:
    """Operations that a newer plan comes before: their flow was switched off, or something they rest on changed."""
    off = sa.exists().where(flows.c.id == operations.c.flow_id, flows.c.mode == FlowMode.OFF.value)
    noted = sa.exists().where(due.c.flow_id == operations.c.flow_id, due.c.external_id == operations.c.source_id)
    return sa.or_(off, noted)


def operation_of(
    row: sa.Row[Any], batch_id: str, target: TargetState | None = None, written: Document | None = None
) -> Operation:
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
        written=written,
    )


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
        rendered = render_sound(db, ground, ready, ground.facts(targets), rule)
        if rendered is None:
            return None
        payload, sent = rendered
        settling = timedelta(seconds=ground.provider.settling_seconds)
        _commit_sending(db, vault, run, Batch(batch_id, chosen.kind, chosen.action, tuple(sent), payload), settling)
    return Batch(batch_id, chosen.kind, chosen.action, tuple(sent), payload)


def _named_targets(ready: Sequence[Operation]) -> dict[tuple[Kind, str], str]:
    """Contacts that a document names by the target's own id (the default contact)."""
    named = (getattr(one.document, "contact_id", "") for one in ready)
    return {(Kind.CONTACT, id): id[1:] for id in named if id.startswith(DIRECT_TARGET)}


_TAKEN = tuple(column for column in operations.c if column.name not in ("trace", "problem", "warnings", "facts"))


def _ready(
    store: Store, db: sa.Connection, run: RunToken, ground: Ground, chosen: Candidates, batch_id: str
) -> list[Operation]:
    # Chosen a moment ago, in another transaction: a person may have switched or mapped something since.
    taken = sa.select(*_TAKEN).where(operations.c.id.in_(chosen.ids), ~_resting())
    rows = {row.id: row for row in db.execute(taken)}
    sources = [row.source_id for row in rows.values()]
    changes = chosen.action is Action.UPDATE
    live, _ = load_links(db, chosen.integration_id, chosen.kind, sources, with_document=changes)
    refs = {(Kind(kind), id) for row in rows.values() for kind, id in row.depends_on}
    standing = load_dependencies(db, ground, refs)
    ready: list[Operation] = []
    for id in chosen.ids:
        row = rows.get(id)
        if row is None or row.state != OperationState.PENDING.value:
            continue
        if row.approved_hash != row.payload_hash:
            _plan_again(store, db, row, "what was approved is not what would be sent")
            continue
        link = live.get(row.source_id)
        if _is_stale(row, link):
            _plan_again(store, db, row, "the target changed meanwhile")
            continue
        frozen = operation_of(row, batch_id, link.state, link.written_document) if link else operation_of(row, batch_id)
        problem = _objection(ground, frozen, row, link, standing)
        if problem:
            hold(db, row, problem)
            continue
        one = capped(frozen, standing)
        if one is None:
            nothing_left(db, run, row)
            continue
        spend(one, standing)
        if one is not frozen:
            change = sa.update(operations).where(operations.c.id == row.id)
            db.execute(change.values(document=one.document.model_dump_json()))
        ready.append(one)
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
    standing: Mapping[Ref, Dependency],
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
    allowed = allowed_for(ground.provider, one.kind, link.state)
    wanted = {one.action, Action.DELETE} if one.action is Action.VOID else {one.action}
    if wanted & allowed.actions:
        return None
    return Problem(
        code="change_not_allowed",
        what=f"{row.label} can't be changed in the ledger as it stands there ({link.state.status}).",
        why=allowed.reason,
        fix="Remove what stands in the way there and retry, or skip this with a reason.",
        subject=row.source_id,
        done="Nothing was changed in the ledger.",
    )


def _plan_again(store: Store, db: sa.Connection, row: sa.Row[Any], reason: str) -> None:
    change = sa.update(operations).where(operations.c.id == row.id)
    db.execute(change.values(state=OperationState.REPLACED.value))
    note_due(store, db, [{"flow_id": row.flow_id, "external_id": row.source_id, "reason": reason}])


def _commit_sending(db: sa.Connection, vault: Vault, run: RunToken, batch: Batch, settling: timedelta) -> None:
    db.execute(
        sa.insert(batches).values(
            id=batch.id,
            connection_id=run.connection_id,
            run_id=run.id,
            kind=batch.kind.value,
            action=batch.action.value,
            route=batch.payload.route,
            body=vault.seal(batch.payload.body),
            state="sending",
            sent_at=run.clock(),
            resends=0,
        )
    )
    change = sa.update(operations).where(operations.c.id.in_([one.id for one in batch.operations]))
    values = {
        "state": OperationState.SENDING.value,
        "batch_id": batch.id,
        "attempt": operations.c.attempt + 1,
        # Should we die now: what arrives in this moment may not show at once, so nobody looks before this.
        "not_before": run.clock() + settling,
    }
    db.execute(change.values(values))


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
            "not_before": None,
            "attempt": operations.c.attempt - 1,
        }
        db.execute(change.values(values))
        stored = sa.update(batches).where(batches.c.id == batch.id)
        db.execute(stored.values(state="settled", settled_at=run.clock(), body=None))


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


def unanswered(store: Store, run: RunToken) -> str | None:
    """The newest batch of this connection that was sent, had no answer at all, and was not sent again yet."""
    mine = (batches.c.connection_id == run.connection_id, batches.c.state == "unsure", batches.c.resends == 0)
    with store.read() as db:
        return db.execute(sa.select(batches.c.id).where(*mine).order_by(batches.c.sent_at.desc()).limit(1)).scalar()


def answered(store: Store, run: RunToken, batch: Batch) -> None:
    """An answer to a batch came, whatever it says: what is still unsure then is looked for, not sent again."""
    with store.write() as db:
        run.guard(db)
        db.execute(sa.update(batches).where(batches.c.id == batch.id).values(resends=RESENT_BEFORE_LOOK))


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
