"""What needs a person on either side of a connection, by cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.engine.reconciling import BY_A_SCHEDULE
from hub.engine.waiting import NEEDS_A_PERSON
from hub.models import (
    Integration,
    NativeRecord,
    OperationRow,
    OperationState,
    Reconciliation,
    ReconciliationState,
    SignOff,
    table,
)

MOST_CAUSES = 50
"""More than anybody reads in an e-mail; the page shows all."""

integrations = table(Integration)
operations = table(OperationRow)
reconciliations = table(Reconciliation)
records = table(NativeRecord)
sign_offs = table(SignOff)


@dataclass(frozen=True)
class Trouble:
    """One cause, named so that it is known again, and in words."""

    cause: str
    words: str


def needs_a_person(db: sa.Connection, connection_id: int) -> list[Trouble]:
    """What is held, refused or not sure, caught by the safety catch, unreadable, or signed off and different since."""
    found = [*_operations(db, connection_id), *_caught(db, connection_id), *_unreadable(db, connection_id)]
    return [*found, *_drifted(db, connection_id), *_not_reconciled(db, connection_id)]


def _operations(db: sa.Connection, connection_id: int) -> Iterator[Trouble]:
    parts = (operations.c.state, operations.c.problem_code, operations.c.problem_subject)
    counted = (
        sa.select(*parts, sa.func.count().label("number"), sa.func.min(operations.c.id).label("example"))
        .where(operations.c.integration_id.in_(_joined(connection_id)), NEEDS_A_PERSON)
        .group_by(*parts)
        .order_by(sa.desc("number"), *parts)
        .limit(MOST_CAUSES)
    )
    rows = db.execute(counted).all()
    chosen = sa.select(operations.c.id, operations.c.problem).where(operations.c.id.in_([row.example for row in rows]))
    problems = {row.id: row.problem or {} for row in db.execute(chosen)}
    for row in rows:
        yield Trouble(
            f"{row.state}:{row.problem_code}:{row.problem_subject}",
            _words(row.number, "document", problems[row.example]),
        )


def _caught(db: sa.Connection, connection_id: int) -> Iterator[Trouble]:
    chosen = sa.select(sa.func.count()).where(
        operations.c.integration_id.in_(_joined(connection_id)),
        operations.c.state == OperationState.PROPOSED.value,
        operations.c.caught,
    )
    if number := db.execute(chosen).scalar_one():
        problem = {
            "what": "The safety catch kept them back, since there were unusually many at once.",
            "fix": "Look at them, and approve or skip them.",
        }
        yield Trouble("caught", _words(number, "document", problem))


def _unreadable(db: sa.Connection, connection_id: int) -> Iterator[Trouble]:
    sources = sa.select(integrations.c.stock_id).where(integrations.c.ledger_id == connection_id)
    mine = sa.or_(records.c.connection_id == connection_id, records.c.connection_id.in_(sources))
    chosen = sa.select(sa.func.count()).where(mine, records.c.problem.is_not(None))
    if number := db.execute(chosen).scalar_one():
        problem = {"what": "They could not be read.", "fix": "Correct them in the stock system."}
        yield Trouble("unreadable", _words(number, "record", problem))


def _drifted(db: sa.Connection, connection_id: int) -> Iterator[Trouble]:
    chosen = sa.select(sign_offs.c.id, sign_offs.c.period_start, sign_offs.c.period_end, sign_offs.c.drift).where(
        sign_offs.c.integration_id.in_(_joined(connection_id)),
        sign_offs.c.drifted_at.is_not(None),
        sign_offs.c.withdrawn_at.is_(None),
    )
    for row in db.execute(chosen.order_by(sign_offs.c.id)):
        period = f"{row.period_start} to {row.period_end}"
        words = (
            f"{period} has other figures since it was signed off. {row.drift['why']}\nWhat to do: reconcile it again."
        )
        yield Trouble(f"drift:{row.id}", words)


def _not_reconciled(db: sa.Connection, connection_id: int) -> Iterator[Trouble]:
    """What a schedule asked to be reconciled and could not be, where nothing was since."""
    newest = sa.select(sa.func.max(reconciliations.c.id)).group_by(reconciliations.c.integration_id)
    chosen = sa.select(reconciliations.c.id, reconciliations.c.problem).where(
        reconciliations.c.id.in_(newest),
        reconciliations.c.integration_id.in_(_joined(connection_id)),
        reconciliations.c.state == ReconciliationState.FAILED.value,
        reconciliations.c.cause == BY_A_SCHEDULE,
    )
    for row in db.execute(chosen):
        problem = row.problem or {}
        # The text of an unforeseen error may hold anything, so it stays on the page.
        told = {**problem, "why": ""} if problem.get("code") == "unexpected" else problem
        yield Trouble("not reconciled", _words(1, "scheduled reconciliation", told))


def _joined(connection_id: int) -> sa.Select[Any]:
    return sa.select(integrations.c.id).where(
        sa.or_(integrations.c.stock_id == connection_id, integrations.c.ledger_id == connection_id)
    )


def _words(number: int, noun: str, problem: Any) -> str:
    what = " ".join(part for part in (problem.get("what", ""), problem.get("why", "")) if part)
    fix = f"\nWhat to do: {problem['fix']}" if problem.get("fix") else ""
    return f"{number:,} {noun}{'' if number == 1 else 's'}: {what or 'look at them.'}{fix}"
