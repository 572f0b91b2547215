"""Platforms that visit us: what waits for their next visit, in the words of the pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app
from markupsafe import Markup

from hub.engine.visiting import Visits
from hub.models import ConnectionRow
from hub.providers import Provider, Role, Visitor
from hub.web.access import visible_connections
from hub.web.context import rows, the_hub
from hub.web.queries.tables import CONNECTIONS
from hub.web.wording import counted


@dataclass(frozen=True)
class Awaited:
    """A connection whose visitor will find something to take."""

    connection_id: int
    connection: str
    visitor: Visitor
    count: int

    @property
    def words(self) -> str:
        """What waits, and how it gets away."""
        waiting = counted(self.count, "record waits", "records wait")
        return f"{self.connection}: {waiting} for the next visit of {self.visitor.name}. {how_it_comes(self.visitor)}"


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
            found += [Awaited(row.id, row.name, provider.visitor, count)] if count else []
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


def _is_ledger(provider: Provider | None) -> bool:
    return provider is None or provider.role is Role.LEDGER


def standing_of(row: sa.Row[Any] | ConnectionRow) -> Markup | None:
    """How the visits of a connection stand, told by its plugin; None where it tells nothing."""
    view = current_app.view_functions.get(f"{row.provider}.standing")
    return Markup(view(connection_id=row.id)) if view is not None else None  # noqa: S704 - a template of the plugin's
