"""Documents of a period beside what the ledger was last known to hold of each: from what is stored, nobody is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind, Status
from hub.engine.among import one_of
from hub.models import FlowMode, OperationState
from hub.providers import TargetStatus
from hub.web import wording
from hub.web.queries.counterparts import counterparts
from hub.web.queries.tables import EXCLUSIONS, FLOWS, LINKS, OPERATIONS, SNAPSHOTS

KINDS = tuple(kind.value for kind in Kind if kind in TRADE_KINDS or kind in (Kind.PAYMENT, Kind.REFUND))
"""What has a total on both sides. Journals of several documents have none of their own: the sync report lists them."""
PORTION = 1_000
"""How many documents are in memory at a time."""
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


def compare(db: sa.Connection, integration: sa.Row[Any], since: date, until: date) -> SideBySide:
    """Put the documents of a period side by side: one statement, of which a portion is in memory at a time."""
    found, documents = SideBySide(), dict[int, str]()
    asked = {"integration": integration.id, "stock": integration.stock_id, "since": since, "until": until}
    switched_on = frozenset(db.execute(_SWITCHED_ON, asked).scalars())
    for row in db.execute(_DOCUMENTS, asked, execution_options={"yield_per": PORTION}):
        if not row.target_id and (reason := _left_out(row, switched_on)):
            found.leave_out(row, reason)
            continue
        listed = len(found.pairs)
        found.add(_pair(row))
        if len(found.pairs) > listed:
            documents[row.id] = row.document
    names = counterparts(db, integration.stock_id, documents)
    found.pairs = [replace(pair, contact=names.get(pair.snapshot_id, "")) for pair in found.pairs]
    found.tallies = dict(sorted(found.tallies.items(), key=lambda each: _rank(each[0])))
    found.left_out = dict(sorted(found.left_out.items(), key=lambda each: _rank(each[0])))
    return found


def dated(db: sa.Connection, stock_id: int) -> tuple[date, date] | None:
    """The first and the last day of which there are documents that can be compared; None where there is none."""
    mine = (
        SNAPSHOTS.c.connection_id == stock_id,
        SNAPSHOTS.c.document_date.is_not(None),
        one_of(SNAPSHOTS.c.kind, KINDS),
    )
    # Each by the index of the dates, from its own end: least and greatest in one statement would read all of them.
    day = sa.select(SNAPSHOTS.c.document_date).where(*mine).limit(1)
    first = db.execute(day.order_by(SNAPSHOTS.c.document_date)).scalar()
    last = db.execute(day.order_by(SNAPSHOTS.c.document_date.desc())).scalar()
    return None if first is None or last is None else (first, last)


def _rank(name: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return KINDS.index(name[0]), name[1:]


def _status(row: sa.Row[Any]) -> str:
    return str(json.loads(row.document).get("status", ""))


def _left_out(row: sa.Row[Any], switched_on: frozenset[str]) -> str:
    """Why a document that is not posted is not to be posted at all; empty where it is."""
    if row.rule:
        return str(row.rule)
    if row.withdrawn or (status := _status(row)) == Status.VOIDED:
        return "voided in the source"
    if status == Status.DRAFT:
        return "draft in the source"
    if row.operation_state == OperationState.DROPPED.value:
        return "skipped by a person"
    return "" if row.kind in switched_on else "the flow is off"


def _standing(row: sa.Row[Any]) -> str:
    """What keeps a document that is to be posted."""
    if row.operation_state is None:
        return "not planned yet"
    told = str((row.problem or {}).get("what", "")).rstrip(".")
    return told or wording.operation_state(row.operation_state).lower()


def _pair(row: sa.Row[Any]) -> Pair:
    state = row.state or {}
    gone = _gone(row)
    source = _ZERO if gone else Decimal(row.amount or 0)
    status = state.get("status", "")
    ledger = Decimal(str(state.get("total") or 0)) if status in _IN_BOOKS else _ZERO
    why = _why(row, status, gone, source == ledger) if row.target_id else f"not posted: {_standing(row)}"
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


def _documents() -> sa.Select[Any]:
    """The documents of a period, in the order of their days, each with its link or else what was planned for it."""
    mine: sa.BindParameter[int] = sa.bindparam("integration")
    linked = sa.and_(
        LINKS.c.integration_id == mine,
        LINKS.c.kind == SNAPSHOTS.c.kind,
        LINKS.c.source_id == SNAPSHOTS.c.external_id,
        LINKS.c.live.is_(True),
    )
    unposted = LINKS.c.id.is_(None)  # only for those are the others looked up
    newest = (
        sa.select(sa.func.max(OPERATIONS.c.id))
        .where(OPERATIONS.c.integration_id == mine, OPERATIONS.c.kind == SNAPSHOTS.c.kind)
        .where(OPERATIONS.c.source_id == SNAPSHOTS.c.external_id, OPERATIONS.c.state != OperationState.REPLACED.value)
        .correlate(SNAPSHOTS)
        .scalar_subquery()
    )
    planned = OPERATIONS.alias("planned")
    rule = (
        sa.select(sa.func.min(EXCLUSIONS.c.rule))
        .join(FLOWS, FLOWS.c.id == EXCLUSIONS.c.flow_id)
        .where(FLOWS.c.integration_id == mine, FLOWS.c.kind == SNAPSHOTS.c.kind)
        .where(EXCLUSIONS.c.external_id == SNAPSHOTS.c.external_id)
        .correlate(SNAPSHOTS)
        .scalar_subquery()
    )
    of_documents = ["id", "kind", "label", "number", "document_date", "amount", "currency", "withdrawn", "document"]
    of_links = ["target_id", "target_number", "state", "edited"]
    return (
        sa.select(
            *(SNAPSHOTS.c[name] for name in of_documents),
            *(LINKS.c[name] for name in of_links),
            planned.c.state.label("operation_state"),
            planned.c.problem,
            sa.case((unposted, rule)).label("rule"),
        )
        .select_from(SNAPSHOTS.outerjoin(LINKS, linked).outerjoin(planned, planned.c.id == sa.case((unposted, newest))))
        .where(SNAPSHOTS.c.connection_id == sa.bindparam("stock"), one_of(SNAPSHOTS.c.kind, KINDS))
        .where(SNAPSHOTS.c.document_date.between(sa.bindparam("since"), sa.bindparam("until")))
        .order_by(SNAPSHOTS.c.document_date, SNAPSHOTS.c.id)
    )


_DOCUMENTS = _documents()
_SWITCHED_ON = sa.select(FLOWS.c.kind).where(
    FLOWS.c.integration_id == sa.bindparam("integration"), FLOWS.c.mode != FlowMode.OFF.value
)
