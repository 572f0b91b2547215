"""A shop in Cin7 Core and its books in QuickBooks Desktop, simulated; the Web Connector there visits the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hub_qbdesktop
from cryptography.fernet import Fernet
from hub_cin7core.provider import Cin7Core
from hub_qbdesktop import qwc
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.soap import PATH
from playwright.sync_api import Page, expect
from sim_cin7core import Simulator as Core
from sim_qbdesktop import Simulator as QuickBooks
from sim_qbdesktop import person

from browser.bookkeeper import STOCK, Bookkeeper
from browser.site import serving
from browser.trade import Shop
from hub.engine import Hub
from hub.engine.connections import connect, integrate, parse_settings
from hub.plugins import PluginInfo
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

BOOKS = "Demo books"
INSTALLED = [
    PluginInfo("cin7core", "ledgerport-cin7core", "0.1.0", ("cin7core",)),
    PluginInfo("qbdesktop", "ledgerport-qbdesktop", "0.1.0", ("qbdesktop",)),
]


@dataclass(frozen=True)
class Office(Shop):
    """A shop, and the Windows computer with QuickBooks and the Web Connector."""

    quickbooks: QuickBooks
    names: list[str] = field(default_factory=list)
    """What the Web Connector calls the hub, once it was added."""

    def add(self, file: Path, password: str) -> None:
        """Open the .qwc file on the computer, and paste the password."""
        self.names[:] = [self.quickbooks.connector.add(file.read_text(), password=password).name]

    def visit(self) -> str:
        """Press Update Selected in the Web Connector: how it ended."""
        return str(self.quickbooks.connector.visit(self.names[0]).outcome)

    def at_the_machine(self, action: str, **values: Any) -> None:
        """What a person does in QuickBooks."""
        person.act(self.quickbooks.quickbooks, action, values)

    def connect(self, owner: str) -> int:
        """Do in a moment what the first day's journey does in the browser: connected, added, nothing visited yet."""
        hub = self.site.hub
        provider = hub.provider("qbdesktop")
        settings = parse_settings(provider, {"country": "UK"})
        connection_id = connect(hub, provider, settings, name=BOOKS, account_id="books", actor=owner)
        connectors = Connectors(hub)
        row = connectors.made(connection_id)
        url = qwc.address(hub.settings.base_url, PATH)
        file = qwc.file(url=url, user_name=row.user_name, owner_id=OWNER_ID, file_id=row.file_id, minutes=30)
        added = self.quickbooks.connector.add(file, password=connectors.new_password(connection_id, owner))
        self.names[:] = [added.name]
        return connection_id

    def join(self, ledger_id: int, owner: str) -> int:
        """Connect the shop, and join it with these books."""
        hub = self.site.hub
        core = hub.provider("cin7core")
        keys = {"account_id": self.core.account_id, "application_key": self.core.key, "base_url": self.core.url}
        stock_id = connect(hub, core, parse_settings(core, keys), name=STOCK, actor=owner)
        return integrate(hub, stock_id, ledger_id, start_date=self.start, actor=owner)

    def confirm(self, connection_id: int, owner: str) -> None:
        """Say that the company file that was seen is the right one."""
        connectors = Connectors(self.site.hub)
        row = connectors.of(connection_id)
        assert row is not None
        connectors.confirm(connection_id, row.seen, owner)

    def numbers_in_quickbooks(self) -> list[str]:
        """The invoices that the books have."""
        found = (each for each in self.quickbooks.company.transactions if each.kind == "Invoice")
        return sorted(str(each.fields["RefNumber"]) for each in found)


@contextmanager
def trading_with_quickbooks(database: Path) -> Iterator[Office]:
    """Start all three, on a migrated database file. The books are in pounds as the shop's are."""
    with ExitStack() as stack:
        core = stack.enter_context(Core())
        quickbooks = QuickBooks(country="UK", home_currency="GBP", classes=True, no_op_seconds=0)
        stack.callback(quickbooks.close)
        store = Store(f"sqlite:///{database}")
        stack.callback(store.dispose)
        providers = {"cin7core": Cin7Core(), "qbdesktop": QuickBooksProvider()}
        settings = load_settings(data=database.parent, freshness_seconds=0)
        hub = Hub(store, Vault([Fernet.generate_key().decode()]), providers, settings)
        blueprints = hub_qbdesktop.register_blueprints(hub)
        site = stack.enter_context(serving(hub, working=True, installed=INSTALLED, blueprints=blueprints))
        yield Office(core, site, quickbooks)


@dataclass(frozen=True)
class DesktopKeeper(Bookkeeper):
    """Somebody who keeps the bakery's books in QuickBooks Desktop."""

    office: Office

    @classmethod
    def at(cls, page: Page, office: Office) -> DesktopKeeper:
        """Before a tab, in an office."""
        return cls(page, office, office)

    def new_entity(self) -> None:
        """New entity, QuickBooks Desktop: name, edition, company file."""
        self.follow("New entity")
        self.follow("QuickBooks Desktop")
        self.fill(Friendly_name=BOOKS)
        self.page.get_by_label("Edition").select_option("UK")
        self.press("Save")
        self.is_told(f"{BOOKS} is saved")

    def make_password(self) -> str:
        """Make the password, or another, and read it the one time that it is shown."""
        self.press(re.compile("^Make (the|another) password"))
        return self.page.locator("#password").inner_text()

    def download(self, folder: Path) -> Path:
        """Download the .qwc file."""
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Download the .qwc file", exact=True).click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def join_books(self) -> None:
        """Join them with the shop."""
        self.follow("What to do next")
        self.follow(f"Join it with {STOCK}")
        self.fill(Start_date=self.trade.start.isoformat())
        self.press("Join")
        self.is_told("Every flow is off until you switch it on")

    def open_visits(self) -> None:
        """The entity's page of its visits."""
        self.follow("Entities")
        self.follow(BOOKS, exact=True)
        self.follow("Set up in QuickBooks Desktop")

    def sync_by_hand(self) -> str:
        """Ask for a sync with the next visit, and press Update Selected on the computer: how the visit ended."""
        self.follow("Entities")
        self.follow(BOOKS, exact=True)
        self.press("Sync with the next visit")
        self.is_told("is read and posted to with the next visit")
        ended = self.office.visit()
        self.open_visits()
        return ended

    def sees_alert(self, words: str) -> None:
        """Be warned."""
        expect(self.page.get_by_role("alert").filter(has_text=words).first).to_be_visible()
