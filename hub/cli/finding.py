"""Finding what a person means by a name or a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.engine import Hub
from hub.errors import SettingsError
from hub.models import ConnectionRow, Integration, table

connections = table(ConnectionRow)
integrations = table(Integration)

Rows = Sequence[sa.Row[Any]]

FIRST = {"connection": "connect an account", "integration": "join a stock system and a ledger"}
"""What makes the first one of them."""


def all_connections(hub: Hub) -> Rows:
    """The connections that were not removed, by name."""
    chosen = sa.select(connections).where(connections.c.removed_at.is_(None)).order_by(connections.c.name)
    with hub.store.read() as db:
        return db.execute(chosen).all()


def find_connection(hub: Hub, text: str) -> sa.Row[Any]:
    """A connection by number, name, or the beginning of its name; raises ``SettingsError`` naming those there are."""
    return _only(text, all_connections(hub), "connection")


def find_integrations(hub: Hub, text: str) -> Rows:
    """An integration by number or name, or those that a connection of that name belongs to."""
    with hub.store.read() as db:
        known = db.execute(sa.select(integrations).order_by(integrations.c.name)).all()
    found = _matching(text, known)
    if found:
        return found
    named = _matching(text, all_connections(hub))
    if not named:
        return [_only(text, known, "integration")]
    connection = _only(text, named, "connection")
    joined = [row for row in known if connection.id in (row.stock_id, row.ledger_id)]
    if not joined:
        raise SettingsError(f"{connection.name} is not joined with another connection yet: nothing flows.")
    return joined


def _only(text: str, rows: Rows, what: str) -> sa.Row[Any]:
    found = _matching(text, rows)
    if len(found) == 1:
        return found[0]
    if found:
        raise SettingsError(f"{text!r} could be {_names(found)}. Give the number or the whole name.")
    if not rows:
        raise SettingsError(f"There is no {what} yet. Run: hub serve, and {FIRST[what]} in the browser.")
    raise SettingsError(f"There is no {what} {text!r}. There are: {_names(rows)}.")


def _matching(text: str, rows: Rows) -> list[sa.Row[Any]]:
    sought = text.strip().casefold()
    exact = [row for row in rows if sought in (str(row.id), row.name.casefold())]
    return exact or [row for row in rows if sought and row.name.casefold().startswith(sought)]


def _names(rows: Rows) -> str:
    return ", ".join(f"{row.name} ({row.id})" for row in rows)
