"""How the records that others refer to stand: in the ledger, on their way there, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import sqlalchemy as sa

from hub.documents import Kind, Status, parse_document
from hub.engine.facts import COMING_STATES, Ground
from hub.engine.money import money_moved
from hub.engine.notes import chunks
from hub.mapping import Ref
from hub.models import Exclusion, Flow, FlowMode, Link, OperationRow, OperationState, Snapshot, table
from hub.providers import Action, TargetState, TargetStatus
from hub.reconcile import Absence, Dependency

exclusions = table(Exclusion)
links = table(Link)
operations = table(OperationRow)
snapshots = table(Snapshot)


def load_dependencies(db: sa.Connection, ground: Ground, refs: Iterable[Ref]) -> dict[Ref, Dependency]:
    """How the records that others refer to stand."""
    by_kind: dict[Kind, set[str]] = {}
    for kind, external_id in refs:
        by_kind.setdefault(kind, set()).add(external_id)
    found: dict[Ref, Dependency] = {}
    for kind, ids in by_kind.items():
        live_states = _card_states if kind in _CARDS else _live_states
        live = live_states(db, ground.integration.id or 0, kind, sorted(ids))
        found |= {(kind, id): Dependency(state=state) for id, state in live.items()}
        part_paid = [id for id, state in live.items() if state.due != state.total]
        found |= _with_money(db, ground.integration.id or 0, kind, {id: live[id] for id in part_paid})
        for id in _taken_back(db, ground, kind, sorted(live)):
            found[kind, id] = replace(found[kind, id], taken_back=True)
        drafts = any(flow.kind == kind and flow.post_as == Status.DRAFT for flow in ground.flows.values())
        missing = sorted(ids - live.keys())
        states = _states(db, ground.integration.id or 0, kind, missing)
        labels = {} if kind in _CARDS else _labels(db, ground.integration.stock_id, kind, missing)
        for id, absence in _absences(db, ground, kind, missing, states).items():
            coming, label = states.get(id) in COMING_STATES, labels.get(id, "")
            found[kind, id] = Dependency(coming=coming, coming_as_draft=coming and drafts, absence=absence, label=label)
    return found


def _labels(db: sa.Connection, stock_id: int, kind: Kind, ids: Sequence[str]) -> dict[str, str]:
    """What people know these documents of the source by."""
    found: dict[str, str] = {}
    for part in chunks(ids):
        chosen = sa.select(snapshots.c.external_id, snapshots.c.label).where(
            snapshots.c.connection_id == stock_id, snapshots.c.kind == kind.value, snapshots.c.external_id.in_(part)
        )
        found |= {row.external_id: row.label for row in db.execute(chosen)}
    return found


def _with_money(
    db: sa.Connection, integration_id: int, kind: Kind, states: Mapping[str, TargetState]
) -> dict[Ref, Dependency]:
    """What of the money that moved on these documents is ours, and what a person knows to be others'."""
    moved: dict[str, Decimal] = dict.fromkeys(states, Decimal(0))
    known: dict[str, Decimal] = {}
    for part in chunks(sorted(states)):
        about = sa.or_(links.c.document_id.in_(part), links.c.credit_id.in_(part))
        chosen = sa.select(links.c.kind, links.c.written_document, links.c.state).where(
            links.c.integration_id == integration_id, links.c.live.is_(True), about
        )
        for row in db.execute(chosen):
            if not TargetState.model_validate(row.state).status.is_live:
                continue
            for (moved_kind, id), amount in money_moved(parse_document(row.kind, row.written_document)):
                if moved_kind == kind and id in moved:
                    moved[id] += amount
        said = sa.select(links.c.source_id, links.c.others_money).where(
            links.c.integration_id == integration_id,
            links.c.kind == kind.value,
            links.c.source_id.in_(part),
            links.c.live.is_(True),
            links.c.others_money != "",
        )
        known |= {row.source_id: Decimal(row.others_money) for row in db.execute(said)}
    return {
        (kind, id): Dependency(state=state, moved=moved[id], others_money=known.get(id, Decimal(0)))
        for id, state in states.items()
    }


def _taken_back(db: sa.Connection, ground: Ground, kind: Kind, ids: Sequence[str]) -> set[str]:
    """Documents that the source voided or withdrew; not those that a person, or a flow that is off, leaves."""
    off = all(flow.mode == FlowMode.OFF for flow in ground.flows.values() if flow.kind == kind)
    if kind in _CARDS or off:
        return set()
    found: dict[str, str] = {}
    for part in chunks(ids):
        # Written so by every document; within a text of its own the marks would be escaped.
        voided = snapshots.c.document.contains(f'"status":"{Status.VOIDED}"')
        chosen = sa.select(snapshots.c.external_id, snapshots.c.fingerprint).where(
            snapshots.c.connection_id == ground.integration.stock_id,
            snapshots.c.kind == kind.value,
            snapshots.c.external_id.in_(part),
            sa.or_(snapshots.c.withdrawn, voided),
        )
        found |= {row.external_id: row.fingerprint for row in db.execute(chosen)}
    return found.keys() - _left_in(db, ground.integration.id or 0, kind, found)


def _left_in(db: sa.Connection, integration_id: int, kind: Kind, found: Mapping[str, str]) -> set[str]:
    """Those of whose removal a person said that it is not to be."""
    left: set[str] = set()
    for part in chunks(sorted(found)):
        chosen = sa.select(operations.c.source_id, operations.c.fingerprint).where(
            operations.c.integration_id == integration_id,
            operations.c.kind == kind.value,
            operations.c.source_id.in_(part),
            operations.c.action.in_([Action.VOID.value, Action.DELETE.value]),
            operations.c.state == OperationState.DROPPED.value,
        )
        left |= {row.source_id for row in db.execute(chosen) if found[row.source_id] == row.fingerprint}
    return left


_CARDS = (Kind.CONTACT, Kind.ITEM)


def _card_states(db: sa.Connection, integration_id: int, kind: Kind, ids: Sequence[str]) -> dict[str, TargetState]:
    """Of the many contacts and items that documents name, only whether they are there and live matters."""
    found: dict[str, TargetState] = {}
    for part in chunks(ids):
        status = links.c.state["status"].as_string().label("status")
        chosen = sa.select(links.c.source_id, links.c.target_id, status).where(
            links.c.integration_id == integration_id,
            links.c.kind == kind.value,
            links.c.source_id.in_(part),
            links.c.live.is_(True),
        )
        for row in db.execute(chosen):
            found[row.source_id] = TargetState(kind=kind, target_id=row.target_id, status=TargetStatus(row.status))
    return found


def _live_states(db: sa.Connection, integration_id: int, kind: Kind, ids: Sequence[str]) -> dict[str, TargetState]:
    found: dict[str, TargetState] = {}
    for part in chunks(ids):
        chosen = sa.select(links.c.source_id, links.c.state).where(
            links.c.integration_id == integration_id,
            links.c.kind == kind.value,
            links.c.source_id.in_(part),
            links.c.live.is_(True),
        )
        found |= {row.source_id: TargetState.model_validate(row.state) for row in db.execute(chosen)}
    return found


_ABSENT: Mapping[str, Absence] = {
    OperationState.HELD.value: Absence.HELD,
    OperationState.FAILED.value: Absence.REFUSED,
    OperationState.DROPPED.value: Absence.SKIPPED,
    OperationState.PROPOSED.value: Absence.WAITS,
    **dict.fromkeys(COMING_STATES[1:], Absence.APPROVED),
}


def _absences(
    db: sa.Connection, ground: Ground, kind: Kind, ids: Sequence[str], states: Mapping[str, str]
) -> dict[str, Absence]:
    """Why these records, which are not linked, are not in the ledger, given how the creates of some stand."""
    flow = next((flow for flow in ground.flows.values() if flow.kind == kind), None)
    if flow is None or flow.mode == FlowMode.OFF:
        return dict.fromkeys(ids, Absence.FLOW_OFF)
    found = dict.fromkeys(ids, Absence.UNKNOWN)
    found |= dict.fromkeys(_excluded(db, flow, ids), Absence.NOT_ELIGIBLE)
    return found | {id: _ABSENT[state] for id, state in states.items()}


def _excluded(db: sa.Connection, flow: Flow, ids: Sequence[str]) -> list[str]:
    mine = sa.select(exclusions.c.external_id).where(exclusions.c.flow_id == flow.id)
    return [id for part in chunks(ids) for id in db.execute(mine.where(exclusions.c.external_id.in_(part))).scalars()]


def _states(db: sa.Connection, integration_id: int, kind: Kind, ids: Sequence[str]) -> dict[str, str]:
    """The state of the create of each record, the furthest first."""
    found: dict[str, str] = {}
    for part in chunks(ids):
        chosen = sa.select(operations.c.source_id, operations.c.state).where(
            operations.c.integration_id == integration_id,
            operations.c.kind == kind.value,
            operations.c.source_id.in_(part),
            operations.c.action == Action.CREATE.value,
            operations.c.state.in_(_ABSENT),
        )
        rows = sorted(db.execute(chosen.order_by(operations.c.id)), key=lambda row: row.state in COMING_STATES)
        found |= {row.source_id: row.state for row in rows}
    return found
