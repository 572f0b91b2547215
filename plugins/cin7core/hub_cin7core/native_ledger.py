"""Core's general ledger and stock valuation, for the comparison with the books: pure.

A row of the general ledger books one amount from one account to another and names the task it is of. In the list of
what is available, ``StockOnHand`` is money: what the stock there is worth (Cin7 Core API v2 documentation,
Transactions and Product Availability).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from decimal import Decimal

from hub import Entry
from hub_cin7core.fields import Native, ReadError, day, guid, number, text
from hub_cin7core.native_books import Books
from hub_cin7core.native_journals import journal_id
from hub_cin7core.native_pairs import Pair, account_code

_BY_INVOICES = frozenset({"sale", "purchase"})
_BY_JOURNALS = frozenset(
    {"finishedgoods", "disassembly", "stockadjustment", "stocktake", "inventorywriteoff", "journal"}
)

_WITHOUT_GOODS = frozenset(
    {"journal", "moneyspend", "moneyreceive", "banktransfer", "expenseclaimtask", "depreciation"}
)
"""Sorts of documents that book on any account and never move goods."""
_NEVER_READ = _WITHOUT_GOODS - {"journal"}
"""Sorts of documents that no feed of this plugin delivers."""


def read_entries(row: Native, books: Books) -> Iterator[Entry]:
    """Both sides of a row, in the order debit, credit."""
    pair = _pair(row)
    type = text(row, "Type")
    document_id = _document_id(guid(row, "TaskID"), pair, type, books)
    reference = text(row, "Reference", "Transaction")
    moves_goods, is_listed = _folded(type) not in _WITHOUT_GOODS, _folded(type) not in _NEVER_READ
    for account, amount in ((pair.debit, pair.amount), (pair.credit, -pair.amount)):
        yield Entry(document_id, pair.date, account, amount, reference, type, moves_goods, is_listed)


def _pair(row: Native) -> Pair:
    dated, amount = day(row, "EffectiveDate"), number(row, "Amount")
    if dated is None or amount is None:
        raise ReadError("a row of the general ledger has no EffectiveDate or no Amount")
    accounts = (account_code(row, "DebitAccountCode"), account_code(row, "CreditAccountCode"))
    return Pair(*accounts, amount, dated)


def _folded(type: str) -> str:
    return "".join(type.casefold().split())


def _document_id(task: str, pair: Pair, type: str, books: Books) -> str:
    """The hub's document: the task itself for what an invoice, bill, credit or payment carries, else its journal."""
    sort = _folded(type)
    is_journal = sort in _BY_JOURNALS or (
        sort in _BY_INVOICES and not books.is_carried(pair, by_invoice=sort == "sale")
    )
    return journal_id(task, pair.date) if is_journal and task else task


def add_values(values: MutableMapping[str, Decimal], rows: Iterable[Native]) -> None:
    """What the stock of each product is worth, by SKU, over all its places and batches: more rows of it."""
    for row in rows:
        code = text(row, "SKU")
        values[code] = values.get(code, Decimal(0)) + (number(row, "StockOnHand") or Decimal(0))
