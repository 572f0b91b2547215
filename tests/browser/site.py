"""A hub behind a real server, on a port of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from people import add_owner, sign_in
from playwright.sync_api import BrowserContext

from hub.accounts import Account
from hub.app import create_app
from hub.engine import Hub
from hub.scheduler import Workers
from hub.server import PageServer


@dataclass(frozen=True)
class Site:
    """Where a hub's pages are."""

    url: str
    hub: Hub
    app: Flask

    def let_in(self, context: BrowserContext, account: Account | None = None) -> None:
        """Sign somebody in, the owner unless another is named, without the wait that a password takes."""
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in self.cookies(account)])

    def cookies(self, account: Account | None = None) -> list[tuple[str, str]]:
        """What a sign-in leaves in a browser: names and values."""
        client = self.app.test_client()
        sign_in(client, account or add_owner(self.hub))
        name = str(self.app.config["SESSION_COOKIE_NAME"])
        cookie = client.get_cookie(name)
        assert cookie is not None
        return [(name, cookie.value)]


@contextmanager
def serving(hub: Hub, *, working: bool = False, **options: Any) -> Iterator[Site]:
    """Serve the pages of a hub in a thread; with ``working``, run what is wanted, too."""
    door = socket.create_server(("127.0.0.1", 0))  # held from now on: who asks for a free port gets another one
    port = door.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    hub.settings = hub.settings.model_copy(update={"listen_port": port, "base_url": url})
    app = create_app(hub, **options)
    workers = Workers(hub)
    with PageServer(app, hub, door=door).beside():
        if working:
            workers.start()
        try:
            yield Site(url, hub, app)
        finally:
            if working:
                workers.stop()
