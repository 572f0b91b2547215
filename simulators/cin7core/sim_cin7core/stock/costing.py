"""Running the steps of some products in order: what every issue cost, when, and what is left."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sim_cin7core.records import ZERO, cents
from sim_cin7core.stock.layers import Debt, Layer, Position, Taken
from sim_cin7core.stock.steps import CostChange, Issue, Receipt, Step

Key = tuple[str, str]
"""The ID of a record and the key of a step in it."""


@dataclass
class Costing:
    """The state while the steps run, and the result after it."""

    positions: dict[str, Position] = field(default_factory=lambda: defaultdict(Position))
    taken: dict[Key, Taken] = field(default_factory=dict)
    layers: dict[Key, Layer] = field(default_factory=dict)
    _made: dict[Key, list[Layer]] = field(default_factory=lambda: defaultdict(list))

    def run(self, steps: Iterable[Step]) -> None:
        """Take the steps in the order of their moments."""
        for step in sorted(steps, key=lambda step: step.moment.order):
            if isinstance(step, Receipt):
                self._receive(step)
            elif isinstance(step, Issue):
                self._issue(step)
            elif (layer := self.layers.get((step.moment.record, step.key))) is not None:
                self._recost(layer, step)

    def _recost(self, layer: Layer, step: CostChange) -> None:
        layer.amounts.append((step.moment.day, step.amount))
        position = self.positions[step.product]
        position.spent += step.amount
        self._revalue(layer, step.amount, step.moment.day)

    def _issue(self, step: Issue) -> None:
        position, taken = self.positions[step.product], Taken(step)
        self.taken[step.moment.record, step.key] = taken
        need, cost = step.quantity, ZERO
        for layer in _in_order(position, step):
            if not need:
                break
            quantity = min(need, layer.left)
            cost += layer.take(quantity, step.credited if quantity == step.quantity else None)
            layer.uses.append((taken, quantity))
            need -= quantity
        if step.credited is not None:
            position.layers = deque(layer for layer in position.layers if layer.left)
        while position.layers and not position.layers[0].left:
            position.layers.popleft()
        if need:
            owed = cents(need * position.average(step.unit))
            position.debts.append(Debt(taken, need, owed))
            cost += owed
        taken.add(step.moment.day, cost)

    def _receive(self, step: Receipt) -> None:
        position, record = self.positions[step.product], step.moment.record
        layer = Layer(step, step.quantity, ZERO)
        known = self._known_value(step, layer)
        if known is not None:
            position.bought += step.quantity
            position.spent += known
        settled = self._settle_debts(position, layer, known)
        layer.value = cents(layer.left * self._unit(step, position)) if known is None else known - settled
        layer.amounts.append((step.moment.day, settled + layer.value))
        self.layers[record, step.key] = layer
        if layer.left:
            position.layers.append(layer)

    def _known_value(self, step: Receipt, layer: Layer) -> Decimal | None:
        record = step.moment.record
        if step.value is not None:
            return step.value
        if step.made_of:
            layer.source = sum((self.taken[record, key].total for key in step.made_of), step.added)
            for key in step.made_of:
                self._made[record, key].append(layer)
            return step.part(layer.source)
        return None

    def _unit(self, step: Receipt, position: Position) -> Decimal:
        """What one is worth of goods that come without a value of their own."""
        known = (self.taken.get((step.moment.record, key)) for key in step.like)
        models = [taken for taken in known if taken is not None]
        pieces = sum((taken.step.quantity for taken in models), ZERO)
        if pieces:
            return sum((taken.total for taken in models), ZERO) / pieces
        return position.average(step.unit)

    def _settle_debts(self, position: Position, layer: Layer, value: Decimal | None) -> Decimal:
        """What went out too early is part of this receipt and gets its cost, or keeps the one it has when this receipt
        has none of its own; returns how much of it that is."""
        settled = ZERO
        while position.debts and layer.left:
            debt = position.debts[0]
            quantity = min(layer.left, debt.quantity)
            cost = assumed = debt.settle(quantity)
            if value is not None:
                rest = value - settled
                cost = rest if quantity == layer.left else cents(rest * quantity / layer.left)
            layer.uses.append((debt.taken, quantity))
            layer.left -= quantity
            settled += cost
            self._correct(debt.taken, cost - assumed, layer.step.moment.day)
            if not debt.quantity:
                position.debts.popleft()
        return settled

    def _revalue(self, layer: Layer, amount: Decimal, day: date) -> None:
        """Spread a change of cost over what is left of a layer and the issues that it went into."""
        used, spread = ZERO, ZERO
        for taken, quantity in layer.uses:
            used += quantity
            part = cents(amount * used / layer.step.quantity) - spread
            spread += part
            self._correct(taken, part, day)
        layer.value += amount - spread

    def _correct(self, taken: Taken, amount: Decimal, day: date) -> None:
        if not amount:
            return
        taken.add(day, amount)
        for layer in self._made[taken.step.moment.record, taken.step.key]:
            before = layer.step.part(layer.source)
            layer.source += amount
            change = layer.step.part(layer.source) - before
            layer.amounts.append((day, change))
            self._revalue(layer, change, day)


def _in_order(position: Position, step: Issue) -> Iterable[Layer]:
    """Oldest first; what goes back to a supplier is taken from what the same purchase brought."""
    if step.credited is None:
        return position.layers
    return sorted(position.layers, key=lambda layer: layer.step.moment.record != step.moment.record)
