"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

Command = TypeVar("Command", bound=Callable[..., Any])

PIPED_WIDTH = 200
"""Columns when the output goes into a file or another program: enough that nothing is cut off."""


def json_option(command: Command) -> Command:
    """The option ``--json`` of every command that gives out data."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def print_json(data: Any) -> None:
    """Print data as JSON; times in ISO 8601."""
    click.echo(json.dumps(data, indent=2, default=_plain, ensure_ascii=False))


def console() -> Console:
    """Where tables go."""
    return Console(highlight=False) if _is_terminal() else Console(highlight=False, width=PIPED_WIDTH)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """Print rows under their column names, or a sentence when there are none."""
    if not rows:
        click.echo(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(shown(cell) for cell in row))
    console().print(table, markup=False)


def shown(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(value).replace("[", "\\[")


def counted(number: int, what: str) -> str:
    """``1 invoice``, ``2 invoices``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value)
