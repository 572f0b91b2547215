"""The command `sim-qbdesktop`."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from . import seed
from .admin import summary
from .connector.qwc import ConnectorError
from .simulator import Simulator
from .switches import SWITCHES

LOOK_SECONDS = 0.5


@click.group()
@click.version_option(package_name="ledgerport-sim-qbdesktop")
def main() -> None:
    """A stand-in for QuickBooks Desktop and its Web Connector."""


def _switches(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for value in values:
        name, _, chosen = value.partition("=")
        if name not in SWITCHES or chosen not in SWITCHES[name].values:
            raise click.BadParameter(f"{value}: see `sim-qbdesktop switches`")
        found[name] = chosen
    return found


_OPTIONS = (
    click.option("--state", type=click.Path(dir_okay=False), help="SQLite file; without it all is in memory."),
    click.option("--empty", is_flag=True, help="Company files without accounts, customers or items."),
    click.option("--timezone", default="America/New_York", show_default=True, help="Of the machine."),
    click.option("--version", default="13.0", show_default=True, help="The highest version of qbXML."),
    click.option("--sales-tax", is_flag=True, help="Charge sales tax."),
    click.option("--tax-rate", default="8.25", show_default=True, help="In percent."),
    click.option("--classes", is_flag=True, help="Track classes."),
    click.option("--multicurrency", is_flag=True, help="Allow foreign currencies."),
    click.option("--home-currency", default="USD", show_default=True),
    click.option("--no-op-seconds", default=5.0, show_default=True, help="How long a NoOp pauses the session."),
    click.option("--switch", "switches", multiple=True, callback=_switches, help="NAME=VALUE, see `switches`."),
)


def _options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, help="0 takes a free port.")
@click.option("--qwc", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Add this application.")
@click.option("--password", default="", help="Of the application's user.")
@click.option("--auto-run", is_flag=True, help="Run the application by the schedule of its .qwc file.")
@_options
def serve(host: str, port: int, qwc: Path | None, password: str, auto_run: bool, **settings: Any) -> None:
    """Serve the admin pages, and run scheduled sessions, until SIGTERM or SIGINT."""
    simulator = Simulator(host=host, port=port, **settings)
    told: list[int] = []  # of signals; an event could not be set by a handler that finds its lock taken
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: told.append(number))
    simulator.start()
    click.echo(f"sim-qbdesktop listening on {simulator.url}")
    sys.stdout.flush()
    if qwc:
        _add(simulator, qwc, password, auto_run)
    while not told:  # in slices: a signal that the system hands to another thread does not wake this one
        simulator.connector.run_due()
        time.sleep(LOOK_SECONDS)
    simulator.close()


def _add(simulator: Simulator, qwc: Path, password: str, auto_run: bool = False) -> str:
    try:
        return simulator.connector.add(qwc, password, auto_run).name
    except ConnectorError as problem:
        raise click.ClickException(str(problem)) from problem


@main.command()
@click.argument("qwc", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--password", prompt=True, hide_input=True, help="Of the application's user.")
@click.option("--requests", is_flag=True, help="Print what was carried, too.")
@_options
def visit(qwc: Path, password: str, requests: bool, **settings: Any) -> None:
    """Add the application of a downloaded .qwc file and run one session; the result is JSON.

    The exit code is 0 when the session ended in order.
    """
    simulator = Simulator(**settings)
    try:
        result = simulator.connector.visit(_add(simulator, qwc, password))
    finally:
        simulator.close()
    shown = summary(result)
    if requests:
        shown["carried"] = [[exchange.request, exchange.response] for exchange in result.exchanges]
    click.echo(json.dumps(shown, indent=2))
    sys.exit(0 if result.outcome in ("done", "no_data", "stopped") else 1)


@main.command()
@click.argument("qbxml", type=click.File())
@_options
def request(qbxml: Any, **settings: Any) -> None:
    """Let QuickBooks answer a qbXML file (- for standard input), without the Web Connector."""
    simulator = Simulator(**settings)
    try:
        click.echo(simulator.session("sim-qbdesktop").process(qbxml.read()))
    finally:
        simulator.close()


@main.command("switches")
def list_switches() -> None:
    """List the rules that can be switched, with their values (the default first) and reason."""
    for name, switch in SWITCHES.items():
        click.echo(f"{name}={'|'.join(switch.values)}\n    {switch.reason}")


@main.command("files")
def list_files() -> None:
    """List the company files of a fresh simulator."""
    for path in (seed.DEMO_PATH, seed.OTHER_PATH):
        click.echo(path)
