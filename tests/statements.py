"""Which statements reach a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that reach any database meanwhile."""
    asked: list[str] = []

    def note(_db: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(" ".join(statement.split()))

    with _listening(note):
        yield asked


@contextmanager
def overheard() -> Iterator[list[tuple[str, Any]]]:
    """The statements that any database was asked meanwhile, as they were written, with what was sent along."""
    asked: list[tuple[str, Any]] = []

    def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    with _listening(note):
        yield asked


@contextmanager
def _listening(note: Callable[..., None]) -> Iterator[None]:
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def plan(db: sa.Connection, statement: str, parameters: Any) -> str:
    """How a database would look for it, if it could not read few rows from end to end by choice."""
    if db.dialect.name == "sqlite":
        return _told(db, f"EXPLAIN QUERY PLAN {statement}", parameters)
    # Of the connection, and taken back: connections that only read have no transaction that it could be local to.
    db.exec_driver_sql("SET enable_seqscan = off")
    try:
        return _told(db, f"EXPLAIN {statement}", parameters)
    finally:
        db.exec_driver_sql("RESET enable_seqscan")


def _told(db: sa.Connection, statement: str, parameters: Any) -> str:
    return "\n".join(str(row) for row in db.exec_driver_sql(statement, parameters))
