"""Comparing: one reconciliation that is wanted, from its first call to the transaction that saves every line of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.causes import Accounts, Facts, Line, Measure, Ref, Terms, compare, gathering, join
from hub.documents import Kind
from hub.engine.reconciling import backdated, drift
from hub.engine.reconciling.lines import Rows, figures
from hub.engine.reconciling.loading import load
from hub.engine.reconciling.periods import Period
from hub.engine.reconciling.reading import Reader
from hub.engine.reconciling.unread import say_why
from hub.engine.reconciling.work import Work, attempt, claim, end
from hub.models import ConnectionRow, Integration, Reconciliation, ReconciliationLine, table
from hub.models.states import ReconciliationState
from hub.providers import Organisation
from hub.spooling import Spool

if TYPE_CHECKING:
    from hub.engine.hub import Hub

rows = table(Reconciliation)


def reconcile(hub: Hub, reconciliation_id: int) -> bool:
    """Do one that is wanted; False when another process does it, or nobody wants it any more.

    However it ends, its row says so.
    """
    work = claim(hub, rows, reconciliation_id)
    if work is None:
        return False
    with hub.store.read() as db:
        row = Reconciliation(**db.execute(sa.select(rows).where(rows.c.id == reconciliation_id)).one()._mapping)
    work.most_calls = row.most_calls
    attempt(hub, work, _Comparison(hub, work, row, hub.integration(row.integration_id)).make)
    return True


@dataclass(frozen=True)
class _Comparison:
    """One reconciliation while it is made."""

    hub: Hub
    work: Work
    row: Reconciliation
    integration: Integration

    def make(self) -> None:
        """Read, compare, save."""
        period = Period(self.row.period_start, self.row.period_end)
        accounts = {Measure(name): Accounts.of(**each) for name, each in self.row.accounts.items()}
        with gathering() as facts, Spool[dict[str, Any]]() as lines:
            read = Reader(self.hub, self.work, self.integration, period, accounts, facts).read()
            self.work.tell(phase="comparing")
            currency = self._currency()
            with self.hub.store.read() as db:
                load(db, self.integration, facts, currency)
            join(facts)
            stale = self._stale(facts, accounts.get(Measure.STOCK, Accounts()))
            made = Rows(self.row.id or 0, period, self._address())
            keep = partial(_keep, made, lines)
            statements = compare(accounts, facts, read.worth, self._terms(period), keep, read.reported)
            values = {"figures": figures(statements), "valued_at": read.valued_at, "currency": currency}
            self._save(facts, lines, stale, values)

    def _stale(self, facts: Facts, goods: Accounts) -> Collection[str]:
        """The records of journals that the stock system's books changed without a word: they count as changed.

        What the books name and the hub never read gets its reason.
        """
        with self.hub.store.read() as db:
            say_why(db, self.integration, facts)
            stale = backdated.stale(db, self.integration.stock_id, facts, goods)
        facts.say_changed((Kind.JOURNAL, source) for source in stale)
        return stale.values()

    def _save(self, facts: Facts, lines: Spool[dict[str, Any]], stale: Collection[str], values: dict[str, Any]) -> None:
        """Everything in one transaction: what was found, and what is to be read again because of it."""
        stock = self.hub.provider(self.hub.connection(self.integration.stock_id).provider)
        missing = facts.unknown(self.integration.start_date)
        with self.hub.store.write() as db:
            self.work.guard(db)
            for part in lines.portions():
                self.hub.store.insert(db, ReconciliationLine, part)
            reread = backdated.reread(db, self.integration, stock, missing, stale, self.hub.clock())
            end(self.work, db, ReconciliationState.DONE, reread=reread, **values)
            drift.compare_with_signed(db, self.row, values["figures"], self.hub.clock())

    def _terms(self, period: Period) -> Terms:
        limit = Decimal(self.integration.rounding_limit_cents) / 100
        return Terms(period.start, period.end, self.integration.start_date, limit)

    def _currency(self) -> str:
        for side in (self.integration.ledger_id, self.integration.stock_id):
            organisation = self.hub.connection(side).organisation
            if organisation and organisation.get("base_currency"):
                return str(organisation["base_currency"])
        return ""

    def _address(self) -> Callable[[Ref], str]:
        """The ledger's page of a target."""
        row: ConnectionRow = self.hub.connection(self.integration.ledger_id)
        provider = self.hub.provider(row.provider)
        if not row.organisation:
            return lambda _: ""
        organisation = Organisation.model_validate(row.organisation)
        return lambda target: provider.address_of(*target, organisation)


def _keep(rows: Rows, lines: Spool[dict[str, Any]], measure: Measure, line: Line) -> None:
    row = rows.of(measure, line)
    if row is not None:
        lines.add(row)
