"""What needs a person: held, refused and unsure operations by cause, unreadable records, connections that fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.among import among_few
from hub.engine.waiting import NEEDS_A_PERSON, STUCK, WAITS, WAITS_FOR_DRAFT
from hub.models import OperationState, RunState
from hub.reconcile import Absence
from hub.web.access import visible_connections, visible_integrations
from hub.web.incoming import id_in
from hub.web.listing import Listing, listed, listing
from hub.web.paging import Paged, paged
from hub.web.queries.money import from_thousandths, total_thousandths
from hub.web.queries.naming import SETTLING
from hub.web.queries.scope import scope
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS, OPERATIONS, RECORDS, RUNS
from hub.web.queries.texts import Sought, holds_sought, parameters
from hub.web.remembered import WORTH, key_of, remembered, remembered_for_viewer
from hub.web.unchanged import while_unchanged

SKIPPED = (OperationState.DROPPED.value,)
DROPPED: sa.ColumnElement[str] = sa.literal_column(f"'{OperationState.DROPPED.value}'")
"""Written out, so that every database sees that the index of what was skipped alone is enough."""
_KEPT = 512
"""Statements for so many sorts of lists and people are kept. They are the question, not the answer."""
GROUPS_SHOWN = 50
WAITING_SHOWN = 10


@dataclass(frozen=True)
class Cause:
    """What groups operations: one act usually solves all of them."""

    state: str
    code: str
    subject: str
    integration: int = 0
    """0 stands for every integration."""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Cause:
        """The cause in an address or a form."""
        integration = id_in(sent, "integration") or 0
        return cls(sent.get("state", ""), sent.get("code", ""), sent.get("subject", ""), integration)

    @property
    def arguments(self) -> dict[str, str]:
        """The cause as the arguments of an address."""
        named = {"state": self.state, "code": self.code, "subject": self.subject}
        return named | ({"integration": str(self.integration)} if self.integration else {})

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters of the statements about it."""
        return {name: value for name, value in vars(self).items() if value or name != "integration"}


@dataclass(frozen=True)
class Group:
    """The operations of one cause. ``currency`` is empty when they are in several, and then nothing is added up.

    ``contact`` is the source id of the contact that solves it, where one does; ``example`` the id of one operation.
    """

    cause: Cause
    count: int
    amount: Decimal
    currency: str
    problem: Mapping[str, Any] | None
    integration_id: int
    integration: str = ""
    contact: str = ""
    example: int = 0

    @property
    def waits_for_draft(self) -> bool:
        """Whether these wait until somebody approves in the ledger what they settle."""
        return self.cause.code == WAITS_FOR_DRAFT

    @property
    def absence(self) -> str:
        """Why all records of a kind that these refer to are not in the ledger; empty where it is about one record."""
        told = self.cause.code.endswith("_not_linked") and self.cause.subject in set(Absence)
        return self.cause.subject if told else ""

    @property
    def missing_kind(self) -> str:
        """The kind of the record that these refer to and that is not in the ledger."""
        return self.cause.code.removesuffix("_not_linked")


@dataclass(frozen=True)
class Waiting:
    """What waits for others: how many documents, of how many causes, and the largest of these, drafts before all."""

    count: int = 0
    causes: int = 0
    groups: Sequence[Group] = ()

    @property
    def for_drafts(self) -> Sequence[int]:
        """An operation of each group that waits until drafts are approved in the ledger."""
        return [group.example for group in self.groups if group.waits_for_draft]


def groups(db: sa.Connection, page: int, integration: int | None = None) -> Paged:
    """One page of causes that need a person, those that stop the most first."""
    counted = _GROUPS.where(_anywhere(integration))

    def find() -> Paged:
        found = paged(db, counted, page, size=GROUPS_SHOWN)
        return Paged(_groups(db, found.rows), found.total, found.number, found.size)

    return remembered(db, (page, key_of(counted)), find, lambda found: _stopped(found) >= WORTH)


def waiting(db: sa.Connection, beside: Paged, integration: int | None = None) -> Waiting:
    """What waits for others, ``beside`` a page of causes; two statements however much there is."""
    counted = _WAITING.where(_anywhere(integration))

    def find() -> Waiting:
        rows = db.execute(counted).all()
        found = _groups(db, rows)
        return Waiting(int(rows[0].all_documents), rows[0].all_causes, found) if rows else Waiting()

    # Of those beside it is looked whether they wait as well.
    return remembered(db, key_of(counted), find, lambda found: found.count + _stopped(beside) >= WORTH)


def _stopped(page: Paged) -> int:
    """How many operations the causes of a page stop."""
    return sum(group.count for group in page.rows)


def one_group(db: sa.Connection, cause: Cause) -> Group | None:
    """The group of one cause in one integration; None when nothing is of it any more."""
    return next(iter(_groups(db, db.execute(_grouped(*_of(cause)), cause.asked).all())), None)


_PARTS = (OPERATIONS.c.state, OPERATIONS.c.problem_code, OPERATIONS.c.problem_subject, OPERATIONS.c.integration_id)


def _grouped(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(
            *_PARTS,
            sa.func.count().label("count"),
            total_thousandths(OPERATIONS.c.amount).label("thousandths"),
            sa.func.min(OPERATIONS.c.currency).label("first_currency"),
            sa.func.max(OPERATIONS.c.currency).label("last_currency"),
            sa.func.min(OPERATIONS.c.id).label("example"),
            sa.func.min(OPERATIONS.c.kind).label("kind"),
        )
        .where(*conditions)
        .group_by(*_PARTS)
    )


_GROUPS = _grouped(NEEDS_A_PERSON).order_by(sa.desc("count"), *_PARTS)
"""Every cause; made once, and narrowed for each person who looks."""
_WAITING = (
    _grouped(WAITS)
    .add_columns(sa.func.sum(sa.func.count()).over().label("all_documents"), sa.func.count().over().label("all_causes"))
    .order_by(sa.desc(OPERATIONS.c.problem_code == WAITS_FOR_DRAFT), sa.desc("count"), *_PARTS)
    .limit(WAITING_SHOWN)
)


def _groups(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Group]:
    if not rows:
        return []
    problems = _problems(db, [row.example for row in rows])
    names = {row.id: row.name for row in db.execute(sa.select(INTEGRATIONS.c.id, INTEGRATIONS.c.name))}
    return [_group(row, problems, names) for row in rows]


def group_rows(db: sa.Connection, cause: Cause, page: int) -> Paged:
    """One page of a cause's operations."""
    made = _of_cause(visible_integrations(INTEGRATIONS.c.id), bool(cause.integration), bool(cause.code))
    return listed(db, made, cause.asked, page)


@lru_cache(maxsize=_KEPT)
def _of_cause(seen: sa.ColumnElement[bool], in_one: bool, has_code: bool) -> Listing:
    return listing(sa.select(*_LISTED), OPERATIONS.c.id, _about_cause(seen, in_one, has_code), [OPERATIONS.c.id])


def group_ids(db: sa.Connection, cause: Cause) -> list[int]:
    """Every operation of a cause."""
    return list(db.execute(sa.select(OPERATIONS.c.id).where(*_of(cause)), cause.asked).scalars())


def skipped(db: sa.Connection, text: str, page: int, integration: int | None = None) -> Paged:
    """One page of what people skipped, newest first."""
    made = _skipped(visible_integrations(INTEGRATIONS.c.id), bool(integration), Sought.of(text))
    asked = {"integration": integration} if integration else {}
    return listed(
        db,
        made,
        asked | (parameters("text", text) if text else {}),
        page,
        searched=bool(text),
        seen=lambda: scope(db, None).ids,
    )


@lru_cache(maxsize=_KEPT)
def _skipped(seen: sa.ColumnElement[bool], in_one: bool, text: Sought | None) -> Listing:
    found: list[Any] = [OPERATIONS.c.state == DROPPED]
    if text:
        found.append(holds_sought(OPERATIONS.c.label, "text", text))
    found.append(_within(seen, in_one))  # last, since SQLite asks in this order
    order = [OPERATIONS.c.settled_at, OPERATIONS.c.id]
    return listing(sa.select(*_LISTED), OPERATIONS.c.id, found, order, newest_first=True)


def unreadable(db: sa.Connection, page: int) -> Paged:
    """One page of records that could not be read."""
    chosen = (
        sa.select(RECORDS.c.id, RECORDS.c.label, RECORDS.c.problem, RECORDS.c.seen_at, CONNECTIONS.c.name)
        .join(CONNECTIONS, CONNECTIONS.c.id == RECORDS.c.connection_id)
        .where(RECORDS.c.problem.is_not(None), CONNECTIONS.c.removed_at.is_(None))
        .where(visible_connections(CONNECTIONS.c.id))
    )
    return paged(db, chosen.order_by(RECORDS.c.id), page)


def unreadable_count(db: sa.Connection) -> int:
    """How many records could not be read."""
    counted = _UNREADABLE_COUNT.where(visible_connections(RECORDS.c.connection_id))
    return remembered_for_viewer(db, "unreadable", lambda: int(db.execute(counted).scalar_one()))


_UNREADABLE_COUNT = (
    sa.select(sa.func.count())
    .select_from(RECORDS.join(CONNECTIONS, CONNECTIONS.c.id == RECORDS.c.connection_id))
    .where(RECORDS.c.problem.is_not(None), CONNECTIONS.c.removed_at.is_(None))
)


@while_unchanged
def failing_connections(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Connections that are suspended, or whose last run failed."""
    return db.execute(_FAILING.where(visible_connections(CONNECTIONS.c.id))).all()


def _failing_statement() -> sa.Select[Any]:
    every = RUNS.alias("every")
    newest = sa.select(sa.func.max(every.c.id)).where(every.c.connection_id == CONNECTIONS.c.id).scalar_subquery()
    return (
        sa.select(
            CONNECTIONS.c.id,
            CONNECTIONS.c.name,
            CONNECTIONS.c.suspended,
            RUNS.c.id.label("run_id"),
            RUNS.c.problem,
        )
        .select_from(CONNECTIONS.outerjoin(RUNS, RUNS.c.id == newest))
        .where(CONNECTIONS.c.removed_at.is_(None))
        .where(sa.or_(CONNECTIONS.c.suspended.is_not(None), RUNS.c.state == RunState.FAILED.value))
        .order_by(CONNECTIONS.c.name)
    )


_FAILING = _failing_statement()


_LISTED = (
    OPERATIONS.c.id,
    OPERATIONS.c.kind,
    OPERATIONS.c.label,
    OPERATIONS.c.action,
    OPERATIONS.c.state,
    OPERATIONS.c.amount,
    OPERATIONS.c.currency,
    OPERATIONS.c.document_date,
    OPERATIONS.c.reason,
    OPERATIONS.c.problem,
    OPERATIONS.c.settled_at,
    OPERATIONS.c.contact,
    *SETTLING,
)


def skipped_ids(db: sa.Connection, ids: Sequence[int]) -> list[int]:
    """Those of these operations that are skipped, and that the person who acts may see."""
    chosen = sa.select(OPERATIONS.c.id).where(OPERATIONS.c.id.in_(ids), OPERATIONS.c.state.in_(SKIPPED))
    return list(db.execute(chosen.where(visible_integrations(OPERATIONS.c.integration_id))).scalars())


def _anywhere(integration: int | None = None) -> sa.ColumnElement[bool]:
    """One integration, or every one that may be seen; named since the index begins with it."""
    visible = sa.select(INTEGRATIONS.c.id).where(visible_integrations(INTEGRATIONS.c.id))
    if integration:
        visible = visible.where(INTEGRATIONS.c.id == integration)
    return OPERATIONS.c.integration_id.in_(visible)


def _within(seen: sa.ColumnElement[bool], in_one: bool) -> sa.ColumnElement[bool]:
    """The integration of the statement's parameter, or every one that is ``seen``."""
    visible = sa.select(INTEGRATIONS.c.id).where(seen)
    if in_one:
        visible = visible.where(INTEGRATIONS.c.id == sa.bindparam("integration"))
    return among_few(OPERATIONS.c.integration_id, visible)


def _of(cause: Cause) -> Sequence[sa.ColumnElement[bool]]:
    """That an operation is of a cause, which is the statement's parameters."""
    return _about_cause(visible_integrations(INTEGRATIONS.c.id), bool(cause.integration), bool(cause.code))


def _about_cause(seen: sa.ColumnElement[bool], in_one: bool, has_code: bool) -> Sequence[sa.ColumnElement[bool]]:
    # Written out, so that every database sees that the index of what has a cause is enough.
    named = (OPERATIONS.c.problem_code != sa.literal_column("''"),) if has_code else ()
    return (
        *named,
        OPERATIONS.c.state.in_(STUCK),
        OPERATIONS.c.state == sa.bindparam("state"),
        OPERATIONS.c.problem_code == sa.bindparam("code"),
        OPERATIONS.c.problem_subject == sa.bindparam("subject"),
        _within(seen, in_one),
    )


def _problems(db: sa.Connection, ids: Sequence[int]) -> dict[int, Mapping[str, Any] | None]:
    chosen = sa.select(OPERATIONS.c.id, OPERATIONS.c.problem).where(OPERATIONS.c.id.in_(ids))
    return {row.id: row.problem for row in db.execute(chosen)}


def _group(row: sa.Row[Any], problems: Mapping[int, Mapping[str, Any] | None], names: Mapping[int, str]) -> Group:
    return Group(
        Cause(row.state, row.problem_code, row.problem_subject, row.integration_id),
        row._mapping["count"],
        from_thousandths(row.thousandths),
        row.first_currency if row.first_currency == row.last_currency else "",
        problems.get(row.example),
        row.integration_id,
        names[row.integration_id],
        row.problem_subject if _is_about_contact(row) else "",
        row.example,
    )


def _is_about_contact(row: sa.Row[Any]) -> bool:
    """Whether the subject of a group's problem is a contact that can be linked."""
    unclear = row.problem_code in ("ambiguous_match", "only_archived_match") and row.kind == Kind.CONTACT.value
    one = row.problem_code in ("contact_not_linked", "contact_archived") and row.problem_subject not in set(Absence)
    return unclear or one
