"""What the hub wrote of contacts and items is known of the ledger at once, and not only when the ledger is read again.

Who searches, suggests or plans looks at the ledger's snapshots. They take what was written for what the ledger has
until it tells for itself: an empty fingerprint is no document's, so that the next read replaces what is kept here, and
no read of before is overwritten by what was sent earlier. Whether a person changed something is judged by the stamps of
links, which none of this touches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.documents import Contact, Document, Kind, parse_document
from hub.engine.delivery import NOT_READ, snapshot_row
from hub.engine.directory import save_entries
from hub.engine.notes import chunks
from hub.models import BatchRow, Snapshot, table
from hub.providers import Action, TargetState
from hub.store import Store

batches = table(BatchRow)
snapshots = table(Snapshot)

_UNKNOWN = ""
"""The fingerprint of what is not read."""
_TOLD = ("natural_key", "label", "number", "document", "fingerprint")
_THEIRS = frozenset({"external_id", "kind", "active", "is_customer", "is_supplier", "source_url"})
"""What the ledger alone says of a contact or an item."""


@dataclass(frozen=True)
class WrittenCard:
    """A contact or an item as it was written, and what the ledger answered. ``fields`` None: the whole of it."""

    action: Action
    document: Document
    state: TargetState
    fields: Collection[str] | None
    batch_id: str | None


def save_written(store: Store, db: sa.Connection, ledger_id: int, written: Sequence[WrittenCard], at: datetime) -> None:
    """Keep what was written as what the ledger has; what the ledger said of it since it was sent is left alone."""
    there = [one for one in written if one.action in (Action.CREATE, Action.UPDATE) and one.state.status.is_live]
    if not there:
        return
    known = _known(db, ledger_id, there)
    sent = _sent_at(db, (one.batch_id for one in there if _key(one) in known and one.batch_id))
    cards: dict[tuple[str, str], Document] = {}
    for one in there:
        before = known.get(_key(one))
        if before is None:
            cards[_key(one)] = _made(one)
        elif one.action is Action.UPDATE and _is_newer(one, before, sent):
            cards[_key(one)] = _changed(cards.get(_key(one)) or parse_document(before.kind, before.document), one)
    rows = [snapshot_row(ledger_id, NOT_READ, id, card, _UNKNOWN, at) for (_, id), card in cards.items()]
    if rows:
        store.upsert(db, snapshots, rows, key=("connection_id", "kind", "external_id"), update=_TOLD)
        save_entries(store, db, ledger_id, [card for card in cards.values() if isinstance(card, Contact)])


def _key(one: WrittenCard) -> tuple[str, str]:
    return one.state.kind.value, one.state.target_id


def _made(one: WrittenCard) -> Document:
    own = {"external_id": one.state.target_id, "active": True, "source_url": ""}
    return one.document.model_copy(update=own)


def _changed(before: Document, one: WrittenCard) -> Document:
    """What the ledger had, with what was written of it; what it archived stays so until it says otherwise."""
    names = type(before).model_fields.keys() if one.fields is None else one.fields
    return before.model_copy(update={name: getattr(one.document, name) for name in set(names) - _THEIRS})


def _is_newer(one: WrittenCard, before: sa.Row[Any], sent: Mapping[str, datetime]) -> bool:
    """Whether it was sent after the ledger was read: what was looked for may have been read, and edited, meanwhile."""
    at = sent.get(one.batch_id or "")
    return at is not None and at >= before.seen_at


def _known(db: sa.Connection, ledger_id: int, written: Iterable[WrittenCard]) -> dict[tuple[str, str], sa.Row[Any]]:
    by_kind: dict[Kind, set[str]] = {}
    for one in written:
        by_kind.setdefault(one.state.kind, set()).add(one.state.target_id)
    columns = (snapshots.c.kind, snapshots.c.external_id, snapshots.c.document, snapshots.c.seen_at)
    found: dict[tuple[str, str], sa.Row[Any]] = {}
    for kind, ids in by_kind.items():
        mine = sa.select(*columns).where(snapshots.c.connection_id == ledger_id, snapshots.c.kind == kind.value)
        for part in chunks(sorted(ids)):
            found |= {
                (row.kind, row.external_id): row for row in db.execute(mine.where(snapshots.c.external_id.in_(part)))
            }
    return found


def _sent_at(db: sa.Connection, batch_ids: Iterable[str]) -> dict[str, datetime]:
    ids = sorted(set(batch_ids))
    if not ids:
        return {}
    chosen = sa.select(batches.c.id, batches.c.sent_at).where(batches.c.id.in_(ids))
    return {row.id: row.sent_at for row in db.execute(chosen)}
