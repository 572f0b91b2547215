"""How the integrations of a scope stand: what is open, why, and how far everything is posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.engine.contact_list import contacts_to_do
from hub.engine.waiting import NEEDS_A_PERSON, STUCK, WAITS
from hub.models import OPEN_STATES, OperationState, RunState
from hub.models.posting import DRAFT_LINKS
from hub.providers import Action
from hub.reconcile import SUMMARY_PREFIX
from hub.web.queries.attention import Cause
from hub.web.queries.money import from_thousandths, total_thousandths
from hub.web.queries.tables import CONNECTIONS, FLOWS, INTEGRATIONS, LINKS, OPERATIONS, RECORDS, RUNS
from hub.web.unchanged import while_unchanged

CAUSES_SHOWN = 5
LOOKED_BACK = 200
"""So many of the last operations tell how far everything is posted."""

Money = tuple[str, Decimal]
"""A currency and an amount in it; amounts of several currencies are never added up."""


@dataclass(frozen=True)
class OpenCause:
    """What keeps documents from being posted."""

    cause: Cause
    count: int
    problem: Mapping[str, Any] | None


@dataclass(frozen=True)
class Standing:
    """The numbers of a scope."""

    counts: Mapping[str, int]
    waiting: int = 0
    """How many are held for others, and go on by themselves."""
    ready: Sequence[Money] = ()
    causes: Sequence[OpenCause] = ()
    all_causes: int = 0
    drafts: int = 0
    unlinked: int = 0
    """Contacts to do: without a link that leads somewhere, and not ignored on purpose."""
    unreadable: int = 0
    posted_to: date | None = None

    @property
    def proposed(self) -> int:
        """How many documents wait for somebody's approval."""
        return self.counts.get(OperationState.PROPOSED.value, 0)

    @property
    def on_their_way(self) -> int:
        """How many documents are approved and not posted yet."""
        return sum(self.counts.get(each.value, 0) for each in (OperationState.PENDING, OperationState.SENDING))

    @property
    def needing_a_person(self) -> int:
        """How many documents and records somebody must look at."""
        return sum(self.counts.get(each, 0) for each in STUCK) - self.waiting + self.unreadable


def standing(db: sa.Connection, integrations: Sequence[int], connections: Sequence[int]) -> Standing:
    """Everything that the dashboard's cards say; as many statements however much there is."""
    counts, ready = _open(db, integrations)
    causes, all_causes = _causes(db, integrations)
    return Standing(
        counts=counts,
        waiting=_waiting(db, integrations),
        ready=ready,
        causes=causes,
        all_causes=all_causes,
        drafts=_drafts(db, integrations),
        unlinked=int(db.execute(contacts_to_do(db, integrations)).scalar_one()),
        unreadable=_unreadable(db, connections),
        posted_to=_posted_to(db, integrations),
    )


def _open(db: sa.Connection, integrations: Sequence[int]) -> tuple[dict[str, int], list[Money]]:
    counted = (
        sa.select(
            OPERATIONS.c.state,
            OPERATIONS.c.currency,
            sa.func.count().label("number"),
            total_thousandths(OPERATIONS.c.amount).label("thousandths"),
        )
        .where(OPERATIONS.c.integration_id.in_(integrations), OPERATIONS.c.state.in_(OPEN_STATES))
        .group_by(OPERATIONS.c.state, OPERATIONS.c.currency)
        .order_by(OPERATIONS.c.currency)
    )
    counts: dict[str, int] = {}
    ready: list[Money] = []
    for row in db.execute(counted):
        counts[row.state] = counts.get(row.state, 0) + row.number
        if row.state == OperationState.PROPOSED.value and row.currency:
            ready.append((row.currency, from_thousandths(row.thousandths)))
    return counts, ready


def _waiting(db: sa.Connection, integrations: Sequence[int]) -> int:
    counted = sa.select(sa.func.count()).select_from(OPERATIONS)
    return int(db.execute(counted.where(OPERATIONS.c.integration_id.in_(integrations), WAITS)).scalar_one())


def _causes(db: sa.Connection, integrations: Sequence[int]) -> tuple[list[OpenCause], int]:
    """The causes that need a person and stop the most documents, and how many there are in all."""
    parts = (OPERATIONS.c.state, OPERATIONS.c.problem_code, OPERATIONS.c.problem_subject)
    counted = (
        sa.select(
            *parts,
            sa.func.count().label("number"),
            sa.func.min(OPERATIONS.c.id).label("example"),
            sa.func.count().over().label("all_causes"),
        )
        .where(OPERATIONS.c.integration_id.in_(integrations), NEEDS_A_PERSON)
        .group_by(*parts)
        .order_by(sa.desc("number"), *parts)
        .limit(CAUSES_SHOWN)
    )
    rows = db.execute(counted).all()
    examples = [row.example for row in rows]
    chosen = sa.select(OPERATIONS.c.id, OPERATIONS.c.problem).where(OPERATIONS.c.id.in_(examples))
    problems = {row.id: row.problem for row in db.execute(chosen)}
    causes = [
        OpenCause(Cause(row.state, row.problem_code, row.problem_subject), row.number, problems.get(row.example))
        for row in rows
    ]
    return causes, rows[0].all_causes if rows else 0


def _drafts(db: sa.Connection, integrations: Sequence[int]) -> int:
    """What was posted as a draft and nobody approved in the ledger yet, so far as the hub knows."""
    # Word for word the condition of the index, or the index is not used.
    is_draft = sa.text(DRAFT_LINKS[db.dialect.name])
    counted = sa.select(sa.func.count()).select_from(LINKS).where(is_draft, LINKS.c.integration_id.in_(integrations))
    return int(db.execute(counted).scalar_one())


def _unreadable(db: sa.Connection, connections: Sequence[int]) -> int:
    counted = sa.select(sa.func.count()).select_from(RECORDS)
    mine = counted.where(RECORDS.c.connection_id.in_(connections), RECORDS.c.problem.is_not(None))
    return int(db.execute(mine).scalar_one())


def _posted_to(db: sa.Connection, integrations: Sequence[int]) -> date | None:
    """The last day of which nothing is open any more; None when nothing was posted yet."""
    mine = OPERATIONS.c.integration_id.in_(integrations)
    oldest = sa.select(sa.func.min(OPERATIONS.c.document_date)).where(
        mine, OPERATIONS.c.state.in_(OPEN_STATES), OPERATIONS.c.action == Action.CREATE.value
    )
    recent = (
        sa.select(OPERATIONS.c.document_date)
        .where(mine, OPERATIONS.c.state == OperationState.DONE.value, OPERATIONS.c.document_date.is_not(None))
        # A journal of a whole month is dated its last day, which may be still to come.
        .where(~OPERATIONS.c.source_id.startswith(SUMMARY_PREFIX))
        .order_by(OPERATIONS.c.settled_at.desc())
        .limit(LOOKED_BACK)
        .subquery()
    )
    row = db.execute(
        sa.select(oldest.scalar_subquery(), sa.select(sa.func.max(recent.c.document_date)).scalar_subquery())
    ).one()
    newest: date | None = row[1]
    if newest is None or row[0] is None:
        return newest
    before: date = row[0] - timedelta(days=1)
    return min(before, newest)


@while_unchanged
def failing(db: sa.Connection, connections: tuple[int, ...]) -> Sequence[sa.Row[Any]]:
    """Connections that are suspended, or whose last run failed."""
    return db.execute(_FAILING, {"connections": connections}).all()


@while_unchanged
def kept_off(db: sa.Connection, integrations: tuple[int, ...]) -> Sequence[sa.Row[Any]]:
    """Flows that a look in the ledger keeps off until somebody decides about what it found."""
    return [row for row in db.execute(_CHECKED, {"integrations": integrations}) if row.hits]


def _failing_statement() -> sa.Select[Any]:
    every = RUNS.alias("every")
    newest = sa.select(sa.func.max(every.c.id)).where(every.c.connection_id == CONNECTIONS.c.id).scalar_subquery()
    return (
        sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name, CONNECTIONS.c.suspended, RUNS.c.problem, RUNS.c.finished_at)
        .select_from(CONNECTIONS.outerjoin(RUNS, RUNS.c.id == newest))
        .where(CONNECTIONS.c.id.in_(sa.bindparam("connections", expanding=True)))
        .where(sa.or_(CONNECTIONS.c.suspended.is_not(None), RUNS.c.state == RunState.FAILED.value))
        .order_by(CONNECTIONS.c.name)
    )


_FAILING = _failing_statement()
_CHECKED: sa.Select[Any] = (
    sa.select(FLOWS.c.kind, FLOWS.c.hits, FLOWS.c.integration_id, INTEGRATIONS.c.name)
    .join(INTEGRATIONS, INTEGRATIONS.c.id == FLOWS.c.integration_id)
    .where(INTEGRATIONS.c.id.in_(sa.bindparam("integrations", expanding=True)), FLOWS.c.checked_at.is_not(None))
    .order_by(INTEGRATIONS.c.name, FLOWS.c.id)
)
