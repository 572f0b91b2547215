"""Month end in the browser: reconciled from the keyboard, followed live, signed; the same without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from houses import House, called
from people import add_person
from playwright.sync_api import Browser, BrowserContext, Page, expect
from reconciled import busy_month, by_hand, perpetual

from browser.conftest import PATIENCE
from browser.person import Person
from browser.site import Site
from hub.engine.reconciling import reconcile
from hub.store import Store
from hub.vault import Vault

Opens = Callable[[Callable[[Store, Vault], House]], Site]


def month(store: Store, vault: Vault) -> House:
    """A month that both sides have alike, but for a journal that somebody made in the ledger."""
    house = perpetual(called(store, vault))
    busy_month(house)
    by_hand(house, "2.50")
    return house


@pytest.fixture
def site(open_site: Opens) -> Site:
    return open_site(month)


@pytest.fixture
def plain(started_browser: Browser, site: Site) -> Iterator[Page]:
    """A tab without JavaScript."""
    context = started_browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    site.let_in(context)
    yield context.new_page()
    context.close()


def tab_to(page: Page, name: str | re.Pattern[str], role: str = "button") -> None:
    """Go on with Tab until the focus is on a link, a button or a field of this name."""
    sought = page.get_by_role("main").get_by_role(role, name=name).first  # type: ignore[arg-type]
    for _ in range(120):
        if sought.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} can't be reached with Tab")


def press(page: Page, name: str | re.Pattern[str], role: str = "button") -> None:
    tab_to(page, name, role)
    page.keyboard.press("Enter")


def test_a_month_is_reconciled_and_signed_from_the_keyboard_alone(
    site: Site, context: BrowserContext, page: Page
) -> None:
    site.let_in(context)
    page.goto(f"{site.url}/reconciliations")
    press(page, "Reconcile", "link")
    expect(page.get_by_text("What 2026-02-01 to 2026-02-28 costs")).to_be_visible()
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    press(page, "Reconcile")
    expect(page.locator("#reconciliation-state")).to_contain_text("waiting to begin")
    assert reconcile(site.hub, 1)
    expect(page.get_by_role("table", name=re.compile("Stock: causes that add up to -2.50 GBP"))).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="finished")).to_be_visible()
    expect(page.get_by_text("Asked for. You can leave this page")).to_be_hidden()
    assert len(loads) == 1  # the page that Reconcile leads to; then only its content changed
    press(page, "Sign off…", "link")
    tab_to(page, re.compile("Note"), "textbox")
    page.keyboard.type("The journal is known")
    press(page, "Sign off")
    Person(page).is_told(re.compile("Signed off"))
    press(page, re.compile("Check"), "link")
    expect(page.get_by_text("Every figure and line stored is what")).to_be_visible()
    page.goto(site.url)
    expect(page.get_by_text("Signed off up to 2026-02-28.")).to_be_visible()


def test_without_javascript_a_month_is_reconciled_by_looking_again(site: Site, plain: Page) -> None:
    plain.goto(f"{site.url}/integrations/1/reconcile")
    plain.get_by_role("link", name=re.compile("This month to date")).click()
    expect(plain.get_by_text("What 2026-03-01 to 2026-03-01 costs")).to_be_visible()
    plain.get_by_role("link", name=re.compile("Last full month")).click()
    expect(plain.get_by_text("What 2026-02-01 to 2026-02-28 costs")).to_be_visible()
    plain.get_by_role("button", name="Reconcile", exact=True).click()
    state = plain.locator("#reconciliation-state")
    expect(state).to_contain_text("waiting to begin")
    assert reconcile(site.hub, 1)
    plain.get_by_role("link", name="Refresh").click()
    expect(state).to_contain_text("finished")
    plain.get_by_role("link", name="Made by hand in the ledger").first.click()
    expect(plain.get_by_role("heading", level=1)).to_contain_text("Made by hand in the ledger: stock")


def test_who_may_not_approve_looks_and_starts_nothing(site: Site, context: BrowserContext, page: Page) -> None:
    site.let_in(context, add_person(site.hub, "ursula@example.com"))
    page.goto(f"{site.url}/integrations/1/reconcile")
    expect(page.get_by_text("Somebody with the right to approve imports can start it.")).to_be_visible()
    expect(page.get_by_role("button", name="Reconcile", exact=True)).to_have_count(0)
    page.goto(f"{site.url}/integrations/1/proofs")
    expect(page.get_by_text("Somebody with the right to approve imports can start it.")).to_be_visible()
