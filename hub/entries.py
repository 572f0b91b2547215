"""What the two sides can be asked when their books are compared: entries, balances, and what the stock is worth.

A stock system's session that is :class:`KeepsStock` and a ledger's that is :class:`KeepsBooks` can be reconciled. Both
only read. Amounts are in the organisation's base currency, debits positive and credits negative; dates are those of
the organisation's books.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date as Date  # noqa: N812 - a field is called date
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from hub.documents import Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """What a stock system's general ledger says of one account, for one of its documents on one day.

    ``document_id`` is the external id of the document as the provider delivers it (an invoice, bill, credit or journal)
    where the platform lets that be known, else the native id that its general ledger names. ``type`` is the platform's
    own word for the sort of document. ``moves_goods`` is False for what is no movement of goods whatever account it is
    booked on, such as a journal entered by hand: no valuation of stock counts it. ``is_listed`` is False for a sort of
    document that no feed of the provider delivers: the hub will never read it.
    """

    document_id: str
    date: Date
    account: str
    amount: Decimal
    reference: str = ""
    type: str = ""
    moves_goods: bool = True
    is_listed: bool = True


@dataclass(frozen=True, slots=True)
class UnmatchedGoods:
    """Goods of one purchase that came without their bill, or a bill whose goods have not come, in part or in whole.

    The valuation counts goods when they come, ``worth`` in all; the general ledger may count them with their bill, by
    entries of ``documents`` (by the ids that entries use). What the one counts more is not booked, or not there yet.
    """

    record_id: str
    worth: Decimal
    documents: frozenset[str]
    received_on: Date | None = None
    invoiced_on: Date | None = None
    reference: str = ""


@dataclass(frozen=True)
class StockValue:
    """What the stock is worth by the stock system's own valuation, now. ``items`` is by item code."""

    at: datetime
    total: Decimal
    items: Mapping[str, Decimal] = field(default_factory=dict)


@runtime_checkable
class KeepsStock(Protocol):
    """A session of a stock system that tells what its stock is worth and what its general ledger says."""

    def stock_value(self) -> StockValue:
        """What the stock is worth now; platforms do not tell it for a day in the past."""

    def entries(self, since: Date, until: Date) -> Iterator[Entry]:
        """Everything in its general ledger dated ``since`` to ``until``, both included, whenever it was entered."""


@runtime_checkable
class TellsUnmatchedGoods(Protocol):
    """A stock system's session that knows which goods its valuation and its general ledger tell at different times."""

    def unmatched_goods(self) -> Iterator[UnmatchedGoods]:
        """All there are now, whatever their dates."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of one document of the ledger on one account, as far as its own documents tell.

    ``is_ours`` when the document carries a mark of the hub.
    """

    kind: Kind
    target_id: str
    date: Date
    account: str
    amount: Decimal
    number: str = ""
    description: str = ""
    url: str = ""
    is_ours: bool = False


@runtime_checkable
class KeepsBooks(Protocol):
    """A session of a ledger that tells balances, and the documents behind them."""

    def balances(self, at: Date) -> Mapping[str, Decimal]:
        """The balance of each account at the end of a day, by account code, from the ledger's own report."""

    def postings(self, accounts: Collection[str], since: Date, until: Date) -> Iterator[Posting]:
        """Lines of approved documents dated in the period on these accounts, whoever made them.

        Receivables and payables are among the accounts that are asked for: what a document, or the money on it, did to
        them belongs here although no line of it names them. Drafts and voided ones are left out: they are in no
        balance. All lines of one document follow each other.
        """


@dataclass(frozen=True)
class Reading:
    """About how many calls it takes to read one side: pure arithmetic, shown before anything is read."""

    calls: int
    why: str = ""

    def with_another_day(self) -> Reading:
        """The same, and the balances of one more day, which are one call."""
        return replace(self, calls=self.calls + 1, why=f"{self.why}, and the balances of one more day".lstrip(", "))
