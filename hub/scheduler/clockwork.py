"""The scheduler: while it leads, APScheduler fires what the table of schedules says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from hub.errors import SettingsError
from hub.hookspecs import Job
from hub.models import Schedule, table
from hub.scheduler.expressions import Trigger, trigger_of, trigger_of_schedule
from hub.scheduler.jobs import attempt, check_jobs, own_jobs
from hub.scheduler.leadership import leadership
from hub.scheduler.schedules import ensure_schedules, fired

if TYPE_CHECKING:
    from hub.engine import Hub

log = logging.getLogger("hub.scheduler")

TICK_SECONDS = 1.0
JOB_THREADS = 4

schedules = table(Schedule)


class _Firing(BaseTrigger):  # type: ignore[misc]
    """Our firing times, in APScheduler's words. It counts on from the last one so that a missed one comes at once."""

    def __init__(self, trigger: Trigger, start: datetime) -> None:
        self.trigger = trigger
        self.start = start

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The firing after the previous one."""
        return self.trigger.after(previous_fire_time or self.start)


class Scheduler:
    """One process's part in scheduling: it waits to lead, and leads until it is stopped or loses its claim."""

    def __init__(self, hub: Hub, jobs: Sequence[Job] = ()) -> None:
        check_jobs(jobs)
        self._hub = hub
        self._jobs = (*own_jobs(hub), *jobs)
        self._claim = leadership(hub.store)
        self._clock: BackgroundScheduler | None = None
        self._shown: dict[int, tuple[Any, ...]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def leads(self) -> bool:
        """Whether this process is the scheduler now."""
        return self._clock is not None

    def start(self) -> None:
        """Work in a thread of its own until :meth:`stop`."""
        self._thread = threading.Thread(target=self.run, name="scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and let another process take over at once."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Work in this thread until :meth:`stop` is called from another."""
        try:
            while not self._stop.wait(TICK_SECONDS if self._attempt(self.tick) else TICK_SECONDS * 5):
                continue
        finally:
            self._resign()
            self._attempt(self._claim.release)

    def tick(self) -> None:
        """Take, keep or lose the lead; while leading, follow what changed in the table."""
        if not self._claim.hold():
            self._resign()
            return
        if self._clock is None:
            log.info("this process is the scheduler now")
            self._clock = self._new_clock()
        ensure_schedules(self._hub)
        self._follow(self._clock)

    def _attempt(self, step: Callable[[], None]) -> bool:
        """A database that is away for a moment must not end the scheduler."""
        try:
            step()
        except Exception:
            log.exception("the scheduler could not work; it tries again")
            self._resign()
            return False
        return True

    def _resign(self) -> None:
        clock, self._clock = self._clock, None
        self._shown = {}
        if clock is not None:
            clock.shutdown(wait=False)
            log.info("this process is the scheduler no longer")

    def _new_clock(self) -> BackgroundScheduler:
        clock = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(JOB_THREADS)},
            # However many firings were missed, one makes up for them, however late.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            timezone=UTC,
        )
        clock.start()
        for job in self._jobs:
            present = self._hub.clock()
            firing = _Firing(trigger_of(job.trigger, job.expression, job.time_zone, present), present)
            first = present if job.at_start else firing.get_next_fire_time(None, present)
            clock.add_job(
                attempt, firing, args=(self._hub, job), id=f"job:{job.name}", name=job.name, next_run_time=first
            )
        return clock

    def _follow(self, clock: BackgroundScheduler) -> None:
        """Make APScheduler's memory equal the table; rows that did not change keep their next time."""
        with self._hub.store.read() as db:
            rows = {row.id: row for row in db.execute(sa.select(schedules).where(schedules.c.paused.is_(False)))}
        wanted = {row.id: (row.version, row.trigger, row.expression) for row in rows.values()}
        for schedule_id in [known for known, seen in self._shown.items() if wanted.get(known) != seen]:
            if clock.get_job(f"schedule:{schedule_id}"):
                clock.remove_job(f"schedule:{schedule_id}")
        for schedule_id, seen in wanted.items():
            if self._shown.get(schedule_id) != seen:
                self._set(clock, rows[schedule_id])
        self._shown = wanted

    def _set(self, clock: BackgroundScheduler, row: sa.Row[Any]) -> None:
        start = row.counts_from or self._hub.clock()
        try:
            trigger = trigger_of_schedule(Schedule(**row._mapping), start)
        except SettingsError as error:
            log.error("schedule %s of connection %s is not used: %s", row.name, row.connection_id, error)
            return
        clock.add_job(self._fire, _Firing(trigger, start), args=(row.id,), id=f"schedule:{row.id}", name=row.name)

    def _fire(self, schedule_id: int) -> None:
        fired(self._hub, schedule_id, self._hub.clock())
