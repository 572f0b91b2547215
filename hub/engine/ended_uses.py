"""Uses of credits that a person took off in the ledger, where it only tells which ones are left.

One that ended is missing, and nothing of the credit is used there: it is told among what was edited in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from hub.documents import CREDIT_KINDS, Kind
from hub.engine.notes import chunks
from hub.models import Link, table
from hub.providers import Page, TargetState, TargetStatus

_NOTHING = Decimal("0.00")
uses = table(Link)
credit_links = uses.alias("credit_link")


def ended_uses(db: sa.Connection, ledger_id: int, page: Page) -> list[TargetState]:
    """The states of the uses that were posted and that the page, which tells all of their credit, does not name."""
    named = {state.target_id for state in page.states if state.kind is Kind.ALLOCATION}
    found = {id for part in chunks(sorted(page.credits)) for id in _posted(db, ledger_id, part)}
    return [
        TargetState(kind=Kind.ALLOCATION, target_id=id, status=TargetStatus.MISSING, total=_NOTHING)
        for id in sorted(found - named)
    ]


def _posted(db: sa.Connection, ledger_id: int, credit_ids: Sequence[str]) -> list[str]:
    return list(db.execute(_USES, {"ledger": ledger_id, "credits": credit_ids}).scalars())


_USES = sa.select(uses.c.target_id).where(
    uses.c.kind == Kind.ALLOCATION.value,
    uses.c.live.is_(True),
    uses.c.credit_id != sa.literal_column("''"),
    sa.exists().where(
        credit_links.c.ledger_id == sa.bindparam("ledger"),
        credit_links.c.kind.in_([kind.value for kind in sorted(CREDIT_KINDS)]),
        credit_links.c.target_id.in_(sa.bindparam("credits", expanding=True)),
        credit_links.c.live.is_(True),
        credit_links.c.integration_id == uses.c.integration_id,
        credit_links.c.source_id == uses.c.credit_id,
    ),
)
