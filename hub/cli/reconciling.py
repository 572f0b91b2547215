"""``hub reconcile`` and ``hub proof``: both sides compared, and the ledger asked whether anything is there twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
import sqlalchemy as sa

from hub.causes import CAUSES, Measure
from hub.cli.finding import find_integrations
from hub.cli.output import counted, json_option, print_json, print_table
from hub.cli.workplace import Workplace, pass_workplace
from hub.engine import Hub
from hub.engine.reconciling import (
    CAUSE_TITLES,
    MEASURE_TITLES,
    Period,
    Proving,
    Reconciling,
    expected,
    month_of,
    prove,
    reconcile,
)
from hub.errors import Problem, SettingsError
from hub.models import Proof, Reconciliation, ReconciliationState, table

proofs = table(Proof)
reconciliations = table(Reconciliation)

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("reconcile")
@click.argument("name")
@click.option("--from", "start", type=DAY, help="The first day (without both: the last full month).")
@click.option("--to", "end", type=DAY, help="The last day; without it the last of that month, or today.")
@click.option("--cost", is_flag=True, help="Only say how many calls it would make.")
@json_option
@pass_workplace
@click.pass_context
def reconcile_now(
    ctx: click.Context,
    workplace: Workplace,
    name: str,
    start: datetime | None,
    end: datetime | None,
    cost: bool,
    as_json: bool,
) -> None:
    """Compare what the stock system and the ledger say, and name the causes of the difference. Nothing is written.

    NAME is an integration, or a connection that belongs to one only. The result is kept, and shown on the page
    Reconciliation with every document of every cause.

    \b
    Examples:  hub reconcile "Main stock" --cost
               hub reconcile "Main stock" --from 2030-01-01 --to 2030-01-31

    On trouble: what can't be read is told with what to do. The exit code is 1 when it did not end well, or when some of
    the difference is unexplained.
    """
    hub, integration = workplace.hub, _only(workplace.hub, name)
    period = _period(hub, int(integration.id), start, end)
    if not as_json:
        click.echo(f"{integration.name}, {period}")
    if cost:
        _tell_cost(hub, int(integration.id), period, as_json)
        return
    made = Reconciling(hub, workplace.actor).ask(int(integration.id), period)
    row = _done(hub, reconciliations, made, reconcile)
    if as_json:
        print_json({"reconciliation": made, "state": row.state, "period": [period.start, period.end], **_told(row)})
    else:
        _show(row)
    if row.state != ReconciliationState.DONE.value or _unexplained(row):
        ctx.exit(1)


@click.command("proof")
@click.argument("name")
@click.option("--cost", is_flag=True, help="Only say how many calls it would make.")
@json_option
@pass_workplace
@click.pass_context
def proof(ctx: click.Context, workplace: Workplace, name: str, cost: bool, as_json: bool) -> None:
    """Ask the ledger for the mark of every document that the hub posted: is any there twice? Nothing is written.

    NAME is an integration, or a connection that belongs to one only. The result is kept with its date.

    \b
    Example:  hub proof "Main stock"

    On trouble: a document that is there twice is named with its records in the ledger. The exit code is 1 then, and
    when the ledger could not be asked.
    """
    hub, integration = workplace.hub, _only(workplace.hub, name)
    proving = Proving(hub, workplace.actor)
    calls = proving.expected(int(integration.id))
    if cost:
        print_json({"calls": calls}) if as_json else click.echo(f"About {counted(calls, 'call')}.")
        return
    row = _done(hub, proofs, proving.ask(int(integration.id)), prove)
    if as_json:
        shown = ("id", "state", "links", "asked", "found", "calls", "duplicates", "missing", "queries", "finished_at")
        print_json({name: getattr(row, name) for name in shown})
    else:
        _show_proof(row)
    if row.state != ReconciliationState.DONE.value or row.duplicates:
        ctx.exit(1)


def _only(hub: Hub, name: str) -> sa.Row[Any]:
    found = find_integrations(hub, name)
    if len(found) > 1:
        raise SettingsError(f"{name!r} belongs to {', '.join(row.name for row in found)}. Name one of them.")
    return found[0]


def _period(hub: Hub, integration_id: int, start: datetime | None, end: datetime | None) -> Period:
    """What was asked for; one end alone means its month, up to today."""
    today = hub.clock().date()
    if start is not None:
        month = month_of(start.date())
        return Period(start.date(), end.date() if end else max(start.date(), min(month.end, today)))
    if end is not None:
        return Period(month_of(end.date()).start, end.date())
    return Reconciling(hub, "").usual_period(integration_id)


def _done(hub: Hub, rows: sa.Table, id: int, do: Callable[[Hub, int], bool]) -> sa.Row[Any]:
    do(hub, id)
    with hub.store.read() as db:
        return db.execute(sa.select(rows).where(rows.c.id == id)).one()


def _tell_cost(hub: Hub, integration_id: int, period: Period, as_json: bool) -> None:
    costs = expected(hub, integration_id, period)
    if as_json:
        print_json({side: {"calls": each.calls, "why": each.why} for side, each in costs.items()})
        return
    for side, each in costs.items():
        why = f" ({each.why})" if each.why else ""
        click.echo(f"{side}: about {counted(each.calls, 'call')}{why}" if each.calls else f"{side}: {each.why}")


def _told(row: sa.Row[Any]) -> dict[str, Any]:
    return {"currency": row.currency, "figures": row.figures, "calls": row.calls, "problem": row.problem}


def _show(row: sa.Row[Any]) -> None:
    if row.problem:
        click.echo(f"{row.state}: {Problem.model_validate(row.problem)}")
    for measure in Measure:
        if figures := row.figures.get(measure.value):
            title = f"{MEASURE_TITLES[measure]}: {figures['stock']} in the stock system,"
            click.secho(f"{title} {figures['ledger']} in the ledger, difference {figures['difference']}", bold=True)
            shares = [(cause, figures["causes"][cause]) for cause in CAUSES if cause in figures["causes"]]
            cells = [(CAUSE_TITLES[cause], each["amount"], each["lines"]) for cause, each in shares]
            print_table(("cause", "amount", "documents"), cells, empty="Both sides agree.")


def _unexplained(row: sa.Row[Any]) -> bool:
    return any(Decimal(each["causes"].get("unexplained", {"amount": 0})["amount"]) for each in row.figures.values())


def _show_proof(row: sa.Row[Any]) -> None:
    if row.state == ReconciliationState.WANTED.value:
        click.echo("The ledger is asked while it visits the hub: its next visit makes the proof. See it on the pages.")
        return
    if row.problem:
        click.echo(f"{row.state}: {Problem.model_validate(row.problem)}")
        return
    click.echo(
        f"{counted(row.asked, 'mark')} asked for of {counted(row.links, 'live link')}, {row.found} found,"
        f" {counted(len(row.duplicates), 'document')} more than once, {counted(row.calls, 'call')}."
    )
    for each in row.duplicates:
        click.echo(f"  {each['label']}: {', '.join(target['url'] or target['number'] for target in each['targets'])}")
    first = {each["kind"]: each["sent"] for each in reversed(row.queries)}
    for kind, sent in sorted(first.items()):
        click.echo(f"  asked for each {kind.replace('_', ' ')}: {sent}")
