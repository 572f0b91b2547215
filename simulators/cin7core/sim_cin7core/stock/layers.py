"""What is on hand of one product: layers of receipts, oldest first, and what went out before it was there.

Core's products are costed first in, first out (documentation, Product, CostingMethod). It does not let goods leave that
are not there; the simulator does, at the last average cost, and corrects that cost once goods come in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sim_cin7core.records import CENT, ZERO, cents
from sim_cin7core.stock.steps import Issue, Receipt


@dataclass(slots=True)
class Taken:
    """What an issue cost: the amount of its own day first, corrections on later days after it."""

    step: Issue
    amounts: list[tuple[date, Decimal]] = field(default_factory=list)
    total: Decimal = ZERO

    def add(self, day: date, amount: Decimal) -> None:
        """Another amount, of the first day or a later one."""
        if self.amounts and self.amounts[-1][0] == day:
            self.amounts[-1] = (day, self.amounts[-1][1] + amount)
        else:
            self.amounts.append((day, amount))
        self.total += amount


@dataclass(slots=True)
class Layer:
    """A receipt and what is left of it; ``uses`` are the issues that it went into."""

    step: Receipt
    left: Decimal
    value: Decimal
    source: Decimal = ZERO
    """What the issues that it was made of cost, before its share in that is taken."""
    amounts: list[tuple[date, Decimal]] = field(default_factory=list)
    uses: list[tuple[Taken, Decimal]] = field(default_factory=list)

    def take(self, quantity: Decimal, wished: Decimal | None = None) -> Decimal:
        """Take out so much; returns what it cost. A wish within a penny is granted while something is left."""
        cost = self.value if quantity == self.left else cents(self.value * quantity / self.left)
        if wished is not None and quantity != self.left and abs(cost - wished) <= CENT:
            cost = wished
        self.left -= quantity
        self.value -= cost
        return cost


@dataclass(slots=True)
class Debt:
    """What an issue took that was not there, at an assumed cost."""

    taken: Taken
    quantity: Decimal
    value: Decimal

    def settle(self, quantity: Decimal) -> Decimal:
        """So much of it has come in; returns the assumed cost of that."""
        cost = self.value if quantity == self.quantity else cents(self.value * quantity / self.quantity)
        self.quantity -= quantity
        self.value -= cost
        return cost


@dataclass(slots=True)
class Position:
    """One product: what is there and what is owed; never both."""

    layers: deque[Layer] = field(default_factory=deque)
    debts: deque[Debt] = field(default_factory=deque)
    bought: Decimal = ZERO
    spent: Decimal = ZERO

    @property
    def quantity(self) -> Decimal:
        """On hand; negative when more went out than came in."""
        there = sum((layer.left for layer in self.layers), ZERO)
        return there - sum((debt.quantity for debt in self.debts), ZERO)

    @property
    def value(self) -> Decimal:
        """What that is worth."""
        there = sum((layer.value for layer in self.layers), ZERO)
        return there - sum((debt.value for debt in self.debts), ZERO)

    def average(self, otherwise: Decimal) -> Decimal:
        """The cost of one: of what is there, else of all that ever came in, else as given."""
        if self.layers:
            return sum((layer.value for layer in self.layers), ZERO) / sum((layer.left for layer in self.layers), ZERO)
        return self.spent / self.bought if self.bought else otherwise
