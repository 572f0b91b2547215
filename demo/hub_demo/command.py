"""The command `hub demo`."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click
from rich.console import Console

from hub.ending import SIGNALS, Ending, ToldToEndError, ending_on_signals
from hub.engine import Hub
from hub.plugins import Plugins, load
from hub.scheduler import Workers
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault
from hub_demo.attending import Result, attended
from hub_demo.beginning import alone
from hub_demo.ledger import Ledger
from hub_demo.month import TRUE_MINUTE, Scene, play
from hub_demo.owner import OWNER, PASSWORD, ensure_owner
from hub_demo.quickbooks import QuickBooks
from hub_demo.serving import served
from hub_demo.showing import show
from hub_demo.simulators import free_port, running
from hub_demo.syncing import stop_runs
from hub_demo.xero import Xero

SCALED_MINUTE = 1.0
"""Seconds that the vendors' minute lasts in the demo: the same limits, sixty times as fast."""

IDLE_SECONDS = 5.0

_WHAT_NEXT = "Run it again: it goes on where it was, or begins anew where it was not set up yet."

STOCK = {"cin7core": ("--stock",)}
"""What the trade data lacks: opening stock, stocktakes, assemblies and the like."""


@click.command()
@click.option("--once", is_flag=True, help="Exit after the summary instead of leaving the web pages running.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its databases: demo-data, or demo-quickbooks. Remove it to begin anew.",
)
@click.option("--quickbooks", is_flag=True, help="Post to QuickBooks Desktop, whose Web Connector visits the hub.")
@click.option("--true-limits", is_flag=True, help="Keep the vendors' true limits: the month takes over half an hour.")
@click.option("--review", is_flag=True, help="Let the invoices wait for approval, on the page Ready to sync.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Where the web pages are left running; 0 takes a free one, and so does one that is taken.",
)
def demo(
    once: bool, as_json: bool, folder: Path | None, quickbooks: bool, true_limits: bool, review: bool, port: int
) -> None:
    """Carry a month of real trade from Cin7 Core to Xero or QuickBooks Desktop, all simulated on this machine.

    December 2010 of the Online Retail data (2,025 sale documents of a British gift shop) and a month of AdventureWorks
    purchases arrive as contacts, items, invoices, credit notes, bills, supplier credits, payments and allocations.
    No account anywhere is needed and nothing leaves this machine. Run it again: everything is up to date.
    """
    console = Console(stderr=as_json)
    ledger: Ledger = QuickBooks() if quickbooks else Xero()
    folder = folder or Path("demo-quickbooks" if quickbooks else "demo-data")
    minute = TRUE_MINUTE if true_limits else SCALED_MINUTE
    plugins = load()
    with (
        alone(folder),
        _ending_in_order(1 if once else 0, console) as ending,
        running(folder, minute=minute, ledger=ledger.provider, extra=STOCK, ending=ending) as pair,
        _hub(folder, plugins, _port(port, console)) as hub,
        ledger.serving(hub, plugins),
    ):
        scene = Scene(hub, pair, ledger, console, minute, ending)
        summary = _attended(scene, lambda: play(scene, review=review))
        if as_json:
            click.echo(json.dumps(summary.as_data(), indent=2))
        else:
            show(summary, console)
        if not once:
            _stay(scene, plugins)
    sys.exit(0 if summary.is_good else 1)


@contextmanager
def _ending_in_order(code: int, console: Console) -> Iterator[Ending]:
    """Let whatever ends a program end the demo between two steps, and the simulators with it.

    With ``code`` a demo ends that was ended before its summary: a person has seen enough, a program got no answer.
    """
    signals = list(SIGNALS)
    # The end of the terminal, where the system tells of that, unless whoever started the demo wants it to go on.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    # A second signal ends at once what takes long, but not without the simulators.
    with ending_on_signals(signals, again=signal.default_int_handler) as ending:
        try:
            yield ending
        except ToldToEndError:
            click.echo(f"\nThe demo was ended before it was done. {_WHAT_NEXT}", err=True)
            raise SystemExit(code) from None
        except KeyboardInterrupt:
            console.show_cursor()
            console.quiet = True  # what still shows its progress in another thread
            raise


def _attended(scene: Scene, work: Callable[[], Result]) -> Result:
    """Work in a thread, so that its runs are ended after their present step when the demo is told to end."""
    is_told = False

    def end() -> None:
        nonlocal is_told
        if scene.ending.is_asked:
            if not is_told:
                scene.console.print("Ending after the present step ...")
                is_told = True
            stop_runs(scene.hub)

    try:
        return attended(work, end)
    except SystemExit:
        scene.ending.check()  # what gave up did so since its run was ended
        raise


@contextmanager
def _hub(folder: Path, plugins: Plugins, port: int) -> Iterator[Hub]:
    settings = load_settings(
        data=folder,
        database_url="",
        base_url=f"http://localhost:{port}",
        environment="Demo",
        listen_host="127.0.0.1",
        listen_port=port,
        log_level="warning",
    )
    store = Store(settings.store_url)
    store.migrate()
    try:
        yield Hub(store, Vault(settings.keys()), plugins.providers, settings, observers=plugins.observers)
    finally:
        store.dispose()


def _port(wanted: int, console: Console) -> int:
    port = free_port(wanted)
    if wanted not in (0, port):
        console.print(f"Port {wanted} is taken by another program; the pages will be at {port}.")
    return port


def _stay(scene: Scene, plugins: Plugins) -> None:
    """Leave the pages running, with workers behind them, so that what is approved there is done."""
    hub = scene.hub
    workers = Workers(hub)
    ensure_owner(hub)
    with nullcontext() if scene.ledger.visits else served(hub, plugins):
        workers.start()
        scene.console.print(f"\nOpen [bold]{hub.settings.base_url}[/bold] in a browser. Press Ctrl-C to end the demo.")
        scene.console.print(f"Sign in as [bold]{OWNER.email}[/bold] with the password [bold]{PASSWORD}[/bold]")
        try:
            while not scene.ending.wait(IDLE_SECONDS):
                _attended(scene, lambda: scene.ledger.idle(scene.pair))
            scene.console.print("Ending ...")
        finally:
            workers.stop()
