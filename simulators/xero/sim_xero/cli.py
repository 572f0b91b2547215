"""The command `sim-xero`."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import Any

import click

from . import seed
from .identity.tokens import NEW_APP, OLD_APP, PKCE_APP
from .settings import DAY_LIMITS
from .simulator import Simulator
from .switches import SWITCHES

LOOK_SECONDS = 0.2


@click.group()
@click.version_option(package_name="ledgerport-sim-xero")
def main() -> None:
    """A stand-in for Xero."""


def _switches(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, bool]:
    found = {}
    for value in values:
        name, _, state = value.partition("=")
        if name not in SWITCHES or state not in ("on", "off"):
            raise click.BadParameter(f"{value}: NAME=on|off with NAME one of {', '.join(SWITCHES)}")
        found[name] = state == "on"
    return found


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, help="0 takes a free port.")
@click.option("--state", type=click.Path(dir_okay=False), help="SQLite file; without it all is in memory.")
@click.option("--minute", default=60.0, show_default=True, help="Length of the minute limit's window in seconds.")
@click.option("--day", default=86_400.0, show_default=True, help="Length of the day limit's window in seconds.")
@click.option("--tier", type=click.Choice(sorted(DAY_LIMITS)), default="core", show_default=True)
@click.option("--per-minute", default=60, show_default=True)
@click.option("--per-day", type=int, help="Default: 5000, or 1000 with --tier starter.")
@click.option("--concurrent", default=5, show_default=True)
@click.option("--no-limits", is_flag=True, help="Count calls, refuse none.")
@click.option("--switch", "switches", multiple=True, callback=_switches, help="NAME=on|off, see `sim-xero switches`.")
@click.option("--print-config", is_flag=True, help="Print the seeded apps and organisations as JSON first.")
def serve(no_limits: bool, print_config: bool, **settings: Any) -> None:
    """Serve until SIGTERM or SIGINT."""
    simulator = Simulator(limits=not no_limits, **settings)
    if print_config:
        click.echo(json.dumps(configuration(simulator.url), indent=2))

    told: list[int] = []  # of signals; an event could not be set by a handler that finds its lock taken
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: told.append(number))
    simulator.start()
    click.echo(f"sim-xero listening on {simulator.url}")
    sys.stdout.flush()
    while not told:  # in slices: a signal that the system hands to another thread does not wake this one
        time.sleep(LOOK_SECONDS)
    simulator.stop()


@main.command("switches")
def list_switches() -> None:
    """List the rules that can be switched, with default and reason."""
    for name, switch in SWITCHES.items():
        click.echo(f"{name}={'on' if switch.default else 'off'}\n    {switch.reason}")


def configuration(url: str) -> dict[str, Any]:
    """What a client needs to know to connect."""
    apps = {
        "granular": {"client_id": NEW_APP.client_id, "client_secret": NEW_APP.client_secret},
        "broad": {"client_id": OLD_APP.client_id, "client_secret": OLD_APP.client_secret},
        "pkce": {"client_id": PKCE_APP.client_id},
    }
    return {
        "authorize_url": f"{url}/identity/connect/authorize",
        "token_url": f"{url}/connect/token",
        "revocation_url": f"{url}/connect/revocation",
        "connections_url": f"{url}/connections",
        "api_url": f"{url}/api.xro/2.0",
        "apps": apps,
        "organisations": {"Demo Trading Ltd": seed.DEMO_TENANT, "Other Trading Ltd": seed.OTHER_TENANT},
    }
