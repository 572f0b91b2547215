from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from patience import PATIENCE
from sqlmodel import SQLModel, select

from hub import migrations
from hub.documents import Contact
from hub.engine.directory import entry_of
from hub.errors import SettingsError
from hub.migrations import History, autogenerate
from hub.models import BatchRow, ConnectionRow, ContactEntry, Integration, NativeRecord, now, table
from hub.settings import new_key
from hub.store import Store
from hub.vault import Vault

RECORDS = table(NativeRecord)
MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)


def connection(name: str = "Acme") -> ConnectionRow:
    return ConnectionRow(provider="stock", account_id=name, name=name, secrets=b"sealed")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """One that was never used, since here it is what is tested."""
    store = Store(database_url)
    yield store
    store.dispose()


@pytest.fixture
def connection_id(store: Store) -> int:
    with store.session() as session:
        row = connection()
        session.add(row)
    assert row.id is not None
    return row.id


def record(connection_id: int, number: int, stamp: str = "1", **more: Any) -> dict[str, Any]:
    wanted = {"feed": "sales", "record_id": str(number), "stamp": stamp, "seen_at": MOMENT, **more}
    return {"connection_id": connection_id, **wanted}


def put(store: Store, rows: list[dict[str, Any]], only_if_changed: str | None = None) -> None:
    with store.write() as db:
        store.upsert(
            db,
            NativeRecord,
            rows,
            key=("connection_id", "feed", "record_id"),
            update=("stamp", "label"),
            only_if_changed=only_if_changed,
        )


def stamps(store: Store) -> dict[str, tuple[str, str]]:
    with store.read() as db:
        return {row.record_id: (row.stamp, row.label) for row in db.execute(sa.select(RECORDS))}


# -- connections -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_server_closed_while_it_rested_is_opened_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for door in (store.read, store.write):
        with door() as db:
            db.execute(sa.text("SELECT 1"))
    stranger = sa.create_engine(store.engine.url, isolation_level="AUTOCOMMIT")
    with stranger.connect() as db:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        db.execute(sa.text(f"{others} AND pid <> pg_backend_pid()"))
    stranger.dispose()
    monkeypatch.setattr("hub.databases.RESTED_SECONDS", 0.0)
    for door in (store.read, store.write):
        with door() as db:
            assert db.execute(sa.text("SELECT 1")).scalar() == 1


# -- transactions ------------------------------------------------------------------------------------------------


def test_a_write_is_kept_and_a_failed_one_leaves_nothing(store: Store) -> None:
    with store.session() as session:
        session.add(connection("kept"))
    with pytest.raises(RuntimeError), store.write() as db:
        db.execute(sa.insert(table(ConnectionRow)).values(**connection("lost").model_dump(exclude={"id"})))
        raise RuntimeError
    with store.read() as db:
        assert db.execute(sa.select(table(ConnectionRow).c.name)).scalars().all() == ["kept"]


def test_a_read_transaction_can_not_write(store: Store, connection_id: int) -> None:
    with pytest.raises(sa.exc.DBAPIError), store.read() as db:
        db.execute(sa.delete(table(ConnectionRow)))


def begun(store: Store) -> list[str]:
    """Each transaction that reading begins from now on."""
    moments: list[str] = []
    for engine in {store._reader, store._pages}:
        sa.event.listen(engine, "begin", lambda _db: moments.append("begun"))
    return moments


def names(store: Store) -> list[str]:
    rows = table(ConnectionRow)
    with store.read() as db:
        return list(db.execute(sa.select(rows.c.name).order_by(rows.c.id)).scalars())


def rename(store: Store, connection_id: int, name: str) -> None:
    rows = table(ConnectionRow)
    with store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == connection_id).values(name=name))


def test_the_reads_of_a_page_are_one_transaction(store: Store, connection_id: int) -> None:
    moments = begun(store)
    with store.one_read():
        with store.read():
            assert names(store) == ["Acme"]
        assert names(store) == ["Acme"]
        assert len(moments) == 1
    assert names(store) == ["Acme"]
    assert len(moments) == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_plans_the_statements_of_pages_once_and_those_of_runs_for_their_values(store: Store) -> None:
    with store.read() as db:
        assert db.execute(sa.text("SHOW plan_cache_mode")).scalar_one() == "auto"
    with store.one_read(), store.read() as db:
        assert db.execute(sa.text("SHOW plan_cache_mode")).scalar_one() == "force_generic_plan"
        with pytest.raises(sa.exc.DBAPIError):
            db.execute(sa.text("CREATE TABLE written (id integer)"))


def test_what_a_page_writes_itself_is_seen_by_its_next_read(store: Store, connection_id: int) -> None:
    with store.one_read():
        assert names(store) == ["Acme"]
        rename(store, connection_id, "Bolt")
        assert names(store) == ["Bolt"]
        with store.read() as db:
            rename(store, connection_id, "Cork")
            assert names(store) == ["Cork"], "although somebody has the older transaction still"
            assert db.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_a_read_that_failed_spoils_no_later_one(store: Store, connection_id: int) -> None:
    with store.one_read():
        with pytest.raises(sa.exc.DBAPIError), store.read() as db:
            db.execute(sa.text("SELECT nothing FROM nowhere"))
        assert names(store) == ["Acme"]


def test_another_thread_reads_by_itself(store: Store, connection_id: int) -> None:
    moments = begun(store)
    with store.one_read():
        assert names(store) == ["Acme"]
        other = threading.Thread(target=names, args=(store,))
        other.start()
        other.join()
    assert len(moments) == 2


def test_objects_stay_readable_after_their_session(store: Store, connection_id: int) -> None:
    with store.session() as session:
        row = session.exec(select(ConnectionRow)).one()
    assert row.name == "Acme"


def test_times_come_back_aware_and_in_utc_whatever_zone_they_went_in_with(store: Store, connection_id: int) -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=13)))
    put(store, [record(connection_id, 1, seen_at=elsewhere)])
    with store.read() as db:
        found = db.execute(sa.select(RECORDS.c.seen_at)).scalar_one()
    assert found == MOMENT
    assert found.utcoffset() == timedelta(0)


def test_writers_wait_for_each_other_instead_of_losing_an_update(store: Store, connection_id: int) -> None:
    put(store, [record(connection_id, 1, stamp="0")])

    def raise_stamp() -> None:
        for _ in range(10):
            with store.write() as db:
                chosen = sa.select(RECORDS.c.stamp).with_for_update()
                stamp = int(db.execute(chosen).scalar_one())
                db.execute(sa.update(RECORDS).values(stamp=str(stamp + 1)))

    threads = [threading.Thread(target=raise_stamp) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stamps(store)["1"][0] == "40"


def test_a_reference_to_nothing_is_refused(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        put(store, [record(999, 1)])


def test_sqlite_waits_for_the_disk_except_for_counts_and_logs(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    full, normal = 2, 1
    with store.write() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == full
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with store.write(durable=False) as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == normal
    store.dispose()


def test_a_new_file_that_another_process_has_just_begun_to_write_is_waited_for(tmp_path: Path) -> None:
    store, modes = Store(f"sqlite:///{tmp_path / 'hub.db'}"), []
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def open_it() -> None:
        with store.read() as db:
            modes.append(db.exec_driver_sql("PRAGMA journal_mode").scalar())

    opening = threading.Thread(target=open_it)
    opening.start()
    opening.join(0.3)
    other.execute("COMMIT")
    other.close()
    opening.join(PATIENCE)
    assert modes == ["wal"]
    store.dispose()


def test_sqlite_learns_how_contacts_are_spread_once_they_have_grown_and_every_connection_notices(
    tmp_path: Path,
) -> None:
    store, elsewhere = (Store(f"sqlite:///{tmp_path / 'hub.db'}") for _ in range(2))
    store.migrate()
    entries = table(ContactEntry)
    with store.session() as session:
        rows = [connection("Shelf"), connection("Books")]
        session.add_all(rows)
    sides = [row.id or 0 for row in rows]

    def fill(first: int, count: int) -> None:
        numbers = range(first, first + count)
        contacts = [Contact(external_id=f"c{n}", name=f"Trader {n}", email=f"t{n}@t.test") for n in numbers]
        made = [entry_of(side, each) for side in sides for each in contacts]
        with store.write() as db:
            store.insert(db, ContactEntry, made)

    same = sa.and_(entries.c.connection_id == sides[0], entries.c.email == "t7@t.test", entries.c.active.is_(True))
    by_email = sa.select(entries.c.id).where(same)

    asked: list[Any] = []

    def searched_by(db: sa.Connection) -> str:
        db.execute(by_email).all()
        compiled = by_email.compile(db)
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        # An explanation that was prepared before would be told again: each is another text.
        asked.append(compiled)
        (step,) = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled} -- {len(asked)}", values).all()
        return str(step.detail)

    fill(0, 100)
    assert not store.gather_statistics(), "two hundred rows are found quickly in any way"
    fill(100, 900)
    with elsewhere.read() as other:
        searched_by(other)  # SQLite 3.40 guesses wrong here, and walks all names of the connection
    assert store.gather_statistics()
    with elsewhere.read() as other:
        assert "contact_entry_email" in searched_by(other)
    assert not store.gather_statistics(), "nothing has grown since"


def test_statistics_that_cannot_be_gathered_are_told_in_the_log_and_stop_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hub.databases.BUSY_MILLISECONDS", 50)
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    store.migrate()
    monkeypatch.setattr("hub.store.WORTH_STATISTICS", 0)
    with store.write():  # as another process would that writes for long
        store.migrate()
        assert not store.gather_statistics()
    assert [each.name for each in caplog.records] == ["hub.store", "hub.store"]
    assert "database is locked" in caplog.text
    assert store.gather_statistics(), "the next time is as good"
    store.dispose()


def test_claiming_an_integration_keeps_other_writers_of_it_out(store: Store, connection_id: int) -> None:
    with store.session() as session:
        other = connection("Ledger")
        session.add(other)
        session.flush()
        integration = Integration(
            name="both", stock_id=connection_id, ledger_id=other.id or 0, start_date=MOMENT.date()
        )
        session.add(integration)
    order: list[str] = []
    claimed = threading.Event()

    def second() -> None:
        claimed.wait()
        with store.write() as db:
            store.claim(db, integration.id or 0)
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with store.write() as db:
        store.claim(db, integration.id or 0)
        claimed.set()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_the_shared_clock_tells_the_present(store: Store) -> None:
    with store.read() as db:
        assert abs(store.time(db) - now().timestamp()) < 60


# -- the fast forms ----------------------------------------------------------------------------------------------


def test_an_upsert_inserts_what_is_new_and_updates_what_is_there(store: Store, connection_id: int) -> None:
    put(store, [record(connection_id, 1), record(connection_id, 2)])
    put(store, [record(connection_id, 2, stamp="2"), record(connection_id, 3)])
    assert stamps(store) == {"1": ("1", ""), "2": ("2", ""), "3": ("1", "")}


def test_a_row_whose_stamp_is_the_same_is_left_alone_when_asked_for(store: Store, connection_id: int) -> None:
    put(store, [record(connection_id, 1, label="old"), record(connection_id, 2, label="old")])
    fresh = [record(connection_id, 1, label="new"), record(connection_id, 2, stamp="2", label="new")]
    put(store, fresh, only_if_changed="stamp")
    assert stamps(store) == {"1": ("1", "old"), "2": ("2", "new")}


def test_columns_with_a_default_in_the_model_may_be_left_out(store: Store, connection_id: int) -> None:
    put(store, [record(connection_id, 1), record(connection_id, 2)])
    with store.read() as db:
        rows = db.execute(sa.select(RECORDS.c.label, RECORDS.c.skipped, RECORDS.c.pull)).all()
    assert [tuple(row) for row in rows] == [("", {}, 0)] * 2


def test_an_upsert_of_nothing_does_nothing(store: Store) -> None:
    put(store, [])
    assert stamps(store) == {}


def test_more_rows_than_one_chunk_all_arrive(store: Store, connection_id: int) -> None:
    with store.write() as db:
        store.insert(db, NativeRecord, [record(connection_id, number) for number in range(5001)])
    assert len(stamps(store)) == 5001


# -- keys --------------------------------------------------------------------------------------------------------


def test_after_rotation_every_secret_opens_with_the_new_key_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.ROTATED_AT_ONCE", 2)
    old, new = new_key(), new_key()
    rows = [
        {"provider": "p", "account_id": str(n), "name": "", "secrets": Vault([old]).seal({"n": n})} for n in range(5)
    ]
    batch = {"connection_id": 1, "run_id": 1, "kind": "k", "action": "a", "route": "r", "state": "s", "sent_at": MOMENT}
    with store.write() as db:
        store.insert(db, ConnectionRow, rows)
        first = db.execute(sa.select(sa.func.min(table(ConnectionRow).c.id))).scalar_one()
        batch["connection_id"] = first
        bodies: list[dict[str, Any]] = [
            {"id": "sent", "body": Vault([old]).seal(b"bytes")},
            {"id": "settled", "body": None},
        ]
        store.insert(db, BatchRow, [{**batch, **body} for body in bodies])
    assert store.rotate(Vault([new, old])) == 6
    with store.read() as db:
        sealed = db.execute(sa.select(table(ConnectionRow).c.secrets).order_by(table(ConnectionRow).c.id)).scalars()
        assert [Vault([new]).open(each) for each in sealed] == [{"n": n} for n in range(5)]
        body = db.execute(sa.select(table(BatchRow).c.body).where(table(BatchRow).c.id == "sent")).scalar_one()
        assert Vault([new]).open_bytes(body) == b"bytes"


def test_rotation_without_the_old_key_says_so_and_changes_nothing(store: Store) -> None:
    old = Vault([new_key()])
    with store.session() as session:
        session.add(ConnectionRow(provider="p", account_id="a", name="", secrets=old.seal({"n": 1})))
    with pytest.raises(SettingsError, match="HUB_SECRET_KEYS"):
        store.rotate(Vault([new_key()]))
    with store.read() as db:
        assert old.open(db.execute(sa.select(table(ConnectionRow).c.secrets)).scalar_one()) == {"n": 1}


# -- addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "hub.db", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_address_is_explained(url: str) -> None:
    with pytest.raises(SettingsError, match="HUB_DATABASE_URL"):
        Store(url)


def test_the_folder_of_a_new_database_file_is_made(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new' / 'hub.db'}")
    store.migrate()
    assert store.is_current()
    store.dispose()


# -- migrations --------------------------------------------------------------------------------------------------


def test_the_revisions_make_exactly_the_tables_of_the_models(empty_database_url: str) -> None:
    store = Store(empty_database_url)
    store.migrate()
    with store.write() as db:
        context = MigrationContext.configure(
            db, opts={"compare_type": True, "include_object": _ours, "version_table": "alembic_version_hub"}
        )
        assert compare_metadata(context, SQLModel.metadata) == []
    store.dispose()


def _ours(_object: object, name: str | None, type_: str, _reflected: bool, _compare_to: object) -> bool:
    """Plugins bring tables of their own, each named after its owner."""
    own, *plugins = migrations.histories()
    owners = frozenset(history.owner for history in (own, *plugins))
    return type_ != "table" or (own.owns(str(name), owners) and not str(name).startswith("alembic_version"))


def test_a_database_is_current_once_it_is_migrated(empty_database_url: str) -> None:
    store = Store(empty_database_url)
    assert not store.is_current()
    store.migrate()
    assert store.is_current()
    store.migrate()
    store.dispose()


def test_a_migration_that_is_interrupted_says_just_that_and_is_made_by_the_next(empty_database_url: str) -> None:
    store = Store(empty_database_url)

    def interrupt(_cursor: object, statement: str, *_more: object) -> None:
        if statement.strip().startswith("CREATE TABLE"):
            raise KeyboardInterrupt

    sa.event.listen(store.engine, "do_execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.migrate()
    sa.event.remove(store.engine, "do_execute", interrupt)
    assert not store.is_current()
    store.migrate()
    assert store.is_current()
    store.dispose()


def test_processes_that_migrate_together_do_not_meet(empty_database_url: str) -> None:
    stores = [Store(empty_database_url) for _ in range(3)]
    failures: list[Exception] = []

    def migrate(store: Store) -> None:
        try:
            store.migrate()
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert stores[0].is_current()
    for store in stores:
        store.dispose()


PLUGIN_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{owner}0001"
down_revision = None


def upgrade():
    op.create_table("{owner}_tenant", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """An installed plugin with a table of its own."""
    versions = tmp_path / "plugin" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_tenants.py").write_text(PLUGIN_REVISION.format(owner="wares"))
    history = History("wares", versions)
    monkeypatch.setattr(migrations, "_of_plugins", lambda: iter([history]))
    return history


def test_a_plugin_brings_its_own_tables(store: Store, plugin: History) -> None:
    assert not store.is_current()
    store.migrate()
    assert store.is_current()
    assert sa.inspect(store.engine).has_table("wares_tenant")


def test_without_its_plugin_a_history_stops_nobody(
    store: Store, plugin: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.migrate()
    monkeypatch.setattr(migrations, "_of_plugins", lambda: iter(()))
    assert store.is_current()
    store.migrate()
    assert sa.inspect(store.engine).has_table("wares_tenant")


def test_a_failed_revision_leaves_nothing_behind(store: Store, plugin: History) -> None:
    (plugin.versions / "0002_broken.py").write_text(
        'revision = "wares0002"\ndown_revision = "wares0001"\n\n\ndef upgrade():\n    raise RuntimeError\n'
    )
    with pytest.raises(RuntimeError):
        store.migrate()
    assert not sa.inspect(store.engine).has_table("wares_tenant")
    with store.write() as db:
        assert db.execute(sa.text("SELECT 1")).scalar() == 1


def test_a_revision_that_rebuilds_a_table_keeps_the_rows_that_refer_to_it(
    store: Store, plugin: History, connection_id: int
) -> None:
    put(store, [record(connection_id, 1)])
    (plugin.versions / "0002_rebuild.py").write_text(
        'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "wares0002"\n'
        'down_revision = "wares0001"\n\n\ndef upgrade():\n'
        '    with op.batch_alter_table("connection", recreate="auto") as batch:\n'
        '        batch.alter_column("name", existing_type=sa.String(), nullable=True)\n'
    )
    store.migrate()
    assert stamps(store) == {"1": ("1", "")}
    with pytest.raises(sa.exc.IntegrityError):
        put(store, [record(999, 2)])


def test_a_table_belongs_to_the_plugin_whose_name_it_begins_with(tmp_path: Path) -> None:
    hub, wares = History("hub", tmp_path), History("wares", tmp_path)
    owners = frozenset({"hub", "wares"})
    assert wares.owns("wares_tenant", owners)
    assert not hub.owns("wares_tenant", owners)
    assert hub.owns("connection", owners)
    assert not wares.owns("connection", owners)


def test_the_next_revision_is_written_from_what_changed_in_the_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    history = History("wares", versions)
    monkeypatch.setattr(migrations, "_of_plugins", lambda: iter([history]))
    tenants = sa.Table("wares_tenant", SQLModel.metadata, sa.Column("id", sa.Integer, primary_key=True))
    try:
        first = autogenerate.write(history, "tenants", first=True)
        tenants.append_column(sa.Column("name", sa.String))
        second = autogenerate.write(history, "tenants have names")
    finally:
        SQLModel.metadata.remove(tenants)
    assert [path.name for path in (first, second)] == ["wares0001_tenants.py", "wares0002_tenants_have_names.py"]
    assert "wares_tenant" in first.read_text()
    assert "connection" not in first.read_text()
    assert 'down_revision = "wares0001"' in second.read_text()
    assert 'sa.Column("name", sa.String()' in second.read_text()
