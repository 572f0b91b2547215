"""What the charts show: thirty days of syncs, and the value that is not posted by how old it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS
from hub.models import OPEN_STATES, OperationState
from hub.providers import Action
from hub.web.queries.money import from_thousandths, total_thousandths
from hub.web.queries.tables import OPERATIONS, RUNS
from hub.web.queries.together_by_day import as_date, day_of, posted_together

DAYS = 30
AGES = (("up to 7 days", 0), ("8 to 30 days", 8), ("31 to 60 days", 31), ("61 to 90 days", 61), ("over 90 days", 91))
"""Each age in words, and the least days it means."""


@dataclass(frozen=True)
class Day:
    """What became of documents on one day, by the clock of UTC."""

    day: date
    posted: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.posted + self.skipped + self.failed


@dataclass(frozen=True)
class Health:
    """Thirty days, the oldest first."""

    days: Sequence[Day]

    def total(self, name: str) -> int:
        """The sum of ``posted``, ``skipped`` or ``failed``."""
        return sum(getattr(day, name) for day in self.days)

    @property
    def failing_days(self) -> int:
        """On how many days the ledger refused something."""
        return sum(1 for day in self.days if day.failed)


@dataclass(frozen=True)
class Unposted:
    """The value of documents that are not posted, in one currency, by age; ``counts`` how many documents."""

    currency: str
    amounts: Sequence[Decimal]
    counts: Sequence[int]

    @property
    def total(self) -> Decimal:
        """The value of all ages."""
        return sum(self.amounts, Decimal(0))

    @property
    def oldest(self) -> str:
        """The greatest age there is, in words."""
        return next((AGES[place][0] for place in reversed(range(len(AGES))) if self.counts[place]), "")


def health(db: sa.Connection, today: date, integrations: Sequence[int], connections: Sequence[int]) -> Health:
    """What was posted, skipped by somebody, or refused by the ledger; four statements.

    Journals that are posted together count each, on the day on which the journal that holds them was last posted.
    """
    first = today - timedelta(days=DAYS - 1)
    start = datetime.combine(first, time(), UTC)
    settled = _settled(db, start, integrations)
    for key, number in posted_together(db, start, integrations).items():
        settled[key] = settled.get(key, 0) + number
    failed = _failed(db, start, connections)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    done, dropped = OperationState.DONE.value, OperationState.DROPPED.value
    return Health(
        [Day(day, settled.get((day, done), 0), settled.get((day, dropped), 0), failed.get(day, 0)) for day in days]
    )


def _settled(db: sa.Connection, start: datetime, integrations: Sequence[int]) -> dict[tuple[date, str], int]:
    day = day_of(db, OPERATIONS.c.settled_at)
    counted = (
        sa.select(day.label("day"), OPERATIONS.c.state, sa.func.count().label("number"))
        .where(OPERATIONS.c.integration_id.in_(integrations), OPERATIONS.c.settled_at >= start)
        .where(OPERATIONS.c.state.in_((OperationState.DONE.value, OperationState.DROPPED.value)))
        .group_by(day, OPERATIONS.c.state)
    )
    return {(as_date(row.day), row.state): row.number for row in db.execute(counted)}


def _failed(db: sa.Connection, start: datetime, connections: Sequence[int]) -> dict[date, int]:
    """A refused document has no day of its own, since it is tried again: the runs counted the refusals."""
    day = day_of(db, RUNS.c.started_at)
    refused = RUNS.c.counts["failed"].as_integer()
    counted = (
        sa.select(day.label("day"), sa.func.sum(refused).label("number"))
        .where(RUNS.c.connection_id.in_(connections), RUNS.c.started_at >= start, refused > 0)
        .group_by(day)
    )
    return {as_date(row.day): int(row.number) for row in db.execute(counted)}


def unposted(db: sa.Connection, today: date, integrations: Sequence[int]) -> list[Unposted]:
    """The value of invoices, bills and credits that are not posted; the currency with the most documents first."""
    day = OPERATIONS.c.document_date
    age = sa.case(*((day <= today - timedelta(days=least), place) for place, least in _oldest_first()), else_=0)
    counted = (
        sa.select(
            OPERATIONS.c.currency,
            age.label("age"),
            sa.func.count().label("number"),
            total_thousandths(OPERATIONS.c.amount).label("thousandths"),
        )
        .where(OPERATIONS.c.integration_id.in_(integrations), OPERATIONS.c.state.in_(OPEN_STATES))
        .where(OPERATIONS.c.action == Action.CREATE.value, OPERATIONS.c.kind.in_(sorted(TRADE_KINDS)))
        .group_by(OPERATIONS.c.currency, age)
    )
    found: dict[str, dict[int, sa.Row[Any]]] = {}
    for row in db.execute(counted):
        found.setdefault(row.currency, {})[row.age] = row
    made = [_in_currency(currency, by_age) for currency, by_age in found.items() if currency]
    return sorted(made, key=lambda each: (-sum(each.counts), each.currency))


def _in_currency(currency: str, by_age: Mapping[int, sa.Row[Any]]) -> Unposted:
    places = range(len(AGES))
    amounts = [from_thousandths(by_age[place].thousandths) if place in by_age else Decimal("0.00") for place in places]
    return Unposted(currency, amounts, [by_age[place].number if place in by_age else 0 for place in places])


def _oldest_first() -> list[tuple[int, int]]:
    """Every age but the youngest: its place, and the least days it means."""
    return [(place, AGES[place][1]) for place in reversed(range(1, len(AGES)))]
