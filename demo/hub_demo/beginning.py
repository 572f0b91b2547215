"""A demo's folder: one demo at a time, and one that was ended while it was set up is begun anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_UNFINISHED = "not-set-up-yet"
_LOCK = "demo.lock"
_DATABASES = ("hub.db", "cin7core.sqlite", "xero.sqlite", "qbdesktop.sqlite")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have the folder for this demo as long as the block lasts, and make it if need be.

    Databases that a demo left there which was ended while it was set up are removed; nothing else ever is. Raises
    ``SystemExit`` while another demo has the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A lock of SQLite's: on every system it is let go of when its program ends, however that ends.
    with closing(sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None, check_same_thread=False)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise SystemExit(f"{folder} is no place for this demo: another one runs there ({error}).") from None
        _begin(folder)
        yield


def _begin(folder: Path) -> None:
    mark = folder / _UNFINISHED
    if mark.exists():
        for name in _DATABASES:
            for suffix in ("-wal", "-shm", "-journal", ""):
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
    elif not any((folder / name).exists() for name in _DATABASES):
        mark.touch()


def note_set_up(folder: Path) -> None:
    """The next demo goes on with what is there."""
    (folder / _UNFINISHED).unlink(missing_ok=True)
