"""The hub's pages, and what else it serves, in a thread beside the demo."""

from __future__ import annotations

from contextlib import AbstractContextManager

from hub.app import create_app
from hub.engine import Hub
from hub.plugins import Plugins
from hub.server import PageServer


def served(hub: Hub, plugins: Plugins) -> AbstractContextManager[None]:
    """Serve as long as the block lasts."""
    return PageServer(create_app(hub, blueprints=plugins.blueprints(hub), installed=plugins.installed), hub).beside()
