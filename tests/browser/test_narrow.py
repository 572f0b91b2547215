"""A phone's screen: what belongs to a table stays in view while the table scrolls."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from browser.site import Site

WIDTH = 360

OUTSIDE = """() => [...document.querySelectorAll('main caption, main td.act .btn')]
  .filter(each => each.getBoundingClientRect().right > window.innerWidth).map(each => each.innerText)"""


def test_titles_of_tables_and_the_buttons_of_their_rows_are_in_view(
    sample_site: Site, context: BrowserContext, page: Page
) -> None:
    sample_site.let_in(context)
    page.set_viewport_size({"width": WIDTH, "height": 740})
    for path in ("/integrations", "/integrations/1", "/ready", "/runs"):
        page.goto(sample_site.url + path)
        assert page.locator("main caption").count() > 0, path
        assert page.evaluate(OUTSIDE) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == WIDTH, path


CUT = """() => [...document.querySelectorAll('#preview caption, #preview h2')]
  .filter(each => each.getBoundingClientRect().right > document.querySelector('#preview').getBoundingClientRect().right)
  .map(each => each.innerText)"""
HIDDEN = """() => [...document.querySelectorAll('#preview .scroll')]
  .filter(each => each.scrollWidth > each.clientWidth).map(each => each.getAttribute('aria-label'))"""


def test_a_preview_names_its_document_has_room_for_its_tables_and_cuts_no_title(
    sample_site: Site, context: BrowserContext, page: Page
) -> None:
    sample_site.let_in(context)
    for width in (1200, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{sample_site.url}/ready")
        opener = page.locator("tbody th a[hx-get]").first
        name = opener.inner_text()
        opener.click()
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        assert page.evaluate(CUT) == [], width
        if width == 1200:
            assert page.evaluate(HIDDEN) == []
        page.keyboard.press("Escape")
