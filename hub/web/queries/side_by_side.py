"""Documents of a period beside what the ledger was last known to hold of each: from what is stored, nobody is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind, Status
from hub.models import FlowMode, OperationState
from hub.providers import TargetStatus
from hub.web import wording
from hub.web.queries.counterparts import counterparts
from hub.web.queries.report_statements import NEWEST_OPERATIONS, RULES
from hub.web.queries.tables import FLOWS, LINKS, SNAPSHOTS

KINDS = tuple(kind.value for kind in Kind if kind in TRADE_KINDS or kind in (Kind.PAYMENT, Kind.REFUND))
"""What has a total on both sides. Journals of several documents have none of their own: the sync report lists them."""
PORTION = 1_000
SHOWN = 200
"""How many documents that differ are listed; all are counted."""
_IN_BOOKS = frozenset({TargetStatus.OPEN.value, TargetStatus.PART_PAID.value, TargetStatus.PAID.value})
_ZERO = Decimal(0)


@dataclass
class Tally:
    """The documents of one kind in one currency: what both sides say of them, added up."""

    documents: int = 0
    posted: int = 0
    differing: int = 0
    source: Decimal = _ZERO
    ledger: Decimal = _ZERO

    @property
    def difference(self) -> Decimal:
        """What the stock system says more."""
        return self.source - self.ledger


@dataclass(frozen=True)
class Pair:
    """One document that is not the same on both sides; without ``target_id`` it is in the ledger not at all."""

    snapshot_id: int
    kind: str
    label: str
    day: date
    currency: str
    source: Decimal
    ledger: Decimal
    target_id: str
    target_number: str
    why: str
    contact: str = ""


@dataclass
class LeftOut:
    """Documents of one kind and currency that are not to be posted, for one reason."""

    documents: int = 0
    amount: Decimal = _ZERO


@dataclass
class SideBySide:
    """The whole period.

    What is not to be posted is in no tally: ``left_out`` has it by kind, currency and reason.
    """

    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    differing: int = 0
    left_out: dict[tuple[str, str, str], LeftOut] = field(default_factory=dict)

    def leave_out(self, row: sa.Row[Any], reason: str) -> None:
        """Count a document that is not to be posted."""
        part = self.left_out.setdefault((row.kind, row.currency, reason), LeftOut())
        part.documents += 1
        part.amount += Decimal(row.amount or 0)

    def add(self, pair: Pair) -> None:
        """Count a document that belongs on both sides."""
        tally = self.tallies.setdefault((pair.kind, pair.currency), Tally())
        tally.documents += 1
        tally.posted += bool(pair.target_id)
        tally.source += pair.source
        tally.ledger += pair.ledger
        if pair.why:
            tally.differing += 1
            self.differing += 1
            self.pairs += [pair] if len(self.pairs) < SHOWN else []


@dataclass(frozen=True)
class _Unposted:
    """What is known of the documents of a portion that are not in the ledger, by kind and source id."""

    rules: Mapping[tuple[str, str], str] = field(default_factory=dict)
    operations: Mapping[tuple[str, str], sa.Row[Any]] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    """Kinds whose flow is off."""

    def reason(self, row: sa.Row[Any]) -> str:
        """Why a document is not to be posted at all; empty where it is."""
        name = (row.kind, row.external_id)
        if rule := self.rules.get(name):
            return rule
        if row.withdrawn or (status := _status(row)) == Status.VOIDED:
            return "voided in the source"
        if status == Status.DRAFT:
            return "draft in the source"
        operation = self.operations.get(name)
        if operation is not None and operation.state == OperationState.DROPPED.value:
            return "skipped by a person"
        return "the flow is off" if row.kind in self.off else ""

    def standing(self, row: sa.Row[Any]) -> str:
        """What keeps a document that is to be posted."""
        operation = self.operations.get((row.kind, row.external_id))
        if operation is None:
            return "not planned yet"
        told = (operation.problem or {}).get("what", "").rstrip(".")
        return told or wording.operation_state(operation.state).lower()


def compare(db: sa.Connection, integration: sa.Row[Any], since: date, until: date) -> SideBySide:
    """Put the documents of a period side by side, a portion at a time."""
    found, documents = SideBySide(), dict[int, str]()
    for part in _portions(db, integration, since, until):
        unposted = _unposted(db, integration.id, [row for row in part if not row.target_id])
        for row in part:
            if not row.target_id and (reason := unposted.reason(row)):
                found.leave_out(row, reason)
                continue
            found.add(_pair(row, unposted))
        shown = {pair.snapshot_id for pair in found.pairs}
        documents |= {row.id: row.document for row in part if row.id in shown}
    names = counterparts(db, integration.stock_id, documents)
    found.pairs = [replace(pair, contact=names.get(pair.snapshot_id, "")) for pair in found.pairs]
    found.tallies = dict(sorted(found.tallies.items(), key=lambda each: _rank(each[0])))
    found.left_out = dict(sorted(found.left_out.items(), key=lambda each: _rank(each[0])))
    return found


def dated(db: sa.Connection, stock_id: int) -> tuple[date, date] | None:
    """The first and the last day of which there are documents that can be compared; None where there is none."""
    mine = (SNAPSHOTS.c.connection_id == stock_id, SNAPSHOTS.c.document_date.is_not(None), SNAPSHOTS.c.kind.in_(KINDS))
    # Each by the index of the dates, from its own end: least and greatest in one statement would read all of them.
    day = sa.select(SNAPSHOTS.c.document_date).where(*mine).limit(1)
    first = db.execute(day.order_by(SNAPSHOTS.c.document_date)).scalar()
    last = db.execute(day.order_by(SNAPSHOTS.c.document_date.desc())).scalar()
    return None if first is None or last is None else (first, last)


def _rank(name: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return KINDS.index(name[0]), name[1:]


def _status(row: sa.Row[Any]) -> str:
    return str(json.loads(row.document).get("status", ""))


def _unposted(db: sa.Connection, integration_id: int, rows: Sequence[sa.Row[Any]]) -> _Unposted:
    if not rows:
        return _Unposted()
    asked = {"integration": integration_id, "ids": [row.external_id for row in rows]}
    kinds = sorted({row.kind for row in rows})
    newest: sa.Select[Any] = NEWEST_OPERATIONS
    on = sa.select(FLOWS.c.kind).where(FLOWS.c.integration_id == integration_id, FLOWS.c.mode != FlowMode.OFF.value)
    return _Unposted(
        rules={(each.kind, each.source_id): each.rule for each in db.execute(RULES, asked)},
        operations={(each.kind, each.source_id): each for each in db.execute(newest, {**asked, "kinds": kinds})},
        off=frozenset(kinds) - frozenset(db.execute(on).scalars()),
    )


def _pair(row: sa.Row[Any], unposted: _Unposted) -> Pair:
    state = row.state or {}
    gone = _gone(row)
    source = _ZERO if gone else Decimal(row.amount or 0)
    status = state.get("status", "")
    ledger = Decimal(str(state.get("total") or 0)) if status in _IN_BOOKS else _ZERO
    why = _why(row, status, gone, source == ledger) if row.target_id else f"not posted: {unposted.standing(row)}"
    return Pair(
        snapshot_id=row.id,
        kind=row.kind,
        label=row.number or row.label,
        day=row.document_date,
        currency=row.currency,
        source=source,
        ledger=ledger,
        target_id=row.target_id or "",
        target_number=row.target_number or "",
        why=why,
    )


def _gone(row: sa.Row[Any]) -> str:
    """What a document became that counts in the stock system no more; empty for one that does."""
    status = _status(row)
    if row.withdrawn or status == Status.VOIDED:
        return "void"
    return "a draft again" if status == Status.DRAFT else ""


def _why(row: sa.Row[Any], status: str, gone: str, same_amount: bool) -> str:
    """How a posted document differs on the two sides, in words; empty where it does not."""
    absent = {
        TargetStatus.DRAFT: "a draft there, which counts in no balance yet",
        TargetStatus.MISSING: "not in the ledger any more",
        TargetStatus.VOIDED: "voided in the ledger only",
    }
    if status in absent:
        return "" if gone else absent[TargetStatus(status)]
    if gone:
        return f"{gone} in the stock system only"
    if not same_amount:
        return "another amount in the ledger"
    return "edited in the ledger, for the same amount" if row.edited else ""


def _portions(db: sa.Connection, integration: sa.Row[Any], since: date, until: date) -> Iterator[Sequence[sa.Row[Any]]]:
    linked = sa.and_(
        LINKS.c.integration_id == integration.id,
        LINKS.c.kind == SNAPSHOTS.c.kind,
        LINKS.c.source_id == SNAPSHOTS.c.external_id,
        LINKS.c.live.is_(True),
    )
    shown = (
        "id",
        "external_id",
        "kind",
        "label",
        "number",
        "document_date",
        "amount",
        "currency",
        "withdrawn",
        "document",
    )
    chosen = (
        sa.select(
            *(SNAPSHOTS.c[name] for name in shown),
            *(LINKS.c[name] for name in ("target_id", "target_number", "state", "edited")),
        )
        .outerjoin_from(SNAPSHOTS, LINKS, linked)
        .where(SNAPSHOTS.c.connection_id == integration.stock_id, SNAPSHOTS.c.kind.in_(KINDS))
        .order_by(SNAPSHOTS.c.document_date, SNAPSHOTS.c.id)
    )
    after, last = since, 0
    while True:
        later = sa.or_(
            SNAPSHOTS.c.document_date > after,
            sa.and_(SNAPSHOTS.c.document_date == after, SNAPSHOTS.c.id > last),
        )
        within = (SNAPSHOTS.c.document_date.between(after, until), later)
        part = db.execute(chosen.where(*within).limit(PORTION)).all()
        yield part
        if len(part) < PORTION:
            return
        after, last = part[-1].document_date, part[-1].id
