"""The workers: every run that is wanted is started within a second, at most one per connection."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.engine.runs import request_stop, want_run
from hub.models import ConnectionRow, Run, RunState, table
from hub.scheduler.comparing import Comparer

if TYPE_CHECKING:
    from hub.engine import Hub, RunReport

log = logging.getLogger("hub.workers")

POLL_SECONDS = 0.5
BUSY_SECONDS = 2.0
"""How long a connection is left alone whose run is held by another process."""

REFUSED_SECONDS = 60.0
"""The same for one that can't be run at all at present."""

connections = table(ConnectionRow)
runs = table(Run)


class Workers:
    """A small pool of threads that runs wanted connections; any number of processes may have one."""

    def __init__(self, hub: Hub, count: int | None = None) -> None:
        self._hub = hub
        self._count = count or hub.settings.workers
        self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="run")
        self._comparer = Comparer(hub)
        self._running: dict[int, Future[None]] = {}
        self._rest: dict[int, float] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in threads of their own until :meth:`stop`."""
        self._thread = threading.Thread(target=self.run, name="workers", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Look for what is wanted until :meth:`stop` is called from another thread."""
        while not self._stop.is_set():
            try:
                self.dispatch()
            except Exception:
                log.exception("what is wanted could not be read; trying again")
            self._stop.wait(POLL_SECONDS)

    def dispatch(self) -> int:
        """Start what is wanted and can be started now; how many were."""
        started = self._comparer.dispatch()
        for connection_id, why in self._hub.wanted():
            with self._lock:
                if len(self._running) >= self._count:
                    break
                if connection_id in self._running or self._rest.get(connection_id, 0.0) > time.monotonic():
                    continue
                self._running[connection_id] = self._pool.submit(self._work, connection_id, why)
                started += 1
        return started

    def stop(self, patience: float = 30.0) -> None:
        """Start nothing more, ask the runs to end after their present step, and wait for them.

        Their connections stay wanted, so that the next start goes on where they ended.
        """
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._ask_to_end()
        self._comparer.stop()
        deadline = time.monotonic() + patience
        while self._running and time.monotonic() < deadline:
            time.sleep(0.05)
            self._ask_to_end()  # one that was about to open its run has done so meanwhile
        self._pool.shutdown(wait=not self._running, cancel_futures=True)

    def _work(self, connection_id: int, why: str) -> None:
        try:
            self._judge(connection_id, self._hub.run(connection_id, why))
        except Exception:
            log.exception("connection %s could not be run", connection_id)
            self._leave_alone(connection_id, REFUSED_SECONDS)
        finally:
            with self._lock:
                del self._running[connection_id]

    def _judge(self, connection_id: int, report: RunReport | None) -> None:
        if report is None:
            # It stays wanted: the run that is open may be past the step that the wish was for.
            self._leave_alone(connection_id, BUSY_SECONDS)
        elif report.run_id == 0:
            self._refused(connection_id, report)
        else:
            level = logging.WARNING if report.state is RunState.FAILED else logging.INFO
            why = " ".join(str(report.problem).split()) if report.problem else ""
            log.log(level, "%s: %s %s %s", report.connection, report.state.value, dict(report.counts), why)

    def _refused(self, connection_id: int, report: RunReport) -> None:
        code = report.problem.code if report.problem else ""
        log.debug("%s is not run: %s", report.connection, report.problem)
        if code not in ("visits_us", "plugin_missing", "plugin_disabled"):
            with self._hub.store.write() as db:
                change = sa.update(connections).where(connections.c.id == connection_id)
                db.execute(change.values(wanted_at=None, wanted_why="", wanted_calls=None))
        self._leave_alone(connection_id, REFUSED_SECONDS)

    def _leave_alone(self, connection_id: int, seconds: float) -> None:
        with self._lock:
            self._rest[connection_id] = time.monotonic() + seconds

    def _ask_to_end(self) -> None:
        with self._lock:
            ours = list(self._running)
        if not ours:
            return
        columns = (runs.c.id, runs.c.connection_id, runs.c.most_calls)
        going_on = (runs.c.state == RunState.OPEN.value, runs.c.stop_requested.is_(False))
        not_asked = sa.select(*columns).where(runs.c.connection_id.in_(ours), *going_on)
        with self._hub.store.read() as db:
            is_any = db.execute(not_asked).first() is not None
        if is_any:
            with self._hub.store.write() as db:
                for row in db.execute(not_asked).all():  # one may have ended meanwhile, and is not wanted again
                    request_stop(db, row.id, "The hub was shut down.")
                    want_run(db, row.connection_id, "the hub was restarted", self._hub.clock(), row.most_calls)
