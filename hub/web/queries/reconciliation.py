"""Reconciliations, their lines, sign-offs and proofs, as far as the person who looks may see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.engine.reconciling import BY_A_SCHEDULE, Period
from hub.models import Proof, Reconciliation, ReconciliationLine, SignOff, table
from hub.models.states import ReconciliationState
from hub.store import Store
from hub.web.access import visible_integrations
from hub.web.paging import Paged, paged
from hub.web.queries.counterparts import counterparts
from hub.web.queries.tables import EXCHANGES, INTEGRATIONS, SNAPSHOTS
from hub.web.unchanged import while_unchanged

RECONCILIATIONS = table(Reconciliation)
LINES = table(ReconciliationLine)
SIGN_OFFS = table(SignOff)
PROOFS = table(Proof)
PORTION = 500

_SIGNED = sa.and_(SIGN_OFFS.c.reconciliation_id == RECONCILIATIONS.c.id, SIGN_OFFS.c.withdrawn_at.is_(None))
_NAMED = (INTEGRATIONS.c.name.label("integration"), INTEGRATIONS.c.stock_id, INTEGRATIONS.c.ledger_id)


def reconciliations(db: sa.Connection, page: int, integration_id: int | None) -> Paged:
    """One page of them, newest first: of one integration, or of all."""
    chosen = (
        sa.select(RECONCILIATIONS, *_NAMED, SIGN_OFFS.c.signed_by, SIGN_OFFS.c.signed_at, SIGN_OFFS.c.drift)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == RECONCILIATIONS.c.integration_id)
        .outerjoin(SIGN_OFFS, _SIGNED)
        .where(visible_integrations(INTEGRATIONS.c.id))
        .order_by(RECONCILIATIONS.c.id.desc())
    )
    if integration_id is not None:
        chosen = chosen.where(RECONCILIATIONS.c.integration_id == integration_id)
    return paged(db, chosen, page)


def reconciliation(reconciliation_id: int) -> sa.Select[Any]:
    """One, with the names of its sides' integration."""
    return (
        sa.select(RECONCILIATIONS, *_NAMED)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == RECONCILIATIONS.c.integration_id)
        .where(RECONCILIATIONS.c.id == reconciliation_id, visible_integrations(INTEGRATIONS.c.id))
    )


def sign_offs_of(db: sa.Connection, reconciliation_id: int) -> Sequence[sa.Row[Any]]:
    """Every sign-off of one, withdrawn ones too, newest first."""
    mine = sa.select(SIGN_OFFS).where(SIGN_OFFS.c.reconciliation_id == reconciliation_id)
    return db.execute(mine.order_by(SIGN_OFFS.c.id.desc())).all()


def sign_off_of_period(db: sa.Connection, row: sa.Row[Any]) -> sa.Row[Any] | None:
    """What holds for a reconciliation's period: the sign-off of this one, or of another of the same days."""
    mine = sa.select(SIGN_OFFS).where(
        SIGN_OFFS.c.integration_id == row.integration_id,
        SIGN_OFFS.c.period_start == row.period_start,
        SIGN_OFFS.c.period_end == row.period_end,
        SIGN_OFFS.c.withdrawn_at.is_(None),
    )
    return db.execute(mine).first()


def later_of_period(db: sa.Connection, row: sa.Row[Any]) -> int | None:
    """The newest finished reconciliation of the same period, if it was made after this one."""
    same = sa.select(sa.func.max(RECONCILIATIONS.c.id)).where(
        RECONCILIATIONS.c.integration_id == row.integration_id,
        RECONCILIATIONS.c.period_start == row.period_start,
        RECONCILIATIONS.c.period_end == row.period_end,
        RECONCILIATIONS.c.state == ReconciliationState.DONE.value,
        RECONCILIATIONS.c.id > row.id,
    )
    return db.execute(same).scalar()


@while_unchanged
def signed_periods(db: sa.Connection, integration_ids: tuple[int, ...]) -> Mapping[int, Sequence[Period]]:
    """By integration: the periods that are signed off, the earliest first."""
    chosen = sa.select(SIGN_OFFS.c.integration_id, SIGN_OFFS.c.period_start, SIGN_OFFS.c.period_end).where(
        SIGN_OFFS.c.integration_id.in_(integration_ids), SIGN_OFFS.c.withdrawn_at.is_(None)
    )
    found: dict[int, list[Period]] = {}
    for row in db.execute(chosen.order_by(SIGN_OFFS.c.period_start, SIGN_OFFS.c.period_end)):
        found.setdefault(row.integration_id, []).append(Period(row.period_start, row.period_end))
    return found


def sign_off(sign_off_id: int) -> sa.Select[Any]:
    """One sign-off that the person may see."""
    return sa.select(SIGN_OFFS).where(SIGN_OFFS.c.id == sign_off_id, visible_integrations(SIGN_OFFS.c.integration_id))


@while_unchanged
def drifted(db: sa.Connection, integration_ids: tuple[int, ...] | None = None) -> Sequence[sa.Row[Any]]:
    """Periods that were signed off and have other figures since."""
    chosen = (
        sa.select(SIGN_OFFS, INTEGRATIONS.c.name.label("integration"))
        .join(INTEGRATIONS, INTEGRATIONS.c.id == SIGN_OFFS.c.integration_id)
        .where(SIGN_OFFS.c.drifted_at.is_not(None), SIGN_OFFS.c.withdrawn_at.is_(None))
        .where(visible_integrations(INTEGRATIONS.c.id))
        .order_by(SIGN_OFFS.c.drifted_at.desc(), SIGN_OFFS.c.id.desc())
    )
    if integration_ids is not None:
        chosen = chosen.where(INTEGRATIONS.c.id.in_(integration_ids))
    return db.execute(chosen).all()


@while_unchanged
def failed(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Of each integration the newest one, where a schedule asked for it and it did not come to its end."""
    newest = sa.select(sa.func.max(RECONCILIATIONS.c.id)).group_by(RECONCILIATIONS.c.integration_id)
    chosen = (
        sa.select(RECONCILIATIONS, *_NAMED)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == RECONCILIATIONS.c.integration_id)
        .where(RECONCILIATIONS.c.id.in_(newest), RECONCILIATIONS.c.state == ReconciliationState.FAILED.value)
        .where(RECONCILIATIONS.c.cause == BY_A_SCHEDULE, visible_integrations(INTEGRATIONS.c.id))
    )
    return db.execute(chosen.order_by(INTEGRATIONS.c.name)).all()


@while_unchanged
def newest_done(db: sa.Connection, integration_ids: tuple[int, ...]) -> Sequence[sa.Row[Any]]:
    """The newest finished one of each integration."""
    newest = (
        sa.select(sa.func.max(RECONCILIATIONS.c.id))
        .where(RECONCILIATIONS.c.integration_id.in_(integration_ids))
        .where(RECONCILIATIONS.c.state == ReconciliationState.DONE.value)
        .group_by(RECONCILIATIONS.c.integration_id)
    )
    chosen = (
        sa.select(RECONCILIATIONS, *_NAMED, SIGN_OFFS.c.signed_by)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == RECONCILIATIONS.c.integration_id)
        .outerjoin(SIGN_OFFS, _SIGNED)
        .where(RECONCILIATIONS.c.id.in_(newest))
    )
    return db.execute(chosen.order_by(INTEGRATIONS.c.name)).all()


def lines(db: sa.Connection, reconciliation_id: int, measure: str, cause: str, page: int) -> Paged:
    """One page of a cause's lines, the largest first."""
    chosen = _lines(reconciliation_id).where(LINES.c.measure == measure, LINES.c.cause == cause)
    return paged(db, chosen.order_by(LINES.c.size.desc(), LINES.c.id.desc()), page, id=LINES.c.id)


def contacts_of(db: sa.Connection, stock_id: int, lines: Sequence[sa.Row[Any]]) -> dict[int, str]:
    """By snapshot: whom the documents of some lines are with, where that is known; at most two statements."""
    ids = [line.snapshot_id for line in lines if line.snapshot_id is not None]
    if not ids:
        return {}
    found = db.execute(sa.select(SNAPSHOTS.c.id, SNAPSHOTS.c.document).where(SNAPSHOTS.c.id.in_(ids)))
    return counterparts(db, stock_id, {row.id: row.document for row in found})


def every_line(store: Store, reconciliation_id: int) -> Iterator[sa.Row[Any]]:
    """All lines in the order in which they were found, a portion at a time."""
    last = 0
    while True:
        chosen = _lines(reconciliation_id).where(LINES.c.id > last).order_by(LINES.c.id).limit(PORTION)
        with store.read() as db:
            found = db.execute(chosen).all()
        if not found:
            return
        yield from found
        last = found[-1].id


def _lines(reconciliation_id: int) -> sa.Select[Any]:
    return sa.select(LINES).where(LINES.c.reconciliation_id == reconciliation_id)


def calls(db: sa.Connection, row: sa.Row[Any], page: int, *, sides: Sequence[int], size: int | None = None) -> Paged:
    """The calls that were made to the connections ``sides`` while a reconciliation or a proof was made, and that
    belong to no run; newest first."""
    chosen = sa.select(EXCHANGES).where(
        EXCHANGES.c.connection_id.in_(sides),
        EXCHANGES.c.run_id.is_(None),
        EXCHANGES.c.at >= (row.started_at or row.asked_at),
    )
    if row.finished_at is not None:
        chosen = chosen.where(EXCHANGES.c.at <= row.finished_at)
    return paged(db, chosen.order_by(EXCHANGES.c.id.desc()), page, size=size)


def proofs(db: sa.Connection, integration_id: int, page: int) -> Paged:
    """One page of an integration's proofs, newest first."""
    mine = sa.select(PROOFS).where(PROOFS.c.integration_id == integration_id)
    return paged(db, mine.order_by(PROOFS.c.id.desc()), page)


def proof(proof_id: int) -> sa.Select[Any]:
    """One proof that the person may see."""
    return (
        sa.select(PROOFS, *_NAMED)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == PROOFS.c.integration_id)
        .where(PROOFS.c.id == proof_id, visible_integrations(INTEGRATIONS.c.id))
    )
