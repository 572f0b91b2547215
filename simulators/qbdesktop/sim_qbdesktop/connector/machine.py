"""The Web Connector on one machine: the applications that were added, their passwords, their schedules."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ..hresults import HResultError
from ..quickbooks import QuickBooks
from ..settings import Settings
from . import registration
from .qwc import ConnectorError, Qwc, read
from .soap import AnswerError
from .visit import Visit, Visitor
from .wire import fetch

_FINE = (200, 202)


@dataclass(slots=True)
class Added:
    """An application in the connector's window. `due_at` is when its schedule runs it next, in seconds; 0 never."""

    qwc: Qwc
    password: str
    auto_run: bool = False
    every_seconds: int = 0
    due_at: float = 0.0


@dataclass
class WebConnector:
    """Adds applications and runs their sessions, one at a time."""

    quickbooks: QuickBooks
    settings: Settings
    applications: dict[str, Added] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def add(self, source: str | bytes | Path, password: str = "", auto_run: bool = False) -> Qwc:
        """Add an application from its .qwc file, with QuickBooks open, as its administrator does once.

        ConnectorError with the Web Connector's own code when it can't be added.
        """
        text = source.read_bytes() if isinstance(source, Path) else source
        qwc = read(text, self.quickbooks.switches["ip_hosts"] == "accepted")
        if any(added.qwc.file_id == qwc.file_id for name, added in self.applications.items() if name != qwc.name):
            raise ConnectorError("QBWC1026", f"The FileID {qwc.file_id} is that of another application.")
        self._probe(qwc)
        known = self.applications.get(qwc.name)
        if known is None or known.qwc.file_id != qwc.file_id:
            self._stamp(qwc)
        due_at = self.quickbooks.clock.seconds() if auto_run and qwc.every_seconds else 0.0
        self.applications[qwc.name] = Added(qwc, password, auto_run, qwc.every_seconds, due_at)
        return qwc

    def _probe(self, qwc: Qwc) -> None:
        """AppURL is fetched for its certificate, AppSupport to see that there is a page."""
        try:
            status, _, _ = fetch(qwc.url, self.settings.http_seconds)
        except AnswerError as problem:
            raise ConnectorError("QBWC1048", str(problem)) from problem
        if status not in _FINE:
            raise ConnectorError("QBWC1048", f"AppURL answers with HTTP status {status}.")
        try:
            status, _, _ = fetch(qwc.support, self.settings.http_seconds)
        except AnswerError as problem:
            raise ConnectorError("QBWC1004", str(problem)) from problem
        if status not in _FINE:
            raise ConnectorError("QBWC1003", f"AppSupport answers with HTTP status {status}.")

    def _stamp(self, qwc: Qwc) -> None:
        try:
            session = self.quickbooks.begin("", qwc.name, qwc.read_only)
        except HResultError as problem:
            raise ConnectorError("QBWC1013", problem.message) from problem
        try:
            registration.stamp(session, qwc)
        finally:
            session.end()

    def remove(self, name: str) -> None:
        """Take an application off the list; its stamp stays in the company file. KeyError for an unknown one."""
        del self.applications[name]

    def visit(self, name: str, scheduled: bool = False) -> Visit:
        """Run one session of an application. KeyError for an unknown one."""
        added = self.applications[name]
        with self._busy:
            visitor = Visitor(self.quickbooks, self.settings, added.qwc, added.password, scheduled)
            visit = visitor.run()
        self.visits.append(visit)
        self._plan_next(added, visit)
        return visit

    def _plan_next(self, added: Added, visit: Visit) -> None:
        if not added.auto_run or not added.every_seconds:
            return
        added.every_seconds = max(added.every_seconds, visit.least_seconds)
        added.due_at = self.quickbooks.clock.seconds() + (visit.postponed_seconds or added.every_seconds)

    def run_due(self) -> list[Visit]:
        """Run every application whose schedule says so now."""
        now = self.quickbooks.clock.seconds()
        due = [name for name, added in self.applications.items() if added.due_at and added.due_at <= now]
        return [self.visit(name, scheduled=True) for name in due]
