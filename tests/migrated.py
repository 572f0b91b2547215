"""Databases that were migrated once and copied: a migration takes longer than most tests of a plugin."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from hub.store import Store


def migrated(path: Path) -> Store:
    """A store on a new SQLite file with every table and no row."""
    path.write_bytes(_file())
    return Store(f"sqlite:///{path}")


@cache
def _file() -> bytes:
    """What a migration makes."""
    with tempfile.TemporaryDirectory(prefix="hub-template-") as folder:
        path = Path(folder) / "template.db"
        store = Store(f"sqlite:///{path}")
        store.migrate()
        store.dispose()
        return path.read_bytes()
