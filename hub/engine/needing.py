"""Approving documents together with the contacts and items that they name and that wait for approval as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from hub.documents import Kind, Status
from hub.engine.decisions import Decisions
from hub.engine.notes import chunks
from hub.engine.pilot import keep_to_pilot
from hub.engine.restating import approve_as
from hub.models import OperationRow, OperationState, table
from hub.providers import Action

operations = table(OperationRow)

CARDS = (Kind.CONTACT.value, Kind.ITEM.value)
"""What goes along: it says nothing by itself in the books."""


def approve_with_needed(
    person: Decisions,
    operation_ids: Sequence[int],
    status: Status | None = None,
    *,
    hashes: Mapping[int, str] | None = None,
) -> tuple[int, int]:
    """Approve, contacts and items first, so that nothing is held for them; answers with (approved, gone along).

    ``status`` and ``hashes`` are as for ``approve_as``. Raises ``SettingsError`` where the pilot is not settled, and
    then nothing is approved.
    """
    with person.store.read() as db:
        keep_to_pilot(db, operation_ids)
        along = needed_by(db, _unchanged(db, operation_ids, hashes))
    gone = person.approve(along) if along else 0
    if status is None:
        return person.approve(operation_ids, hashes=hashes), gone
    return approve_as(person, operation_ids, status, hashes=hashes), gone


def _unchanged(db: sa.Connection, ids: Sequence[int], hashes: Mapping[int, str] | None) -> Sequence[int]:
    """Those that still are what the person saw: for others nothing goes along."""
    if hashes is None:
        return ids
    found: dict[int, str] = {}
    for part in chunks(ids):
        chosen = sa.select(operations.c.id, operations.c.payload_hash).where(operations.c.id.in_(part))
        found |= {row.id: row.payload_hash for row in db.execute(chosen)}
    return [id for id in ids if id in found and found[id] == hashes.get(id)]


def needed_by(db: sa.Connection, operation_ids: Sequence[int]) -> list[int]:
    """The proposed creates of contacts and items that these operations rest on and that are not among them."""
    named: dict[tuple[int, str], set[str]] = {}
    for part in chunks(operation_ids):
        chosen = sa.select(operations.c.integration_id, operations.c.depends_on).where(operations.c.id.in_(part))
        for row in db.execute(chosen):
            for kind, source_id in row.depends_on:
                if kind in CARDS:
                    named.setdefault((row.integration_id, kind), set()).add(source_id)
    found: set[int] = set()
    for (integration_id, kind), source_ids in named.items():
        for part in chunks(sorted(source_ids)):
            waiting = sa.select(operations.c.id).where(
                operations.c.integration_id == integration_id,
                operations.c.kind == kind,
                operations.c.source_id.in_(part),
                operations.c.action == Action.CREATE.value,
                operations.c.state == OperationState.PROPOSED.value,
            )
            found |= set(db.execute(waiting).scalars())
    return sorted(found - set(operation_ids))
