"""A phone's screen: what belongs to a table stays in view while the table scrolls."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

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
