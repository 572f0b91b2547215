"""How operations left: the run that sent each, whether in a visit, and the exact bytes for as long as they are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.vault import Vault
from hub.web import wording
from hub.web.queries.tables import BATCHES, RUNS


@dataclass(frozen=True)
class Sent:
    """One operation as it left."""

    operation: sa.Row[Any]
    at: datetime
    run_id: int
    in_visit: bool
    """Whether the ledger came for it: then no call carried it."""
    route: str
    body: str
    """The batch that it went with, laid out for reading. Empty once the answer was taken in: no bytes are kept then."""


def sent(db: sa.Connection, vault: Vault, operations: Iterable[sa.Row[Any]]) -> list[Sent]:
    """Those of some operations that left, in their order: one statement, and none where nothing left."""
    left = [row for row in operations if row.batch_id]
    if not left:
        return []
    found = {each.id: each for each in db.execute(_BATCHES, {"batches": [row.batch_id for row in left]})}
    return [_sent(vault, row, found[row.batch_id]) for row in left if row.batch_id in found]


def _sent(vault: Vault, row: sa.Row[Any], batch: sa.Row[Any]) -> Sent:
    body = wording.pretty(vault.open_bytes(batch.body)) if batch.body else ""
    return Sent(row, batch.sent_at, batch.run_id, batch.cause == "visit", batch.route, body)


_BATCHES = (
    sa.select(BATCHES, RUNS.c.cause)
    .join(RUNS, RUNS.c.id == BATCHES.c.run_id)
    .where(BATCHES.c.id.in_(sa.bindparam("batches", expanding=True)))
)
