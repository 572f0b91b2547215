"""The journals of a sale: cost of goods by fulfilment, its corrections, restocked returns, and what people added: pure.

The sale's detail lists all that its documents booked, each entry with the task it is of: a fulfilment, an invoice or a
credit note (Cin7 Core API v2 documentation, Sale, with IncludeTransactions). Fulfilments book the cost of what they
shipped on their latest shipment date; what Core books for them on other days corrects that cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date

from hub import JournalReason, Kind, TradeDocument
from hub_cin7core.fields import Native, blocks, day, guid, text
from hub_cin7core.native_books import Books
from hub_cin7core.native_journals import CARRIED, Bookings, Cause, Owner
from hub_cin7core.native_manual import read_manual_lines
from hub_cin7core.native_pairs import Pair, account_code, day_of, read_pair
from hub_cin7core.native_task import Task

_RESTOCK = "Returned goods back in stock"


@dataclass(frozen=True)
class _Stage:
    """A fulfilment, invoice or credit note of the sale: the days it is for, and the document it goes with."""

    days: frozenset[Date] = frozenset()
    document: TradeDocument | None = None
    title: str = ""
    is_invoice: bool = False

    def joined(self, other: _Stage | None) -> _Stage:
        """Both under one task; this one has the word."""
        if other is None:
            return self
        document = self.document or other.document
        return _Stage(self.days | other.days, document, self.title, self.is_invoice or other.is_invoice)


@dataclass(frozen=True)
class _Entry:
    task: str
    pair: Pair


def read_sale_journals(task: Task, native: Native, books: Books) -> None:
    """Add the journals of a sale whose documents are read; a voided sale has none."""
    header = task.header
    if header.voided:
        return
    owner = Owner(header.id, header.order_number, header.base_currency, header.attributes, header.source_url)
    stages = _stages(task, native)
    lines = [_Entry(header.id, line.pair) for line in read_manual_lines(task, native)]
    others, entered = _told_apart(_entries(header.id, native, stages, books), lines, stages)
    bookings = Bookings()
    _book_costs(bookings, _stock_entries(task, others, stages, books), stages)
    for entry in entered:
        document = stages.get(entry.task, _Stage()).document
        cause = Cause(JournalReason.SALE_JOURNAL, document_id=document.external_id if document else "")
        bookings.book(entry.task, entry.pair, cause)
    bookings.add_journals(task, owner)


def _entries(sale: str, native: Native, stages: Mapping[str, _Stage], books: Books) -> Iterator[_Entry]:
    """What may be a cost or entered by a person. What is odd about entries of invoices and money is no matter here."""
    for row in blocks(native, "Transactions"):
        own_id = guid(row, "TaskID") or sale
        accounts = {account_code(row, "Debit"), account_code(row, "Credit")}
        if _is_fulfilment(own_id, stages) or books.money.isdisjoint(accounts):
            yield _Entry(own_id, read_pair(row, dated=day_of(row, "EffectiveDate")))


def _stages(task: Task, native: Native) -> Mapping[str, _Stage]:
    """By task; in simple sales one task may be fulfilment, invoice and credit at once."""
    stages: dict[str, _Stage] = {}
    for own_id, stage in _each_stage(task, native):
        stages[own_id] = stage.joined(stages.get(own_id))
    return stages


def _each_stage(task: Task, native: Native) -> Iterator[tuple[str, _Stage]]:
    trade = [one for one in task.documents if isinstance(one, TradeDocument)]
    by_id = {one.external_id: one for one in trade}
    by_number = {one.number.casefold(): one for one in trade if one.kind is Kind.INVOICE}
    for credit in blocks(native, "CreditNotes"):
        own_id = guid(credit, "TaskID") or task.header.id
        yield own_id, _Stage(_days(credit, "CreditNoteDate"), by_id.get(own_id), _RESTOCK, is_invoice=True)
    for invoice in blocks(native, "Invoices"):
        own_id = guid(invoice, "TaskID") or task.header.id
        yield own_id, _Stage(document=by_id.get(own_id), is_invoice=True)
    for fulfilment in blocks(native, "Fulfilments"):
        linked = by_number.get(text(fulfilment, "LinkedInvoiceNumber").casefold())
        yield guid(fulfilment, "TaskID") or task.header.id, _Stage(_shipped(fulfilment), linked)


def _days(native: Native, *keys: str) -> frozenset[Date]:
    return frozenset(found for key in keys if (found := day(native, key)) is not None)


def _shipped(fulfilment: Native) -> frozenset[Date]:
    lines = (line for ship in blocks(fulfilment, "Ship") for line in blocks(ship, "Lines"))
    return frozenset().union(*(_days(line, "ShipmentDate") for line in lines))


def _told_apart(
    entries: Iterable[_Entry], entered: Iterable[_Entry], stages: Mapping[str, _Stage]
) -> tuple[list[_Entry], list[_Entry]]:
    """What documents booked, and what people entered in the manual journal of the sale.

    Core lists that among the entries as well. Each line takes away one that says the same, not one of a fulfilment, and
    its task with it, by which the general ledger knows it.
    """
    waiting: defaultdict[Pair, list[_Entry]] = defaultdict(list)
    for line in entered:
        waiting[_said(line.pair)].append(line)
    others: list[_Entry] = []
    known: list[_Entry] = []
    for entry in sorted(entries, key=lambda one: one.task in stages):
        same = [] if _is_fulfilment(entry.task, stages) else waiting[_said(entry.pair)]
        if same:
            known.append(_Entry(entry.task, same.pop(0).pair))
        else:
            others.append(entry)
    return others, [*known, *(line for lines in waiting.values() for line in lines)]


def _is_fulfilment(task: str, stages: Mapping[str, _Stage]) -> bool:
    stage = stages.get(task)
    return stage is not None and not stage.is_invoice


def _stock_entries(
    task: Task, entries: Iterable[_Entry], stages: Mapping[str, _Stage], books: Books
) -> Iterator[_Entry]:
    """The entries that no invoice, credit or payment carries. That a fulfilment has another sort is told."""
    for entry in entries:
        is_fulfilment = _is_fulfilment(entry.task, stages)
        if not books.is_carried(entry.pair, by_invoice=not is_fulfilment):
            yield entry
        elif is_fulfilment:
            task.skip("journal", f"{entry.task}:{entry.pair.date}", CARRIED)


def _said(pair: Pair) -> Pair:
    upright = pair.upright
    return Pair(upright.debit, upright.credit, upright.amount, upright.date)


def _book_costs(bookings: Bookings, entries: Iterable[_Entry], stages: Mapping[str, _Stage]) -> None:
    by_task: defaultdict[str, list[Pair]] = defaultdict(list)
    for entry in entries:
        by_task[entry.task].append(entry.pair)
    for own_id, pairs in by_task.items():
        stage = stages.get(own_id, _Stage())
        own_days = stage.days & {pair.date for pair in pairs} or {min(pair.date for pair in pairs)}
        for pair in pairs:
            bookings.book(own_id, pair, _cause(stage, is_correction=pair.date not in own_days))


def _cause(stage: _Stage, *, is_correction: bool) -> Cause:
    return Cause(
        JournalReason.COST_CORRECTION if is_correction else JournalReason.COST_OF_GOODS,
        reference=stage.document.number if stage.document else "",
        document_id=stage.document.external_id if stage.document else "",
        title="" if is_correction else stage.title,
    )
