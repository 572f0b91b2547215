"""What customers owe and what vendors are owed, kept up to date with every transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from ..money import ZERO
from .records import Transaction

_PARTY_ACCOUNTS = {"AccountsReceivable": 1, "AccountsPayable": -1}


class Owing:
    """Balances of entities in their own currency: positive when a customer owes us, or we a vendor."""

    def __init__(self, account_type: Callable[[str], str]) -> None:
        self._account_type = account_type
        self._sums: dict[str, Decimal] = defaultdict(lambda: ZERO)

    def of(self, entity: str) -> Decimal:
        return self._sums[entity]

    def replace(self, before: Transaction | None, after: Transaction | None) -> None:
        """A transaction took the place of its earlier form; None where there is none."""
        self._add(before, -1)
        self._add(after, 1)

    def _add(self, transaction: Transaction | None, sign: int) -> None:
        for posting in transaction.postings if transaction else ():
            side = _PARTY_ACCOUNTS.get(self._account_type(posting.account))
            if posting.entity and side:
                self._sums[posting.entity] += sign * side * posting.foreign
