"""What would become of a document under the mappings as they are: every rule that fires, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from hub.documents import Document, Kind
from hub.engine.cases import cases_of
from hub.engine.facts import load_ground
from hub.engine.first_write import portion_of
from hub.errors import Problem
from hub.mapping import fold
from hub.models import Snapshot, table
from hub.providers import Provider
from hub.reconcile import Case, decide

snapshots = table(Snapshot)

AT_MOST = 5
"""How many documents of one number are explained."""


@dataclass(frozen=True)
class Explained:
    """One document with the ledger's codes. ``rules`` are the sentences of its trace, ``problems`` what holds it."""

    source: Document
    document: Document
    rules: tuple[str, ...]
    problems: tuple[Problem, ...]
    outcome: str


def explain(db: sa.Connection, providers: Mapping[str, Provider], integration_id: int, number: str) -> list[Explained]:
    """The documents of the stock system with this number, as they would be posted now; nothing is changed."""
    ground = load_ground(db, integration_id, providers)
    by_kind = {flow.kind: flow for flow in ground.flows.values()}
    chosen = (
        sa.select(snapshots.c.kind, snapshots.c.external_id)
        .where(snapshots.c.connection_id == ground.integration.stock_id, snapshots.c.kind.in_(by_kind))
        .where(snapshots.c.natural_key == fold(number), snapshots.c.withdrawn.is_(False))
    )
    found: list[Explained] = []
    for row in db.execute(chosen.order_by(snapshots.c.id).limit(AT_MOST)).all():
        portion = portion_of(db, ground, by_kind[Kind(row.kind)], [row.external_id])
        found += [_explained(case) for case, _ in cases_of(portion)]
    return found


def _explained(case: Case) -> Explained:
    decision = decide(case)
    known = {problem.code: problem for problem in (*case.resolved.problems, *case.fit_problems)}
    if decision.problem is not None:
        known.setdefault(decision.problem.code, decision.problem)
    return Explained(
        source=case.document,
        document=decision.document or case.fitted,
        rules=tuple(dict.fromkeys(case.resolved.trace)),
        problems=tuple(known.values()),
        outcome=decision.rule or decision.verdict.value,
    )
