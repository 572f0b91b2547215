"""Write the revision that brings a database to the present models.

    python -m hub.migrations.autogenerate "what changed"                a new revision of the hub's tables
    python -m hub.migrations.autogenerate --first                       rewrite the first, before a release
    python -m hub.migrations.autogenerate --plugin NAME "what changed"  a new revision of a plugin's tables

A table that lost its model is not dropped by itself; write that by hand. Read what was written.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from alembic import command

from hub.migrations import OWN, History, histories
from hub.store import Store


def write(history: History, message: str, *, first: bool = False) -> Path:
    """Compare the models with a database at the newest revision, and write down the difference."""
    present = list(history.versions.glob(f"{history.owner}[0-9]*.py"))
    for old in present if first else ():
        old.unlink()
    name = f"{history.owner}{1 if first else len(present) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/empty.db")
        with store.write() as db:
            config = history.config(db)
            command.upgrade(config, "heads")
            command.revision(config, message, autogenerate=True, rev_id=name)
        store.dispose()
    return _tidy(next(history.versions.glob(f"{name}_*.py")))


def _tidy(path: Path) -> Path:
    """Format the file as the rest of the code is, where the formatter is installed."""
    if ruff := shutil.which("ruff", path=str(Path(sys.executable).parent)):
        for task in (["format", "--quiet"], ["check", "--fix", "--exit-zero", "--quiet"]):
            subprocess.run([ruff, *task, str(path)], check=True)  # nosec B603 # noqa: S603 - our own tool and file
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hub.migrations.autogenerate")
    parser.add_argument("message", nargs="?", default="the tables of the first release")
    parser.add_argument("--first", action="store_true", help="rewrite the first revision")
    parser.add_argument("--plugin", default=OWN, help="whose tables (the name of its entry point)")
    chosen = parser.parse_args(arguments)
    history = next((each for each in histories() if each.owner == chosen.plugin), None)
    if history is None:
        parser.error(f"{chosen.plugin} brings no folder migrations/versions, or is not installed")
    sys.stdout.write(f"{write(history, chosen.message, first=chosen.first)}\n")


if __name__ == "__main__":
    main()
