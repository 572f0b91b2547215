"""Addresses of a document's pages in the two systems, as far as they are known and safe to lead to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.documents import Kind
from hub.providers import Organisation
from hub.web.context import the_hub
from hub.web.queries.tables import CONNECTIONS
from hub.web.unchanged import unchanged


class Entity:
    """One entity: its name, and where it shows its records."""

    def __init__(self, db: sa.Connection, connection_id: int) -> None:
        asked = {"connection": connection_id}
        row = unchanged(db, (Entity, connection_id), lambda: db.execute(_CONNECTION, asked).one())
        self.name: str = row.name
        self._provider = the_hub().providers.get(row.provider)
        self._organisation = Organisation.model_validate(row.organisation) if row.organisation else None

    def address(self, kind: str, target_id: str) -> str:
        """The page of one record; empty where the provider knows none."""
        if self._provider is None or self._organisation is None or not target_id:
            return ""
        return safe(self._provider.address_of(Kind(kind), target_id, self._organisation))


_CONNECTION = sa.select(CONNECTIONS.c.name, CONNECTIONS.c.provider, CONNECTIONS.c.organisation).where(
    CONNECTIONS.c.id == sa.bindparam("connection")
)


def safe(address: Any) -> str:
    """An address of the web as it is; anything else leads nowhere, for it came from outside."""
    text = address if isinstance(address, str) else ""
    return text if urlsplit(text).scheme in ("https", "http") else ""
