"""The connections that need a new sign-in, told on every page that is about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request

from hub.web.access import Right, may, visible_connections
from hub.web.context import the_hub
from hub.web.incoming import id_in
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS
from hub.web.unchanged import while_unchanged

OWN_PAGES = frozenset({"connections.show", "connecting.ask_again", "connecting.save_again"})
"""They say it in their own words."""


def of_this_page() -> dict[str, Any]:
    """For templates: ``suspended_here()``, the suspended connections that this page is about, and who may mend them."""
    return {"suspended_here": suspended_here, "may": may, "Right": Right}


def suspended_here() -> Sequence[sa.Row[Any]]:
    """Those of the connection or the integration in the address, of all on the dashboard, of none elsewhere."""
    about = _about()
    if about is None or request.endpoint in OWN_PAGES:
        return ()
    with the_hub().store.read() as db:
        return _suspended(db, about)


@dataclass(frozen=True)
class _About:
    """What a page is about: an integration, a connection, or everything."""

    integration: int | None = None
    connection: int | None = None

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """That a connection is one of them."""
        if self.integration is not None:
            sides = sa.or_(INTEGRATIONS.c.stock_id == CONNECTIONS.c.id, INTEGRATIONS.c.ledger_id == CONNECTIONS.c.id)
            return sa.exists().where(INTEGRATIONS.c.id == self.integration, sides)
        return sa.true() if self.connection is None else CONNECTIONS.c.id == self.connection


def _about() -> _About | None:
    arguments = request.view_args or {}
    integration = arguments.get("integration_id") or id_in(request.args, "integration")
    connection = arguments.get("connection_id") or id_in(request.args, "connection")
    if request.endpoint == "dashboard.show":
        return _About()
    return None if integration is None and connection is None else _About(integration, connection)


@while_unchanged
def _suspended(db: sa.Connection, about: _About) -> Sequence[sa.Row[Any]]:
    chosen: sa.Select[Any] = sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name, CONNECTIONS.c.suspended).where(
        CONNECTIONS.c.suspended.is_not(None), CONNECTIONS.c.removed_at.is_(None), about.condition
    )
    return db.execute(chosen.where(visible_connections(CONNECTIONS.c.id)).order_by(CONNECTIONS.c.name)).all()
