"""Why documents are not in the ledger, in words: their newest operation, or the rule that leaves them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.engine.notes import chunks
from hub.models import Exclusion, Flow, FlowMode, OperationRow, OperationState, table

exclusions = table(Exclusion)
flows = table(Flow)
operations = table(OperationRow)

ON_ITS_WAY = frozenset(
    state.value
    for state in (
        OperationState.PROPOSED,
        OperationState.PENDING,
        OperationState.SENDING,
        OperationState.UNSURE,
        OperationState.FAILED,
    )
)
COUNTING = (*sorted(ON_ITS_WAY), OperationState.HELD.value, OperationState.DROPPED.value)
_WORDS = {
    OperationState.PROPOSED.value: "It waits for approval.",
    OperationState.PENDING.value: "It is approved and waits to be sent.",
    OperationState.SENDING.value: "It is being sent.",
    OperationState.UNSURE.value: "It was sent, and the answer was lost: the next run looks for it.",
}


@dataclass(frozen=True)
class Obstacle:
    """``is_planned`` when the hub means to post it all the same."""

    words: str
    is_planned: bool = False
    operation_id: int | None = None


@dataclass(frozen=True)
class Obstacles:
    """Why documents are not in the ledger, as far as the hub knows."""

    by_document: Mapping[tuple[str, str], Obstacle]
    off: frozenset[str]
    """The kinds whose flow is off."""

    def of(self, kind: str, external_id: str) -> Obstacle | None:
        """What stands in the way of one document; None when nothing does that the hub knows of."""
        found = self.by_document.get((kind, external_id))
        if found is None and kind in self.off:
            return Obstacle(
                f"The flow of {kind.replace('_', ' ')}s is off. Switch it on in the integration to post it."
            )
        return found


def load_obstacles(db: sa.Connection, integration_id: int, source_ids: Sequence[str]) -> Obstacles:
    """What stands in the way of these documents."""
    found: dict[tuple[str, str], Obstacle] = {}
    kinds = {row.id: row for row in db.execute(sa.select(flows).where(flows.c.integration_id == integration_id))}
    for part in chunks(source_ids):
        ruled = sa.select(exclusions).where(exclusions.c.flow_id.in_(list(kinds)), exclusions.c.external_id.in_(part))
        for row in db.execute(ruled):
            words = f"Left out by a rule: {row.rule}."
            found[kinds[row.flow_id].kind, row.external_id] = Obstacle(words)
        for row in _operations(db, integration_id, list(kinds.values()), part):
            found[row.kind, row.source_id] = _of_operation(row)
    off = frozenset(row.kind for row in kinds.values() if row.mode == FlowMode.OFF.value)
    return Obstacles(found, off)


def _operations(
    db: sa.Connection, integration_id: int, flow_rows: Sequence[sa.Row[Any]], ids: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    off = {row.kind for row in flow_rows if row.mode == FlowMode.OFF.value}
    shown: tuple[sa.ColumnElement[Any], ...] = (
        operations.c.id,
        operations.c.kind,
        operations.c.source_id,
        operations.c.state,
        operations.c.problem,
        operations.c.reason,
    )
    mine = (
        sa.select(*shown)
        .where(operations.c.integration_id == integration_id, operations.c.source_id.in_(ids))
        .where(operations.c.state.in_(COUNTING))
        .order_by(operations.c.id)
    )
    # Kind by kind: asked for several at once, SQLite does not look each id up.
    found = (row for flow in flow_rows for row in db.execute(mine.where(operations.c.kind == flow.kind)))
    return [row for row in found if row.kind not in off or row.state != OperationState.HELD.value]


def _of_operation(row: sa.Row[Any]) -> Obstacle:
    if row.state == OperationState.DROPPED.value:
        return Obstacle(f"Skipped by a person: {row.reason}", operation_id=row.id)
    problem = (row.problem or {}).get("what", "")
    words = problem if row.state in (OperationState.HELD.value, OperationState.FAILED.value) else ""
    planned = row.state in ON_ITS_WAY
    return Obstacle(words or _WORDS.get(row.state, "It is held."), planned, row.id)
