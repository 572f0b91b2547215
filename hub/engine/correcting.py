"""Corrections: what a summary of a closed period should say and does not, posted with a later date.

The correction is a summary of its own, made once and not again; the summary that it corrects is from then on its
members without it, which is what the ledger has. Exactly one of the two therefore ever holds an amount.
"""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import sqlalchemy as sa

from hub.documents import Journal, Kind, parse_document
from hub.engine.decisions import Decisions
from hub.engine.facts import Ground, load_documents, load_ground
from hub.engine.summaries import count_corrections, fed, present_form, save_summary, summaries_due
from hub.errors import SettingsError
from hub.models import Flow, JournalSummary, OperationRow, OperationState, table
from hub.reconcile import apart_by, correction, is_summary

operations = table(OperationRow)
summaries = table(JournalSummary)

CLOSED = "closed_period"


def can_correct(row: Any) -> bool:
    """Whether an operation is a summary that is held since its period is closed."""
    return bool(row.state == OperationState.HELD.value and row.problem_code == CLOSED and is_summary(row.source_id))


def correct(person: Decisions, operation_id: int, day: date) -> Journal:
    """Make a correction dated ``day`` of a summary whose period is closed; it is planned with the next run.

    Raises ``SettingsError`` where there is nothing to correct, or that day is closed, too.
    """
    with person.store.write() as db:
        row = db.execute(sa.select(operations).where(operations.c.id == operation_id)).one()
        person.store.claim(db, row.integration_id)
        row = db.execute(sa.select(operations).where(operations.c.id == operation_id)).one()
        if not can_correct(row):
            raise SettingsError("It is not held for a closed period any more. Look at it again.")
        ground = load_ground(db, row.integration_id, person.hub.providers)
        _must_be_open(ground, day)
        base = _base_of(db, row)
        flow = ground.flows[row.flow_id]
        made = _correction(db, ground, flow, base, day)
        if made is None:
            raise SettingsError("It says what the ledger has: there is nothing to correct.")
        save_summary(person.store, db, ground, flow, made, person.hub.clock(), corrects=base)
        summaries_due(person.store, db, row.flow_id, {base, made.external_id}, f"corrected by {person.actor}")
        person.want_both(db, row.integration_id)
        person.hub.audit(db, person.actor, "corrected", row.label, f"dated {day}", operation=operation_id)
    return made


def _correction(db: sa.Connection, ground: Ground, flow: Flow, base: str, day: date) -> Journal | None:
    """What is missing: kept apart as what is posted is, and only of what came late as tracking is fed now."""
    number, written = count_corrections(db, flow, base) + 1, _written(db, flow.id or 0, base)
    present = present_form(db, ground, flow, base, apart_by(written) if written else None)
    if present is None or written is None:
        return correction(present, written, number, day)
    ids = sorted({*present.members} - {*written.members})
    late = load_documents(db, ground.integration.stock_id, Kind.JOURNAL, ids)
    return correction(present, written, number, day, cast(list[Journal], list(late.values())), fed(ground))


def _must_be_open(ground: Ground, day: date) -> None:
    last = max(filter(None, (ground.organisation.lock_date, ground.stock_lock)), default=None)
    if last is not None and day <= last:
        raise SettingsError(f"{day} is in a closed period, too: choose a day after {last}.")


def _base_of(db: sa.Connection, row: sa.Row[Any]) -> str:
    """The summary to correct; a correction whose day was closed meanwhile is itself held, and is not corrected."""
    chosen = sa.select(summaries.c.corrects).where(
        summaries.c.flow_id == row.flow_id, summaries.c.external_id == row.source_id
    )
    if db.execute(chosen).scalar():
        raise SettingsError("This is a correction already. Skip it with a reason; then correct the summary anew.")
    return str(row.source_id)


def _written(db: sa.Connection, flow_id: int, summary_id: str) -> Journal | None:
    chosen = sa.select(summaries.c.written).where(summaries.c.flow_id == flow_id, summaries.c.external_id == summary_id)
    text = db.execute(chosen).scalar()
    return cast(Journal, parse_document(Kind.JOURNAL, text)) if text else None
