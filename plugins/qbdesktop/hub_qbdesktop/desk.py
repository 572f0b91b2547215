"""The rows of the Web Connector's sessions: opened, claimed for one step at a time, closed.

Power loss may undo the last of these changes: the Web Connector then begins a new session, and what was handed out is
with the connector.

A step is claimed by a change of its row that only one process can make. So the engine's own transactions can follow
within it on every database, and whoever comes meanwhile learns that the step is taken.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

import sqlalchemy as sa

from hub import Hub
from hub_qbdesktop.tables import SESSIONS

STEP_SECONDS = 120
"""Longer than a step takes; a process that died within one is waited for no longer."""
KEPT = 20
"""Sessions of one connection that are kept."""
_PAUSE = 0.05


class Desk:
    """The sessions of one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def present(self) -> int:
        """The present second."""
        return int(self.hub.clock().timestamp())

    def find(self, ticket: str) -> sa.Row[Any] | None:
        """The session of a ticket."""
        with self.hub.store.read() as db:
            chosen = sa.select(SESSIONS).where(SESSIONS.c.ticket_digest == digest(ticket))
            return db.execute(chosen).first()

    def open_of(self, connection_id: int) -> sa.Row[Any] | None:
        """The session of a connection that is going on."""
        mine = (SESSIONS.c.connection_id == connection_id, SESSIONS.c.is_open.is_(True))
        with self.hub.store.read() as db:
            return db.execute(sa.select(SESSIONS).where(*mine).order_by(SESSIONS.c.opened_at.desc())).first()

    def open(self, connection_id: int, run_id: int | None) -> str:
        """A new session and its ticket; without a run it is over at once. The oldest sessions are forgotten."""
        ticket = secrets.token_urlsafe(24)
        with self.hub.store.write(durable=False) as db:
            mine = sa.select(SESSIONS.c.ticket_digest).where(SESSIONS.c.connection_id == connection_id)
            old = mine.order_by(SESSIONS.c.opened_at.desc()).offset(KEPT)
            forgotten = list(db.execute(old).scalars())
            db.execute(sa.delete(SESSIONS).where(SESSIONS.c.ticket_digest.in_(forgotten)))
            values = {
                "ticket_digest": digest(ticket),
                "connection_id": connection_id,
                "run_id": run_id,
                "is_open": run_id is not None,
                "opened_at": self.present,
            }
            db.execute(sa.insert(SESSIONS).values(values | _FRESH))
        return ticket

    def claim(self, row: sa.Row[Any], patience: float = 0) -> bool:
        """Claim the next step of a session; False while another call of it is being answered, for so many seconds."""
        deadline = time.monotonic() + patience
        while not self._claimed(row):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def _claimed(self, row: sa.Row[Any]) -> bool:
        free = (SESSIONS.c.ticket_digest == row.ticket_digest, SESSIONS.c.step_until <= self.present)
        with self.hub.store.write(durable=False) as db:
            change = sa.update(SESSIONS).where(*free).values(step_until=self.present + STEP_SECONDS)
            return db.execute(change).rowcount == 1

    def release(self, row: sa.Row[Any]) -> None:
        """The step is done."""
        self.change(row, step_until=0)

    def change(self, row: sa.Row[Any], **values: Any) -> None:
        """Change some of what is stored."""
        with self.hub.store.write(durable=False) as db:
            db.execute(sa.update(SESSIONS).where(SESSIONS.c.ticket_digest == row.ticket_digest).values(values))

    def hand_out(self, row: sa.Row[Any]) -> bool:
        """The stored request leaves now; False where another session took this one's place meanwhile."""
        mine = (SESSIONS.c.ticket_digest == row.ticket_digest, SESSIONS.c.is_open.is_(True))
        with self.hub.store.write(durable=False) as db:
            change = sa.update(SESSIONS).where(*mine).values(handed_at=self.present, pauses=0)
            return db.execute(change).rowcount == 1

    def again(self, row: sa.Row[Any]) -> sa.Row[Any]:
        """The session as it is stored now."""
        with self.hub.store.read() as db:
            return db.execute(sa.select(SESSIONS).where(SESSIONS.c.ticket_digest == row.ticket_digest)).one()


_FRESH: dict[str, Any] = {
    "step_until": 0,
    "has_begun": False,
    "reads_only": True,
    "version": "",
    "request_set": "",
    "is_clearing": False,
    "steps": 0,
    "answer_digest": "",
    "percent": 0,
    "error": "",
    "pauses": 0,
    "retries": 0,
}


def digest(text: str) -> str:
    """What is stored of a ticket, and of an answer to know it again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
