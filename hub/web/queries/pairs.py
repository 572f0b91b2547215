"""Integrations as people name them: which account of which product goes to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from hub.providers import Provider
from hub.web.access import visible_integrations
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS


@dataclass(frozen=True)
class Pair:
    """One integration: both sides as "Product: account"."""

    id: int
    name: str
    stock: str
    ledger: str

    @property
    def words(self) -> str:
        """Both sides in one line."""
        return f"{self.stock} → {self.ledger}"


def pairs(db: sa.Connection, providers: Mapping[str, Provider]) -> list[Pair]:
    """The integrations that the person who acts may see, by name."""
    stock, ledger = CONNECTIONS.alias("stock"), CONNECTIONS.alias("ledger")
    columns = (
        INTEGRATIONS.c.id,
        INTEGRATIONS.c.name,
        stock.c.provider.label("stock_provider"),
        stock.c.name.label("stock"),
        ledger.c.provider.label("ledger_provider"),
        ledger.c.name.label("ledger"),
    )
    chosen = (
        sa.select(*columns)
        .join(stock, stock.c.id == INTEGRATIONS.c.stock_id)
        .join(ledger, ledger.c.id == INTEGRATIONS.c.ledger_id)
        .where(visible_integrations(INTEGRATIONS.c.id))
        .order_by(INTEGRATIONS.c.name, INTEGRATIONS.c.id)
    )

    def side(provider: str, name: str) -> str:
        known = providers.get(provider)
        return f"{known.title}: {name}" if known else name

    return [
        Pair(row.id, row.name, side(row.stock_provider, row.stock), side(row.ledger_provider, row.ledger))
        for row in db.execute(chosen)
    ]
