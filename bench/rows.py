"""A promise, what was measured, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One promise. ``least`` says that ``measured`` must reach ``limit``; otherwise it must not exceed it."""

    name: str
    measured: float
    limit: float
    detail: str = ""
    least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.measured >= self.limit if self.least else self.measured <= self.limit

    def as_data(self) -> dict[str, Any]:
        """The row as JSON values."""
        return {**asdict(self), "holds": self.holds}


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table."""
    table = Table(box=box.SIMPLE_HEAD, title="What the hub promises, measured")
    for heading in ("promise", "measured", "limit", "holds"):
        table.add_column(heading, justify="left" if heading == "promise" else "right")
    for row in rows:
        sign = "at least" if row.least else "at most"
        name = f"{row.name}\n[dim]{row.detail}[/dim]" if row.detail else row.name
        verdict = "[green]yes[/green]" if row.holds else "[red]NO[/red]"
        table.add_row(name, f"{row.measured:.3g}", f"{sign} {row.limit:g}", verdict)
    console.print(table)
