"""People, their access, their invitations and their attempts to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.accounts import Account, Sort
from hub.accounts.invitations import waiting
from hub.accounts.visibility import seen_connections
from hub.web.paging import Paged, paged
from hub.web.queries.tables import CONNECTIONS, ENTITY_ACCESS, PEOPLE, SIGN_INS


@dataclass(frozen=True)
class Access:
    """One entity and whether somebody sees it."""

    id: int
    """The connection's."""
    name: str
    provider: str
    allowed: bool


def people(db: sa.Connection, page: int) -> Paged:
    """One page of everybody: owners first, then by name."""
    order = (PEOPLE.c.owner.desc(), PEOPLE.c.active.desc(), PEOPLE.c.last_name, PEOPLE.c.first_name, PEOPLE.c.id)
    return paged(db, sa.select(PEOPLE).order_by(*order), page)


def entities(db: sa.Connection, viewer: Account) -> Sequence[Any]:
    """The entities that the person who looks sees: more they can't give."""
    seen = sa.select(CONNECTIONS.c.id, CONNECTIONS.c.name, CONNECTIONS.c.provider).where(
        CONNECTIONS.c.removed_at.is_(None), seen_connections(viewer, CONNECTIONS.c.id)
    )
    return db.execute(seen.order_by(CONNECTIONS.c.name, CONNECTIONS.c.id)).all()


def access_of(db: sa.Connection, whose: Account, viewer: Account | None = None) -> Sequence[Access]:
    """Yes or No for each entity that the viewer sees; for a person's own page those that they see."""
    said = sa.select(ENTITY_ACCESS.c.connection_id, ENTITY_ACCESS.c.allowed).where(
        ENTITY_ACCESS.c.person_id == whose.id
    )
    answers = {row.connection_id: row.allowed for row in db.execute(said)}
    usual = whose.sort is Sort.USER
    return [
        Access(row.id, row.name, row.provider, whose.owner or answers.get(row.id, usual))
        for row in entities(db, viewer or whose)
    ]


def invitations(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Those that wait, newest first; there are never many."""
    return db.execute(waiting().limit(200)).all()


def sign_ins(db: sa.Connection, email: str, page: int) -> Paged:
    """One page of the attempts with one e-mail, newest first."""
    mine = sa.select(SIGN_INS).where(SIGN_INS.c.email == email)
    return paged(db, mine.order_by(SIGN_INS.c.at.desc(), SIGN_INS.c.id.desc()), page)
