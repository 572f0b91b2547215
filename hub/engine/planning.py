"""Planning: every due record becomes an operation, an adoption, an exclusion, or nothing.

A chunk of due notes is planned and saved in one write transaction per integration, so that no fact can change between
the decision and its record. Operations stay *proposed* until the whole plan is there; then automatic flows are
released, unless the safety catch keeps the removals and updates for a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.documents import REFERENCE_KINDS, Kind
from hub.engine.cases import cases_of, load_portion
from hub.engine.facts import Ground, load_ground
from hub.engine.notes import left_alone
from hub.engine.plan_rows import AUTOMATIC, PlannedRows
from hub.engine.runs import SILENT_SECONDS, RunToken
from hub.engine.summaries import refresh
from hub.models import (
    ConnectionRow,
    Cursor,
    Due,
    Flow,
    FlowMode,
    Integration,
    Link,
    OperationRow,
    OperationState,
    Run,
    RunState,
    table,
)
from hub.providers import Action, Provider
from hub.reconcile import TIERS, Decision, Verdict, decide, own_prefix
from hub.store import Store

connections = table(ConnectionRow)
cursors = table(Cursor)
due = table(Due)
flows = table(Flow)
integrations = table(Integration)
links = table(Link)
operations = table(OperationRow)
runs = table(Run)

CARDS = frozenset({Kind.CONTACT, Kind.ITEM})
"""What documents name, and what rests on no document."""
LISTED = REFERENCE_KINDS | CARDS
"""What must have been read of the target before anything is planned."""

PORTION = 250
"""Due notes planned in one transaction: short enough that other writers do not wait long."""


def is_ready(db: sa.Connection, integration: Integration, providers: Mapping[str, Provider]) -> bool:
    """Whether the target's contacts, items and lists have been pulled completely once."""
    ledger = db.execute(sa.select(connections).where(connections.c.id == integration.ledger_id)).one()
    provider = providers.get(ledger.provider)
    if provider is None or ledger.organisation is None:
        return False
    lists = (feed for feed in provider.feeds if not feed.states_only and (not feed.kinds or feed.kinds & LISTED))
    needed = {feed.name for feed in lists}
    done = sa.select(cursors.c.feed).where(
        cursors.c.connection_id == integration.ledger_id, cursors.c.completed_at.is_not(None)
    )
    return needed <= set(db.execute(done).scalars())


def plan(store: Store, run: RunToken, integration_id: int, providers: Mapping[str, Provider]) -> dict[str, int]:
    """Plan every due record of an integration, then release what may go without a person."""
    counts = _plan_due(store, run, integration_id, providers)
    return {**counts, **_release(store, run, integration_id)}


def plan_cards(store: Store, run: RunToken, integration_id: int, providers: Mapping[str, Provider]) -> None:
    """Plan the due contacts and items while documents are still to be read; nothing is released before :func:`plan`."""
    # What the run is at, and the moment since when, stays the pull.
    _plan_due(store, run, integration_id, providers, CARDS, phase="pull")


def _plan_due(
    store: Store,
    run: RunToken,
    integration_id: int,
    providers: Mapping[str, Provider],
    kinds: Collection[Kind] = frozenset(Kind),
    *,
    phase: str = "plan",
) -> dict[str, int]:
    counts: dict[str, int] = {}
    planned_flows: set[int] = set()
    # Asked for one by one: to void a document brings the money on it due, which is of a later tier.
    while (flow_id := _next_due_flow(store, integration_id, kinds, planned_flows)) is not None:
        planned_flows.add(flow_id)
        more = True
        while more:
            # Notes are cleared with the plan that saw them: what power loss undoes is planned again.
            with store.write(durable=False) as db:
                run.guard(db)
                store.claim(db, integration_id)
                ground = load_ground(db, integration_id, providers)
                planned, more = _plan_portion(store, db, run, ground, ground.flows[flow_id])
            for name, count in planned.items():
                counts[name] = counts.get(name, 0) + count
            if planned:
                run.progress(phase, planned)
    return counts


def _next_due_flow(store: Store, integration_id: int, kinds: Collection[Kind], planned: Collection[int]) -> int | None:
    """The first flow in the order of tiers that has something due and was not planned yet."""
    chosen = (
        sa.select(flows.c.id, flows.c.kind)
        .where(flows.c.integration_id == integration_id, flows.c.id.not_in(planned))
        .where(sa.exists().where(due.c.flow_id == flows.c.id))
    )
    with store.read() as db:
        rows = [row for row in db.execute(chosen) if row.kind in kinds]
    return min(rows, key=lambda row: TIERS[Kind(row.kind)]).id if rows else None


def _plan_portion(
    store: Store, db: sa.Connection, run: RunToken, ground: Ground, flow: Flow
) -> tuple[dict[str, int], bool]:
    notes = _due_notes(db, flow)
    if not notes:
        return {}, False
    makes_more = flow.kind == Kind.JOURNAL
    if makes_more and flow.mode != FlowMode.OFF:
        refresh(store, db, ground, flow, [note.external_id for note in notes], run.clock())
    portion = load_portion(db, ground, flow, notes)
    rows = PlannedRows(portion, run.clock())
    for case, note in cases_of(portion):
        decision = decide(case) if flow.mode != FlowMode.OFF else Decision(Verdict.NOTHING, rule="the flow is off")
        rows.add(case, decision, note.reason)
    rows.save(store)
    seen = sa.delete(due).where(due.c.id == sa.bindparam("seen_id"), due.c.version == sa.bindparam("seen_version"))
    db.execute(seen, [{"seen_id": note.id, "seen_version": note.version} for note in notes])
    # Planned journals may have brought their summaries due, which are planned last.
    return rows.counts, makes_more or len(notes) == PORTION


def _due_notes(db: sa.Connection, flow: Flow) -> Sequence[sa.Row[Any]]:
    chosen = sa.select(due).where(due.c.flow_id == flow.id).order_by(due.c.id).limit(PORTION)
    busy = list(
        db.execute(sa.select(operations.c.source_id).where(operations.c.flow_id == flow.id, left_alone())).scalars()
    )
    free = chosen.where(due.c.external_id.not_in(busy)) if busy else chosen
    if flow.kind != Kind.JOURNAL:
        return db.execute(free).all()
    # What is posted together is made anew when all that may be in it is planned.
    made = due.c.external_id.startswith(own_prefix(flow.integration_id))
    return db.execute(free.where(~made)).all() or db.execute(free.where(made)).all()


def is_unreleased(db: sa.Connection, integration_id: int) -> bool:
    """Whether something planned may go without a person, and has not been let go."""
    chosen = (
        sa.select(operations.c.id)
        .join(flows, flows.c.id == operations.c.flow_id)
        .where(operations.c.integration_id == integration_id, flows.c.mode == FlowMode.AUTOMATIC.value)
        .where(operations.c.state == OperationState.PROPOSED.value, operations.c.caught.is_(False))
        .limit(1)
    )
    return db.execute(chosen).first() is not None


def _release(store: Store, run: RunToken, integration_id: int) -> dict[str, int]:
    """Let automatic flows go, once the whole plan is there; too many changes at once wait for a person."""
    with store.write() as db:
        run.guard(db)
        store.claim(db, integration_id)
        automatic = sa.select(flows.c.id).where(
            flows.c.integration_id == integration_id, flows.c.mode == FlowMode.AUTOMATIC.value
        )
        flow_ids = list(db.execute(automatic).scalars())
        is_whole = not _is_being_read(db, run, integration_id)
        caught = _catch(db, integration_id, flow_ids) if is_whole else 0
        proposed = sa.update(operations).where(
            operations.c.flow_id.in_(flow_ids),
            operations.c.state == OperationState.PROPOSED.value,
            operations.c.caught.is_(False),
            sa.or_(operations.c.action == Action.CREATE.value, sa.literal(is_whole)),
        )
        values = {
            "state": OperationState.PENDING.value,
            "approved_hash": operations.c.payload_hash,
            "approved_by": AUTOMATIC,
            "approved_at": run.clock(),
        }
        released = db.execute(proposed.values(values)).rowcount
    return {"released": released, "caught": caught}


def _is_being_read(db: sa.Connection, run: RunToken, integration_id: int) -> bool:
    """Whether a run of the stock side beside ours may still bring changes: then only that one can count them all."""
    others = (
        sa.select(runs.c.id)
        .join(integrations, integrations.c.stock_id == runs.c.connection_id)
        .where(integrations.c.id == integration_id, runs.c.id != run.id, runs.c.state == RunState.OPEN.value)
        .where(runs.c.heartbeat_at >= run.clock() - timedelta(seconds=SILENT_SECONDS))
    )
    return db.execute(others.limit(1)).first() is not None


def _catch(db: sa.Connection, integration_id: int, flow_ids: Sequence[int]) -> int:
    """The safety catch: per flow, more updates and removals than the limit stay proposed."""
    floor, percent = db.execute(
        sa.select(integrations.c.safety_floor, integrations.c.safety_percent).where(integrations.c.id == integration_id)
    ).one()
    caught = 0
    for flow_id in flow_ids:
        changes = (
            operations.c.flow_id == flow_id,
            operations.c.state == OperationState.PROPOSED.value,
            operations.c.caught.is_(False),
            operations.c.action != Action.CREATE.value,
        )
        count = db.execute(sa.select(sa.func.count()).select_from(operations).where(*changes)).scalar_one()
        count += _let_go(db, flow_id) if count else 0
        if count <= floor or count <= _live_links(db, flow_id) * percent // 100:
            continue
        change = sa.update(operations).where(*changes)
        caught += db.execute(change.values(caught=True, reason="kept back by the safety catch")).rowcount
    return caught


def _let_go(db: sa.Connection, flow_id: int) -> int:
    """Changes that went by themselves and have not left yet: many small plans are no way around the catch."""
    waiting = (
        operations.c.flow_id == flow_id,
        operations.c.state == OperationState.PENDING.value,
        operations.c.approved_by == AUTOMATIC,
        operations.c.action != Action.CREATE.value,
    )
    return int(db.execute(sa.select(sa.func.count()).select_from(operations).where(*waiting)).scalar_one())


def _live_links(db: sa.Connection, flow_id: int) -> int:
    live = (
        sa.select(sa.func.count())
        .select_from(
            links.join(flows, sa.and_(flows.c.integration_id == links.c.integration_id, flows.c.kind == links.c.kind))
        )
        .where(flows.c.id == flow_id, links.c.live.is_(True))
    )
    return int(db.execute(live).scalar_one())
