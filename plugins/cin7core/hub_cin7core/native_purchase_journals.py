"""The journals of a purchase: goods received or in transit, landed cost, and what people added: pure.

Core books stock that is received before its invoice, or invoiced before it is received, as lines of its own among the
manual journals of the purchase, and says in words what each is for (Cin7 Core API v2 documentation, Advanced Purchase).
"""

from __future__ import annotations

from collections.abc import Mapping

from hub import JournalReason, TradeDocument
from hub_cin7core.fields import Native, blocks, guid, text
from hub_cin7core.native_books import Books
from hub_cin7core.native_journals import CARRIED, Bookings, Cause, Owner
from hub_cin7core.native_manual import NUMBER, ManualLine, read_manual_lines
from hub_cin7core.native_task import Task

_ANYBODYS_WORDS = (("landed", JournalReason.LANDED_COST),)
_CORES_WORDS = (
    ("transit", JournalReason.IN_TRANSIT),
    ("not invoiced", JournalReason.GOODS_RECEIVED),
    ("received", JournalReason.GOODS_RECEIVED),
    ("accru", JournalReason.GOODS_RECEIVED),
    ("correction", JournalReason.COST_CORRECTION),
    ("cost", JournalReason.LANDED_COST),
)


def read_purchase_journals(task: Task, native: Native, books: Books) -> None:
    """Add the journals of a purchase whose documents are read; a voided purchase has none."""
    header = task.header
    if header.voided:
        return
    documents = _documents(task, native)
    bookings = Bookings()
    for line in read_manual_lines(task, native):
        if line.is_system and books.is_carried(line.pair, by_invoice=False):
            task.skip("journal", f"{line.task}:{line.pair.date}", CARRIED)
            continue
        document = documents.get(line.task) or documents.get(line.number)
        cause = Cause(
            _reason(line),
            reference=document.number if document else "",
            document_id=document.external_id if document else "",
        )
        bookings.book(line.task, line.pair, cause)
    owner = Owner(header.id, header.order_number, header.base_currency, header.attributes, header.source_url)
    bookings.add_journals(task, owner)


def _documents(task: Task, native: Native) -> Mapping[str, TradeDocument]:
    """By their ids; bills also by the number that an advanced purchase gives to one and all that goes with it."""
    by_id = {one.external_id: one for one in task.documents if isinstance(one, TradeDocument)}
    numbers = {text(bill, NUMBER): guid(bill, "TaskID") for bill in blocks(native, "Invoice")}
    return by_id | {number: by_id[own_id] for number, own_id in numbers.items() if number and own_id in by_id}


def _reason(line: ManualLine) -> JournalReason:
    """What a line is for, by its words; the words of people are only believed where they name a landed cost."""
    known = _ANYBODYS_WORDS + (_CORES_WORDS if line.is_system else ())
    said = line.pair.words.casefold()
    return next((reason for word, reason in known if word in said), JournalReason.PURCHASE_JOURNAL)
