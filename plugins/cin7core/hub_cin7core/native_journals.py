"""Journals out of accounting entries, whatever they belong to: pure.

A journal stands for what one task booked on one day beside invoices and money. Its id says just that: a correction on
another day is a journal of its own, a changed day is another journal, and a row of the general ledger, which shows the
task and the day and nothing of the reason, tells which journal it is in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date

from hub import Journal, JournalLine, JournalReason
from hub_cin7core.native_attributes import Attributes
from hub_cin7core.native_pairs import Pair, lines_of
from hub_cin7core.native_task import Found

NOTHING_TO_POST = "nothing to post"
CARRIED = "has an account of invoices or payments"

_TITLES: Mapping[JournalReason, str] = {
    JournalReason.COST_OF_GOODS: "Cost of goods sold",
    JournalReason.COST_CORRECTION: "Correction of the cost of goods sold",
    JournalReason.ASSEMBLY: "Assembly",
    JournalReason.DISASSEMBLY: "Disassembly",
    JournalReason.ADJUSTMENT: "Stock adjustment",
    JournalReason.STOCKTAKE: "Stocktake",
    JournalReason.WRITE_OFF: "Inventory write-off",
    JournalReason.SALE_JOURNAL: "Journal of a sale",
    JournalReason.PURCHASE_JOURNAL: "Journal of a purchase",
    JournalReason.GOODS_RECEIVED: "Goods received, not invoiced",
    JournalReason.IN_TRANSIT: "Stock in transit",
    JournalReason.LANDED_COST: "Landed cost",
    JournalReason.MANUAL: "Journal",
}
_ORDER = tuple(JournalReason)


@dataclass(frozen=True)
class Owner:
    """What the journals of one sale, purchase or stock document share."""

    record_id: str
    number: str
    currency: str
    attributes: Attributes = ()
    source_url: str | None = None


@dataclass(frozen=True)
class Cause:
    """Why something was booked: the reason, and the document it goes with."""

    reason: JournalReason
    reference: str = ""
    document_id: str = ""
    title: str = ""


class Bookings:
    """What a record booked, by task and day."""

    def __init__(self) -> None:
        self._pairs: defaultdict[tuple[str, Date], list[Pair]] = defaultdict(list)
        self._causes: dict[tuple[str, Date], Cause] = {}

    def book(self, task: str, pair: Pair, cause: Cause) -> None:
        """Take an entry in. Where a task has several causes on one day, the first in the order of reasons is named."""
        key = task, pair.date
        self._pairs[key].append(pair)
        self._causes[key] = min(self._causes.get(key, cause), cause, key=lambda one: _ORDER.index(one.reason))

    def add_journals(self, found: Found, owner: Owner) -> None:
        """Add the journals that it comes to, or the rule that says why there is none."""
        for (task, date), pairs in self._pairs.items():
            lines = lines_of(pairs, owner.currency)
            if lines:
                found.add(_journal(owner, task, date, self._causes[task, date], lines))
            else:
                found.skip("journal", journal_id(task, date), NOTHING_TO_POST)


def journal_id(task: str, date: Date) -> str:
    """The external id of the journal of one task and day."""
    return f"{task}:{date.isoformat()}"


def _journal(owner: Owner, task: str, date: Date, cause: Cause, lines: tuple[JournalLine, ...]) -> Journal:
    title = f"{cause.title or _TITLES[cause.reason]}: {owner.number}"
    return Journal(
        external_id=journal_id(task, date),
        source_url=owner.source_url,
        reason=cause.reason,
        number=owner.number,
        reference=cause.reference,
        date=date,
        currency=owner.currency,
        narration=", ".join(part for part in (title, cause.reference) if part),
        record_id=owner.record_id,
        document_id=cause.document_id,
        lines=lines,
        attributes=owner.attributes,
    )
