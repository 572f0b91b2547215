"""Exactly one scheduler among any number of processes.

On PostgreSQL the leader holds a session advisory lock on a connection of its own: the server lets go of it soon after
the process or the network died, and a leader that ends in order gives it back itself. On SQLite, where all processes
share one machine and its clock, it holds a lease that it renews; a killed leader's lease runs out. Two leaders for an
instant would do no harm: all they do is note that a run is wanted, and one connection never has two runs.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from typing import Protocol

import sqlalchemy as sa

from hub.models import Lease, table
from hub.store import Store

LEASE = "scheduler"
LEASE_SECONDS = 5.0
LOCK = (0x6875_6264, 1)
"""The advisory lock's two keys."""

leases = table(Lease)

KEEPALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3}
"""A line that went dead without a word is noticed within twenty seconds."""


class Leadership(Protocol):
    """One process's claim to be the scheduler."""

    def hold(self) -> bool:
        """Take the claim or keep it; False while another process has it. Called about once a second."""

    def release(self) -> None:
        """Let another process take over at once."""


def leadership(store: Store) -> Leadership:
    """The means that this database offers."""
    return LeaseLeadership(store) if store.is_sqlite else LockLeadership(store)


class LeaseLeadership:
    """A row that says who is the scheduler and until when."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._until = 0.0

    def hold(self) -> bool:
        with self._store.read() as db:
            present = self._store.time(db)
            if self._until - present > LEASE_SECONDS / 2:
                return True
            row = db.execute(sa.select(leases).where(leases.c.name == LEASE)).first()
        if row is not None and row.owner != self._owner and row.until > present:
            self._until = 0.0
            return False
        return self._renew(present)

    def _renew(self, present: float) -> bool:
        until = present + LEASE_SECONDS
        ours = sa.update(leases).where(
            leases.c.name == LEASE, sa.or_(leases.c.owner == self._owner, leases.c.until <= present)
        )
        with self._store.write(durable=False) as db:
            fresh = {"name": LEASE, "owner": self._owner, "until": 0.0}
            self._store.upsert(db, Lease, [fresh], key=("name",), update=())
            held = db.execute(ours.values(owner=self._owner, until=until)).rowcount == 1
        self._until = until if held else 0.0
        return held

    def release(self) -> None:
        with self._store.write(durable=False) as db:
            db.execute(sa.delete(leases).where(leases.c.name == LEASE, leases.c.owner == self._owner))
        self._until = 0.0


class LockLeadership:
    """A session advisory lock; not to be had through a pooler that shares sessions between clients."""

    def __init__(self, store: Store) -> None:
        self._engine = sa.create_engine(
            store.engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT", connect_args=KEEPALIVE
        )
        self._line: sa.Connection | None = None

    def hold(self) -> bool:
        if self._line is None:
            self._line = self._try()
            return self._line is not None
        try:
            self._line.execute(sa.text("SELECT 1"))
        except sa.exc.DBAPIError:
            self._drop()
            return False
        return True

    def _try(self) -> sa.Connection | None:
        line = self._engine.connect()
        taken = False
        try:
            taken = bool(line.execute(sa.select(sa.func.pg_try_advisory_lock(*LOCK))).scalar_one())
        finally:
            if not taken:
                line.close()
        return line if taken else None

    def release(self) -> None:
        # A closed connection's lock goes only when the server has noticed: what asks at once would still find it held.
        if self._line is not None:
            with contextlib.suppress(sa.exc.DBAPIError):  # the line is dead, and the lock with it
                self._line.execute(sa.select(sa.func.pg_advisory_unlock(*LOCK)))
        self._drop()

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.invalidate()
            line.close()


def is_scheduler_alive(store: Store) -> bool:
    """Whether any process is the scheduler now."""
    with store.read() as db:
        return has_scheduler(store, db)


def has_scheduler(store: Store, db: sa.Connection) -> bool:
    """The same, asked within a transaction."""
    if store.is_sqlite:
        return (db.execute(_HELD_UNTIL).scalar() or 0.0) > store.time(db)
    return bool(db.execute(_LOCKS, {"first": LOCK[0], "second": LOCK[1]}).scalar_one())


_HELD_UNTIL = sa.select(leases.c.until).where(leases.c.name == LEASE)
_LOCKS = sa.text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :first"
    " AND objid = :second AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
