"""Items: what belongs together on the two sides, found by links, summaries, and the records that entries name."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal
from typing import Any, TypeVar

from hub.causes.facts import Accounts, Joint, Known
from hub.causes.gathered import Facts, columns, entry_of, joint_of, known_of, posting_of
from hub.entries import Entry, Posting

Part = TypeVar("Part", Known, Joint)
Moved = TypeVar("Moved", Entry, Posting)


@dataclass(frozen=True, slots=True)
class Item:
    """The source documents, the targets and their movements that are one matter; usually one document and its target.

    Movements of one account and day are added up, and documents that nothing tells apart are there once: a journal of a
    month holds thousands. The first document stands for the item. ``by_goods`` when it is a sale or a purchase whose
    goods and invoice are documents of their own, of which only one went to the ledger's accounts and only the other to
    the stock system's. ``unread`` says why the hub has no document of it, where it has none and that is known.
    """

    documents: tuple[Known, ...] = ()
    joints: tuple[Joint, ...] = ()
    entries: tuple[Entry, ...] = ()
    postings: tuple[Posting, ...] = ()
    by_goods: bool = False
    unread: str = ""

    @property
    def stock(self) -> Decimal:
        """All that the stock system's general ledger says of it, whenever it is dated."""
        return sum((each.amount for each in self.entries), Decimal(0))

    @property
    def ledger(self) -> Decimal:
        """All that the ledger's documents say of it, whenever they are dated."""
        return sum((each.amount for each in self.postings), Decimal(0))


# -- what belongs together -------------------------------------------------------------------------------------------

_NODES = """
CREATE TABLE node (id INTEGER PRIMARY KEY, key TEXT UNIQUE, root INTEGER);
INSERT OR IGNORE INTO node (key) SELECT 'entry:' || document FROM entry;
INSERT OR IGNORE INTO node (key) SELECT 'target:' || kind || ':' || target FROM posting;
INSERT OR IGNORE INTO node (key) SELECT 'target:' || target_kind || ':' || target FROM joint;
INSERT OR IGNORE INTO node (key) SELECT 'source:' || source_kind || ':' || source FROM joint;
INSERT OR IGNORE INTO node (key) SELECT 'source:' || kind || ':' || source FROM document;
INSERT OR IGNORE INTO node (key) SELECT 'summary:' || summary FROM member;
UPDATE entry SET known = EXISTS (SELECT 1 FROM document WHERE source = entry.document)
    OR EXISTS (SELECT 1 FROM document WHERE record = entry.document);
"""
_PAIRS = (
    """SELECT one.id, other.id FROM joint CROSS JOIN node AS one ON one.key = 'source:' || source_kind || ':' || source
    CROSS JOIN node AS other ON other.key = 'target:' || target_kind || ':' || target""",
    """SELECT one.id, other.id FROM member CROSS JOIN document ON source = member.document
    CROSS JOIN node AS one ON one.key = 'source:' || kind || ':' || source
    CROSS JOIN node AS other ON other.key = 'summary:' || summary""",
    # The documents that an entry means: those of this id, else all that the record of this id owns.
    """SELECT one.id, other.id FROM (SELECT DISTINCT document AS named FROM entry)
    CROSS JOIN document ON source = named
    CROSS JOIN node AS one ON one.key = 'source:' || kind || ':' || source
    CROSS JOIN node AS other ON other.key = 'entry:' || named""",
    """SELECT one.id, other.id FROM (SELECT DISTINCT document AS named FROM entry WHERE document != ''
    AND NOT EXISTS (SELECT 1 FROM document WHERE source = entry.document)) CROSS JOIN document ON record = named
    CROSS JOIN node AS one ON one.key = 'source:' || kind || ':' || source
    CROSS JOIN node AS other ON other.key = 'entry:' || named""",
)
_ITEMS = """
UPDATE entry SET item = (SELECT root FROM node WHERE key = 'entry:' || document);
UPDATE posting SET item = (SELECT root FROM node WHERE key = 'target:' || kind || ':' || target);
UPDATE document SET item = (SELECT root FROM node WHERE key = 'source:' || kind || ':' || source);
UPDATE joint SET item = (SELECT root FROM node WHERE key = 'source:' || source_kind || ':' || source);
CREATE INDEX entry_item ON entry (item);
CREATE INDEX posting_item ON posting (item);
CREATE INDEX document_item ON document (item);
CREATE INDEX joint_item ON joint (item);
CREATE TABLE present (item INTEGER PRIMARY KEY, place INTEGER, in_stock INTEGER, in_ledger INTEGER, by_goods INTEGER);
CREATE INDEX present_place ON present (place);
"""


def join(facts: Facts) -> None:
    """Say of everything that was gathered in which item it is, once nothing is added any more."""
    facts.db.executescript(_NODES)
    (count,) = facts.db.execute("SELECT coalesce(max(id), 0) FROM node").fetchone()
    parents = array("q", range(count + 1))
    for pairs in _PAIRS:
        for one, other in facts.db.execute(pairs):
            parents[_root(parents, one)] = _root(parents, other)
    roots = ((_root(parents, id), id) for id in range(1, count + 1))
    facts.db.executemany("UPDATE node SET root = ? WHERE id = ?", roots)
    facts.db.executescript(_ITEMS)


def _root(parents: array[int], id: int) -> int:
    while (parent := parents[id]) != id:
        parents[id] = parents[parent]
        id = parent
    return id


# -- one after the other ---------------------------------------------------------------------------------------------

_PRESENT = """
INSERT INTO present
SELECT item, item, max(in_stock), max(in_ledger), 0 FROM (
    SELECT item, 1 AS in_stock, 0 AS in_ledger FROM entry
    WHERE account IN (SELECT account FROM chosen WHERE side = 'stock') AND (known OR day >= :since)
    UNION ALL
    SELECT item, 0, 1 FROM posting WHERE account IN (SELECT account FROM chosen WHERE side = 'ledger')
) GROUP BY item
"""
_PUT_TOGETHER = """
DROP TABLE IF EXISTS owned;
DROP TABLE IF EXISTS pair;
CREATE TABLE owned AS
SELECT present.item, max(record) AS record, in_stock AND NOT in_ledger AND max(movement != 'none') AS is_goods,
    in_ledger AND NOT in_stock AS is_invoice
FROM present CROSS JOIN document ON document.item = present.item
GROUP BY present.item HAVING count(DISTINCT nullif(record, '')) = 1;
CREATE TABLE pair AS
SELECT record, min(item) AS place FROM owned WHERE is_goods OR is_invoice
GROUP BY record HAVING max(is_goods) AND max(is_invoice);
CREATE INDEX pair_record ON pair (record);
UPDATE present SET by_goods = 1, place = together.place FROM (
    SELECT item, pair.place FROM owned CROSS JOIN pair ON pair.record = owned.record WHERE is_goods OR is_invoice
) AS together WHERE together.item = present.item;
"""
_PLACES = """
SELECT place, max(by_goods),
    (SELECT why FROM unread JOIN entry ON entry.document = unread.document WHERE entry.item = place LIMIT 1)
FROM present GROUP BY place ORDER BY place
"""
_ENTRIES = f"""
SELECT place, {columns("entry", "it")} FROM entry AS it JOIN present ON present.item = it.item
WHERE account IN (SELECT account FROM chosen WHERE side = 'stock') AND (known OR day >= :since) ORDER BY place, it.id
"""  # noqa: S608
_POSTINGS = f"""
SELECT place, {columns("posting", "it")} FROM posting AS it JOIN present ON present.item = it.item
WHERE account IN (SELECT account FROM chosen WHERE side = 'ledger') ORDER BY place, it.id
"""  # noqa: S608
_DOCUMENTS = f"""
SELECT place, {columns("document", "it")} FROM present CROSS JOIN document AS it ON it.item = present.item
ORDER BY place, it.kind = 'journal' AND it.source IN (SELECT summary FROM member) DESC,
    EXISTS (SELECT 1 FROM entry WHERE entry.document = it.source
        AND account IN (SELECT account FROM chosen WHERE side = 'stock')) DESC, it.id
"""  # noqa: S608
_JOINTS = f"""
SELECT place, {columns("joint", "it")} FROM present CROSS JOIN joint AS it ON it.item = present.item
ORDER BY place, it.id
"""  # noqa: S608


def items_of(
    facts: Facts, accounts: Accounts, *, sign: int = 1, by_goods: bool = False, since: Date = Date.min
) -> Iterator[Item]:
    """Everything that either side says of some accounts, each entry and each posting in exactly one item.

    With ``by_goods`` the goods and the invoice of one sale or purchase are one item where each is on one side only.
    Entries before ``since`` of documents that the hub does not know are left out. One measure at a time.
    """
    facts.choose(accounts)
    terms = {"since": since.toordinal()}
    facts.db.execute("DELETE FROM present")
    facts.db.execute(_PRESENT, terms)
    if by_goods:
        facts.db.executescript(_PUT_TOGETHER)
    entries, postings = _Parts(facts.db, _ENTRIES, terms), _Parts(facts.db, _POSTINGS)
    documents, joints = _Parts(facts.db, _DOCUMENTS), _Parts(facts.db, _JOINTS)
    for place, together, unread in facts.db.execute(_PLACES):
        yield Item(
            documents=_once(map(known_of, documents.of(place)), _told_apart),
            joints=_once(
                map(joint_of, joints.of(place)), lambda it: (it.target, it.live, it.edited, it.status, it.date)
            ),
            entries=_added((entry_of(row, sign) for row in entries.of(place)), _day_and_account),
            postings=_added((posting_of(row, sign) for row in postings.of(place)), _target_day_and_account),
            by_goods=bool(together),
            unread=unread or "",
        )


class _Parts:
    """The rows of a query in the order of their places, handed out place by place."""

    def __init__(self, db: sqlite3.Connection, chosen: str, terms: dict[str, int] | None = None) -> None:
        self._rows = db.execute(chosen, terms or {})
        self._next = self._rows.fetchone()

    def of(self, place: int) -> Iterator[tuple[Any, ...]]:
        while self._next is not None and self._next[0] == place:
            yield self._next[1:]
            self._next = self._rows.fetchone()


def _once(found: Iterable[Part], apart: Callable[[Part], Hashable]) -> tuple[Part, ...]:
    """The first of those that nothing tells apart."""
    kept: dict[Hashable, Part] = {}
    for each in found:
        kept.setdefault(apart(each), each)
    return tuple(kept.values())


def _told_apart(known: Known) -> Hashable:
    """All that a document is judged by."""
    kind_and_days = (known.ref[0], known.date, known.invoiced_on, known.movement)
    return (*kind_and_days, known.is_live, known.is_foreign, known.is_planned, known.obstacle, known.changed)


def _linked_apart(joint: Joint) -> Hashable:
    return joint.source[0], joint.target, joint.live, joint.edited, joint.status, joint.date


def _added(found: Iterable[Moved], alike: Callable[[Moved], Hashable]) -> tuple[Moved, ...]:
    """The first of the movements that are alike, each for what all of them add up to."""
    firsts: dict[Hashable, Moved] = {}
    sums: dict[Hashable, Decimal] = {}
    for each in found:
        key = alike(each)
        firsts.setdefault(key, each)
        sums[key] = sums.get(key, Decimal(0)) + each.amount
    return tuple(each if each.amount == sums[key] else replace(each, amount=sums[key]) for key, each in firsts.items())


def _day_and_account(entry: Entry) -> Hashable:
    return entry.date, entry.account, entry.moves_goods


def _target_day_and_account(posting: Posting) -> Hashable:
    return posting.kind, posting.target_id, posting.date, posting.account
