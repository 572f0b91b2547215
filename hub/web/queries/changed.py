"""Posted documents that changed since: in the stock system, where an operation says so, or in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

import sqlalchemy as sa

from hub.amounts import amount
from hub.documents import Document, Kind, parse_document
from hub.engine.changes import Changed, changed
from hub.engine.facts import load_targets, refs_of
from hub.models.posting import CHANGING
from hub.providers import Provider, TargetState
from hub.reconcile import is_head_of
from hub.web.access import visible_integrations
from hub.web.comparison import Difference, changes
from hub.web.paging import Paged, paged
from hub.web.queries import naming
from hub.web.queries.naming import SETTLING, settling_document
from hub.web.queries.report_status import DATED
from hub.web.queries.tables import INTEGRATIONS, LINKS, OPERATIONS, SNAPSHOTS

Targets = dict[tuple[int, Any], str]
"""The ledger's ids of what the source's documents name, by integration and record."""
ContactNames = Mapping[tuple[int, str], str]
"""By connection and id."""


@dataclass(frozen=True)
class InStock:
    """A change of the source: the operation about it, and the case as it stands; None when it is no longer linked."""

    operation: sa.Row[Any]
    case: Changed | None
    name: str

    @property
    def differences(self) -> list[Difference]:
        """What we wrote, and what it would be now."""
        return changes(self.case.written, self.case.wanted) if self.case else []


@dataclass(frozen=True)
class InLedger:
    """A change that somebody made in the ledger."""

    link: sa.Row[Any]
    differences: list[Difference]
    name: str

    @property
    def what_else(self) -> str:
        """What was edited where no difference can be told."""
        if is_head_of(self.link.settled_stamp, TargetState.model_validate(self.link.state)):
            return "Its lines, or other details that are not kept here"
        # Of what was there before the hub, it has kept no form to compare with.
        return "Its reference" if self.link.written_document else "Its number, reference, contact, date or total"


def in_stock(db: sa.Connection, providers: Mapping[str, Provider], integration: int | None, number: int) -> Paged:
    """One page of changes that travel, or wait, or must not travel, oldest first."""
    shown = (
        *SETTLING,
        OPERATIONS.c.id,
        OPERATIONS.c.flow_id,
        OPERATIONS.c.kind,
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
    names = _names(db, page.rows)
    rows = [InStock(row, cases[row.integration_id, row.flow_id].get(row.source_id), names[row.id]) for row in page.rows]
    return Paged(rows, page.total, page.number, page.size)


def in_ledger(db: sa.Connection, integration: int | None, number: int) -> Paged:
    """One page of links whose target is not what the hub left there, newest first."""
    named = sa.and_(
        SNAPSHOTS.c.connection_id == INTEGRATIONS.c.stock_id,
        SNAPSHOTS.c.kind == LINKS.c.kind,
        SNAPSHOTS.c.external_id == LINKS.c.source_id,
    )
    chosen = (
        sa.select(LINKS, SNAPSHOTS.c.id.label("snapshot_id"), SNAPSHOTS.c.label, settling_document(SNAPSHOTS))
        .join(INTEGRATIONS, INTEGRATIONS.c.id == LINKS.c.integration_id)
        .join(SNAPSHOTS, named)
        .where(_within(LINKS.c.integration_id, integration), LINKS.c.live, LINKS.c.edited)
        .where(sa.func.lower(LINKS.c.kind).in_(DATED))
    )
    page = paged(db, chosen.order_by(LINKS.c.id.desc()), number)
    written = {row.id: parse_document(row.kind, row.written_document) for row in page.rows if row.written_document}
    targets: Targets = {}
    for integration_id in {row.integration_id for row in page.rows}:
        refs = {ref for document in written.values() for ref in refs_of(document)}
        targets |= {(integration_id, ref): id for ref, id in load_targets(db, integration_id, refs).items()}
    names = _names(db, page.rows)
    contacts = _contact_names(db, page.rows, targets)
    rows = [InLedger(row, _edits(row, written.get(row.id), targets, contacts), names[row.id]) for row in page.rows]
    return Paged(rows, page.total, page.number, page.size)


def _names(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[int, str]:
    """What each row's document is called, by the row's id; what has no number, after what it belongs to."""
    called = naming.operations_called(db, rows)
    return {row.id: called[row.id].name if row.id in called else row.label for row in rows}


def _within(column: sa.ColumnElement[Any], integration: int | None) -> sa.ColumnElement[bool]:
    """One integration, or every one that may be seen; named since the indexes begin with it."""
    visible = sa.select(INTEGRATIONS.c.id).where(visible_integrations(INTEGRATIONS.c.id))
    return column.in_(visible.where(INTEGRATIONS.c.id == integration) if integration else visible)


def _edits(row: sa.Row[Any], written: Document | None, targets: Targets, names: ContactNames) -> list[Difference]:
    """In what the ledger's record differs from what we left there, so far as the hub knows what that was."""
    state = TargetState.model_validate(row.state)
    before = _as_written(row, written, targets)
    differing = [name for name, value in before.items() if getattr(state, name) != value]
    edited = _edited_fields(row.settled_stamp, state, before, differing)
    currency = state.currency or getattr(written, "currency", "") or ""
    found: list[Difference] = []
    for name in edited:
        sides = (before[name], getattr(state, name))
        if name == "contact_id":
            found.append(_contacts(*sides, {id: names.get((row.ledger_id, id), "") for id in sides}))
        else:
            found.append(Difference(name, *(_said(value, currency) for value in sides)))
    return found


def _as_written(row: sa.Row[Any], written: Document | None, targets: Targets) -> dict[str, Any]:
    """What we wrote of what a ledger says of its records, by the names that it has there; only what we know."""
    total = getattr(written, "total", None)
    contacts = (targets.get((row.integration_id, ref), "") for ref in _contact(written))
    told = {
        "number": getattr(written, "number", ""),
        "date": getattr(written, "date", None),
        "total": getattr(written, "amount", None) if total is None else total,
        "contact_id": next(contacts, ""),
    }
    known = {name: value for name, value in told.items() if value not in (None, "")}
    # Unlike the others it may well be empty; not every kind has one.
    reference = getattr(written, "reference", None)
    return known if reference is None else known | {"reference": reference}


def _edited_fields(
    settled: str, state: TargetState, before: Mapping[str, Any], differing: Sequence[str]
) -> Sequence[str]:
    """Which of the ``differing`` fields somebody edited.

    A ledger may have kept another form than we wrote: a shorter number, a reference with a mark. So the fewest are told
    that make the record what it was when the hub left it; where none do, all whose values are there to be compared.
    """
    for count in range(len(differing) + 1):
        for names in combinations(differing, count):
            restored = state.model_copy(update={name: before[name] for name in names})
            if is_head_of(settled, restored):
                return names
    return [name for name in differing if getattr(state, name) not in (None, "")]


def _contacts(before: str, after: str, names: Mapping[str, str]) -> Difference:
    """Two contacts of the ledger by name; with their ids where that tells nothing apart, or there is none."""
    if names[before] and names[after] and names[before] != names[after]:
        return Difference("contact", names[before], names[after])
    return Difference("contact", *(f"{names[id]} ({id})" if names[id] else id for id in (before, after)))


def _said(value: object, currency: str) -> str:
    """A value as text; a total of zero says something."""
    if isinstance(value, Decimal):
        return amount(value, currency)
    return "" if value is None else str(value)


def _contact(written: Document | None) -> list[Any]:
    return [ref for ref in refs_of(written) if ref[0] == "contact"] if written else []


def _contact_names(db: sa.Connection, rows: Sequence[sa.Row[Any]], targets: Targets) -> ContactNames:
    """What the ledgers call the contacts that these links' documents were with, and are with now; one statement."""
    ids = {row.state.get("contact_id", "") for row in rows}
    ids |= {id for (_, ref), id in targets.items() if ref[0] == Kind.CONTACT}
    chosen = sa.select(SNAPSHOTS.c.connection_id, SNAPSHOTS.c.external_id, SNAPSHOTS.c.label).where(
        SNAPSHOTS.c.connection_id.in_({row.ledger_id for row in rows}),
        SNAPSHOTS.c.kind == Kind.CONTACT.value,
        SNAPSHOTS.c.external_id.in_(ids - {""}),
    )
    return {(row.connection_id, row.external_id): row.label for row in db.execute(chosen)}
