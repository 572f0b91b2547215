"""Answers to queries of lists and transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .. import statuses
from ..answers import Answer, nothing
from ..qbxml.reading import Fields
from ..qbxml.tree import Element
from . import filters
from .file import Company
from .iterators import Iterators
from .kinds import ITEMS, LISTS, TRANSACTIONS
from .ledger import postings
from .records import Entry, Transaction
from .references import is_id
from .views import Views

_KINDS = {"Item": ITEMS, "Terms": ("StandardTerms",), **{kind: (kind,) for kind in LISTS}}
Show = Callable[[Any], list[Element]]


@dataclass
class Query:
    """One query request: its name, its attributes, its fields."""

    company: Company
    iterators: Iterators
    views: Views
    name: str
    attributes: dict[str, str]
    asked: Fields

    @property
    def only(self) -> frozenset[str]:
        return frozenset(self.asked.get("IncludeRetElement", []))

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(self.asked.get("OwnerID", []))


def answer(query: Query) -> Answer:
    """The answer to a query of a list, of a kind of transaction, or of all transactions."""
    filters.refuse_unknown(query.asked)
    subject = query.name.removesuffix("Query")
    if subject == "Transaction":
        return _transaction_rows(query)
    if subject in TRANSACTIONS:
        return _transactions(query, subject)
    return _entries(query, _KINDS[subject])


def _entries(query: Query, kinds: Iterable[str]) -> Answer:
    def show(entry: Entry) -> list[Element]:
        return [query.views.entry(entry, query.only, query.owners)]

    wanted = query.asked.get("ListID") or query.asked.get("FullName")
    if wanted:
        found = [(name, _one_entry(query, kinds, name)) for name in wanted]
        return _exact(query, found, show)
    return _paged(query, lambda: filters.entries(query.company, kinds, query.asked), show)


def _one_entry(query: Query, kinds: Iterable[str], name: str) -> Entry | None:
    if "FullName" in query.asked:
        return query.company.named(tuple(kinds), name)
    if not is_id(name):
        raise statuses.bad_id(name, "list id")
    entry = query.company.entries.get(name)
    return entry if entry and entry.kind in kinds else None


def _exact(query: Query, found: list[tuple[str, Any]], show: Show) -> Answer:
    """Objects asked for by name or id: what is missing is told by the warning 500."""
    missing = [name for name, record in found if record is None]
    objects = [element for _, record in found if record is not None for element in show(record)]
    if not missing:
        return Answer(objects=objects)
    if query.company.switches["exact_not_found"] == "1" and not objects:
        return nothing()
    message = (
        "The query request has not been fully completed. There was a required element"
        f' ("{missing[0]}") that could not be found in QuickBooks.'
    )
    return Answer(500, message, "", objects)


def _paged(query: Query, rows: Callable[[], list[Any]], show: Show) -> Answer:
    """All rows, the first MaxReturned, or the next page of an iterator."""
    most: int | None = query.asked.get("MaxReturned")
    mode = query.attributes.get("iterator")
    if mode is not None:
        return _iterated(query, mode, most, rows, show)
    found = rows()
    page = found if most is None else found[:most]
    reply = Answer(objects=[element for row in page for element in show(row)]) if page else nothing()
    return _counted(query, reply, len(found))


def _counted(query: Query, reply: Answer, count: int) -> Answer:
    """metaData asks for the number of objects, beside them or instead of them."""
    wanted = query.attributes.get("metaData", "NoMetaData")
    if wanted != "NoMetaData":
        reply.attributes["retCount"] = str(count)
    if wanted == "MetaDataOnly":
        reply.objects = []
    return reply


def _iterated(query: Query, mode: str, most: int | None, rows: Callable[[], list[Any]], show: Show) -> Answer:
    iterator_id = query.attributes.get("iteratorID", "")
    if mode == "Stop":
        query.iterators.stop(iterator_id)
        return Answer()
    if most is None:
        raise statuses.missing("MaxReturned", query.name)
    if mode == "Start":
        found = rows()
        if not found:
            return nothing()
        iterator_id = query.iterators.start(query.name, found)
    page = query.iterators.take(iterator_id, query.name, most)
    if page is None:
        raise statuses.bad_id(iterator_id, "iteratorID")
    left = {"iteratorRemainingCount": str(page[1]), "iteratorID": iterator_id}
    return Answer(objects=[element for row in page[0] for element in show(row)], attributes=left)


# ---------------------------------------------------------------------- transactions


def _transactions(query: Query, kind: str) -> Answer:
    with_lines, with_links = (query.asked.get(name) is True for name in ("IncludeLineItems", "IncludeLinkedTxns"))
    # Payments list what they are applied to without being asked.
    with_lines = with_lines or kind in ("ReceivePayment", "BillPaymentCheck")

    def show(transaction: Transaction) -> list[Element]:
        return [query.views.transaction(transaction, with_lines, with_links, query.only, query.owners)]

    if wanted := query.asked.get("TxnID"):
        return _exact(query, [(txn_id, _one_transaction(query, kind, txn_id)) for txn_id in wanted], show)
    for name, fold in (("RefNumber", True), ("RefNumberCaseSensitive", False)):
        if name in query.asked:
            return _numbered(query, kind, query.asked[name], fold, show)
    return _paged(query, lambda: filters.transactions(query.company, (kind,), query.asked), show)


def _one_transaction(query: Query, kind: str, txn_id: str) -> Transaction | None:
    found = query.company.transactions.get(txn_id)
    return found if found and found.kind == kind else None


def _numbered(query: Query, kind: str, numbers: list[str], fold: bool, show: Show) -> Answer:
    """By RefNumber, which several transactions may have."""
    wanted = {number.casefold() if fold else number for number in numbers}

    def has(transaction: Transaction) -> bool:
        number = str(transaction.fields.get("RefNumber", ""))
        return transaction.kind == kind and (number.casefold() if fold else number) in wanted

    found = [element for each in query.company.transactions if has(each) for element in show(each)]
    return Answer(objects=found) if found else nothing()


def _transaction_rows(query: Query) -> Answer:
    """TransactionQuery: one row for a transaction, or one for every account that it books on."""
    detail = query.asked.get("TransactionDetailLevelFilter") or "SummaryOnly"

    def show(transaction: Transaction) -> list[Element]:
        rows = [query.views.summary(transaction, query.only)] if detail != "AllExceptSummary" else []
        if detail != "SummaryOnly":
            for posting in list(postings(query.company, transaction))[1:]:
                rows.append(query.views.row(transaction, posting, posting.line_id, query.only))
        return rows

    if wanted := query.asked.get("TxnID"):
        return _exact(query, [(txn_id, query.company.transactions.get(txn_id)) for txn_id in wanted], show)
    types = (query.asked.get("TransactionTypeFilter") or {}).get("TxnTypeFilter", ["All"])
    kinds = tuple(TRANSACTIONS) if "All" in types else tuple(types)
    asked = {**query.asked}
    if numbers := asked.get("RefNumber") or asked.get("RefNumberCaseSensitive"):
        wanted_numbers = {number.casefold() for number in numbers}
        return _paged(
            query,
            lambda: [
                each
                for each in filters.transactions(query.company, kinds, asked)
                if str(each.fields.get("RefNumber", "")).casefold() in wanted_numbers
            ],
            show,
        )
    return _paged(query, lambda: filters.transactions(query.company, kinds, asked), show)
