"""What became of a target in the ledger: a row whenever the hub learns of another status or amount due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from hub.models import StateChange, table
from hub.providers import TargetState

state_changes = table(StateChange)

Moved = tuple[int, TargetState, TargetState]
"""A link's id, its target's state before, and now."""


def note_states(db: sa.Connection, moved: Iterable[Moved], at: datetime) -> None:
    """Keep those of the new states that people would call another one."""
    rows = [
        {"link_id": link_id, "at": at, "status": after.status.value, "due": _text(after)}
        for link_id, before, after in moved
        if (before.status, before.due) != (after.status, after.due)
    ]
    if rows:
        db.execute(sa.insert(state_changes), rows)


def _text(state: TargetState) -> str:
    return "" if state.due is None else str(state.due)
