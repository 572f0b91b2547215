"""A simulator to be started from a test or the command line: QuickBooks, its Web Connector, pages to look inside."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from . import admin, seed
from .clock import Clock
from .company.file import Company
from .company.records import Preferences
from .company.tables import Store
from .connector.machine import WebConnector
from .faults import Faults
from .quickbooks import QuickBooks, Session
from .settings import Settings
from .switches import Switchboard


class Simulator:
    """One machine with QuickBooks. `Simulator(sales_tax=True, switches={...})` takes the fields of `Settings`.

    Use as a context manager to serve the admin pages, too; without, everything but those works just as well.
    """

    demo_path = seed.DEMO_PATH
    other_path = seed.OTHER_PATH

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.clock = Clock()
        self.switches = Switchboard(self.settings.switches)
        self.faults = Faults()
        self.store = Store(self.settings.state) if self.settings.state else None
        self.quickbooks = QuickBooks(
            self.clock,
            self.switches,
            self.faults,
            self.settings.version,
            self.settings.country,
            self.settings.iterator_seconds,
            self.store,
        )
        self._open_files()
        self.connector = WebConnector(self.quickbooks, self.settings)
        self._server: ThreadingHTTPServer | None = None

    def _open_files(self) -> None:
        paths = self.store.files() if self.store else []
        if self.store and paths:
            for path in paths:
                company = Company(path, self.clock, self.switches, Preferences())
                company.load(self.store)
                self.quickbooks.files[path] = company
        else:
            self.quickbooks.files = seed.companies(self.clock, self.switches, self.settings)
        self.quickbooks.open_path = seed.DEMO_PATH
        self.quickbooks.save()

    @property
    def company(self) -> Company:
        """The demo company's file, for direct looks."""
        return self.quickbooks.files[seed.DEMO_PATH]

    def session(self, application: str = "test") -> Session:
        """A session on the file that is open, without a Web Connector in between."""
        return self.quickbooks.begin("", application)

    def reset(self) -> None:
        """Back to fresh company files; clock, switches and faults stay."""
        with self.quickbooks.lock:
            self.quickbooks.files = seed.companies(self.clock, self.switches, self.settings)
            self.quickbooks.open_path, self.quickbooks.dialog = seed.DEMO_PATH, ""
            if self.store:
                self.store.erase()
            self.quickbooks.save()

    # ------------------------------------------------------------------ the admin pages

    @property
    def url(self) -> str:
        """Where the admin pages are. RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"http://{self.settings.host}:{self._server.server_address[1]}"

    def start(self) -> Simulator:
        """Serve the admin pages in a background thread; connections are accepted when this returns."""
        self._server = admin.serve(self, self.settings.host, self.settings.port)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), name="sim-qbdesktop", daemon=True).start()
        return self

    def close(self) -> None:
        """End serving and close the state file. Harmless when never started."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self.store:
            self.store.close()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
