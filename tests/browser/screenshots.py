"""`make screenshots`: the pictures of docs/pictures, taken of the demo's own pages in light and in dark.

It runs the demo in a folder of its own (a minute or two), lets the shop sell a little more than what is posted, and
takes each page as a browser shows it. Nothing but the pictures is left behind.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from hub_demo.owner import OWNER, PASSWORD
from hub_demo.simulators import free_port
from playwright.sync_api import Browser, Page

from browser import chromium

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SCREEN = {"width": 1180, "height": 660}
PATIENCE = 600
CUSTOMER = "Brightwater Trading"
LARGEST = 150_000
"""Bytes of one picture."""

PAGES = {
    "dashboard": "/",
    "ready": "/ready",
    "attention": "/attention",
    "set-up": "/integrations/1/set-up",
    "contacts": "/integrations/1/contacts?state=all",
    "runs": "/runs",
    "report": "/report",
    "entities": "/connections",
    "new-entity": "/connections/new",
}


def main() -> None:
    """Take every picture, or say why not."""
    executable = chromium.path()
    if executable is None:
        raise SystemExit(chromium.HOW_TO_GET_IT)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as url, chromium.browser(executable) as browser:
        page = _signed_in(browser, url)
        _something_to_do(page, url, Path(folder))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for name, path in PAGES.items():
                page.goto(url + path)
                _take(page, PICTURES / f"{name}-{scheme}.png")


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The demo, once its month is posted and its pages are there."""
    port = free_port(0)
    command = [sys.executable, "-m", "hub_demo", "--folder", str(folder), "--port", str(port)]
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process, folder / "demo.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)  # as Ctrl-C does, after which the demo ends its simulators, too
            process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    latest = time.monotonic() + PATIENCE
    while time.monotonic() < latest and process.poll() is None:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(1)
    raise SystemExit(f"The demo did not come to its pages:\n{log.read_text()[-2000:]}")


def _signed_in(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport=SCREEN, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto(url)
    page.get_by_role("textbox", name="E-mail").fill(OWNER.email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    return page


def _something_to_do(page: Page, url: str, folder: Path) -> None:
    """Sales that wait for an approval, and some on an account that the ledger archived."""
    ports = json.loads((folder / "ports.json").read_text())
    page.goto(f"{url}/integrations/1")
    page.get_by_label("Mode of Invoices").select_option("Review first")
    page.get_by_role("button", name="Save Invoices").click()
    _ask(ports["xero"], "archive_account", {"code": "260"})
    _ask(ports["cin7core"], "create_customer", {"name": CUSTOMER, "currency": "GBP"})
    _ask(ports["cin7core"], "create_product", {"sku": "GIFT", "name": "Gift box"})
    for number in range(9):
        line = {"sku": "GIFT", "name": "Gift box", "quantity": "4", "price": f"{number + 1}9.50"}
        if number % 3 == 2:
            line["account"] = "260"
        sale = {"customer": CUSTOMER, "lines": [line], "date": "2010-12-31"}
        _ask(ports["cin7core"], "create_sale", sale)
    for entity in (2, 1):
        page.goto(f"{url}/connections/{entity}")
        page.get_by_role("button", name="Run now").click()
        time.sleep(15)


def _ask(port: int, action: str, values: Mapping[str, Any]) -> None:
    answer = requests.post(f"http://127.0.0.1:{port}/_sim/person/{action}", json=values, timeout=30)
    answer.raise_for_status()


def _take(page: Page, picture: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=picture)
    size = picture.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{picture.name} has {size:,} bytes, more than {LARGEST:,}")


if __name__ == "__main__":
    main()
