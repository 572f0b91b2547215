"""The command `hub demo`."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.app import create_app, serve
from hub.engine import Hub
from hub.engine.runs import request_stop
from hub.models import OperationRow, OperationState, Run, RunState, table
from hub.plugins import Plugins, load
from hub.scheduler import Workers
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault
from hub_demo.journey import START_DATE, Joined, set_up
from hub_demo.owner import OWNER, PASSWORD, ensure_owner
from hub_demo.showing import show
from hub_demo.simulators import free_port, running
from hub_demo.stock import reconciled
from hub_demo.summary import created_so_far, summarise

TRUE_MINUTE = 60.0
SCALED_MINUTE = 1.0
"""Seconds that the vendors' minute lasts in the demo: the same limits, sixty times as fast."""

STOCK = {"cin7core": ("--stock",)}
"""What the trade data lacks: opening stock, stocktakes, assemblies and the like."""

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

operations, run_rows = table(OperationRow), table(Run)


@click.command()
@click.option("--once", is_flag=True, help="Exit after the summary instead of leaving the web pages running.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Where the demo keeps its databases. Remove it to begin anew.",
)
@click.option("--true-limits", is_flag=True, help="Keep the vendors' true limits: the month takes over half an hour.")
@click.option("--review", is_flag=True, help="Let the invoices wait for approval, on the page Ready to sync.")
@click.option(
    "--port", default=8080, show_default=True, help="Where the web pages are left running; 0 takes a free one."
)
def demo(once: bool, as_json: bool, folder: Path, true_limits: bool, review: bool, port: int) -> None:
    """Carry a month of real trade from Cin7 Core to Xero, both simulated on this machine.

    December 2010 of the Online Retail data (2,025 sale documents of a British gift shop) and a month of AdventureWorks
    purchases arrive as contacts, items, invoices, credit notes, bills, supplier credits, payments and allocations.
    No account anywhere is needed and nothing leaves this machine. Run it again: everything is up to date.
    """
    console = Console(stderr=as_json)
    folder.mkdir(parents=True, exist_ok=True)
    minute = TRUE_MINUTE if true_limits else SCALED_MINUTE
    plugins = load()
    with (
        _ended_in_order(1 if once else 0),
        running(folder, minute=minute, extra=STOCK) as pair,
        _hub(folder, plugins, port) as hub,
    ):
        started = time.monotonic()
        joined = set_up(
            hub, pair, minute=minute, review=review, stock=True, say=lambda text: console.print(f"· {text}")
        )
        _announce(console, minute)
        if review and not joined.is_new:
            console.print(f"· this demo was set up before; --review counts for a new one (remove {folder})")
        before = {"created": created_so_far(hub, joined)}
        _sync(hub, joined, console)
        console.print("· reconciling the stock of December")
        worth = reconciled(hub, joined.integration_id, START_DATE)
        summary = summarise(hub, joined, pair, before=before, seconds=time.monotonic() - started, stock=worth)
        if as_json:
            click.echo(json.dumps(summary.as_data(), indent=2))
        else:
            show(summary, console)
        if not once:
            _serve(hub, plugins, console)
    sys.exit(0 if summary.is_good else 1)


def _announce(console: Console, minute: float) -> None:
    if minute < TRUE_MINUTE:
        console.print(
            f"· both vendors allow 60 calls a minute; here their minute lasts {minute:g} s."
            " With the true limits this month takes over half an hour (--true-limits)."
        )


@contextmanager
def _ended_in_order(code: int) -> Iterator[None]:
    """Let whatever ends a program end the block as Ctrl-C does, so that the simulators end with the demo.

    With ``code`` a demo ends that was ended before its summary: a person has seen enough, a program got no answer.
    """
    before = {number: signal.signal(number, signal.default_int_handler) for number in ENDING}
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nThe demo was ended before it was done. Run it again: it goes on where it was.", err=True)
        raise SystemExit(code) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _hub(folder: Path, plugins: Plugins, port: int) -> Iterator[Hub]:
    port = free_port(port)
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


def _sync(hub: Hub, joined: Joined, console: Console) -> None:
    """Run the stock side, then whatever it made useful, with a progress display."""
    hub.want(joined.stock_id, "demo")
    if not joined.is_new:  # a first day has just read the ledger's lists
        hub.want(joined.ledger_id, "demo")
    failures: list[str] = []

    done = threading.Event()  # a thread whose join is interrupted counts as ended in Python 3.11

    def work() -> None:
        try:
            for report in hub.run_wanted():
                if report.problem is not None:
                    failures.append(str(report.problem))
        finally:
            done.set()

    worker = threading.Thread(target=work, name="demo-sync")
    worker.start()
    with _progress(console) as progress:
        bars = {
            name: progress.add_task(name, total=None) for name in ("reading Cin7 Core", "planning", "posting to Xero")
        }
        try:
            while not done.wait(0.25):
                _update(hub, joined, progress, bars)
        except KeyboardInterrupt:
            console.print("Ending after the present step ...")
            while not done.wait(0.25):
                _stop_runs(hub)
            raise
        _update(hub, joined, progress, bars)
    for failure in failures:
        console.print(f"[yellow]{failure}[/yellow]")


def _stop_runs(hub: Hub) -> None:
    with hub.store.write() as db:
        for run_id in (
            db.execute(sa.select(run_rows.c.id).where(run_rows.c.state == RunState.OPEN.value)).scalars().all()
        ):
            request_stop(db, run_id)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=False)


def _update(hub: Hub, joined: Joined, progress: Progress, bars: dict[str, Any]) -> None:
    with hub.store.read() as db:
        latest = sa.select(run_rows.c.counts, run_rows.c.progress).where(run_rows.c.connection_id == joined.stock_id)
        stock = db.execute(latest.order_by(run_rows.c.id.desc()).limit(1)).first()
        chosen = sa.select(operations.c.state, sa.func.count()).where(
            operations.c.integration_id == joined.integration_id
        )
        by_state: dict[str, int] = {row[0]: row[1] for row in db.execute(chosen.group_by(operations.c.state))}
    if stock is not None:
        read = sum(count for name, count in stock.counts.items() if name.startswith("pulled"))
        progress.update(bars["reading Cin7 Core"], completed=read, total=max(read, stock.progress.get("expected") or 0))
    total = sum(count for state, count in by_state.items() if state != OperationState.REPLACED.value)
    done = by_state.get(OperationState.DONE.value, 0)
    progress.update(bars["planning"], completed=total, total=total)
    progress.update(bars["posting to Xero"], completed=done, total=max(total, 1))


def _serve(hub: Hub, plugins: Plugins, console: Console) -> None:
    """Leave the pages running, with workers behind them, so that what is approved there is done."""
    app = create_app(hub, blueprints=plugins.blueprints(hub), installed=plugins.installed)
    workers = Workers(hub)
    workers.start()
    ensure_owner(hub)
    console.print(f"\nOpen [bold]{hub.settings.base_url}[/bold] in a browser. Press Ctrl-C to end the demo.")
    console.print(f"Sign in as [bold]{OWNER.email}[/bold] with the password [bold]{PASSWORD}[/bold]")
    try:
        serve(app, hub)
    finally:
        workers.stop()
