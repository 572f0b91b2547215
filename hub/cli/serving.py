"""``hub serve``, ``hub schedule`` and ``hub work``: the processes that stay."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

import click

from hub.cli.workplace import Workplace, pass_workplace
from hub.engine import Hub
from hub.scheduler import Scheduler, Workers

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SLICE_SECONDS = 1.0


@click.command()
@click.option("--host", help="Address to listen on, instead of HUB_LISTEN_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, instead of HUB_LISTEN_PORT.")
@click.option("--web-only", is_flag=True, help="Leave scheduling and runs to 'hub schedule' and 'hub work'.")
@pass_workplace
def serve(workplace: Workplace, host: str | None, port: int | None, web_only: bool) -> None:
    """Start the hub: its web pages, the scheduler and the workers, in one process.

    Stop it with Ctrl-C or SIGTERM: runs end after their present step and go on at the next start.

    \b
    Examples:  hub serve
               hub serve --port 9000
               hub serve --web-only     beside 'hub schedule' and any number of 'hub work', on PostgreSQL

    On trouble: a setting, plugin or port that can't be used is named at once and nothing is started. While it runs, the
    page Attention and 'hub doctor' say what needs a person.
    """
    from hub import app as web  # only this command needs the web's libraries

    _listen(workplace, host, port)
    hub, plugins = workplace.hub, workplace.plugins
    app = web.create_app(hub, blueprints=plugins.blueprints(hub), installed=plugins.installed)
    with ExitStack() as stack, _ending_on_signals():
        server = web.listen(app, hub)  # first of all: without its port this process starts no run
        stack.callback(server.close)
        if not web_only:
            stack.enter_context(_at_work(Workers(hub)))
            stack.enter_context(_at_work(Scheduler(hub, plugins.jobs(hub))))
        click.echo(f"The hub is at {hub.settings.base_url}", err=True)
        _tell_set_up(hub)
        server.run()


def _tell_set_up(hub: Hub) -> None:
    """As long as there is nobody, whoever reads this may become the owner."""
    from hub.accounts import first_run, roster  # like the web's libraries

    if not roster.anybody(hub):
        code = "" if first_run.is_private(hub.settings) else f" The set-up code is {first_run.set_up_code(hub)}"
        click.echo(f"It has no owner yet: open it in a browser and become the owner.{code}", err=True)


def _listen(workplace: Workplace, host: str | None, port: int | None) -> None:
    """Take what the command line says; browsers come to that port unless HUB_BASE_URL says otherwise."""
    given = {"listen_host": host, "listen_port": port}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if port and "base_url" not in workplace.settings.model_fields_set:
        chosen["base_url"] = f"http://localhost:{port}"
    workplace.override(chosen)


@click.command()
@pass_workplace
def schedule(workplace: Workplace) -> None:
    """Only schedule: note which connections are to run, and when. For use beside 'hub work' processes.

    Start it on as many machines as you like: exactly one is the scheduler, another takes over within seconds when
    it ends.

    \b
    Example:  hub schedule

    On trouble: a database that is away is waited for; 'hub doctor' says whether any scheduler is alive.
    """
    scheduler = Scheduler(workplace.hub, workplace.plugins.jobs(workplace.hub))
    with _ending_on_signals() as told, _at_work(scheduler):
        told.wait()


@click.command()
@click.option("--threads", type=click.IntRange(1, 64), help="Runs at the same time, instead of HUB_WORKERS.")
@pass_workplace
def work(workplace: Workplace, threads: int | None) -> None:
    """Only work: run every connection whose run is wanted, in a loop.

    Start any number of these on any number of machines with one PostgreSQL database; one connection never has two
    runs at a time, and they share the platforms' rate limits.

    \b
    Example:  hub work --threads 8

    On trouble: a worker that dies loses nothing; another goes on with its runs after HUB_RUN_STALE_SECONDS.
    """
    with _ending_on_signals() as told, _at_work(Workers(workplace.hub, threads)):
        told.wait()


@contextmanager
def _at_work(worker: Workers | Scheduler) -> Iterator[None]:
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def _ending_on_signals() -> Iterator[_Told]:
    """Turn SIGTERM and Ctrl-C into an orderly end of the block."""
    told = _Told()
    before = {number: signal.signal(number, told.end) for number in SIGNALS}
    try:
        yield told
    except _EndError:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _EndError(SystemExit):
    """The process was told to end. Servers know ``SystemExit`` and end in order."""


class _Told:
    """Whether the process was told to end. A second signal ends it at once."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def end(self, number: int, _frame: FrameType | None) -> Any:
        signal.signal(number, signal.SIG_DFL)
        self._event.set()
        raise _EndError

    def wait(self) -> None:
        # In slices: a signal that the system hands to another thread does not wake this one, which alone acts on it.
        while not self._event.wait(SLICE_SECONDS):
            continue
