"""The stock ledger of the account, kept up to date product by product.

Nothing of it is stored: it follows from the documents alone. When a record changes, only the products that it moves,
and those that are assembled from them or into them, are costed again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sim_cin7core.records import ZERO
from sim_cin7core.stock.costing import Costing
from sim_cin7core.stock.steps import Receipt, Step

Amounts = tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """What is on hand of a product, and its value; both negative when more went out than came in."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO


class Valuation:
    """Positions by product, and what every step of every record cost.

    ``steps_of`` makes the steps of a record by its ID; they are made again when they are needed again.
    """

    def __init__(self, steps_of: Callable[[str], tuple[Step, ...]]) -> None:
        self._steps_of = steps_of
        self._products: dict[str, tuple[str, ...]] = {}
        self._movers: dict[str, dict[str, None]] = defaultdict(dict)
        self._makers: dict[str, set[str]] = defaultdict(set)
        """By product: the records in which it is made of other products, or others of it."""
        self._holdings: dict[str, Holding] = {}
        self._seen: dict[str, int] = {}
        """By record: a hash of its steps, to tell a change that moves no stock (a payment) from one that does."""
        self._amounts: dict[str, dict[str, Amounts]] = {}

    def amounts(self, record_id: str, key: str) -> Amounts:
        """What a step cost: the amount of its own day, then corrections on later days; empty when it is not there."""
        return self._amounts.get(record_id, {}).get(key, ())

    def holding(self, product_id: str) -> Holding:
        """What is on hand of a product."""
        return self._holdings.get(product_id, Holding())

    def update(self, changed: Iterable[str]) -> set[str]:
        """Cost again what the changed records move; returns the other records whose amounts changed by that."""
        made_again = ((record_id, self._steps_of(record_id)) for record_id in changed)
        steps = {record_id: made for record_id, made in made_again if self._is_new(record_id, made)}
        dirty: set[str] = set()
        for record_id, made in steps.items():
            dirty |= self._replace(record_id, made)
        return self._recost(self._connected(dirty), steps) - steps.keys()

    def _is_new(self, record_id: str, steps: tuple[Step, ...]) -> bool:
        fingerprint = hash(steps)
        before, self._seen[record_id] = self._seen.get(record_id), fingerprint
        return before != fingerprint

    def _replace(self, record_id: str, steps: tuple[Step, ...]) -> set[str]:
        old = self._products.pop(record_id, ())
        for product in old:
            self._movers[product].pop(record_id, None)
            self._makers[product].discard(record_id)
        self._amounts.pop(record_id, None)
        new = tuple({step.product for step in steps})
        if new:
            self._products[record_id] = new
        making = any(isinstance(step, Receipt) and step.made_of for step in steps)
        for product in new:
            self._movers[product][record_id] = None
            if making:
                self._makers[product].add(record_id)
        return {*old, *new}

    def _connected(self, products: set[str]) -> set[str]:
        """These products and all that share an assembly or disassembly with them, directly or not."""
        found, waiting = set(products), list(products)
        while waiting:
            for record_id in self._makers[waiting.pop()]:
                more = set(self._products[record_id]) - found
                found |= more
                waiting += more
        return found

    def _recost(self, products: set[str], steps: Mapping[str, tuple[Step, ...]]) -> set[str]:
        records = dict.fromkeys(record_id for product in products for record_id in self._movers[product])
        costing = Costing()
        costing.run(
            step
            for record_id in records
            for step in (steps.get(record_id) or self._steps_of(record_id))
            if step.product in products
        )
        for product in products:
            position = costing.positions[product]
            self._holdings[product] = Holding(position.quantity, position.value)
        outcomes = [(key, layer.amounts) for key, layer in costing.layers.items()]
        outcomes += [(key, taken.amounts) for key, taken in costing.taken.items()]
        return {record_id for (record_id, key), amounts in outcomes if self._learn(record_id, key, tuple(amounts))}

    def _learn(self, record_id: str, key: str, amounts: Amounts) -> bool:
        """Whether the amounts of a step are new."""
        known = self._amounts.setdefault(record_id, {})
        if known.get(key) == amounts:
            return False
        known[key] = amounts
        return True
