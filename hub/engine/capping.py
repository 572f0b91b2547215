"""Allocations use no more than is there: what is due on the document, and what is left on the credit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from hub.documents import Allocation, Kind
from hub.engine.money import money_moved
from hub.engine.notes import forget_facts
from hub.engine.runs import RunToken
from hub.mapping import Ref, link_fact
from hub.models import Exclusion, OperationFact, OperationRow, OperationState, table
from hub.providers import Action, Operation
from hub.reconcile import Dependency

exclusions = table(Exclusion)
operation_facts = table(OperationFact)
operations = table(OperationRow)


def capped(one: Operation, standing: Mapping[Ref, Dependency]) -> Operation | None:
    """An allocation uses at most what is still due on the invoice and left on the credit; None when that is nothing."""
    document = one.document
    if not isinstance(document, Allocation) or one.action is not Action.CREATE:
        return one
    amount = document.amount
    for ref in ((document.credit_kind, document.credit_id), (document.document_kind, document.document_id)):
        state = standing.get(ref, Dependency()).state
        if state is not None and state.due is not None:
            amount = min(amount, state.due)
    if amount <= 0:
        return None
    if amount == document.amount:
        return one
    return replace(one, document=document.model_copy(update={"amount": amount}))


def spend(one: Operation, standing: dict[Ref, Dependency]) -> None:
    """What goes in this batch is no longer due for the rest of it."""
    if one.action is not Action.CREATE:
        return
    for (kind, id), amount in money_moved(one.document):
        before = standing.get((Kind(kind), id), Dependency())
        if before.state is not None and before.state.due is not None:
            left = before.state.model_copy(update={"due": before.state.due - amount})
            standing[Kind(kind), id] = replace(before, state=left, moved=before.moved + amount)


def nothing_left(db: sa.Connection, run: RunToken, row: sa.Row[Any]) -> None:
    """An allocation that came too late: the credit stays open in the ledger."""
    reason = "nothing is due on the invoice any more; the credit stays open in the ledger"
    change = sa.update(operations).where(operations.c.id == row.id)
    db.execute(change.values(state=OperationState.REPLACED.value, reason=reason, settled_at=run.clock()))
    db.execute(
        sa.delete(exclusions).where(exclusions.c.flow_id == row.flow_id, exclusions.c.external_id == row.source_id)
    )
    db.execute(sa.insert(exclusions).values(flow_id=row.flow_id, external_id=row.source_id, rule=reason))
    _wait_for_money(db, row)


def _wait_for_money(db: sa.Connection, row: sa.Row[Any]) -> None:
    """Should something be due again, because somebody took a payment back, it is planned anew."""
    before = sa.select(operations.c.id).where(
        operations.c.flow_id == row.flow_id,
        operations.c.integration_id == row.integration_id,  # with the kind: the index of a record's operations
        operations.c.kind == row.kind,
        operations.c.source_id == row.source_id,
    )
    forget_facts(db, list(db.execute(before).scalars()))
    facts = {link_fact(kind, id) for kind, id in row.depends_on}
    rows = [{"operation_id": row.id, "fact": fact, "integration_id": row.integration_id} for fact in sorted(facts)]
    db.execute(sa.insert(operation_facts), rows)
