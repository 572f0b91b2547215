"""One browser for all tests, and sites to visit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from houses import House, called
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser import chromium
from browser.sample import sample_house
from browser.site import Site, serving
from hub.plugins import PluginInfo
from hub.store import Store
from hub.vault import Vault

PATIENCE = 60_000
"""Milliseconds after which what a test waits for is called hung. It says nothing of speed, which bench/ measures."""

INSTALLED = [PluginInfo("memory", "ledgerport-memory", "1.0", ("memorystock", "memoryledger"))]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def started_browser() -> Iterator[Browser]:
    """The browser; without one the tests are skipped, except on a build server, where they must not be."""
    executable = chromium.path()
    if executable is None:
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(chromium.HOW_TO_GET_IT)
        pytest.skip(chromium.HOW_TO_GET_IT)
    expect.set_options(timeout=PATIENCE)  # five seconds otherwise, no more than some pages take to ask for news
    with chromium.browser(executable) as started:
        yield started


@pytest.fixture
def context(started_browser: Browser) -> Iterator[BrowserContext]:
    """A person's browser, without cookies."""
    context = started_browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Its only tab."""
    return context.new_page()


@pytest.fixture(scope="session")
def sample_site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on which every page has something to show."""
    with _site(sqlite_template, tmp_path_factory.mktemp("sample"), sample_house) as site:
        yield site


@pytest.fixture(scope="session")
def empty_site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that nobody has opened yet."""
    with _site(sqlite_template, tmp_path_factory.mktemp("empty"), called) as site:
        yield site


@pytest.fixture
def open_site(sqlite_template: Path, tmp_path: Path) -> Iterator[Callable[[Callable[[Store, Vault], House]], Site]]:
    """Opens a site of the test's own, on a house that it makes."""
    with ExitStack() as stack:
        yield lambda make: stack.enter_context(_site(sqlite_template, tmp_path, make))


@contextmanager
def _site(template: Path, folder: Path, make: Callable[[Store, Vault], House]) -> Iterator[Site]:
    store = Store(f"sqlite:///{shutil.copy(template, folder / 'hub.db')}")
    house = make(store, Vault([Fernet.generate_key().decode()]))
    with serving(house.hub, installed=INSTALLED) as site:
        yield site
    store.dispose()
