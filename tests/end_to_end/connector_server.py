"""A server process of its own for the Web Connector: ``python connector_server.py DATABASE_URL KEY PORT``."""

from __future__ import annotations

import sys

import hub_qbdesktop
from hub_qbdesktop.provider import QuickBooksProvider

from hub.app import create_app
from hub.engine import Hub
from hub.server import PageServer
from hub.settings import load_settings
from hub.store import Store
from hub.testing import MemoryStock
from hub.vault import Vault


def serve(database_url: str, key: str, port: int) -> None:
    """Answer until the process ends, as ``hub serve`` does; the stock system is one in memory."""
    settings = load_settings(base_url=f"http://localhost:{port}", listen_port=port, freshness_seconds=0)
    stock, ledger = MemoryStock(), QuickBooksProvider()
    hub = Hub(Store(database_url), Vault([key]), {stock.name: stock, ledger.name: ledger}, settings)
    app = create_app(hub, blueprints=hub_qbdesktop.register_blueprints(hub))
    server = PageServer(app, hub)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.run(lambda: False)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
