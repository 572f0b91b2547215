"""``hub serve``, ``hub schedule`` and ``hub work``: the processes that stay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import click

from hub.cli.workplace import Workplace, pass_workplace
from hub.ending import Ending, ending_on_signals
from hub.engine import Hub
from hub.scheduler import Scheduler, Workers


@click.command()
@click.option("--host", help="Address to listen on, instead of HUB_LISTEN_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, instead of HUB_LISTEN_PORT.")
@click.option("--web-only", is_flag=True, help="Leave scheduling and runs to 'hub schedule' and 'hub work'.")
@pass_workplace
def serve(workplace: Workplace, host: str | None, port: int | None, web_only: bool) -> None:
    """Start the hub: its web pages, the scheduler and the workers, in one process.

    Stop it with Ctrl-C or SIGTERM: runs end after their present step and go on at the next start. A second one ends it
    at once; nothing is lost or written twice by that.

    \b
    Examples:  hub serve
               hub serve --port 9000
               hub serve --web-only     beside 'hub schedule' and any number of 'hub work', on PostgreSQL

    On trouble: a setting, plugin or port that can't be used is named at once and nothing is started. While it runs, the
    page Attention and 'hub doctor' say what needs a person.
    """
    from hub.app import create_app  # only this command needs the web's libraries
    from hub.server import PageServer

    _listen(workplace, host, port)
    hub, plugins = workplace.hub, workplace.plugins
    app = create_app(hub, blueprints=plugins.blueprints(hub), installed=plugins.installed)
    with ending_on_signals() as ending, ExitStack() as stack:
        server = PageServer(app, hub)  # first of all: without its port this process starts no run
        stack.callback(server.close)
        if not web_only:
            stack.enter_context(_at_work(Workers(hub)))
            stack.enter_context(_at_work(Scheduler(hub, plugins.jobs(hub))))
        click.echo(f"The hub is at {hub.settings.base_url}", err=True)
        _tell_set_up(hub)
        server.run(partial(_is_told, ending))


def _is_told(ending: Ending) -> bool:
    if ending.is_asked:
        click.echo(
            "Ending: pages that were asked for, then each run after its present step. Again ends at once.", err=True
        )
    return ending.is_asked


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
    with ending_on_signals() as ending, _at_work(scheduler):
        ending.wait()


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
    with ending_on_signals() as ending, _at_work(Workers(workplace.hub, threads)):
        ending.wait()


@contextmanager
def _at_work(worker: Workers | Scheduler) -> Iterator[None]:
    worker.start()
    try:
        yield
    finally:
        worker.stop()
