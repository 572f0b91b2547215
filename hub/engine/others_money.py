"""Money that others moved in the ledger: a person says that it is none of the payments that wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.documents import Kind, parse_document
from hub.engine.facts import load_ground
from hub.engine.money import money_moved
from hub.engine.notes import chunks, touch_facts
from hub.engine.runs import want_run
from hub.engine.standing import load_dependencies
from hub.mapping import link_fact
from hub.models import Link, OperationRow, OperationState, table

if TYPE_CHECKING:
    from hub.engine.decisions import Decisions

MAYBE_PAID = "maybe_paid_already"

links = table(Link)
operations = table(OperationRow)


def tell_apart(person: Decisions, operation_ids: Sequence[int]) -> int:
    """What was paid by others on these payments' documents is not these payments: they are planned again.

    It holds for the money that is there now. Answers with the number of payments that no longer wait for it.
    """
    count = 0
    with person.store.write() as db:
        for part in chunks(operation_ids):
            mine = sa.select(operations.c.id, operations.c.integration_id, operations.c.kind, operations.c.document)
            held = operations.c.state == OperationState.HELD.value, operations.c.problem_code == MAYBE_PAID
            for row in db.execute(mine.where(operations.c.id.in_(part), *held).order_by(operations.c.integration_id)):
                person.store.claim(db, row.integration_id)
                for (kind, source_id), _ in money_moved(parse_document(row.kind, row.document)):
                    _is_others(person, db, row.integration_id, Kind(kind), source_id)
                count += 1
    return count


def _is_others(person: Decisions, db: sa.Connection, integration_id: int, kind: Kind, source_id: str) -> None:
    ground = load_ground(db, integration_id, person.hub.providers)
    standing = load_dependencies(db, ground, [(kind, source_id)]).get((kind, source_id))
    if standing is None or standing.unexplained <= 0:
        return
    theirs = standing.others_money + standing.unexplained
    change = sa.update(links).where(
        links.c.integration_id == integration_id,
        links.c.kind == kind.value,
        links.c.source_id == source_id,
        links.c.live.is_(True),
    )
    db.execute(change.values(others_money=str(theirs), version=links.c.version + 1))
    touch_facts(person.store, db, [integration_id], [link_fact(kind, source_id)], waiting_only=False)
    want_run(db, ground.integration.ledger_id, "nudge", person.hub.clock())
    number = standing.state.number if standing.state else source_id
    person.hub.audit(db, person.actor, "told apart", f"{theirs} paid by others on {number}", integration=integration_id)
