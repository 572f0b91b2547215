"""The stock of the demo: kept in both systems from the first day, and reconciled at the end of the month."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from hub import KeepsStock, Session
from hub.causes import CAUSES, Cause, Measure
from hub.engine import Decisions, Hub
from hub.engine.connections import limits_of, view
from hub.engine.methods import Methods
from hub.engine.reconciling import Period, Reconciling, reconcile
from hub.errors import ProviderError, SettingsError
from hub.mapping import MappingList
from hub.models import FlowMode, Reconciliation, table
from hub.reconcile import JournalMode

ACTOR = "demo"
IN_CORE = "630"
"""Core's own inventory account."""

reconciliations = table(Reconciliation)


def go_perpetual(hub: Hub, integration_id: int, account: str, start: date) -> None:
    """Keep the stock in that account of the ledger from the start on, its cost of goods in one journal a month."""
    person = Decisions(hub, ACTOR)
    person.set_mapping(integration_id, MappingList.ACCOUNT, {IN_CORE: account})
    methods = Methods(person)
    methods.go_perpetual(integration_id, start, FlowMode.AUTOMATIC)
    methods.post_journals(integration_id, JournalMode.MONTH)


def worth(hub: Hub, integration_id: int, until: date) -> Decimal:
    """What Core's own books hold of stock on that day."""
    with _asked(hub, hub.integration(integration_id).stock_id) as session:
        if not isinstance(session, KeepsStock):
            raise SystemExit("This stock system does not tell what its stock is worth.")
        listed = session.entries(date(2000, 1, 1), until)
        return sum((entry.amount for entry in listed if entry.account == IN_CORE), Decimal(0))


@contextmanager
def _asked(hub: Hub, connection_id: int) -> Iterator[Session]:
    row = hub.connection(connection_id)
    provider = hub.provider(row.provider)
    connection = view(hub, row)
    door = hub.door(connection, limits_of(provider, connection.settings, row.limits))
    try:
        yield provider.open(connection, door)
    finally:
        door.close()


@dataclass(frozen=True)
class StockSummary:
    """What both sides say the stock is worth at the end of the period, and why they differ, cause by cause."""

    period: str
    stock: str
    ledger: str
    difference: str
    causes: dict[str, str]

    @property
    def is_explained(self) -> bool:
        """Whether every cent of the difference has a name."""
        return Cause.UNEXPLAINED.value not in self.causes


def reconciled(hub: Hub, integration_id: int, start: date) -> StockSummary | None:
    """Reconcile the first month; None for a demo that was set up before it kept stock."""
    if hub.integration(integration_id).inventory_method != "perpetual":
        return None
    period = Period(start, month_end(start))
    try:
        id = Reconciling(hub, ACTOR).ask(integration_id, period)
        reconcile(hub, id)
    except (SettingsError, ProviderError) as error:
        raise SystemExit(str(error)) from None
    with hub.store.read() as db:
        row = db.execute(sa.select(reconciliations).where(reconciliations.c.id == id)).one()
    if Measure.STOCK.value not in row.figures:
        raise SystemExit(f"The reconciliation was not made: {(row.problem or {}).get('what', row.state)}")
    told = row.figures[Measure.STOCK.value]
    amounts = {cause.value: told["causes"].get(cause.value, {}).get("amount") for cause in CAUSES}
    named = {name: f"{Decimal(amount):.2f}" for name, amount in amounts.items() if amount and Decimal(amount)}
    stock, ledger, difference = (f"{Decimal(told[name]):.2f}" for name in ("stock", "ledger", "difference"))
    return StockSummary(f"{period.start} to {period.end}", stock, ledger, difference, named)


def month_end(start: date) -> date:
    """The last day of the month."""
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
