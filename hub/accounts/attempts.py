"""The log of attempts to sign in, and the wait that too many failed ones bring.

The log is in the database, so the wait holds for every process of the hub, and after a restart.
"""

from __future__ import annotations

import enum
import math
from datetime import timedelta

import sqlalchemy as sa

from hub.engine import Hub
from hub.models import PersonRow, SignIn, table

sign_ins = table(SignIn)
people = table(PersonRow)


class Outcome(enum.StrEnum):
    """How an attempt ended."""

    SIGNED_IN = "signed in"
    WRONG_PASSWORD = "wrong e-mail or password"  # noqa: S105
    WRONG_CODE = "wrong code"
    TOO_MANY = "refused: too many attempts"
    LINK_SENT = "asked for a link to choose a new password"
    PASSWORD_CHANGED = "password changed"  # noqa: S105
    PASSWORD_RESET = "password reset by e-mail"  # noqa: S105
    FACTOR_CHANGED = "two-factor sign-in changed"


FAILED = (Outcome.WRONG_PASSWORD.value, Outcome.WRONG_CODE.value)

WITHIN = timedelta(minutes=15)
OF_BOTH, OF_EMAIL, OF_ADDRESS = 5, 30, 60
"""Failed attempts within that time: of one person from one address, of one person, from one address.

The first is what slows a guesser down. The second is high enough that a stranger elsewhere does not lock a person
out with a few tries, and the third that an office behind one address is not.
"""

LINKS = 3
"""Links to choose a new password that one person is sent within that time."""

LONGEST_EMAIL = 254


class Attempts:
    """What was tried, and whether more may be."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def record(self, email: str, address: str, outcome: Outcome) -> None:
        """Write one attempt down; a good one is also the person's last sign-in."""
        present = self._hub.clock()
        email = _short(email)
        with self._hub.store.write() as db:
            row = {"at": present, "email": email, "address": address, "outcome": outcome.value}
            db.execute(sa.insert(sign_ins).values(row))
            if outcome is Outcome.SIGNED_IN:
                db.execute(sa.update(people).where(people.c.email == email).values(last_signed_in_at=present))

    def wait(self, email: str, address: str) -> int:
        """Minutes until the next attempt is looked at; 0 when it may be made now."""
        by_email, by_address = sign_ins.c.email == _short(email), sign_ins.c.address == address
        present = self._hub.clock()
        ends = []
        with self._hub.store.read() as db:
            for limit, *whose in ((OF_BOTH, by_email, by_address), (OF_EMAIL, by_email), (OF_ADDRESS, by_address)):
                recent = sa.select(sign_ins.c.at).where(
                    *whose, sign_ins.c.at > present - WITHIN, sign_ins.c.outcome.in_(FAILED)
                )
                oldest = db.execute(recent.order_by(sign_ins.c.at.desc()).limit(1).offset(limit - 1)).scalar()
                if oldest is not None:
                    ends.append(oldest + WITHIN)
        return math.ceil((max(ends) - present).total_seconds() / 60) if ends else 0

    def may_send_link(self, email: str) -> bool:
        """Whether a person was sent few enough links to choose a new password."""
        since = self._hub.clock() - WITHIN
        sent = sa.select(sa.func.count()).where(
            sign_ins.c.email == _short(email), sign_ins.c.at > since, sign_ins.c.outcome == Outcome.LINK_SENT.value
        )
        with self._hub.store.read() as db:
            return int(db.execute(sent).scalar_one()) < LINKS


def _short(email: str) -> str:
    return email.strip().lower()[:LONGEST_EMAIL]
