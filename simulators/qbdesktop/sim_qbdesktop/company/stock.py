"""What stock is on hand and what it costs: the average cost by date, worked out again when an earlier day changes.

QuickBooks books the cost of what is sold by itself; no request can say it. Without stock (and so without an average)
it takes the last average, and before that the item's own cost. Source: QuickBooks help, how inventory items are valued.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..money import ZERO, cents
from .records import Movement, Posting, Transaction


@dataclass(frozen=True, slots=True)
class _Step:
    """A movement with its place in time: on one day what comes in is counted before what goes out."""

    day: date
    out: bool
    number: int
    txn_id: str
    movement: Movement


@dataclass(slots=True)
class OnHand:
    """What there is of an item: quantity and value in home currency."""

    quantity: Decimal = Decimal(0)
    value: Decimal = ZERO
    average: Decimal = Decimal(0)


class Stock:
    """All movements by item, and the postings that follow from them."""

    def __init__(self) -> None:
        self._steps: dict[str, list[_Step]] = {}
        self._hands: dict[str, OnHand] = {}
        self._postings: dict[str, dict[str, list[Posting]]] = {}

    def on_hand(self, item: str) -> OnHand:
        return self._hands.get(item, OnHand())

    def postings(self, txn_id: str) -> Iterator[Posting]:
        """The cost of stock that a transaction moved."""
        for postings in self._postings.get(txn_id, {}).values():
            yield from postings

    def replace(self, before: Transaction | None, after: Transaction | None) -> None:
        """A transaction took the place of its earlier form; None where there is none."""
        changed = [*self._forget(before), *self._learn(after)]
        for item in dict.fromkeys(changed):
            self._cost(item)

    def _forget(self, transaction: Transaction | None) -> list[str]:
        """Take a transaction's movements out; the items they were of."""
        if transaction is None:
            return []
        items = [movement.item for movement in transaction.movements]
        for item in items:
            self._steps[item] = [step for step in self._steps[item] if step.txn_id != transaction.txn_id]
        self._postings.pop(transaction.txn_id, None)
        return items

    def _learn(self, transaction: Transaction | None) -> list[str]:
        """Put a transaction's movements in; the items they are of."""
        if transaction is None:
            return []
        for movement in transaction.movements:
            step = _Step(transaction.day, movement.quantity <= 0, transaction.number, transaction.txn_id, movement)
            self._steps.setdefault(movement.item, []).append(step)
        return [movement.item for movement in transaction.movements]

    def _cost(self, item: str) -> None:
        """Go through all movements of an item in order of time."""
        steps = sorted(self._steps[item], key=lambda step: (step.day, step.out, step.number))
        for step in steps:
            self._postings.setdefault(step.txn_id, {})[item] = []
        hand = self._hands[item] = OnHand()
        for step in steps:
            value = step.movement.value
            if value is None:
                value = _at_average(hand, step.movement)
                self._postings[step.txn_id][item] += _moved(step.movement, value)
            hand.quantity += step.movement.quantity
            hand.value += value
            if hand.quantity > 0:
                hand.average = hand.value / hand.quantity


def _at_average(hand: OnHand, movement: Movement) -> Decimal:
    """The value of a movement at the average cost; the last of the stock takes along all that is left of its value."""
    if movement.quantity == -hand.quantity:
        return -hand.value
    return cents(movement.quantity * (hand.average or movement.standard))


def _moved(movement: Movement, value: Decimal) -> list[Posting]:
    return [
        Posting(movement.asset, value, line_id=movement.line_id),
        Posting(movement.other, -value, line_id=movement.line_id),
    ]
