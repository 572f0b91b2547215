"""The time of each page with very many rows, as a ratio to an empty page of Flask in the same run, over real HTTP."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from bench.databases import postgresql, sqlite
from bench.many import Amounts
from bench.page_process import EMAIL, HOST, PASSWORD
from bench.rows import Row

MOST = 10.0
"""How many times the time of an empty page a page may take, at the 95th percentile."""
MOST_BESIDE_A_RUN = 20.0
"""The same where something is committed before every look, so that nothing is as it was remembered."""
MOST_BYTES = 150_000
PASSES, ROUNDS = 3, 100
"""How often all pages are gone through, and how often each is looked at then: whatever else the machine does for a
moment falls on one pass of a page and not on all that is known of it."""
WARM_UP = 3

DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}

PAGES: Mapping[str, str] = {
    "dashboard": "/",
    "dashboard: chart": "/charts/health.svg",
    "ready to sync": "/ready",
    "ready to sync: last page": "/ready?page=400",
    "ready to sync: one kind": "/ready?kind=bill",
    "ready to sync: amounts": "/ready?least=1000&most=2000",
    "ready to sync: search": "/ready?text=SO-0555",
    "ready to sync: blocked": "/ready?blocked=yes",
    "preview": "/operations/{operation}",
    "document": "/integrations/{integration}/documents/{snapshot}",
    "sync report": "/report",
    "sync report: last page": "/report?page=4000",
    "sync report: search": "/report?text=SO-0555",
    "sync report: one kind": "/report?kind=bill",
    "sync report: a week": "/report?since=2026-06-01&until=2026-06-07",
    "sync report: completed": "/report?status=completed",
    "sync report: failed": "/report?status=failed",
    "sync report: skipped": "/report?status=skipped",
    "sync report: failed in a week": "/report?status=failed&since=2026-06-01&until=2026-06-07",
    "sync report: completed since": "/report?status=completed&since=2026-06-03",
    "sync report: completed, page 50": "/report?status=completed&page=50",
    "sync report: completed, search": "/report?status=completed&text=SO-05",
    "changed since posted": "/changed",
    "attention": "/attention",
    "attention: one cause": "/attention/group?state=held&code=account_not_mapped&subject=17",
    "attention: skipped": "/attention/skipped",
    "attention: skipped, search": "/attention/skipped?text=SO-0555",
    "attention: unreadable": "/attention/unreadable",
    "runs": "/runs",
    "runs: last page": "/runs?page=200",
    "run": "/runs/{run}",
    "contacts": "/integrations/{integration}/contacts",
    "contacts: all, page 300": "/integrations/{integration}/contacts?state=all&page=300",
    "contacts: linked": "/integrations/{integration}/contacts?state=linked",
    "contacts: search": "/integrations/{integration}/contacts?state=all&text=harbour+foods",
    "contacts: search of a letter": "/integrations/{integration}/contacts?state=all&text=a",
    "contacts: choose": "/integrations/{integration}/contacts/link?contact=c49999",
    "contacts: choose, search": "/integrations/{integration}/contacts/link?contact=c49999&text=harbour",
    "search": "/search?text=SO-0555",
    "audit": "/audit",
    "audit: search": "/audit?text=SO-0012",
    "people": "/people",
    "connections": "/connections",
    "connection": "/connections/{connection}",
    "integration": "/integrations/{integration}",
    "mappings": "/integrations/{integration}/mappings/account",
    "schedules": "/schedules",
}


@dataclass
class Browser:
    """One kept connection that holds the session's cookie."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._line = http.client.HTTPConnection(HOST, self.port, timeout=300)

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> tuple[int, bytes, float]:
        """Status, body and seconds until the whole answer is there."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form)
        started = time.perf_counter()
        self._line.request("GET" if form is None else "POST", path, body, headers)
        answer = self._line.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - started
        for value in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, content, seconds

    def sign_in(self) -> None:
        """As a person does."""
        _, page, _ = self.ask("/sign-in")
        token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
        if token is None:
            raise SystemExit("the sign-in has no token")
        self.ask("/sign-in", {"csrf_token": token[1].decode(), "email": EMAIL, "password": PASSWORD})
        status, _, _ = self.ask("/")
        if status != 200:
            raise SystemExit(f"signing in did not work: {status}")


def measure(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Every page on both databases."""
    for name, database in DATABASES.items():
        place = folder / name.lower()
        place.mkdir(parents=True)
        amounts = Amounts()
        many = f"{amounts.documents:,} documents, {amounts.contacts:,} contacts, {amounts.operations:,} operations"
        say(f"pages on {name}: filling the database with {many}")
        with database(place) as url, served(place, url, amounts) as told:
            say(f"pages on {name}: {PASSES} times {ROUNDS} looks at each page and an empty one, in turn")
            yield from _pages(name, told)


def _pages(database: str, told: Mapping[str, int]) -> Iterator[Row]:
    """Each page at rest; then each while a run goes on, which commits something before every look."""
    hub, empty, beat = Browser(told["hub"]), Browser(told["empty"]), Browser(told["beat"])
    hub.sign_in()
    for beside, most in ((None, MOST), (beat, MOST_BESIDE_A_RUN)):
        looks = {name: Looks(pattern.format(**told)) for name, pattern in PAGES.items()}
        for _ in range(PASSES):
            for each in looks.values():
                each.add(hub, empty, beside)
        where = database if beside is None else f"{database}, beside a run"
        yield from (each.row(f"page: {name}, {where}", most) for name, each in looks.items())


@dataclass
class Looks:
    """How long the looks at one page took, and those at the empty one between them; in seconds."""

    path: str
    page: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    first: float = 0.0
    size: int = 0
    refused: int | None = None

    def add(self, hub: Browser, empty: Browser, beside: Browser | None) -> None:
        """One pass; with ``beside``, something is committed before every look."""
        for number in range(WARM_UP + ROUNDS):
            if beside is not None:
                beside.ask("/")
            status, content, seconds = hub.ask(self.path)
            _, _, nothing = empty.ask("/")
            if status != 200:
                self.refused = status
                return
            self.size, self.first = len(content), self.first or seconds
            if number >= WARM_UP:
                self.page.append(seconds)
                self.empty.append(nothing)

    def row(self, name: str, most: float) -> Row:
        """What came of it."""
        if self.refused:
            return Row(name, float("inf"), most, f"it answered {self.refused}")
        page, bare = _percentile(self.page), _percentile(self.empty)
        detail = (
            f"{page * 1000:.1f} ms against {bare * 1000:.1f} ms, at first {self.first * 1000:.0f}; {self.size:,} bytes"
        )
        return Row(name, page / bare if self.size <= MOST_BYTES else float("inf"), most, detail)


def _percentile(times: list[float]) -> float:
    """The 95th."""
    return quantiles(times, n=20)[-1]


@contextmanager
def served(folder: Path, database_url: str, amounts: Amounts) -> Iterator[Mapping[str, Any]]:
    """The pages in a process of their own; its ports, and the ids of some records."""
    told = json.dumps({"folder": str(folder), "database_url": database_url, "amounts": asdict(amounts)})
    command = [sys.executable, "-m", "bench.page_process", told]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit(f"the pages' process ended with {process.wait()}")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait()
