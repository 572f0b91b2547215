"""``hub connections``: the accounts the hub talks to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click
import sqlalchemy as sa

from hub.cli.finding import all_connections, find_connection
from hub.cli.output import json_option, print_json, print_table
from hub.cli.workplace import Workplace, pass_workplace
from hub.engine import Hub
from hub.engine.connections import limits_of, settings_of, try_settings
from hub.engine.runs import silence
from hub.errors import ProviderError
from hub.models import ConnectionRow, Run, RunState, table

rows = table(ConnectionRow)
runs = table(Run)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def connections(ctx: click.Context, as_json: bool) -> None:
    """List the connections, test one, or change its share of the platform's limits.

    \b
    Examples:  hub connections
               hub connections test "Main ledger"
               hub connections limits "Main ledger" --calls 30

    On trouble: a connection that was suspended, or whose plugin is not installed, says so and what to do.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_connections, as_json=as_json)


@connections.command("list")
@json_option
@pass_workplace
def list_connections(workplace: Workplace, as_json: bool) -> None:
    """List every connection with its state: ready, running, waiting, suspended (and why), or without its plugin.

    \b
    Example:  hub connections list --json

    On trouble: the state of a connection says what is wrong and what mends it.
    """
    hub = workplace.hub
    found = [
        {"id": row.id, "name": row.name, "provider": row.provider} | state_of(hub, row) for row in all_connections(hub)
    ]
    if as_json:
        print_json(found)
        return
    shown = [(each["id"], each["name"], each["provider"], each["state"], each["detail"]) for each in found]
    empty = "There is no connection yet. Run: hub serve, and connect an account in the browser."
    print_table(("id", "name", "provider", "state", ""), shown, empty=empty)


def state_of(hub: Hub, row: sa.Row[Any]) -> dict[str, str]:
    """Whether a connection can be run, and what mends it if not."""
    if row.provider not in hub.providers:
        fix = f"Install its package, as in: pip install ./plugins/{row.provider}"
        return {"state": "plugin missing", "detail": f"The plugin for {row.provider!r} is not installed. {fix}"}
    if row.suspended:
        problem = row.suspended
        return {"state": "suspended", "detail": f"{problem['what']} {problem['fix']}".strip()}
    if row.parked_until and row.parked_until > hub.clock():
        return {"state": "waiting", "detail": f"the platform asked us to wait until {row.parked_until:%H:%M:%S} UTC"}
    if open_run := _open_run(hub, row.id):
        stale = timedelta(seconds=hub.settings.run_stale_seconds)
        says = silence(open_run.heartbeat_at, hub.clock(), stale)
        return {"state": "silent" if says else "running", "detail": says or f"run {open_run.id}: {open_run.phase}"}
    return {"state": "wanted" if row.wanted_at else "ready", "detail": row.wanted_why}


def _open_run(hub: Hub, connection_id: int) -> sa.Row[Any] | None:
    mine = sa.select(runs).where(runs.c.connection_id == connection_id, runs.c.state == RunState.OPEN.value)
    with hub.store.read() as db:
        return db.execute(mine).first()


@connections.command("test")
@click.argument("name")
@pass_workplace
@click.pass_context
def test_connection(ctx: click.Context, workplace: Workplace, name: str) -> None:
    """Prove a connection's credentials by asking the platform whose account it is. Nothing is changed there.

    \b
    Example:  hub connections test "Main ledger"

    On trouble: the platform's answer is explained in one paragraph, and the exit code is 1.
    """
    hub = workplace.hub
    row = hub.connection(find_connection(hub, name).id)
    provider = hub.provider(row.provider)
    if provider.visit is not None:
        click.echo(f"{row.name} visits the hub by itself; look at its last run instead.")
        return
    try:
        found = try_settings(hub, provider, settings_of(hub, row), account_id=row.account_id, consent_id=row.consent_id)
    except ProviderError as error:
        click.echo(f"{row.name} does not work. {error}", err=True)
        ctx.exit(1)
    click.echo(f"{row.name} works: it is {found.name}, which keeps its books in {found.base_currency}.")


@connections.command("limits")
@click.argument("name")
@click.option("--calls", type=click.IntRange(1), help="Calls in each window.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True)
@click.option("--per-day", type=click.IntRange(1), help="Calls a day.")
@click.option("--concurrent", type=click.IntRange(1), help="Calls at the same time.")
@click.option("--reset", is_flag=True, help="Use all that the platform allows again.")
@json_option
@pass_workplace
def change_limits(
    workplace: Workplace,
    name: str,
    calls: int | None,
    seconds: float,
    per_day: int | None,
    concurrent: int | None,
    reset: bool,
    as_json: bool,
) -> None:
    """Show a connection's rate limits, or allot it a share of them and leave the rest to other programs.

    \b
    Examples:  hub connections limits "Main ledger"
               hub connections limits "Main ledger" --calls 30 --seconds 60 --per-day 2000

    On trouble: a limit that is too high does no lasting harm; the platform asks the hub to wait, and it does.
    """
    hub = workplace.hub
    row = find_connection(hub, name)
    override = None if reset else dict(row.limits or {})
    if override is not None:
        given = {"per_day": per_day, "concurrent": concurrent, "windows": [[calls, seconds]] if calls else None}
        override |= {part: value for part, value in given.items() if value is not None}
    if (override or None) != (row.limits or None):
        _save_limits(workplace, row, override or None)
    _show_limits(hub, row.id, as_json)


def _save_limits(workplace: Workplace, row: sa.Row[Any], override: Mapping[str, Any] | None) -> None:
    hub = workplace.hub
    with hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == row.id).values(limits=override))
        told = json.dumps(override) if override else "the platform's"
        hub.audit(db, workplace.actor, "set limits", row.name, told, connection=row.id)


def _show_limits(hub: Hub, connection_id: int, as_json: bool) -> None:
    row = hub.connection(connection_id)
    limits = limits_of(hub.provider(row.provider), settings_of(hub, row), row.limits)
    if as_json:
        print_json(asdict(limits))
        return
    for window in limits.windows:
        click.echo(f"{window.calls} calls in {window.seconds:g} seconds")
    click.echo(f"{limits.per_day or 'any number of'} calls a day")
    click.echo(f"{limits.concurrent or 'any number of'} calls at the same time")
    click.echo("This share was allotted to it by a person." if row.limits else "That is all the platform allows.")
