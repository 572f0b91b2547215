"""Contacts, in the browser: who is who, by hand and by suggestion, and taken apart again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from houses import House, called, contact, put
from playwright.sync_api import Page, expect

from browser.person import Person
from browser.site import Site
from hub.documents import Kind
from hub.models import FlowMode
from hub.store import Store
from hub.vault import Vault

ALIKE, ALONE = "Northern Lights Ltd", "Zebra Crossing Cafe"
THERE = ("Northern Lights Limited", "Cafe at the Corner", "Cafe of the Zoo")


def strangers(store: Store, vault: Vault) -> House:
    """Two contacts of the stock system that nobody linked, and three of the ledger."""
    house = called(store, vault)
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    for name in THERE:
        house.books.add(Kind.CONTACT, name=name)
    put(house, contact("alike", ALIKE), contact("alone", ALONE))
    house.sync()
    return house


@pytest.fixture
def site(open_site: Callable[[Callable[[Store, Vault], House]], Site]) -> Site:
    return open_site(strangers)


@pytest.fixture
def olga(site: Site, page: Page) -> Person:
    """The owner, before the list of contacts."""
    site.let_in(page.context)
    page.goto(site.url)
    olga = Person(page)
    olga.follow("Contacts", exact=True)
    return olga


def test_a_contact_is_searched_and_linked_by_hand_from_the_keyboard(olga: Person) -> None:
    page, keys = olga.page, olga.page.keyboard
    page.get_by_role("link", name=f"Search and link for {ALONE}").press("Enter")
    olga.sees(f"Link {ALONE}")
    page.get_by_role("searchbox", name="Name, e-mail or VAT number").focus()
    keys.type("zoo")
    wanted = page.get_by_role("button", name="Link to Cafe of the Zoo")
    expect(wanted).to_be_visible()  # found while one types
    expect(page.get_by_role("button", name="Link to Cafe at the Corner")).to_be_hidden()
    keys.press("Tab")
    expect(page.get_by_role("search").get_by_role("button", name="Search").last).to_be_focused()
    keys.press("Tab")
    expect(wanted).to_be_focused()
    keys.press("Enter")
    olga.is_told("1 contact linked. What waited for it is planned again.")
    expect(olga.row(ALONE)).to_contain_text("Linked by hand")
    expect(olga.row(ALONE)).to_contain_text("Cafe of the Zoo")


def test_what_is_found_later_takes_nobodys_place_away(olga: Person) -> None:
    page, keys = olga.page, olga.page.keyboard
    page.get_by_role("link", name=f"Search and link for {ALONE}").press("Enter")
    olga.sees(f"Link {ALONE}")
    page.get_by_role("searchbox", name="Name, e-mail or VAT number").focus()
    keys.type("zo")
    wanted = page.get_by_role("button", name="Link to Cafe of the Zoo")
    expect(wanted).to_be_visible()
    page.locator("#found").evaluate("found => found.dataset.earlier = 'yes'")
    keys.type("o")
    keys.press("Tab")
    keys.press("Tab")
    expect(wanted).to_be_focused()
    expect(page.locator("#found")).not_to_have_attribute("data-earlier", "yes")
    expect(wanted).to_be_focused()


def test_a_contact_is_linked_to_its_suggestion_and_unlinked_again(olga: Person) -> None:
    page = olga.page
    expect(olga.row(ALIKE)).to_contain_text("Northern Lights Limited")
    page.get_by_role("checkbox", name=f"Tick {ALIKE}").check()
    olga.press("Link ticked to their suggestions")
    olga.is_told("1 contact linked.")
    expect(olga.row(ALIKE)).to_have_count(0)

    show(olga, "all")
    olga.follow(f"Unlink… {ALIKE}")
    olga.sees(f"Unlink {ALIKE}")
    expect(page.get_by_role("main")).to_contain_text("Nothing is written to either system")
    expect(page.get_by_role("radio", name="Keep back until I link it")).to_be_checked()
    olga.fill(Why="They are two shops")
    olga.press("Unlink")
    olga.is_told("1 contact unlinked. Nothing was written to the ledger.")
    expect(olga.row(ALIKE)).to_contain_text("They are two shops")


def show(person: Person, state: str) -> None:
    """Filter the list of contacts."""
    person.page.get_by_role("combobox", name="Show").select_option(state)
    person.press("Filter")
