"""What anybody does in the browser, by the names that people read there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from browser.site import Site


@dataclass(frozen=True)
class Person:
    """Somebody before a tab of a browser."""

    page: Page

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button, and see the page that comes as a whole, if one does."""
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_load_state()

    def follow(self, name: str | re.Pattern[str], *, exact: bool = False) -> None:
        """Follow a link of the page or of its navigation, and see the page that comes as a whole."""
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        self.page.wait_for_load_state()

    def fill(self, **fields: str) -> None:
        """Fill in text fields, named by their labels with _ for spaces."""
        for label, value in fields.items():
            self.page.get_by_role("textbox", name=label.replace("_", " ")).fill(value)

    def is_told(self, words: str | re.Pattern[str]) -> None:
        """See a message, and the page that tells it as a whole."""
        expect(self.page.get_by_role("status").filter(has_text=words).first).to_be_visible()
        self.page.wait_for_load_state()

    def row(self, words: str) -> Locator:
        """The row of a list with these words."""
        return self.page.get_by_role("row").filter(has_text=words)

    def sees(self, heading: str | re.Pattern[str]) -> None:
        """Be on the page with this title, and see it as a whole: it heeds what is typed from then on."""
        expect(self.page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        self.page.wait_for_load_state()

    def sign_in(self, site: Site, email: str, password: str) -> None:
        """Come to the door and say who one is."""
        self.page.goto(f"{site.url}/sign-in")
        self.fill(**{"E-mail": email, "Password": password})
        self.press("Sign in")

    def sign_out(self) -> None:
        """Leave, from the profile."""
        self.page.get_by_role("group").get_by_text(re.compile(".")).first.click()
        self.follow("Your profile")
        self.page.get_by_role("main").get_by_role("button", name="Sign out").click()
