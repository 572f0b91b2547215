"""The hub's pages, and what else it serves, in a thread beside the demo."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hub.app import create_app, listen
from hub.engine import Hub
from hub.plugins import Plugins


@contextmanager
def served(hub: Hub, plugins: Plugins) -> Iterator[None]:
    """Serve as long as the block lasts."""
    app = create_app(hub, blueprints=plugins.blueprints(hub), installed=plugins.installed)
    server = listen(app, hub)
    thread = threading.Thread(target=server.run, name="demo-pages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.task_dispatcher.shutdown()  # who is being answered is answered
        server.close()
        server.asyncore.close_all(server._map)
        thread.join(5)
