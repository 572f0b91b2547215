"""What the page is about: the integrations and connections that the person may see, or the integration switched to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.providers import Role
from hub.web.access import visible_connections, visible_integrations
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS
from hub.web.unchanged import while_unchanged


@dataclass(frozen=True)
class Scope:
    """Connections and integrations, as the database has them."""

    connections: tuple[sa.Row[Any], ...]
    integrations: tuple[sa.Row[Any], ...]

    @property
    def connection_ids(self) -> tuple[int, ...]:
        """The connections that are not removed."""
        return tuple(row.id for row in self.connections)

    @property
    def integration_ids(self) -> tuple[int, ...]:
        """The integrations."""
        return tuple(row.id for row in self.integrations)

    @property
    def ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Both."""
        return self.connection_ids, self.integration_ids

    def has(self, role: Role, providers: Any) -> bool:
        """Whether a connection of this role is there."""
        return any(row.provider in providers and providers[row.provider].role is role for row in self.connections)


@while_unchanged
def scope(db: sa.Connection, chosen: int | None) -> Scope:
    """Everything the person may see, or only what belongs to the integration ``chosen``."""
    mine = _INTEGRATIONS.where(visible_integrations(INTEGRATIONS.c.id))
    if chosen is not None:
        mine = mine.where(INTEGRATIONS.c.id == chosen)
    integrations = tuple(db.execute(mine).all())
    present = _CONNECTIONS.where(visible_connections(CONNECTIONS.c.id))
    if chosen is not None:
        sides = {side for row in integrations for side in (row.stock_id, row.ledger_id)}
        present = present.where(CONNECTIONS.c.id.in_(sides))
    return Scope(tuple(db.execute(present).all()), integrations)


_INTEGRATIONS = sa.select(INTEGRATIONS).order_by(INTEGRATIONS.c.name)
_CONNECTIONS = sa.select(CONNECTIONS).where(CONNECTIONS.c.removed_at.is_(None)).order_by(CONNECTIONS.c.name)
