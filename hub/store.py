"""The database: transactions, the fast forms of writing, and migration, alike on SQLite and PostgreSQL.

SQLite runs in WAL mode with ``synchronous=FULL``, so a commit made before a send survives power loss. Writers
begin with ``BEGIN IMMEDIATE``: they queue at the start, for thirty seconds, and never fail midway.
"""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import sqlmodel
from pydantic_core import PydanticUndefined
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from hub import migrations
from hub.databases import open_postgresql, open_sqlite
from hub.errors import SettingsError
from hub.models import ContactEntry, Integration, Link, OperationRow, Snapshot, table

log = logging.getLogger("hub.store")

CHUNK = 5000
"""Rows per executemany: large enough to be quick, small enough not to hold a whole feed twice in memory."""

ROTATED_AT_ONCE = 500
LOOKED_AT_PER_INDEX = 1000
"""Entries of each index that SQLite looks at for its statistics: a tenth of a second, however many rows there are."""
WORTH_STATISTICS = 1000
GROWN = 4
"""Statistics say how values are spread, which hardly changes; a table several times as long may be another one."""

if TYPE_CHECKING:
    from hub.vault import Vault

TableLike = sa.Table | type[SQLModel]


class SharedRead:
    """A connection for reading that the first read takes and that is lent to all further ones; for one thread."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._db: sa.Connection | None = None
        self._lent = 0
        self.is_over = False
        """Something was written or failed meanwhile; those who have the transaction may go on with it, nobody else."""

    @contextmanager
    def borrowed(self) -> Iterator[sa.Connection]:
        """The transaction. After an error it ends with those who have it: PostgreSQL answers no more in it."""
        if self._db is None:
            self._db = self.engine.connect()
        self._lent += 1
        try:
            yield self._db
        except BaseException:
            self.is_over = True
            raise
        finally:
            self._lent -= 1
            if self.is_over:
                self.end()

    def end(self) -> None:
        """Let the next read begin anew, as soon as nobody has it any more."""
        self.is_over = self._lent > 0
        if not self.is_over and self._db is not None:
            self._db.close()
            self._db = None


_SHARED_READ: ContextVar[SharedRead | None] = ContextVar("shared read", default=None)


class Store:
    """One database: ``sqlite:///path`` or ``postgresql://...``; nothing is opened until it is needed."""

    def __init__(self, url: str) -> None:
        parsed = _parse(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.file = Path(parsed.database or "") if self.is_sqlite else None
        """The file of a SQLite database, there or not yet."""
        if self.is_sqlite:
            self.engine = open_sqlite(parsed, "BEGIN IMMEDIATE")
            self._reader = self._pages = open_sqlite(parsed, "BEGIN DEFERRED", "query_only=ON")
            # In WAL mode NORMAL spares the fsync of each commit; only the last ones can be lost, in order.
            self._quick = open_sqlite(parsed, "BEGIN IMMEDIATE", "synchronous=NORMAL")
        else:
            self.engine = self._quick = open_postgresql(parsed)
            # Each statement sees the moment it begins, in a transaction as without: so reads do without one.
            reading = partial(open_postgresql, parsed, autocommit=True, default_transaction_read_only="on")
            self._reader = reading()
            # Pages ask the same statements again and again, and find few rows by indexes: to plan one for each value
            # takes longer than to answer it. A run's statements may find any number, and are planned for their values.
            self._pages = reading(plan_cache_mode="force_generic_plan")

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """One write transaction: commits at the end, rolls back on error.

        ``durable=False`` is for what can be read or worked out again, and for counts and logs: the commit does not
        wait for the disk, so power loss may undo the last few of them, each as a whole. The next durable commit
        makes them durable too.
        """
        with (self.engine if durable else self._quick).begin() as db:
            if not durable and not self.is_sqlite:
                db.execute(sa.text("SET LOCAL synchronous_commit TO off"))
            yield db
        self._end_shared_read()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection for reading; an attempt to write through it fails."""
        shared = _SHARED_READ.get()
        lends = shared is not None and shared.engine is self._pages and not shared.is_over
        with shared.borrowed() if shared is not None and lends else self._reader.connect() as db:
            yield db

    @contextmanager
    def scan(self) -> Iterator[sa.Connection]:
        """A connection for reading a statement of many rows with ``yield_per``, a portion of them at a time."""
        if self.is_sqlite:
            with self.read() as db:
                yield db
            return
        # PostgreSQL keeps the rows that are still to come only within a transaction.
        with self._reader.connect().execution_options(isolation_level="READ COMMITTED") as db:
            yield db

    @contextmanager
    def one_read(self) -> Iterator[None]:
        """Within it, all reads of this thread go through one connection, and only the first has to get it.

        On SQLite that is one transaction, which shows one moment; after a write of this thread the next read begins
        another, so that it sees what was written. It is for what is over soon, such as a page. On PostgreSQL each
        statement sees what is committed when it begins.
        """
        token = _SHARED_READ.set(SharedRead(self._pages))
        try:
            yield
        finally:
            self._end_shared_read()
            _SHARED_READ.reset(token)

    def _end_shared_read(self) -> None:
        shared = _SHARED_READ.get()
        if shared is not None and shared.engine is self._pages:
            shared.end()

    @contextmanager
    def session(self) -> Iterator[sqlmodel.Session]:
        """A write transaction through the ORM, for pages and settings; objects stay usable after it."""
        with sqlmodel.Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session
        self._end_shared_read()

    def upsert(
        self,
        db: sa.Connection,
        table: TableLike,
        rows: Sequence[Mapping[str, Any]],
        *,
        key: Sequence[str],
        update: Sequence[str],
        only_if_changed: str | None = None,
    ) -> None:
        """Insert ``rows``, or update the columns ``update`` where ``key`` is there already.

        Every row has the same columns; those that a model gives a default may be left out. With
        ``only_if_changed`` a row whose column of that name is unchanged is left alone.
        """
        target = _table(table)
        statement = (sqlite.insert if self.is_sqlite else postgresql.insert)(target)
        if update:
            changed = None
            if only_if_changed:
                changed = target.c[only_if_changed].is_distinct_from(statement.excluded[only_if_changed])
            chosen = {column: statement.excluded[column] for column in update}
            statement = statement.on_conflict_do_update(index_elements=list(key), set_=chosen, where=changed)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=list(key))
        _execute(db, statement, table, rows)

    def insert(self, db: sa.Connection, table: TableLike, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert ``rows``, all with the same columns; those with a default in the model may be left out."""
        _execute(db, sa.insert(_table(table)), table, rows)

    def claim(self, db: sa.Connection, integration_id: int) -> None:
        """Take the integration's write lock until the transaction ends.

        SQLite has one writer anyway. ``FOR NO KEY UPDATE`` lets others add rows that refer to it.
        """
        if not self.is_sqlite:
            integration = table(Integration)
            chosen = sa.select(integration.c.id).where(integration.c.id == integration_id)
            db.execute(chosen.with_for_update(key_share=True))

    def time(self, db: sa.Connection) -> float:
        """Seconds since 1970 by the clock that every process of this database shares."""
        if self.is_sqlite:
            return time.time()
        return float(db.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def migrate(self) -> None:
        """Bring the hub's tables, and each installed plugin's, up to date; quick when they are."""
        if not self.is_current():
            with self._schema_change() as db:
                migrations.upgrade(db)
        self.gather_statistics()

    def is_current(self) -> bool:
        """Whether :meth:`migrate` has nothing to do."""
        with self.read() as db:
            return migrations.is_current(db)

    def gather_statistics(self) -> bool:
        """Have SQLite look at how values are spread, when a table has grown; whether it did.

        Without it, SQLite takes an index that finds all fifty thousand contacts of a connection for as good as one
        that finds the one wanted. PostgreSQL does this by itself. Only speed rests on it: where the database refuses,
        say since another process writes for long, the log tells it, and the next time is soon.
        """
        if not self.is_sqlite:
            return False
        try:
            due = self._have_tables_grown()
            if due:
                self._analyze()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError):
            log.warning("SQLite's statistics could not be gathered; pages may be slow until they are", exc_info=True)
            return False
        return due

    def _have_tables_grown(self) -> bool:
        with self.read() as db:
            sizes = {name: size or 0 for name, size in db.execute(_SIZES)}
            long = {name: size for name, size in sizes.items() if size >= WORTH_STATISTICS}
            known = _rows_at_last_look(db) if long else {}
            return any(size >= GROWN * known.get(name, 0) for name, size in long.items())

    def _analyze(self) -> None:
        with self.write(durable=False) as db:
            db.exec_driver_sql(f"PRAGMA analysis_limit={LOOKED_AT_PER_INDEX}")
            # Made anew, so that every open connection, of other processes too, reads them again.
            db.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
            db.exec_driver_sql("ANALYZE")

    def rotate(self, vault: Vault) -> int:
        """Encrypt every stored secret anew under the vault's first key; returns how many there are.

        Binary columns hold sealed secrets and nothing else. A secret that changes meanwhile was sealed under the
        first key by whoever changed it, and is left alone.
        """
        tables = (found for found in SQLModel.metadata.sorted_tables if found.primary_key.columns)
        return sum(self._rotate(column, vault) for found in tables for column in found.c if _is_sealed(column))

    def _rotate(self, column: sa.Column[Any], vault: Vault) -> int:
        (key,) = column.table.primary_key.columns
        chosen = sa.select(key, column).where(column.is_not(None), column != b"").order_by(key).limit(ROTATED_AT_ONCE)
        rotated, last = 0, None
        while True:
            with self.write() as db:
                rows = db.execute(chosen if last is None else chosen.where(key > last)).all()
                for last, sealed in rows:
                    unchanged = sa.update(column.table).where(key == last, column == sealed)
                    db.execute(unchanged.values({column.name: vault.rotate(sealed)}))
            rotated += len(rows)
            if len(rows) < ROTATED_AT_ONCE:
                return rotated

    @contextmanager
    def _schema_change(self) -> Iterator[sa.Connection]:
        """A connection on which tables may be rebuilt: SQLite must not enforce references meanwhile."""
        if not self.is_sqlite:
            with self.engine.begin() as db:
                yield db
            return
        with self.engine.connect() as db:
            driver: Any = db.connection.dbapi_connection  # the pragma does nothing inside a transaction
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with db.begin():
                    yield db
                    broken = db.exec_driver_sql("PRAGMA foreign_key_check").first()
                    if broken:
                        raise SettingsError(f"The migration breaks a reference of table {broken[0]}; undone.")
            finally:
                if not db.invalidated:  # an interrupted statement closes it for good
                    driver.execute("PRAGMA foreign_keys=ON")

    def dispose(self) -> None:
        """Close every pooled connection."""
        for engine in (self.engine, self._reader, self._pages, self._quick):
            engine.dispose()


_GROWING = tuple(table(model) for model in (ContactEntry, Link, OperationRow, Snapshot))
_SIZES = sa.union_all(*(sa.select(sa.literal(each.name), sa.func.max(each.c.id)) for each in _GROWING))
"""Asked after each feed, and answered by the ends of four tables."""


def _rows_at_last_look(db: sa.Connection) -> dict[str, int]:
    """About how many rows the tables had; of an index of some rows alone, SQLite notes how many those are."""
    if not sa.inspect(db).has_table("sqlite_stat1"):
        return {}
    rows: dict[str, int] = {}
    for name, stat in db.exec_driver_sql("SELECT tbl, stat FROM sqlite_stat1"):
        rows[name] = max(rows.get(name, 0), int(stat.split()[0]))
    return rows


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingsError("HUB_DATABASE_URL should look like sqlite:///hub.db or postgresql://...") from None
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError("HUB_DATABASE_URL must name a file: several connections share the database.")
        return parsed
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        if importlib.util.find_spec("psycopg") is None:
            raise SettingsError("PostgreSQL needs its driver. Run: pip install '.[postgres]' in the hub's folder")
        return parsed.set(drivername="postgresql+psycopg")
    raise SettingsError(f"HUB_DATABASE_URL: use SQLite or PostgreSQL, not {parsed.get_backend_name()}.")


def _is_sealed(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.LargeBinary)


def _table(table_or_model: TableLike) -> sa.Table:
    return table_or_model if isinstance(table_or_model, sa.Table) else table(table_or_model)


def _execute(db: sa.Connection, statement: sa.Insert, table: TableLike, rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        chunk = [dict(row) for row in rows[start : start + CHUNK]]
        _fill_defaults(table, chunk)
        db.execute(statement, chunk)


def _fill_defaults(table: TableLike, rows: list[dict[str, Any]]) -> None:
    """SQLModel keeps defaults in its fields, where a statement made from the table alone would miss them."""
    if isinstance(table, sa.Table):
        return
    for name, field in table.model_fields.items():
        if name not in rows[0] and field.get_default(call_default_factory=True) not in (
            PydanticUndefined,
            None,
        ):
            for row in rows:
                row[name] = field.get_default(call_default_factory=True)
