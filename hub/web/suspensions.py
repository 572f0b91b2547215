"""The connections that need a new sign-in, told on every page that is about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import request

from hub.web.access import Right, may, visible_connections
from hub.web.context import rows
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS

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
    chosen = sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name, CONNECTIONS.c.suspended).where(
        CONNECTIONS.c.suspended.is_not(None), CONNECTIONS.c.removed_at.is_(None), about
    )
    return rows(chosen.where(visible_connections(CONNECTIONS.c.id)).order_by(CONNECTIONS.c.name))


def _about() -> sa.ColumnElement[bool] | None:
    arguments = request.view_args or {}
    integration = arguments.get("integration_id") or request.args.get("integration", type=int)
    connection = arguments.get("connection_id") or request.args.get("connection", type=int)
    if request.endpoint == "dashboard.show":
        return sa.true()
    if integration is not None:
        sides = sa.or_(INTEGRATIONS.c.stock_id == CONNECTIONS.c.id, INTEGRATIONS.c.ledger_id == CONNECTIONS.c.id)
        return sa.exists().where(INTEGRATIONS.c.id == integration, sides)
    if connection is not None:
        return CONNECTIONS.c.id == connection
    return None
