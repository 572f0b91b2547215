"""``hub db`` and ``hub key``: the database and the keys of its secrets."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from hub.cli.output import counted
from hub.cli.workplace import Workplace, pass_workplace
from hub.errors import SettingsError
from hub.models import BatchRow, ConnectionRow, ConsentRow, OAuthRequest, PersonRow, table
from hub.settings import new_key
from hub.store import Store
from hub.vault import Vault

SEALED: tuple[tuple[sa.Table, str], ...] = (
    (table(ConnectionRow), "secrets"),
    (table(ConsentRow), "secrets"),
    (table(OAuthRequest), "secrets"),
    (table(BatchRow), "body"),
    (table(PersonRow), "totp_secret"),
    (table(PersonRow), "recovery_codes"),
)
"""Every column that holds sealed bytes."""

SORTS = {"connection": "connection", "consent": "sign-in", "batch": "stored request", "person": "second factor"}
"""What people call the rows that hold sealed bytes which are needed later."""


@click.group("db")
def database() -> None:
    """Bring the database up to date, check it, back it up, or change the keys of its secrets."""


@database.command()
@pass_workplace
def upgrade(workplace: Workplace) -> None:
    """Bring the tables of the hub and of its plugins up to date. Every start does that too.

    \b
    Example:  hub db upgrade

    On trouble: an upgrade that fails changes nothing, and says why. Make a backup before a new version all the same.
    """
    if workplace.store.is_current():
        click.echo("The database is up to date.")
        return
    workplace.store.migrate()
    click.echo("The database was brought up to date.")


@database.command()
@pass_workplace
@click.pass_context
def check(ctx: click.Context, workplace: Workplace) -> None:
    """Check that the database is whole, is up to date, and that the keys open every secret in it.

    \b
    Example:  hub db check

    On trouble: each fault is named with what to do, and the exit code is 1.
    """
    faults = [*structure_faults(workplace.store), *secret_faults(workplace.store, workplace.vault)]
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        ctx.exit(1)
    click.echo("The database is whole and up to date, and the keys open every secret in it.")


@database.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@pass_workplace
def backup(workplace: Workplace, target: Path) -> None:
    """Copy a SQLite database to TARGET while the hub works on; the copy is complete and consistent.

    The secrets in it are encrypted with the key in HUB_DATA/secret.key or HUB_SECRET_KEYS: keep that key as well, in
    another place. Without it nobody can read the credentials, and every account has to be connected anew.

    \b
    Example:  hub db backup /var/backups/hub-$(date +%F).db

    On trouble: a file that exists is never overwritten; a copy that fails leaves nothing behind. For PostgreSQL use
    pg_dump.
    """
    store = workplace.store
    if not store.is_sqlite:
        raise SettingsError("This is a PostgreSQL database: back it up with pg_dump --format=custom.")
    if target.exists():
        raise SettingsError(f"{target} exists already. Give another name, or move it away.")
    source = Path(store.engine.url.database or "")
    if not source.exists():
        raise SettingsError(
            f"There is no database at {source}. Is the path right? HUB_DATABASE_URL and HUB_DATA say it."
        )
    try:
        copy_sqlite(source, target)
    except OSError as error:
        raise SettingsError(f"{target} can't be written: {error.strerror}. Give another place.") from error
    except sqlite3.Error as error:
        raise SettingsError(f"{source} can't be copied: {error}. 'hub db check' says more.") from error
    click.echo(f"Copied to {target} ({target.stat().st_size:,} bytes). Keep the key in another place.")


@database.command("rotate-keys")
@pass_workplace
def rotate_keys(workplace: Workplace) -> None:
    """Encrypt every stored secret with the first key, so that the others can be taken away.

    First make a new key (hub key) and put it before the present one: in HUB_SECRET_KEYS, separated by a comma, or as
    the first line of HUB_DATA/secret.key. Restart the hub's processes, run this, then remove the old key.

    \b
    Example:  hub db rotate-keys

    On trouble: it can be run again at any time; what none of the keys opens is named and left as it is.
    """
    count = workplace.hub.store.rotate(workplace.vault)
    click.echo(f"{counted(count, 'secret')} encrypted with the first key. The other keys can be removed now.")


@click.command()
def key() -> None:
    """Print a new random key for HUB_SECRET_KEYS or HUB_DATA/secret.key. Nothing is stored.

    \b
    Example:  HUB_SECRET_KEYS="$(hub key),$HUB_SECRET_KEYS" hub db rotate-keys

    On trouble: a key that was lost can't be made again. Keep a copy apart from the backups.
    """
    click.echo(new_key())


def copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own way to copy a database that is in use; the result is put in place only when it is complete."""
    draft = target.with_name(f".{target.name}.part")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(draft)) as new:
            old.backup(new)
        os.link(draft, target)
    finally:
        draft.unlink()


def structure_faults(store: Store) -> Iterator[str]:
    """Whether the tables are those of this version, and whether a SQLite file is undamaged."""
    if not store.is_current():
        yield "The tables are not those of this version. Run: hub db upgrade"
    if store.is_sqlite:
        with store.read() as db:
            result = db.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
        if result != ["ok"]:
            yield f"The database file is damaged ({result[0]}). Restore your last backup."


def secret_faults(store: Store, vault: Vault) -> Iterator[str]:
    """What none of the keys opens, as one fault with how many there are of each sort: one key mends them all.

    Sign-ins that were begun are left out: nobody comes back to one that is old, and a new one is sealed anew.
    """
    shut: dict[str, set[Any]] = {}
    told = ""
    for owner, column in SEALED:
        for row_id, sealed in _sealed(store, owner, column) if owner.name in SORTS else ():
            try:
                vault.open_bytes(sealed)
            except SettingsError as error:
                shut.setdefault(owner.name, set()).add(row_id)
                told = str(error)
    if shut:
        yield f"{', '.join(counted(len(ids), SORTS[name]) for name, ids in shut.items())}: {told}"


def _sealed(store: Store, owner: sa.Table, column: str) -> list[tuple[Any, bytes]]:
    with store.read() as db:
        if not sa.inspect(db).has_table(owner.name):
            return []
        chosen = sa.select(_identity(owner), owner.c[column]).where(owner.c[column].is_not(None))
        return [(row[0], row[1]) for row in db.execute(chosen)]


def _identity(owner: sa.Table) -> sa.Column[Any]:
    return next(iter(owner.primary_key.columns))
