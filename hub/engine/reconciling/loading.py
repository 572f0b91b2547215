"""What the hub knows of the documents that both sides named: how they stand, and what they are linked to.

It is looked up and gathered a portion at a time, so that memory does not grow with what is compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from hub.causes import Facts, Known, Movement
from hub.documents import Kind
from hub.engine.reconciling.obstacles import Obstacle, load_obstacles
from hub.engine.reconciling.stored import (
    DATED,
    INVOICES,
    Linked,
    Seen,
    links,
    links_of,
    money_on,
    of_records,
    snapshots_of,
)
from hub.models import Flow, Integration, JournalSummary, SummaryMember, table

__all__ = ["DATED", "load"]

flows = table(Flow)
members = table(SummaryMember)
summary_rows = table(JournalSummary)


def load(db: sa.Connection, integration: Integration, facts: Facts, currency: str) -> None:
    """Gather what is known of the documents (or records) that entries name, of the money that moved on them, and of
    what is linked to the ledger's documents.
    """
    _Loading(db, integration, facts, currency).load()


@dataclass(frozen=True)
class _Loading:
    """One comparison's looking up. ``currency`` is the base currency."""

    db: sa.Connection
    integration: Integration
    facts: Facts
    currency: str

    def load(self) -> None:
        for part in self.facts.named():
            self._add(self._named(part))
        for part in self.facts.targets():
            self._add_missing(links_of(self.db, self.integration, links.c.target_id, part))
        for part in self.facts.journals():
            summaries = _summaries(self.db, self.integration, part)
            for summary, ids in summaries.items():
                self.facts.add_members(summary, ids)
            self._add(self._snapshots(self.facts.missing(summaries)))
        for part in self.facts.sources():
            money = money_on(self.db, self.integration, part)
            for link in money:  # the stock system's books may name the document for both
                self.facts.add_members(link.document_id, [link.source_id])
            self._add_missing(money)

    def _named(self, ids: Collection[str]) -> list[Seen]:
        """The documents of these external ids; of those that are none, all documents of the records of these ids."""
        rows = self._snapshots(ids)
        rest = set(ids) - {row.external_id for row in rows}
        return [*rows, *of_records(self.db, self.integration.stock_id, rest)]

    def _snapshots(self, ids: Iterable[str]) -> list[Seen]:
        return snapshots_of(self.db, self.integration.stock_id, ids)

    def _add_missing(self, linked: Sequence[Linked]) -> None:
        """Links, and the documents of theirs that are not there yet."""
        self.facts.add_joints(link.joint for link in linked)
        self._add(self._snapshots(self.facts.missing(link.source_id for link in linked)))

    def _add(self, rows: Sequence[Seen]) -> None:
        """Documents with their links, and how they stand."""
        ids = sorted({row.external_id for row in rows})
        if not ids:
            return
        linked = links_of(self.db, self.integration, links.c.source_id, ids)
        written = {link.joint.source: link.written_fingerprint for link in linked if link.joint.live}
        obstacles = load_obstacles(self.db, self.integration.id or 0, ids)
        invoiced = _invoiced(self.db, self.integration.stock_id, rows)
        self.facts.add_joints(link.joint for link in linked)
        self.facts.add_documents(
            self._known(
                row,
                written.get((Kind(row.kind), row.external_id), ""),
                obstacles.of(row.kind, row.external_id),
                invoiced.get(row.record_id),
            )
            for row in rows
        )

    def _known(self, row: Seen, written: str, obstacle: Obstacle | None, invoiced_on: date | None) -> Known:
        return Known(
            ref=(Kind(row.kind), row.external_id),
            record_id=row.record_id,
            number=row.number or row.label,
            date=row.document_date,
            is_live=row.is_live,
            is_foreign=row.currency not in ("", self.currency),
            movement=row.movement,
            invoiced_on=invoiced_on,
            is_planned=obstacle is not None and obstacle.is_planned,
            obstacle=obstacle.words if obstacle else "",
            changed=bool(written) and written != row.fingerprint,
            snapshot_id=row.id,
            operation_id=obstacle.operation_id if obstacle else None,
            url=row.url,
        )


def _summaries(db: sa.Connection, integration: Integration, ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The journals that the hub made of several, with all that are posted within them, and with those they correct."""
    mine = sa.select(flows.c.id).where(flows.c.integration_id == integration.id, flows.c.kind == Kind.JOURNAL.value)
    flow_ids = db.execute(mine).scalars().all()
    posted = sa.select(members.c.external_id, members.c.summary_id).where(
        members.c.flow_id.in_(flow_ids), members.c.posted.is_(True)
    )
    found: dict[str, list[str]] = {}
    for row in db.execute(posted.where(sa.or_(members.c.external_id.in_(ids), members.c.summary_id.in_(ids)))):
        found.setdefault(row.summary_id, []).append(row.external_id)
    made = sa.select(summary_rows.c.external_id, summary_rows.c.corrects).where(
        summary_rows.c.flow_id.in_(flow_ids), summary_rows.c.corrects != ""
    )
    of_these = sa.or_(summary_rows.c.external_id.in_(ids), summary_rows.c.corrects.in_([*ids, *found]))
    for row in db.execute(made.where(of_these)):
        found.setdefault(row.external_id, []).append(row.corrects)
    return found


def _invoiced(db: sa.Connection, stock_id: int, rows: Iterable[Seen]) -> dict[str, date]:
    """When what each record is about was first invoiced, for the records that move goods."""
    records = {row.record_id for row in rows if row.kind == Kind.JOURNAL.value and row.movement is not Movement.NONE}
    found: dict[str, date] = {}
    for row in of_records(db, stock_id, records - {""}):
        if row.kind in INVOICES and row.document_date is not None and row.is_live:
            found[row.record_id] = min(row.document_date, found.get(row.record_id, row.document_date))
    return found
