"""The tables' histories: the hub's own, and one for each plugin that brings ``migrations/versions``.

Each history has its own version table, ``alembic_version_<owner>``, so that uninstalling a plugin leaves
the others able to migrate. A plugin's tables are named ``<owner>_...``, after its entry point.

To write a new revision after changing the models: ``python -m hub.migrations.autogenerate "what changed"``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

OWN = "hub"
HERE = Path(__file__).parent
ADVISORY_LOCK = 0x6875_6264
"""Two processes started together migrate one after the other (PostgreSQL; SQLite has one writer anyway)."""


@dataclass(frozen=True)
class History:
    """The revisions of one owner's tables."""

    owner: str
    versions: Path

    @property
    def version_table(self) -> str:
        """Where the database keeps which revision it is at."""
        return f"alembic_version_{self.owner}"

    def owns(self, table: str, owners: frozenset[str]) -> bool:
        """Whether a table belongs here: by prefix to a plugin, otherwise to the hub."""
        prefixed = {owner for owner in owners - {OWN} if table.startswith(f"{owner}_")}
        return self.owner in (prefixed or {OWN})

    def config(self, db: sa.Connection | None = None) -> Config:
        """Alembic's configuration, made in code so that no file has to be found at run time."""
        config = Config(attributes={"connection": db, "history": self})
        config.set_main_option("script_location", str(HERE))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(self.versions))
        return config

    def heads(self) -> frozenset[str]:
        """The newest revisions there are."""
        return _heads(self)

    def present(self, db: sa.Connection) -> frozenset[str]:
        """The revisions that the database is at."""
        context = MigrationContext.configure(db, opts={"version_table": self.version_table})
        return frozenset(context.get_current_heads())


@cache
def _heads(history: History) -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(history.config()).get_heads())


def histories() -> tuple[History, ...]:
    """The hub's own history first, then each installed plugin's."""
    return (History(OWN, HERE / "versions"), *_of_plugins())


def _of_plugins() -> Iterator[History]:
    for point in sorted(entry_points(group="hub"), key=lambda point: point.name):
        # The package is only located, not imported: tables exist before the code that uses them runs.
        found = importlib.util.find_spec(point.module.partition(".")[0])
        for folder in (found.submodule_search_locations or ()) if found else ():
            if (Path(folder) / "migrations" / "versions").is_dir():
                yield History(point.name, Path(folder) / "migrations" / "versions")


def is_current(db: sa.Connection) -> bool:
    """Whether every history is at its newest revision."""
    return all(history.present(db) == history.heads() for history in histories())


def upgrade(db: sa.Connection) -> None:
    """Bring every history to its newest revision, within the caller's transaction."""
    if db.dialect.name == "postgresql":
        db.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    for history in histories():
        if history.present(db) != history.heads():
            command.upgrade(history.config(db), "heads")
