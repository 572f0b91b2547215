"""People of a test's hub, signed in without the wait that a password takes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from functools import cache

import sqlalchemy as sa
from flask.testing import FlaskClient

from hub.accounts import Account, Right, Sort, passwords, roster
from hub.accounts.roster import Name
from hub.engine import Hub
from hub.models import PersonRow, table

PASSWORD = "four quiet herons at dusk"
OWNER = "olga@example.com"


@cache
def _hash() -> str:
    """Made once: it takes as long as it takes to guess one."""
    return passwords.hashed(PASSWORD)


def add_person(
    hub: Hub,
    email: str,
    *,
    sort: Sort = Sort.USER,
    rights: Iterable[Right] = (),
    access: Mapping[int, bool] | None = None,
    owner: bool = False,
) -> Account:
    """Somebody who can sign in with ``PASSWORD``; the same person again if there is one with this e-mail."""
    rows = table(PersonRow)
    given = frozenset(Right) if owner else frozenset(rights)
    row = {
        **Name(email.partition("@")[0].capitalize(), "Tester", email).columns(),
        "sort": sort.value,
        "owner": owner,
        **{right.value: right in given for right in Right},
        "active": True,
        "password": _hash(),
        "fs_uniquifier": secrets.token_hex(16),
        "totp_counter": 0,
        "created_at": hub.clock(),
    }
    with hub.store.write() as db:
        if db.execute(sa.select(rows.c.id).where(rows.c.email == email)).first() is None:
            person_id = db.execute(sa.insert(rows).values(row).returning(rows.c.id)).scalar_one()
            roster.keep_access(db, hub, person_id, access or {})
    return roster.account(hub, email)


def add_owner(hub: Hub) -> Account:
    """Who sees and may do everything."""
    return add_person(hub, OWNER, owner=True)


def sign_in(client: FlaskClient, account: Account) -> None:
    """What a sign-in leaves in the browser."""
    with client.session_transaction() as session:
        session["_user_id"] = account.fs_uniquifier
        session["_fresh"] = True
        session["fs_cc"] = "set"
        session["fs_paa"] = time.time()
