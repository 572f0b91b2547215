"""Delivery: a pulled page becomes snapshots, target states, due notes and page progress in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from hub.documents import Account, BankAccount, Contact, Document, Item, Kind, TaxRate
from hub.engine.directory import save_entries
from hub.engine.ended_uses import ended_uses
from hub.engine.notes import chunks, flows_by_kind, note_due, touch_facts
from hub.engine.runs import RunToken, write_progress
from hub.engine.state_history import Moved, note_states
from hub.mapping import ORGANISATION_FACT, fold, link_fact, source_fact, target_fact
from hub.models import ConnectionRow, Cursor, Integration, Link, NativeRecord, Snapshot, table
from hub.providers import Feed, Page, Record, TargetState
from hub.reconcile import NOT_SAID, settled_digest, was_edited
from hub.store import Store

connections = table(ConnectionRow)
integrations = table(Integration)
links = table(Link)
records = table(NativeRecord)
snapshots = table(Snapshot)
cursors = table(Cursor)

NOT_READ = ""
"""In place of a feed: what the hub wrote to a ledger and no read has shown yet; see ``hub.engine.written_cards``."""


@dataclass(frozen=True)
class Neighbours:
    """The integrations a connection belongs to, by the side it is on."""

    as_stock: tuple[int, ...]
    as_ledger: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        """Every integration of the connection."""
        return (*self.as_stock, *self.as_ledger)


def neighbours(db: sa.Connection, connection_id: int) -> Neighbours:
    """Which integrations does this connection belong to?"""
    rows = db.execute(
        sa.select(integrations.c.id, integrations.c.stock_id, integrations.c.ledger_id).where(
            sa.or_(integrations.c.stock_id == connection_id, integrations.c.ledger_id == connection_id)
        )
    ).all()
    return Neighbours(
        tuple(row.id for row in rows if row.stock_id == connection_id),
        tuple(row.id for row in rows if row.ledger_id == connection_id),
    )


def claim_all(store: Store, db: sa.Connection, connection_id: int) -> Neighbours:
    """Take the write locks of a connection's integrations: a plan in the making sees a change or is woken by it."""
    sides = neighbours(db, connection_id)
    for integration_id in sorted(sides.all):
        store.claim(db, integration_id)
    return sides


def natural_key(document: Document) -> str:
    """What a record is matched by when nothing else links it."""
    if isinstance(document, Contact):
        return fold(document.name)
    if isinstance(document, Item):
        return fold(document.code)
    if isinstance(document, Account | TaxRate | BankAccount):
        return document.code
    return fold(document.label)


def read_back(db: sa.Connection, connection_id: int, before: date | None, start: date) -> bool:
    """An earlier start date needs records that were left out: the next pull lists everything. Whether it does.

    What is stored and unchanged costs no detail again.
    """
    if before is None or start >= before:
        return False
    mine = sa.update(cursors).where(cursors.c.connection_id == connection_id)
    db.execute(mine.values(watermark=None, progress=None))
    return True


def earliest_start(db: sa.Connection, connection_id: int) -> date | None:
    """The earliest start date of a connection's integrations."""
    sides = sa.or_(integrations.c.stock_id == connection_id, integrations.c.ledger_id == connection_id)
    return db.execute(sa.select(sa.func.min(integrations.c.start_date)).where(sides)).scalar()


def deliver(store: Store, run: RunToken, feed: Feed, page: Page, since: date | None = None) -> dict[str, int]:
    """Save a page; what it changed comes due in the same transaction. Answers with counts for the run.

    ``since`` is the start date that the pull was asked with: where a person moved it back meanwhile, the finished pull
    counts for nothing but what it brought.
    """
    present = run.clock()
    # The cursor is saved with the page: what power loss undoes is pulled again.
    with store.write(durable=False) as db:
        run.guard(db)
        sides = claim_all(store, db, run.connection_id)
        cursor = _cursor(db, run.connection_id, feed)
        if page.organisation:
            _save_organisation(store, db, run.connection_id, sides, page.organisation.model_dump(mode="json"))
        counts = _save_records(_Delivery(store, db, run.connection_id, feed, sides, cursor.pull, present), page.records)
        states = [*page.states, *ended_uses(db, run.connection_id, page)]
        counts["states"] = save_states(store, db, run.connection_id, states, present)
        if page.watermark is not None:
            start = earliest_start(db, run.connection_id)
            moved = since is not None and start is not None and start < since
            counts["withdrawn"] = counts.get("withdrawn", 0) + _finish_pull(
                _Delivery(store, db, run.connection_id, feed, sides, cursor.pull, present),
                None if moved else page.watermark,
            )
        elif page.progress:
            db.execute(sa.update(cursors).where(cursors.c.id == cursor.id).values(progress=page.progress))
        shown: dict[str, Any] = {"feed": feed.name, "expected": page.expected}
        write_progress(db, run.id, "pull", {f"pulled {feed.name}": len(page.records), **counts}, shown)
    return counts


def deliver_made(store: Store, db: sa.Connection, connection_id: int, feed: Feed, record: Record, at: datetime) -> None:
    """Save one record that was just made there for a person, as its feed will deliver it; what waits for it is due."""
    sides = claim_all(store, db, connection_id)
    cursor = _cursor(db, connection_id, feed)
    _save_records(_Delivery(store, db, connection_id, feed, sides, cursor.pull, at), [record])


@dataclass(frozen=True)
class _Delivery:
    store: Store
    db: sa.Connection
    connection_id: int
    feed: Feed
    sides: Neighbours
    pull: int
    present: datetime


def _cursor(db: sa.Connection, connection_id: int, feed: Feed) -> sa.Row[Any]:
    chosen = sa.select(cursors).where(cursors.c.connection_id == connection_id, cursors.c.feed == feed.name)
    row = db.execute(chosen).first()
    if row is None:
        db.execute(sa.insert(cursors).values(connection_id=connection_id, feed=feed.name, pull=1))
        row = db.execute(chosen).one()
    return row


def _save_organisation(
    store: Store, db: sa.Connection, connection_id: int, sides: Neighbours, organisation: dict[str, Any]
) -> None:
    before = db.execute(sa.select(connections.c.organisation).where(connections.c.id == connection_id)).scalar_one()
    if before == organisation:
        return
    db.execute(sa.update(connections).where(connections.c.id == connection_id).values(organisation=organisation))
    touch_facts(store, db, sides.all, [ORGANISATION_FACT], waiting_only=False)


def _save_records(it: _Delivery, page: Sequence[Record]) -> dict[str, int]:
    if not page:
        return {}
    readable = [record for record in page if record.problem is None]
    stored = _stored(it, [record.id for record in readable])
    fresh: list[dict[str, Any]] = []
    contacts: list[Contact] = []
    changed: list[tuple[str, str, bool]] = []
    gone = {(row.kind, row.external_id): row.id for row in stored.values() if not row.withdrawn}
    for record in readable:
        for document in record.documents:
            gone.pop((document.kind, document.external_id), None)
            fingerprint = document.fingerprint()
            before = stored.get((document.kind, document.external_id))
            if before and before.fingerprint == fingerprint and not before.withdrawn and before.record_id == record.id:
                continue
            fresh.append(snapshot_row(it.connection_id, it.feed.name, record.id, document, fingerprint, it.present))
            changed.append((document.kind, document.external_id, before is not None))
            if isinstance(document, Contact):
                contacts.append(document)
    it.store.upsert(
        it.db, snapshots, fresh, key=("connection_id", "kind", "external_id"), update=_SNAPSHOT_COLUMNS
    ) if fresh else None
    save_entries(it.store, it.db, it.connection_id, contacts)
    _withdraw(it, list(gone.values()))
    _note_changes(it, [*changed, *((kind, external_id, True) for kind, external_id in gone)], fresh)
    rows = [_record_row(it, record) for record in page]
    key, update = (
        ("connection_id", "feed", "record_id"),
        ("label", "stamp", "skipped", "problem", "pull", "seen_at"),
    )
    it.store.upsert(it.db, records, rows, key=key, update=update)
    unreadable = len(page) - len(readable)
    return {"changed": len(changed), "withdrawn": len(gone), "unreadable": unreadable}


_SNAPSHOT_COLUMNS = (
    "feed",
    "record_id",
    "natural_key",
    "label",
    "number",
    "document_date",
    "amount",
    "currency",
    "document",
    "fingerprint",
    "withdrawn",
    "seen_at",
)


def snapshot_row(
    connection_id: int, feed: str, record_id: str, document: Document, fingerprint: str, at: datetime
) -> dict[str, Any]:
    """A document as it is stored, seen at this time."""
    total = getattr(document, "total", None)
    amount = total if total is not None else getattr(document, "amount", None)
    return {
        "connection_id": connection_id,
        "feed": feed,
        "record_id": record_id,
        "kind": document.kind.value,
        "external_id": document.external_id,
        "natural_key": natural_key(document),
        "label": document.label,
        "number": getattr(document, "number", "") or "",
        "document_date": getattr(document, "date", None),
        "amount": "" if amount is None else str(amount),
        "currency": getattr(document, "currency", "") or "",
        "document": document.model_dump_json(),
        "fingerprint": fingerprint,
        "withdrawn": False,
        "seen_at": at,
        "first_seen_at": at,
    }


def _record_row(it: _Delivery, record: Record) -> dict[str, Any]:
    return {
        "connection_id": it.connection_id,
        "feed": it.feed.name,
        "record_id": record.id,
        "label": record.label,
        # An unreadable record keeps no stamp: it is read again until it can be understood.
        "stamp": "" if record.problem else record.stamp,
        "skipped": dict(record.skipped),
        "problem": record.problem.model_dump() if record.problem else None,
        "pull": it.pull,
        "seen_at": it.present,
    }


def _stored(it: _Delivery, record_ids: Sequence[str]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    columns = (
        snapshots.c.id,
        snapshots.c.kind,
        snapshots.c.external_id,
        snapshots.c.record_id,
        snapshots.c.fingerprint,
        snapshots.c.withdrawn,
    )
    mine: sa.ColumnElement[bool] = snapshots.c.feed == it.feed.name
    if it.sides.as_ledger:
        mine = sa.or_(mine, _not_read(it))
    for part in chunks(record_ids):
        chosen = sa.select(*columns).where(
            snapshots.c.connection_id == it.connection_id, mine, snapshots.c.record_id.in_(part)
        )
        for row in it.db.execute(chosen):
            found[row.kind, row.external_id] = row
    return found


def _not_read(it: _Delivery) -> sa.ColumnElement[bool]:
    """What the hub wrote of the kinds that this feed tells of, and nobody read since."""
    kinds = [kind.value for kind in sorted(it.feed.kinds)]
    return sa.and_(snapshots.c.feed == NOT_READ, snapshots.c.kind.in_(kinds))


def _withdraw(it: _Delivery, snapshot_ids: Sequence[int]) -> None:
    for part in chunks(snapshot_ids):
        change = sa.update(snapshots).where(snapshots.c.id.in_(part))
        it.db.execute(change.values(withdrawn=True, seen_at=it.present))


def _note_changes(it: _Delivery, changed: Sequence[tuple[str, str, bool]], fresh: Sequence[Mapping[str, Any]]) -> None:
    """Changed source documents come due themselves, and bring due what consulted them."""
    by_kind = flows_by_kind(it.db, it.sides.as_stock) if it.sides.as_stock else {}
    notes = [
        {"flow_id": flow_id, "external_id": external_id, "reason": "changed in the source"}
        for kind, external_id, _ in changed
        for flow_id in by_kind.get(kind, ())
    ]
    note_due(it.store, it.db, notes)
    consulted = (Kind.ITEM.value, Kind.CONTACT.value)
    for known in (False, True):
        facts = [source_fact(kind, id) for kind, id, before in changed if kind in consulted and before is known]
        touch_facts(it.store, it.db, it.sides.as_stock, facts, waiting_only=not known)
    # Who is about to make a contact or an item that turned up meanwhile adopts it instead.
    for kind in {row["kind"] for row in fresh}:
        touched = [target_fact(kind, row["natural_key"]) for row in fresh if row["kind"] == kind]
        resting = (kind,) if kind in consulted else ()
        touch_facts(it.store, it.db, it.sides.as_ledger, touched, waiting_only=False, kinds=resting)


def _finish_pull(it: _Delivery, watermark: str | None) -> int:
    """The pull is complete: a full feed withdraws what it did not list, and the watermark moves."""
    withdrawn = _withdraw_unlisted(it) if it.feed.full else 0
    change = sa.update(cursors).where(cursors.c.connection_id == it.connection_id, cursors.c.feed == it.feed.name)
    values = {"watermark": watermark, "progress": None, "pull": it.pull + 1, "completed_at": it.present}
    it.db.execute(change.values(values))
    return withdrawn


def _withdraw_unlisted(it: _Delivery) -> int:
    listed = sa.exists().where(
        records.c.connection_id == it.connection_id,
        records.c.feed == it.feed.name,
        records.c.record_id == snapshots.c.record_id,
        records.c.pull == it.pull,
    )
    # The pull may have begun before something was written; the pull before it had ended by then.
    mine = (cursors.c.connection_id == it.connection_id, cursors.c.feed == it.feed.name)
    before = sa.select(cursors.c.completed_at).where(*mine).scalar_subquery()
    chosen = sa.select(snapshots.c.id, snapshots.c.kind, snapshots.c.external_id, snapshots.c.natural_key).where(
        snapshots.c.connection_id == it.connection_id,
        sa.or_(snapshots.c.feed == it.feed.name, sa.and_(_not_read(it), snapshots.c.seen_at < before)),
        snapshots.c.withdrawn.is_(False),
        ~listed,
    )
    rows = it.db.execute(chosen).all()
    _withdraw(it, [row.id for row in rows])
    _note_changes(it, [(row.kind, row.external_id, True) for row in rows], [])
    facts = [target_fact(row.kind, row.natural_key) for row in rows]
    touch_facts(it.store, it.db, it.sides.as_ledger, facts, waiting_only=False)
    return len(rows)


def save_states(store: Store, db: sa.Connection, ledger_id: int, states: Sequence[TargetState], at: datetime) -> int:
    """Keep what the ledger says of linked targets; a changed state comes due for whoever rests on it."""
    moved: list[Moved] = []
    for part in chunks(states):
        by_key = {(state.kind.value, state.target_id): state for state in part}
        chosen = sa.select(
            links.c.id,
            links.c.integration_id,
            links.c.kind,
            links.c.source_id,
            links.c.target_id,
            links.c.state,
            links.c.settled_stamp,
        ).where(
            links.c.ledger_id == ledger_id,
            links.c.live.is_(True),
            links.c.target_id.in_([state.target_id for state in part]),
        )
        for row in db.execute(chosen).all():
            state = by_key.get((row.kind, row.target_id))
            if state is None:
                continue
            before = TargetState.model_validate(row.state)
            merged = merge_state(before, state)
            dumped = merged.model_dump(mode="json")
            if dumped == row.state:
                continue
            change = sa.update(links).where(links.c.id == row.id)
            edited = bool(row.settled_stamp) and was_edited(row.settled_stamp, merged)
            values = {"state": dumped, "target_number": merged.number, "edited": edited}
            if row.settled_stamp == NOT_SAID:
                values["settled_stamp"] = settled_digest(merged)
            db.execute(change.values(**values, version=links.c.version + 1))
            _note_state(store, db, row)
            moved.append((row.id, before, merged))
    note_states(db, moved, at)
    return len(moved)


def merge_state(before: TargetState, after: TargetState) -> TargetState:
    """A summary says less than a full look: what it leaves out is kept."""
    kept = {
        name: getattr(before, name)
        for name in ("number", "reference", "contact_id", "currency", "url", "lines", "content", "date", "total", "due")
        if getattr(after, name) in ("", (), None)
    }
    return after.model_copy(update={**kept, "ours": before.ours})


def _note_state(store: Store, db: sa.Connection, link: Any) -> None:
    facts = [link_fact(link.kind, link.source_id)]
    touch_facts(store, db, [link.integration_id], facts, waiting_only=False)
