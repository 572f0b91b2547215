"""What a bookkeeper does in the browser, by the names that people read there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from playwright.sync_api import expect

from browser.person import Person
from browser.trade import Shop, Trade

PATIENCE = 60.0
"""Seconds after which what runs in the background is called hung. It says nothing of speed, which bench/ measures."""

STOCK, LEDGER = "Bakery", "Bakery Ltd"
PASSWORD = "four quiet herons at dusk"


@dataclass(frozen=True)
class Bookkeeper(Person):
    """Somebody who keeps the bakery's books."""

    trade: Shop

    def wait_for(self, seen: Callable[[], bool], what: str) -> None:
        """Load the page anew until something is to be seen."""
        latest = time.monotonic() + PATIENCE
        while not seen():
            assert time.monotonic() < latest, f"waited in vain for {what}: {self.page.locator('main').inner_text()}"
            time.sleep(0.3)
            self.page.reload()

    # -- the first day -----------------------------------------------------------------------------------------------

    def come_in(self) -> None:
        """Open the hub for the first time, and become its owner."""
        self.page.goto(self.trade.site.url)
        self.fill(First_name="Olga", Last_name="Berg", **{"E-mail": "olga@example.com", "Password": PASSWORD})
        self.press("Become the owner")
        self.is_told("This hub is yours now")

    def connect_stock(self) -> None:
        """Connect Cin7 Core with the account's id and key."""
        self.follow("New entity")
        self.follow("Cin7 Core")
        self.fill(Friendly_name=STOCK, Account_ID=self.trade.core.account_id, Key=self.trade.core.key)
        self.page.get_by_text("Further settings").click()
        self.fill(Address=self.trade.core.url)
        self.press("Connect and test")
        expect(self.page.get_by_role("heading", name=f"{STOCK} is connected")).to_be_visible()

    def connect_ledger(self) -> None:
        """Connect Xero: the app's id and secret, then the consent there."""
        assert isinstance(self.trade, Trade)
        client_id, secret = self.trade.xero_app
        self.follow("New entity")
        self.follow("Xero")
        self.fill(Friendly_name=LEDGER, Client_id=client_id, Client_secret=secret)
        self.page.get_by_text("Further settings").click()
        url = self.trade.xero.url
        self.fill(
            API_address=url, Login_address=f"{url}/identity/connect/authorize", Token_address=f"{url}/connect/token"
        )
        self.press("Go on to Xero")
        self.press("Allow access")
        expect(self.page.get_by_role("heading", name=f"{LEDGER} is connected")).to_be_visible()

    def join(self) -> None:
        """Join the two."""
        self.follow(f"Join it with {STOCK}")
        self.fill(Start_date=self.trade.start.isoformat())
        self.press("Join")
        self.is_told("Every flow is off until you switch it on")

    def go_through_the_checklist(self, taxes: Mapping[str, str] = MappingProxyType({})) -> None:
        """All steps before the pilot, each from the list; ``taxes`` are those that nobody can suggest."""
        self._step("Confirm it")
        self.page.get_by_label("Every other integration").check()
        self.press("Confirm")
        self._step("Look at both sides")
        self.press(re.compile("Post from"))
        self._step("Read and confirm")
        self.page.get_by_label("These books").check()
        self.press("Confirm")
        self._step("Map accounts")
        self.press(re.compile("Accept all"))
        self.is_told("suggestions accepted")
        for source, target in taxes.items():
            self._step("Map tax rates")
            self.page.get_by_role("combobox", name=f"Ledger code for {source}", exact=True).fill(target)
            self.page.get_by_role("button", name="Save", exact=True).first.click()
            self.is_told("1 mapping saved")
        self._step("Choose")
        for kind in ("Contacts", "Items", "Invoices"):
            self.page.get_by_label(f"Mode of {kind}").select_option("Review first")
            self.press(f"Save {kind}")
            self.is_told("The flow is saved")

    def choose_the_pilot(self) -> None:
        """Have five documents chosen, and let them go."""
        self._step("Go to the pilot")
        self.press("Choose 5 documents")
        self.press(re.compile("Post these"))

    def post_the_pilot(self) -> None:
        """Have five documents posted, wait for them, and find them right in the ledger."""
        self.choose_the_pilot()
        self.find_the_pilot_right()

    def find_the_pilot_right(self) -> None:
        """Wait for the pilot's documents, and say of each that it is right."""
        right = self.page.get_by_role("button", name=re.compile("Looked at, right"))
        rows = self.page.get_by_role("table").get_by_role("row")
        # Counted at each look: right after a press the page that comes may have no table yet.
        self.wait_for(lambda: 0 < right.count() == rows.count() - 1, "the pilot to be posted")
        for _ in range(right.count()):
            right.first.click()

    def _step(self, link: str) -> None:
        self.follow("Integrations")
        self.follow(re.compile(f"^{STOCK} -> "))
        self.follow(re.compile("checklist|Go on with the set-up"))
        self.follow(re.compile(f"^{link}"))

    # -- every day ---------------------------------------------------------------------------------------------------

    def run(self, entity: str) -> None:
        """Have an entity read, and wait until that is done."""
        self.follow("Entities")
        self.follow(entity, exact=True)
        self.press("Run now")
        busy = re.compile("Running|waiting to be run")
        standing = self.page.get_by_role("main").locator("p").first
        self.wait_for(lambda: not busy.search(standing.inner_text()), f"{entity} to be read")

    def open_ready(self) -> None:
        """The list of what would be posted."""
        self.follow("Ready to sync")

    def import_all(self) -> None:
        """Import everything on the page of what is ready."""
        self.open_ready()
        self.press(re.compile("Import all .* on this page"))

    def see_posted(self, number: str) -> None:
        """Search a document until it is in the ledger."""
        self.page.get_by_role("searchbox", name="Search").fill(number)
        self.press("Search")
        posted = self.page.get_by_role("listitem").filter(has_text=f"{number} in the ledger")
        self.wait_for(lambda: posted.count() > 0, f"{number} to be posted")
