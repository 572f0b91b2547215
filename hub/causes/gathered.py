"""Everything both sides and the hub say, gathered on disk: what is compared may be far more than memory should hold.

It is a database of its own without a name, which SQLite keeps in a file that is gone with it. What is added is asked
for in portions, in the order of its ids; once all is there, :func:`hub.causes.grouping.join` says what belongs
together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date as Date  # noqa: N812 - a field is called date
from decimal import Decimal
from itertools import groupby
from typing import Any

from hub.causes.facts import Accounts, Joint, Known, Movement, Ref
from hub.documents import Kind
from hub.entries import Entry, Posting
from hub.providers import TargetStatus

PORTION = 500
_CACHE_KILOBYTES = 16384
_TABLES = """
CREATE TABLE entry (id INTEGER PRIMARY KEY, document TEXT, day INTEGER, account TEXT, amount TEXT, reference TEXT,
    type TEXT, moves_goods INTEGER, is_listed INTEGER, known INTEGER NOT NULL DEFAULT 0, item INTEGER);
CREATE TABLE unread (document TEXT PRIMARY KEY, why TEXT) WITHOUT ROWID;
CREATE INDEX entry_document ON entry (document);
CREATE TABLE posting (id INTEGER PRIMARY KEY, kind TEXT, target TEXT, day INTEGER, account TEXT, amount TEXT,
    number TEXT, description TEXT, url TEXT, is_ours INTEGER, item INTEGER);
CREATE INDEX posting_target ON posting (target);
CREATE TABLE document (id INTEGER PRIMARY KEY, kind TEXT, source TEXT, record TEXT, number TEXT, day INTEGER,
    is_live INTEGER, is_foreign INTEGER, movement TEXT, invoiced_on INTEGER, is_planned INTEGER, obstacle TEXT,
    changed INTEGER, snapshot_id INTEGER, operation_id INTEGER, url TEXT, item INTEGER, UNIQUE (source, kind));
CREATE INDEX document_record ON document (record);
CREATE TABLE joint (id INTEGER PRIMARY KEY, source_kind TEXT, source TEXT, target_kind TEXT, target TEXT, status TEXT,
    number TEXT, day INTEGER, live INTEGER, edited INTEGER, item INTEGER,
    UNIQUE (source, source_kind, target, target_kind, live, edited, status));
CREATE TABLE member (summary TEXT, document TEXT, PRIMARY KEY (summary, document)) WITHOUT ROWID;
CREATE TABLE chosen (side TEXT, account TEXT, PRIMARY KEY (side, account)) WITHOUT ROWID;
"""
_DOCUMENT = (
    "kind, source, record, number, day, is_live, is_foreign, movement, invoiced_on, is_planned, obstacle, changed,"
    " snapshot_id, operation_id, url"
)
_ENTRY = "document, day, account, amount, reference, type, moves_goods, is_listed"
_POSTING = "kind, target, day, account, amount, number, description, url, is_ours"
_JOINT = "source_kind, source, target_kind, target, status, number, day, live, edited"


class Facts:
    """What is gathered. ``db`` is the database itself, for what looks at all of it at once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        db.executescript(_TABLES)

    # -- adding --------------------------------------------------------------------------------------------------------

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """What the stock system's general ledger says, row by row."""
        self.db.executemany(f"INSERT INTO entry ({_ENTRY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", map(_entry_row, entries))  # noqa: S608

    def add_postings(self, postings: Iterable[Posting]) -> None:
        """What the ledger's documents say: those lines of one document that follow each other, added up."""
        rows = (_posting_row(it) for it in _added_up(postings))
        self.db.executemany(f"INSERT INTO posting ({_POSTING}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608

    def add_documents(self, documents: Iterable[Known]) -> None:
        """What the hub knows; one that is there already stays as it is."""
        marks = ", ".join("?" * len(_DOCUMENT.split(",")))
        added = f"INSERT OR IGNORE INTO document ({_DOCUMENT}) VALUES ({marks})"  # noqa: S608
        self.db.executemany(added, map(_document_row, documents))

    def add_joints(self, joints: Iterable[Joint]) -> None:
        """Links; the same one may be added again."""
        marks = "?, ?, ?, ?, ?, ?, ?, ?, ?"
        self.db.executemany(f"INSERT OR IGNORE INTO joint ({_JOINT}) VALUES ({marks})", map(_joint_row, joints))  # noqa: S608

    def say_changed(self, sources: Iterable[Ref]) -> None:
        """Of documents that are there: they are no longer what was written to the ledger."""
        refs = ((kind.value, source) for kind, source in sources)
        self.db.executemany("UPDATE document SET changed = 1 WHERE kind = ? AND source = ?", refs)

    def add_unread(self, why: Mapping[str, str]) -> None:
        """Why the hub has no document of these ids, which entries name."""
        self.db.executemany("INSERT OR REPLACE INTO unread VALUES (?, ?)", why.items())

    def add_members(self, summary: str, ids: Iterable[str]) -> None:
        """Documents that count together with another one: a summary's members, and the payments of an invoice."""
        rows = ((summary, id) for id in (summary, *ids))
        self.db.executemany("INSERT OR IGNORE INTO member VALUES (?, ?)", rows)

    # -- asking in portions --------------------------------------------------------------------------------------------

    def named(self) -> Iterator[list[str]]:
        """The ids that entries name."""
        return self._portions("SELECT DISTINCT document FROM entry WHERE document > ? ORDER BY document LIMIT ?")

    def targets(self) -> Iterator[list[str]]:
        """The ids of the ledger's documents."""
        return self._portions("SELECT DISTINCT target FROM posting WHERE target > ? ORDER BY target LIMIT ?")

    def sources(self) -> Iterator[list[str]]:
        """The ids of the documents that are there."""
        return self._portions("SELECT DISTINCT source FROM document WHERE source > ? ORDER BY source LIMIT ?")

    def journals(self) -> Iterator[list[str]]:
        """The ids of the journals among them."""
        return self._portions(
            "SELECT source FROM document WHERE source > ? AND kind = 'journal' ORDER BY source LIMIT ?"
        )

    def _portions(self, chosen: str) -> Iterator[list[str]]:
        last = ""
        while part := [id for (id,) in self.db.execute(chosen, (last, PORTION))]:
            yield part
            last = part[-1]

    def missing(self, ids: Iterable[str]) -> set[str]:
        """Those of a portion that no document goes by."""
        wanted = set(ids)
        return wanted - self._found("SELECT source FROM document WHERE source IN", wanted)

    def named_among(self, ids: Iterable[str]) -> set[str]:
        """Those of a portion that entries name."""
        return self._found("SELECT DISTINCT document FROM entry WHERE document IN", ids)

    def _found(self, chosen: str, ids: Iterable[str]) -> set[str]:
        wanted = list(ids)
        return {id for (id,) in self.db.execute(f"{chosen} ({', '.join('?' * len(wanted))})", wanted)}

    # -- what is said of accounts --------------------------------------------------------------------------------------

    def choose(self, accounts: Accounts) -> None:
        """What is asked from now on is about these accounts."""
        self.db.execute("DELETE FROM chosen")
        pairs = [("stock", code) for code in accounts.stock] + [("ledger", code) for code in accounts.ledger]
        self.db.executemany("INSERT INTO chosen VALUES (?, ?)", pairs)

    def entries(self, sign: int = 1) -> Iterator[tuple[Entry, bool]]:
        """What each document did to each of the chosen accounts on a day, and whether the hub knows that document."""
        rows = self.db.execute(
            f"SELECT {_ENTRY}, known FROM entry WHERE account IN (SELECT account FROM chosen WHERE side = 'stock')"  # noqa: S608
            " ORDER BY document, account, day, moves_goods, id"
        )
        for _, alike in groupby(rows, lambda row: (row[0], row[2], row[1], row[6])):
            first, *others = alike
            entry = entry_of(first, sign)
            yield replace(entry, amount=sum((sign * Decimal(row[3]) for row in others), entry.amount)), bool(first[8])

    def postings(self, sign: int = 1) -> Iterator[tuple[Date, Decimal]]:
        """When and by how much the ledger's documents moved the chosen accounts."""
        rows = self.db.execute(
            "SELECT day, amount FROM posting WHERE account IN (SELECT account FROM chosen WHERE side = 'ledger')"
        )
        return ((Date.fromordinal(day), sign * Decimal(amount)) for day, amount in rows)

    def booked(self, ids: Collection[str]) -> dict[tuple[str, str], Decimal]:
        """What the stock system's entries of a portion of documents add up to on the chosen accounts, by both."""
        wanted = sorted(ids)
        rows = self.db.execute(
            f"SELECT document, account, amount FROM entry WHERE document IN ({', '.join('?' * len(wanted))})"  # noqa: S608
            " AND account IN (SELECT account FROM chosen WHERE side = 'stock')",
            wanted,
        )
        sums: dict[tuple[str, str], Decimal] = {}
        for document, account, amount in rows:
            sums[document, account] = sums.get((document, account), Decimal(0)) + Decimal(amount)
        return sums

    def unknown(self, since: Date) -> set[str]:
        """The ids that entries from a day on name and no document or record has.

        What comes to nothing on each account is no document of the hub: an assembly that moves stock within one of
        them.
        """
        rows = self.db.execute(
            "SELECT document, account, amount FROM entry WHERE known = 0 AND day >= ? ORDER BY document, account",
            (since.toordinal(),),
        )
        grouped = groupby(rows, lambda row: (row[0], row[1]))
        return {key[0] for key, same in grouped if sum((Decimal(row[2]) for row in same), Decimal(0))}

    def first_of(self, ids: Iterable[str]) -> dict[str, Entry]:
        """One entry of each of these documents."""
        wanted = list(ids)
        rows = self.db.execute(
            f"SELECT {_ENTRY}, min(id) FROM entry WHERE document IN ({', '.join('?' * len(wanted))})"  # noqa: S608
            " GROUP BY document",
            wanted,
        )
        return {row[0]: entry_of(row) for row in rows}

    def has_foreign(self) -> bool:
        """Whether any document is in a foreign currency."""
        return self.db.execute("SELECT 1 FROM document WHERE is_foreign LIMIT 1").fetchone() is not None


@contextmanager
def gathering() -> Iterator[Facts]:
    """Nothing gathered yet; all of it is gone in the end."""
    with closing(sqlite3.connect("", isolation_level=None)) as db:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", f"cache_size=-{_CACHE_KILOBYTES}"):
            db.execute(f"PRAGMA {pragma}")
        yield Facts(db)


def entry_of(row: Sequence[Any], sign: int = 1) -> Entry:
    """An entry of its columns."""
    document, day, account, amount, reference, type_, moves, listed = row[:8]
    told = (sign * Decimal(amount), reference, type_, bool(moves), bool(listed))
    return Entry(document, Date.fromordinal(day), account, *told)


def posting_of(row: Sequence[Any], sign: int = 1) -> Posting:
    """A posting of its columns."""
    kind, target, day, account, amount, number, description, url, ours = row[:9]
    moved = (Date.fromordinal(day), account, sign * Decimal(amount))
    return Posting(Kind(kind), target, *moved, number, description, url, bool(ours))


def known_of(row: Sequence[Any]) -> Known:
    """A document of its columns."""
    kind, source, record, number, day, live, foreign, movement, invoiced, planned, obstacle, changed = row[:12]
    told = (bool(live), bool(foreign), Movement(movement), _day(invoiced), bool(planned), obstacle, bool(changed))
    return Known((Kind(kind), source), record, number, _day(day), *told, *row[12:15])


def joint_of(row: Sequence[Any]) -> Joint:
    """A link of its columns."""
    source_kind, source, target_kind, target, status, number, day, live, edited = row[:9]
    ends = (Kind(source_kind), source), (Kind(target_kind), target)
    return Joint(*ends, TargetStatus(status), number, _day(day), bool(live), bool(edited))


def columns(of: str, alias: str) -> str:
    """The columns of a table that make one of its objects, by another name of the table."""
    named = {"entry": _ENTRY, "posting": _POSTING, "document": _DOCUMENT, "joint": _JOINT}[of]
    return ", ".join(f"{alias}.{name}" for name in named.split(", "))


def _added_up(postings: Iterable[Posting]) -> Iterator[Posting]:
    for _, lines in groupby(postings, lambda it: (it.kind, it.target_id)):
        firsts: dict[tuple[str, Date], Posting] = {}
        sums: dict[tuple[str, Date], Decimal] = {}
        for line in lines:
            key = line.account, line.date
            firsts.setdefault(key, line)
            sums[key] = sums.get(key, Decimal(0)) + line.amount
        yield from (replace(first, amount=sums[key]) for key, first in firsts.items())


def _entry_row(it: Entry) -> tuple[object, ...]:
    moved = (it.document_id, it.date.toordinal(), it.account, str(it.amount))
    return (*moved, it.reference, it.type, it.moves_goods, it.is_listed)


def _posting_row(it: Posting) -> tuple[object, ...]:
    moved = (it.kind.value, it.target_id, it.date.toordinal(), it.account, str(it.amount))
    return (*moved, it.number, it.description, it.url, it.is_ours)


def _joint_row(it: Joint) -> tuple[object, ...]:
    ends = (it.source[0].value, it.source[1], it.target[0].value, it.target[1])
    return (*ends, it.status.value, it.number, _ordinal(it.date), it.live, it.edited)


def _document_row(it: Known) -> tuple[object, ...]:
    named = (it.ref[0].value, it.ref[1], it.record_id, it.number, _ordinal(it.date))
    judged = (it.is_live, it.is_foreign, it.movement.value, _ordinal(it.invoiced_on), it.is_planned, it.obstacle)
    return (*named, *judged, it.changed, it.snapshot_id, it.operation_id, it.url)


def _ordinal(day: Date | None) -> int | None:
    return day.toordinal() if day is not None else None


def _day(ordinal: int | None) -> Date | None:
    return Date.fromordinal(ordinal) if ordinal is not None else None
