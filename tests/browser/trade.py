"""A shop in Cin7 Core and its books in Xero, both simulated, with a hub between them that knows neither yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import requests
from cryptography.fernet import Fernet
from hub_cin7core.provider import Cin7Core
from hub_xero.provider import XeroProvider
from sim_cin7core import Client, new_sale
from sim_cin7core import Simulator as Core
from sim_xero import Simulator as Xero
from sim_xero.identity.tokens import NEW_APP

from browser.site import Site, serving
from hub.engine import Hub
from hub.plugins import PluginInfo
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

INSTALLED = [
    PluginInfo("cin7core", "ledgerport-cin7core", "0.1.0", ("cin7core",)),
    PluginInfo("xero", "ledgerport-xero", "0.1.0", ("xero",)),
]


@dataclass(frozen=True)
class Shop:
    """A shop in Cin7 Core, and the hub's site."""

    core: Core
    site: Site

    @property
    def today(self) -> date:
        """The day that the tests live in."""
        return datetime.now(UTC).date()

    @property
    def start(self) -> date:
        """From when on documents are posted."""
        return self.today - timedelta(days=30)

    def sell(self, customer: str, price: str) -> str:
        """Somebody in the shop sells and invoices; answers with the invoice's number."""
        sale = new_sale(self.core, customer, items=[("BREAD", 1, price)], day=self.today)
        number: str = Client(self.core).sale(sale.id)["Invoices"][0]["InvoiceNumber"]
        return number


@dataclass(frozen=True)
class Trade(Shop):
    """A shop and its books in Xero."""

    xero: Xero

    def numbers_in_xero(self) -> dict[str, str]:
        """What the books say: invoice number -> status."""
        return {invoice.number: invoice.status for invoice in self.xero.books.invoices}

    def in_xero(self, action: str, **values: str) -> None:
        """What a person does in Xero's own screens."""
        answer = requests.post(f"{self.xero.url}/_sim/person/{action}", json=values, timeout=60)
        assert answer.ok, answer.text

    @property
    def xero_app(self) -> tuple[str, str]:
        """The client id and secret that a person copies from Xero's developer pages."""
        return NEW_APP.client_id, NEW_APP.client_secret


@contextmanager
def trading(database: Path) -> Iterator[Trade]:
    """Start all three, on a migrated database file."""
    with ExitStack() as stack:
        core, xero = stack.enter_context(Core()), stack.enter_context(Xero(limits=False))
        store = Store(f"sqlite:///{database}")
        stack.callback(store.dispose)
        providers = {"cin7core": Cin7Core(), "xero": XeroProvider()}
        settings = load_settings(data=database.parent, freshness_seconds=0)
        hub = Hub(store, Vault([Fernet.generate_key().decode()]), providers, settings)
        site = stack.enter_context(serving(hub, working=True, installed=INSTALLED))
        yield Trade(core, site, xero)
