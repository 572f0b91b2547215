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

NARROW_SECONDS = 300.0
"""How long fewer calls go at once, after a platform found that there were too many."""

NARROW_AGAIN_SECONDS = 5.0
"""Calls that were under way together are refused together: that is one finding, not several."""

SHORTEST_WAIT = 0.001
PRUNE_EVERY = 50

# Built once, because building a statement costs more than running it.
_NAME: sa.BindParameter[str] = sa.bindparam("bucket_name")
_ROW = sa.select(BUCKET).where(BUCKET.c.name == _NAME).with_for_update()
_COUNT = sa.update(BUCKET).where(BUCKET.c.name == _NAME)
_START = sa.insert(CALL).values(bucket=_NAME, at=sa.bindparam("now"), done=False).returning(CALL.c.id)
_END = sa.update(CALL).where(CALL.c.id == sa.bindparam("call_id")).values(done=True, at=sa.bindparam("now"))
_MINE = CALL.c.bucket == _NAME
_UNDER_WAY = sa.select(sa.func.count()).where(_MINE, ~CALL.c.done, CALL.c.at > sa.bindparam("since"))
_ENDED = (
    sa.select(CALL.c.at)
    .where(_MINE, CALL.c.done, CALL.c.at >= sa.bindparam("since"))
    .order_by(CALL.c.at.desc())
    .limit(1)
    .offset(sa.bindparam("earlier"))
)
_END_ALL = sa.update(CALL).where(_MINE, ~CALL.c.done).values(done=True, at=sa.bindparam("now"))
_FUTURE = sa.update(CALL).where(_MINE, CALL.c.at > sa.bindparam("now")).values(at=sa.bindparam("now"))
_OVER = sa.and_(CALL.c.done, CALL.c.at < sa.bindparam("since"))
_LOST = sa.and_(~CALL.c.done, CALL.c.at < sa.bindparam("lost_since"))
_PRUNE = sa.delete(CALL).where(_MINE, _OVER | _LOST)


@dataclass(frozen=True)
class Permit:
    """Leave to make one call now, or how many seconds to ``wait`` before asking again."""

    call_id: int | None = None
    wait: float = 0.0


def bucket_of(connection_id: int) -> str:
    """The name of the bucket in which a connection's calls are counted."""
    return f"connection:{connection_id}"


def end_lost_calls(store: Store, db: sa.Connection, connection_id: int) -> None:
    """The process that made a connection's calls is dead: they still count, but hold no place any more."""
    db.execute(_END_ALL, {"bucket_name": bucket_of(connection_id), "now": store.time(db)})


class Limiter:
    """The limits of one bucket; safe to use from several threads and processes."""

    def __init__(self, store: Store, bucket: str, limits: Limits, clock: Callable[[], float] | None = None) -> None:
        self._store = store
        self._name = bucket
        self._limits = limits
        self._clock = clock
        self._counts = bool(limits.windows or limits.concurrent or limits.per_day)
        self._blocked_until: float | None = None
        self._at_once = limits.concurrent
        self._narrowed_at = float("-inf")
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
            left = None if expired else row.reported_left
            self._change(db, day_start=day_start, day_used=used + 1, reported_left=left)
            made = db.execute(_START, {"bucket_name": self._name, "now": now})
            return Permit(call_id=made.scalar_one())

    def finish(
        self, permit: Permit, left: int | None = None, also: Callable[[sa.Connection], None] | None = None
    ) -> None:
        """The call has ended. ``left`` is what the platform says remains of the day.

        ``also`` writes something else in the same transaction, which costs less than one of its own.
        """
        if permit.call_id is None:
            return
        with self._store.write(durable=False) as db:
            db.execute(_END, {"call_id": permit.call_id, "now": self._now(db)})
            if left is not None:
                self._change(db, reported_left=left)
            if also is not None:
                also(db)

    def has_spare(self) -> bool:
        """Whether the day's calls may go to anything, or only those that are reserved are left."""
        per_day = self._limits.per_day
        if per_day is None or not self._limits.reserved:
            return True
        with self._store.read() as db:
            row = db.execute(sa.select(BUCKET).where(BUCKET.c.name == self._name)).first()
            if row is None or self._now(db) >= row.day_start + self._limits.day_seconds:
                return True
        return bool(per_day - row.day_used > self._limits.reserved)

    def block(self, seconds: float) -> None:
        """The platform wants no call for so long; every process obeys."""
        with self._store.write(durable=False) as db:
            row = self._locked_row(db)
            self._blocked_until = max(row.blocked_until, self._now(db) + seconds)
            self._change(db, blocked_until=self._blocked_until)

    def narrow(self) -> None:
        """The platform found too many calls at once: half as many go from now on, and for a while.

        Others may call it as well, so its limit is not all ours. Only this process narrows: a connection's calls come
        from the one that runs it, and another one learns by itself.
        """
        with self._store.read() as db:
            now = self._now(db)
        places = self._places(now)
        if places is not None and now - self._narrowed_at >= NARROW_AGAIN_SECONDS:
            self._at_once, self._narrowed_at = max(1, places // 2), now

    def _places(self, now: float) -> int | None:
        """How many calls may be under way together."""
        return self._at_once if now - self._narrowed_at < NARROW_SECONDS else self._limits.concurrent

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
        row = db.execute(_ROW, {"bucket_name": self._name}).first()
        if row is None:
            self._store.upsert(db, Bucket, [{"name": self._name}], key=("name",), update=())
            row = db.execute(_ROW, {"bucket_name": self._name}).one()
        return row

    def _change(self, db: sa.Connection, **values: Any) -> None:
        db.execute(_COUNT, {"bucket_name": self._name, **values})

    def _day_wait(self, day_start: float, used: int, now: float) -> float:
        per_day = self._limits.per_day
        if per_day is None or used < per_day:
            return 0.0
        return day_start + self._limits.day_seconds - now

    def _window_wait(self, db: sa.Connection, now: float) -> float:
        known = {"bucket_name": self._name, "since": now - LEASE_SECONDS}
        busy: int = db.execute(_UNDER_WAY, known).scalar_one()
        places = self._places(now)
        if places is not None and busy >= places:
            return POLL_SECONDS
        return max((self._one_window_wait(db, now, window, busy) for window in self._limits.windows), default=0.0)

    def _one_window_wait(self, db: sa.Connection, now: float, window: Window, busy: int) -> float:
        if busy >= window.calls:
            return POLL_SECONDS
        known = {"bucket_name": self._name, "since": now - window.seconds, "earlier": window.calls - busy - 1}
        oldest = db.execute(_ENDED, known).scalar()
        if oldest is None:
            return 0.0
        if oldest > now:  # the clock was set back: nobody is to wait for longer than the window
            db.execute(_FUTURE, {"bucket_name": self._name, "now": now})
            oldest = now
        return max(oldest + window.seconds - now, SHORTEST_WAIT)

    def _prune(self, db: sa.Connection, now: float) -> None:
        known = {"bucket_name": self._name, "since": now - self._longest, "lost_since": now - LEASE_SECONDS}
        db.execute(_PRUNE, known)
