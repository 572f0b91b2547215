"""The installed plugins: what each brings, reads and writes, whether it can be used, and letting one rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from hub.engine import disabling
from hub.models import PluginRow
from hub.plugins import PluginInfo
from hub.providers import Provider
from hub.web.access import Right, actor, needs, visible_connections
from hub.web.context import rows, tell, the_hub
from hub.web.forms import Input, ModelForm
from hub.web.queries.tables import CONNECTIONS

pages = Blueprint("plugins", __name__, url_prefix="/plugins")


@dataclass(frozen=True)
class Brought:
    """A provider of a plugin, the settings that each of its connections asks for, and those connections."""

    provider: Provider
    settings: Sequence[Input]
    connections: Sequence[sa.Row[Any]]


@dataclass(frozen=True)
class Shown:
    """A plugin as the page shows it."""

    info: PluginInfo
    brings: Sequence[Brought]
    resting: PluginRow | None

    @property
    def health(self) -> str:
        """In a few words."""
        if self.info.problem:
            return "Can't be used"
        return "Disabled" if self.resting else "Good"


@pages.get("")
def show() -> ResponseReturnValue:
    """Plugins and their providers."""
    connections = _connections()
    shown = [_shown(info, connections) for info in _installed()]
    providers = the_hub().providers
    missing = sorted({row.provider for row in connections} - set(providers))
    brought = {name for info in _installed() for name in info.providers}
    own = [_brought(each, connections) for name, each in sorted(providers.items()) if name not in brought]
    return render_template("plugins.html", plugins=shown, own=own, missing=missing)


@pages.get("/<name>/disable")
@needs(Right.MANAGE_ENTITIES)
def ask_disable(name: str) -> ResponseReturnValue:
    """Say what rests before it does."""
    return render_template("plugin_disable.html", plugin=_shown(_plugin(name), _connections()))


@pages.post("/<name>/disable")
@needs(Right.MANAGE_ENTITIES)
def disable(name: str) -> ResponseReturnValue:
    """Let it rest."""
    info = _plugin(name)
    disabling.disable(the_hub(), name, info.providers, actor=actor())
    tell(f"The plugin {name} is disabled. Its entities rest until it is enabled again.")
    return redirect(url_for("plugins.show"), 303)


@pages.post("/<name>/enable")
@needs(Right.MANAGE_ENTITIES)
def enable(name: str) -> ResponseReturnValue:
    """Use it again."""
    _plugin(name)
    disabling.enable(the_hub(), name, actor=actor())
    tell(f"The plugin {name} is enabled. What waited for it goes on within a minute.")
    return redirect(url_for("plugins.show"), 303)


def _installed() -> Sequence[PluginInfo]:
    installed: Sequence[PluginInfo] = current_app.extensions["installed plugins"]
    return installed


def _plugin(name: str) -> PluginInfo:
    return next((info for info in _installed() if info.name == name), None) or abort(404)


def _connections() -> list[sa.Row[Any]]:
    chosen = sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name, CONNECTIONS.c.provider)
    mine = chosen.where(CONNECTIONS.c.removed_at.is_(None), visible_connections(CONNECTIONS.c.id))
    return rows(mine.order_by(CONNECTIONS.c.name))


def _shown(info: PluginInfo, connections: Sequence[sa.Row[Any]]) -> Shown:
    providers = the_hub().providers
    with the_hub().store.read() as db:
        resting = disabling.disabled(db).get(info.name)
    return Shown(
        info, [_brought(providers[name], connections) for name in info.providers if name in providers], resting
    )


def _brought(provider: Provider, connections: Sequence[sa.Row[Any]]) -> Brought:
    mine = [row for row in connections if row.provider == provider.name]
    return Brought(provider, ModelForm(provider.settings).inputs, mine)
