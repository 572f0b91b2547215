"""Core's accounting entries: an amount booked from one account to another: pure.

Most places name an account by its bare code, stock adjustments and stocktakes as "code: name". A negative amount means
the same with the sides swapped (Cin7 Core API v2 documentation, Sale, Purchase, Stock Adjustment, Stocktake).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal

from hub import JournalLine, money
from hub_cin7core.fields import Native, ReadError, day, number, text

PSEUDO_ACCOUNT = "CROSS-CURRENCY-TRANSFER"
"""What Core books the difference of a transfer between two currencies to; its chart has no such account."""

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Pair:
    """One entry in base currency: ``amount`` goes to ``debit`` and comes from ``credit``; ``words`` are a person's."""

    debit: str
    credit: str
    amount: Decimal
    date: Date
    words: str = ""

    @property
    def accounts(self) -> tuple[str, str]:
        """Both sides."""
        return self.debit, self.credit

    @property
    def upright(self) -> Pair:
        """The same booking in the one form that does not depend on which side Core names first."""
        if self.debit <= self.credit:
            return self
        return Pair(self.credit, self.debit, -self.amount, self.date, self.words)


def account_code(native: Native, key: str) -> str:
    """The code of an account that is named by it, or by "code: name"."""
    return text(native, key).partition(": ")[0].strip()


def read_pair(native: Native, *, dated: Date | None) -> Pair:
    """One entry, dated by what it is part of."""
    value = number(native, "Amount") or _NOTHING
    debit, credit = account_code(native, "Debit"), account_code(native, "Credit")
    if value and not (debit and credit):
        raise ReadError("an accounting entry names no account to debit, or none to credit")
    if dated is None:
        raise ReadError("an accounting entry has no date")
    return Pair(debit, credit, value, dated, text(native, "Reference"))


def day_of(native: Native, *keys: str) -> Date | None:
    """The first of these days that is there."""
    return next((found for key in keys if (found := day(native, key)) is not None), None)


def lines_of(pairs: Iterable[Pair], currency: str) -> tuple[JournalLine, ...]:
    """The journal lines they come to: one for each account, debits first, then by account; none where all is zero.

    Fractions of a cent are rounded for both sides of two accounts at once, so that debits and credits stay equal.
    """
    pairs = tuple(pairs)
    words = _words(pairs)
    lines = [
        JournalLine(account=account, amount=amount, description=words[account])
        for account, amount in _balances(pairs, currency)
        if amount
    ]
    return tuple(sorted(lines, key=lambda line: (line.amount < 0, line.account)))


def _balances(pairs: Iterable[Pair], currency: str) -> Iterator[tuple[str, Decimal]]:
    between: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for pair in pairs:
        between[pair.upright.accounts] += pair.upright.amount
    balances: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (debit, credit), exact in between.items():
        amount = money(exact, currency)
        if amount and PSEUDO_ACCOUNT in (debit, credit):
            raise ReadError(
                f"it is booked against {PSEUDO_ACCOUNT}, which Core uses between two currencies and which is no account"
            )
        balances[debit] += amount
        balances[credit] -= amount
    yield from balances.items()


def _words(pairs: Iterable[Pair]) -> Mapping[str, str]:
    """What people wrote on the entries of each account, each once and in an order that does not depend on Core's."""
    said: defaultdict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for account in pair.accounts:
            said[account].update({pair.words} - {""})
    return {account: "; ".join(sorted(words)) for account, words in said.items()}
