"""Planning: every due record becomes an operation, an adoption, an exclusion, or nothing.

A chunk of due notes is planned and saved in one write transaction per integration, so that no fact can change between
the decision and its record. Operations stay *proposed* until the whole plan is there; then automatic flows are
released, unless the safety catch keeps the removals and updates for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.documents import REFERENCE_KINDS, Document, Kind, Status, TradeDocument, parse_document
from hub.engine.delivery import natural_key
from hub.engine.facts import (
    Ground,
    load_dependencies,
    load_ground,
    load_links,
    load_matches,
    load_resolver,
)
from hub.engine.notes import chunks, forget_facts, left_alone, touch_facts
from hub.engine.runs import RunToken
from hub.mapping import Ref, Resolved, link_fact, target_fact
from hub.models import (
    OPEN_STATES,
    ConnectionRow,
    Cursor,
    Due,
    Exclusion,
    Flow,
    FlowMode,
    Integration,
    Link,
    OperationFact,
    OperationRow,
    OperationState,
    Snapshot,
    table,
)
from hub.providers import Action, Provider
from hub.reconcile import (
    REMOVAL_TIER,
    TIERS,
    Case,
    Decision,
    LinkView,
    Match,
    Verdict,
    decide,
    payload_hash,
)
from hub.store import Store

connections = table(ConnectionRow)
cursors = table(Cursor)
due = table(Due)
exclusions = table(Exclusion)
flows = table(Flow)
integrations = table(Integration)
links = table(Link)
operation_facts = table(OperationFact)
operations = table(OperationRow)
snapshots = table(Snapshot)

AUTOMATIC = "automatic"
"""Who approved what an automatic flow let go."""

LISTED = REFERENCE_KINDS | {Kind.CONTACT, Kind.ITEM}
"""What must have been read of the target before anything is planned."""

CHUNK = 250
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
    counts: dict[str, int] = {}
    with store.read() as db:
        by_tier = _due_flows(db, integration_id)
    for flow_id in by_tier:
        more = True
        while more:
            with store.write() as db:
                run.guard(db)
                store.claim(db, integration_id)
                ground = load_ground(db, integration_id, providers)
                planned, more = _plan_chunk(store, db, run, ground, ground.flows[flow_id])
            for name, count in planned.items():
                counts[name] = counts.get(name, 0) + count
            if planned:
                run.progress("plan", planned)
    released = _release(store, run, integration_id)
    return {**counts, **released}


def _due_flows(db: sa.Connection, integration_id: int) -> list[int]:
    chosen = (
        sa.select(flows.c.id, flows.c.kind)
        .where(flows.c.integration_id == integration_id)
        .where(sa.exists().where(due.c.flow_id == flows.c.id))
    )
    rows = db.execute(chosen).all()
    return [row.id for row in sorted(rows, key=lambda row: TIERS[Kind(row.kind)])]


@dataclass
class _Chunk:
    """One transaction's worth of records of one flow."""

    store: Store
    db: sa.Connection
    run: RunToken
    ground: Ground
    flow: Flow
    notes: Sequence[sa.Row[Any]]
    snapshots: Mapping[str, sa.Row[Any]]
    links: Mapping[str, LinkView]
    generations: Mapping[str, int]
    open: Mapping[str, sa.Row[Any]]
    dropped: Mapping[str, sa.Row[Any]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    facts: list[tuple[str, list[str]]] = field(default_factory=list)
    adopted: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def _plan_chunk(
    store: Store, db: sa.Connection, run: RunToken, ground: Ground, flow: Flow
) -> tuple[dict[str, int], bool]:
    notes = _due_notes(db, flow)
    if not notes:
        return {}, False
    chunk = _load_chunk(store, db, run, ground, flow, notes)
    for case, note in _cases(chunk):
        decision = decide(case) if flow.mode != FlowMode.OFF else Decision(Verdict.NOTHING, rule="the flow is off")
        _record(chunk, case, decision, note.reason)
    _save(chunk)
    seen = sa.delete(due).where(due.c.id == sa.bindparam("seen_id"), due.c.version == sa.bindparam("seen_version"))
    db.execute(seen, [{"seen_id": note.id, "seen_version": note.version} for note in notes])
    return chunk.counts, len(notes) == CHUNK


def _due_notes(db: sa.Connection, flow: Flow) -> Sequence[sa.Row[Any]]:
    chosen = sa.select(due).where(due.c.flow_id == flow.id).order_by(due.c.id).limit(CHUNK)
    busy = list(
        db.execute(sa.select(operations.c.source_id).where(operations.c.flow_id == flow.id, left_alone())).scalars()
    )
    return db.execute(chosen.where(due.c.external_id.not_in(busy)) if busy else chosen).all()


def _load_chunk(
    store: Store, db: sa.Connection, run: RunToken, ground: Ground, flow: Flow, notes: Sequence[sa.Row[Any]]
) -> _Chunk:
    ids = [note.external_id for note in notes]
    live, generations = load_links(db, flow.integration_id, flow.kind, ids)
    return _Chunk(
        store=store,
        db=db,
        run=run,
        ground=ground,
        flow=flow,
        notes=notes,
        snapshots=_snapshots(db, ground.integration.stock_id, flow.kind, ids),
        links=live,
        generations=generations,
        open=_operations(db, flow, ids, OPEN_STATES),
        dropped=_operations(db, flow, ids, (OperationState.DROPPED.value,)),
    )


def _snapshots(db: sa.Connection, stock_id: int, kind: str, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    found: dict[str, sa.Row[Any]] = {}
    for part in chunks(ids):
        chosen = sa.select(snapshots).where(
            snapshots.c.connection_id == stock_id, snapshots.c.kind == kind, snapshots.c.external_id.in_(part)
        )
        found |= {row.external_id: row for row in db.execute(chosen)}
    return found


def _operations(db: sa.Connection, flow: Flow, ids: Sequence[str], states: Sequence[str]) -> dict[str, sa.Row[Any]]:
    found: dict[str, sa.Row[Any]] = {}
    columns = (
        operations.c.id,
        operations.c.source_id,
        operations.c.state,
        operations.c.action,
        operations.c.payload_hash,
        operations.c.fingerprint,
        operations.c.link_version,
        operations.c.caught,
        operations.c.approved_by,
    )
    for part in chunks(ids):
        chosen = (
            sa.select(*columns)
            .where(
                operations.c.flow_id == flow.id,
                operations.c.source_id.in_(part),
                operations.c.state.in_(states),
            )
            .order_by(operations.c.id)
        )
        found |= {row.source_id: row for row in db.execute(chosen)}
    return found


def _cases(chunk: _Chunk) -> list[tuple[Case, sa.Row[Any]]]:
    documents: list[tuple[sa.Row[Any], sa.Row[Any], Document]] = []
    for note in chunk.notes:
        row = chunk.snapshots.get(note.external_id)
        if row is not None:
            documents.append((note, row, parse_document(row.kind, row.document)))
    resolver = load_resolver(chunk.db, chunk.ground, [document for _, _, document in documents])
    resolved = [resolver.resolve(_as_posted(chunk, document)) for _, _, document in documents]
    refs: list[Ref] = [ref for one in resolved for ref in one.depends_on]
    dependencies = load_dependencies(chunk.db, chunk.ground, refs)
    matches = _matches(chunk, [document for _, _, document in documents])
    return [
        (_case(chunk, row, document, one, dependencies, matches), note)
        for (note, row, document), one in zip(documents, resolved, strict=True)
    ]


def _as_posted(chunk: _Chunk, document: Document) -> Document:
    """The document with the status it is to have in the ledger and the number of its generation."""
    changes: dict[str, Any] = {}
    if isinstance(document, TradeDocument) and document.status is Status.AUTHORISED:
        changes["status"] = Status(chunk.flow.post_as)
    generation = _generation(chunk, document.external_id)
    if isinstance(document, TradeDocument) and generation > 1:
        changes["number"] = f"{document.number}-v{generation}"
    return document.model_copy(update=changes) if changes else document


def _generation(chunk: _Chunk, external_id: str) -> int:
    link = chunk.links.get(external_id)
    return link.generation if link else chunk.generations.get(external_id, 0) + 1


def _matches(chunk: _Chunk, documents: Sequence[Document]) -> dict[str, list[Match]]:
    kind = Kind(chunk.flow.kind)
    if kind not in (Kind.CONTACT, Kind.ITEM):
        return {}
    keys = [natural_key(document) for document in documents if document.external_id not in chunk.links]
    return load_matches(chunk.db, chunk.ground.integration.ledger_id, kind, keys)


def _case(
    chunk: _Chunk,
    row: sa.Row[Any],
    document: Document,
    resolved: Resolved,
    dependencies: Mapping[Ref, Any],
    matches: Mapping[str, list[Match]],
) -> Case:
    ground = chunk.ground
    link = chunk.links.get(document.external_id)
    fit = ground.provider.fit(resolved.document, ground.facts())
    resolved.trace.extend(fit.notes)
    if document.kind in (Kind.CONTACT, Kind.ITEM):
        resolved.rest_on(target_fact(document.kind, row.natural_key))
    return Case(
        document=document,
        fingerprint=row.fingerprint,
        withdrawn=row.withdrawn,
        rules=ground.flow_rules(chunk.flow),
        organisation=ground.organisation,
        resolved=resolved,
        fitted=fit.document,
        fit_notes=fit.notes,
        fit_problems=fit.problems,
        link=link,
        allowed=ground.provider.allowed(document.kind, link.state) if link else None,
        generation=_generation(chunk, document.external_id),
        matches=matches.get(row.natural_key, ()) if link is None else (),
        dependencies={ref: dependencies[ref] for ref in resolved.depends_on if ref in dependencies},
    )


def _record(chunk: _Chunk, case: Case, decision: Decision, reason: str) -> None:
    """Turn one decision into rows; what stands already and says the same is left as it is."""
    source_id = case.document.external_id
    before = chunk.open.get(source_id)
    if decision.verdict in (Verdict.WRITE, Verdict.HOLD) and _is_dropped(chunk, case, decision):
        decision = Decision(Verdict.NOTHING, rule="dropped by a person")
    if decision.verdict is Verdict.EXCLUDED:
        flow_id = chunk.flow.id
        chunk.excluded.append({"flow_id": flow_id, "external_id": source_id, "rule": decision.rule})
    else:
        chunk.included.append(source_id)
    automatic = chunk.flow.mode == FlowMode.AUTOMATIC
    if decision.verdict is Verdict.WRITE and before is not None and _says_the_same(before, case, decision, automatic):
        chunk.count("kept")
        return
    if before is not None:
        chunk.replaced.append(before.id)
    if decision.verdict is Verdict.ADOPT and decision.match:
        chunk.adopted.append(_adopted_link(chunk, case, decision.match))
        chunk.count("adopted")
    elif decision.verdict in (Verdict.WRITE, Verdict.HOLD):
        chunk.rows.append(_operation_row(chunk, case, decision, reason))
        chunk.count("held" if decision.verdict is Verdict.HOLD else "proposed")
    elif decision.verdict is Verdict.EXCLUDED:
        chunk.count("not eligible")


def _is_dropped(chunk: _Chunk, case: Case, decision: Decision) -> bool:
    dropped = chunk.dropped.get(case.document.external_id)
    if dropped is None:
        return False
    if (dropped.action in _REMOVALS) is not (decision.action.value in _REMOVALS):
        return False  # leaving a change out is not leaving a withdrawn document in the books
    return dropped.fingerprint == case.fingerprint or (
        dropped.action == Action.CREATE.value and decision.action is Action.CREATE
    )


_REMOVALS = (Action.VOID.value, Action.DELETE.value)


def _says_the_same(before: sa.Row[Any], case: Case, decision: Decision, automatic: bool) -> bool:
    """Whether the open operation may stay; what went by itself needs a person once its flow is no longer automatic."""
    if before.approved_by == AUTOMATIC and not automatic:
        return False
    return (
        before.state in (OperationState.PROPOSED.value, OperationState.PENDING.value)
        and before.action == decision.action.value
        and before.fingerprint == case.fingerprint
        and before.payload_hash == payload_hash(case.fitted)
        and before.link_version == (case.link.version if case.link else 0)
    )


def _adopted_link(chunk: _Chunk, case: Case, match: Match) -> dict[str, Any]:
    return {
        "integration_id": chunk.flow.integration_id,
        "ledger_id": chunk.ground.integration.ledger_id,
        "kind": case.document.kind.value,
        "source_id": case.document.external_id,
        "target_id": match.target_id,
        "target_number": match.state.number,
        "generation": case.generation,
        "live": True,
        "version": 1,
        "origin": "adopted",
        "written_fingerprint": case.fingerprint,
        "written_payload": payload_hash(case.fitted),
        "written_document": case.fitted.model_dump_json(),
        "state": match.state.model_dump(mode="json"),
        "settled_stamp": "",
        "created_at": chunk.run.clock(),
        "ended_why": "",
    }


def _operation_row(chunk: _Chunk, case: Case, decision: Decision, reason: str) -> dict[str, Any]:
    document = decision.document or case.fitted
    held = decision.verdict is Verdict.HOLD
    problem = decision.problem
    facts = list(dict.fromkeys(decision.facts))
    source_id = document.external_id
    if held:
        chunk.facts.append((source_id, facts))
    total = getattr(document, "total", None)
    amount = total if total is not None else getattr(document, "amount", "")
    removal = decision.action in (Action.VOID, Action.DELETE)
    tier = TIERS[document.kind]
    return {
        "integration_id": chunk.flow.integration_id,
        "flow_id": chunk.flow.id,
        "ledger_id": chunk.ground.integration.ledger_id,
        "kind": document.kind.value,
        "source_id": source_id,
        "label": document.label,
        "action": decision.action.value,
        "state": (OperationState.HELD if held else OperationState.PROPOSED).value,
        "tier": REMOVAL_TIER - tier if removal else tier,
        "document": document.model_dump_json(),
        "fingerprint": case.fingerprint,
        "payload_hash": payload_hash(document),
        "generation": case.generation,
        "target_id": case.link.target_id if case.link else "",
        "link_id": case.link.id if case.link else None,
        "link_version": case.link.version if case.link else 0,
        "fields": sorted(decision.fields) if decision.fields is not None else None,
        "depends_on": [[kind.value, id] for kind, id in case.resolved.depends_on],
        "trace": case.resolved.trace,
        "warnings": list(decision.warnings),
        "problem_code": problem.code if problem else "",
        "problem_subject": problem.subject if problem else "",
        "problem": problem.model_dump() if problem else None,
        "facts": facts,
        "caught": decision.ask,
        "amount": str(amount) if amount is not None else "",
        "currency": getattr(document, "currency", ""),
        "document_date": getattr(document, "date", None),
        "reason": decision.rule or reason,
        "planned_at": chunk.run.clock(),
    }


def _save(chunk: _Chunk) -> None:
    db, store = chunk.db, chunk.store
    for part in chunks(chunk.replaced):
        db.execute(
            sa.update(operations)
            .where(operations.c.id.in_(part))
            .values(state=OperationState.REPLACED.value, settled_at=chunk.run.clock())
        )
    forget_facts(db, chunk.replaced)
    for ids in chunks(chunk.included):
        db.execute(
            sa.delete(exclusions).where(exclusions.c.flow_id == chunk.flow.id, exclusions.c.external_id.in_(ids))
        )
    if chunk.excluded:
        store.upsert(db, exclusions, chunk.excluded, key=("flow_id", "external_id"), update=("rule",))
    if chunk.adopted:
        store.insert(db, Link, chunk.adopted)
        facts = [link_fact(row["kind"], row["source_id"]) for row in chunk.adopted]
        touch_facts(store, db, [chunk.flow.integration_id], facts)
    if chunk.rows:
        store.insert(db, OperationRow, chunk.rows)
        _save_facts(chunk)


def _save_facts(chunk: _Chunk) -> None:
    if not chunk.facts:
        return
    held = _operations(chunk.db, chunk.flow, [source_id for source_id, _ in chunk.facts], (OperationState.HELD.value,))
    rows = [
        {"operation_id": held[source_id].id, "fact": fact, "integration_id": chunk.flow.integration_id}
        for source_id, facts in chunk.facts
        for fact in facts
    ]
    chunk.store.insert(chunk.db, operation_facts, rows)


def _release(store: Store, run: RunToken, integration_id: int) -> dict[str, int]:
    """Let automatic flows go, once the whole plan is there; too many changes at once wait for a person."""
    with store.write() as db:
        run.guard(db)
        store.claim(db, integration_id)
        automatic = sa.select(flows.c.id).where(
            flows.c.integration_id == integration_id, flows.c.mode == FlowMode.AUTOMATIC.value
        )
        flow_ids = list(db.execute(automatic).scalars())
        caught = _catch(db, integration_id, flow_ids)
        proposed = sa.update(operations).where(
            operations.c.flow_id.in_(flow_ids),
            operations.c.state == OperationState.PROPOSED.value,
            operations.c.caught.is_(False),
        )
        values = {
            "state": OperationState.PENDING.value,
            "approved_hash": operations.c.payload_hash,
            "approved_by": AUTOMATIC,
            "approved_at": run.clock(),
        }
        released = db.execute(proposed.values(values)).rowcount
    return {"released": released, "caught": caught}


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
