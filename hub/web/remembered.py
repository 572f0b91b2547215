"""Numbers that take many rows to find, remembered until something changes.

All that such numbers count is changed by runs, whose commits beat in the table of runs, or by people, whose acts are in
the audit. So both together tell whether a number can still be right. While a run is going on, its numbers may be a few
seconds old. Each process remembers for itself.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import current_app, g, has_app_context, has_request_context

from hub.models import RunState
from hub.web.access import person
from hub.web.queries.tables import AUDIT_EVENTS, RUNS
from hub.web.unchanged import Unchanged, moment_once

Value = TypeVar("Value")

MOST = 200
"""So many numbers are kept; then all are found anew."""
LONGEST = 60.0
"""Seconds until a number is found anew in any case: a new day begins."""
WHILE_RUNNING = 3.0
WORTH = 2_000
"""Fewer rows than this are counted again each time: that takes no longer than finding out whether a number holds."""


@dataclass(frozen=True)
class Room:
    """How ``most`` long things are kept, twice: the newest, and those that may be seconds old."""

    name: str
    most: int


LISTS = Room("lists", 12)
"""Of some ten megabytes for fifty thousand rows; what holds still is in both places, and takes its memory once."""
IDS = Room("ids", 20)
"""Of less than a megabyte for a hundred thousand rows."""


@dataclass(frozen=True)
class Stamp:
    """Alike as long as nobody and nothing changed anything. ``beat`` moves with each commit of a run."""

    acts: int
    runs: int
    open_runs: int
    beat: str

    @classmethod
    def of(cls, values: Sequence[Any]) -> Stamp:
        """From the values of :data:`STAMP_COLUMNS`."""
        acts, newest, under_way, beat = values
        return cls(acts or 0, newest or 0, under_way, str(beat))


def stamp(db: sa.Connection) -> Stamp:
    """How things stand now; one statement, answered by indexes."""
    return Stamp.of(db.execute(_STAMP).one())


def _stamp_columns() -> Sequence[sa.ColumnElement[Any]]:
    # Written out: a plan for all values could not use the index that has open runs alone.
    is_open = RUNS.c.state == sa.literal_column(f"'{RunState.OPEN.value}'")
    acts = sa.select(sa.func.max(AUDIT_EVENTS.c.id)).scalar_subquery()
    newest = sa.select(sa.func.max(RUNS.c.id)).scalar_subquery()
    under_way = sa.select(sa.func.count()).where(is_open).scalar_subquery()
    beat = sa.select(sa.func.max(RUNS.c.heartbeat_at)).where(is_open).scalar_subquery()
    return acts.label("acts"), newest.label("newest"), under_way.label("under_way"), beat.label("beat")


STAMP_COLUMNS = _stamp_columns()
_STAMP = sa.select(*STAMP_COLUMNS)
"""Made once: most pages ask it."""


@dataclass(frozen=True)
class _Kept:
    stamp: Stamp
    at: float
    value: Any

    def holds(self, present: Stamp) -> bool:
        age = time.monotonic() - self.at
        if self.stamp == present:
            return age < LONGEST
        same_run = (self.stamp.acts, self.stamp.runs, self.stamp.open_runs) == (
            present.acts,
            present.runs,
            present.open_runs,
        )
        return same_run and age < WHILE_RUNNING


class Memory:
    """What one application remembers."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[Hashable, _Kept] = {}
        self._lock = threading.Lock()

    def recall(
        self, key: Hashable, present: Stamp, find: Callable[[], Value], worth: Callable[[Value], bool] | None = None
    ) -> Value:
        """The value remembered under ``key`` if it still holds, else what ``find`` finds now.

        What is not ``worth`` it is not kept.
        """
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept.holds(present):
            return cast(Value, kept.value)
        value = find()
        if worth is not None and not worth(value):
            return value
        with self._lock:
            if len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[key] = _Kept(present, time.monotonic(), value)
        return value


def memory() -> Memory:
    """The memory of this application."""
    kept: Memory = current_app.extensions.setdefault("memory", Memory())
    return kept


def remembered(
    db: sa.Connection, key: Hashable, find: Callable[[], Value], worth: Callable[[Value], bool] | None = None
) -> Value:
    """``find()``, or what it found before if nothing changed since; ``key`` names whatever it depends on.

    Who asks outside of an application has nothing remembered.
    """
    if not has_app_context():
        return find()
    return memory().recall(key, _stamp_once(db), find, worth)


def remembered_for_viewer(db: sa.Connection, name: Hashable, find: Callable[[], Value]) -> Value:
    """As :func:`remembered`, of what the person who looks may see."""
    acting = person()
    return remembered(db, (name, acting and acting.id), find)


def remembered_list(
    db: sa.Connection,
    key: Hashable,
    find: Callable[[], Value],
    worth: Callable[[Value], bool],
    *,
    by_people: bool = True,
    room: Room = LISTS,
) -> Value:
    """What takes megabytes: the same until anything is committed; then, if it is ``worth`` it, as :func:`remembered`.

    What only runs change outlasts the acts of people. Outside of a request nothing is remembered.
    """
    if not has_request_context():
        return find()
    present = _stamp_once(db)
    found_now: list[bool] = []

    def find_now() -> Value:
        found_now.append(True)
        return find()

    def recall() -> Value:
        kept: Memory = current_app.extensions.setdefault(f"remembered {room.name}", Memory(room.most))
        return kept.recall(key, present if by_people else replace(present, acts=0), find_now, worth)

    exact: Unchanged = current_app.extensions.setdefault(f"unchanged {room.name}", Unchanged(room.most))
    # What is seconds old already must not last until the next commit, which may be long in coming.
    return exact.recall(key, moment_once(db), recall, lambda: bool(found_now))


def remembered_ids(
    db: sa.Connection, key: Hashable, find: Callable[[], Iterable[int]], id: sa.ColumnElement[int]
) -> Sequence[int]:
    """The ids of all that a search finds in a table, in its order: found once while nothing changes.

    However its pages are turned. In a table that has had thousands of rows they may be a few seconds old while a run
    goes on, as numbers may.
    """

    def is_worth(ids: Sequence[int]) -> bool:
        # Few may have taken a look at very many.
        return len(ids) >= WORTH or (db.execute(sa.select(sa.func.max(id))).scalar() or 0) >= WORTH

    return remembered_list(db, key, lambda: array("q", find()), is_worth, room=IDS)


def note_stamp(db: sa.Connection, present: Stamp) -> None:
    """The stamp of what is read through ``db`` in this request, for who had it beside something else."""
    g.stamp = (db, present)


def _stamp_once(db: sa.Connection) -> Stamp:
    """The stamp, read once for each connection that a page borrows: a page shows one moment."""
    kept: tuple[sa.Connection, Stamp] | None = g.get("stamp")
    if kept is None or kept[0] is not db:
        kept = g.stamp = (db, stamp(db))
    return kept[1]


def total_of(db: sa.Connection, statement: sa.Select[Any]) -> int:
    """How many rows a statement has."""
    # What is shown of each row plays no part, and columns of a subquery take long to make.
    bare: sa.Select[Any] = statement.with_only_columns(sa.literal_column("1"), maintain_column_froms=True).order_by(
        None
    )
    counted = sa.select(sa.func.count()).select_from(bare.subquery())
    return remembered(db, key_of(bare), lambda: int(db.execute(counted).scalar_one()), lambda total: total >= WORTH)


def key_of(statement: sa.Select[Any]) -> Hashable:
    """What a statement asks, whose records the person may see included: by its parts, quicker than its text."""
    asked = statement._generate_cache_key()
    if asked is None:  # of parts that can't be told apart
        compiled = statement.compile()
        return str(compiled), repr(sorted(compiled.params.items()))
    return asked.key, repr([each.effective_value for each in asked.bindparams])
