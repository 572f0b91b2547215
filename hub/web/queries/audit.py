"""Who did what: filtered, in pages, and only what the person who looks may know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from hub.accounts import Account, acts
from hub.accounts.visibility import seen_connections, seen_integrations
from hub.web.paging import Paged, paged
from hub.web.queries.tables import AUDIT_EVENTS, CONNECTIONS
from hub.web.queries.texts import holds
from hub.web.remembered import remembered

MOST_ROWS = 100_000
"""Entries in one export; the dates cut a longer history into parts."""


@dataclass(frozen=True)
class AuditFilter:
    """What the list is narrowed down to; days are in UTC and both belong to it."""

    actor: str = ""
    what: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        """As conditions of the query."""
        if self.actor:
            yield AUDIT_EVENTS.c.actor == self.actor
        if self.what:
            yield AUDIT_EVENTS.c.what == self.what
        if self.text:
            columns = (AUDIT_EVENTS.c.subject, AUDIT_EVENTS.c.reason)
            yield sa.or_(*(holds(column, self.text) for column in columns))
        if self.since:
            yield AUDIT_EVENTS.c.at >= _midnight(self.since)
        if self.until:
            yield AUDIT_EVENTS.c.at < _midnight(self.until) + timedelta(days=1)


def events(db: sa.Connection, viewer: Account, wanted: AuditFilter, page: int) -> Paged:
    """One page, newest first."""
    return paged(db, _chosen(viewer, wanted), page, id=AUDIT_EVENTS.c.id, searched=bool(wanted.text))


def every_event(db: sa.Connection, viewer: Account, wanted: AuditFilter) -> Sequence[sa.Row[Any]]:
    """All of them up to ``MOST_ROWS``, newest first."""
    return db.execute(_chosen(viewer, wanted).limit(MOST_ROWS)).all()


def choices(db: sa.Connection, viewer: Account) -> tuple[Sequence[str], Sequence[str]]:
    """The people and the acts that there is something of to see."""
    return remembered(db, ("audit", viewer.id), lambda: _choices(db, _seen(viewer)))


def _choices(db: sa.Connection, seen: sa.ColumnElement[bool]) -> tuple[Sequence[str], Sequence[str]]:
    actors = sa.select(AUDIT_EVENTS.c.actor).where(seen).distinct().order_by(AUDIT_EVENTS.c.actor)
    whats = sa.select(AUDIT_EVENTS.c.what).where(seen).distinct().order_by(AUDIT_EVENTS.c.what)
    return db.execute(actors).scalars().all(), db.execute(whats).scalars().all()


def _chosen(viewer: Account, wanted: AuditFilter) -> sa.Select[Any]:
    return sa.select(AUDIT_EVENTS).where(_seen(viewer), *wanted.conditions()).order_by(AUDIT_EVENTS.c.id.desc())


def _seen(viewer: Account) -> sa.ColumnElement[bool]:
    """Entries about entities that the person sees, and about people; about nothing known only if they see all."""
    if viewer.owner:
        return sa.true()
    nowhere = sa.and_(AUDIT_EVENTS.c.connection_id.is_(None), AUDIT_EVENTS.c.integration_id.is_(None))
    hidden = sa.exists().where(sa.not_(seen_connections(viewer, CONNECTIONS.c.id)))
    return sa.or_(
        AUDIT_EVENTS.c.what.in_(acts.ALL),
        seen_connections(viewer, AUDIT_EVENTS.c.connection_id),
        seen_integrations(viewer, AUDIT_EVENTS.c.integration_id),
        sa.and_(nowhere, sa.not_(hidden)),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
