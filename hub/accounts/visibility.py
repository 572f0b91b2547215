"""Which entities a person sees, as conditions of queries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.accounts.account import Account
from hub.accounts.rights import Sort
from hub.models import EntityAccess, Integration, table
from hub.store import Store

entity_access = table(EntityAccess)
integrations = table(Integration)


def seen_connections(account: Account, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, a connection's id, is one that the person sees."""
    if account.owner:
        return column.is_not(None)
    said = sa.select(entity_access.c.connection_id).where(entity_access.c.person_id == account.id)
    if account.sort is Sort.CLIENT:
        return column.in_(said.where(entity_access.c.allowed.is_(True)))
    return column.not_in(said.where(entity_access.c.allowed.is_(False)))


def seen_integrations(account: Account, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, an integration's id, is one of which the person sees both sides."""
    if account.owner:
        return column.is_not(None)
    seen = sa.select(integrations.c.id).where(
        seen_connections(account, integrations.c.stock_id), seen_connections(account, integrations.c.ledger_id)
    )
    return column.in_(seen)


def show(store: Store, account: Account, connection_id: int) -> None:
    """Let a person see an entity that they connected themselves."""
    row = {"person_id": account.id, "connection_id": connection_id, "allowed": True}
    with store.write() as db:
        store.upsert(db, entity_access, [row], key=["person_id", "connection_id"], update=["allowed"])
