"""Items: what belongs together on the two sides, found by links, summaries, and the records that entries name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.causes.facts import Facts, Joint, Known, Movement
from hub.entries import Entry, Posting


@dataclass(frozen=True, slots=True)
class Item:
    """The source documents, the targets and their movements that are one matter; usually one document and its target.

    ``by_goods`` when it is a sale or a purchase whose goods and invoice are documents of their own, of which only one
    went to the ledger's accounts and only the other to the stock system's.
    """

    documents: tuple[Known, ...] = ()
    joints: tuple[Joint, ...] = ()
    entries: tuple[Entry, ...] = ()
    postings: tuple[Posting, ...] = ()
    by_goods: bool = False

    @property
    def stock(self) -> Decimal:
        """All that the stock system's general ledger says of it, whenever it is dated."""
        return sum((each.amount for each in self.entries), Decimal(0))

    @property
    def ledger(self) -> Decimal:
        """All that the ledger's documents say of it, whenever they are dated."""
        return sum((each.amount for each in self.postings), Decimal(0))


class _Union:
    """Sets of what belongs together, joined pair by pair."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}

    def find(self, node: Hashable) -> Hashable:
        root = node
        while self._parent.setdefault(root, root) != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def join(self, one: Hashable, other: Hashable) -> None:
        self._parent[self.find(one)] = self.find(other)


class _Register:
    """Which documents go by an id, and which a record owns."""

    def __init__(self, documents: Iterable[Known]) -> None:
        self.by_id: dict[str, list[Known]] = defaultdict(list)
        self.by_record: dict[str, list[Known]] = defaultdict(list)
        for known in documents:
            self.by_id[known.ref[1]].append(known)
            if known.record_id:
                self.by_record[known.record_id].append(known)

    def named(self, id: str) -> Sequence[Known]:
        """The documents that an entry means: those of this id, else all that the record of this id owns."""
        return self.by_id.get(id, []) or self.by_record.get(id, [])


def items_of(entries: Sequence[Entry], postings: Sequence[Posting], facts: Facts, *, by_goods: bool) -> list[Item]:
    """Everything that either side says, each entry and each posting in exactly one item.

    With ``by_goods`` the goods and the invoice of one sale or purchase are one item where each is on one side only.
    """
    register = _Register(facts.documents)
    union = _joined(facts, register)
    for entry in entries:
        for known in register.named(entry.document_id):
            union.join(("id", entry.document_id), ("source", known.ref))
    items = _collected(entries, postings, facts, union)
    return _with_their_goods(items) if by_goods else items


def _joined(facts: Facts, register: _Register) -> _Union:
    union = _Union()
    for joint in facts.joints:
        union.join(("source", joint.source), ("target", joint.target))
    for summary, members in facts.members.items():
        for known in [each for id in (summary, *members) for each in register.by_id.get(id, ())]:
            union.join(("source", known.ref), ("summary", summary))
    return union


def _collected(entries: Sequence[Entry], postings: Sequence[Posting], facts: Facts, union: _Union) -> list[Item]:
    parts: dict[Hashable, tuple[list[Known], list[Joint], list[Entry], list[Posting]]] = {}

    def of(node: Hashable) -> tuple[list[Known], list[Joint], list[Entry], list[Posting]]:
        return parts.setdefault(union.find(node), ([], [], [], []))

    for entry in entries:
        of(("id", entry.document_id))[2].append(entry)
    for posting in postings:
        of(("target", (posting.kind, posting.target_id)))[3].append(posting)
    for known in facts.documents:
        if (root := union.find(("source", known.ref))) in parts:
            parts[root][0].append(known)
    for joint in facts.joints:
        if (root := union.find(("source", joint.source))) in parts:
            parts[root][1].append(joint)
    return [Item(tuple(known), tuple(joints), tuple(es), tuple(ps)) for known, joints, es, ps in parts.values()]


def _with_their_goods(items: Sequence[Item]) -> list[Item]:
    """Put the goods of a record together with its invoice where only one of them is on each side."""
    by_record: dict[str, list[Item]] = defaultdict(list)
    rest: list[Item] = []
    for item in items:
        records = {known.record_id for known in item.documents} - {""}
        (by_record[records.pop()] if len(records) == 1 else rest).append(item)
    return [*rest, *(one for mine in by_record.values() for one in _paired(mine))]


def _paired(mine: Sequence[Item]) -> Iterator[Item]:
    goods = [one for one in mine if one.entries and not one.postings and _moves_goods(one)]
    invoices = [one for one in mine if one.postings and not one.entries]
    if not goods or not invoices:
        yield from mine
        return
    together = [*goods, *invoices]
    yield from (one for one in mine if one not in together)
    yield Item(
        documents=tuple(each for one in together for each in one.documents),
        joints=tuple(each for one in together for each in one.joints),
        entries=tuple(each for one in together for each in one.entries),
        postings=tuple(each for one in together for each in one.postings),
        by_goods=True,
    )


def _moves_goods(item: Item) -> bool:
    return any(known.movement is not Movement.NONE for known in item.documents)
