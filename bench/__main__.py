"""`python -m bench`: measure, print a table, and exit with 1 unless every promise is kept."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from bench import first_sync, growth, limited, pages, quickbooks, reconciling
from bench.rows import Row, show

Measure = Callable[[Path, Callable[[str], None]], Iterator[Row]]
MEASURES: Mapping[str, Measure] = {
    "first-sync": first_sync.measure,
    "limited": limited.measure,
    "growth": growth.measure,
    "reconciling": reconciling.measure,
    "pages": pages.measure,
    "quickbooks": quickbooks.measure,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(MEASURES)))
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON on standard output.")
@click.option("--small", default=reconciling.SMALL, help="Of reconciling: how many sale documents the small run has.")
@click.option("--times", default=reconciling.TIMES, help="Of reconciling: how many times as many the large one has.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Keep the databases there.")
def main(names: tuple[str, ...], as_json: bool, small: int, times: int, folder: Path | None) -> None:
    """Measure what the hub promises; all of it, or only the NAMES given."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended too
    console = Console(stderr=as_json)
    place = folder or Path(tempfile.mkdtemp(prefix="ledgerport-bench-"))
    measures: dict[str, Measure] = {**MEASURES, "reconciling": partial(reconciling.measure, small=small, times=times)}
    started = time.monotonic()
    rows: list[Row] = []
    try:
        for name in names or measures:
            rows += measures[name](place / name, lambda text: console.print(f"· {text}"))
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)
    if as_json:
        click.echo(json.dumps([row.as_data() for row in rows], indent=2))
    show(rows, console)
    console.print(f"measured in {time.monotonic() - started:.0f} s")
    sys.exit(0 if all(row.holds for row in rows) else 1)


main()
