"""Which entities a person sees, as conditions of queries."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from hub.accounts.account import Account
from hub.accounts.rights import Sort
from hub.models import EntityAccess, Integration, table
from hub.store import Store

entity_access = table(EntityAccess)
integrations = table(Integration)

_KEPT = 512
"""So many conditions are kept. They are the question, not the answer: what a person may see is asked each time."""


def seen_connections(account: Account, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, a connection's id, is one that the person sees."""
    return _seen_connections(account.id, account.sort, account.owner, column)


def seen_integrations(account: Account, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, an integration's id, is one of which the person sees both sides."""
    return _seen_integrations(account.id, account.sort, account.owner, column)


@lru_cache(maxsize=_KEPT)
def _seen_connections(
    person_id: int, sort: Sort, is_owner: bool, column: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    if is_owner:
        return column.is_not(None)
    said = sa.select(entity_access.c.connection_id).where(entity_access.c.person_id == person_id)
    if sort is Sort.CLIENT:
        return column.in_(said.where(entity_access.c.allowed.is_(True)))
    return column.not_in(said.where(entity_access.c.allowed.is_(False)))


@lru_cache(maxsize=_KEPT)
def _seen_integrations(
    person_id: int, sort: Sort, is_owner: bool, column: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    if is_owner:
        return column.is_not(None)
    sides = (integrations.c.stock_id, integrations.c.ledger_id)
    seen = sa.select(integrations.c.id).where(*(_seen_connections(person_id, sort, is_owner, side) for side in sides))
    return column.in_(seen)


def show(store: Store, account: Account, connection_id: int) -> None:
    """Let a person see an entity that they connected themselves."""
    row = {"person_id": account.id, "connection_id": connection_id, "allowed": True}
    with store.write() as db:
        store.upsert(db, entity_access, [row], key=["person_id", "connection_id"], update=["allowed"])
