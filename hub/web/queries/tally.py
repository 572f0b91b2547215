"""Where every source document stands: posted, waiting, held, skipped or not eligible, and by which rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.models import FlowMode, OperationState
from hub.providers import Action
from hub.web.queries.tables import (
    CONNECTIONS,
    EXCLUSIONS,
    FLOWS,
    INTEGRATIONS,
    LINKS,
    OPERATIONS,
    RECORDS,
    SNAPSHOTS,
)
from hub.web.queries.together import count_members

WAITING = (OperationState.PROPOSED.value, OperationState.PENDING.value, OperationState.SENDING.value)
HELD = (OperationState.HELD.value, OperationState.FAILED.value, OperationState.UNSURE.value)


@dataclass
class FlowTally:
    """One flow's source documents. They add up: ``unplanned`` is what no other column has yet."""

    integration_id: int
    integration: str
    flow_id: int
    kind: str
    mode: str
    documents: int = 0
    posted: int = 0
    waiting: int = 0
    held: int = 0
    skipped: int = 0
    rules: dict[str, int] = field(default_factory=dict)

    @property
    def not_eligible(self) -> int:
        """Documents that a rule leaves out."""
        return sum(self.rules.values())

    @property
    def unplanned(self) -> int:
        """Documents that the next run decides about."""
        return self.documents - self.posted - self.waiting - self.held - self.skipped - self.not_eligible


def tallies(db: sa.Connection, among: int | Collection[int] | None = None) -> list[FlowTally]:
    """Every flow that is on, of one integration, of several, or of all; five statements however many there are."""
    chosen: sa.Select[Any] = (
        sa.select(
            FLOWS.c.id,
            FLOWS.c.kind,
            FLOWS.c.mode,
            FLOWS.c.integration_id,
            INTEGRATIONS.c.name,
            INTEGRATIONS.c.stock_id,
        )
        .join(INTEGRATIONS, INTEGRATIONS.c.id == FLOWS.c.integration_id)
        .where(FLOWS.c.mode != FlowMode.OFF.value)
        .order_by(INTEGRATIONS.c.name, FLOWS.c.id)
    )
    if among is not None:
        chosen = chosen.where(INTEGRATIONS.c.id.in_({among} if isinstance(among, int) else among))
    flows: list[sa.Row[Any]] = list(db.execute(chosen).all())
    made = {row.id: FlowTally(row.integration_id, row.name, row.id, row.kind, row.mode) for row in flows}
    if made:
        _count_documents(db, flows, made)
        _count_posted(db, flows, made)
        _count_operations(db, made)
        _count_skipped(db, made)
        _count_rules(db, made)
        count_members(db, flows, made)
    return list(made.values())


def skipped_by_source(db: sa.Connection, among: Collection[int] | None = None) -> list[tuple[str, str, int]]:
    """What the stock systems hold that is no document to post, by connection and rule; of some or all of them."""
    if db.dialect.name == "sqlite":
        each = sa.func.json_each(RECORDS.c.skipped).table_valued("key", "value")
    else:
        each = sa.func.jsonb_each_text(RECORDS.c.skipped).table_valued("key", "value")
    counted = (
        sa.select(CONNECTIONS.c.name, each.c.value, sa.func.count().label("count"))
        .select_from(RECORDS.join(CONNECTIONS, CONNECTIONS.c.id == RECORDS.c.connection_id).join(each, sa.true()))
        .where(CONNECTIONS.c.removed_at.is_(None), sa.cast(RECORDS.c.skipped, sa.Text) != "{}")
        .group_by(CONNECTIONS.c.name, each.c.value)
        .order_by(sa.desc("count"), CONNECTIONS.c.name, each.c.value)
    )
    if among is not None:
        counted = counted.where(CONNECTIONS.c.id.in_(among))
    return [(row.name, row.value, row._mapping["count"]) for row in db.execute(counted)]


def _count_documents(db: sa.Connection, flows: Sequence[sa.Row[Any]], made: Mapping[int, FlowTally]) -> None:
    counts = _counts(
        db,
        sa.select(SNAPSHOTS.c.connection_id, SNAPSHOTS.c.kind, sa.func.count())
        .where(SNAPSHOTS.c.connection_id.in_({row.stock_id for row in flows}))
        .group_by(SNAPSHOTS.c.connection_id, SNAPSHOTS.c.kind),
    )
    for row in flows:
        made[row.id].documents = counts.get((row.stock_id, row.kind), 0)


def _count_posted(db: sa.Connection, flows: Sequence[sa.Row[Any]], made: Mapping[int, FlowTally]) -> None:
    counts = _counts(
        db,
        sa.select(LINKS.c.integration_id, LINKS.c.kind, sa.func.count())
        .where(LINKS.c.live, LINKS.c.integration_id.in_({row.integration_id for row in flows}))
        .group_by(LINKS.c.integration_id, LINKS.c.kind),
    )
    for row in flows:
        made[row.id].posted = counts.get((row.integration_id, row.kind), 0)


def _count_operations(db: sa.Connection, made: Mapping[int, FlowTally]) -> None:
    """Only creates: a record whose update or removal is open is posted already, and counted there."""
    counted = (
        sa.select(OPERATIONS.c.flow_id, OPERATIONS.c.state, sa.func.count().label("count"))
        .where(OPERATIONS.c.integration_id.in_({one.integration_id for one in made.values()}))
        .where(OPERATIONS.c.state.in_((*WAITING, *HELD)), OPERATIONS.c.action == Action.CREATE.value)
        .where(~_is_posted())
        .group_by(OPERATIONS.c.flow_id, OPERATIONS.c.state)
    )
    for row in db.execute(counted):
        tally = made.get(row.flow_id)
        if tally and row.state in WAITING:
            tally.waiting += row._mapping["count"]
        elif tally:
            tally.held += row._mapping["count"]


def _count_skipped(db: sa.Connection, made: Mapping[int, FlowTally]) -> None:
    excluded = sa.exists().where(
        EXCLUSIONS.c.flow_id == OPERATIONS.c.flow_id, EXCLUSIONS.c.external_id == OPERATIONS.c.source_id
    )
    other = OPERATIONS.alias("other")
    planned = sa.exists().where(
        other.c.integration_id == OPERATIONS.c.integration_id,
        other.c.kind == OPERATIONS.c.kind,
        other.c.source_id == OPERATIONS.c.source_id,
        other.c.flow_id == OPERATIONS.c.flow_id,
        # Through a function, so that no index on states is used: the one on sources finds a handful of rows.
        sa.func.lower(other.c.state).in_((*WAITING, *HELD)),
    )
    counted = (
        sa.select(OPERATIONS.c.flow_id, sa.func.count(OPERATIONS.c.source_id.distinct()).label("count"))
        .where(OPERATIONS.c.integration_id.in_({one.integration_id for one in made.values()}))
        .where(OPERATIONS.c.state == OperationState.DROPPED.value, ~_is_posted(), ~excluded, ~planned)
        .group_by(OPERATIONS.c.flow_id)
    )
    for row in db.execute(counted):
        if row.flow_id in made:
            made[row.flow_id].skipped = row._mapping["count"]


def _count_rules(db: sa.Connection, made: Mapping[int, FlowTally]) -> None:
    counted = (
        sa.select(EXCLUSIONS.c.flow_id, EXCLUSIONS.c.rule, sa.func.count().label("count"))
        .where(EXCLUSIONS.c.flow_id.in_(made))
        .group_by(EXCLUSIONS.c.flow_id, EXCLUSIONS.c.rule)
        .order_by(sa.desc("count"), EXCLUSIONS.c.rule)
    )
    for row in db.execute(counted):
        made[row.flow_id].rules[row.rule] = row._mapping["count"]


def _is_posted() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        LINKS.c.integration_id == OPERATIONS.c.integration_id,
        LINKS.c.kind == OPERATIONS.c.kind,
        LINKS.c.source_id == OPERATIONS.c.source_id,
        LINKS.c.live,
    )


def _counts(db: sa.Connection, counted: sa.Select[Any]) -> dict[tuple[int, str], int]:
    return {(row[0], row[1]): row[2] for row in db.execute(counted)}
