"""Posted documents that changed since: in the stock system, where an operation says so, or in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.documents import Document, parse_document
from hub.engine.changes import Changed, changed
from hub.engine.facts import load_targets, refs_of
from hub.models.posting import CHANGING
from hub.providers import Provider, TargetState
from hub.web.access import visible_integrations
from hub.web.comparison import Difference, changes
from hub.web.paging import Paged, paged
from hub.web.queries.report_statements import DATED
from hub.web.queries.tables import INTEGRATIONS, LINKS, OPERATIONS, SNAPSHOTS


@dataclass(frozen=True)
class InStock:
    """A change of the source: the operation about it, and the case as it stands; None when it is no longer linked."""

    operation: sa.Row[Any]
    case: Changed | None

    @property
    def differences(self) -> list[Difference]:
        """What we wrote, and what it would be now."""
        return changes(self.case.written, self.case.wanted) if self.case else []


@dataclass(frozen=True)
class InLedger:
    """A change that somebody made in the ledger."""

    link: sa.Row[Any]
    differences: list[Difference]


def in_stock(db: sa.Connection, providers: Mapping[str, Provider], integration: int | None, number: int) -> Paged:
    """One page of changes that travel, or wait, or must not travel, oldest first."""
    shown = (
        OPERATIONS.c.id,
        OPERATIONS.c.integration_id,
        OPERATIONS.c.flow_id,
        OPERATIONS.c.kind,
        OPERATIONS.c.source_id,
        OPERATIONS.c.label,
        OPERATIONS.c.action,
        OPERATIONS.c.state,
        OPERATIONS.c.payload_hash,
        OPERATIONS.c.problem,
        OPERATIONS.c.problem_code,
        OPERATIONS.c.link_id,
        OPERATIONS.c.amount,
        OPERATIONS.c.currency,
        OPERATIONS.c.document_date,
    )
    chosen = sa.select(*shown).where(_within(OPERATIONS.c.integration_id, integration))
    chosen = chosen.where(sa.text(CHANGING), sa.func.lower(OPERATIONS.c.kind).in_(DATED)).order_by(OPERATIONS.c.id)
    page = paged(db, chosen, number, id=OPERATIONS.c.id)
    by_flow: dict[tuple[int, int], list[str]] = {}
    for row in page.rows:
        by_flow.setdefault((row.integration_id, row.flow_id), []).append(row.source_id)
    cases = {flow: changed(db, providers, *flow, ids) for flow, ids in by_flow.items()}
    rows = [InStock(row, cases[row.integration_id, row.flow_id].get(row.source_id)) for row in page.rows]
    return Paged(rows, page.total, page.number, page.size)


def in_ledger(db: sa.Connection, integration: int | None, number: int) -> Paged:
    """One page of links whose target is not what the hub left there, newest first."""
    named = sa.and_(
        SNAPSHOTS.c.connection_id == INTEGRATIONS.c.stock_id,
        SNAPSHOTS.c.kind == LINKS.c.kind,
        SNAPSHOTS.c.external_id == LINKS.c.source_id,
    )
    chosen = (
        sa.select(LINKS, SNAPSHOTS.c.id.label("snapshot_id"), SNAPSHOTS.c.label)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == LINKS.c.integration_id)
        .join(SNAPSHOTS, named)
        .where(_within(LINKS.c.integration_id, integration), LINKS.c.live, LINKS.c.edited)
        .where(sa.func.lower(LINKS.c.kind).in_(DATED))
    )
    page = paged(db, chosen.order_by(LINKS.c.id.desc()), number)
    written = {row.id: parse_document(row.kind, row.written_document) for row in page.rows if row.written_document}
    targets: dict[tuple[int, Any], str] = {}
    for integration_id in {row.integration_id for row in page.rows}:
        refs = {ref for document in written.values() for ref in refs_of(document)}
        targets |= {(integration_id, ref): id for ref, id in load_targets(db, integration_id, refs).items()}
    rows = [InLedger(row, _edits(row, written.get(row.id), targets)) for row in page.rows]
    return Paged(rows, page.total, page.number, page.size)


def _within(column: sa.ColumnElement[Any], integration: int | None) -> sa.ColumnElement[bool]:
    """One integration, or every one that may be seen; named since the indexes begin with it."""
    visible = sa.select(INTEGRATIONS.c.id).where(visible_integrations(INTEGRATIONS.c.id))
    return column.in_(visible.where(INTEGRATIONS.c.id == integration) if integration else visible)


def _edits(row: sa.Row[Any], written: Document | None, targets: Mapping[tuple[int, Any], str]) -> list[Difference]:
    """In what the ledger's record differs from what we wrote."""
    state = TargetState.model_validate(row.state)
    before = {
        "number": getattr(written, "number", ""),
        "date": getattr(written, "date", None),
        "total": getattr(written, "total", None) or getattr(written, "amount", None),
        "contact": next((targets.get((row.integration_id, ref), "") for ref in _contact(written)), ""),
    }
    after = {"number": state.number, "date": state.date, "total": state.total, "contact": state.contact_id}
    found = [Difference(name, _said(before[name]), _said(after[name])) for name in before]
    return [each for each in found if each.changed and each.after and each.before]


def _said(value: object) -> str:
    """A value as text; a total of zero says something."""
    return "" if value is None else str(value)


def _contact(written: Document | None) -> list[Any]:
    return [ref for ref in refs_of(written) if ref[0] == "contact"] if written else []
