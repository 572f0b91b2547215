"""Every page: nothing for axe to complain about in light and dark, nothing beyond a phone's edge, a clean console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
ONLY_FAULTS = {"resultTypes": ["violations"], "preload": False}
"""What passes is not told, and no style sheet is fetched a second time, which only rules for sound and turning need."""
ALL_RULES = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": True}}, **ONLY_FAULTS}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, **ONLY_FAULTS}

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
    "reconciliation.live": "a part of the reconciliation's page, asked for by it",
    "reconciliation.draw": "a picture",
    "proofs.live": "a part of the proof's page, asked for by it",
    "connecting.go": "a station of the sign-in at a platform",
    "connecting.callback": "a station of the sign-in at a platform",
    "connecting.choose_account": "a station of the sign-in at a platform",
}
"""What the walk need not come by, and why."""


KNOWN = {
    **dict.fromkeys(("connection_id", "integration_id", "operation_id", "run_id", "schedule_id", "invitation_id"), 1),
    **dict.fromkeys(("reconciliation_id", "sign_off_id", "proof_id"), 1),
    "person_id": 2,
}


@pytest.fixture(scope="module")
def walk(sample_site: Site) -> Walk:
    """The way through all pages."""
    visitor = requests.Session()
    visitor.cookies.update(dict(sample_site.cookies()))

    def fetch(path: str) -> tuple[str, str]:
        answer = visitor.get(sample_site.url + path, timeout=60)
        is_page = answer.ok and "<html" in answer.text[:1000]
        return answer.url.removeprefix(sample_site.url), answer.text if is_page else ""

    walk = Walk(sample_site.app, fetch, KNOWN)
    walk.all()
    return walk


@pytest.fixture(scope="module")
def tab(started_browser: Browser, sample_site: Site) -> Iterator[Page]:
    """One tab for all pages, of somebody who is signed in."""
    tab = equipped(started_browser)
    sample_site.let_in(tab.context)
    yield tab
    tab.context.close()


def equipped(browser: Browser) -> Page:
    """A tab with the tool in each page."""
    context = browser.new_context(viewport=SCREEN, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    context.add_init_script(AXE)
    return context.new_page()


def test_the_walk_comes_by_every_page(walk: Walk) -> None:
    missed = sorted(walk.missed() - NOT_PAGES.keys())
    assert not missed, f"link them, give the sample something to show there, or say why not: {missed}"
    assert len(walk.paths) > 40


@dataclass(frozen=True)
class Faults:
    """What is wrong with all pages: what shuts people out, and what their console told."""

    barriers: list[str]
    told: list[str]


@pytest.fixture(scope="module")
def faults(walk: Walk, sample_site: Site, tab: Page) -> Faults:
    """Every page is opened once, and looked at in light, in dark and on a phone."""
    heard: list[str] = []
    found = Faults([], [])
    listen(tab, sample_site.url, heard)
    for path in walk.paths:
        found.barriers.extend(faults_of(tab, sample_site.url + path, loaded=lambda: found.told.extend(heard)))
        heard.clear()  # what the tool made the page say is not the page's
    return found


def test_no_page_shuts_anybody_out(faults: Faults) -> None:
    assert not faults.barriers, "\n".join(faults.barriers[:AT_ONCE])


def test_no_page_breaks_the_policy_or_calls_elsewhere(faults: Faults) -> None:
    assert not faults.told, "\n".join(faults.told)


def test_the_doors_shut_nobody_out_either(sample_site: Site, started_browser: Browser, empty_site: Site) -> None:
    tab = equipped(started_browser)  # of its own: whoever looks at the other pages stays signed in
    faults = faults_of(tab, f"{sample_site.url}/sign-in") + faults_of(tab, f"{sample_site.url}/invitation/none")
    faults += faults_of(tab, f"{empty_site.url}/set-up")
    tab.context.close()
    assert not faults, "\n".join(faults)


def faults_of(tab: Page, address: str, loaded: Callable[[], None] = lambda: None) -> list[str]:
    """What is wrong with a page in light, in dark, and on a phone; calls ``loaded`` before the tool is at work."""
    path = urlsplit(address).path
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(SCREEN)  # type: ignore[arg-type]
    tab.goto(address)
    expect(tab.get_by_role("main")).to_be_visible()
    loaded()
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


def listen(tab: Page, home: str, heard: list[str]) -> None:
    """Note what pages say on their console, and whom they call."""

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            heard.append(f"{tab.url}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((home, "data:")):
            heard.append(f"{tab.url} asked for {request.url}")

    tab.on("console", note)
    tab.on("pageerror", lambda error: heard.append(f"{tab.url}: {error}"))
    tab.on("request", asked)
