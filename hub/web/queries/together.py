"""Journals that are posted together: which journal stands for one, which ones it stands for, and how they count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.among import one_of
from hub.models import JournalSummary, OperationState, SummaryMember, table
from hub.providers import Action
from hub.reconcile import SUMMARY_PREFIX, is_summary, own_prefix
from hub.web.queries.tables import EXCLUSIONS, FLOWS, INTEGRATIONS, LINKS, OPERATIONS, SNAPSHOTS

MEMBERS = table(SummaryMember)
SUMMARIES = table(JournalSummary)

MOST_SHOWN = 200
"""Of the members of one journal."""
JOURNAL = Kind.JOURNAL.value
WAITING = (OperationState.PROPOSED.value, OperationState.PENDING.value, OperationState.SENDING.value)
HELD = (OperationState.HELD.value, OperationState.FAILED.value, OperationState.UNSURE.value)


class Tally(Protocol):
    """What counts the documents of a flow."""

    documents: int
    posted: int
    waiting: int
    held: int
    skipped: int
    rules: dict[str, int]


def _memberships() -> sa.Select[Any]:
    is_it = sa.and_(
        SNAPSHOTS.c.connection_id == INTEGRATIONS.c.stock_id,
        SNAPSHOTS.c.kind == JOURNAL,
        SNAPSHOTS.c.external_id == MEMBERS.c.summary_id,
    )
    return (
        sa.select(
            MEMBERS.c.external_id.label("source_id"),
            MEMBERS.c.posted,
            MEMBERS.c.summary_id,
            SNAPSHOTS.c.id.label("snapshot_id"),
            SNAPSHOTS.c.label,
        )
        .select_from(
            MEMBERS.join(FLOWS, FLOWS.c.id == MEMBERS.c.flow_id)
            .join(INTEGRATIONS, INTEGRATIONS.c.id == FLOWS.c.integration_id)
            .join(SNAPSHOTS, is_it)
        )
        .where(INTEGRATIONS.c.id == sa.bindparam("integration"))
        .where(MEMBERS.c.external_id.in_(sa.bindparam("ids", expanding=True)))
    )


_MEMBERSHIPS = _memberships()


def memberships(db: sa.Connection, integration_id: int, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """The journals that stand for some journals of the source, by the external id of those."""
    if not ids:
        return {}
    return {row.source_id: row for row in db.execute(_MEMBERSHIPS, {"integration": integration_id, "ids": list(ids)})}


def members_of(db: sa.Connection, integration: Any, summary_id: str) -> tuple[int, Sequence[sa.Row[Any]]]:
    """How many journals one stands for, and the newest of them."""
    if not is_summary(summary_id):
        return 0, ()
    mine = (
        MEMBERS.c.summary_id == summary_id,
        MEMBERS.c.flow_id.in_(sa.select(FLOWS.c.id).where(FLOWS.c.integration_id == integration.id)),
    )
    count = int(db.execute(sa.select(sa.func.count()).select_from(MEMBERS).where(*mine)).scalar_one())
    is_it = sa.and_(
        SNAPSHOTS.c.connection_id == integration.stock_id,
        SNAPSHOTS.c.kind == JOURNAL,
        SNAPSHOTS.c.external_id == MEMBERS.c.external_id,
    )
    chosen = (
        sa.select(SNAPSHOTS, MEMBERS.c.posted)
        .join(MEMBERS, is_it)
        .where(*mine)
        .order_by(SNAPSHOTS.c.document_date.desc(), SNAPSHOTS.c.id.desc())
        .limit(MOST_SHOWN)
    )
    return count, db.execute(chosen).all()


def corrections_of(db: sa.Connection, integration: Any, summary_id: str) -> Sequence[sa.Row[Any]]:
    """The corrections of a journal of a closed period, oldest first."""
    if not is_summary(summary_id):
        return ()
    is_it = sa.and_(
        SNAPSHOTS.c.connection_id == integration.stock_id,
        SNAPSHOTS.c.kind == JOURNAL,
        SNAPSHOTS.c.external_id == SUMMARIES.c.external_id,
    )
    chosen = sa.select(SNAPSHOTS).join(SUMMARIES, is_it).where(SUMMARIES.c.corrects == summary_id)
    return db.execute(chosen.order_by(SNAPSHOTS.c.id)).all()


# -- counting ------------------------------------------------------------------------------------------------------


def count_members(db: sa.Connection, flows: Sequence[sa.Row[Any]], made: Mapping[int, Tally]) -> None:
    """Count journals that are posted together as themselves, and not the journals that stand for them."""
    for row in flows:
        if row.kind == JOURNAL:
            tally, own = made[row.id], own_prefix(row.integration_id)
            _leave_out(db, row, tally, own)
            _take_in(db, row, tally)


def _leave_out(db: sa.Connection, row: sa.Row[Any], tally: Tally, own: str) -> None:
    stored = SNAPSHOTS.c.connection_id == row.stock_id, one_of(SNAPSHOTS.c.kind, [JOURNAL])
    tally.documents -= _count(db, *stored, SNAPSHOTS.c.external_id.startswith(SUMMARY_PREFIX))
    linked = LINKS.c.integration_id == row.integration_id, LINKS.c.kind == JOURNAL, LINKS.c.live
    tally.posted -= _count(db, *linked, LINKS.c.source_id.startswith(own))
    for state, count in _creates(db, row, OPERATIONS.c.source_id.startswith(own)).items():
        tally.waiting -= count if state in WAITING else 0
        tally.held -= count if state in HELD else 0
    tally.skipped -= len(_dropped(db, row, own))
    ruled = EXCLUSIONS.c.flow_id == row.id, EXCLUSIONS.c.external_id.startswith(own)
    for rule in db.execute(sa.select(EXCLUSIONS.c.rule).where(*ruled)).scalars().all():
        tally.rules[rule] -= 1
        if not tally.rules[rule]:
            del tally.rules[rule]


def _take_in(db: sa.Connection, row: sa.Row[Any], tally: Tally) -> None:
    mine = MEMBERS.c.flow_id == row.id
    tally.posted += _count(db, mine, MEMBERS.c.posted)
    waiting = (
        sa.select(MEMBERS.c.summary_id, sa.func.count()).where(mine, ~MEMBERS.c.posted).group_by(MEMBERS.c.summary_id)
    )
    found: dict[str, int] = {row[0]: row[1] for row in db.execute(waiting)}
    states = _states(db, row, list(found))
    dropped = _dropped(db, row, own_prefix(row.integration_id))
    for summary, count in found.items():
        state = states.get(summary, "")
        tally.waiting += count if state in WAITING else 0
        tally.held += count if state in HELD else 0
        tally.skipped += count if not state and summary in dropped else 0


def _creates(db: sa.Connection, row: sa.Row[Any], which: sa.ColumnElement[bool]) -> dict[str, int]:
    counted = (
        sa.select(OPERATIONS.c.state, sa.func.count())
        .where(OPERATIONS.c.flow_id == row.id, OPERATIONS.c.state.in_((*WAITING, *HELD)), which)
        .where(OPERATIONS.c.action == Action.CREATE.value, ~_is_posted())
        .group_by(OPERATIONS.c.state)
    )
    return {row[0]: row[1] for row in db.execute(counted)}


def _states(db: sa.Connection, row: sa.Row[Any], ids: Sequence[str]) -> dict[str, str]:
    chosen = sa.select(OPERATIONS.c.source_id, OPERATIONS.c.state).where(
        OPERATIONS.c.flow_id == row.id, OPERATIONS.c.state.in_((*WAITING, *HELD)), OPERATIONS.c.source_id.in_(ids)
    )
    return {row.source_id: row.state for row in db.execute(chosen)} if ids else {}


def _dropped(db: sa.Connection, row: sa.Row[Any], own: str) -> set[str]:
    """Journals that stand for others, that a person skipped before they were posted."""
    chosen = sa.select(OPERATIONS.c.source_id).where(
        OPERATIONS.c.flow_id == row.id,
        OPERATIONS.c.state == OperationState.DROPPED.value,
        OPERATIONS.c.source_id.startswith(own),
        ~_is_posted(),
    )
    return set(db.execute(chosen).scalars()) - _open(db, row, own)


def _open(db: sa.Connection, row: sa.Row[Any], own: str) -> set[str]:
    chosen = sa.select(OPERATIONS.c.source_id).where(
        OPERATIONS.c.flow_id == row.id,
        OPERATIONS.c.state.in_((*WAITING, *HELD)),
        OPERATIONS.c.source_id.startswith(own),
    )
    return set(db.execute(chosen).scalars())


def _is_posted() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        LINKS.c.integration_id == OPERATIONS.c.integration_id,
        LINKS.c.kind == OPERATIONS.c.kind,
        LINKS.c.source_id == OPERATIONS.c.source_id,
        LINKS.c.live,
    )


def _count(db: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).where(*conditions)).scalar_one())
