"""A sheet of links: what each of its rows would change, and carrying that out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hub.engine.contact_list import ContactState, contact_list, present
from hub.engine.directory import entries
from hub.engine.linking import ALREADY, ARCHIVED, NOT_IN_LEDGER, NOT_LINKED, NOT_THERE, STILL_LINKED, Linking, Outcome
from hub.engine.notes import chunks
from hub.models import Integration

IGNORED_BY_SHEET = "ignored with a sheet"
UNLINKED_BY_SHEET = "unlinked with a sheet"


class SheetAction(StrEnum):
    """What a row asks for."""

    LINK = "link"
    UNLINK = "unlink"
    CREATE = "create"
    IGNORE = "ignore"


@dataclass(frozen=True)
class SheetRow:
    """One row as it was written. ``number`` is its line in the sheet."""

    number: int
    source_id: str
    ledger_id: str = ""
    action: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Judged:
    """What a row would change, in words; or why it can't be."""

    row: SheetRow
    label: str = ""
    change: str = ""
    error: str = ""


def judge(db: sa.Connection, integration: Integration, rows: Sequence[SheetRow]) -> list[Judged]:
    """What each row would change. Rows without an action are left out."""
    asked = [row for row in rows if row.action]
    often = Counter(row.source_id for row in asked)
    return [
        _judge_one(row, sources.get(row.source_id), targets.get(row.ledger_id), often[row.source_id])
        for part in chunks(asked)
        for sources, targets in [_known(db, integration, part)]
        for row in part
    ]


def carry_out(linking: Linking, integration_id: int, judged: Sequence[Judged]) -> Outcome:
    """Do what the rows without an error ask for; each verb checks once more."""
    outcome = Outcome()
    for done in _verbs(linking, integration_id, [each.row for each in judged if not each.error]):
        outcome.done += done.done
        outcome.refused |= done.refused
    return outcome


def _verbs(linking: Linking, integration_id: int, rows: Sequence[SheetRow]) -> Iterator[Outcome]:
    by_action: dict[str, list[SheetRow]] = {}
    for row in rows:
        by_action.setdefault(row.action, []).append(row)
    links = by_action.get(SheetAction.LINK, [])
    reasons = {row.source_id: row.reason for row in links}
    yield linking.link(integration_id, {row.source_id: row.ledger_id for row in links}, reasons)
    for reason, ids in _by_reason(by_action.get(SheetAction.UNLINK, []), UNLINKED_BY_SHEET).items():
        yield linking.unlink(integration_id, ids, reason, plan_anew=False)
    for reason, ids in _by_reason(by_action.get(SheetAction.IGNORE, []), IGNORED_BY_SHEET).items():
        yield linking.ignore(integration_id, ids, reason)
    created = [row.source_id for row in by_action.get(SheetAction.CREATE, [])]
    if created:
        yield linking.upload(integration_id, created)


def _by_reason(rows: Sequence[SheetRow], usual: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.reason or usual, []).append(row.source_id)
    return found


def _known(
    db: sa.Connection, integration: Integration, rows: Sequence[SheetRow]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The contacts that some rows name, on both sides."""
    every = contact_list(integration).subquery()
    sources = sa.select(every).where(every.c.source_id.in_([row.source_id for row in rows]))
    label = present(entries, "label")
    targets = sa.select(entries.c.external_id, entries.c.active, label.label("label")).where(
        entries.c.connection_id == integration.ledger_id,
        entries.c.external_id.in_([row.ledger_id for row in rows]),
        label.is_not(None),
    )
    return (
        {row.source_id: row for row in db.execute(sources)},
        {row.external_id: row for row in db.execute(targets)},
    )


def _judge_one(row: SheetRow, source: Any, target: Any, often: int) -> Judged:
    if source is None:
        return Judged(row, error=NOT_THERE if row.source_id else "The source id is missing.")
    error = _objection(row, source, target) if often == 1 else "This source id is in the sheet more than once."
    if error:
        return Judged(row, source.label, error=error)
    return Judged(row, source.label, change=_change(row, source, target))


def _objection(row: SheetRow, source: Any, target: Any) -> str:
    """Why a row can't be carried out; empty when it can."""
    if row.action == SheetAction.LINK:
        return _link_objection(row, source, target)
    if row.action == SheetAction.UNLINK:
        return "" if source.link_id else NOT_LINKED
    if row.action == SheetAction.CREATE:
        return STILL_LINKED if source.link_id else ""
    if row.action == SheetAction.IGNORE:
        if source.state == ContactState.IGNORED:
            return "It is ignored already."
        return STILL_LINKED if source.link_id else ""
    return f"{row.action!r} is no action: write link, unlink, create or ignore, or nothing."


def _link_objection(row: SheetRow, source: Any, target: Any) -> str:
    if not row.ledger_id:
        return "The ledger id is missing: which contact is it?"
    if target is None:
        return NOT_IN_LEDGER
    if source.target_id == row.ledger_id:
        return ALREADY
    return "" if target.active else ARCHIVED


def _change(row: SheetRow, source: Any, target: Any) -> str:
    before = source.target_label or source.target_id
    if row.action == SheetAction.LINK:
        return f"Link to {target.label}" + (f", no longer to {before}" if source.link_id else "")
    if row.action == SheetAction.UNLINK:
        return f"Unlink from {before}, and keep back"
    if row.action == SheetAction.CREATE:
        return "Create as new in the ledger"
    return f"Ignore: {row.reason or IGNORED_BY_SHEET}"
