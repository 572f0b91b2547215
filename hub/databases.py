"""How each database is opened: what every connection to it is told first, and when it is asked whether it is there."""

from __future__ import annotations

import itertools
import math
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.errors import SettingsError

BUSY_MILLISECONDS = 30_000
"""How long a writer of SQLite waits for its turn."""
WAL_PAUSE_SECONDS = 0.01
RESTED_SECONDS = 5.0
"""After so long a connection to PostgreSQL is asked whether it still answers before it is used."""


def open_sqlite(url: sa.URL, begin: str, *pragmas: str) -> sa.Engine:
    """A SQLite file in WAL mode, whose transactions begin with ``begin``; its folder is made when it is opened.

    Opening raises ``SettingsError`` where the folder can't be made.
    """
    # isolation_level None: the driver begins nothing by itself, so that reads and DDL obey our BEGIN.
    options: dict[str, Any] = {"isolation_level": None, "timeout": BUSY_MILLISECONDS / 1000}
    # The connection that was used last has read the most of the file, and knows whether it changed since.
    engine = sa.create_engine(url, connect_args=options, pool_size=10, max_overflow=20, pool_use_lifo=True)

    @sa.event.listens_for(engine, "do_connect")
    def make_folder(*_about: Any) -> None:
        folder = Path(url.database or "").parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"The folder {folder} can't be made: {error.strerror}. Check HUB_DATA.") from None

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        _write_ahead(connection)
        usual = (
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
        )
        for pragma in (*usual, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log, and wait for whoever does the same: SQLite refuses this without a wait.

    The switch is kept in the file, so that only those meet who open a new one together.
    """
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # its kinds are in the higher bits
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(WAL_PAUSE_SECONDS)
        else:
            return


def open_postgresql(url: sa.URL, *, autocommit: bool = False, **settings: str) -> sa.Engine:
    """A PostgreSQL database, with these of its settings in every session.

    ``autocommit`` goes without transactions and has each statement prepared when it is first asked.
    """
    given = url.query.get("options", "")
    options = " ".join(
        [*(given if isinstance(given, tuple) else (given,)), *(f"-c {n}={v}" for n, v in settings.items())]
    )
    chosen: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
    arguments: dict[str, Any] = {"prepare_threshold": 0} if autocommit else {}
    # The connection that was used last knows the statements of pages best: it has planned them.
    engine = sa.create_engine(
        url,
        connect_args={"options": options, **arguments},
        pool_size=8,
        max_overflow=16,
        pool_use_lifo=True,
        **chosen,
    )

    @sa.event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        # One that was just used is there; one that rested is asked, since its server may have restarted.
        if time.monotonic() - record.info.get("used", math.inf) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError("the database closed the connection") from error

    return engine


@dataclass(frozen=True)
class Moment:
    """Which commits a connection sees, in the count of ``told_by``: the server, or one connection to a file."""

    told_by: int
    seen: str


def moment(db: sa.Connection) -> Moment:
    """Which commits ``db`` sees: of two equal ones, asked one after the other, nothing was committed in between.

    SQLite counts, for each of its connections, what others commit, so ``db`` must be one that only reads
    (https://www.sqlite.org/pragma.html#pragma_data_version). PostgreSQL names the transactions that a statement sees,
    those of the whole server (https://www.postgresql.org/docs/current/functions-info.html, pg_current_snapshot).
    """
    if db.dialect.name != "sqlite":
        return Moment(0, str(db.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()))
    number = db.info.setdefault("number", next(_NUMBERS))
    return Moment(number, str(db.exec_driver_sql("PRAGMA data_version").scalar_one()))


_NUMBERS = itertools.count(1)
"""Of connections to SQLite, which count each by itself."""
