"""In-memory providers that we call: a stock system and a ledger."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from hub.documents import REFERENCE_KINDS, Account, AccountClass, Contact, Document, Item, Kind, TaxRate
from hub.entries import Entry as LedgerEntry
from hub.entries import Posting, Reading, StockValue
from hub.errors import BusyError, Problem, RejectedError, UnsureError
from hub.http import Door
from hub.mapping import is_stock
from hub.providers import (
    AccountType,
    Action,
    Allowed,
    Batch,
    BatchRule,
    Connection,
    Facts,
    Feed,
    Operation,
    Organisation,
    Outcome,
    Page,
    Payload,
    Provider,
    Record,
    Role,
    TargetState,
    TargetStatus,
    Want,
)
from hub.testing.bookkeeping import balances_of, chosen, entries_of, postings_of
from hub.testing.books import DUE_KINDS, FREE_FIELDS, UNIQUE_NUMBERS, Books, Entry, Fault

PAGE = 20

ACCOUNTS = (
    Account(external_id="a1", code="200", name="Sales", account_class=AccountClass.REVENUE),
    Account(external_id="a2", code="310", name="Purchases", account_class=AccountClass.EXPENSE, type="DIRECTCOSTS"),
    Account(
        external_id="a3",
        code="090",
        name="Bank",
        account_class=AccountClass.ASSET,
        takes_payments=True,
        takes_documents=False,
        takes_journals=False,
    ),
    Account(external_id="a4", code="860", name="Rounding", account_class=AccountClass.EXPENSE),
    Account(external_id="a5", code="630", name="Inventory", account_class=AccountClass.ASSET),
    Account(external_id="a6", code="320", name="Cost of goods sold", account_class=AccountClass.EXPENSE),
)
TAXES = (
    TaxRate(external_id="t1", code="STANDARD", name="Standard", percent=Decimal(20)),
    TaxRate(external_id="t2", code="NONE", name="No VAT", percent=Decimal(0), special=True),
)


BASE_CURRENCY = "GBP"

STOCK_KINDS = frozenset(Kind) - REFERENCE_KINDS


class MemorySettings(BaseModel):
    """Nothing to fill in."""

    account_id: str = Field(default="memory", title="Account")


@dataclass
class Shelf:
    """A stock system's records: each owns a set of documents and has a change stamp."""

    records: dict[str, tuple[int, tuple[Document, ...]]] = field(default_factory=dict)
    odd: dict[str, str] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ACCOUNTS
    taxes: tuple[TaxRate, ...] = TAXES
    stamp: int = 0
    now: datetime = datetime(2026, 3, 1, 9, tzinfo=UTC)
    """When it is asked what the stock is worth."""
    revalued: dict[str, Decimal] = field(default_factory=dict)
    """What its own valuation is over or under its general ledger, by item code."""

    def put(self, record_id: str, *documents: Document) -> None:
        """Save a record with its complete set of documents."""
        self.stamp += 1
        self.records[record_id] = (self.stamp, documents)

    def documents(self) -> Iterator[Document]:
        """Every document there is."""
        for _, documents in self.records.values():
            yield from documents


class MemoryStock(Provider):
    """A stock system that we call."""

    name = "memorystock"
    title = "Memory stock"
    role = Role.STOCK
    settings = MemorySettings
    feeds = (
        Feed("organisation", frozenset()),
        Feed("accounts", frozenset({Kind.ACCOUNT}), full=True),
        Feed("taxes", frozenset({Kind.TAX_RATE}), full=True),
        Feed("records", STOCK_KINDS),
    )

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()

    def reading_cost(self, counts: Mapping[Kind, int], since: date, until: date) -> Reading:
        return Reading(2, "one call for the entries and one for the value of the stock")

    def open(self, connection: Connection, http: Door) -> StockSession:
        return StockSession(self.shelf)


@dataclass
class StockSession:
    """A conversation with the shelf."""

    shelf: Shelf

    def check(self) -> Organisation:
        return Organisation(id="shelf", name="Shelf Ltd", base_currency=BASE_CURRENCY)

    def entries(self, since: date, until: date) -> Iterator[LedgerEntry]:
        every = entries_of(self.shelf.documents(), BASE_CURRENCY)
        return (entry for entry in every if since <= entry.date <= until)

    def stock_value(self) -> StockValue:
        """What its general ledger says of the stock accounts, and what its valuation differs by."""
        kept = {account.code for account in self.shelf.accounts if is_stock(account)}
        total = sum((e.amount for e in self.entries(date.min, date.max) if e.account in kept), Decimal(0))
        return StockValue(self.shelf.now, total + sum(self.shelf.revalued.values(), Decimal(0)), self.shelf.revalued)

    def pull(self, want: Want) -> Iterator[Page]:
        if want.feed.name == "organisation":
            yield Page(organisation=self.check(), watermark="")
        elif want.feed.name == "accounts":
            yield Page(records=_listed(self.shelf.accounts), watermark="")
        elif want.feed.name == "taxes":
            yield Page(records=_listed(self.shelf.taxes), watermark="")
        else:
            yield from self._records(want)

    def _records(self, want: Want) -> Iterator[Page]:
        since = int(want.progress or want.cursor or 0)
        changed = sorted((stamp, id) for id, (stamp, _) in self.shelf.records.items() if stamp > since)
        known = want.known([id for _, id in changed])
        watermark = str(changed[-1][0] if changed else since)
        for start in range(0, len(changed), PAGE):
            part = changed[start : start + PAGE]
            last = start + PAGE >= len(changed)
            records = tuple(self._record(id, stamp) for stamp, id in part if known.get(id) != str(stamp))
            yield Page(records=records, progress=str(part[-1][0]), watermark=watermark if last else None)
        if not changed:
            yield Page(watermark=watermark)

    def _record(self, id: str, stamp: int) -> Record:
        if id in self.shelf.odd:
            return Record.unreadable(id, "{...}", self.shelf.odd[id], stamp=str(stamp))
        return Record(id, str(stamp), self.shelf.records[id][1])

    def push(self, batch: Batch) -> Iterator[Outcome]:
        raise TypeError("the shelf is only read")

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        return {}


def _listed(documents: Iterable[Document]) -> tuple[Record, ...]:
    return tuple(Record(document.external_id, "", (document,)) for document in documents)


_WRITES: Mapping[Kind, frozenset[Action]] = {
    **{kind: frozenset({Action.CREATE, Action.UPDATE}) for kind in (Kind.CONTACT, Kind.ITEM)},
    **{kind: frozenset(Action) for kind in (Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT)},
    Kind.JOURNAL: frozenset(Action),
    **{
        kind: frozenset({Action.CREATE, Action.VOID, Action.DELETE})
        for kind in (Kind.PAYMENT, Kind.REFUND, Kind.ALLOCATION)
    },
}


class MemoryLedger(Provider):
    """A ledger that we call."""

    skips: ClassVar[Mapping[str, str]] = {
        "test_a_known_record_is_spared": "Its lists come whole with the first call; there are no details to spare."
    }

    name = "memoryledger"
    title = "Memory ledger"
    role = Role.LEDGER
    settings = MemorySettings
    feeds = (
        Feed("organisation", frozenset()),
        Feed("accounts", frozenset({Kind.ACCOUNT}), full=True),
        Feed("taxes", frozenset({Kind.TAX_RATE}), full=True),
        Feed("tracking", frozenset({Kind.TRACKING, Kind.PAYMENT_METHOD}), full=True),
        Feed("contacts", frozenset({Kind.CONTACT})),
        Feed("items", frozenset({Kind.ITEM})),
        Feed("states", frozenset(_WRITES), states_only=True),
    )
    writes = _WRITES
    batch_rules: ClassVar[Mapping[Kind, BatchRule]] = {kind: BatchRule(5, 100_000) for kind in _WRITES}
    account_types: ClassVar[tuple[AccountType, ...]] = (
        AccountType("SALES", "Sales", AccountClass.REVENUE),
        AccountType("EXPENSE", "Expense", AccountClass.EXPENSE),
    )

    def __init__(self, books: Books | None = None) -> None:
        self.books = books or Books()

    def render(self, operations: Sequence[Operation], facts: Facts) -> Payload:
        return Payload("write", json.dumps([_order(one, facts) for one in operations]).encode())

    def allowed(self, kind: Kind, state: TargetState) -> Allowed:
        actions = set(self.writes[kind])
        if not state.status.is_live:
            return Allowed(frozenset(), reason=f"it is {state.status}")
        if kind in DUE_KINDS and state.status in (TargetStatus.PAID, TargetStatus.PART_PAID):
            return Allowed(frozenset({Action.UPDATE}), FREE_FIELDS - {"mark"}, "it has payments")
        return Allowed(frozenset(actions))

    def reading_cost(self, counts: Mapping[Kind, int], since: date, until: date) -> Reading:
        return Reading(2, "one call for the balances and one for what is behind them")

    def open(self, connection: Connection, http: Door) -> LedgerSession:
        return LedgerSession(self.books)


def _order(one: Operation, facts: Facts) -> dict[str, Any]:
    return {
        "operation": one.id,
        "kind": one.kind.value,
        "action": one.action.value,
        "target": one.target_id,
        "native": _native(one, facts),
    }


def _native(one: Operation, facts: Facts) -> dict[str, Any]:
    document = one.document
    native: dict[str, Any] = json.loads(
        document.model_dump_json(include=None if one.fields is None else set(one.fields))
    )
    native["mark"] = f"{document.external_id}#{one.generation}"
    for name, kind_name, id_name in (
        ("document", "document_kind", "document_id"),
        ("credit", "credit_kind", "credit_id"),
    ):
        if kind_name in native:
            native[name] = facts.target(Kind(native[kind_name]), native[id_name])
    if native.get("contact_id"):
        native["contact"] = facts.target(Kind.CONTACT, native["contact_id"])
    return native


@dataclass
class LedgerSession:
    """A conversation with the books."""

    books: Books

    def check(self) -> Organisation:
        lock = self.books.lock_date
        return Organisation.model_validate(
            {"id": "books", "name": "Books Ltd", "base_currency": self.books.base_currency, "lock_date": lock}
        )

    def pull(self, want: Want) -> Iterator[Page]:
        yield hear(self.books, want)

    def push(self, batch: Batch) -> Iterator[Outcome]:
        fault = self.books.faults.pop(0) if self.books.faults else None
        if fault is Fault.REFUSED:
            raise BusyError("the ledger asks us to wait", 0.01)
        if fault is Fault.LOST_REQUEST:
            raise UnsureError("the answer was lost")
        answers = self.books.write(batch.payload.body)
        if fault is Fault.LOST_ANSWER:
            raise UnsureError("the answer was lost")
        yield from outcomes(self.books, answers)

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        return {one.id: _found(self.books, one) for one in operations}

    def balances(self, at: date) -> Mapping[str, Decimal]:
        return balances_of(postings_of(self.books), at)

    def postings(self, accounts: Collection[str], since: date, until: date) -> Iterator[Posting]:
        return chosen(postings_of(self.books), accounts, since, until)

    def find_account(self, code: str) -> Account | None:
        return next((one for one in (*ACCOUNTS, *self.books.accounts) if one.code == code), None)

    def create_account(self, wanted: Account) -> Account:
        fault = self.books.faults.pop(0) if self.books.faults else None
        if fault is Fault.LOST_REQUEST:
            raise UnsureError("the answer was lost")
        if self.find_account(wanted.code):
            raise RejectedError(Problem(code="refused", what=f"code {wanted.code} is taken"))
        made = wanted.model_copy(update={"external_id": f"made-{wanted.code}"})
        self.books.accounts.append(made)
        if fault is Fault.LOST_ANSWER:
            raise UnsureError("the answer was lost")
        return made


def hear(books: Books, want: Want) -> Page:
    """One page with everything that changed."""
    since = int(want.cursor or 0)
    changed = books.changed_since(since)
    watermark = str(changed[-1].stamp if changed else since)
    if want.feed.name == "organisation":
        return Page(organisation=LedgerSession(books).check(), watermark="")
    if want.feed.name == "accounts":
        return Page(records=_listed((*ACCOUNTS, *books.accounts)), watermark="")
    if want.feed.name == "taxes":
        return Page(records=_listed(TAXES), watermark="")
    if want.feed.name == "tracking":
        return Page(records=_listed([*books.tracking, *books.payment_methods]), watermark="")
    if want.feed.name == "states":
        return Page(states=tuple(entry.state for entry in changed), watermark=watermark)
    kind = Kind.CONTACT if want.feed.name == "contacts" else Kind.ITEM
    records = tuple(
        Record(entry.id, str(entry.stamp), (_listed_document(entry),)) for entry in changed if entry.kind is kind
    )
    return Page(records=records, watermark=watermark)


def _listed_document(entry: Entry) -> Contact | Item:
    native, active = entry.native, entry.status.is_live
    if entry.kind is Kind.CONTACT:
        told = {name: native[name] for name in ("name", "email", "tax_number") if native.get(name)}
        return Contact(external_id=entry.id, active=active, **told)
    return Item(external_id=entry.id, code=native["code"], name=native.get("name", ""), active=active)


def outcomes(books: Books, answers: Iterable[Mapping[str, Any]]) -> Iterator[Outcome]:
    """What became of each order."""
    for answer in answers:
        if "refused" in answer:
            problem = Problem(code="refused", what=str(answer["refused"]), fix="Correct it.")
            yield Outcome(answer["operation"], problem=problem, refresh=True)
        else:
            yield Outcome(answer["operation"], state=books.entries[answer["id"]].state)


def _found(books: Books, one: Operation) -> list[TargetState]:
    if one.target_id:
        entry = books.entries.get(one.target_id)
        return [entry.state] if entry else []
    mark = f"{one.document.external_id}#{one.generation}"
    marked = [e.state for e in books.entries.values() if e.kind is one.kind and e.native.get("mark") == mark]
    return marked or _numbered(books, one)


def _numbered(books: Books, one: Operation) -> list[TargetState]:
    """What somebody else made under the same number, for kinds whose numbers are given once."""
    number = getattr(one.document, "number", "") if one.kind in UNIQUE_NUMBERS else ""
    same = (e for e in books.live() if number and e.kind is one.kind and e.native.get("number") == number)
    return [e.state.model_copy(update={"ours": False}) for e in same if not e.native.get("mark")]
