"""The first day, in the browser: from an empty hub to documents in the books."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.bookkeeper import STOCK, Bookkeeper
from browser.trade import Trade, trading


@pytest.fixture
def trade(sqlite_template: Path, tmp_path: Path) -> Iterator[Trade]:
    """Both platforms, and a hub that nobody has opened yet."""
    with trading(Path(shutil.copy(sqlite_template, tmp_path / "hub.db"))) as trade:
        yield trade


def test_a_bookkeeper_connects_both_sides_tries_a_pilot_and_imports(trade: Trade, page: Page) -> None:
    for customer, price in (("Acme", "10.00"), ("Brightwater", "25.50"), ("Corner Cafe", "7.00")):
        trade.sell(customer, price)
    olga = Bookkeeper(page, trade)
    olga.come_in()
    expect(page.get_by_text("Nothing is connected yet")).to_be_visible()
    olga.connect_stock()
    olga.connect_ledger()
    olga.join()
    olga.go_through_the_checklist()
    assert trade.numbers_in_xero() == {}
    olga.run(STOCK)
    olga.post_the_pilot()
    assert len(trade.numbers_in_xero()) == 3

    number = trade.sell("Acme", "99.00")
    olga.run(STOCK)
    olga.open_ready()
    assert number not in trade.numbers_in_xero()
    page.get_by_role("checkbox", name=f"Tick {number}").check()
    olga.press("Import what is ticked")
    olga.see_posted(number)
    assert trade.numbers_in_xero()[number] == "AUTHORISED"
