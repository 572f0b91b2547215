"""Integrations as people name them: which account of which product goes to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.providers import Provider
from hub.web.access import visible_integrations
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS
from hub.web.unchanged import while_unchanged


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


_STOCK, _LEDGER = CONNECTIONS.alias("stock"), CONNECTIONS.alias("ledger")
_EVERY_PAIR: sa.Select[Any] = (
    sa.select(
        INTEGRATIONS.c.id,
        INTEGRATIONS.c.name,
        _STOCK.c.provider.label("stock_provider"),
        _STOCK.c.name.label("stock"),
        _LEDGER.c.provider.label("ledger_provider"),
        _LEDGER.c.name.label("ledger"),
    )
    .join(_STOCK, _STOCK.c.id == INTEGRATIONS.c.stock_id)
    .join(_LEDGER, _LEDGER.c.id == INTEGRATIONS.c.ledger_id)
    .order_by(INTEGRATIONS.c.name, INTEGRATIONS.c.id)
)
"""Made once: every page asks it."""


def pairs(db: sa.Connection, providers: Mapping[str, Provider]) -> list[Pair]:
    """The integrations that the person who acts may see, by name."""
    chosen = _EVERY_PAIR.where(visible_integrations(INTEGRATIONS.c.id))

    def side(provider: str, name: str) -> str:
        known = providers.get(provider)
        return f"{known.title}: {name}" if known else name

    return [
        Pair(row.id, row.name, side(row.stock_provider, row.stock), side(row.ledger_provider, row.ledger))
        for row in db.execute(chosen)
    ]


@while_unchanged
def sides(db: sa.Connection) -> Mapping[int, str]:
    """By integration, those that the person may see: the names of both sides, as in "Shelf with Books"."""
    chosen = _EVERY_PAIR.where(visible_integrations(INTEGRATIONS.c.id))
    return {row.id: f"{row.stock} with {row.ledger}" for row in db.execute(chosen)}


def reconcilable(db: sa.Connection, providers: Mapping[str, Provider]) -> dict[int, str]:
    """The same, of those whose ledger can be asked for balances: one that visits can't."""
    chosen = _EVERY_PAIR.where(visible_integrations(INTEGRATIONS.c.id))
    visiting = {name for name, provider in providers.items() if provider.visit is not None}
    found = [row for row in db.execute(chosen) if row.ledger_provider not in visiting]
    return {row.id: f"{row.stock} with {row.ledger}" for row in found}
