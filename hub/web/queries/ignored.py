"""The contact that a document is held for and that a person ignored: who did that, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.engine.contact_list import is_ignored
from hub.models import OperationState
from hub.web.queries.tables import AUDIT_EVENTS, OPERATIONS

ABOUT = timedelta(minutes=5)
"""So near to each other are an act and its entry in the audit, which are committed together."""
BY_CONTACT, BY_OPERATION = ("ignored", "unlinked"), "dropped"
"""The acts that keep a contact back, in the audit's words: those whose entries name the contact, and the other."""


@dataclass(frozen=True)
class Ignored:
    """A contact that a person ignored; ``by`` is empty where the audit does not tell."""

    source_id: str
    name: str
    reason: str
    at: datetime
    by: str


def ignored_contact(db: sa.Connection, operation: sa.Row[Any] | None) -> Ignored | None:
    """The contact that this operation is held for, if it is ignored now; no statement for any other, else two."""
    if operation is None or operation.state != OperationState.HELD.value:
        return None
    if operation.problem_code != "contact_not_linked":
        return None
    asked = {"integration": operation.integration_id, "contact": operation.problem_subject}
    row = db.execute(_IGNORED, asked).first()
    if row is None:
        return None
    when = {"first": row.settled_at - ABOUT, "last": row.settled_at + ABOUT}
    by = db.execute(_BY, {**asked, **when, "operation": row.id}).scalar()
    return Ignored(row.source_id, row.label, row.reason, row.settled_at, by or "")


_IGNORED = (
    sa.select(*(OPERATIONS.c[name] for name in ("id", "source_id", "label", "reason", "settled_at")))
    .where(*is_ignored(sa.bindparam("integration")))
    .where(OPERATIONS.c.source_id == sa.bindparam("contact"), OPERATIONS.c.settled_at.is_not(None))
    .order_by(OPERATIONS.c.id.desc())
    .limit(1)
)
_BY = (
    sa.select(AUDIT_EVENTS.c.actor)
    .where(AUDIT_EVENTS.c.at.between(sa.bindparam("first"), sa.bindparam("last")))
    .where(AUDIT_EVENTS.c.integration_id == sa.bindparam("integration"))
    .where(
        sa.or_(
            sa.and_(
                AUDIT_EVENTS.c.what.in_(BY_CONTACT),
                AUDIT_EVENTS.c.details["source"].as_string() == sa.bindparam("contact"),
            ),
            sa.and_(
                AUDIT_EVENTS.c.what == BY_OPERATION,
                AUDIT_EVENTS.c.details["operation"].as_integer() == sa.bindparam("operation"),
            ),
        )
    )
    .order_by(AUDIT_EVENTS.c.at.desc(), AUDIT_EVENTS.c.id.desc())
    .limit(1)
)
