"""``hub run``: one connection now, watched."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import Any

import click
import sqlalchemy as sa

from hub.cli.finding import find_connection
from hub.cli.output import console, json_option, print_json, shown
from hub.cli.workplace import Workplace, pass_workplace
from hub.ending import Ending, ending_on_signals
from hub.engine import Hub, RunReport
from hub.engine.runs import request_stop
from hub.errors import Problem
from hub.models import Run, RunState, table

runs = table(Run)

LOOK_SECONDS = 0.25
MOST_TURNS = 20
"""Two connections that nudge each other for ever would be a fault; people are not kept waiting for it."""


@click.command()
@click.argument("name")
@click.option("--follow/--no-follow", default=True, show_default=True, help="Also run what this run made useful.")
@json_option
@pass_workplace
@click.pass_context
def run(ctx: click.Context, workplace: Workplace, name: str, follow: bool, as_json: bool) -> None:
    """Synchronise one connection now, show how far it is, then the connections that it gave something to do.

    NAME is a connection's name, the beginning of it, or its number. Ctrl-C ends the run after its present step, and a
    second one at once; nothing is lost or written twice by that.

    \b
    Example:  hub run "Main stock"

    On trouble: each run that did not end well says what happened and what to do. The exit code is 1 then, and when
    something is left to run.
    """
    hub = workplace.hub
    first = int(find_connection(hub, name).id)
    reports: list[RunReport] = []
    with ending_on_signals(again=_end_at_once) as ending:
        left = _run_all(hub, first, ending, reports.append, follow=follow, quiet=as_json)
    if as_json:
        print_json([_as_data(report) for report in reports])
    if left:
        names = ", ".join(hub.connection(each).name for each in left)
        click.echo(f"Not run any more: {names}. The workers do that, or the next 'hub run'.", err=True)
    if left or any(report.state is not RunState.DONE for report in reports):
        ctx.exit(1)


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    """What Ctrl-C does to programs that don't know it, but not without the terminal's cursor."""
    console().show_cursor()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _run_all(
    hub: Hub, first: int, ending: Ending, tell: Callable[[RunReport], object], *, follow: bool, quiet: bool
) -> list[int]:
    """Run a connection, and what it gives something to do; those that are left when the program is told to end."""
    waiting, turns = [first], 0
    while waiting and turns < MOST_TURNS:
        connection_id = waiting.pop(0)
        turns += 1
        report = _run_one(hub, connection_id, "person" if turns == 1 else "nudge", ending, quiet)
        if not quiet:
            click.echo(_sentence(report))
        tell(report)
        if follow:
            waiting.extend(each for each in report.nudged if each not in waiting)
        if ending.is_asked:
            return waiting
    return []


def _run_one(hub: Hub, connection_id: int, cause: str, ending: Ending, quiet: bool) -> RunReport:
    with _shown(hub, connection_id, quiet):
        attempt = _Attempt(hub, connection_id, cause, _newest_run(hub, connection_id))
        attempt.start()
        if not attempt.wait(ending):
            if not attempt.is_others.is_set():
                click.echo("Ending after the present step ...", err=True)
            attempt.end()
    return attempt.outcome()


@dataclass
class _Attempt:
    """A run in a thread of its own, so that Ctrl-C is acted on meanwhile. Its id is larger than ``earlier``."""

    hub: Hub
    connection_id: int
    cause: str
    earlier: int
    is_others: threading.Event = field(default_factory=threading.Event)
    is_given_up: threading.Event = field(default_factory=threading.Event)
    has_ended: threading.Event = field(default_factory=threading.Event)
    reports: list[RunReport] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def start(self) -> None:
        threading.Thread(target=self._go, name="run").start()

    def wait(self, ending: Ending) -> bool:
        """Wait for its end, or until the program is told to end; whether it has ended."""
        while not self.has_ended.wait(LOOK_SECONDS):
            if ending.is_asked:
                return False
        return True

    def end(self) -> None:
        """End the run after its step, also one that is only about to be opened, or the waiting for another process's.

        Which of the two it is may show only now.
        """
        while not self.has_ended.is_set():
            if self.is_others.is_set():
                self.is_given_up.set()
            else:
                _ask_to_stop(self.hub, self.connection_id, self.earlier)
            self.has_ended.wait(LOOK_SECONDS)

    def outcome(self) -> RunReport:
        if self.errors:
            raise self.errors[0]
        return self.reports[0]

    def _go(self) -> None:
        try:
            self.reports.append(self._run_or_wait())
        except Exception as error:  # noqa: BLE001  (raised again in the thread that waits)
            self.errors.append(error)
        finally:
            self.has_ended.set()

    def _run_or_wait(self) -> RunReport:
        """Run it. While another process has the run, wait for its end and report that; take over when it has died."""
        while (report := self.hub.run(self.connection_id, self.cause)) is None:
            self.is_others.set()
            report = self._the_other()
            if report is not None:
                break
            self.is_others.clear()
        return report

    def _the_other(self) -> RunReport | None:
        """Another process's run once it has ended; None when it gives no sign of life any more."""
        newest = sa.select(runs).where(runs.c.connection_id == self.connection_id).order_by(runs.c.id.desc()).limit(1)
        stale = timedelta(seconds=self.hub.settings.run_stale_seconds)
        name = self.hub.connection(self.connection_id).name
        is_told = False
        while True:
            with self.hub.store.read() as db:
                row = db.execute(newest).one()
            if row.state != RunState.OPEN.value:
                break
            if self.hub.clock() - row.heartbeat_at > stale:
                return None
            if not is_told:  # so that nobody wonders why nothing moves
                _tell_of(row, name)
                is_told = True
            if self.is_given_up.wait(LOOK_SECONDS):
                raise _NoLongerWaitingError(f"No longer waiting: run {row.id} of {name} goes on in the other process.")
        problem = Problem.model_validate(row.problem) if row.problem else None
        return RunReport(row.id, self.connection_id, name, RunState(row.state), row.counts, problem)


def _tell_of(row: sa.Row[Any], name: str) -> None:
    click.echo(
        f"Another process runs {name} since {shown(row.started_at)} (run {row.id}); waiting for its end."
        " Ctrl-C ends the waiting and leaves that run alone; to end the run itself, stop it on the page Runs.",
        err=True,
    )


class _NoLongerWaitingError(click.ClickException):
    """A person does not wait for another process's run any longer; click ends with its words and exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


@contextmanager
def _shown(hub: Hub, connection_id: int, quiet: bool) -> Iterator[None]:
    """Show the open run's phase and counts while the block runs, on a terminal."""
    screen = console()
    if quiet or not screen.is_terminal:
        yield
        return
    done = threading.Event()
    with screen.status("starting") as status:

        def watch() -> None:
            while not done.wait(LOOK_SECONDS):
                status.update(_progress(hub, connection_id))

        watcher = threading.Thread(target=watch, name="progress", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def _progress(hub: Hub, connection_id: int) -> str:
    open_run = sa.select(runs.c.phase, runs.c.counts).where(
        runs.c.connection_id == connection_id, runs.c.state == RunState.OPEN.value
    )
    with hub.store.read() as db:
        row = db.execute(open_run).first()
    return f"{row.phase} {_counts(row.counts)}" if row else "starting"


def _newest_run(hub: Hub, connection_id: int) -> int:
    """The id of the newest run of a connection; 0 while it has none."""
    newest = sa.select(sa.func.max(runs.c.id)).where(runs.c.connection_id == connection_id)
    with hub.store.read() as db:
        return db.execute(newest).scalar() or 0


def _ask_to_stop(hub: Hub, connection_id: int, earlier: int) -> None:
    """Ask the open run to stop, unless it was asked already or began before ours did: it is another process's then."""
    going_on = (runs.c.state == RunState.OPEN.value, runs.c.stop_requested.is_(False))
    mine = sa.select(runs.c.id).where(runs.c.connection_id == connection_id, runs.c.id > earlier, *going_on)
    with hub.store.read() as db:
        run_id = db.execute(mine).scalar()
    if run_id is not None:
        with hub.store.write() as db:
            request_stop(db, run_id)


def _counts(counts: Any) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def _sentence(report: RunReport) -> str:
    head = f"{report.connection}: {report.state.value.replace('_', ' ')}"
    counts = _counts(report.counts)
    return f"{head}{f' ({counts})' if counts else ''}{f'. {report.problem}' if report.problem else ''}"


def _as_data(report: RunReport) -> dict[str, Any]:
    return {
        "run": report.run_id,
        "connection": report.connection,
        "state": report.state.value,
        "counts": dict(report.counts),
        "problem": report.problem.model_dump() if report.problem else None,
        "nudged": list(report.nudged),
    }
