"""``hub attention`` and ``hub undo``: what waits for a person, and a person's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click
import sqlalchemy as sa

from hub.cli.finding import all_connections
from hub.cli.output import counted, json_option, print_json
from hub.cli.workplace import Workplace, pass_workplace
from hub.engine import Decisions, Hub
from hub.engine.decisions import DROPPABLE
from hub.engine.notes import chunks
from hub.engine.waiting import NEEDS_A_PERSON, WAITS
from hub.errors import SettingsError
from hub.models import ConnectionRow, NativeRecord, OperationRow, OperationState, SignOff, table

connections = table(ConnectionRow)
operations = table(OperationRow)
records = table(NativeRecord)
sign_offs = table(SignOff)

RETRIABLE = (OperationState.HELD.value, OperationState.FAILED.value)
EXAMPLES = 5

LOST = {
    "what": "It was sent, and the answer was lost.",
    "fix": "The next run looks for it in the ledger before anything is written again.",
}
"""What is told where an operation has no problem of its own."""

UNDROPPABLE = {
    "": "there is no operation of this number",
    OperationState.DROPPED.value: "it is dropped already",
    OperationState.DONE.value: "it is in the ledger",
    OperationState.REPLACED.value: "a newer plan took its place; 'hub plan' shows it",
    OperationState.UNSURE.value: "it may be in the ledger, which is looked at first; run the ledger",
}
"""Why a person can't drop what is in this state."""


@dataclass(frozen=True)
class Group:
    """What one act of a person solves. ``operations`` are the numbers to give to retry or drop."""

    code: str
    subject: str
    what: str
    why: str
    fix: str
    labels: tuple[str, ...]
    operations: tuple[int, ...] = ()
    count: int = 0


@click.group(invoke_without_command=True)
@json_option
@pass_workplace
@click.pass_context
def attention(ctx: click.Context, workplace: Workplace, as_json: bool) -> None:
    """Show what waits for a person, grouped by what solves it: the most numerous first.

    \b
    Examples:  hub attention
               hub attention retry 41 42
               hub attention retry --code no_account
               hub attention drop 43 --reason "entered by hand in March"

    On trouble: each group says what happened, why, and what to do. Most go away by themselves once that is done;
    retry is for the rest. The exit code is 1 while anything waits.
    """
    if ctx.invoked_subcommand is not None:
        return
    hub = workplace.hub
    found = [*_suspended(hub), *_drifted(hub), *_unreadable(hub), *_operations(hub)]
    groups = sorted(found, key=lambda group: -group.count)
    waiting, others = _count(hub, operations.c.state == OperationState.PROPOSED.value), _count(hub, WAITS)
    if as_json:
        print_json([asdict(group) for group in groups])
    else:
        _tell(groups, waiting, others)
    if groups or waiting:
        ctx.exit(1)


def _tell(groups: Sequence[Group], waiting: int, others: int) -> None:
    for group in groups:
        _print(group)
    if waiting:
        wait = "waits" if waiting == 1 else "wait"
        click.echo(f"{counted(waiting, 'operation')} {wait} for approval, on the page Ready to sync.")
    elif not groups:
        click.echo("Nothing waits for a person.")
    if others:
        waits, them = ("waits", "it goes") if others == 1 else ("wait", "they go")
        click.echo(
            f"{counted(others, 'operation')} {waits} for others: {them} on when these are posted,"
            " or approved where they are drafts of the ledger."
        )


@attention.command()
@click.argument("operation_ids", type=int, nargs=-1, metavar="[OPERATION]...")
@click.option("--code", help="All with this problem code.")
@pass_workplace
def retry(workplace: Workplace, operation_ids: tuple[int, ...], code: str | None) -> None:
    """Plan held or failed operations anew, though nothing they wait for changed as far as the hub knows.

    \b
    Example:  hub attention retry --code rejected

    On trouble: what still can't be posted comes back to the list, with the present reason.
    """
    chosen = _chosen(workplace.hub, operation_ids, code)
    count = Decisions(workplace.hub, workplace.actor).retry(chosen)
    click.echo(f"{counted(count, 'operation')} will be planned anew in the next run.")


@attention.command()
@click.argument("operation_ids", type=int, nargs=-1, metavar="[OPERATION]...")
@click.option("--code", help="All with this problem code.")
@click.option("--reason", required=True, help="Why; it is kept with the record.")
@pass_workplace
@click.pass_context
def drop(
    ctx: click.Context, workplace: Workplace, operation_ids: tuple[int, ...], code: str | None, reason: str
) -> None:
    """Never write these, for a stated reason. 'hub undo' takes it back.

    \b
    Example:  hub attention drop 43 --reason "entered by hand in March"

    On trouble: each that could not be dropped is told with the reason, and the exit code is 1. One whose answer was
    lost can't be dropped before it was looked for; run the ledger first.
    """
    chosen = _chosen(workplace.hub, operation_ids, code)
    before = _states(workplace.hub, chosen)
    count = Decisions(workplace.hub, workplace.actor).drop(chosen, reason)
    if count:
        undone = " ".join(str(each) for each in chosen if before.get(each) in DROPPABLE)
        click.echo(f"{counted(count, 'operation')} dropped. To take it back: hub undo {undone}")
    left = [each for each in chosen if before.get(each) not in DROPPABLE]
    for each in left:
        click.echo(f"{each} was not dropped: {UNDROPPABLE.get(before.get(each, ''), 'it is being sent')}.", err=True)
    if left:
        ctx.exit(1)


def _states(hub: Hub, operation_ids: Sequence[int]) -> dict[int, str]:
    """How each stands; empty for a number that there is not."""
    found = dict.fromkeys(operation_ids, "")
    with hub.store.read() as db:
        for part in chunks(operation_ids):
            chosen = sa.select(operations.c.id, operations.c.state).where(operations.c.id.in_(part))
            found |= {row.id: row.state for row in db.execute(chosen)}
    return found


@click.command()
@click.argument("operation_ids", type=int, nargs=-1, required=True, metavar="OPERATION...")
@pass_workplace
def undo(workplace: Workplace, operation_ids: tuple[int, ...]) -> None:
    """Undo a drop: the record is planned anew, and written if nothing speaks against it.

    \b
    Example:  hub undo 43      ('hub audit --what dropped' shows the numbers)

    On trouble: what was not dropped is left as it is; nothing that was posted is ever undone by this.
    """
    count = Decisions(workplace.hub, workplace.actor).undrop(operation_ids)
    if count == 0:
        raise SettingsError("None of these was dropped. 'hub audit --what dropped' shows what was.")
    click.echo(f"{counted(count, 'operation')} will be planned anew in the next run.")


def _chosen(hub: Hub, operation_ids: Sequence[int], code: str | None) -> list[int]:
    if bool(operation_ids) == bool(code):
        raise SettingsError("Say which: give the numbers that 'hub attention' shows, or --code for a whole group.")
    if not code:
        return list(operation_ids)
    alike = sa.select(operations.c.id).where(operations.c.problem_code == code, operations.c.state.in_(RETRIABLE))
    with hub.store.read() as db:
        found = list(db.execute(alike).scalars())
    if not found:
        raise SettingsError(f"Nothing waits with the problem code {code!r}.")
    return found


def _print(group: Group) -> None:
    click.secho(f"{group.what}" + (f"  ({group.count} times)" if group.count > 1 else ""), bold=True)
    for part in (group.why, group.fix):
        if part:
            click.echo(f"  {part}")
    shown = [
        f"{label} [{number}]" if number else label
        for label, number in zip(group.labels, (*group.operations, *[0] * EXAMPLES), strict=False)
    ]
    more = group.count - len(shown)
    click.echo(f"  {group.code}: {', '.join(shown)}{f' and {more} more' if more > 0 else ''}\n")


def _operations(hub: Hub) -> list[Group]:
    kinds = (operations.c.problem_code, operations.c.problem_subject)
    numbered = sa.func.row_number().over(partition_by=kinds, order_by=operations.c.id).label("place")
    alike = sa.func.count().over(partition_by=kinds).label("alike")
    ranked = sa.select(operations.c.id, operations.c.label, operations.c.problem, *kinds, numbered, alike)
    part = ranked.where(NEEDS_A_PERSON).subquery()
    chosen = sa.select(part).where(part.c.place <= EXAMPLES).order_by(part.c.problem_code, part.c.problem_subject)
    groups: dict[tuple[str, str], list[sa.Row[Any]]] = {}
    with hub.store.read() as db:
        for row in db.execute(chosen.order_by(part.c.id)):
            groups.setdefault((row.problem_code, row.problem_subject), []).append(row)
    return [_operation_group(code, subject, rows) for (code, subject), rows in groups.items()]


def _operation_group(code: str, subject: str, rows: Sequence[sa.Row[Any]]) -> Group:
    problem = rows[0].problem or LOST
    return Group(
        code=code,
        subject=subject,
        what=problem.get("what", ""),
        why=problem.get("why", ""),
        fix=problem.get("fix", ""),
        labels=tuple(row.label for row in rows),
        operations=tuple(row.id for row in rows),
        count=rows[0].alike,
    )


def _unreadable(hub: Hub) -> list[Group]:
    chosen = (
        sa.select(records.c.label, records.c.record_id, records.c.problem, connections.c.name)
        .join(connections, connections.c.id == records.c.connection_id)
        .where(records.c.problem.is_not(None), connections.c.removed_at.is_(None))
        .order_by(records.c.id)
    )
    with hub.store.read() as db:
        return [_problem_group(row.problem, f"{row.name}: {row.label or row.record_id}") for row in db.execute(chosen)]


def _suspended(hub: Hub) -> list[Group]:
    return [_problem_group(row.suspended, row.name) for row in all_connections(hub) if row.suspended]


def _drifted(hub: Hub) -> list[Group]:
    chosen = sa.select(sign_offs).where(sign_offs.c.drifted_at.is_not(None), sign_offs.c.withdrawn_at.is_(None))
    with hub.store.read() as db:
        rows = db.execute(chosen.order_by(sign_offs.c.id)).all()
    what = "A period has other figures since it was signed off."
    fix = "Reconcile it again, and withdraw the sign-off with a reason if it no longer holds."
    return [
        Group("drift", str(row.id), what, row.drift["why"], fix, (f"{row.period_start} to {row.period_end}",), count=1)
        for row in rows
    ]


def _problem_group(problem: dict[str, Any], label: str) -> Group:
    named = {name: problem.get(name, "") for name in ("code", "subject", "what", "why", "fix")}
    return Group(**named, labels=(label,), count=1)


def _count(hub: Hub, condition: sa.ColumnElement[bool]) -> int:
    """How many operations are so."""
    chosen = sa.select(sa.func.count()).select_from(operations)
    with hub.store.read() as db:
        return int(db.execute(chosen.where(condition)).scalar_one())
