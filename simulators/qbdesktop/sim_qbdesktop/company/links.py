"""Payments and credits applied to invoices and bills."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from ..money import ZERO
from .records import Link
from .tables import Table


class Links:
    """All applications, found by any transaction that has a part in them."""

    def __init__(self) -> None:
        self.table: Table[Link] = Table("links")
        self._of: dict[str, dict[str, None]] = defaultdict(dict)

    def index(self) -> None:
        """Learn what the table was loaded with."""
        for link in self.table:
            self._learn(link)

    def _learn(self, link: Link) -> None:
        for txn_id in filter(None, (link.source, link.target, link.by)):
            self._of[txn_id][link.link_id] = None

    def put(self, link: Link) -> None:
        self.table.put(link.link_id, link)
        self._learn(link)

    def remove(self, link: Link) -> None:
        self.table.remove(link.link_id)
        for txn_id in filter(None, (link.source, link.target, link.by)):
            self._of[txn_id].pop(link.link_id, None)

    def of(self, txn_id: str) -> list[Link]:
        """Every application that a transaction has a part in."""
        return [self.table[link_id] for link_id in self._of.get(txn_id, {})]

    def paid(self, target: str) -> Decimal:
        """How much of an invoice or bill is settled, discounts included."""
        return sum((link.amount + link.discount for link in self.of(target) if link.target == target), ZERO)

    def used(self, source: str) -> Decimal:
        """How much of a payment or credit is applied."""
        return sum((link.amount for link in self.of(source) if link.source == source), ZERO)
