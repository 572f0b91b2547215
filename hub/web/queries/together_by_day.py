"""Journals that are posted together, by the day on which the ledger got the journal that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.models import OperationState
from hub.web.queries.tables import FLOWS, OPERATIONS
from hub.web.queries.together import MEMBERS, SUMMARIES

DONE, DROPPED = OperationState.DONE.value, OperationState.DROPPED.value


def posted_together(db: sa.Connection, start: datetime, integrations: Sequence[int]) -> dict[tuple[date, str], int]:
    """By day and state: what to add to a count of operations, so that it counts members and not what holds them.

    It is negative where the journals that hold others were counted themselves.
    """
    found: dict[tuple[date, str], int] = {}
    day = day_of(db, OPERATIONS.c.settled_at)
    holding = _of_summaries(day.label("day"), OPERATIONS.c.state, sa.func.count().label("number"), start, integrations)
    for row in db.execute(holding.group_by(day, OPERATIONS.c.state)):
        found[as_date(row.day), row.state] = -row.number
    last = sa.func.max(OPERATIONS.c.settled_at)
    newest = _of_summaries(SUMMARIES.c.flow_id, SUMMARIES.c.external_id, last.label("at"), start, integrations)
    held = newest.where(OPERATIONS.c.state == DONE).group_by(SUMMARIES.c.flow_id, SUMMARIES.c.external_id).subquery()
    in_it = sa.and_(MEMBERS.c.flow_id == held.c.flow_id, MEMBERS.c.summary_id == held.c.external_id)
    day = day_of(db, held.c.at)
    counted = sa.select(day.label("day"), sa.func.count().label("number")).select_from(held.join(MEMBERS, in_it))
    for row in db.execute(counted.where(MEMBERS.c.posted).group_by(day)):
        key = as_date(row.day), DONE
        found[key] = found.get(key, 0) + row.number
    return found


def _of_summaries(first: Any, second: Any, third: Any, start: datetime, integrations: Sequence[int]) -> sa.Select[Any]:
    """Operations of the journals that the hub made, found from those journals: there are few of them."""
    is_it = sa.and_(
        OPERATIONS.c.integration_id == FLOWS.c.integration_id,
        OPERATIONS.c.kind == Kind.JOURNAL.value,
        OPERATIONS.c.source_id == SUMMARIES.c.external_id,
    )
    joined = SUMMARIES.join(FLOWS, FLOWS.c.id == SUMMARIES.c.flow_id).join(OPERATIONS, is_it)
    return (
        sa.select(first, second, third)
        .select_from(joined)
        .where(FLOWS.c.integration_id.in_(integrations), OPERATIONS.c.settled_at >= start)
        .where(OPERATIONS.c.state.in_((DONE, DROPPED)))
    )


def day_of(db: sa.Connection, moment: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The day of a moment by the clock of UTC."""
    if db.dialect.name == "sqlite":
        return sa.func.date(moment)
    return sa.cast(sa.func.timezone("UTC", moment), sa.Date)


def as_date(value: date | str) -> date:
    """A day as the database answers it."""
    return date.fromisoformat(value) if isinstance(value, str) else value
