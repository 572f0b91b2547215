"""Runs: one open conversation per connection, its heartbeat, and what happens when its process dies."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.errors import CallsUsedError, Problem, RunLostError, StoppedError
from hub.http import end_lost_calls
from hub.models import (
    BatchRow,
    ConnectionRow,
    OperationRow,
    OperationState,
    Run,
    RunState,
    table,
)
from hub.store import Store

runs = table(Run)
operations = table(OperationRow)
batches = table(BatchRow)
connections = table(ConnectionRow)

HEARTBEAT_SECONDS = 5.0
SILENT_SECONDS = 6 * HEARTBEAT_SECONDS
"""A run that gave no sign of life for so long may have died; a call that takes its time looks the same from outside."""
BY_A_PERSON = "person"
"""The cause of a run that somebody asked for."""
CALLS_USED = "calls_used"
"""The problem of a run that parked since it had made all the calls it may."""
ASKED_BY_A_PERSON = "A person asked this run to stop."

# Asked with every call and every commit, hence made once.
_OURS = (
    runs.c.id == sa.bindparam("run_id"),
    runs.c.token == sa.bindparam("run_token"),
    runs.c.state == RunState.OPEN.value,
)
_BEAT = sa.update(runs).where(*_OURS).values(heartbeat_at=sa.bindparam("present"), calls=sa.bindparam("made"))
_STOP = sa.select(runs.c.stop_requested, runs.c.stop_reason).where(*_OURS)


@dataclass
class RunToken:
    """Our claim on a connection. Every send and every commit checks that it still holds."""

    store: Store
    id: int
    connection_id: int
    token: str
    clock: Callable[[], datetime]
    last_beat: datetime
    most_calls: int | None = None
    calls: int = 0
    _counting: Lock = field(default_factory=Lock, repr=False, compare=False)

    def spend(self) -> None:
        """Count a call that is about to leave; raises ``CallsUsedError`` instead when the run has made all it may.

        Several threads send at once, and a call is counted before it leaves, so the limit is never exceeded.
        """
        with self._counting:
            if self.most_calls is not None and self.calls >= self.most_calls:
                raise CallsUsedError(f"The run made the {self.most_calls:,} calls that its schedule allows.")
            self.calls += 1

    @property
    def calls_left(self) -> int | None:
        """How many calls a run that goes on for this one may make; None when nobody set a limit."""
        return None if self.most_calls is None else max(1, self.most_calls - self.calls)

    def guard(self, db: sa.Connection) -> None:
        """In a write transaction: refresh the heartbeat, or refuse since another process took over."""
        present = self.clock()
        if db.execute(_BEAT, self._named(present=present, made=self.calls)).rowcount != 1:
            raise RunLostError(f"run {self.id} was taken over or closed")
        self.last_beat = present

    def before_send(self) -> None:
        """Before each call and while waiting: still ours, and nobody asked to stop?"""
        if self.clock() - self.last_beat > timedelta(seconds=HEARTBEAT_SECONDS):
            with self.store.write(durable=False) as db:
                self.guard(db)
        with self.store.read() as db:
            row = db.execute(_STOP, self._named()).first()
        if row is None:
            raise RunLostError(f"run {self.id} was taken over or closed")
        if row.stop_requested:
            raise StoppedError(row.stop_reason or ASKED_BY_A_PERSON)

    def _named(self, **more: Any) -> dict[str, Any]:
        return {"run_id": self.id, "run_token": self.token, **more}

    def progress(self, phase: str, counts: Mapping[str, int] | None = None, **progress: Any) -> None:
        """Show how far the run is."""
        with self.store.write(durable=False) as db:
            self.guard(db)
            write_progress(db, self.id, phase, counts or {}, progress)


def write_progress(
    db: sa.Connection, run_id: int, phase: str, counts: Mapping[str, int], progress: Mapping[str, Any]
) -> None:
    """Add to a run's counts and replace what it shows of its progress, with the moment since when it does this."""
    shown_of = (runs.c.counts, runs.c.progress, runs.c.phase, runs.c.heartbeat_at)
    row = db.execute(sa.select(*shown_of).where(runs.c.id == run_id)).one()
    total = dict(row.counts)
    for name, count in counts.items():
        total[name] = total.get(name, 0) + count
    shown = {**row.progress, **progress}
    if (phase, shown.get("feed")) != (row.phase, row.progress.get("feed")):
        shown["since"] = row.heartbeat_at.isoformat()
    change = sa.update(runs).where(runs.c.id == run_id).values(counts=total, progress=shown, phase=phase)
    db.execute(change)


def claim(
    store: Store, connection_id: int, cause: str, clock: Callable[[], datetime], stale_after: timedelta
) -> RunToken | None:
    """Open the one run of a connection, taking over a dead one; None while another is alive."""
    present = clock()
    token = secrets.token_hex(8)
    row = {
        "connection_id": connection_id,
        "cause": cause,
        "token": token,
        "state": RunState.OPEN.value,
        "phase": "open",
        "progress": {},
        "counts": {},
        "calls": 0,
        "stop_requested": False,
        "stop_reason": "",
        "started_at": present,
        "heartbeat_at": present,
    }
    try:
        with store.write() as db:
            _take_over(store, db, connection_id, present - stale_after, present)
            row["progress"] = _feeds_done(db, connection_id)
            most_calls = None if cause == BY_A_PERSON else _wanted_calls(db, connection_id)
            made = sa.insert(runs).values(**row, most_calls=most_calls)
            run_id = db.execute(made.returning(runs.c.id)).scalar_one()
            wanted = sa.update(connections).where(connections.c.id == connection_id)
            db.execute(wanted.values(wanted_at=None, wanted_why="", wanted_calls=None, paused_by=""))
    except IntegrityError:
        return None
    return RunToken(store, run_id, connection_id, token, clock, present, most_calls)


def _feeds_done(db: sa.Connection, connection_id: int) -> dict[str, Any]:
    """What a run goes on with whose predecessor ran out of calls; else the rest would never have its turn."""
    mine = sa.select(runs.c.problem, runs.c.progress).where(runs.c.connection_id == connection_id)
    last = db.execute(mine.order_by(runs.c.id.desc()).limit(1)).first()
    if last is None or (last.problem or {}).get("code") != CALLS_USED:
        return {}
    return {"feeds": last.progress.get("feeds", [])}


def _wanted_calls(db: sa.Connection, connection_id: int) -> int | None:
    chosen = sa.select(connections.c.wanted_calls).where(connections.c.id == connection_id)
    return db.execute(chosen).scalar()


def _take_over(store: Store, db: sa.Connection, connection_id: int, stale_before: datetime, present: datetime) -> None:
    dead = (
        sa.update(runs)
        .where(
            runs.c.connection_id == connection_id,
            runs.c.state == RunState.OPEN.value,
            runs.c.heartbeat_at < stale_before,
        )
        .values(
            state=RunState.TAKEN_OVER.value,
            finished_at=present,
            problem=Problem(
                code="run_died", what="The process of this run died.", done="Another run went on."
            ).model_dump(),
        )
    )
    if db.execute(dead).rowcount:
        mark_unsure(db, connection_id)
        end_lost_calls(store, db, connection_id)


def silence(heartbeat_at: datetime, present: datetime, stale_after: timedelta) -> str:
    """What to say of an open run that is not heard of; empty while it is."""
    if present - heartbeat_at < timedelta(seconds=SILENT_SECONDS):
        return ""
    until = heartbeat_at + stale_after
    after = f"is taken over at {until:%H:%M:%S}" if until > present else "is taken over now"
    return f"no sign of life since {heartbeat_at:%H:%M:%S} UTC, {after}"


def mark_unsure(db: sa.Connection, connection_id: int) -> None:
    """What was on its way when a run ended may have arrived: it is looked for before it is written again.

    The moment from which a look counts was stored when it was sent.
    """
    change = sa.update(operations).where(
        operations.c.ledger_id == connection_id, operations.c.state == OperationState.SENDING.value
    )
    db.execute(change.values(state=OperationState.UNSURE.value))
    stored = sa.update(batches).where(batches.c.connection_id == connection_id, batches.c.state == "sending")
    db.execute(stored.values(state="unsure"))


def close(run: RunToken, state: RunState, problem: Problem | None = None) -> None:
    """End the run. What is still marked as sending becomes unsure."""
    present = run.clock()
    with run.store.write() as db:
        run.guard(db)
        mark_unsure(db, run.connection_id)
        change = sa.update(runs).where(runs.c.id == run.id)
        values = {
            "state": state.value,
            "finished_at": present,
            "problem": problem.model_dump() if problem else None,
        }
        db.execute(change.values(values))
    run.store.gather_statistics()


def request_stop(db: sa.Connection, run_id: int, why: str = ASKED_BY_A_PERSON) -> None:
    """Ask a run to end after the step it is in; ``why`` is what it says when it has."""
    db.execute(sa.update(runs).where(runs.c.id == run_id).values(stop_requested=True, stop_reason=why))


def pause(db: sa.Connection, connection_id: int, actor: str) -> None:
    """Let the open run of a connection end after its step, and none begin before a person wants one."""
    change = sa.update(connections).where(connections.c.id == connection_id)
    db.execute(change.values(paused_by=actor))
    mine = sa.select(runs.c.id).where(runs.c.connection_id == connection_id, runs.c.state == RunState.OPEN.value)
    for run_id in db.execute(mine).scalars().all():
        request_stop(db, run_id, f"{actor} paused it.")


def want_run(db: sa.Connection, connection_id: int, why: str, at: datetime, most_calls: int | None = None) -> None:
    """Note that a connection's run is wanted; several notes are one run, with the widest of their limits on calls.

    A person ends a pause, and does not wait for the end of a rest that the platform asked for: whatever is still too
    early, the limiter holds back call by call. Nor does the limit of a schedule bind a person.
    """
    change = sa.update(connections).where(connections.c.id == connection_id)
    if why == BY_A_PERSON:
        values = {"wanted_at": at, "wanted_why": why, "wanted_calls": None, "parked_until": None, "paused_by": ""}
        db.execute(change.values(values))
        return
    wider: sa.ColumnElement[Any] = connections.c.wanted_calls < most_calls if most_calls is not None else sa.true()
    db.execute(change.where(connections.c.wanted_at.is_not(None), wider).values(wanted_calls=most_calls))
    new = change.where(connections.c.wanted_at.is_(None))
    db.execute(new.values(wanted_at=at, wanted_why=why, wanted_calls=most_calls))
