"""What must hold in the end, whatever happened: nothing twice, nothing lost, every total right to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from houses import KINDS, START
from worlds import World

from hub.documents import Allocation, Contact, Document, Item, Journal, Kind, Settlement, Status, TradeDocument
from hub.models import BatchRow, Due, Exclusion, Integration, Snapshot, SummaryMember, table
from hub.providers import TargetStatus
from hub.reconcile import is_summary
from hub.testing.books import DUE_KINDS, Entry

WAITING = ("held", "failed", "proposed")


class Picture:
    """Everything the checks look at, loaded once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sources = {d.external_id: d for record in world.records.values() for d in record.values()}
        self.live: dict[str, list[Entry]] = {}
        for entry in world.books.live():
            self.live.setdefault(mark_of(entry), []).append(entry)
        operations = world.house.operations()
        self.open = {
            row.source_id: row for row in operations if row.state in (*WAITING, "pending", "sending", "unsure")
        }
        self.dropped = {row.source_id for row in operations if row.state == "dropped"}
        self.links = {row.source_id: row for row in world.house.links()}
        with world.hub.store.read() as db:
            self.excluded = {row.external_id: row.rule for row in db.execute(sa.select(table(Exclusion)))}
            self.members = {row.external_id for row in db.execute(sa.select(table(SummaryMember)))}
            self.due = list(db.execute(sa.select(table(Due))))
            self.bodies = list(db.execute(sa.select(table(BatchRow)).where(table(BatchRow).c.body.is_not(None))))
            mine = table(Integration).c.stock_id
            chosen = sa.select(table(Snapshot)).where(
                table(Snapshot).c.connection_id == sa.select(mine).scalar_subquery()
            )
            self.snapshots = {row.external_id: row for row in db.execute(chosen) if row.kind in _KINDS}


_KINDS = frozenset(kind.value for kind in (*KINDS, Kind.JOURNAL))


def mark_of(entry: Entry) -> str:
    """The source id in our mark, whatever the generation."""
    return str(entry.native.get("mark", "")).partition("#")[0]


def faults_in(world: World) -> list[str]:
    """Every promise that is broken."""
    picture = Picture(world)
    found = [*_twice(picture), *_restless(picture), *_lost(picture), *_wrong(picture), *_books(picture)]
    return [*found, *_journals(picture)]


def _twice(picture: Picture) -> Iterator[str]:
    for mark, entries in picture.live.items():
        told = mark in picture.open and picture.open[mark].problem_code == "posted_twice"
        if mark and len(entries) > 1 and not told and mark not in picture.world.told_twice:
            yield f"{mark} is live {len(entries)} times: {[entry.id for entry in entries]}"


def _restless(picture: Picture) -> Iterator[str]:
    for row in picture.open.values():
        if row.state not in WAITING:
            yield f"{row.source_id} is still {row.state}"
        elif row.state != "proposed" and not row.problem:
            yield f"{row.source_id} is {row.state} without a reason"
    for note in picture.due:
        if note.external_id not in picture.open:
            yield f"{note.external_id} is still due: {note.reason}"
    for batch in picture.bodies:
        yield f"batch {batch.id} ({batch.state}) still keeps its bytes"


def _lost(picture: Picture) -> Iterator[str]:
    """Each source document is linked, waits with a reason, was dropped, or is excluded by a rule."""
    for id in picture.sources.keys() | picture.snapshots.keys():
        if id not in picture.snapshots:
            yield f"{id} was never seen"
        elif not (
            {id}
            & (picture.links.keys() | picture.open.keys() | picture.dropped | picture.excluded.keys() | picture.members)
        ):
            yield f"{id} is lost: no link, no operation, no rule"


def _wrong(picture: Picture) -> Iterator[str]:
    """What is live in the books is what the source says."""
    for id, document in picture.sources.items():
        entries = picture.live.get(id, [])
        if id in picture.open or id in picture.dropped or id in picture.world.edited | picture.world.voided:
            continue
        eligible = is_eligible(document)
        if id in picture.members:
            if entries:
                yield f"{id} is in the books by itself and with others"
            continue
        if eligible and not entries and id not in picture.excluded:
            yield f"{id} should be in the books"
        if not eligible and entries and not isinstance(document, Contact | Item):
            yield f"{id} should not be in the books ({entries[0].id})"
        if eligible and entries:
            yield from _differences(document, entries[0])
    gone = picture.snapshots.keys() - picture.sources.keys() - picture.open.keys() - picture.dropped
    for id in gone - picture.world.voided:
        if picture.live.get(id) and not is_summary(id):
            yield f"{id} was withdrawn, but is in the books"


def is_eligible(document: Document) -> bool:
    """Whether the source document is to be posted."""
    day = getattr(document, "date", None)
    authorised = getattr(document, "status", Status.AUTHORISED) is Status.AUTHORISED
    if isinstance(document, Journal) and not document.total:
        return False
    return authorised and (day is None or day >= START)


def _differences(document: Document, entry: Entry) -> Iterator[str]:
    if isinstance(document, TradeDocument) and entry.total != document.total:
        yield f"{document.external_id} is {document.total}, in the books {entry.total}"
    if isinstance(document, Settlement) and entry.total != document.amount:
        yield f"{document.external_id} is {document.amount}, in the books {entry.total}"
    if isinstance(document, Allocation) and (entry.total or 0) > document.amount:
        yield f"{document.external_id} is {document.amount}, in the books {entry.total}"
    if isinstance(document, Contact) and entry.native["name"] != document.name:
        yield f"{document.external_id} is {document.name}, in the books {entry.native['name']}"


def _journals(picture: Picture) -> Iterator[str]:
    """By themselves or together, whatever became of them on the way: every cost is in the books exactly once."""
    world = picture.world
    undecided = {id for id, row in picture.open.items() if row.kind == Kind.JOURNAL} | picture.dropped
    theirs = {
        id for id in world.voided | world.edited if is_summary(id) or isinstance(picture.sources.get(id), Journal)
    }
    if undecided or theirs or world.overtaken:
        return
    wanted: dict[str, Decimal] = {}
    for document in picture.sources.values():
        if isinstance(document, Journal) and is_eligible(document):
            for line in document.lines:
                wanted[line.account] = wanted.get(line.account, Decimal(0)) + line.amount
    found: dict[str, Decimal] = {}
    for entry in world.books.live():
        for line in entry.native["lines"] if entry.kind is Kind.JOURNAL else ():
            found[line["account"]] = found.get(line["account"], Decimal(0)) + Decimal(line["amount"])
    if {account: amount for account, amount in wanted.items() if amount} != {a: n for a, n in found.items() if n}:
        yield f"the journals of the source come to {wanted}, those in the books to {found}"


def _books(picture: Picture) -> Iterator[str]:
    """The books agree with themselves and with what the hub believes of them."""
    entries = picture.world.books.entries
    for entry in entries.values():
        if entry.kind in DUE_KINDS:
            moved = sum(
                (e.total or 0)
                for e in picture.world.books.live()
                if entry.id in (e.native.get("document"), e.native.get("credit")) and "amount" in e.native
            )
            if moved != entry.paid or entry.paid > (entry.total or 0):
                yield f"{entry.id} of {entry.total} has {entry.paid} paid, moved {moved}"
    for id, link in picture.links.items():
        entry = entries[link.target_id]
        told: dict[str, Any] = link.state
        if told["status"] != entry.status.value:
            yield f"{id}: the hub believes {told['status']}, the books say {entry.status}"
        elif entry.state.due is not None and told["due"] != str(entry.state.due):
            yield f"{id}: the hub believes {told['due']} is due, the books say {entry.state.due}"


def unjustified(world: World) -> list[str]:
    """Operations that wait for a reason that nothing in this world's history explains."""
    picture = Picture(world)
    return [
        f"{row.source_id} {row.action} waits for {row.problem_code}: {row.problem and row.problem['what']}"
        for row in picture.open.values()
        if not _is_justified(picture, row)
    ]


def _is_justified(picture: Picture, row: Any) -> bool:
    world, id = picture.world, row.source_id
    document = picture.sources.get(id)
    family = {id, *_parents(row)}
    touched = family & (world.voided | world.edited | world.paid)
    match row.problem_code:
        case "":
            return row.state == "proposed" and bool(row.caught)
        case "edited_on_both_sides":
            return id in world.edited
        case "target_gone":
            return bool(family & world.voided) or not all(_is_posted(picture, parent) for parent in _parents(row))
        case "target_is_draft":
            return any(_is_draft(picture, parent) or parent not in picture.links for parent in _parents(row))
        case "document_taken_back":
            return any(_is_taken_back(picture, parent) for parent in _parents(row))
        case "target_has_payments" | "change_not_allowed":
            return _has_money(picture, id)
        case "maybe_paid_already":
            return bool(touched)
        case "payment_exceeds_due" | "refused":
            return bool(touched) or _overpaid(picture, row) or any(parent in picture.open for parent in _parents(row))
        case "invoice_not_linked" | "credit_note_not_linked" | "contact_not_linked":
            return any(parent not in picture.links for parent in _parents(row))
        case "ambiguous_match" | "only_archived_match" | "contact_archived":
            return bool(world.foreign)
        case "unsure":
            return bool(world.lost) and (bool(touched) or world.lost >= 3)
        case "posted_twice":
            return world.overtaken
        case "account_not_mapped":
            return document is not None
        case "does_not_add_up":
            return isinstance(document, Journal) and any(document.differences())
    return False


def _parents(row: Any) -> list[str]:
    return [id for _, id in row.depends_on]


def _is_taken_back(picture: Picture, id: str) -> bool:
    return id not in picture.sources or getattr(picture.sources[id], "status", None) is Status.VOIDED


def _is_posted(picture: Picture, id: str) -> bool:
    return bool(picture.live.get(id))


def _is_draft(picture: Picture, id: str) -> bool:
    return any(entry.status is TargetStatus.DRAFT for entry in picture.live.get(id, ()))


def _has_money(picture: Picture, id: str) -> bool:
    return any(entry.paid for entry in picture.live.get(id, ()))


def _overpaid(picture: Picture, row: Any) -> bool:
    """Whether the source itself moves more money than its document has."""
    for parent in _parents(row):
        total = getattr(picture.sources.get(parent), "total", None)
        moved = sum(
            getattr(document, "amount", 0)
            for document in picture.sources.values()
            if parent in (getattr(document, "document_id", ""), getattr(document, "credit_id", ""))
        )
        if total is None or moved > total:
            return True
    return False
