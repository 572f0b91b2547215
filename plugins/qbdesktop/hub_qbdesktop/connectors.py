"""Connectors: the user name, password and ids by which the Web Connector of one company file is known.

A password is 160 random bits, so a plain digest of it can't be turned back; nobody ever chose it. What is compared is
compared in the same time whatever came, and who fails again and again is not heard for a minute.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from typing import Any

import sqlalchemy as sa

from hub import Hub
from hub_qbdesktop.host import Company
from hub_qbdesktop.tables import CONNECTORS, SIGN_INS

FAILURES = 5
"""Wrong passwords of one user name from one address, after which it is not heard for ``REST`` seconds."""
REST = 60

_ENTITIES = sa.table("connection", sa.column("id"), sa.column("name"), sa.column("removed_at"))
_NOBODY = hashlib.sha256(secrets.token_bytes(20)).hexdigest()


class Connectors:
    """The stored connectors of one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def present(self) -> int:
        """The present second."""
        return int(self.hub.clock().timestamp())

    def of(self, connection_id: int) -> sa.Row[Any] | None:
        """The connector of a connection."""
        with self.hub.store.read() as db:
            chosen = sa.select(CONNECTORS).where(CONNECTORS.c.connection_id == connection_id)
            return db.execute(chosen).first()

    def made(self, connection_id: int) -> sa.Row[Any]:
        """The connector of a connection, made when there is none yet."""
        with self.hub.store.write() as db:
            chosen = sa.select(CONNECTORS).where(CONNECTORS.c.connection_id == connection_id)
            row = db.execute(chosen).first()
            if row is None:
                db.execute(sa.insert(CONNECTORS).values(_fresh(connection_id)))
                row = db.execute(chosen).one()
            return row

    def change(self, connection_id: int, *, durable: bool = False, **values: Any) -> None:
        """Change some of what is stored; ``durable`` where even power loss may not undo it."""
        with self.hub.store.write(durable=durable) as db:
            db.execute(sa.update(CONNECTORS).where(CONNECTORS.c.connection_id == connection_id).values(values))

    def heard(self, connection_id: int, set_id: str) -> None:
        """The answer to a message set is saved, and QuickBooks may forget it; unless another set left meanwhile."""
        mine = (CONNECTORS.c.connection_id == connection_id, CONNECTORS.c.pending_set == set_id)
        with self.hub.store.write(durable=False) as db:
            db.execute(sa.update(CONNECTORS).where(*mine).values(spent_set=set_id, pending_set=""))

    def new_password(self, connection_id: int, actor: str) -> str:
        """Give it another password; this is the only time that it can be read."""
        password = secrets.token_urlsafe(20)
        name = self.hub.connection(connection_id).name
        with self.hub.store.write() as db:
            change = sa.update(CONNECTORS).where(CONNECTORS.c.connection_id == connection_id)
            db.execute(change.values(password_digest=_digest(password)))
            self.hub.audit(db, actor, "made a password for the Web Connector of", name, connection=connection_id)
        return password

    def new_ids(self, connection_id: int, actor: str) -> None:
        """Other ids for a company file that refuses the present ones; the .qwc file must be added anew.

        A company file keeps one file id for each owner (Web Connector Programmer's Guide, OwnerID and FileID), so
        another file id alone would be refused like the first.
        """
        name = self.hub.connection(connection_id).name
        with self.hub.store.write() as db:
            change = sa.update(CONNECTORS).where(CONNECTORS.c.connection_id == connection_id)
            db.execute(change.values(owner_id=_guid(), file_id=_guid(), confirmed="", seen=""))
            self.hub.audit(db, actor, "made new ids for the Web Connector of", name, connection=connection_id)

    def confirm(self, connection_id: int, seen: str, actor: str) -> None:
        """A person says that this is the right company file."""
        name = self.hub.connection(connection_id).name
        values = {"confirmed": seen, "confirmed_by": actor, "confirmed_at": self.present, "last_error": ""}
        with self.hub.store.write() as db:
            change = sa.update(CONNECTORS).where(CONNECTORS.c.connection_id == connection_id)
            db.execute(change.values(values))
            self.hub.audit(db, actor, "confirmed the company file of", name, connection=connection_id)
        self.hub.want(connection_id, "company file confirmed")

    def confirmed_elsewhere(self, connection_id: int, seen: Company) -> list[str]:
        """The names of the other entities of this hub that write to the same company file."""
        others = sa.select(_ENTITIES.c.name, CONNECTORS.c.confirmed).where(
            _ENTITIES.c.id == CONNECTORS.c.connection_id,
            _ENTITIES.c.removed_at.is_(None),
            CONNECTORS.c.connection_id != connection_id,
            CONNECTORS.c.confirmed != "",
        )
        with self.hub.store.read() as db:
            rows = db.execute(others.order_by(_ENTITIES.c.name)).all()
        files = [(str(row.name), Company.load(row.confirmed)) for row in rows]
        return [name for name, file in files if file is not None and file.is_where(seen)]

    def sign_in(self, user_name: str, password: str, address: str) -> sa.Row[Any] | None:
        """The connector that these belong to; None for anything else, and while whoever asks has to wait."""
        who = hashlib.sha256(f"{address}\x1f{user_name}".encode()).hexdigest()
        with self.hub.store.read() as db:
            row = db.execute(sa.select(CONNECTORS).where(CONNECTORS.c.user_name == user_name)).first()
            tries = db.execute(sa.select(SIGN_INS).where(SIGN_INS.c.who == who)).first()
        expected = row.password_digest if row is not None and row.password_digest else _NOBODY
        is_right = hmac.compare_digest(_digest(password), expected)
        rests = tries is not None and tries.failures >= FAILURES and self.present - tries.since < REST
        if is_right and row is not None and not rests:
            if tries is not None:
                self._forget(who)
            return row
        if not rests:
            self._count(who, user_name)
        return None

    def refused_at(self, user_name: str) -> int | None:
        """When somebody gave this user name and a wrong password; None once they gave the right one, or long ago."""
        mine = sa.select(sa.func.max(SIGN_INS.c.since)).where(SIGN_INS.c.name_digest == _digest(user_name))
        with self.hub.store.read() as db:
            return db.execute(mine).scalar()

    def _count(self, who: str, user_name: str) -> None:
        """One more failure, however many come at once; after a rest they are counted anew, and old ones forgotten."""
        over = SIGN_INS.c.since <= self.present - REST
        stale = sa.or_(sa.and_(SIGN_INS.c.who == who, over), SIGN_INS.c.since < self.present - 10 * REST)
        first = {"who": who, "failures": 0, "since": self.present, "name_digest": _digest(user_name)}
        with self.hub.store.write() as db:
            db.execute(sa.delete(SIGN_INS).where(stale))
            self.hub.store.upsert(db, SIGN_INS, [first], key=["who"], update=())
            more = sa.update(SIGN_INS).where(SIGN_INS.c.who == who)
            db.execute(more.values(failures=SIGN_INS.c.failures + 1))

    def _forget(self, who: str) -> None:
        with self.hub.store.write() as db:
            db.execute(sa.delete(SIGN_INS).where(SIGN_INS.c.who == who))


def _fresh(connection_id: int) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "user_name": f"ledgerport-{connection_id}-{secrets.token_hex(3)}",
        "password_digest": "",
        "owner_id": OWNER_ID,
        "file_id": _guid(),
        "seen": "",
        "confirmed": "",
        "confirmed_by": "",
        "last_error": "",
        "spent_set": "",
        "pending_set": "",
    }


OWNER_ID = "{7D6F1C62-3B0E-4C0B-9C1E-5A2D8F4E9B17}"
"""Ours, as one application, in every company file."""


def _guid() -> str:
    return f"{{{str(uuid.uuid4()).upper()}}}"


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
