"""How the visits of a connection stand, for its pages: what came, what is awaited, and what a person has to do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub import Hub, Visits
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.desk import Desk
from hub_qbdesktop.host import Company
from hub_qbdesktop.settings import QuickBooksSettings

GRACE = timedelta(minutes=10)
"""A computer that wakes up, or a visit that takes its time, is not late at once."""


@dataclass(frozen=True)
class Standing:
    """What is known of the visits of one connection."""

    connector: sa.Row[Any] | None
    seen: Company | None
    confirmed: Company | None
    waiting: int
    minutes: int
    is_here: bool
    """A visit is going on."""
    present: datetime
    elsewhere: Sequence[str] = ()
    """Other entities of this hub that write to the company file that was seen."""
    refused: datetime | None = None
    """When it came with a wrong password, and not with the right one since."""

    @property
    def is_first_time(self) -> bool:
        """Nobody has confirmed a company file yet."""
        return self.confirmed is None

    @property
    def is_other_file(self) -> bool:
        """Another company file was open than the one that was confirmed."""
        return self.seen is not None and self.confirmed is not None and not self.confirmed.is_same_file(self.seen)

    @property
    def has_password(self) -> bool:
        """Whether the Web Connector could sign in at all."""
        return bool(self.connector and self.connector.password_digest)

    @property
    def last_visit(self) -> datetime | None:
        """When the Web Connector signed in last."""
        return _moment(self.connector.last_visit_at if self.connector else None)

    @property
    def next_visit(self) -> datetime | None:
        """When it comes again by its schedule; None before the first visit."""
        return self.last_visit and self.last_visit + timedelta(minutes=self.minutes)

    @property
    def is_late(self) -> bool:
        """It did not come when it should have, nor at the time after that."""
        after = self.next_visit and self.next_visit + timedelta(minutes=self.minutes) + GRACE
        return after is not None and self.present > after

    @property
    def error(self) -> str:
        """What went wrong last, until a visit is good again."""
        return str(self.connector.last_error) if self.connector else ""

    @property
    def error_at(self) -> datetime | None:
        """When that was."""
        return _moment(self.connector.last_error_at if self.connector else None)

    @property
    def confirmed_at(self) -> datetime | None:
        """When a person confirmed the company file."""
        return _moment(self.connector.confirmed_at if self.connector else None)

    @property
    def digest(self) -> str:
        """Tells whether a page still shows what is so: nothing is drawn anew, or read out again, when it is."""
        shown = (self.connector, self.waiting, self.minutes, self.is_here, self.is_late, self.refused, self.elsewhere)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def standing_of(hub: Hub, connection_id: int) -> Standing:
    """How the visits of a connection stand now."""
    connectors = Connectors(hub)
    connector = connectors.of(connection_id)
    refused = connectors.refused_at(connector.user_name) if connector else None
    seen = Company.load(connector.seen) if connector else None
    return Standing(
        connector=connector,
        seen=seen,
        elsewhere=connectors.confirmed_elsewhere(connection_id, seen) if seen else (),
        confirmed=Company.load(connector.confirmed) if connector else None,
        waiting=Visits(hub).waiting(connection_id),
        minutes=QuickBooksSettings.model_validate(hub.connection(connection_id).settings).minutes,
        is_here=Desk(hub).open_of(connection_id) is not None,
        present=hub.clock(),
        refused=_moment(refused) if connector and (refused or 0) > (connector.last_visit_at or 0) else None,
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
