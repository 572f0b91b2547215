"""People, in the browser: a client who is invited and sees what is theirs, and a sign-in with a second factor."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from houses import START, House, called, contact, invoice, item, put
from people import OWNER, PASSWORD
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import PATIENCE
from browser.person import Person
from browser.site import Site
from hub.documents import Kind
from hub.engine.connections import integrate
from hub.models import ConnectionRow, FlowMode, table
from hub.store import Store
from hub.vault import Vault

CLARA, CHOSEN = "clara@bakery.example", "seven brown loaves at dawn"
OTHERS = "Other books"

PAGES = ("Dashboard", "Ready to sync", "Changed since posted", "Attention", "Runs", "Contacts", "Sync report")


WHERE_TO = "it => [it.form?.method, it.getAttribute('formaction') || it.form?.getAttribute('action')]"
METHODS = {"get": "GET", "post": "POST"}
"""Of buttons that send something; others close a dialog."""


def two_clients(store: Store, vault: Vault) -> House:
    """One stock system that goes to the ledgers of two clients, with documents to approve."""
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), item(), invoice())
    house.sync()
    rows = table(ConnectionRow)
    with store.write() as db:
        books = dict(db.execute(sa.select(rows).where(rows.c.id == house.ledger_id)).one()._mapping)
        books |= {"id": None, "account_id": "other", "name": OTHERS}
        given = {name: value for name, value in books.items() if value is not None}
        other = db.execute(sa.insert(rows).values(given).returning(rows.c.id)).scalar_one()
    integrate(house.hub, house.stock_id, other, start_date=START, name="Second")
    return house


@pytest.fixture
def site(open_site: Callable[[Callable[[Store, Vault], House]], Site]) -> Site:
    return open_site(two_clients)


@pytest.fixture
def olga(site: Site, page: Page) -> Person:
    """The owner."""
    site.let_in(page.context)
    page.goto(site.url)
    return Person(page)


@pytest.fixture
def elsewhere(started_browser: Browser) -> BrowserContext:
    """The browser of somebody else."""
    context = started_browser.new_context()
    context.set_default_timeout(PATIENCE)
    return context


def invite_clara(olga: Person) -> str:
    """Invite a client to one ledger of two; the link that is shown for it."""
    page = olga.page
    olga.follow("People", exact=True)
    olga.follow("Invite somebody")
    olga.fill(First_name="Clara", Last_name="Client", **{"E-mail": CLARA})
    page.get_by_role("combobox", name="Sort").select_option("client")
    for entity, answer in (("Shelf", "Yes"), ("Books", "Yes"), (OTHERS, "No")):
        page.get_by_role("row", name=re.compile(f"^{entity}")).get_by_label(answer).check()
    olga.press("Make the link")
    olga.sees("Pass this link on")
    link = page.get_by_role("code").inner_text()
    olga.follow("I have passed it on")
    expect(page.get_by_role("row").filter(has_text=CLARA)).to_be_visible()
    expect(page.get_by_text(link)).to_have_count(0)
    return link


def test_a_client_is_invited_comes_in_and_meets_only_what_is_theirs(
    site: Site, olga: Person, elsewhere: BrowserContext
) -> None:
    link = invite_clara(olga)
    clara = Person(elsewhere.new_page())
    page = clara.page
    page.goto(link)
    page.get_by_role("textbox", name="Password").fill(CHOSEN)
    clara.press("Come in")
    clara.is_told("Welcome, Clara.")
    clara.sign_out()
    clara.sign_in(site, CLARA, CHOSEN)
    clara.sees("Dashboard")

    clara.follow("Entities", exact=True)
    expect(page.get_by_role("main").get_by_role("link", name="Books", exact=True)).to_be_visible()
    assert OTHERS not in page.content()
    meets_no_closed_door(site, clara)

    page.goto(f"{site.url}/connections/3")
    clara.sees("There is nothing here")
    page.goto(f"{site.url}/people/invite")
    expect(page.get_by_role("main")).to_contain_text("This needs the right to manage users, which you don't have.")
    expect(page.get_by_role("main")).to_contain_text(OWNER)
    clara.follow("Back to the dashboard")
    clara.sees("Dashboard")

    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text("This invitation can't be used any more")


def meets_no_closed_door(site: Site, person: Person) -> None:
    """No page shows a button or a link that leads to what the person has no right to."""
    page, doors = person.page, site.app.url_map.bind("localhost")
    for name in PAGES:
        person.follow(name, exact=True)
        person.sees(name)
        assert OTHERS not in page.content(), name
        asked = [("get", each.get_attribute("href") or "") for each in page.get_by_role("link").all()]
        asked += [each.evaluate(WHERE_TO) for each in page.get_by_role("button").all()]
        for method, address in asked:
            if method in METHODS:
                path = urlsplit(address or "").path or urlsplit(page.url).path
                endpoint, _ = doors.match(path, method=METHODS[method])
                right = getattr(site.app.view_functions[endpoint], "needed_right", None)
                assert right is None, f"{name}: {path} needs the right to {right.words}"


def test_a_person_with_two_factors_signs_in_with_a_code_and_without_the_phone(site: Site, olga: Person) -> None:
    page = olga.page
    key = set_two_factor_up(olga)
    codes = make_recovery_codes(olga)
    olga.sign_out()

    olga.sign_in(site, OWNER, PASSWORD)
    olga.sees("Code of your app")
    # The code of the half minute after: no code opens twice, and this one is still good when that has begun.
    olga.fill(Code=pyotp.TOTP(key).at(int(time.time()) + 30))
    olga.press("Sign in")
    olga.sees("Dashboard")
    olga.sign_out()

    olga.sign_in(site, OWNER, PASSWORD)
    olga.follow("I don't have my phone")
    olga.fill(Recovery_code=codes[0])
    olga.press("Sign in")
    olga.sees("Dashboard")
    page.goto(f"{site.url}/profile")
    expect(page.get_by_role("main")).to_contain_text(f"{len(codes) - 1} recovery codes left")


def set_two_factor_up(person: Person) -> str:
    """Switch it on as somebody with a phone does; the key that the phone keeps."""
    person.page.goto(urlsplit(person.page.url)._replace(path="/profile").geturl())
    person.follow("set it up")
    person.press("Set it up")
    key = person.page.get_by_role("code").inner_text().replace("-", "")
    person.fill(Code=pyotp.TOTP(key).now())
    person.press("Switch it on")
    person.sees("Your profile")
    return key


def make_recovery_codes(person: Person) -> list[str]:
    """The codes to keep on paper."""
    person.follow("make new ones")
    person.press("Make new codes")
    expect(person.page.get_by_role("link", name="I have kept them")).to_be_visible()
    codes = person.page.get_by_role("main").get_by_role("code").all_inner_texts()
    assert len(codes) == 8
    person.follow("I have kept them")
    return codes
