"""What a comparison will cost in calls, worked out from what is stored before anything is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.causes import Measure
from hub.documents import Kind
from hub.engine.reconciling.accounts import load_accounts
from hub.engine.reconciling.periods import Period
from hub.entries import Reading
from hub.models import ConnectionRow, Integration, Link, Snapshot, table

if TYPE_CHECKING:
    from hub.engine.hub import Hub

links = table(Link)
snapshots = table(Snapshot)

CONTROLS = frozenset({Measure.RECEIVABLES, Measure.PAYABLES})
"""What is held against balances of both ends of the period."""
FIRST_DAY = date(2000, 1, 1)
"""From here on the stock system's general ledger is read: what it held before the start date has to be known too."""
LATER = timedelta(days=366)
"""Documents may be dated ahead; whatever is dated up to so long from now is read."""


def read_from(integration: Integration, period: Period) -> date:
    """The first day of which the ledger's documents are read."""
    return min(integration.start_date, period.start)


def needs_another(accounts: Collection[Measure], since: date, period: Period) -> bool:
    """Whether receivables or payables need the balances before the period besides those before what is read."""
    return period.start > since and not set(accounts).isdisjoint(CONTROLS)


def expected(hub: Hub, integration_id: int, period: Period) -> dict[str, Reading]:
    """About how many calls each side will be asked: by ``stock`` and ``ledger``."""
    integration = hub.integration(integration_id)
    until = max(hub.clock().date(), period.end) + LATER
    with hub.store.read() as db:
        stored = _stored(db, integration.stock_id)
        posted = _posted(db, integration_id)
        accounts = [measure for measure, each in load_accounts(db, integration).items() if each.is_complete]
    since = read_from(integration, period)
    stock, ledger = hub.connection(integration.stock_id), hub.connection(integration.ledger_id)
    return {
        "stock": _cost(hub, stock, stored, FIRST_DAY, until),
        "ledger": _with(_cost(hub, ledger, posted, since, until), needs_another(accounts, since, period)),
    }


def _with(reading: Reading, another: bool) -> Reading:
    """One call more, where there are any."""
    return reading.with_another_day() if another and reading.calls else reading


def _cost(hub: Hub, row: ConnectionRow, counts: Counter[Kind], since: date, until: date) -> Reading:
    return hub.provider(row.provider).reading_cost(counts, since, until)


def _stored(db: sa.Connection, stock_id: int) -> Counter[Kind]:
    chosen = sa.select(snapshots.c.kind, sa.func.count().label("many")).where(
        snapshots.c.connection_id == stock_id, snapshots.c.withdrawn.is_(False)
    )
    return Counter({Kind(row.kind): row.many for row in db.execute(chosen.group_by(snapshots.c.kind))})


def _posted(db: sa.Connection, integration_id: int) -> Counter[Kind]:
    chosen = sa.select(links.c.kind, sa.func.count().label("many")).where(
        links.c.integration_id == integration_id, links.c.live.is_(True)
    )
    return Counter({Kind(row.kind): row.many for row in db.execute(chosen.group_by(links.c.kind))})
