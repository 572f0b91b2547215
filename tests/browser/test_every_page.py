"""Every page: nothing for axe to complain about in light and dark, nothing beyond a phone's edge, a clean console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python  # type: ignore[import-untyped]
import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from browser.conftest import PATIENCE
from browser.site import Site
from browser.walking import Walk

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ALL_RULES = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}

AT_ONCE = 20
"""How many faults are told at once: most have one cause."""

PHONE = {"width": 320, "height": 640}
SCREEN = {"width": 1280, "height": 900}

NOT_PAGES = {
    "healthz": "for monitors",
    "invitations.show": "for those who are not in yet",
    "dashboard.draw_unposted": "a picture",
    "changed.ask_anew": "only asked about a document that was removed in the ledger",
    "runs.live": "a part of the run's page, asked for by it",
    "runs.show_call": "needs a call over HTTP, which the memory platforms do not make",
    "connecting.go": "a station of the sign-in at a platform",
    "connecting.callback": "a station of the sign-in at a platform",
    "connecting.choose_account": "a station of the sign-in at a platform",
}
"""What the walk need not come by, and why."""


KNOWN = {
    **dict.fromkeys(("connection_id", "integration_id", "operation_id", "run_id", "schedule_id", "invitation_id"), 1),
    "person_id": 2,
}


@pytest.fixture(scope="module")
def walk(sample_site: Site) -> Walk:
    """The way through all pages."""
    visitor = requests.Session()
    visitor.cookies.update(dict(sample_site.cookies()))

    def fetch(path: str) -> tuple[str, str]:
        answer = visitor.get(sample_site.url + path, timeout=20)
        is_page = answer.ok and "<html" in answer.text[:1000]
        return answer.url.removeprefix(sample_site.url), answer.text if is_page else ""

    walk = Walk(sample_site.app, fetch, KNOWN)
    walk.all()
    return walk


@pytest.fixture(scope="module")
def tab(started_browser: Browser, sample_site: Site) -> Iterator[Page]:
    """One tab for all pages. The tool that is put into them is not ours, so it goes by our policy."""
    context = started_browser.new_context(viewport=SCREEN, bypass_csp=True, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    context.add_init_script(AXE)
    sample_site.let_in(context)
    yield context.new_page()
    context.close()


def test_the_walk_comes_by_every_page(walk: Walk) -> None:
    missed = sorted(walk.missed() - NOT_PAGES.keys())
    assert not missed, f"link them, give the sample something to show there, or say why not: {missed}"
    assert len(walk.paths) > 40


def test_no_page_shuts_anybody_out(walk: Walk, sample_site: Site, tab: Page) -> None:
    faults = [fault for path in walk.paths for fault in faults_of(tab, sample_site.url + path)]
    assert not faults, "\n".join(faults[:AT_ONCE])


def test_the_doors_shut_nobody_out_either(sample_site: Site, tab: Page, empty_site: Site) -> None:
    tab.context.clear_cookies()
    faults = faults_of(tab, f"{sample_site.url}/sign-in") + faults_of(tab, f"{sample_site.url}/invitation/none")
    faults += faults_of(tab, f"{empty_site.url}/set-up")
    assert not faults, "\n".join(faults)


def faults_of(tab: Page, address: str) -> list[str]:
    """What is wrong with a page in light, in dark, and on a phone."""
    path = urlsplit(address).path
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(SCREEN)  # type: ignore[arg-type]
    tab.goto(address)
    faults = complaints(tab, path, "light", ALL_RULES)
    tab.emulate_media(color_scheme="dark")
    faults += complaints(tab, path, "dark", COLOURS)
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return faults + too_wide(tab, path)


def complaints(tab: Page, path: str, theme: str, options: dict[str, Any]) -> list[str]:
    """What axe says of the page as it is shown."""
    expect(tab.locator("html")).to_have_attribute("data-bs-theme", theme)
    violations = tab.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [
        f"{path} ({theme}): {each['id']}, {each['help']}: {node['html'][:200]} {node['failureSummary'][:200]}"
        for each in violations
        for node in each["nodes"][:3]
    ]


def too_wide(tab: Page, path: str) -> list[str]:
    """What sticks out of a phone's screen: then a person has to move each line to and fro to read it."""
    width = tab.evaluate("document.documentElement.scrollWidth")
    if width <= PHONE["width"]:
        return []
    culprits = tab.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter(each => each.checkVisibility() && each.getBoundingClientRect().right > 321)
            .filter(each => !each.closest(".scroll"))
            .map(each => each.outerHTML.slice(0, 120)).slice(0, 2)"""
    )
    return [f"{path}: {width} pixels wide on a phone: {culprits}"]


def test_no_page_breaks_the_policy_or_calls_elsewhere(walk: Walk, sample_site: Site, page: Page) -> None:
    told: list[str] = []
    sample_site.let_in(page.context)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            told.append(f"{page.url}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((sample_site.url, "data:")):
            told.append(f"{page.url} asked for {request.url}")

    page.on("console", note)
    page.on("pageerror", lambda error: told.append(f"{page.url}: {error}"))
    page.on("request", asked)
    for path in walk.paths:
        page.goto(sample_site.url + path)
    assert not told, "\n".join(told)
