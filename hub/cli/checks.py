"""What the doctor looks at: each check answers with findings, and every fault says how it is mended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import sqlalchemy as sa

from hub.cli.connections import state_of
from hub.cli.database import secret_faults, structure_faults
from hub.cli.finding import all_connections
from hub.cli.workplace import Workplace
from hub.engine import Hub
from hub.engine.connections import settings_of, try_settings
from hub.engine.runs import silence
from hub.errors import HubError, SettingsError
from hub.models import ConnectionRow, Exchange, Flow, FlowMode, Integration, Run, RunState, Schedule, table
from hub.scheduler import is_scheduler_alive

connections = table(ConnectionRow)
exchanges = table(Exchange)
flows, integrations = table(Flow), table(Integration)
runs, schedules = table(Run), table(Schedule)

MOST_DRIFT = 60.0
"""Seconds that a clock may differ: tokens, signatures and change stamps bear about that much."""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. ``fix`` is empty when it is well."""

    name: str
    says: str
    fix: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done."""
        return not self.fix


Check = Callable[[Workplace], Iterator[Finding]]


def data_folder(workplace: Workplace) -> Iterator[Finding]:
    """Can the data folder be written, and can nobody else read the key?"""
    folder = workplace.settings.data
    if workplace.settings.database_url and workplace.settings.secret_keys:
        yield Finding("data folder", "not needed: database and keys are set elsewhere")
    elif not folder.exists():
        yield Finding("data folder", f"{folder} is not there yet", "Start the hub once (hub serve), or set HUB_DATA.")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("data folder", f"{folder} can't be written", f"Give this user the right: chown '{folder}'")
    else:
        yield Finding("data folder", f"{folder} can be written")
        if not workplace.settings.secret_keys:
            yield from _private(folder / "secret.key")


def _private(path: Path) -> Iterator[Finding]:
    if os.name != "posix" or not path.exists():
        return
    mode = path.stat().st_mode & 0o777
    # Documents lie readable in the database, so only a file that anybody may write is a fault there.
    open_to_others = mode & 0o077 if path.suffix == ".key" else mode & 0o002
    if open_to_others:
        yield Finding(path.name, f"other users may use it (mode {mode:o})", f"Run: chmod 600 '{path}'")
    else:
        yield Finding(path.name, f"mode {mode:o}")


def database(workplace: Workplace) -> Iterator[Finding]:
    """Does the database answer, is it whole and of this version, and does it survive power loss?"""
    store = workplace.store
    if store.file and not store.file.exists():  # looked at first: opening it would make it
        fix = "Is the path right? See HUB_DATABASE_URL and HUB_DATA. If it is, hub serve makes the database."
        yield Finding("database", f"there is no database at {store.file}", fix)
        return
    with store.read() as db:
        version = db.execute(sa.select(sa.func.sqlite_version() if store.is_sqlite else sa.func.version())).scalar()
    yield Finding("database", f"{'SQLite ' if store.is_sqlite else ''}{version} answers")
    faults = list(structure_faults(store))
    for fault in faults:
        yield Finding("tables", fault.partition(". ")[0], fault.partition(". ")[2])
    if not faults:
        yield Finding("tables", "up to date")
    if store.file:
        yield from _private(store.file)
        yield from _pragmas(workplace)


def _pragmas(workplace: Workplace) -> Iterator[Finding]:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with workplace.store.engine.connect() as db:
        found = {name: db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    wrong = [f"{name} is {found[name]}" for name in wanted if found[name] != wanted[name]]
    if wrong:
        fix = "Keep HUB_DATA on a disk of this machine: a network folder does not carry SQLite."
        yield Finding("durability", "; ".join(wrong), fix)
    else:
        yield Finding("durability", "write-ahead log, every commit waits for the disk")


def keys(workplace: Workplace) -> Iterator[Finding]:
    """Do the keys open every stored secret?"""
    settings = workplace.settings
    if not settings.secret_keys and not (settings.data / "secret.key").exists():
        fix = "Restore secret.key from your backup, or start the hub once (hub serve) if it is new: that makes one."
        yield Finding("keys", "there is no key yet", fix)
        return
    faults = list(secret_faults(workplace.store, workplace.vault))
    for fault in faults:
        yield Finding("keys", fault.partition(". ")[0], fault.partition(". ")[2])
    if not faults:
        yield Finding("keys", "they open every stored secret")


def plugins(workplace: Workplace) -> Iterator[Finding]:
    """Can every installed plugin be used?"""
    for info in workplace.found.installed:
        text, _, advice = info.problem.rpartition(" Update it ")
        fix = f"Update it {advice}" if info.problem else ""
        yield Finding(f"plugin {info.name}", text or f"{info.distribution} {info.version}", fix)
    if not workplace.found.installed:
        yield Finding("plugins", "none is installed", "Install one for each product, as in: pip install ./plugins/NAME")


def clock(workplace: Workplace) -> Iterator[Finding]:
    """Does this machine's clock agree with the database's and with the platforms'?"""
    with workplace.store.read() as db:
        drift = abs(workplace.store.time(db) - time.time())
        heard = _drift_of_answers(db)
    worst = max(drift, heard or 0.0)
    against = "the database's" if heard is None else "the database's and the platforms'"
    if worst > MOST_DRIFT:
        yield Finding(
            "clock", f"{worst:.0f} seconds off {against}", "Set this machine's clock: timedatectl set-ntp true"
        )
    else:
        yield Finding("clock", f"agrees with {against}")


def _drift_of_answers(db: sa.Connection) -> float | None:
    """The newest logged answer with a Date header: how far was it from our own time then?"""
    chosen = (
        sa.select(exchanges.c.at, exchanges.c.milliseconds, exchanges.c.response)
        .where(exchanges.c.status.is_not(None), exchanges.c.response.icontains("date: "))
        .order_by(exchanges.c.id.desc())
        .limit(1)
    )
    row = db.execute(chosen).first() if sa.inspect(db).has_table(exchanges.name) else None
    for line in row.response.splitlines() if row else ():
        name, _, value = line.partition(":")
        if name.strip().casefold() == "date":
            answered = row.at + timedelta(milliseconds=row.milliseconds) if row else None
            return abs((parsedate_to_datetime(value.strip()) - answered).total_seconds()) if answered else None
    return None


def scheduler(workplace: Workplace) -> Iterator[Finding]:
    """Is any process the scheduler?"""
    if is_scheduler_alive(workplace.store):
        yield Finding("scheduler", "alive")
    else:
        yield Finding("scheduler", "no process is the scheduler", "Start the hub: hub serve (or hub schedule).")


def paused_schedules(workplace: Workplace) -> Iterator[Finding]:
    """Is there a connection that should carry something and never runs by itself?"""
    live = sa.select(integrations.c.stock_id, integrations.c.ledger_id).join(
        flows, flows.c.integration_id == integrations.c.id
    )
    with workplace.store.read() as db:
        used = {id for row in db.execute(live.where(flows.c.mode != FlowMode.OFF.value).distinct()) for id in row}
        timed: dict[int, bool] = {}
        for row in db.execute(sa.select(schedules.c.connection_id, schedules.c.paused)):
            timed[row.connection_id] = timed.get(row.connection_id, True) and row.paused
    for each in all_connections(workplace.patient):
        if each.id in used and timed.get(each.id):
            fix = "Resume a schedule on the page Schedules, or switch its flows off."
            yield Finding("schedules", f"{each.name} has flows switched on, and every schedule of it is paused", fix)


def accounts(workplace: Workplace) -> Iterator[Finding]:
    """Does every connection work, asked at the platform itself?"""
    hub = workplace.patient
    for row in all_connections(hub):
        state = state_of(hub, row)
        if state["state"] in ("plugin missing", "suspended"):
            yield Finding(row.name, state["state"], state["detail"])
        elif hub.provider(row.provider).visit is not None:
            yield Finding(row.name, "visits the hub by itself")
        else:
            yield _asked(hub, row.name, hub.connection(row.id))


def _asked(hub: Hub, name: str, row: ConnectionRow) -> Finding:
    try:
        provider = hub.provider(row.provider)
        settings = settings_of(hub, row)
        found = try_settings(hub, provider, settings, account_id=row.account_id, consent_id=row.consent_id)
    except HubError as error:
        return Finding(name, "does not work", str(error))
    return Finding(name, f"works: {found.name}")


def stale_runs(workplace: Workplace) -> Iterator[Finding]:
    """Is there a run whose process died?"""
    hub = workplace.patient
    stale = timedelta(seconds=hub.settings.run_stale_seconds)
    chosen = sa.select(runs.c.id, runs.c.heartbeat_at, connections.c.name).where(runs.c.state == RunState.OPEN.value)
    with hub.store.read() as db:
        found = db.execute(chosen.join(connections, connections.c.id == runs.c.connection_id)).all()
    silent = {row: silence(row.heartbeat_at, hub.clock(), stale) for row in found}
    for row, says in silent.items():
        if row.heartbeat_at < hub.clock() - stale:
            fix = f"Run: hub run '{row.name}' (it takes over; what was on its way is looked for first)."
            yield Finding("runs", f"run {row.id} of {row.name} died", fix)
        elif says:
            yield Finding("runs", f"run {row.id} of {row.name}: {says}")
    if not any(silent.values()):
        yield Finding("runs", "none is stale")


ALWAYS: tuple[tuple[str, Check], ...] = (("data folder", data_folder), ("plugins", plugins))
ITSELF: tuple[tuple[str, Check], ...] = (("database", database),)
WITH_DATABASE: tuple[tuple[str, Check], ...] = (("keys", keys), ("clock", clock))
WITH_TABLES: tuple[tuple[str, Check], ...] = (
    ("scheduler", scheduler),
    ("schedules", paused_schedules),
    ("connections", accounts),
    ("runs", stale_runs),
)


def examine(workplace: Workplace) -> Iterator[Finding]:
    """Every check that can be made; one that can't be is a finding itself and stops no other."""
    found = list(_made(workplace, ALWAYS))
    if workplace.settings.database_url or workplace.settings.data.exists():
        found += _made(workplace, ITSELF)
        if all(each.is_well for each in found if each.name == "database"):
            found += _made(workplace, WITH_DATABASE)
        if all(each.is_well for each in found if each.name in ("database", "tables", "keys")):
            found += _made(workplace, WITH_TABLES)
    return iter(found)


def _made(workplace: Workplace, checks: Iterable[tuple[str, Check]]) -> Iterator[Finding]:
    for name, check in checks:
        try:
            yield from check(workplace)
        except SettingsError as error:
            yield Finding(name, "could not be checked", str(error))
        except sa.exc.SQLAlchemyError as error:
            reason = str(error).strip().splitlines()[0]
            yield Finding(name, reason, "Check HUB_DATABASE_URL, and that the database runs.")
