"""Journals that the hub makes of several, kept in step with their members.

A member's plan says which summary it belongs to; that is written with the plan, and the summary comes due. When the
summary is planned, after everything else that is due, it is made anew from the members stored then, as a snapshot of
the stock side; from there on it is planned, approved, sent, looked for and settled like any other document, with one
link. So a process that dies anywhere leaves either the due note or the operation behind, and never a second journal.

Settling marks the members that the journal in the ledger stands for, and keeps the form that was posted with the
source's codes: what a correction of a closed period is counted from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.documents import Document, Journal, Kind, parse_document
from hub.engine.facts import Ground, load_documents
from hub.engine.notes import chunks, note_due
from hub.mapping import MappingList
from hub.models import Exclusion, Flow, JournalSummary, OperationRow, OperationState, Snapshot, SummaryMember, table
from hub.providers import Action
from hub.reconcile import SUMMARIES, apart_by, is_summary, says_the_same, summarise
from hub.store import Store

exclusions = table(Exclusion)
flows = table(Flow)
members = table(SummaryMember)
operations = table(OperationRow)
snapshots = table(Snapshot)
summaries = table(JournalSummary)

JOURNAL = Kind.JOURNAL.value


# -- which journal is in which summary -----------------------------------------------------------------------------


def save_members(
    store: Store, db: sa.Connection, flow: Flow, before: Mapping[str, sa.Row[Any]], now: Mapping[str, str]
) -> None:
    """Keep which summary each planned journal is in (empty: none); those whose members changed come due.

    ``before`` has the rows of those that were in one.
    """
    touched: set[str] = set()
    joined: list[dict[str, Any]] = []
    left: list[str] = []
    for external_id, summary_id in now.items():
        row = before.get(external_id)
        touched |= {summary_id, row.summary_id if row else ""} - {""}
        if summary_id and (row is None or row.summary_id != summary_id):
            joined.append({"flow_id": flow.id, "external_id": external_id, "summary_id": summary_id, "posted": False})
        elif not summary_id and row is not None:
            left.append(external_id)
    for part in chunks(left):
        db.execute(sa.delete(members).where(members.c.flow_id == flow.id, members.c.external_id.in_(part)))
    if joined:
        store.upsert(db, members, joined, key=("flow_id", "external_id"), update=("summary_id", "posted"))
    summaries_due(store, db, flow.id or 0, touched, "a journal in it was planned")


def summaries_due(store: Store, db: sa.Connection, flow_id: int, ids: Collection[str], reason: str) -> None:
    """Have these summaries made anew with the next plan."""
    note_due(store, db, [{"flow_id": flow_id, "external_id": id, "reason": reason} for id in sorted(ids)])


# -- making them ---------------------------------------------------------------------------------------------------


def refresh(store: Store, db: sa.Connection, ground: Ground, flow: Flow, ids: Sequence[str], at: datetime) -> None:
    """Make the summaries among these records anew, from their members as they are stored now."""
    for external_id in ids:
        if is_summary(external_id):
            known = _summary(db, flow, external_id)
            if known is None or not known.corrects:
                _refresh(store, db, ground, flow, external_id, known, at)


def _refresh(
    store: Store,
    db: sa.Connection,
    ground: Ground,
    flow: Flow,
    summary_id: str,
    known: sa.Row[Any] | None,
    at: datetime,
) -> None:
    written = cast(Journal, parse_document(Kind.JOURNAL, known.written)) if known and known.written else None
    made = present_form(db, ground, flow, summary_id)
    if made is not None and written is not None and not says_the_same(made, written):
        # What feeds a tracking category acts on what is not posted yet: by itself it changes nothing in the ledger.
        as_before = present_form(db, ground, flow, summary_id, apart_by(written))
        made = as_before if as_before is not None and says_the_same(as_before, written) else made
    if made is not None and written is not None and says_the_same(made, written):
        # Goods that were sent anew cost the same: the ledger has them, though nothing has to be written for it.
        _mark(db, flow.id or 0, made.members, posted=True)
        made = written  # what a correction stands for is not in it, whoever its members are
    if made is None:
        withdrawn = sa.update(snapshots).where(*_mine(ground, summary_id))
        db.execute(withdrawn.values(withdrawn=True, seen_at=at))
        return
    save_summary(store, db, ground, flow, made, at)


def present_form(
    db: sa.Connection, ground: Ground, flow: Flow, summary_id: str, attributes: Collection[str] | None = None
) -> Journal | None:
    """What a summary should say now: its members without what corrections say already; None: nothing.

    Lines are kept apart by these attributes; by default by those that feed a tracking category now.
    """
    mine = sa.select(members.c.external_id).where(members.c.flow_id == flow.id, members.c.summary_id == summary_id)
    stock_id = ground.integration.stock_id
    stored = load_documents(db, stock_id, Kind.JOURNAL, db.execute(mine).scalars())
    journals = cast(list[Journal], [stored[id] for id in sorted(stored)])
    if attributes is None:
        attributes = fed(ground)
    corrections = load_documents(db, stock_id, Kind.JOURNAL, _corrections(db, flow, summary_id))
    counting = cast(list[Journal], [corrections[id] for id in sorted(corrections)])
    return summarise(summary_id, journals, attributes, counting)


def fed(ground: Ground) -> frozenset[str]:
    """The attributes that feed a tracking category now."""
    return frozenset(ground.rules.all(MappingList.TRACKING).values())


def _corrections(db: sa.Connection, flow: Flow, summary_id: str) -> list[str]:
    """The corrections of a summary that are posted or are going to be.

    Not those that a person skipped, and none that a rule leaves out, for instance since the method is periodic again.
    """
    dropped = sa.exists().where(
        operations.c.integration_id == flow.integration_id,
        operations.c.kind == JOURNAL,
        operations.c.source_id == summaries.c.external_id,
        operations.c.state == OperationState.DROPPED.value,
        operations.c.action == Action.CREATE.value,
    )
    ruled_out = sa.exists().where(
        exclusions.c.flow_id == summaries.c.flow_id, exclusions.c.external_id == summaries.c.external_id
    )
    chosen = sa.select(summaries.c.external_id).where(
        summaries.c.flow_id == flow.id, summaries.c.corrects == summary_id, ~dropped, ~ruled_out
    )
    return list(db.execute(chosen).scalars())


def count_corrections(db: sa.Connection, flow: Flow, summary_id: str) -> int:
    """How many corrections of a summary were ever made."""
    mine = summaries.c.flow_id == flow.id, summaries.c.corrects == summary_id
    return int(db.execute(sa.select(sa.func.count()).select_from(summaries).where(*mine)).scalar_one())


def wake_corrected(store: Store, db: sa.Connection, integration_id: int, ids: Collection[str]) -> None:
    """Where corrections are skipped or left out, or no longer, what they correct is another."""
    chosen = (
        sa.select(summaries.c.flow_id, summaries.c.corrects)
        .join(flows, flows.c.id == summaries.c.flow_id)
        .where(flows.c.integration_id == integration_id, summaries.c.corrects != "")
        .where(summaries.c.external_id.in_([id for id in ids if is_summary(id)]))
    )
    for row in db.execute(chosen).all():
        summaries_due(store, db, row.flow_id, {row.corrects}, "its correction was left out, or is no longer")


def save_summary(
    store: Store, db: sa.Connection, ground: Ground, flow: Flow, made: Journal, at: datetime, *, corrects: str = ""
) -> None:
    """Store a summary as a snapshot of the stock side."""
    row = {
        "connection_id": ground.integration.stock_id,
        "feed": SUMMARIES,
        "record_id": made.external_id,
        "kind": JOURNAL,
        "external_id": made.external_id,
        "natural_key": made.number.casefold(),
        "label": made.label,
        "number": made.number,
        "document_date": made.date,
        "amount": str(made.total),
        "currency": made.currency,
        "document": made.model_dump_json(),
        "fingerprint": made.fingerprint(),
        "withdrawn": False,
        "seen_at": at,
        "first_seen_at": at,
    }
    key = ("connection_id", "kind", "external_id")
    update = tuple(name for name in row if name not in (*key, "first_seen_at"))
    store.upsert(db, snapshots, [row], key=key, update=update)
    named = {"flow_id": flow.id, "external_id": made.external_id, "corrects": corrects, "written": ""}
    store.upsert(db, summaries, [named], key=("flow_id", "external_id"), update=("corrects",))


# -- what the ledger has -------------------------------------------------------------------------------------------


def note_settled(db: sa.Connection, row: sa.Row[Any], document: Document) -> None:
    """A summary was written or removed: its members are in the ledger, or no longer."""
    if not isinstance(document, Journal) or not is_summary(row.source_id):
        return
    if row.action in (Action.VOID.value, Action.DELETE.value):
        _forget(db, row.flow_id, row.source_id, document.members)
        return
    form = sa.select(snapshots.c.document).where(
        snapshots.c.kind == JOURNAL,
        snapshots.c.external_id == row.source_id,
        snapshots.c.fingerprint == row.fingerprint,
    )
    _mark(db, row.flow_id, document.members, posted=True)
    own = sa.update(summaries).where(summaries.c.flow_id == row.flow_id, summaries.c.external_id == row.source_id)
    db.execute(own.values(written=sa.func.coalesce(form.limit(1).scalar_subquery(), summaries.c.written)))


def forget_written(db: sa.Connection, integration_id: int, summary_id: str, written: str) -> None:
    """A person says that a journal, which was posted as ``written``, is not this one: so are none of its members."""
    document = cast(Journal, parse_document(Kind.JOURNAL, written))
    mine = sa.select(flows.c.id).where(flows.c.integration_id == integration_id, flows.c.kind == JOURNAL)
    for flow_id in db.execute(mine).scalars().all():
        _forget(db, flow_id, summary_id, document.members)


def _forget(db: sa.Connection, flow_id: int, summary_id: str, ids: Sequence[str]) -> None:
    _mark(db, flow_id, ids, posted=False)
    own = sa.update(summaries).where(summaries.c.flow_id == flow_id, summaries.c.external_id == summary_id)
    db.execute(own.values(written=""))


def _mark(db: sa.Connection, flow_id: int, ids: Sequence[str], *, posted: bool) -> None:
    for part in chunks(ids):
        mine = sa.update(members).where(members.c.flow_id == flow_id, members.c.external_id.in_(part))
        db.execute(mine.values(posted=posted))


def _summary(db: sa.Connection, flow: Flow, summary_id: str) -> sa.Row[Any] | None:
    chosen = sa.select(summaries).where(summaries.c.flow_id == flow.id, summaries.c.external_id == summary_id)
    return db.execute(chosen).first()


def _mine(ground: Ground, summary_id: str) -> Sequence[sa.ColumnElement[bool]]:
    return (
        snapshots.c.connection_id == ground.integration.stock_id,
        snapshots.c.kind == JOURNAL,
        snapshots.c.external_id == summary_id,
    )
