"""What changed in linked contacts since they were last written, as far as the ledger would see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.documents import Address, Kind
from hub.engine.cases import cases_of, load_portion
from hub.engine.contact_list import CONTACT
from hub.engine.facts import load_ground
from hub.models import Snapshot, table
from hub.providers import Provider
from hub.reconcile import decide

snapshots = table(Snapshot)


@dataclass(frozen=True)
class Change:
    """One field of a contact: what was written, and what the stock system says now."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """What an upload would send; ``rule`` says why nothing, ``problem`` what keeps it."""

    fields: tuple[Change, ...] = ()
    rule: str = ""
    problem: str = ""


def changes_of(
    db: sa.Connection, integration_id: int, providers: Mapping[str, Provider], source_ids: Collection[str]
) -> dict[str, Changes]:
    """The changes of some contacts; raises ``SettingsError`` while the ledger has not been read."""
    ground = load_ground(db, integration_id, providers)
    flow = next((flow for flow in ground.flows.values() if flow.kind == Kind.CONTACT), None)
    if flow is None or not source_ids:
        return {}
    chosen = sa.select(snapshots.c.external_id, sa.literal("").label("reason")).where(
        snapshots.c.connection_id == ground.integration.stock_id,
        snapshots.c.kind == CONTACT,
        snapshots.c.external_id.in_(source_ids),
    )
    found: dict[str, Changes] = {}
    for case, _ in cases_of(load_portion(db, ground, flow, db.execute(chosen).all())):
        decision = decide(case)
        written = case.link.written_document if case.link else None
        fields = tuple(
            Change(name, _told(getattr(written, name, "")), _told(getattr(case.fitted, name)))
            for name in sorted(decision.fields or ())
        )
        problem = str(decision.problem) if decision.problem else ""
        found[case.document.external_id] = Changes(fields, decision.rule if not fields else "", problem)
    return found


def _told(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, Address):
        parts = (value.line1, value.line2, value.city, value.region, value.postcode, value.country)
        return ", ".join(part for part in parts if part)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_told(each) for each in value)
    return str(value)
