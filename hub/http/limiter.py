"""The calls that a platform allows, counted in the database for every process of the hub.

A call is a row from before it is sent until the longest window has passed. While it is under way the row is a
concurrency lease, which expires so that a killed process does not hold its place for ever. When the call ends
its time is moved to the end: the platform counted it somewhere in between, so a window measured from the end
is never shorter than the platform's. Hence at most ``calls`` fall into any window, sliding or fixed.

All of it is written without waiting for the disk (``Store.write(durable=False)``): a commit then costs a
fraction of a millisecond instead of an fsync, and power loss can take away only the last few counts, which is
harmless. Without limits nothing is counted and nothing written, except that a platform asked us to wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.http.tables import BUCKET, CALL
from hub.models import Bucket
from hub.providers import Limits, Window

if TYPE_CHECKING:
    from hub.store import Store

LEASE_SECONDS = 300.0
"""How long a call may be under way before it is taken for lost, longer than any timeout."""

POLL_SECONDS = 0.1
"""How often a place among concurrent calls is tried again; nobody can tell when one becomes free."""

SHORTEST_WAIT = 0.001
PRUNE_EVERY = 50


@dataclass(frozen=True)
class Permit:
    """Leave to make one call now, or how many seconds to ``wait`` before asking again."""

    call_id: int | None = None
    wait: float = 0.0


class Limiter:
    """The limits of one bucket; safe to use from several threads and processes."""

    def __init__(self, store: Store, bucket: str, limits: Limits, clock: Callable[[], float] | None = None) -> None:
        self._store = store
        self._name = bucket
        self._limits = limits
        self._clock = clock
        self._counts = bool(limits.windows or limits.concurrent or limits.per_day)
        self._blocked_until: float | None = None
        self._takes = count(1)
        self._longest = max((window.seconds for window in limits.windows), default=0.0)

    def take(self) -> Permit:
        """Count one call if it is allowed now."""
        if not self._counts:
            return Permit(wait=self._blocked_for())
        with self._store.write(durable=False) as db:
            row = self._locked_row(db)
            now = self._now(db)
            expired = now >= row.day_start + self._limits.day_seconds or row.day_start > now
            day_start, used = (now, 0) if expired else (row.day_start, row.day_used)
            wait = max(
                row.blocked_until - now,
                self._day_wait(day_start, used, now),
                self._window_wait(db, now),
            )
            if wait > 0:
                return Permit(wait=wait)
            if next(self._takes) % PRUNE_EVERY == 0:
                self._prune(db, now)
            values: dict[str, Any] = {"day_start": day_start, "day_used": used + 1}
            if expired:
                values["reported_left"] = None
            db.execute(sa.update(BUCKET).where(BUCKET.c.name == self._name).values(values))
            made = sa.insert(CALL).values(bucket=self._name, at=now, done=False).returning(CALL.c.id)
            return Permit(call_id=db.execute(made).scalar_one())

    def finish(
        self, permit: Permit, left: int | None = None, also: Callable[[sa.Connection], None] | None = None
    ) -> None:
        """The call has ended. ``left`` is what the platform says remains of the day.

        ``also`` writes something else in the same transaction, which costs less than one of its own.
        """
        if permit.call_id is None:
            return
        with self._store.write(durable=False) as db:
            ended = {"done": True, "at": self._now(db)}
            db.execute(sa.update(CALL).where(CALL.c.id == permit.call_id).values(ended))
            if left is not None:
                db.execute(sa.update(BUCKET).where(BUCKET.c.name == self._name).values(reported_left=left))
            if also is not None:
                also(db)

    def block(self, seconds: float) -> None:
        """The platform wants no call for so long; every process obeys."""
        with self._store.write(durable=False) as db:
            row = self._locked_row(db)
            self._blocked_until = max(row.blocked_until, self._now(db) + seconds)
            changed = sa.update(BUCKET).where(BUCKET.c.name == self._name)
            db.execute(changed.values(blocked_until=self._blocked_until))

    def _now(self, db: sa.Connection) -> float:
        return self._clock() if self._clock else self._store.time(db)

    def _blocked_for(self) -> float:
        """Where nothing is counted, the database is asked once, and again only when it told us to wait."""
        if self._blocked_until == 0.0:
            return 0.0
        with self._store.read() as db:
            chosen = sa.select(BUCKET.c.blocked_until).where(BUCKET.c.name == self._name)
            self._blocked_until = db.execute(chosen).scalar() or 0.0
            wait = max(0.0, self._blocked_until - self._now(db))
        if not wait:
            self._blocked_until = 0.0
        return wait

    def _locked_row(self, db: sa.Connection) -> Any:
        chosen = sa.select(BUCKET).where(BUCKET.c.name == self._name).with_for_update()
        row = db.execute(chosen).first()
        if row is None:
            self._store.upsert(db, Bucket, [{"name": self._name}], key=("name",), update=())
            row = db.execute(chosen).one()
        return row

    def _day_wait(self, day_start: float, used: int, now: float) -> float:
        per_day = self._limits.per_day
        if per_day is None or used < per_day:
            return 0.0
        return day_start + self._limits.day_seconds - now

    def _window_wait(self, db: sa.Connection, now: float) -> float:
        mine = CALL.c.bucket == self._name
        under_way = sa.select(sa.func.count()).where(mine, ~CALL.c.done, CALL.c.at > now - LEASE_SECONDS)
        busy: int = db.execute(under_way).scalar_one()
        if self._limits.concurrent is not None and busy >= self._limits.concurrent:
            return POLL_SECONDS
        return max((self._one_window_wait(db, now, window, busy) for window in self._limits.windows), default=0.0)

    def _one_window_wait(self, db: sa.Connection, now: float, window: Window, busy: int) -> float:
        if busy >= window.calls:
            return POLL_SECONDS
        ended = sa.select(CALL.c.at).where(CALL.c.bucket == self._name, CALL.c.done, CALL.c.at >= now - window.seconds)
        oldest = db.execute(ended.order_by(CALL.c.at.desc()).limit(1).offset(window.calls - busy - 1)).scalar()
        if oldest is None:
            return 0.0
        if oldest > now:  # the clock was set back: nobody is to wait for longer than the window
            future = sa.update(CALL).where(CALL.c.bucket == self._name, CALL.c.at > now)
            db.execute(future.values(at=now))
            oldest = now
        return max(oldest + window.seconds - now, SHORTEST_WAIT)

    def _prune(self, db: sa.Connection, now: float) -> None:
        over = sa.and_(CALL.c.done, CALL.c.at < now - self._longest)
        lost = sa.and_(~CALL.c.done, CALL.c.at < now - LEASE_SECONDS)
        db.execute(sa.delete(CALL).where(CALL.c.bucket == self._name, over | lost))
