"""What is known of the installation, remembered until anything is committed to the database.

Every page asks who looks, and most ask the same few things besides: which entities and integrations there are, how each
is mapped, when its schedules are due. While a bookkeeper looks around, that does not change. The database tells whether
anything did: see :func:`hub.databases.moment`. So what is remembered here is never old, not by a second; while a run
commits, it is found anew for each page.

It is for what an installation has few of, and for the ids that a search finds; never for what the documents, contacts
and runs of lists, searches and previews are like. What takes many rows to count may be some seconds old while a run
goes on, and is in :mod:`hub.web.remembered`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from flask import current_app, g, has_request_context

from hub.databases import Moment, moment
from hub.web.access import person

Value = TypeVar("Value")
About = ParamSpec("About")

MOST = 500
"""So much is kept; then all is found anew."""


class Unchanged:
    """What one application has found since the last commit."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[Hashable, Any]] = {}

    def recall(
        self, key: Hashable, moment: Moment, find: Callable[[], Value], is_new: Callable[[], bool] = lambda: True
    ) -> Value:
        """What was found under ``key`` at this moment, or what ``find`` finds now; kept only if then it ``is_new``."""
        # Each connection to SQLite tells moments of its own, so that another one's must not be in their place.
        place = (key, moment.told_by)
        kept = self._kept.get(place)
        if kept is not None and kept[0] == moment:
            return cast(Value, kept[1])
        value = find()
        if is_new():
            with self._lock:
                if len(self._kept) >= self._most:
                    self._kept.clear()
                self._kept[place] = (moment, value)
        return value


def unchanged(db: sa.Connection, key: Hashable, find: Callable[[], Value]) -> Value:
    """``find()``, or what it found when nothing was committed since; ``key`` names whatever else it depends on.

    The value is shared by all who ask: nobody may change it. Outside of a request nothing is remembered.
    """
    if not has_request_context():
        return find()
    kept: Unchanged = current_app.extensions.setdefault("unchanged", Unchanged())
    return kept.recall(key, moment_once(db), find)


def while_unchanged(
    find: Callable[Concatenate[sa.Connection, About], Value],
) -> Callable[Concatenate[sa.Connection, About], Value]:
    """Have a query remember what it found, for each person who looks, until anything is committed.

    All its arguments but the connection are hashable, and it rests on them, the database and the viewer alone: not on
    the time. Its value is shared: nobody may change it.
    """

    @wraps(find)
    def found(db: sa.Connection, /, *about: About.args, **named: About.kwargs) -> Value:
        if not has_request_context():
            return find(db, *about, **named)
        viewer = person()
        key = (find, viewer and viewer.id, about, tuple(named.items()))
        return unchanged(db, key, lambda: find(db, *about, **named))

    return found


def moment_once(db: sa.Connection) -> Moment:
    """The moment that ``db`` shows, read once for each connection that a page borrows."""
    kept: tuple[sa.Connection, Moment] | None = g.get("moment")
    if kept is None or kept[0] is not db:
        kept = g.moment = (db, moment(db))
    return kept[1]
