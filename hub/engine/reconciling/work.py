"""Work that reads both sides beside the runs: claimed by one process, with a heartbeat, stopped when asked.

A process that dies leaves its work open; whoever looks next marks it as failed, and it can be asked for again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from hub.engine import connections, disabling
from hub.engine.runs import HEARTBEAT_SECONDS
from hub.errors import (
    BusyError,
    CallsUsedError,
    HubError,
    Problem,
    ProviderError,
    RunLostError,
    SettingsError,
    StoppedError,
)
from hub.models import ConnectionRow, Integration, table
from hub.models.states import ReconciliationState
from hub.providers import Provider, Session
from hub.store import Store

if TYPE_CHECKING:
    from hub.engine.hub import Hub

Each = TypeVar("Each")

connection_rows = table(ConnectionRow)
integrations = table(Integration)

TOLD_EVERY = 500
"""How many rows are read before the progress is told again."""


@dataclass
class Work:
    """Our claim on one piece of work. Every call and every commit checks that it still holds."""

    store: Store
    rows: sa.Table
    id: int
    token: str
    clock: Callable[[], datetime]
    last_beat: datetime
    most_calls: int | None = None
    calls: dict[str, int] = field(default_factory=dict)
    flush: Callable[[], None] = field(default=lambda: None, repr=False)
    """Writes the calls made so far to the log, which collects them."""
    _counting: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def all_calls(self) -> int:
        """How many calls it made so far."""
        return sum(self.calls.values())

    def spender(self, side: str) -> Callable[[], None]:
        """What counts a call to one side before it leaves, and keeps it back when all that it may were made."""

        def spend() -> None:
            with self._counting:
                if self.most_calls is not None and self.all_calls >= self.most_calls:
                    raise CallsUsedError(f"It made the {self.most_calls:,} calls that its schedule allows.")
                self.calls[side] = self.calls.get(side, 0) + 1

        return spend

    def guard(self, db: sa.Connection, **values: Any) -> None:
        """In a write transaction: show that it lives, or refuse since it is no longer ours."""
        present = self.clock()
        told = {"calls": self.all_calls if isinstance(self.rows.c.calls.type, sa.Integer) else dict(self.calls)}
        change = sa.update(self.rows).where(*self._ours()).values(heartbeat_at=present, **told, **values)
        if db.execute(change).rowcount != 1:
            raise RunLostError(f"the {self.rows.name} {self.id} is no longer ours")
        self.last_beat = present

    def before_send(self) -> None:
        """Before each call and while waiting: still ours, and nobody asked to stop?"""
        if self.clock() - self.last_beat > timedelta(seconds=HEARTBEAT_SECONDS):
            with self.store.write(durable=False) as db:
                self.guard(db)
        with self.store.read() as db:
            row = db.execute(sa.select(self.rows.c.stop_requested).where(*self._ours())).first()
        if row is None:
            raise RunLostError(f"the {self.rows.name} {self.id} is no longer ours")
        if row.stop_requested:
            raise StoppedError("Somebody asked it to stop.")

    def tell(self, **values: Any) -> None:
        """Show how far it is; also the moment to notice that somebody asked to stop."""
        with self.store.write(durable=False) as db:
            self.guard(db, **values)
        self.before_send()

    def counted(self, rows: Iterable[Each], tell: Callable[[int], None]) -> Iterator[Each]:
        """The rows, telling every few hundred how many there were."""
        count = 0
        for count, row in enumerate(rows, start=1):
            yield row
            if count % TOLD_EVERY == 0:
                tell(count)
        tell(count)

    def _ours(self) -> tuple[sa.ColumnElement[bool], ...]:
        rows = self.rows
        return rows.c.id == self.id, rows.c.token == self.token, rows.c.state == ReconciliationState.OPEN.value


def claim(hub: Hub, rows: sa.Table, id: int) -> Work | None:
    """Begin work that is wanted; None when another process has it, or nobody wants it any more.

    Where it was begun before, the calls that were made then count as well.
    """
    present, token = hub.clock(), secrets.token_hex(8)
    mine = sa.update(rows).where(rows.c.id == id, rows.c.state == ReconciliationState.WANTED.value)
    begun = mine.values(
        state=ReconciliationState.OPEN.value, token=token, started_at=present, heartbeat_at=present, not_before=None
    )
    with hub.store.write() as db:
        made = db.execute(begun.returning(rows.c.calls)).first()
    if made is None:
        return None
    calls = {"ledger": made.calls} if isinstance(made.calls, int) else dict(made.calls)
    return Work(hub.store, rows, id, token, hub.clock, present, calls=calls)


def end(
    work: Work, db: sa.Connection, state: ReconciliationState, problem: Problem | None = None, **values: Any
) -> None:
    """Close it, in the transaction that saves what came of it."""
    told = problem.model_dump() if problem else None
    work.guard(db, state=state.value, finished_at=work.clock(), problem=told, **values)


def fail_dead(hub: Hub, rows: sa.Table) -> int:
    """Mark work whose process gave no sign of life for long as failed; how many pieces there were."""
    present = hub.clock()
    died = Problem(
        code="reconciliation_died",
        what="The process that worked on it died.",
        fix="Ask for it again.",
        done="Nothing was changed on either side: it only reads.",
    )
    silent = present - timedelta(seconds=hub.settings.run_stale_seconds)
    dead = sa.update(rows).where(rows.c.state == ReconciliationState.OPEN.value, rows.c.heartbeat_at < silent)
    with hub.store.write() as db:
        ended = dead.values(state=ReconciliationState.FAILED.value, finished_at=present, problem=died.model_dump())
        return int(db.execute(ended).rowcount)


def wanted(hub: Hub, rows: sa.Table) -> list[int]:
    """The work that may begin now, longest asked for first; not what waits for the ledger's visit."""
    present = hub.clock()
    may = sa.or_(rows.c.not_before.is_(None), rows.c.not_before <= present)
    visiting = [name for name, provider in hub.providers.items() if provider.visit is not None]
    visits = (
        sa.select(integrations.c.id)
        .join(connection_rows, connection_rows.c.id == integrations.c.ledger_id)
        .where(connection_rows.c.provider.in_(visiting))
    )
    called = rows.c.integration_id.not_in(visits) if visiting else sa.true()
    chosen = sa.select(rows.c.id).where(rows.c.state == ReconciliationState.WANTED.value, may, called)
    with hub.store.read() as db:
        return list(db.execute(chosen.order_by(rows.c.asked_at, rows.c.id)).scalars())


def request_stop(hub: Hub, rows: sa.Table, id: int) -> None:
    """Ask it to end; what nobody has begun ends at once."""
    present = hub.clock()
    with hub.store.write() as db:
        mine = sa.update(rows).where(rows.c.id == id)
        db.execute(mine.where(rows.c.state == ReconciliationState.OPEN.value).values(stop_requested=True))
        waiting = mine.where(rows.c.state == ReconciliationState.WANTED.value)
        db.execute(waiting.values(state=ReconciliationState.STOPPED.value, finished_at=present))


def give_up(hub: Hub, rows: sa.Table, id: int) -> None:
    """Its process ends in order: whoever starts next begins it anew. What it would still send or save is refused."""
    mine = sa.update(rows).where(rows.c.id == id, rows.c.state == ReconciliationState.OPEN.value)
    with hub.store.write() as db:
        db.execute(mine.values({"state": ReconciliationState.WANTED.value, "token": "", "heartbeat_at": None}))


def attempt(hub: Hub, work: Work, do: Callable[[], None]) -> None:
    """Do it; however it goes wrong, its row says how it ended and what to do."""
    try:
        do()
    except BusyError as error:
        _rest(hub, work, error)
    except StoppedError as error:
        code = "calls_used" if isinstance(error, CallsUsedError) else "stopped"
        _fail(work, ReconciliationState.STOPPED, Problem(code=code, what=str(error), done="Nothing was changed."))
    except RunLostError:
        return
    except ProviderError as error:
        _fail(work, ReconciliationState.FAILED, error.problem.model_copy(update={"done": "Nothing was changed."}))
    except HubError as error:
        _fail(work, ReconciliationState.FAILED, Problem(code="settings", what=str(error), done="Nothing was changed."))
    except Exception as error:
        problem = Problem(
            code="unexpected",
            what="It failed unexpectedly.",
            why=f"{type(error).__name__}: {error}",
            fix="Ask for it again; if it repeats, report it with the log.",
            done="Nothing was changed.",
        )
        _fail(work, ReconciliationState.FAILED, problem)
        raise


def _fail(work: Work, state: ReconciliationState, problem: Problem) -> None:
    with work.store.write() as db:
        end(work, db, state, problem)


def _rest(hub: Hub, work: Work, error: BusyError) -> None:
    """Asked to wait: it begins anew after that."""
    until = hub.clock() + timedelta(seconds=error.retry_after)
    with work.store.write() as db:
        told = error.problem.model_dump()
        work.guard(db, state=ReconciliationState.WANTED.value, not_before=until, problem=told)


@contextmanager
def opened(hub: Hub, row: ConnectionRow, work: Work, side: str) -> Iterator[Session]:
    """A conversation with one side, through the shared limits, its calls in the log and counted."""
    provider = ready(hub, row)
    connection = connections.view(hub, row)
    limits = connections.limits_of(provider, connection.settings, row.limits)
    door = hub.door(connection, limits, before_send=work.before_send, spend=work.spender(side))
    work.flush = door.flush
    try:
        yield provider.open(connection, door)
    finally:
        door.close()


def ready(hub: Hub, row: ConnectionRow, *, may_visit: bool = False) -> Provider:
    """The provider of a connection that can be asked now; raises ``SettingsError`` that says why it can't be.

    One that visits can't, unless what is wanted is done when it comes.
    """
    if row.removed_at is not None:
        raise SettingsError(f"{row.name} was disconnected. Connect it again.")
    provider = hub.provider(row.provider)
    if provider.visit is not None and not may_visit:
        raise SettingsError(f"{row.name} visits the hub and can't be asked.")
    if row.suspended is not None:
        raise SettingsError(str(Problem.model_validate(row.suspended)))
    if resting := disabling.rest_of(hub, row.name, row.provider):
        raise SettingsError(str(resting))
    return provider
