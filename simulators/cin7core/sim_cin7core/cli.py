"""The command ``sim-cin7core``."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import click

from sim_cin7core.account import DEFAULT_ACCOUNT_ID, DEFAULT_KEY
from sim_cin7core.loading import Sources
from sim_cin7core.simulator import Simulator
from sim_cin7core.switches import parse_choices

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
LOOK_SECONDS = 0.2


@click.group()
def main() -> None:
    """A stand-in for the Cin7 Core API v2."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--data", type=_FILE, help="Online Retail data, .csv or .csv.xz.")
@click.option("--month", help="Only documents first dated in this month, YYYY-MM.")
@click.option("--purchases", type=_DIRECTORY, help="Directory of AdventureWorks purchase tables.")
@click.option("--purchases-month", default="2013-11", show_default=True, help="Month of the orders to take.")
@click.option("--purchases-as", default="2010-12", show_default=True, help="Month to move them to.")
@click.option("--repeat", default=1, show_default=True, help="Load the data so many times over, with distinct numbers.")
@click.option("--stock", is_flag=True, help="Add opening stock, adjustments, assemblies and other stock documents.")
@click.option("--empty", is_flag=True, help="Load nothing.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="SQLite file that keeps the state.")
@click.option("--minute", default=60.0, show_default=True, help="Length of the rate window in seconds.")
@click.option("--per-minute", default=60, show_default=True, help="Calls in one window.")
@click.option("--no-limits", is_flag=True, help="No call budget.")
@click.option("--account-id", default=DEFAULT_ACCOUNT_ID, show_default=True)
@click.option("--key", default=DEFAULT_KEY, show_default=True)
@click.option("--switch", "choices", multiple=True, metavar="NAME=VALUE", help="Choose an unconfirmed behaviour.")
def serve(
    host: str,
    port: int,
    data: Path | None,
    month: str | None,
    purchases: Path | None,
    purchases_month: str,
    purchases_as: str,
    repeat: int,
    stock: bool,
    empty: bool,
    state: Path | None,
    minute: float,
    per_minute: int,
    no_limits: bool,
    account_id: str,
    key: str,
    choices: tuple[str, ...],
) -> None:
    """Serve until SIGTERM or SIGINT. Without data options the extract in the package is loaded."""
    sources = Sources(data, month, purchases, purchases_month, purchases_as, repeat, empty, stock)
    try:
        simulator = Simulator(
            sources,
            host=host,
            port=port,
            state=state,
            switches=parse_choices(choices),
            limits=not no_limits,
            per_minute=per_minute,
            minute=minute,
            account_id=account_id,
            key=key,
        )
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    told: list[int] = []  # of signals; an event could not be set by a handler that finds its lock taken
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: told.append(number))
    with simulator:
        click.echo(f"sim-cin7core listening on {simulator.root}")
        while not told:  # in slices: a signal that the system hands to another thread does not wake this one
            time.sleep(LOOK_SECONDS)
