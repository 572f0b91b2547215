"""Platforms that visit us: what waits for their next visit, in the words of the pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from markupsafe import Markup

from hub.engine.visiting import Visits
from hub.models import ConnectionRow
from hub.providers import Provider, Role, Visitor
from hub.web.access import visible_connections
from hub.web.context import rows, the_hub
from hub.web.queries.linked import newest_runs
from hub.web.queries.tables import CONNECTIONS
from hub.web.wording import counted


@dataclass(frozen=True)
class Awaited:
    """A connection whose visitor will find something to take."""

    connection_id: int
    connection: str
    visitor: Visitor
    count: int
    last: datetime | None = None
    """When the last visit that read or took something began."""

    @property
    def words(self) -> str:
        """What waits, and how it gets away."""
        waiting = counted(self.count, "record waits", "records wait")
        last = f" It was here last {self.last:%Y-%m-%d %H:%M} UTC." if self.last else ""
        told = f"{self.connection}: {waiting} for the next visit of {self.visitor.name}."
        return f"{told} {how_it_comes(self.visitor)}{last}"


def how_it_comes(visitor: Visitor) -> str:
    """By itself and by hand: both ways to a visit, in a sentence."""
    return f"It comes by its own schedule; for a visit now, {visitor.at_once}."


def visits(provider: Provider | None) -> bool:
    """Whether a platform visits us; a plugin that is missing says nothing."""
    return provider is not None and provider.visit is not None


def awaited(connections: Iterable[sa.Row[Any] | ConnectionRow]) -> list[Awaited]:
    """Those of some connections for whose visitors something waits. Connections that we call cost no query."""
    hub = the_hub()
    found = []
    for row in connections:
        provider = hub.providers.get(row.provider)
        if row.id is not None and visits(provider) and provider is not None:
            count = Visits(hub).waiting(row.id)
            found += [Awaited(row.id, row.name, provider.visitor, count, _last_visit(row.id))] if count else []
    return found


def sent_next(what: str, ledger_id: int | None = None) -> str:
    """When ``what`` was approved leaves: to one ledger, or to whichever of those that the person sees it is for."""
    chosen = sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name, CONNECTIONS.c.provider).where(
        CONNECTIONS.c.removed_at.is_(None), visible_connections(CONNECTIONS.c.id)
    )
    present = rows(chosen if ledger_id is None else chosen.where(CONNECTIONS.c.id == ledger_id))
    known = the_hub().providers
    called = [row for row in present if not visits(known.get(row.provider)) and _is_ledger(known.get(row.provider))]
    words = [f"The next run sends {what}."] if called or not present else []
    words += [each.words for each in awaited(present)]
    return " ".join(words or [f"The next visit takes {what}."])


def _last_visit(connection_id: int) -> datetime | None:
    with the_hub().store.read() as db:
        newest = newest_runs(db, connection_id, 1)
    return newest[0].started_at.astimezone(UTC) if newest else None


def _is_ledger(provider: Provider | None) -> bool:
    return provider is None or provider.role is Role.LEDGER


def standing_of(row: sa.Row[Any] | ConnectionRow) -> Markup | None:
    """How the visits of a connection stand, told by its plugin; None where it tells nothing."""
    view = current_app.view_functions.get(f"{row.provider}.standing")
    return Markup(view(connection_id=row.id)) if view is not None else None  # nosec B704 # noqa: S704 - a plugin's template
