"""Every day, in the browser: look, import, put right what was held; by mouse, by keyboard, without scripts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.bookkeeper import LEDGER, STOCK, Bookkeeper
from browser.conftest import PATIENCE
from browser.joined import set_up
from browser.person import Person
from browser.trade import Trade, trading

SALES = "200"


@pytest.fixture
def trade(sqlite_template: Path, tmp_path: Path) -> Iterator[Trade]:
    """Both platforms, and a hub that is set up and reviews everything."""
    with trading(Path(shutil.copy(sqlite_template, tmp_path / "hub.db"))) as trade:
        trade.sell("Acme", "1.00")
        set_up(trade)
        yield trade


@pytest.fixture(params=["with scripts", "without scripts"])
def tab(request: pytest.FixtureRequest, started_browser: Browser, trade: Trade) -> Iterator[Page]:
    """A tab of somebody who is signed in; once with JavaScript, once without."""
    context = started_browser.new_context(java_script_enabled=request.param == "with scripts")
    context.set_default_timeout(PATIENCE)
    trade.site.let_in(context)
    yield context.new_page()
    context.close()


def test_what_an_archived_account_held_is_put_right_and_posted(trade: Trade, tab: Page) -> None:
    number = trade.sell("Acme", "99.00")
    trade.in_xero("archive_account", code=SALES)
    olga = Bookkeeper(tab, trade)
    tab.goto(trade.site.url)
    olga.run(LEDGER)
    olga.run(STOCK)
    olga.follow("Attention")
    expect(tab.get_by_role("main")).to_contain_text("archived")

    olga.follow("Integrations")
    olga.follow(re.compile(f"^{STOCK} -> {LEDGER}"))
    olga.follow("Mappings")
    tab.get_by_role("combobox", name=f"Ledger code for {SALES}", exact=True).fill("260")
    tab.get_by_role("button", name="Save", exact=True).first.click()
    olga.follow("Attention")
    again = tab.get_by_role("button", name=re.compile("^(Try|Retry)"))
    if again.count():
        again.first.click()
    olga.run(STOCK)
    olga.import_all()
    olga.see_posted(number)
    assert trade.numbers_in_xero()[number] == "AUTHORISED"


def test_a_document_is_found_looked_at_and_imported_from_the_keyboard_alone(trade: Trade, page: Page) -> None:
    number = trade.sell("Brightwater", "12.00")
    trade.site.let_in(page.context)
    page.goto(trade.site.url)
    olga = Bookkeeper(page, trade)
    olga.run(STOCK)
    keys = page.keyboard

    page.goto(f"{trade.site.url}/ready")
    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    rows = page.get_by_role("row").filter(has=page.get_by_role("checkbox", name=re.compile("^Tick (?!all)")))
    for place in range(rows.count()):
        keys.press("j")
        expect(rows.nth(place).get_by_role("link").first).to_be_focused()
        keys.press("x")
        expect(rows.nth(place).get_by_role("checkbox")).to_be_checked()
    keys.press("k")
    expect(rows.nth(rows.count() - 2).get_by_role("link").first).to_be_focused()
    keys.press("i")
    olga.is_told("The next run sends what is approved.")

    keys.press("/")
    expect(page.get_by_role("searchbox", name="Search documents")).to_be_focused()
    keys.type(number)
    keys.press("Enter")
    olga.sees(f"Search: {number}")
    posted = page.get_by_role("listitem").filter(has_text=f"{number} in the ledger")
    olga.wait_for(lambda: posted.count() > 0, "what was imported by a key")
    assert trade.numbers_in_xero()[number] == "AUTHORISED"


def test_keys_do_nothing_where_they_are_typed_or_turned_off(trade: Trade, page: Page) -> None:
    trade.site.let_in(page.context)
    page.goto(f"{trade.site.url}/preferences")
    search = page.get_by_role("searchbox", name="Search documents")
    search.press("/")
    expect(search).to_have_value("/")
    Person(page).press("Turn them off")
    expect(page.get_by_role("button", name="Turn them on")).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(search).not_to_be_focused()
