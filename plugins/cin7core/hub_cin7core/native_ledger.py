"""Core's general ledger and stock valuation, for the comparison with the books: pure.

A row of the general ledger books one amount from one account to another and names the task it is of. In the list of
what is available, ``StockOnHand`` is money: what the stock there is worth (Cin7 Core API v2 documentation,
Transactions and Product Availability).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from hub import Entry, JournalReason
from hub_cin7core.fields import Native, ReadError, day, guid, number, text
from hub_cin7core.native_books import Books
from hub_cin7core.native_journals import journal_id
from hub_cin7core.native_pairs import Pair, account_code
from hub_cin7core.native_purchase_journals import purchase_reason

_REASONS = {
    "finishedgoods": JournalReason.ASSEMBLY,
    "disassembly": JournalReason.DISASSEMBLY,
    "stockadjustment": JournalReason.ADJUSTMENT,
    "stocktake": JournalReason.STOCKTAKE,
    "inventorywriteoff": JournalReason.WRITE_OFF,
    "journal": JournalReason.MANUAL,
}
_SALE = "sale"
_PURCHASE = "purchase"


def read_entries(row: Native, books: Books) -> Iterator[Entry]:
    """Both sides of a row, in the order debit, credit."""
    pair = _pair(row)
    type = text(row, "Type")
    document_id = _document_id(guid(row, "TaskID"), pair, type, books)
    reference = text(row, "Reference", "Transaction")
    for account, amount in ((pair.debit, pair.amount), (pair.credit, -pair.amount)):
        yield Entry(document_id, pair.date, account, amount, reference, type)


def _pair(row: Native) -> Pair:
    dated, amount = day(row, "EffectiveDate"), number(row, "Amount")
    if dated is None or amount is None:
        raise ReadError("a row of the general ledger has no EffectiveDate or no Amount")
    accounts = (account_code(row, "DebitAccountCode"), account_code(row, "CreditAccountCode"))
    return Pair(*accounts, amount, dated, text(row, "Reference", "Transaction"))


def _document_id(task: str, pair: Pair, type: str, books: Books) -> str:
    """The hub's document: the task itself for what an invoice, bill, credit or payment carries, else its journal."""
    sort = "".join(type.casefold().split())
    reason = _REASONS.get(sort)
    if sort in (_SALE, _PURCHASE) and not books.is_carried(pair, by_invoice=sort == _SALE):
        reason = _sale_reason(pair, books) if sort == _SALE else purchase_reason(pair.words, is_system=True)
    return journal_id(task, pair.date, reason) if reason and task else task


def _sale_reason(pair: Pair, books: Books) -> JournalReason:
    return JournalReason.COST_OF_GOODS if books.is_cost(pair) else JournalReason.SALE_JOURNAL


def read_values(rows: Iterable[Native]) -> Mapping[str, Decimal]:
    """What the stock of each product is worth, by SKU, over all its places and batches; nothing of no worth."""
    values: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        values[text(row, "SKU")] += number(row, "StockOnHand") or Decimal(0)
    return {code: value for code, value in sorted(values.items()) if value}
