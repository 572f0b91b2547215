"""QuickBooks Desktop in the browser: set up, visits, the company file, a pilot, and what keeps the visits out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from people import add_owner
from playwright.sync_api import Browser, Page, expect

from browser.bookkeeper import STOCK
from browser.conftest import PATIENCE
from browser.office import BOOKS, DesktopKeeper, Office, trading_with_quickbooks
from browser.test_every_page import equipped, faults_of

OTHER = r"C:\QuickBooks\Other Trading.qbw"


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    """The shop, the computer with QuickBooks, and a hub that nobody has opened yet."""
    with trading_with_quickbooks(Path(shutil.copy(sqlite_template, tmp_path / "hub.db"))) as office:
        yield office


@pytest.fixture(params=["with scripts", "without scripts"])
def tab(request: pytest.FixtureRequest, started_browser: Browser, office: Office) -> Iterator[Page]:
    """A tab of somebody who is signed in; once with JavaScript, once without."""
    context = started_browser.new_context(java_script_enabled=request.param == "with scripts")
    context.set_default_timeout(PATIENCE)
    office.site.let_in(context)
    yield context.new_page()
    context.close()


def test_a_bookkeeper_sets_quickbooks_up_tries_a_pilot_and_imports(office: Office, page: Page, tmp_path: Path) -> None:
    for customer, price in (("Acme", "10.00"), ("Brightwater", "25.50"), ("Corner Cafe", "7.00")):
        office.sell(customer, price)
    olga = DesktopKeeper.at(page, office)
    olga.come_in()
    olga.connect_stock()
    olga.new_entity()
    expect(page.get_by_text("The Web Connector does not know the hub yet")).to_be_visible()
    office.add(olga.download(tmp_path), olga.make_password())
    expect(page.get_by_text("Waiting for the first visit")).to_be_visible()

    assert office.visit() == "done"
    expect(page.get_by_text("Is this the right company file?")).to_be_visible()  # by itself: nobody reloads
    assert office.numbers_in_quickbooks() == []
    olga.press("Yes, write to this company")
    olga.is_told("The company file is confirmed")
    olga.join_books()
    olga.go_through_the_checklist({"No VAT": "No tax"})
    olga.run(STOCK)
    assert office.visit() == "done"
    olga.choose_the_pilot()
    expect(page.get_by_text(f"{BOOKS}: 7 records wait for the next visit of the Web Connector").first).to_be_visible()
    assert office.numbers_in_quickbooks() == []
    assert office.visit() == "done"
    page.reload()
    olga.find_the_pilot_right()
    assert len(office.numbers_in_quickbooks()) == 3

    number = office.sell("Acme", "99.00")
    olga.run(STOCK)
    assert olga.sync_by_hand() == "done"
    olga.open_ready()
    page.get_by_role("link", name=number).first.click()
    expect(page.get_by_text(f"<RefNumber>{number}</RefNumber>")).to_be_attached()
    page.get_by_role("button", name="Close the preview").click()
    page.get_by_role("checkbox", name=f"Tick {number}").check()
    olga.press("Import what is ticked")
    olga.is_told("1 record waits for the next visit of the Web Connector")
    assert number not in office.numbers_in_quickbooks()
    assert office.visit() == "done"
    olga.see_posted(number)
    assert number in office.numbers_in_quickbooks()


def test_what_keeps_the_web_connector_out_is_told_in_words(office: Office, tab: Page) -> None:
    owner = add_owner(office.site.hub).email
    connection_id = office.connect(owner)
    assert office.visit() == "done"
    office.confirm(connection_id, owner)
    olga = DesktopKeeper.at(tab, office)
    tab.goto(office.site.url)

    office.at_the_machine("open_file", file=OTHER)
    assert olga.sync_by_hand() == "stopped"
    olga.sees_alert("The company file that is open is Other Trading Ltd, but the hub expects Demo Trading Ltd.")
    olga.sees_alert("Nothing was read and nothing was written.")
    expect(tab.get_by_text("Other Trading Ltd is not the company file that was confirmed.")).to_be_visible()

    office.at_the_machine("open_file", file=None)
    olga.sync_by_hand()
    olga.sees_alert("QuickBooks is not running")
    office.at_the_machine("open_file", file=r"C:\QuickBooks\Demo Trading.qbw")
    office.at_the_machine("show_dialog", title="Reminders")
    olga.sync_by_hand()
    olga.sees_alert("A window is open in QuickBooks and waits for an answer. Close the dialog in QuickBooks")
    office.at_the_machine("show_dialog", title=None)
    assert olga.sync_by_hand() == "done"
    expect(tab.get_by_role("alert")).to_have_count(0)
    expect(tab.get_by_text("is not the company file")).to_have_count(0)


def test_a_password_that_was_rotated_is_asked_for_and_the_new_one_works(office: Office, tab: Page) -> None:
    owner = add_owner(office.site.hub).email
    connection_id = office.connect(owner)
    assert office.visit() == "done"
    office.confirm(connection_id, owner)
    olga = DesktopKeeper.at(tab, office)
    tab.goto(office.site.url)
    olga.open_visits()
    password = olga.make_password()
    assert olga.sync_by_hand() == "invalid_user"
    olga.sees_alert("The Web Connector came with a wrong password")
    expect(tab.locator("#password")).to_have_count(0)
    office.quickbooks.connector.applications[office.names[0]].password = password
    assert olga.sync_by_hand() == "done"
    expect(tab.get_by_role("alert")).to_have_count(0)


def test_its_pages_shut_nobody_out(office: Office, started_browser: Browser) -> None:
    owner = add_owner(office.site.hub).email
    tab = equipped(started_browser)
    office.site.let_in(tab.context)
    connection_id = office.connect(owner)
    visits, entity = (
        f"{office.site.url}/qbdesktop/entities/{connection_id}/",
        f"{office.site.url}/connections/{connection_id}",
    )
    faults = faults_of(tab, f"{office.site.url}/connections/new/qbdesktop") + faults_of(tab, visits)
    office.visit()
    faults += faults_of(tab, visits)
    office.confirm(connection_id, owner)
    office.at_the_machine("open_file", file=OTHER)
    office.site.hub.want(connection_id, "person")
    office.visit()
    faults += faults_of(tab, visits) + faults_of(tab, entity) + faults_of(tab, f"{entity}/remove")
    joined = f"{office.site.url}/integrations/{office.join(connection_id, owner)}"
    for page in ("", "/reconcile", "/proofs", f"/side-by-side?start={office.start}&end={office.today}"):
        faults += faults_of(tab, f"{joined}{page}")
    tab.context.close()
    assert not faults, "\n".join(faults)


def test_the_company_file_is_confirmed_from_the_keyboard_alone(office: Office, page: Page) -> None:
    owner = add_owner(office.site.hub).email
    connection_id = office.connect(owner)
    office.visit()
    office.site.let_in(page.context)
    page.goto(f"{office.site.url}/qbdesktop/entities/{connection_id}/")
    yes = page.get_by_role("button", name=re.compile("^Yes, write to this company"))
    for _ in range(60):
        if yes.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(yes).to_be_focused()
    page.wait_for_timeout(6_000)
    expect(yes).to_be_focused()  # looking for news every five seconds takes nobody's place away
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The company file is confirmed")).to_be_visible()
