"""Signing a reconciliation off: a person vouches for it, by name, and what they vouched for can't change unseen."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.engine.reconciling.booked import all_booked
from hub.engine.reconciling.drift import MOST_NAMED, changed_since
from hub.errors import SettingsError
from hub.models import Integration, Reconciliation, ReconciliationLine, SignOff, table
from hub.models.states import ReconciliationState

if TYPE_CHECKING:
    from hub.engine.hub import Hub

integrations = table(Integration)
lines = table(ReconciliationLine)
rows = table(Reconciliation)
sign_offs = table(SignOff)

DIGESTED = (
    "measure",
    "cause",
    "amount",
    "stock_amount",
    "ledger_amount",
    "source_id",
    "target_id",
    "stock_number",
    "ledger_number",
    "stock_dates",
    "ledger_dates",
)
"""What of a line a signature covers: everything but addresses and words."""
SIGNED_ALREADY = "This period is signed off already. Withdraw that sign-off first, with a reason."


class Signing:
    """A person's verbs. ``actor`` is who signs; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.actor = actor

    def sign(self, reconciliation_id: int, note: str = "") -> int:
        """Sign a finished reconciliation off; raises ``SettingsError`` that says why it can't be."""
        try:
            with self.hub.store.write() as db:
                return self._sign(db, reconciliation_id, note.strip())
        except IntegrityError:
            raise SettingsError(SIGNED_ALREADY) from None

    def obstacle(self, reconciliation_id: int) -> str:
        """Why it can't be signed off now, in a sentence or two; empty when it can."""
        try:
            with self.hub.store.read() as db:
                row = _finished(db, reconciliation_id)
                _refuse_signed(db, row)
                _refuse_outdated(db, row, _integration(db, row.integration_id).stock_id)
        except SettingsError as error:
            return str(error)
        return ""

    def _sign(self, db: sa.Connection, reconciliation_id: int, note: str) -> int:
        row = _finished(db, reconciliation_id)
        joined = _integration(db, row.integration_id)
        _refuse_outdated(db, row, joined.stock_id)
        made = {
            "reconciliation_id": row.id,
            "integration_id": row.integration_id,
            "period_start": row.period_start,
            "period_end": row.period_end,
            "signed_by": self.actor,
            "signed_at": self.hub.clock(),
            "note": note,
            "digest": digest_of(db, row),
            "documents": all_booked(db, row, joined.stock_id),
            "withdrawn_by": "",
            "withdrawn_why": "",
        }
        sign_off_id = int(db.execute(sa.insert(sign_offs).values(made).returning(sign_offs.c.id)).scalar_one())
        period = f"{joined.name}, {row.period_start} to {row.period_end}"
        details = {"reconciliation": row.id, "integration": row.integration_id, "digest": made["digest"]}
        self.hub.audit(db, self.actor, "signed off", period, note, **details)
        return sign_off_id

    def withdraw(self, sign_off_id: int, why: str) -> None:
        """Take a sign-off back, for a reason that is kept beside it."""
        if not why.strip():
            raise SettingsError("Say why it is withdrawn: the reason is kept with the sign-off.")
        with self.hub.store.write() as db:
            mine = sa.update(sign_offs).where(sign_offs.c.id == sign_off_id, sign_offs.c.withdrawn_at.is_(None))
            values = {"withdrawn_by": self.actor, "withdrawn_at": self.hub.clock(), "withdrawn_why": why.strip()}
            row = db.execute(mine.values(values).returning(*sign_offs.c)).first()
            if row is None:
                raise SettingsError("It was withdrawn already.")
            name = _integration(db, row.integration_id).name
            period = f"{name}, {row.period_start} to {row.period_end}"
            details = {"reconciliation": row.reconciliation_id, "integration": row.integration_id}
            self.hub.audit(db, self.actor, "withdrew the sign-off", period, why.strip(), **details)


def _integration(db: sa.Connection, integration_id: int) -> sa.Row[Any]:
    return db.execute(sa.select(integrations).where(integrations.c.id == integration_id)).one()


def _finished(db: sa.Connection, reconciliation_id: int) -> sa.Row[Any]:
    row = db.execute(sa.select(rows).where(rows.c.id == reconciliation_id)).first()
    if row is None or row.state != ReconciliationState.DONE.value:
        raise SettingsError("Only a reconciliation that came to its end can be signed off. Reconcile the period again.")
    return row


def _refuse_signed(db: sa.Connection, row: sa.Row[Any]) -> None:
    mine = sa.exists().where(
        sign_offs.c.integration_id == row.integration_id,
        sign_offs.c.period_start == row.period_start,
        sign_offs.c.period_end == row.period_end,
        sign_offs.c.withdrawn_at.is_(None),
    )
    if db.execute(sa.select(mine)).scalar():
        raise SettingsError(SIGNED_ALREADY)


def _refuse_outdated(db: sa.Connection, row: sa.Row[Any], stock_id: int) -> None:
    """Raise ``SettingsError`` where the figures are already known to be old: nobody would be told of it later."""
    later = sa.exists().where(
        rows.c.integration_id == row.integration_id,
        rows.c.period_start == row.period_start,
        rows.c.period_end == row.period_end,
        rows.c.state == ReconciliationState.DONE.value,
        rows.c.id > row.id,
    )
    if db.execute(sa.select(later)).scalar():
        raise SettingsError("A later reconciliation of this period was made. Look at that one, and sign it.")
    changed = changed_since(db, stock_id, row.period_end, row.started_at or row.asked_at)
    if changed:
        more = " and others" if len(changed) > MOST_NAMED else ""
        raise SettingsError(
            "Documents of the period or before it changed since it was made:"
            f" {', '.join(changed[:MOST_NAMED])}{more}. Reconcile the period again, and sign that."
        )


def digest_of(db: sa.Connection, row: sa.Row[Any]) -> str:
    """A digest of a reconciliation's figures and lines: alike as long as none of them changed. It reads every line."""
    told = hashlib.sha256(
        json.dumps([str(row.period_start), str(row.period_end), row.figures], sort_keys=True).encode()
    )
    chosen = sa.select(*(lines.c[name] for name in DIGESTED)).where(lines.c.reconciliation_id == row.id)
    for line in db.execute(chosen.order_by(lines.c.id)):
        told.update(json.dumps(list(line)).encode())
    return told.hexdigest()[:32]
