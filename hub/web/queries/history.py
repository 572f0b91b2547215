"""One document of a stock system: its time line, its versions, what belongs to it, and the calls that concerned it.

Older forms of a document are kept by the operations that froze them, so a form that was never planned has no version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.documents import Document, Kind, parse_document
from hub.engine.plan_rows import AUTOMATIC
from hub.errors import Problem
from hub.models import OperationState
from hub.reconcile import changed_fields, is_summary
from hub.web import wording
from hub.web.queries.tables import (
    BATCHES,
    EXCHANGES,
    EXCLUSIONS,
    FLOWS,
    INTEGRATIONS,
    LINKS,
    OPERATIONS,
    SNAPSHOTS,
    STATE_CHANGES,
)
from hub.web.queries.together import memberships

MOST_SHOWN = 200
"""Of operations, calls and states of one document; one that has more is in trouble that its page need not list."""
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Event:
    """One line of the time line. ``operation`` and ``run`` are where there is more to see."""

    at: datetime
    what: str
    why: str = ""
    operation: int | None = None
    run: int | None = None


@dataclass(frozen=True)
class Version:
    """One form of the document as it was planned; ``changed`` names the fields that differ from the version before."""

    number: int
    operation: sa.Row[Any]
    document: Document
    changed: Sequence[str]


@dataclass(frozen=True)
class History:
    """Everything that is stored of one document in one integration."""

    snapshot: sa.Row[Any]
    operations: Sequence[sa.Row[Any]]
    links: Sequence[sa.Row[Any]]
    states: Sequence[sa.Row[Any]]
    batches: dict[str, sa.Row[Any]]
    rule: str
    journal: sa.Row[Any] | None = None
    """The journal that it is posted in together with others."""

    @property
    def link(self) -> sa.Row[Any] | None:
        """What it is in the ledger now."""
        return next((link for link in self.links if link.live), None)

    @property
    def newest(self) -> sa.Row[Any] | None:
        """The newest operation that no later plan replaced."""
        standing = (row for row in reversed(self.operations) if row.state != OperationState.REPLACED.value)
        return next(standing, None)

    @property
    def versions(self) -> list[Version]:
        """Each form that was planned, oldest first; the same form planned again is one version."""
        made: list[Version] = []
        for row in self.operations:
            if made and made[-1].operation.payload_hash == row.payload_hash:
                continue
            document = parse_document(row.kind, row.document)
            changed = sorted(changed_fields(made[-1].document, document)) if made else []
            made.append(Version(len(made) + 1, row, document, changed))
        return made

    def events(self) -> list[Event]:
        """The time line, oldest first."""
        found = list(self._seen())
        for row in self.operations:
            found += _events_of(row, self.batches.get(row.batch_id or ""))
        found += [*self._linked(), *self._states()]
        return sorted(found, key=lambda event: event.at)

    def _seen(self) -> Iterator[Event]:
        if is_summary(self.snapshot.external_id):
            yield from self._made()
            return
        yield Event(self.snapshot.first_seen_at, "First seen in the stock system")
        if self.snapshot.seen_at > self.snapshot.first_seen_at:
            gone = self.snapshot.withdrawn
            yield Event(self.snapshot.seen_at, "No longer in the stock system" if gone else "Last changed there")

    def _made(self) -> Iterator[Event]:
        """Of a journal that stands for others: the stock system has none like it."""
        yield Event(self.snapshot.first_seen_at, "Made by the hub", "from the journals that it stands for")
        if self.snapshot.seen_at > self.snapshot.first_seen_at:
            gone = self.snapshot.withdrawn
            what = "No longer made: no journal is in it" if gone else "Last made anew from its journals"
            yield Event(self.snapshot.seen_at, what)

    def _linked(self) -> Iterator[Event]:
        for link in self.links:
            name = link.target_number or "a record without a number"
            if link.origin != "created":
                yield Event(link.created_at, f"Linked to {name}, which was in the ledger already")
            if link.ended_at is not None:
                yield Event(link.ended_at, f"Its link to {name} ended", link.ended_why)

    def _states(self) -> Iterator[Event]:
        for state in self.states:
            due = f"{wording.amount(state.due, self.snapshot.currency or '')} is due" if state.due else ""
            status = wording.ledger_status(state.status, self.snapshot.kind).lower()
            yield Event(state.at, f"In the ledger: {status}", due)


def history(db: sa.Connection, integration: sa.Row[Any], snapshot: sa.Row[Any]) -> History:
    """Read it: at most five statements, and one more for a journal."""
    mine = {"integration": integration.id, "kind": snapshot.kind, "source": snapshot.external_id}
    operations = db.execute(_OPERATIONS, mine).all()[::-1]
    links = db.execute(_LINKS, mine).all()[::-1]
    states = db.execute(_STATES, {"links": [link.id for link in links]}).all()[::-1] if links else []
    sent = {row.batch_id for row in operations if row.batch_id}
    batches = {row.id: row for row in db.execute(_BATCHES, {"batches": list(sent)})} if sent else {}
    rule = db.execute(_RULE, mine).scalar() or ""
    in_one = memberships(db, integration.id, [snapshot.external_id]) if snapshot.kind == Kind.JOURNAL else {}
    return History(snapshot, operations, links, states, batches, rule, in_one.get(snapshot.external_id))


def belonging(db: sa.Connection, integration: sa.Row[Any], snapshot: sa.Row[Any]) -> list[sa.Row[Any]]:
    """The other documents of the same record of the stock system, such as payments and credits, each with its link."""
    record = {"connection": snapshot.connection_id, "feed": snapshot.feed, "record": snapshot.record_id}
    chosen = db.execute(_BELONGING, {**record, "snapshot": snapshot.id, "integration": integration.id})
    return list(chosen.all())


def _newest_of(table: sa.Table) -> sa.Select[Any]:
    mine = (
        table.c.integration_id == sa.bindparam("integration"),
        table.c.kind == sa.bindparam("kind"),
        table.c.source_id == sa.bindparam("source"),
    )
    return sa.select(table).where(*mine).order_by(table.c.id.desc()).limit(MOST_SHOWN)


def _belonging_statement() -> sa.Select[Any]:
    linked_now = sa.and_(
        LINKS.c.integration_id == sa.bindparam("integration"),
        LINKS.c.kind == SNAPSHOTS.c.kind,
        LINKS.c.source_id == SNAPSHOTS.c.external_id,
        LINKS.c.live,
    )
    return (
        sa.select(SNAPSHOTS, LINKS.c.target_number, LINKS.c.target_id, LINKS.c.state.label("target"))
        .outerjoin(LINKS, linked_now)
        .where(SNAPSHOTS.c.connection_id == sa.bindparam("connection"), SNAPSHOTS.c.feed == sa.bindparam("feed"))
        .where(SNAPSHOTS.c.record_id == sa.bindparam("record"), SNAPSHOTS.c.id != sa.bindparam("snapshot"))
        .order_by(SNAPSHOTS.c.document_date, SNAPSHOTS.c.id)
        .limit(MOST_SHOWN)
    )


_OPERATIONS, _LINKS, _BELONGING = _newest_of(OPERATIONS), _newest_of(LINKS), _belonging_statement()
_STATES = (
    sa.select(STATE_CHANGES)
    .where(STATE_CHANGES.c.link_id.in_(sa.bindparam("links", expanding=True)))
    .order_by(STATE_CHANGES.c.id.desc())
    .limit(MOST_SHOWN)
)
_BATCHES = sa.select(BATCHES).where(BATCHES.c.id.in_(sa.bindparam("batches", expanding=True)))
_RULE = (
    sa.select(EXCLUSIONS.c.rule)
    .join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
    .where(FLOWS.c.integration_id == sa.bindparam("integration"), FLOWS.c.kind == sa.bindparam("kind"))
    .where(EXCLUSIONS.c.external_id == sa.bindparam("source"))
)


def calls(db: sa.Connection, found: History) -> list[sa.Row[Any]]:
    """The writing calls that its batches were sent with, redacted, as far as the log still has them.

    A call belongs to a batch when it was made by the batch's run between sending and settling. Where several batches
    were on their way at once, those that name the document are told apart by its ids.
    """
    windows = [_window(batch) for batch in found.batches.values()]
    if not windows:
        return []
    chosen = sa.select(EXCHANGES).where(sa.or_(*windows), EXCHANGES.c.method.not_in(READING))
    rows = list(db.execute(chosen.order_by(EXCHANGES.c.id).limit(MOST_SHOWN)).all())
    names = {found.snapshot.external_id, found.snapshot.number} | {link.target_id for link in found.links}
    naming = [row for row in rows if any(name and name in row.request + row.response + row.url for name in names)]
    return naming or rows


def _window(batch: sa.Row[Any]) -> sa.ColumnElement[bool]:
    until = batch.settled_at or batch.sent_at + timedelta(hours=1)
    return sa.and_(EXCHANGES.c.run_id == batch.run_id, EXCHANGES.c.at.between(batch.sent_at, until))


def document_of(db: sa.Connection, operation_id: int) -> sa.Row[Any] | None:
    """The snapshot and the integration of an operation."""
    chosen: sa.Select[Any] = (
        sa.select(SNAPSHOTS.c.id, OPERATIONS.c.integration_id)
        .select_from(OPERATIONS)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == OPERATIONS.c.integration_id)
        .join(
            SNAPSHOTS,
            sa.and_(
                SNAPSHOTS.c.connection_id == INTEGRATIONS.c.stock_id,
                SNAPSHOTS.c.kind == OPERATIONS.c.kind,
                SNAPSHOTS.c.external_id == OPERATIONS.c.source_id,
            ),
        )
        .where(OPERATIONS.c.id == operation_id)
    )
    return next(iter(db.execute(chosen).all()), None)


def _events_of(row: sa.Row[Any], batch: sa.Row[Any] | None) -> Iterator[Event]:
    did = wording.ACTIONS[row.action].lower()
    problem = Problem.model_validate(row.problem) if row.problem else None
    held = row.state == OperationState.HELD.value or (problem is not None and batch is None)
    by_itself = row.approved_by == AUTOMATIC
    # What went by itself and was held before it left was approved by nobody.
    approved = row.approved_at is not None and not (held and by_itself)
    if approved or not held:
        why = wording.because(row.reason) if row.settled_at is None else ""
        yield Event(row.planned_at, f"Planned: {did}", why, row.id)
    if approved:
        by = "by itself, since its flow is automatic" if by_itself else f"by {row.approved_by}"
        yield Event(row.approved_at, f"Approved {by}", "", row.id)
    if held and problem is not None:
        yield Event(row.approved_at if approved else row.planned_at, f"Held: {problem.what}", problem.fix, row.id)
    if batch is not None:
        yield Event(batch.sent_at, "Sent to the ledger", "", row.id, batch.run_id)
    yield from _ending(row, batch, problem)


def _ending(row: sa.Row[Any], batch: sa.Row[Any] | None, problem: Problem | None) -> Iterator[Event]:
    done = {"create": "Posted", "update": "Updated in the ledger", "void": "Voided there", "delete": "Deleted there"}
    if row.state == OperationState.DONE.value and row.settled_at is not None:
        yield Event(row.settled_at, done[row.action], "; ".join(row.warnings), row.id)
    elif row.state == OperationState.FAILED.value and batch is not None and problem is not None:
        yield Event(batch.settled_at or batch.sent_at, f"Refused: {problem.what}", problem.fix, row.id)
    elif row.state == OperationState.DROPPED.value and row.settled_at is not None:
        yield Event(row.settled_at, "Skipped", row.reason, row.id)
    elif row.state == OperationState.REPLACED.value and row.settled_at is not None:
        yield Event(row.settled_at, "Replaced by a newer plan", "", row.id)
