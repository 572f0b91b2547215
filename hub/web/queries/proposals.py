"""Operations that wait for a person's approval."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from hub.models import OperationState
from hub.web.paging import Paged, paged
from hub.web.queries.money import from_thousandths, number, total_thousandths
from hub.web.queries.tables import INTEGRATIONS, OPERATIONS

SHOWN = (
    OPERATIONS.c.id,
    OPERATIONS.c.kind,
    OPERATIONS.c.label,
    OPERATIONS.c.action,
    OPERATIONS.c.amount,
    OPERATIONS.c.currency,
    OPERATIONS.c.document_date,
    OPERATIONS.c.payload_hash,
    OPERATIONS.c.warnings,
    OPERATIONS.c.caught,
    OPERATIONS.c.reason,
)


@dataclass(frozen=True)
class Filter:
    """Which proposals are asked for; every part is optional. ``upto`` leaves out what was proposed later."""

    integration: int | None = None
    kind: str = ""
    text: str = ""
    least: str = ""
    most: str = ""
    caught: bool = False
    upto: int | None = None

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Filter:
        """The filter in an address or a form; what can't be read is left out."""
        return cls(
            integration=_whole(sent.get("integration", "")),
            kind=sent.get("kind", "").strip(),
            text=sent.get("text", "").strip(),
            least=_amount(sent.get("least", "")),
            most=_amount(sent.get("most", "")),
            caught=bool(sent.get("caught")),
            upto=_whole(sent.get("upto", "")),
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The filter as the arguments of an address."""
        given = {name: value for name, value in asdict(self).items() if value}
        return {name: "yes" if value is True else str(value) for name, value in given.items()}


@dataclass(frozen=True)
class KindTotal:
    """How many documents of a kind, and what they amount to, in one currency."""

    kind: str
    action: str
    currency: str
    count: int
    amount: Decimal


def proposals(db: sa.Connection, chosen: Filter, page: int) -> Paged:
    """One page of proposals, oldest first."""
    return paged(db, sa.select(*SHOWN).where(*_conditions(chosen)).order_by(OPERATIONS.c.id), page)


def proposal_ids(db: sa.Connection, chosen: Filter) -> list[int]:
    """Every proposal that the filter finds."""
    return list(db.execute(sa.select(OPERATIONS.c.id).where(*_conditions(chosen))).scalars())


def newest_proposal(db: sa.Connection) -> int:
    """The id of the newest operation there is, to name what a person has seen."""
    return int(db.execute(sa.select(sa.func.max(OPERATIONS.c.id))).scalar() or 0)


def totals(db: sa.Connection, chosen: Filter) -> list[KindTotal]:
    """What approving everything the filter finds would post."""
    parts = (OPERATIONS.c.kind, OPERATIONS.c.action, OPERATIONS.c.currency)
    summed = total_thousandths(OPERATIONS.c.amount).label("thousandths")
    counted = sa.select(*parts, sa.func.count().label("count"), summed).where(*_conditions(chosen)).group_by(*parts)
    return [
        KindTotal(row.kind, row.action, row.currency, row._mapping["count"], from_thousandths(row.thousandths))
        for row in db.execute(counted.order_by(*parts))
    ]


def kinds_proposed(db: sa.Connection) -> list[str]:
    """The kinds there are proposals of."""
    every = sa.select(OPERATIONS.c.kind).where(*_conditions(Filter())).distinct()
    return sorted(db.execute(every).scalars())


def contact_names(db: sa.Connection, ids: Sequence[int]) -> dict[int, str]:
    """The contacts that documents name, by operation."""
    chosen = sa.select(OPERATIONS.c.id, OPERATIONS.c.document).where(OPERATIONS.c.id.in_(ids))
    return {row.id: json.loads(row.document).get("contact_name", "") for row in db.execute(chosen)}


def _conditions(chosen: Filter) -> list[sa.ColumnElement[bool]]:
    """The integrations are always named, since the index begins with them."""
    all_integrations = sa.select(INTEGRATIONS.c.id)
    conditions: list[Any] = [
        OPERATIONS.c.integration_id == chosen.integration
        if chosen.integration
        else OPERATIONS.c.integration_id.in_(all_integrations),
        OPERATIONS.c.state == OperationState.PROPOSED.value,
    ]
    if chosen.kind:
        conditions.append(OPERATIONS.c.kind == chosen.kind)
    if chosen.text:
        conditions.append(OPERATIONS.c.label.icontains(chosen.text, autoescape=True))
    if chosen.least:
        conditions.append(number(OPERATIONS.c.amount) >= Decimal(chosen.least))
    if chosen.most:
        conditions.append(number(OPERATIONS.c.amount) <= Decimal(chosen.most))
    if chosen.caught:
        conditions.append(OPERATIONS.c.caught.is_(True))
    if chosen.upto:
        conditions.append(OPERATIONS.c.id <= chosen.upto)
    return conditions


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _amount(text: str) -> str:
    """An amount that can be compared with; thousands may be separated by commas."""
    bare = text.strip().replace(",", "")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        return ""
    return bare if value.is_finite() and abs(value) < 10**15 else ""
