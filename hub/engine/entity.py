"""Which entity an act was about, from the details that are noted with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.models import Flow, Link, OperationRow, table

flows, operations, links = table(Flow), table(OperationRow), table(Link)

OWNERS = {"flow": flows, "operation": operations, "link": links}
"""Details that lead to an integration: the id of a row that belongs to one."""


def entity_of(details: Mapping[str, Any]) -> dict[str, Any]:
    """The columns ``connection_id`` and ``integration_id`` of the audit, as values or as queries."""
    integration: Any = details.get("integration")
    for name, rows in OWNERS.items():
        if integration is None and details.get(name) is not None:
            integration = sa.select(rows.c.integration_id).where(rows.c.id == details[name]).scalar_subquery()
    return {"connection_id": details.get("connection"), "integration_id": integration}
