"""Lines that nobody needs any more: of reconciliations that a later one of the same period took the place of.

Their figures and causes stay for ever; what was ever signed off keeps its lines too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.models import Reconciliation, ReconciliationLine, SignOff, table
from hub.models.states import ReconciliationState

if TYPE_CHECKING:
    from hub.engine.hub import Hub

lines = table(ReconciliationLine)
rows = table(Reconciliation)
sign_offs = table(SignOff)


def prune_lines(hub: Hub) -> int:
    """Delete them once they are as old as the log of calls is kept; how many went."""
    oldest = hub.clock() - timedelta(days=hub.settings.exchange_days)
    later = rows.alias("later")
    superseded = sa.exists().where(
        later.c.integration_id == rows.c.integration_id,
        later.c.period_start == rows.c.period_start,
        later.c.period_end == rows.c.period_end,
        later.c.state == ReconciliationState.DONE.value,
        later.c.id > rows.c.id,
    )
    signed = sa.exists().where(sign_offs.c.reconciliation_id == rows.c.id)
    chosen = sa.select(rows.c.id).where(rows.c.finished_at < oldest, superseded, ~signed)
    with hub.store.write(durable=False) as db:
        return int(db.execute(sa.delete(lines).where(lines.c.reconciliation_id.in_(chosen))).rowcount)
