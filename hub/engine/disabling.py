"""Plugins that somebody disabled: their jobs are left out and their connections rest, and nothing stored is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.errors import Problem
from hub.models import PluginRow, table

if TYPE_CHECKING:
    from hub.engine.hub import Hub

plugins = table(PluginRow)


def disable(hub: Hub, name: str, providers: Sequence[str], *, actor: str) -> None:
    """Let a plugin rest. A run that is going on is finished; none begins any more."""
    row = {"name": name, "providers": list(providers), "disabled_at": hub.clock(), "disabled_by": actor}
    with hub.store.write() as db:
        hub.store.upsert(db, plugins, [row], key=("name",), update=())
        hub.audit(db, actor, "disabled the plugin", name)


def enable(hub: Hub, name: str, *, actor: str) -> None:
    """Use a plugin again, from now on."""
    with hub.store.write() as db:
        if db.execute(sa.delete(plugins).where(plugins.c.name == name)).rowcount:
            hub.audit(db, actor, "enabled the plugin", name)


def disabled(db: sa.Connection) -> dict[str, PluginRow]:
    """The plugins that rest, by name."""
    return {row.name: PluginRow(**row._mapping) for row in db.execute(sa.select(plugins))}


def rest_of(hub: Hub, connection: str, provider: str) -> Problem | None:
    """Why a connection of this provider does not run at present, if its plugin was disabled."""
    with hub.store.read() as db:
        resting = next((each for each in disabled(db).values() if provider in each.providers), None)
    if resting is None:
        return None
    return Problem(
        code="plugin_disabled",
        what=f"{connection} rests: the plugin {resting.name} was disabled by {resting.disabled_by}.",
        fix="Enable it on the page Plugins.",
        done="What was read and posted stays; nothing is lost.",
        subject=resting.name,
    )
