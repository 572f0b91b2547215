"""The stock ledger of the account, kept up to date product by product.

Nothing of it is stored: it follows from the documents alone. When a record changes, only the products that it moves,
and those that are assembled from them or into them, are costed again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from sim_cin7core.records import ZERO
from sim_cin7core.stock.costing import Costing, Key
from sim_cin7core.stock.layers import Position
from sim_cin7core.stock.steps import Receipt, Step

Amounts = tuple[tuple[date, Decimal], ...]


class Valuation:
    """Positions by product, and what every step of every record cost."""

    def __init__(self) -> None:
        self._steps: dict[str, tuple[Step, ...]] = {}
        self._movers: dict[str, dict[str, None]] = defaultdict(dict)
        self._makers: dict[str, set[str]] = defaultdict(set)
        """By product: the records in which it is made of other products, or others of it."""
        self._positions: dict[str, Position] = {}
        self._amounts: dict[Key, Amounts] = {}

    def amounts(self, record_id: str, key: str) -> Amounts:
        """What a step cost: the amount of its own day, then corrections on later days; empty when it is not there."""
        return self._amounts.get((record_id, key), ())

    def total(self, record_id: str, key: str) -> Decimal:
        """The same in one sum."""
        return sum((amount for _, amount in self.amounts(record_id, key)), ZERO)

    def position(self, product_id: str) -> Position:
        """What is on hand of a product."""
        return self._positions.get(product_id) or Position()

    def update(self, changed: Iterable[str], steps_of: Callable[[str], tuple[Step, ...]]) -> set[str]:
        """Cost again what the changed records move; returns the other records whose amounts changed by that."""
        ids, dirty = set(changed), set[str]()
        for record_id in ids:
            dirty |= self._replace(record_id, steps_of(record_id))
        return self._recost(self._connected(dirty)) - ids

    def _replace(self, record_id: str, steps: tuple[Step, ...]) -> set[str]:
        old = self._steps.pop(record_id, ())
        if steps:
            self._steps[record_id] = steps
        for step in old:
            self._movers[step.product].pop(record_id, None)
            self._makers[step.product].discard(record_id)
            self._amounts.pop((record_id, step.key), None)
        making = any(isinstance(step, Receipt) and step.made_of for step in steps)
        for step in steps:
            self._movers[step.product][record_id] = None
            if making:
                self._makers[step.product].add(record_id)
        return {step.product for step in (*old, *steps)}

    def _connected(self, products: set[str]) -> set[str]:
        """These products and all that share an assembly or disassembly with them, directly or not."""
        found, waiting = set(products), list(products)
        while waiting:
            for record_id in self._makers[waiting.pop()]:
                more = {step.product for step in self._steps[record_id]} - found
                found |= more
                waiting += more
        return found

    def _recost(self, products: set[str]) -> set[str]:
        records = dict.fromkeys(record_id for product in products for record_id in self._movers[product])
        costing = Costing()
        costing.run(step for record_id in records for step in self._steps[record_id] if step.product in products)
        for product in products:
            self._positions[product] = costing.positions[product]
        changed = set()
        amounts_of = [(key, layer.amounts) for key, layer in costing.layers.items()]
        amounts_of += [(key, taken.amounts) for key, taken in costing.taken.items()]
        for key, found in amounts_of:
            amounts = tuple(found)
            if self._amounts.get(key) != amounts:
                changed.add(key[0])
                self._amounts[key] = amounts
        return changed
