"""``hub plan``: what is going to be written, what is held, and why. Nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import sqlalchemy as sa

from hub.cli.finding import find_integrations
from hub.cli.output import counted, json_option, print_json, print_table
from hub.cli.workplace import Workplace, pass_workplace
from hub.engine import Hub
from hub.models import OPEN_STATES, Due, Flow, OperationRow, table

due = table(Due)
flows = table(Flow)
operations = table(OperationRow)

SHOWN = ("id", "state", "action", "kind", "label", "amount", "currency", "reason", "problem", "warnings", "trace")


@click.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True, help="How many operations to show.")
@click.option("--trace", is_flag=True, help="Show for each how its codes came about.")
@json_option
@pass_workplace
def plan(workplace: Workplace, name: str, limit: int, trace: bool, as_json: bool) -> None:
    """Show the plan of an integration: what is proposed or on its way, what is held and why. Nothing is sent.

    NAME is an integration, or a connection (then all of its integrations are shown). It shows what is stored:
    'hub run' on the stock side reads what is new first.

    \b
    Example:  hub plan "Main stock" --trace

    On trouble: a held operation says what it waits for; 'hub attention' groups those that one act solves.
    """
    hub = workplace.hub
    ids = [int(row.id) for row in find_integrations(hub, name)]
    planned, waiting = _planned(hub, ids, limit), _not_planned(hub, ids)
    if as_json:
        print_json({"operations": [_as_data(row) for row in planned], "not_planned_yet": waiting})
        return
    columns = ("id", "state", "what", "amount", "why")
    print_table(columns, [_as_row(row) for row in planned], empty="Nothing is planned: both sides agree.")
    if trace:
        for row in planned:
            click.echo("\n".join((f"\n{row.id} {row.label}", *(f"  {line}" for line in row.trace))))
    if waiting:
        click.echo(f"{counted(waiting, 'more record')} will be planned in the next run.")


def _planned(hub: Hub, integration_ids: Sequence[int], limit: int) -> Sequence[sa.Row[Any]]:
    chosen = (
        sa.select(operations)
        .where(operations.c.integration_id.in_(integration_ids), operations.c.state.in_(OPEN_STATES))
        .order_by(operations.c.state, operations.c.tier, operations.c.id)
        .limit(limit)
    )
    with hub.store.read() as db:
        return db.execute(chosen).all()


def _not_planned(hub: Hub, integration_ids: Sequence[int]) -> int:
    chosen = (
        sa.select(sa.func.count())
        .select_from(due.join(flows, flows.c.id == due.c.flow_id))
        .where(flows.c.integration_id.in_(integration_ids))
    )
    with hub.store.read() as db:
        return int(db.execute(chosen).scalar_one())


def _as_data(row: sa.Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in SHOWN}


def _as_row(row: sa.Row[Any]) -> tuple[Any, ...]:
    what = f"{row.action} {row.kind.replace('_', ' ')} {row.label}"
    problem = row.problem or {}
    why = " ".join(part for part in (problem.get("what"), problem.get("why"), problem.get("fix")) if part)
    return row.id, row.state, what, f"{row.amount} {row.currency}".strip(), why or row.reason
