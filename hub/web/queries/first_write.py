"""The look before each flow's first write: when it was, what it found, what is left to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind
from hub.engine.first_write import Hit, flows_that_wrote
from hub.web.queries.tables import FLOWS, INTEGRATIONS


@dataclass(frozen=True)
class FlowCheck:
    """How the look stands for one flow. Once the flow has written, its links tell more than a look."""

    flow_id: int
    kind: str
    at: datetime | None
    hits: tuple[Hit, ...]
    has_written: bool

    @property
    def exact(self) -> int:
        """How many hits do not differ from what would be posted."""
        return sum(not hit.differences for hit in self.hits)


def checks(db: sa.Connection, integration_id: int, flows: Sequence[sa.Row[Any]]) -> list[FlowCheck]:
    """The state of the look for each of an integration's flows of documents that somebody else could post too."""
    wrote = flows_that_wrote(db, integration_id)
    return [
        FlowCheck(
            flow_id=flow.id,
            kind=flow.kind,
            at=flow.checked_at,
            hits=tuple(Hit.model_validate(hit) for hit in flow.hits),
            has_written=flow.id in wrote,
        )
        for flow in flows
        if Kind(flow.kind) in TRADE_KINDS
    ]


def kept_off(db: sa.Connection) -> list[sa.Row[Any]]:
    """The flows that are off because of what the ledger has, with their integration's name."""
    chosen = sa.select(FLOWS, INTEGRATIONS.c.name).join(INTEGRATIONS, INTEGRATIONS.c.id == FLOWS.c.integration_id)
    rows = db.execute(chosen.where(FLOWS.c.checked_at.is_not(None)).order_by(FLOWS.c.id)).all()
    return [row for row in rows if row.hits]
