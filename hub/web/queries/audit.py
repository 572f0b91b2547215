"""Who did what: filtered, in pages, and only what the person who looks may know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from hub.accounts import Account, acts
from hub.accounts.visibility import seen_connections, seen_integrations
from hub.web.audit_words import kept_as
from hub.web.listing import Listing, listed, listing
from hub.web.paging import Paged
from hub.web.queries.scope import scope
from hub.web.queries.tables import AUDIT_EVENTS, CONNECTIONS
from hub.web.queries.texts import Sought, holds_sought, parameters
from hub.web.remembered import remembered

MOST_ROWS = 100_000
"""Entries in one export; the dates cut a longer history into parts."""


_KEPT = 512
"""Statements for so many sorts of filter and people are kept. They are the question, not the answer."""


@dataclass(frozen=True)
class Sort:
    """What a filter asks about; the values are parameters."""

    actor: bool
    what: bool
    texts: tuple[Sought, ...]
    acts: bool
    since: bool
    until: bool

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        """As conditions of the query."""
        if self.actor:
            yield AUDIT_EVENTS.c.actor == sa.bindparam("actor")
        if self.what:
            yield AUDIT_EVENTS.c.what == sa.bindparam("what")
        if self.texts:
            texts = [(_named(number), sought) for number, sought in enumerate(self.texts)]
            subject = sa.or_(*(holds_sought(AUDIT_EVENTS.c.subject, *text) for text in texts))
            reason = sa.or_(*(holds_sought(AUDIT_EVENTS.c.reason, *text) for text in texts))
            # Most have no reason, which is quicker to see than what one holds.
            reasoned = sa.and_(AUDIT_EVENTS.c.reason != sa.literal_column("''"), reason)
            acted = [AUDIT_EVENTS.c.what.in_(sa.bindparam("acts", expanding=True))] if self.acts else []
            yield sa.or_(subject, reasoned, *acted)
        if self.since:
            yield AUDIT_EVENTS.c.at >= sa.bindparam("since")
        if self.until:
            yield AUDIT_EVENTS.c.at <= sa.bindparam("until")


@dataclass(frozen=True)
class AuditFilter:
    """What the list is narrowed down to; days are in UTC and both belong to it."""

    actor: str = ""
    what: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None
    acts: tuple[str, ...] = ()
    """Those with the text in them: there are few sorts of acts, so that no entry is looked through for one."""

    def among(self, acts: Sequence[str]) -> AuditFilter:
        """The filter, with those of these acts that have its text in them."""
        text = self.text.lower()
        return replace(self, acts=tuple(act for act in acts if text and text in act.lower()))

    @property
    def texts(self) -> list[str]:
        """As it may be written in an entry: as it was typed, and as what it stands for is kept."""
        kept = kept_as(self.text)
        if self.text.isascii() and kept == self.text.lower():  # the databases take small for capital letters
            return [self.text] if self.text else []
        return [self.text, kept]

    @property
    def sort(self) -> Sort:
        """What it asks about."""
        texts = tuple(sought for text in self.texts if (sought := Sought.of(text)))
        return Sort(bool(self.actor), bool(self.what), texts, bool(self.acts), bool(self.since), bool(self.until))

    @property
    def asked(self) -> Mapping[str, Any]:
        """The parameters of the statements of its sort."""
        asked: dict[str, Any] = {"actor": self.actor, "what": self.what}
        asked = {name: value for name, value in asked.items() if value}
        for number, text in enumerate(self.texts):
            asked |= parameters(_named(number), text)
        if self.acts:
            asked["acts"] = self.acts
        if self.since:
            asked["since"] = datetime.combine(self.since, time.min, UTC)
        if self.until:
            # Its last microsecond, and not the day after: the calendar ends somewhere.
            asked["until"] = datetime.combine(self.until, time.max, UTC)
        return asked


def _named(number: int) -> str:
    return f"text_{number}"


@dataclass(frozen=True)
class _Sight:
    """What a person sees, as conditions that are made once for each."""

    everything: bool
    connection: sa.ColumnElement[bool]
    integration: sa.ColumnElement[bool]
    each_connection: sa.ColumnElement[bool]

    @classmethod
    def of(cls, viewer: Account) -> _Sight:
        return cls(
            everything=viewer.owner,
            connection=seen_connections(viewer, AUDIT_EVENTS.c.connection_id),
            integration=seen_integrations(viewer, AUDIT_EVENTS.c.integration_id),
            each_connection=seen_connections(viewer, CONNECTIONS.c.id),
        )

    def condition(self) -> sa.ColumnElement[bool]:
        """Entries about entities that the person sees, and about people; about nothing known only if they see all."""
        if self.everything:
            return sa.true()
        nowhere = sa.and_(AUDIT_EVENTS.c.connection_id.is_(None), AUDIT_EVENTS.c.integration_id.is_(None))
        hidden = sa.exists().where(sa.not_(self.each_connection))
        return sa.or_(
            AUDIT_EVENTS.c.what.in_(acts.ALL),
            self.connection,
            self.integration,
            sa.and_(nowhere, sa.not_(hidden)),
        )


def events(db: sa.Connection, viewer: Account, wanted: AuditFilter, page: int) -> Paged:
    """One page, newest first."""
    made = _listing(_Sight.of(viewer), wanted.sort)
    return listed(db, made, wanted.asked, page, searched=bool(wanted.text), seen=lambda: scope(db, None).ids)


@lru_cache(maxsize=_KEPT)
def _listing(sight: _Sight, sort: Sort) -> Listing:
    found = [sight.condition(), *sort.conditions()]
    return listing(sa.select(AUDIT_EVENTS), AUDIT_EVENTS.c.id, found, [AUDIT_EVENTS.c.id], newest_first=True)


def every_event(db: sa.Connection, viewer: Account, wanted: AuditFilter) -> Sequence[sa.Row[Any]]:
    """All of them up to ``MOST_ROWS``, newest first."""
    found = [_Sight.of(viewer).condition(), *wanted.sort.conditions()]
    chosen = sa.select(AUDIT_EVENTS).where(*found).order_by(AUDIT_EVENTS.c.id.desc())
    return db.execute(chosen.limit(MOST_ROWS), wanted.asked).all()


def choices(db: sa.Connection, viewer: Account) -> tuple[Sequence[str], Sequence[str]]:
    """The people and the acts that there is something of to see."""
    return remembered(db, ("audit", viewer.id), lambda: _choices(db, _Sight.of(viewer).condition()))


def _choices(db: sa.Connection, seen: sa.ColumnElement[bool]) -> tuple[Sequence[str], Sequence[str]]:
    actors = sa.select(AUDIT_EVENTS.c.actor).where(seen).distinct().order_by(AUDIT_EVENTS.c.actor)
    whats = sa.select(AUDIT_EVENTS.c.what).where(seen).distinct().order_by(AUDIT_EVENTS.c.what)
    return db.execute(actors).scalars().all(), db.execute(whats).scalars().all()
