"""Asking for a reconciliation: by a person, or by a schedule. Whoever works does it; one at a time per integration."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.causes import Accounts, Measure
from hub.engine.reconciling import work
from hub.engine.reconciling.accounts import load_accounts, load_charts
from hub.engine.reconciling.costs import expected
from hub.engine.reconciling.periods import Period, usual_period
from hub.errors import SettingsError
from hub.models import Integration, Reconciliation, table
from hub.models.reconciling import ReconciledAccounts
from hub.models.states import ReconciliationState

if TYPE_CHECKING:
    from hub.engine.hub import Hub

BY_A_PERSON, BY_A_SCHEDULE = "person", "schedule"

chosen_rows = table(ReconciledAccounts)
rows = table(Reconciliation)


class Reconciling:
    """A person's verbs. ``actor`` is who asks; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.actor = actor

    def usual_period(self, integration_id: int) -> Period:
        """What is compared unless somebody asks for another period: the last full month."""
        integration = self.hub.integration(integration_id)
        return usual_period(self.hub.clock().date(), integration.start_date)

    def ask(
        self,
        integration_id: int,
        period: Period | None = None,
        *,
        cause: str = BY_A_PERSON,
        most_calls: int | None = None,
    ) -> int:
        """Note that a reconciliation is wanted; its id. Raises ``SettingsError`` that says why there can't be one."""
        integration = self.hub.integration(integration_id)
        period = period or self.usual_period(integration_id)
        period.check(start_date=integration.start_date, today=self.hub.clock().date())
        for side in (integration.stock_id, integration.ledger_id):
            work.ready(self.hub, self.hub.connection(side))
        costs = expected(self.hub, integration_id, period)
        work.fail_dead(self.hub, rows)
        try:
            with self.hub.store.write() as db:
                accounts = self._accounts(db, integration)
                calls = {side: reading.calls for side, reading in costs.items()}
                row = self._row(integration, period, accounts, calls) | {"cause": cause, "most_calls": most_calls}
                made = int(db.execute(sa.insert(rows).values(row).returning(rows.c.id)).scalar_one())
                details: dict[str, Any] = {"reconciliation": made, "integration": integration_id}
                self.hub.audit(db, self.actor, "asked to reconcile", f"{integration.name}, {period}", **details)
        except IntegrityError:
            raise SettingsError(
                f"{integration.name} is being reconciled already. Wait for its end, or stop it."
            ) from None
        return made

    def stop(self, reconciliation_id: int) -> None:
        """Ask one to end; nothing is kept of it but that it was stopped."""
        work.request_stop(self.hub, rows, reconciliation_id)
        with self.hub.store.write() as db:
            mine = sa.select(rows.c.integration_id).where(rows.c.id == reconciliation_id)
            details = {"reconciliation": reconciliation_id, "integration": db.execute(mine).scalar_one()}
            self.hub.audit(db, self.actor, "asked to stop", f"reconciliation {reconciliation_id}", **details)

    def choose_accounts(
        self, integration_id: int, measure: Measure, stock: Collection[str], ledger: Collection[str]
    ) -> None:
        """Compare these accounts from now on; none of either side goes back to those that are found."""
        integration = self.hub.integration(integration_id)
        with self.hub.store.write() as db:
            charts = load_charts(db, integration)
            unknown = [*(code for code in stock if code not in charts.stock)]
            unknown += [code for code in ledger if code not in charts.ledger]
            if unknown:
                raise SettingsError(f"There is no account {', '.join(sorted(unknown))}.")
            mine = (chosen_rows.c.integration_id == integration_id, chosen_rows.c.measure == measure.value)
            db.execute(sa.delete(chosen_rows).where(*mine))
            if stock or ledger:
                row = {
                    "integration_id": integration_id,
                    "measure": measure.value,
                    "stock": sorted(stock),
                    "ledger": sorted(ledger),
                    "chosen_by": self.actor,
                    "chosen_at": self.hub.clock(),
                }
                db.execute(sa.insert(chosen_rows).values(row))
            told: dict[str, Any] = {"stock": sorted(stock), "ledger": sorted(ledger), "integration": integration_id}
            self.hub.audit(db, self.actor, "chose the accounts to reconcile", f"{integration.name}, {measure}", **told)

    def _accounts(self, db: sa.Connection, integration: Integration) -> dict[Measure, Accounts]:
        accounts = load_accounts(db, integration)
        if not accounts[Measure.STOCK].is_complete:
            raise SettingsError(
                "The stock accounts are not known on both sides. Map the stock system's inventory account, or choose"
                " the accounts on this page."
            )
        return {measure: each for measure, each in accounts.items() if each.is_complete}

    def _row(
        self, integration: Integration, period: Period, accounts: dict[Measure, Accounts], calls: dict[str, int]
    ) -> dict[str, Any]:
        return {
            "integration_id": integration.id,
            "period_start": period.start,
            "period_end": period.end,
            "start_date": integration.start_date,
            "state": ReconciliationState.WANTED.value,
            "asked_by": self.actor,
            "accounts": {
                measure.value: {"stock": sorted(each.stock), "ledger": sorted(each.ledger)}
                for measure, each in accounts.items()
            },
            "token": "",
            "phase": "",
            "progress": {},
            "stop_requested": False,
            "expected_calls": calls,
            "calls": {},
            "currency": "",
            "figures": {},
            "reread": 0,
            "asked_at": self.hub.clock(),
        }
