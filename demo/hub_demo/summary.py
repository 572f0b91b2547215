"""What a bookkeeper wants to know afterwards, read from the hub's tables and from both simulators' own books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine import Hub
from hub.models import (
    Exclusion,
    Flow,
    FlowMode,
    JournalSummary,
    Link,
    NativeRecord,
    OperationRow,
    OperationState,
    Snapshot,
    SummaryMember,
    table,
)
from hub_demo.journey import Joined
from hub_demo.ledger import Ledger
from hub_demo.simulators import Pair
from hub_demo.stock import StockSummary
from hub_demo.xero import Xero

exclusions, flows, links, members = table(Exclusion), table(Flow), table(Link), table(SummaryMember)
operations, records, snapshots = table(OperationRow), table(NativeRecord), table(Snapshot)

_OF_SEVERAL = sa.select(table(JournalSummary).c.external_id)
"""Journals that the hub made of others: the stock system has no such document."""

LEDGER_ORDER = (
    Kind.CONTACT,
    Kind.ITEM,
    Kind.INVOICE,
    Kind.CREDIT_NOTE,
    Kind.BILL,
    Kind.SUPPLIER_CREDIT,
    Kind.PAYMENT,
    Kind.REFUND,
    Kind.ALLOCATION,
    Kind.JOURNAL,
)


@dataclass
class KindSummary:
    """One kind: ``source`` is the sum of all the others. ``summed`` are posted within one document made of several."""

    kind: str
    source: int = 0
    created: int = 0
    adopted: int = 0
    held: int = 0
    refused: int = 0
    not_eligible: int = 0
    waiting: int = 0
    summed: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every source document is accounted for."""
        told = (self.created, self.adopted, self.held, self.refused, self.not_eligible, self.waiting, self.summed)
        return self.source == sum(told)


@dataclass
class Total:
    """One kind in one currency, on both sides. ``difference`` is zero when they agree."""

    kind: str
    currency: str
    stock: str
    posted: str
    not_posted: str
    ledger: str
    difference: str


@dataclass
class Summary:
    """Everything the demo says at the end."""

    kinds: list[KindSummary]
    totals: list[Total]
    held: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    not_eligible: dict[str, int] = field(default_factory=dict)
    left_there: dict[str, int] = field(default_factory=dict)
    """What the stock system holds that is no document to post: it is counted nowhere else."""
    unreadable: int = 0
    created_now: int = 0
    """Everything that the hub made in the ledger, as its runs count it: also what ``of_several_now`` counts."""
    of_several_now: int = 0
    """Journals among them that stand for several; none is a document of the stock system, so no kind counts them."""
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0.0
    ledger: str = Xero.title
    visit_seconds: float = 0.0
    """How long a ledger that visits was there; 0 for one that is called."""
    again: dict[str, int] = field(default_factory=dict)
    """What is counted of one visit more, after everything was done."""
    stock: StockSummary | None = None

    @property
    def is_good(self) -> bool:
        """Everything accounted for, nothing refused, both sides equal, every cent of stock explained."""
        level = all(Decimal(total.difference) == 0 for total in self.totals)
        level = level and (self.stock is None or self.stock.is_explained)
        return level and not self.unreadable and all(kind.adds_up for kind in self.kinds)

    def as_data(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return {**asdict(self), "good": self.is_good}


def summarise(
    hub: Hub,
    joined: Joined,
    pair: Pair,
    *,
    before: Mapping[str, int],
    seconds: float,
    stock: StockSummary | None = None,
    ledger: Ledger | None = None,
    again: Mapping[str, int] | None = None,
) -> Summary:
    """Read both sides; the ledger is Xero unless another is named."""
    ledger = ledger or Xero()
    with hub.store.read() as db:
        kinds = kinds_of(db, joined)
        summary = Summary(
            kinds=[kinds[kind] for kind in LEDGER_ORDER if kind in kinds],
            totals=_totals(db, joined, pair, ledger),
            held=_by_problem(db, joined, OperationState.HELD),
            refused=_by_problem(db, joined, OperationState.FAILED),
            not_eligible=_rules(db, joined),
            left_there=_left_there(db, joined),
            unreadable=_unreadable(db, joined),
            seconds=seconds,
            stock=stock,
            ledger=ledger.title,
            visit_seconds=ledger.seconds,
            again=dict(again or {}),
        )
    after = created_so_far(hub, joined)
    summary.created_now = after["created"] - before.get("created", 0)
    summary.of_several_now = after["of several"] - before.get("of several", 0)
    told = pair.cin7core.ask("/_sim/calls")
    core = {"total": told["total"], "refused": told["refused"]}
    summary.calls = {"cin7core": core, ledger.provider: ledger.calls(pair)}
    return summary


def created_so_far(hub: Hub, joined: Joined) -> dict[str, int]:
    """How many links the hub made, and how many of them are of journals that stand for several."""
    of_several = links.c.source_id.in_(_OF_SEVERAL)
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((of_several, 1), else_=0)), 0)).where(
        links.c.integration_id == joined.integration_id, links.c.live.is_(True), links.c.origin == "created"
    )
    with hub.store.read() as db:
        created, several = db.execute(counted).one()
    return {"created": int(created), "of several": int(several)}


def kinds_of(db: sa.Connection, joined: Joined) -> dict[str, KindSummary]:
    """What became of the stock system's documents, by kind."""
    resting = sa.select(flows.c.kind).where(
        flows.c.integration_id == joined.integration_id, flows.c.mode == FlowMode.OFF.value
    )
    off = set(db.execute(resting).scalars())
    untaken = _untaken(db, joined)
    found = {kind.value: KindSummary(kind.value) for kind in LEDGER_ORDER if kind.value not in off}
    sources = (
        sa.select(snapshots.c.kind, sa.func.count())
        .where(snapshots.c.connection_id == joined.stock_id, snapshots.c.withdrawn.is_(False))
        .where(snapshots.c.external_id.not_in(_OF_SEVERAL))
        .group_by(snapshots.c.kind)
    )
    for kind, count in db.execute(sources):
        if kind in found:
            found[kind].source = count
            found[kind].not_eligible = count if kind in untaken else 0
    linked = (
        sa.select(links.c.kind, links.c.origin, sa.func.count())
        .where(links.c.integration_id == joined.integration_id, links.c.live.is_(True))
        .where(links.c.source_id.not_in(_OF_SEVERAL))
        .group_by(links.c.kind, links.c.origin)
    )
    for kind, origin, count in (row for row in db.execute(linked) if row[0] in found):
        if origin == "created":
            found[kind].created += count
        else:  # found there by its name, or linked by hand
            found[kind].adopted += count
    _add_open(db, joined, found)
    excluded = (
        sa.select(flows.c.kind, sa.func.count())
        .join(exclusions, exclusions.c.flow_id == flows.c.id)
        .where(flows.c.integration_id == joined.integration_id)
        .group_by(flows.c.kind)
    )
    for kind, count in (row for row in db.execute(excluded) if row[0] in found):
        found[kind].not_eligible = count
    summed = (
        sa.select(flows.c.kind, sa.func.count())
        .join(members, members.c.flow_id == flows.c.id)
        .where(flows.c.integration_id == joined.integration_id, members.c.posted.is_(True))
        .group_by(flows.c.kind)
    )
    for kind, count in (row for row in db.execute(summed) if row[0] in found):
        found[kind].summed = count
    return found


def _untaken(db: sa.Connection, joined: Joined) -> dict[str, int]:
    """What the stock side has of kinds that the ledger's plugin does not take, so that there is no flow for them."""
    flowing = sa.select(flows.c.kind).where(flows.c.integration_id == joined.integration_id)
    chosen = (
        sa.select(snapshots.c.kind, sa.func.count())
        .where(snapshots.c.connection_id == joined.stock_id, snapshots.c.withdrawn.is_(False))
        .where(snapshots.c.kind.in_([kind.value for kind in LEDGER_ORDER]), snapshots.c.kind.not_in(flowing))
        .group_by(snapshots.c.kind)
    )
    return {row[0]: row[1] for row in db.execute(chosen)}


_SHOWN_AS = {OperationState.HELD.value: "held", OperationState.FAILED.value: "refused"}


def _add_open(db: sa.Connection, joined: Joined, found: Mapping[str, KindSummary]) -> None:
    states = [OperationState.HELD, OperationState.FAILED, OperationState.PROPOSED, OperationState.PENDING]
    states += [OperationState.SENDING, OperationState.UNSURE]
    chosen = (
        sa.select(operations.c.kind, operations.c.state, sa.func.count())
        .where(operations.c.integration_id == joined.integration_id, operations.c.link_id.is_(None))
        .where(operations.c.state.in_([state.value for state in states]))
        .group_by(operations.c.kind, operations.c.state)
    )
    for kind, state, count in (row for row in db.execute(chosen) if row[0] in found):
        name = _SHOWN_AS.get(state, "waiting")
        setattr(found[kind], name, getattr(found[kind], name) + count)


def _by_problem(db: sa.Connection, joined: Joined, state: OperationState) -> dict[str, int]:
    """How many there are of each reason. What is said of one document alone stands for all of its sort."""
    chosen = sa.select(operations.c.kind, operations.c.problem, operations.c.problem_code).where(
        operations.c.integration_id == joined.integration_id, operations.c.state == state.value
    )
    counts: dict[tuple[str, str, str], int] = {}
    said: dict[tuple[str, str, str], str] = {}
    for kind, problem, code in db.execute(chosen.order_by(operations.c.id)):
        told = problem or {}
        key = kind, code, told.get("why") or ""
        counts[key] = counts.get(key, 0) + 1
        said.setdefault(key, told.get("why") or told.get("what") or code)
    found = {f"{key[0]}: {said[key]} [{key[1]}]": count for key, count in counts.items()}
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _rules(db: sa.Connection, joined: Joined) -> dict[str, int]:
    chosen = (
        sa.select(flows.c.kind, exclusions.c.rule, sa.func.count())
        .join(flows, flows.c.id == exclusions.c.flow_id)
        .where(flows.c.integration_id == joined.integration_id)
        .group_by(flows.c.kind, exclusions.c.rule)
    )
    ruled = {f"{kind}: {rule}": count for kind, rule, count in db.execute(chosen)}
    return ruled | {f"{kind}: the ledger's plugin posts none": n for kind, n in _untaken(db, joined).items()}


def _left_there(db: sa.Connection, joined: Joined) -> dict[str, int]:
    found: dict[str, int] = {}
    skipped = sa.select(records.c.skipped).where(records.c.connection_id == joined.stock_id)
    for each in db.execute(skipped).scalars():
        for rule in each.values():
            found[rule] = found.get(rule, 0) + 1
    return found


def _unreadable(db: sa.Connection, joined: Joined) -> int:
    chosen = (
        sa.select(sa.func.count())
        .select_from(records)
        .where(records.c.connection_id == joined.stock_id, records.c.problem.is_not(None))
    )
    return int(db.execute(chosen).scalar_one())


_IN_CORE: Mapping[Kind, tuple[str, ...]] = {
    Kind.INVOICE: ("sale_invoice",),
    Kind.CREDIT_NOTE: ("sale_credit_note",),
    Kind.BILL: ("bill",),
    Kind.SUPPLIER_CREDIT: ("supplier_credit_note",),
    Kind.PAYMENT: ("sale_payment", "purchase_payment"),
    Kind.REFUND: ("sale_refund", "purchase_refund"),
}


def _totals(db: sa.Connection, joined: Joined, pair: Pair, ledger: Ledger) -> list[Total]:
    """The stock side's own books against the ledger's own books, less what the hub says it did not post."""
    there, here = ledger.sums(pair), _core_sums(pair)
    posted, missing = _posted(db, joined), _missing(db, joined)
    totals: list[Total] = []
    for kind in ledger.compared:
        for currency in sorted({currency for each, currency in {*here, *there} if each is kind}):
            key = kind, currency
            source, target, left = (sums.get(key, Decimal(0)) for sums in (here, there, missing))
            if not any((source, target, left)):
                continue
            values = (source, posted.get(key, Decimal(0)), left, target, source - left - target)
            totals.append(Total(kind.value, currency, *(f"{value:.2f}" for value in values)))
    return totals


def _core_sums(pair: Pair) -> dict[tuple[Kind, str], Decimal]:
    documents = pair.cin7core.ask("/_sim/state")["documents"]
    found: dict[tuple[Kind, str], Decimal] = {}
    for kind, names in _IN_CORE.items():
        for currency, one in (each for name in names for each in documents.get(name, {}).items()):
            found[kind, currency] = found.get((kind, currency), Decimal(0)) + Decimal(one["total"])
    return found


def _posted(db: sa.Connection, joined: Joined) -> dict[tuple[str, str], Decimal]:
    chosen = (
        sa.select(snapshots.c.kind, snapshots.c.currency, snapshots.c.amount)
        .join(
            links,
            sa.and_(
                links.c.kind == snapshots.c.kind,
                links.c.source_id == snapshots.c.external_id,
                links.c.live.is_(True),
                links.c.integration_id == joined.integration_id,
            ),
        )
        .where(snapshots.c.connection_id == joined.stock_id)
    )
    return _sums(db.execute(chosen))


def _missing(db: sa.Connection, joined: Joined) -> dict[tuple[str, str], Decimal]:
    """What the hub read and did not post: held, refused, waiting or not eligible."""
    linked = sa.exists().where(
        links.c.kind == snapshots.c.kind,
        links.c.source_id == snapshots.c.external_id,
        links.c.live.is_(True),
        links.c.integration_id == joined.integration_id,
    )
    chosen = sa.select(snapshots.c.kind, snapshots.c.currency, snapshots.c.amount).where(
        snapshots.c.connection_id == joined.stock_id,
        snapshots.c.withdrawn.is_(False),
        snapshots.c.document.not_like('%"status":"draft"%'),
        snapshots.c.document.not_like('%"status":"voided"%'),
        ~linked,
    )
    return _sums(db.execute(chosen))


def _sums(rows: Iterable[Any]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for kind, currency, amount in rows:
        if amount:
            found[kind, currency] = found.get((kind, currency), Decimal(0)) + Decimal(amount)
    return found
