"""The single things that happen to the stock of one product: goods come, goods go, their cost changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from sim_cin7core.records import ZERO, cents

ONE = Decimal(1)


class Rank(IntEnum):
    """What comes first on one day: goods are there before they are used, and costs known before goods leave."""

    RECEIVED = 0
    COSTED = 1
    MADE = 2
    SHIPPED = 3
    RETURNED = 4


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happens, in the order of the stock ledger."""

    day: date
    rank: Rank
    created: int
    record: str
    position: int

    @property
    def order(self) -> tuple[date, int, int, str, int]:
        """What the steps are sorted by."""
        return (self.day, self.rank, self.created, self.record, self.position)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Goods that come in.

    ``value`` is what they cost. Without it they take over the cost of the issues ``made_of`` plus ``added`` (the part
    of it between the two marks of ``span``, from 0 to 1), or the unit cost of the issues ``like``, or else the average
    of what is there, and ``unit`` where nothing ever was.
    """

    key: str
    product: str
    moment: Moment
    quantity: Decimal
    value: Decimal | None = None
    unit: Decimal = ZERO
    made_of: tuple[str, ...] = ()
    added: Decimal = ZERO
    span: tuple[Decimal, Decimal] = (ZERO, ONE)
    like: tuple[str, ...] = ()

    def part(self, whole: Decimal) -> Decimal:
        """The share of this receipt in a cost that several take over."""
        low, high = self.span
        return cents(whole * high) - cents(whole * low)


@dataclass(frozen=True, slots=True)
class Issue:
    """Goods that go out. ``unit`` is the cost of one where there never was any.

    A return to the supplier has the ``credited`` value: it takes what the same purchase brought first, and a rounding
    difference of a penny stays with what is left of it.
    """

    key: str
    product: str
    moment: Moment
    quantity: Decimal
    unit: Decimal = ZERO
    credited: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CostChange:
    """What the receipt ``key`` of the same record turns out to cost more, or less."""

    key: str
    product: str
    moment: Moment
    amount: Decimal


Step = Receipt | Issue | CostChange
