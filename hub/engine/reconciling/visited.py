"""Proofs of a ledger that visits: at the end of a visit it is asked for the marks, a portion with each question.

A proof is made within one visit, since what is asked in two is not asked at one time. Where the visit breaks off, the
next one begins it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.engine.looking import of_each
from hub.engine.reconciling import work
from hub.engine.reconciling.loading import DATED
from hub.engine.reconciling.proving import ProofMaker, count_links, live_links, proof_rows
from hub.engine.reconciling.work import Work, attempt, claim
from hub.engine.runs import RunToken
from hub.models import Integration, Proof, Run, table
from hub.models.states import ReconciliationState
from hub.providers import Operation, Visit

if TYPE_CHECKING:
    from hub.engine.hub import Hub

integrations = table(Integration)
run_rows = table(Run)

AT_ONCE = 100
"""Marks of one question: some are a query each."""
_OPEN = (ReconciliationState.WANTED.value, ReconciliationState.OPEN.value)


@dataclass(frozen=True)
class Portion:
    """What is asked next, and where the visit keeps that it was."""

    asked: Mapping[str, Any]
    operations: Sequence[Operation]


def is_wanted(hub: Hub, ledger_id: int) -> bool:
    """Whether a visit has a proof to make."""
    return _next(hub, ledger_id) is not None


def next_portion(hub: Hub, run: RunToken) -> Portion | None:
    """The next marks to ask for in this visit; None when no proof is wanted any more."""
    tried: set[int] = set()
    while (row := _next(hub, run.connection_id)) is not None and row.id not in tried:
        tried.add(row.id)
        at = _at(hub, run)
        if row.state == ReconciliationState.OPEN.value and at.get("proof") == row.id:
            begun = _resumed(hub, row, at["token"])
        else:
            fresh = _begun(hub, row, run)
            if fresh is None:
                return None
            begun, at = fresh
        found: list[Portion] = []
        attempt(hub, begun.work, lambda: found.extend(_portion(begun, at)))  # noqa: B023 - it is called at once
        if found:
            return found[0]
    return None


def take(hub: Hub, run: RunToken, visit: Visit, asked: Mapping[str, Any], answer: bytes) -> None:
    """Save what was answered about the marks of the last question. What goes wrong ends the proof, not the visit."""
    row = _next(hub, run.connection_id)
    if row is None or row.id != asked["proof"] or row.state != ReconciliationState.OPEN.value:
        return
    maker = _resumed(hub, row, asked["token"])

    def keep() -> None:
        operations = maker.operations_of(maker.links_of(asked["links"]))
        found = of_each(operations, visit.found(operations, answer))
        maker.hear(maker.links_of([one.id for one in operations]), found)
        maker.work.calls["ledger"] = maker.work.all_calls + 1
        maker.tell()
        run.progress("prove", proof={name: part for name, part in asked.items() if name not in ("do", "links")})

    attempt(hub, maker.work, keep)


def let_go(hub: Hub, ledger_id: int) -> None:
    """The visit is over: what it did not finish is wanted again."""
    row = _next(hub, ledger_id)
    if row is not None and row.state == ReconciliationState.OPEN.value:
        work.give_up(hub, proof_rows, row.id)


def _next(hub: Hub, ledger_id: int) -> sa.Row[Any] | None:
    """The proof that was asked for first, with one that is under way before others."""
    mine = sa.select(integrations.c.id).where(integrations.c.ledger_id == ledger_id)
    chosen = sa.select(proof_rows).where(proof_rows.c.state.in_(_OPEN), proof_rows.c.integration_id.in_(mine))
    with hub.store.read() as db:
        return db.execute(chosen.order_by(proof_rows.c.state, proof_rows.c.id).limit(1)).first()


def _at(hub: Hub, run: RunToken) -> dict[str, Any]:
    """Where the visit is in its proof."""
    with hub.store.read() as db:
        progress = db.execute(sa.select(run_rows.c.progress).where(run_rows.c.id == run.id)).scalar_one()
    return dict(progress.get("proof") or {})


def _begun(hub: Hub, row: sa.Row[Any], run: RunToken) -> tuple[ProofMaker, dict[str, Any]] | None:
    """Begin one in this visit; None where another process has it."""
    if row.state == ReconciliationState.OPEN.value:  # of a visit that is no more
        work.give_up(hub, proof_rows, row.id)
    claimed = claim(hub, proof_rows, row.id)
    if claimed is None:
        return None
    claimed.calls = {}
    integration = hub.integration(row.integration_id)
    with hub.store.read() as db:
        count = sum(count_links(db, integration.id or 0).values())
    maker = ProofMaker(hub, claimed, integration)
    with hub.store.write() as db:
        claimed.guard(db, links=count, asked=0, found=0, kinds={}, duplicates=[], missing=[])
    at = {"proof": row.id, "token": claimed.token, "kind": DATED[0], "last": 0}
    run.progress("prove", proof=at)
    return maker, at


def _resumed(hub: Hub, row: sa.Row[Any], token: str) -> ProofMaker:
    """One that is under way, as it was saved after the last answer."""
    proof = Proof(**row._mapping)
    present = hub.clock()
    begun = Work(hub.store, proof_rows, proof.id or 0, token, hub.clock, present, calls={"ledger": proof.calls})
    return ProofMaker(
        hub,
        begun,
        hub.integration(proof.integration_id),
        kinds=dict(proof.kinds),
        asked=proof.asked,
        found=proof.found,
        duplicates=list(proof.duplicates),
        missing=list(proof.missing),
    )


def _portion(maker: ProofMaker, at: Mapping[str, Any]) -> list[Portion]:
    """The next links that can be asked for; none when all were, and then the proof is finished."""
    kind, last = str(at["kind"]), int(at["last"])
    for each in DATED[DATED.index(kind) :]:
        chosen = live_links(maker.integration.id or 0, each, after=last if each == kind else 0).limit(AT_ONCE)
        with maker.hub.store.read() as db:
            part = db.execute(chosen).all()
        operations = maker.operations_of(part)
        if operations:
            links = [operation.id for operation in operations]
            asked = {"proof": at["proof"], "token": at["token"], "kind": each, "last": part[-1].id, "links": links}
            return [Portion(asked, operations)]
    maker.finish([])
    return []
