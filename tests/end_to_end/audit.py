"""What must hold between both platforms' own books, read without the hub: nothing lost, nothing twice, all to the cent.

The hub is asked only what it says of the documents that it did not post.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sim_cin7core.records import Document, Task
from sim_xero.records import Document as Entry
from sim_xero.records import Payment as Money

from end_to_end.shop import Shop
from hub.documents import Kind
from hub.models import OPEN_STATES, Due, Exclusion, Flow, FlowMode, NativeRecord, Snapshot

TYPES = {
    ("sale", "invoice"): ("invoice", "ACCREC"),
    ("sale", "credit"): ("credit_note", "ACCRECCREDIT"),
    ("purchase", "invoice"): ("bill", "ACCPAY"),
    ("purchase", "credit"): ("supplier_credit", "ACCPAYCREDIT"),
}
WAITING = ("held", "failed", "proposed")
ENDED = ("VOIDED", "DELETED")
SHARED = Decimal("3.33")
"""An amount that only payments which are entered on both sides have."""

_GENERATION = re.compile(r"-v\d+$")
_OUR_MARK = re.compile(r"\[LP-[0-9a-f]{12}\]$")


@dataclass(frozen=True)
class Paper:
    """One document of the shop, as Core itself has it."""

    kind: str
    type: str
    id: str
    task: Task
    document: Document
    start: date

    @property
    def is_due(self) -> bool:
        """Whether it belongs into the ledger."""
        return self.document.live and self.document.date >= self.start

    @property
    def number(self) -> str:
        """Its number, whatever the version that was posted."""
        return self.document.number


@dataclass
class Touched:
    """The ids of what a person changed in Xero."""

    voided: set[str] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """The account codes that a person gave the lines of a document: line id -> code."""
    due_dates: dict[str, date] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    """How often a person entered a payment of SHARED, which somebody entered in Core as well, on a document."""

    @property
    def all(self) -> set[str]:
        """Everything that a person laid hands on."""
        return self.voided | self.edited | self.paid


class Audit:
    """Both books and the hub's own account of what it did not post."""

    def __init__(self, shop: Shop, touched: Touched | None = None) -> None:
        self.shop = shop
        self.touched = touched or Touched()
        self.papers = list(_papers(shop))
        books = shop.xero.books
        self.entries: list[Entry] = [*books.invoices, *books.credit_notes]
        self.by_id = {entry.document_id: entry for entry in self.entries}
        self.money: list[Money] = [one for one in books.payments if one.status != "DELETED"]
        operations = shop.operations()
        self.open = {(o.kind, o.source_id): o for o in operations if o.state in OPEN_STATES}
        self.dropped = {(o.kind, o.source_id) for o in operations if o.state == "dropped"}
        self.links = {(link.kind, link.source_id): link for link in shop.links(live=True)}
        kinds = {flow.id: flow.kind for flow in shop.rows(Flow)}
        self.excluded = {(kinds[row.flow_id], row.external_id): row.rule for row in shop.rows(Exclusion)}
        mine = shop.rows(Snapshot, connection_id=shop.stock_id)
        self.snapshots = {(row.kind, row.external_id): row for row in mine if row.kind in kinds.values()}
        records = shop.rows(NativeRecord, connection_id=shop.stock_id)
        self.skipped = {id: rule for row in records for id, rule in row.skipped.items()}
        self.unreadable = [row for row in records if row.problem]

    def faults(self) -> list[str]:
        """Every promise that is broken."""
        checks = (
            self._twice,
            self._restless,
            self._lost,
            self._wrong,
            self._payments,
            self._paid_twice,
            self._overwritten,
            self._sums,
            self._beliefs,
        )
        return [fault for check in checks for fault in check()]

    def unexplained(self, lost: int) -> list[str]:
        """What waits for a reason that nothing in the history gives; ``lost`` is how many writes got no answer."""
        waiting = [row for row in self.open.values() if not self._is_explained(row, lost)]
        return [f"{row.action} {row.kind} {row.label}: {row.problem_code} {row.problem}" for row in waiting]

    def _is_explained(self, row: Any, lost: int) -> bool:
        family = [self.links.get((kind, id)) for kind, id in [(row.kind, row.source_id), *map(tuple, row.depends_on)]]
        targets = {link.target_id for link in family if link}
        match row.problem_code:
            case "negative_total":
                return Decimal(row.amount) < 0
            case "contact_archived" | "only_archived_match" | "ambiguous_match":
                return bool(self.touched.contacts)
            case "edited_on_both_sides":
                return bool(targets & self.touched.edited)
            case "target_gone":
                return bool(targets & self.touched.voided)
            case "target_is_draft":
                return any(self.by_id[target].status == "DRAFT" for target in targets & self.by_id.keys())
            case "payment_exceeds_due" | "maybe_paid_already" | "change_not_allowed" | "target_has_payments":
                money = any(one.paid or one.credited for one in map(self.by_id.get, targets) if one)
                return money or bool(self.touched.contacts)
            case "unsure":
                return lost > 0
            case "":
                return bool(row.caught)
        # Something it refers to is not in Xero.
        return row.problem_code.endswith("_not_linked") and len(targets) < len(row.depends_on)

    def posted(self, kind: str, id: str) -> Entry | None:
        """The live entry in Xero that a source document is linked to."""
        link = self.links.get((kind, id))
        entry = self.by_id.get(link.target_id) if link else None
        return entry if entry is not None and entry.status not in ENDED else None

    def waits(self, kind: str, id: str) -> bool:
        """Whether the hub says that something about the document is not posted."""
        return (kind, id) in self.open or (kind, id) in self.dropped

    def _twice(self) -> Iterator[str]:
        live = [entry for entry in self.entries if entry.status not in ENDED]
        # A supplier may use a number twice.
        given = Counter((paper.type, paper.number) for paper in self.papers)
        there = Counter((entry.type, _bare(entry.number)) for entry in live)
        numbers = {key: count for key, count in there.items() if count > given[key]}
        marks = Counter(entry.url for entry in live if "ledgerport=" in entry.url)
        references = Counter(m.reference for m in self.money if _OUR_MARK.search(m.reference))
        credits = [one for one in self.shop.xero.books.allocations if not one.deleted]
        allocations = Counter((one.credit_note_id, one.invoice_id) for one in credits)
        every: dict[Any, int] = {**numbers, **marks, **references, **allocations}
        yield from (f"{key} is live {count} times in Xero" for key, count in every.items() if count > 1)

    def _restless(self) -> Iterator[str]:
        for key, row in self.open.items():
            if row.state not in WAITING:
                yield f"{key} {row.label} is still {row.state}"
            elif row.state != "proposed" and not row.problem:
                yield f"{key} {row.label} is {row.state} without a reason"
        kinds = {flow.id: flow.kind for flow in self.shop.rows(Flow)}
        for note in self.shop.rows(Due):
            yield f"{kinds[note.flow_id]} {note.external_id} is still due: {note.reason}"

    def _lost(self) -> Iterator[str]:
        """Every document of Core is linked, waits with its reason, was dropped, or has the rule that leaves it out."""
        papers = [paper for paper in self.papers if not self._is_too_old(paper)]
        wanted = {(paper.kind, paper.id): paper.number for paper in papers}
        for paper in papers:
            if paper.document.live:
                money = "payment" if paper.type in ("ACCREC", "ACCPAY") else "refund"
                wanted |= {(money, payment.id): paper.number for payment in paper.document.payments}
        flowing = {flow.kind for flow in self.shop.rows(Flow) if flow.mode != FlowMode.OFF}
        resting = {Kind.JOURNAL} - flowing  # journals come with their sales whether or not anybody wants them
        stored = {key: row.label for key, row in self.snapshots.items() if row.kind not in resting}
        for key, number in {**wanted, **stored}.items():
            told = key in self.links or key in self.excluded or self.waits(*key) or key[1] in self.skipped
            if key not in self.snapshots and key[1] not in self.skipped:
                yield f"{key} {number} was never read"
            elif not told and not self.snapshots[key].withdrawn:
                yield f"{key} {number} is lost: no link, no operation, no rule"
        yield from (f"{row.label} could not be read: {row.problem}" for row in self.unreadable)

    def _is_too_old(self, paper: Paper) -> bool:
        """Whether its details were left out because it lies before the start date, and it does."""
        return self.skipped.get(f"task:{paper.task.id}") == "before the start date" and not paper.is_due

    def _wrong(self) -> Iterator[str]:
        """What is live in Xero is what Core says."""
        for paper in self.papers:
            if self.waits(paper.kind, paper.id):
                continue
            link = self.links.get((paper.kind, paper.id))
            if link and link.target_id in self.touched.voided | self.touched.edited:
                continue
            entry = self.posted(paper.kind, paper.id)
            if paper.is_due and entry is None:
                yield f"{paper.kind} {paper.number} should be in Xero"
            elif not paper.is_due and entry is not None:
                yield f"{paper.kind} {paper.number} is {paper.document.status}, but live in Xero"
            elif entry is not None:
                yield from self._differences(paper, entry)
        known = {link.target_id for link in self.shop.links()} | self.touched.all
        for entry in self.entries:
            if entry.document_id not in known and entry.status not in ENDED:
                yield f"{entry.type} {entry.number} is in Xero, but nobody knows of it"

    def _differences(self, paper: Paper, entry: Entry) -> Iterator[str]:
        document, contact = paper.document, self.links.get(("contact", paper.task.party_id))
        expected: dict[str, Any] = {
            "type": paper.type,
            "number": document.number,
            "date": document.date,
            "sub_total": document.before_tax,
            "total_tax": document.tax,
            "total": document.total,
            "currency": paper.task.currency,
            "contact_id": contact.target_id if contact else entry.contact_id,
        }
        found = {name: getattr(entry, name) for name in expected} | {"number": _bare(entry.number)}
        for name, value in expected.items():
            if found[name] != value:
                yield f"{paper.kind} {paper.number}: {name} is {found[name]} in Xero, {value} in Core"

    def _payments(self) -> Iterator[str]:
        """The money on each document of Xero that is ours is the money on Core's."""
        for paper in self.papers:
            entry = self.posted(paper.kind, paper.id)
            if entry is None or not paper.is_due:
                continue
            money = "payment" if paper.type in ("ACCREC", "ACCPAY") else "refund"
            theirs = [one for one in paper.document.payments if not self.waits(money, one.id)]
            targets = {self.links[money, one.id].target_id for one in theirs if (money, one.id) in self.links}
            there = [one for one in self.money if one.document_id == entry.document_id]
            missing = [one for one in theirs if (money, one.id) not in self.links]
            yield from (f"{money} {one.amount} of {paper.number} is not in Xero" for one in missing)
            if targets & self.touched.voided:
                continue
            here = sorted((one.paid_on, one.amount) for one in theirs if one not in missing)
            if here != (found := sorted((one.date, one.amount) for one in there if one.payment_id in targets)):
                yield f"{paper.number}: the {money}s are {found} in Xero, {here} in Core"
            for one in there:
                if _OUR_MARK.search(one.reference) and one.payment_id not in targets and not self._is_waiting(one):
                    yield f"{paper.number}: the {money} of {one.amount} stands in Xero, but no longer in Core"

    def _paid_twice(self) -> Iterator[str]:
        """What was entered on both sides is not carried over once more."""
        for paper in self.papers:
            link = self.links.get((paper.kind, paper.id))
            if link is None or link.target_id not in self.touched.shared:
                continue
            here = sum(one.amount == SHARED for one in paper.document.payments)
            there = sum(one.amount == SHARED and one.document_id == link.target_id for one in self.money)
            if there > max(here, self.touched.shared[link.target_id]):
                yield f"{paper.number}: {SHARED} was paid {here} times in Core, and stands {there} times in Xero"

    def _overwritten(self) -> Iterator[str]:
        """What a person set in Xero stays as that person set it, as long as the document lives."""
        for id, codes in self.touched.codes.items():
            entry = self.by_id[id]
            found = {line.line_id: line.account_code for line in entry.lines}
            if entry.status not in ENDED and found != codes:
                yield f"{entry.type} {entry.number}: a person set the accounts {codes}, they are {found}"
        for id, due_date in self.touched.due_dates.items():
            entry = self.by_id[id]
            if entry.status not in ENDED and entry.due_date != due_date:
                yield f"{entry.type} {entry.number}: a person set the due date {due_date}, it is {entry.due_date}"

    def _is_waiting(self, money: Money) -> bool:
        link = next((link for link in self.links.values() if link.target_id == money.payment_id), None)
        return link is not None and self.waits(link.kind, link.source_id)

    def _sums(self) -> Iterator[str]:
        """The sums of both books agree, less what the hub says is not posted or a person changed."""
        here: dict[tuple[str, str], Decimal] = {}
        there: dict[tuple[str, str], Decimal] = {}
        apart: set[str] = set(self.touched.voided | self.touched.edited)
        for paper in self.papers:
            link = self.links.get((paper.kind, paper.id))
            if self.waits(paper.kind, paper.id) or (link and link.target_id in apart):
                apart |= {link.target_id} if link else set()
            elif paper.is_due:
                key = paper.type, paper.task.currency
                here[key] = here.get(key, Decimal(0)) + paper.document.total
        ours = {link.target_id for link in self.shop.links()}
        for entry in self.entries:
            if entry.status not in ENDED and entry.document_id in ours - apart:
                key = entry.type, entry.currency
                there[key] = there.get(key, Decimal(0)) + entry.total
        for key in here.keys() | there.keys():
            if here.get(key, 0) != there.get(key, 0):
                yield f"{key}: Core's books say {here.get(key, 0)}, Xero's {there.get(key, 0)}"

    def _beliefs(self) -> Iterator[str]:
        """What the hub believes of Xero is so."""
        for (kind, _), link in self.links.items():
            entry = self.by_id.get(link.target_id)
            if entry is None or entry.document_id in self.touched.all:
                continue
            for name, value in (("total", entry.total), ("due", entry.open)):
                if Decimal(link.state[name]) != value:
                    yield f"{kind} {entry.number}: the hub believes {link.state[name]} {name}, Xero has {value}"


def _bare(number: str) -> str:
    return _GENERATION.sub("", number)


def _papers(shop: Shop) -> Iterator[Paper]:
    for task in (*shop.core.store.sales, *shop.core.store.purchases):
        for name, documents in (("invoice", task.invoices), ("credit", task.credits)):
            kind, type = TYPES[task.side, name]
            for document in documents:
                yield Paper(kind, type, document.task_id, task, document, shop.start)


def day(number: int) -> date:
    """A day of the month that these tests live in."""
    return date(2026, 3, number)
