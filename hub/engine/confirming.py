"""What a person vouches for while an integration is set up: kept with who, when, and what it was said of."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.models import Confirmation, table

if TYPE_CHECKING:
    from hub.engine.hub import Hub

confirmations = table(Confirmation)


class Confirmable(StrEnum):
    """The steps that no stored fact can tell of."""

    START_DATE = "start_date"
    INVENTORY = "inventory"


WORDS = {
    Confirmable.START_DATE: "the start date, with what lies on either side of it",
    Confirmable.INVENTORY: "the inventory method",
}


def confirm(hub: Hub, actor: str, integration_id: int, step: Confirmable, about: str) -> None:
    """Note that a person looked at ``about`` and found it right; another ``about`` needs another confirmation."""
    key = {"integration_id": integration_id, "step": step.value}
    said = {"about": about, "reason": "", "confirmed_by": actor, "confirmed_at": hub.clock()}
    with hub.store.write() as db:
        hub.store.upsert(db, confirmations, [key | said], key=tuple(key), update=tuple(said))
        hub.audit(db, actor, "confirmed", WORDS[step], about, integration=integration_id)


def confirmed(db: sa.Connection, integration_id: int, step: str, about: str) -> sa.Row[Any] | None:
    """The confirmation of a step, when there is one and it is about this."""
    row = all_confirmed(db, integration_id).get(step)
    return row if row is not None and row.about == about else None


def all_confirmed(db: sa.Connection, integration_id: int) -> dict[str, sa.Row[Any]]:
    """Whatever was confirmed of an integration, by step."""
    return {row.step: row for row in db.execute(_CONFIRMED, {"integration": integration_id})}


_CONFIRMED = sa.select(confirmations).where(confirmations.c.integration_id == sa.bindparam("integration"))
