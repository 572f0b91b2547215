"""The command line: ``hub`` and everything under it."""

from __future__ import annotations

import click

from hub import __version__
from hub.cli.attention import attention, undo
from hub.cli.connections import connections
from hub.cli.database import database, key
from hub.cli.doctor import doctor
from hub.cli.history import audit, replay
from hub.cli.installed import plugins
from hub.cli.planned import plan
from hub.cli.reconciling import proof, reconcile_now
from hub.cli.root import HubGroup
from hub.cli.running import run
from hub.cli.serving import schedule, serve, work
from hub.cli.users import users
from hub.cli.workplace import Workplace

OWN_COMMANDS = (
    serve,
    schedule,
    work,
    connections,
    users,
    run,
    plan,
    reconcile_now,
    proof,
    attention,
    replay,
    audit,
    undo,
    plugins,
    doctor,
    database,
    key,
)


@click.group(cls=HubGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hub")
@click.option("--debug", is_flag=True, help="Show the whole traceback when something fails, and log more.")
@click.pass_obj
def cli(workplace: Workplace, debug: bool) -> None:
    """Carry invoices, bills, payments and contacts between stock systems and ledgers.

    Everything is configured by variables that begin with HUB_ (docs/settings.md). Without any, the hub keeps its
    database and its key in the folder hub-data.

    \b
    hub serve               start the hub and open its pages in a browser
    hub run "Main ledger"   synchronise one connection now and watch it
    hub attention           what waits for a person
    hub doctor              is everything all right? if not, what to do

    Exit codes: 0 all right, 1 something needs a person, 2 a wrong setting or command.
    """
    workplace.debug = debug
    workplace.set_up_logging()


for command in OWN_COMMANDS:
    cli.add_command(command)


def main() -> None:
    """The entry point of the ``hub`` command."""
    cli(prog_name="hub")
