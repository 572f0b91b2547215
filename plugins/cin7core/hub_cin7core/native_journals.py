"""Journals out of accounting entries, whatever they belong to: pure.

A journal stands for the entries of one task on one day for one reason. Its id says just that, so a correction on
another day is a journal of its own, and a changed date is another journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called date

from hub import Journal, JournalReason
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
_STRANDS = {JournalReason.COST_OF_GOODS: "cost", JournalReason.COST_CORRECTION: "cost"}
"""On one day a task has either its cost or a correction of it; which one is not seen in the general ledger."""


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
    """Why entries were booked: the task and day they are of, the reason, and the document they go with."""

    task: str
    date: Date
    reason: JournalReason
    reference: str = ""
    document_id: str = ""
    title: str = ""


def journal_id(task: str, date: Date, reason: JournalReason) -> str:
    """The external id of the journal of one task, day and reason."""
    return f"{task}:{date.isoformat()}:{_STRANDS.get(reason, reason.value)}"


def add_journal(found: Found, owner: Owner, cause: Cause, pairs: Iterable[Pair]) -> None:
    """Add the journal that these entries come to, or the rule that says why there is none."""
    own_id = journal_id(cause.task, cause.date, cause.reason)
    lines = lines_of(pairs, owner.currency)
    if not lines:
        found.skip("journal", own_id, NOTHING_TO_POST)
        return
    title = cause.title or _TITLES[cause.reason]
    found.add(
        Journal(
            external_id=own_id,
            source_url=owner.source_url,
            reason=cause.reason,
            number=owner.number,
            reference=cause.reference,
            date=cause.date,
            currency=owner.currency,
            narration=", ".join(part for part in (f"{title}: {owner.number}", cause.reference) if part),
            record_id=owner.record_id,
            document_id=cause.document_id,
            lines=lines,
            attributes=owner.attributes,
        )
    )


def add_journals(found: Found, owner: Owner, causes: Mapping[Cause, Iterable[Pair]]) -> None:
    """Add one journal for each cause."""
    for cause, pairs in causes.items():
        add_journal(found, owner, cause, pairs)
