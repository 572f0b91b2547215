"""What the providers in memory say of their books: a general ledger worked out from the documents that they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from hub.documents import (
    Document,
    Item,
    Journal,
    Kind,
    Line,
    Payment,
    Refund,
    Settlement,
    Status,
    TaxMode,
    TradeDocument,
    money,
)
from hub.entries import Entry, Posting
from hub.providers import TargetStatus
from hub.testing.books import Books
from hub.testing.books import Entry as BookEntry

RECEIVABLE, PAYABLE, TAX = "610", "800", "820"
"""The accounts that both keep for themselves: no document names them."""
CONTROL: Mapping[Kind, str] = {
    Kind.INVOICE: RECEIVABLE,
    Kind.CREDIT_NOTE: RECEIVABLE,
    Kind.BILL: PAYABLE,
    Kind.SUPPLIER_CREDIT: PAYABLE,
}
SIDES: Mapping[Kind, int] = {Kind.INVOICE: -1, Kind.SUPPLIER_CREDIT: -1, Kind.BILL: 1, Kind.CREDIT_NOTE: 1}
"""Whether the lines of a document are debits (1) or credits (-1); its control account has the other side."""


# -- the stock system ----------------------------------------------------------------------------------------------


def entries_of(documents: Iterable[Document], currency: str) -> Iterator[Entry]:
    """What a stock system's general ledger says of these documents, in its base currency; drafts are not in it."""
    known = list(documents)
    items = {document.external_id: document for document in known if isinstance(document, Item)}
    for document in known:
        if getattr(document, "status", None) is not Status.AUTHORISED:
            continue
        if isinstance(document, Journal):
            yield from (_entry(document, line.account, line.amount) for line in document.lines)
        elif isinstance(document, TradeDocument):
            yield from _of_trade(document, items, currency)
        elif isinstance(document, Payment | Refund):
            yield from _of_money(document, currency)


def _entry(document: Any, account: str, amount: Decimal) -> Entry:
    return Entry(document.external_id, document.date, account, amount, document.label, str(document.kind))


def _of_trade(document: TradeDocument, items: Mapping[str, Item], currency: str) -> Iterator[Entry]:
    side, rate, total = SIDES[document.kind], document.rate or Decimal(1), Decimal(0)
    for line in document.lines:
        net = line.amount - line.tax_amount if document.tax_mode is TaxMode.INCLUSIVE else line.amount
        for account, amount in ((_account_of(line, document, items), net), (TAX, line.tax_amount)):
            booked = side * money(amount * rate, currency)
            total += booked
            if booked:
                yield _entry(document, account, booked)
    yield _entry(document, CONTROL[document.kind], -total)


def _account_of(line: Line, document: TradeDocument, items: Mapping[str, Item]) -> str:
    item = items.get(line.item_id)
    bought = document.kind in (Kind.BILL, Kind.SUPPLIER_CREDIT)
    of_item = (item.purchase_account if bought else item.sale_account) if item else ""
    return line.account or of_item or document.account


def _of_money(document: Settlement, currency: str) -> Iterator[Entry]:
    came_in = document.document_kind in (Kind.INVOICE, Kind.SUPPLIER_CREDIT)
    amount = money(document.amount * (document.rate or Decimal(1)), currency)
    yield _entry(document, document.account, amount if came_in else -amount)
    yield _entry(document, CONTROL[document.document_kind], -amount if came_in else amount)


# -- the ledger ----------------------------------------------------------------------------------------------------


def postings_of(books: Books) -> Iterator[Posting]:
    """Every line of every approved document, tax and control accounts included."""
    for entry in books.entries.values():
        approved = entry.status.is_live and entry.status is not TargetStatus.DRAFT
        if approved and entry.native.get("date") and entry.kind not in (Kind.CONTACT, Kind.ITEM, Kind.ALLOCATION):
            yield from (_posting(entry, account, amount, said) for account, amount, said in _booked(books, entry))


def balances_of(postings: Iterable[Posting], at: date) -> dict[str, Decimal]:
    """The balance of each account at the end of a day."""
    found: dict[str, Decimal] = {}
    for posting in postings:
        if posting.date <= at:
            found[posting.account] = found.get(posting.account, Decimal(0)) + posting.amount
    return found


def chosen(postings: Iterable[Posting], accounts: Collection[str], since: date, until: date) -> Iterator[Posting]:
    """Those on some accounts in a period."""
    return (each for each in postings if each.account in accounts and since <= each.date <= until)


def _posting(entry: BookEntry, account: str, amount: Decimal, description: str) -> Posting:
    return Posting(
        kind=entry.kind,
        target_id=entry.id,
        date=date.fromisoformat(entry.native["date"]),
        account=account,
        amount=amount,
        number=str(entry.native.get("number") or ""),
        description=description,
        is_ours=bool(entry.native.get("mark")),
    )


def _booked(books: Books, entry: BookEntry) -> Iterator[tuple[str, Decimal, str]]:
    native = entry.native
    if entry.kind is Kind.JOURNAL:
        for line in native["lines"]:
            yield line["account"], Decimal(str(line["amount"])), line.get("description", "")
    elif entry.kind in SIDES:
        yield from _booked_trade(books, entry)
    else:
        parent = books.entries.get(native.get("document", ""))
        parent_kind = parent.kind if parent else Kind(native.get("document_kind", Kind.INVOICE))
        came_in = parent_kind in (Kind.INVOICE, Kind.SUPPLIER_CREDIT)
        amount = _base(books, native, native["amount"]) * (1 if came_in else -1)
        yield native.get("account", ""), amount, ""
        yield CONTROL[parent_kind], -amount, ""


def _booked_trade(books: Books, entry: BookEntry) -> Iterator[tuple[str, Decimal, str]]:
    native, side, total = entry.native, SIDES[entry.kind], Decimal(0)
    inclusive = native.get("tax_mode") == TaxMode.INCLUSIVE.value
    for line in native.get("lines", ()):
        tax = Decimal(str(line.get("tax_amount", 0)))
        net = Decimal(str(line["amount"])) - (tax if inclusive else 0)
        for account, amount in ((line.get("account", ""), net), (TAX, tax)):
            booked = side * _base(books, native, amount)
            total += booked
            if booked:
                yield account, booked, line.get("description", "")
    yield CONTROL[entry.kind], -total, ""


def _base(books: Books, native: Mapping[str, Any], amount: Any) -> Decimal:
    rate = Decimal(str(native.get("rate") or 1))
    return money(Decimal(str(amount)) * rate, books.base_currency)
