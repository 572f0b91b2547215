"""The journals of a purchase: goods received or in transit, landed cost, and what people added: pure.

Core books stock that is received before its invoice, or invoiced before it is received, as lines of its own among the
manual journals of the purchase, and says in words what each is for (Cin7 Core API v2 documentation, Advanced Purchase).
"""

from __future__ import annotations

from collections import defaultdict

from hub import JournalReason, TradeDocument
from hub_cin7core.fields import Native
from hub_cin7core.native_books import Books
from hub_cin7core.native_journals import CARRIED, Cause, Owner, add_journals
from hub_cin7core.native_manual import read_manual_lines
from hub_cin7core.native_pairs import Pair
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


def purchase_reason(words: str, *, is_system: bool) -> JournalReason:
    """What a line is for, by its words; the words of people are only believed where they name a landed cost."""
    known = _ANYBODYS_WORDS + (_CORES_WORDS if is_system else ())
    said = words.casefold()
    return next((reason for word, reason in known if word in said), JournalReason.PURCHASE_JOURNAL)


def read_purchase_journals(task: Task, native: Native, books: Books) -> None:
    """Add the journals of a purchase whose documents are read; a voided purchase has none."""
    header = task.header
    if header.voided:
        return
    documents = {one.external_id: one for one in task.documents if isinstance(one, TradeDocument)}
    causes: defaultdict[Cause, list[Pair]] = defaultdict(list)
    for line in read_manual_lines(task, native):
        if line.is_system and books.is_carried(line.pair, by_invoice=False):
            task.skip("journal", f"{line.task}:{line.pair.date}", CARRIED)
            continue
        document = documents.get(line.task)
        cause = Cause(
            line.task,
            line.pair.date,
            purchase_reason(line.pair.words, is_system=line.is_system),
            reference=document.number if document else "",
            document_id=document.external_id if document else "",
        )
        causes[cause].append(line.pair)
    owner = Owner(header.id, header.order_number, header.base_currency, header.attributes, header.source_url)
    add_journals(task, owner, causes)
