"""A hub whose process can die at any step, and come back on the same database as another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.engine import Hub
from hub.http import Answer, Door
from hub.http.wire import Request, Wire
from hub.providers import Connection, Limits
from hub.store import Store


class Died(BaseException):
    """The process is gone: nothing that comes after this happens."""


class Endless(BaseException):
    """A run that does not come to an end."""


@dataclass
class Time:
    """The one clock of the hub and of both platforms. Whoever sleeps lets it pass, and nobody waits for it."""

    offset: timedelta = timedelta(0)
    listeners: list[Callable[[float], None]] = field(default_factory=list)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def seconds(self) -> float:
        """The moment as seconds since 1970."""
        return self().timestamp()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.offset += timedelta(seconds=seconds)
        for listener in self.listeners:
            listener(seconds)


@dataclass
class Life:
    """Burns down with every commit and every call; at zero the process dies, and stays dead until it is reborn."""

    left: int | None = None
    dead: bool = False
    calls: int = 0
    most_calls: int = 400
    """No run of a small shop needs more; one that makes more never ends."""
    cut_in: Callable[[], None] | None = None
    cut_in_after: int = 0
    """What another process does while the call of this number is on its way."""

    def step(self) -> None:
        """One more step of this life."""
        if self.dead:
            raise Died
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.left, self.dead = None, True
            raise Died

    def called(self) -> None:
        """One more call has reached the platform."""
        self.calls += 1
        if self.calls > self.most_calls:
            raise Endless("this run does not come to an end")
        if self.cut_in is not None and self.calls > self.cut_in_after:
            cut_in, self.cut_in = self.cut_in, None
            cut_in()

    def reborn(self) -> None:
        """A new process begins."""
        self.left, self.dead, self.calls, self.cut_in = None, False, 0, None


class MortalStore(Store):
    """A store on the given clock whose process may die before, within or after a commit."""

    def __init__(self, url: str, life: Life, clock: Time) -> None:
        super().__init__(url)
        self.life = life
        self._seconds = clock.seconds
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _without_fsync)

    def time(self, db: sa.Connection) -> float:
        return self._seconds()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        self.life.step()
        with super().write(durable=durable) as db:
            yield db
            self.life.step()
        self.life.step()


def _without_fsync(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


class MortalWire(Wire):
    """The wire of a process that may die before a request leaves, or after it arrived and before its answer counts."""

    def __init__(self, connect_timeout: float, life: Life) -> None:
        super().__init__(connect_timeout)
        self._life = life

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        self._life.step()
        answer = super().send(request, headers)
        self._life.called()
        self._life.step()
        return answer


class MortalHub(Hub):
    """A hub whose doors lead over a mortal wire."""

    def door(self, connection: Connection, limits: Limits, **options: Any) -> Door:
        assert isinstance(self.store, MortalStore)
        door = super().door(connection, limits, **options)
        door._wire = MortalWire(self.settings.connect_timeout, self.store.life)
        return door
