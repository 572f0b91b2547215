"""``hub audit`` and ``hub replay``: who did what, and why a record is where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
import sqlalchemy as sa

from hub.cli.output import json_option, print_json, print_table, shown
from hub.cli.workplace import Workplace, pass_workplace
from hub.engine.replay import Replay, replay_operation
from hub.models import AuditEvent, table

events = table(AuditEvent)

NUMBERS = frozenset({"integration", "connection", "flow", "operation", "link"})
"""The details of an act that say which row it was about."""

MOST_CODES = 5
"""How many codes one line names."""


@click.command()
@click.option("--actor", help="Only what this person did (a part of the name is enough).")
@click.option("--what", help="Only this act, as in dropped, approved or mapped.")
@click.option("--subject", help="Only acts on what has this in its name.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Only from this day on (UTC).")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many, newest first.")
@json_option
@pass_workplace
def audit(
    workplace: Workplace,
    actor: str | None,
    what: str | None,
    subject: str | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show who did what, when, to what, and why; the newest first.

    \b
    Examples:  hub audit --what dropped
               hub audit --actor jane --since 2030-01-01

    On trouble: nothing here can be changed or deleted by the hub, so what is not here was not done through it.
    """
    chosen = sa.select(events).order_by(events.c.id.desc()).limit(limit)
    for column, text in ((events.c.actor, actor), (events.c.what, what), (events.c.subject, subject)):
        if text:
            chosen = chosen.where(column.icontains(text, autoescape=True))
    if since:
        chosen = chosen.where(events.c.at >= since.replace(tzinfo=UTC))
    with workplace.hub.store.read() as db:
        found = db.execute(chosen).all()
    if as_json:
        print_json([dict(row._mapping) for row in found])
        return
    columns = ("when", "who", "what", "to what", "in detail", "why")
    print_table(columns, [_as_row(row) for row in found], empty="Nothing was done.")


def _as_row(row: sa.Row[Any]) -> Sequence[Any]:
    number = row.details.get("operation")
    subject = f"{row.subject} [{number}]" if number else row.subject
    return row.at, row.actor, row.what, subject, _in_detail(row.details), row.reason


def _in_detail(details: Mapping[str, Any]) -> str:
    """What was changed into what; the numbers of rows are for programs, which take the JSON."""
    if codes := details.get("codes"):
        was = details.get("was", {})
        lines = [f"{code} -> {target or 'nothing'}{_before(was.get(code))}" for code, target in codes.items()]
        more = len(lines) - MOST_CODES
        return ", ".join(lines[:MOST_CODES]) + (f" and {more} more" if more > 0 else "")
    told = {name: value for name, value in details.items() if name not in NUMBERS and value not in ("", None, [], {})}
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())


def _before(code: str | None) -> str:
    return f" (was {code})" if code else ""


@click.command()
@click.argument("operation_id", type=int, metavar="OPERATION")
@json_option
@pass_workplace
def replay(workplace: Workplace, operation_id: int, as_json: bool) -> None:
    """Decide one operation again from the facts stored now, and show the way to the decision. Nothing is changed.

    This answers "why is this not in the ledger?": the rules, the mappings and the ledger's state that led there, and
    whether the hub would decide the same today.

    \b
    Example:  hub replay 41     (the numbers are in 'hub plan', 'hub attention' and the pages)

    On trouble: a record that the source no longer lists is said to be gone.
    """
    found = replay_operation(workplace.hub, operation_id)
    if as_json:
        print_json(_as_data(found))
        return
    click.secho(f"{found.label} ({found.kind})", bold=True)
    click.echo(f"What was decided: {found.stored}")
    click.echo(f"What would be decided now: {found.present}")
    if found.problem:
        click.echo(f"Why: {found.problem}")
    for line in found.trace:
        click.echo(f"  {shown(line)}")
    click.echo("So it comes out the same as then." if found.same else "So it would come out differently now.")


def _as_data(found: Replay) -> dict[str, Any]:
    return {
        "label": found.label,
        "kind": found.kind,
        "stored": found.stored,
        "present": found.present,
        "same": found.same,
        "trace": list(found.trace),
        "facts": list(found.facts),
        "problem": found.problem.model_dump() if found.problem else None,
    }
