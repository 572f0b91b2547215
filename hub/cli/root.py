"""The root of all commands: plugins add theirs, and what goes wrong is told in one plain paragraph."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import click
import sqlalchemy as sa

from hub.cli.workplace import Workplace
from hub.errors import HubError, SettingsError

WRONG_SETTING = 2
UNUSABLE = (sa.exc.OperationalError, sa.exc.DatabaseError)
"""A database that is away, and one that is none (which SQLite's driver says in its most general words); the other
database errors are faults of a program and keep their traceback."""


class HubGroup(click.Group):
    """A group that also has the plugins' commands and never shows a traceback for an error the hub foresees."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command; an error that a person can mend ends with a paragraph and exit code 2."""
        workplace = extra.setdefault("obj", None) or Workplace()
        extra["obj"] = workplace
        try:
            return super().main(*args, **extra)
        except HubError as error:
            self._end(workplace, error, str(error))
        except sa.exc.DatabaseError as error:
            if type(error) not in UNUSABLE:
                raise
            reason = str(error.orig).strip().splitlines()[0]
            self._end(workplace, error, f"The database can't be used: {reason}. Check HUB_DATABASE_URL and HUB_DATA.")
        finally:
            workplace.close()

    def _end(self, workplace: Workplace, error: Exception, text: str) -> None:
        if workplace.debug:
            raise error
        click.echo(f"Error: {text}", err=True)
        sys.exit(WRONG_SETTING)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The hub's commands in their order, then the plugins'."""
        return [*self.commands, *sorted(self._of_plugins(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command of the hub, else one of a plugin."""
        return self.commands.get(cmd_name) or self._of_plugins(ctx).get(cmd_name)

    def _of_plugins(self, ctx: click.Context) -> MutableMapping[str, click.Command]:
        found = {command.name or "": command for command in ctx.ensure_object(Workplace).found.commands()}
        taken = found.keys() & self.commands.keys()
        if taken:
            raise SettingsError(f"A plugin brings the command {min(taken)!r}, which the hub has itself. Remove it.")
        return found
