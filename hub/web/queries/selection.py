"""What a selection of proposals comes to: documents and value, calls, and what would have to wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.costs import Cost, cost_of
from hub.models import OperationState
from hub.providers import Action, Provider
from hub.web.access import visible_integrations
from hub.web.queries.money import from_thousandths, total_thousandths
from hub.web.queries.proposals import Filter, conditions, is_blocked
from hub.web.queries.tables import CONNECTIONS, OPERATIONS

WITHOUT_MONEY = (Kind.CONTACT.value, Kind.ITEM.value)
"""They may name a currency, and amount to nothing."""


@dataclass(frozen=True)
class KindTotal:
    """How many documents of a kind, and what they amount to, in one currency."""

    kind: str
    action: str
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class Which:
    """Which proposals: conditions, and the parameters that they ask for."""

    conditions: Sequence[sa.ColumnElement[bool]]
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """What approving it would do. ``blocked`` wait for a record that is neither posted nor selected."""

    totals: Sequence[KindTotal]
    cost: Cost
    blocked: int

    @property
    def count(self) -> int:
        """How many documents."""
        return sum(each.count for each in self.totals)

    @property
    def amounts(self) -> Mapping[str, Decimal]:
        """The value by currency."""
        found: dict[str, Decimal] = {}
        for each in self.totals:
            if each.currency:
                found[each.currency] = found.get(each.currency, Decimal(0)) + each.amount
        return found


def picked(ids: Sequence[int]) -> Which:
    """The proposals that were ticked, of those that the person who acts may see."""
    proposed = OPERATIONS.c.state == OperationState.PROPOSED.value
    return Which([OPERATIONS.c.id.in_(ids), proposed, visible_integrations(OPERATIONS.c.integration_id)])


def picked_ids(db: sa.Connection, ids: Sequence[int]) -> list[int]:
    """Those of the ticked proposals that there are, and that the person who acts may see."""
    return list(db.execute(sa.select(OPERATIONS.c.id).where(*picked(ids).conditions)).scalars())


def found(db: sa.Connection, chosen: Filter) -> Which:
    """The proposals that a filter finds."""
    return Which(conditions(db, chosen), chosen.asked)


def weigh(db: sa.Connection, providers: Mapping[str, Provider], which: Which) -> Selection:
    """Count a selection: two statements, however many there are."""
    parts = (OPERATIONS.c.ledger_id, OPERATIONS.c.kind, OPERATIONS.c.action, OPERATIONS.c.currency)
    counted = (
        sa.select(
            *parts,
            CONNECTIONS.c.provider,
            sa.func.count().label("count"),
            total_thousandths(OPERATIONS.c.amount).label("thousandths"),
        )
        .join(CONNECTIONS, CONNECTIONS.c.id == OPERATIONS.c.ledger_id)
        .where(*which.conditions)
        .group_by(*parts, CONNECTIONS.c.provider)
        .order_by(*parts)
    )
    rows = db.execute(counted, which.asked).all()
    others = sa.select(OPERATIONS.c.id).where(*which.conditions)
    waiting = sa.select(sa.func.count()).select_from(OPERATIONS)
    awaiting = waiting.where(*which.conditions, is_blocked(db, OPERATIONS, others))
    blocked = db.execute(awaiting, which.asked).scalar_one()
    return Selection(_totals(rows), _cost(rows, providers), blocked)


def _totals(rows: Sequence[sa.Row[Any]]) -> list[KindTotal]:
    """By kind, action and currency; several ledgers are added up."""
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in rows:
        key = (row.kind, row.action, "" if row.kind in WITHOUT_MONEY else row.currency)
        count, thousandths = sums.get(key, (0, 0))
        sums[key] = (count + row._mapping["count"], thousandths + int(row.thousandths))
    return [KindTotal(*key, count, from_thousandths(total)) for key, (count, total) in sorted(sums.items())]


def _cost(rows: Sequence[sa.Row[Any]], providers: Mapping[str, Provider]) -> Cost:
    """Batches hold documents of any currency, but of one ledger, kind and action."""
    counts: dict[tuple[str, int, str, str], int] = {}
    for row in rows:
        key = (row.provider, row.ledger_id, row.kind, row.action)
        counts[key] = counts.get(key, 0) + row._mapping["count"]
    cost = Cost()
    for (provider, _, kind, action), count in counts.items():
        if provider in providers:
            cost += cost_of(providers[provider], [(Kind(kind), Action(action), count)])
    return cost
