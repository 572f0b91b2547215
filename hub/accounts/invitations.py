"""Invitations: a link makes a person of whoever was invited, once, within a week."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.accounts import acts
from hub.accounts.errors import AccountError
from hub.accounts.rights import Right, Sort, listed
from hub.accounts.roster import Name, Permission, Roster, check_free, insert
from hub.engine import Hub
from hub.models import Invitation, table

invitations = table(Invitation)

VALID = timedelta(days=7)

GONE = "This invitation can't be used any more: it was used, taken back, or is older than a week. Ask for another one."


def invite(roster: Roster, name: Name, permission: Permission) -> str:
    """Keep an invitation; the token of its link, which is kept nowhere. Raises ``AccountError``."""
    hub, token = roster.hub, secrets.token_urlsafe(32)
    with hub.store.write() as db:
        roster.check_may_manage(db)
        roster.check_grant(db, permission)
        permission = roster.narrowed(db, permission)
        check_free(db, name.email)
        _check_uninvited(db, hub, name)
        row = {
            **name.columns(),
            "sort": permission.sort.value,
            "rights": sorted(permission.rights),
            "access": {str(id): allowed for id, allowed in permission.access.items()},
            "token_hash": _hashed(token),
            "invited_by": roster.by.email,
            "created_at": hub.clock(),
            "expires_at": hub.clock() + VALID,
        }
        db.execute(sa.insert(invitations).values(row))
        hub.audit(db, roster.by.email, acts.INVITED, name.email, rights=listed(permission.rights))
    return token


def resend(roster: Roster, invitation_id: int) -> str:
    """A new link, valid for another week; the old one does nothing any more."""
    hub, token = roster.hub, secrets.token_urlsafe(32)
    with hub.store.write() as db:
        row = _open(db, roster, invitation_id)
        # Whoever sends it may see the link, so they get no further by it than by an invitation of their own.
        roster.check_grant(db, _permission(row))
        values = {"token_hash": _hashed(token), "expires_at": hub.clock() + VALID, "invited_by": roster.by.email}
        db.execute(sa.update(invitations).where(invitations.c.id == row.id).values(values))
        hub.audit(db, roster.by.email, acts.INVITED_AGAIN, row.email)
    return token


def revoke(roster: Roster, invitation_id: int) -> str:
    """Take an invitation back; the e-mail it was for."""
    hub = roster.hub
    with hub.store.write() as db:
        row = _open(db, roster, invitation_id)
        db.execute(sa.update(invitations).where(invitations.c.id == row.id).values(revoked_at=hub.clock()))
        hub.audit(db, roster.by.email, acts.TOOK_BACK, row.email)
    return str(row.email)


def find(db: sa.Connection, hub: Hub, token: str, *, hold: bool = False) -> sa.Row[Any]:
    """The invitation of a link, held until the transaction ends if asked for; ``AccountError`` if it can't be used."""
    usable = (*_pending(), invitations.c.expires_at > hub.clock(), invitations.c.token_hash == _hashed(token))
    chosen = sa.select(invitations).where(*usable)
    row = db.execute(chosen.with_for_update() if hold else chosen).first()
    if row is None:
        raise AccountError(GONE)
    return row


def accept(hub: Hub, token: str, first_name: str, last_name: str, password: str) -> int:
    """Make a person of it; their id. Raises ``AccountError`` when the link can't be used."""
    with hub.store.write() as db:
        row = find(db, hub, token, hold=True)
        check_free(db, row.email)
        person_id = insert(db, hub, Name(first_name, last_name, row.email), _permission(row), password)
        db.execute(sa.update(invitations).where(invitations.c.id == row.id).values(accepted_at=hub.clock()))
        hub.audit(db, row.email, acts.ACCEPTED, row.invited_by)
    return person_id


def waiting() -> sa.Select[Any]:
    """The invitations that were neither accepted nor taken back, newest first."""
    return sa.select(invitations).where(*_pending()).order_by(invitations.c.id.desc())


def _pending() -> tuple[sa.ColumnElement[bool], ...]:
    return invitations.c.accepted_at.is_(None), invitations.c.revoked_at.is_(None)


def _check_uninvited(db: sa.Connection, hub: Hub, name: Name) -> None:
    mine = waiting().where(invitations.c.email == name.columns()["email"], invitations.c.expires_at > hub.clock())
    if db.execute(mine).first() is not None:
        raise AccountError(f"{name.email} is invited already. Send the invitation again, or take it back first.")


def _open(db: sa.Connection, roster: Roster, invitation_id: int) -> sa.Row[Any]:
    roster.check_may_manage(db)
    row = db.execute(waiting().where(invitations.c.id == invitation_id)).first()
    if row is None:
        raise AccountError("This invitation was accepted or taken back meanwhile.")
    return row


def _permission(row: sa.Row[Any]) -> Permission:
    access = {int(id): allowed for id, allowed in row.access.items()}
    return Permission(Sort(row.sort), frozenset(Right(right) for right in row.rights), access)


def _hashed(token: str) -> str:
    """A token is random and long: a quick hash is enough to make the stored one useless."""
    return hashlib.sha256(token.encode()).hexdigest()
