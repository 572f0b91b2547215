"""Comparing: one reconciliation that is wanted, from its first call to the transaction that saves every line of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.causes import Accounts, Facts, Measure, Ref, Terms, compare
from hub.documents import Kind
from hub.engine.notes import chunks
from hub.engine.reconciling import backdated, control, drift
from hub.engine.reconciling.lines import Rows, figures
from hub.engine.reconciling.loading import Knowledge, load
from hub.engine.reconciling.periods import Period
from hub.engine.reconciling.reading import Read, Reader
from hub.engine.reconciling.work import Work, attempt, claim, end
from hub.models import ConnectionRow, Integration, Link, Reconciliation, ReconciliationLine, table
from hub.models.states import ReconciliationState
from hub.providers import Organisation

if TYPE_CHECKING:
    from hub.engine.hub import Hub

links = table(Link)
lines = table(ReconciliationLine)
rows = table(Reconciliation)

SAVED_AT_ONCE = 1000


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
        read = Reader(self.hub, self.work, self.integration, period, accounts).read()
        self.work.tell(phase="comparing")
        currency = self._currency()
        with self.hub.store.read() as db:
            knowledge = self._known(db, read, currency)
            read = self._with_controls(db, read, accounts, knowledge, currency)
        facts = Facts(
            read.entries, read.postings, tuple(knowledge.documents), tuple(knowledge.joints), knowledge.members
        )
        statements = compare(accounts, facts, read.worth, self._terms(period), read.reported)
        told = figures(statements)
        made = Rows(self.row.id or 0, period, knowledge.stored, self._addresses(knowledge))
        shown = (each for statement in statements for each in made.of(statement))
        stock = self.hub.provider(self.hub.connection(self.integration.stock_id).provider)
        missing = backdated.unknown(facts, self.integration)
        with self.hub.store.write() as db:
            self.work.guard(db)
            while part := list(islice(shown, SAVED_AT_ONCE)):
                self.hub.store.insert(db, ReconciliationLine, part)
            goods = accounts.get(Measure.STOCK, Accounts()).stock
            stale = backdated.stale(db, self.integration.stock_id, facts, goods)
            reread = backdated.reread(db, self.integration, stock, missing, stale, self.hub.clock())
            values: dict[str, Any] = {
                "figures": told,
                "valued_at": read.valued_at,
                "currency": currency,
                "reread": reread,
            }
            end(self.work, db, ReconciliationState.DONE, **values)
            drift.compare_with_signed(db, self.row, told, self.hub.clock())

    def _terms(self, period: Period) -> Terms:
        limit = Decimal(self.integration.rounding_limit_cents) / 100
        return Terms(period.start, period.end, self.integration.start_date, limit)

    def _currency(self) -> str:
        for side in (self.integration.ledger_id, self.integration.stock_id):
            organisation = self.hub.connection(side).organisation
            if organisation and organisation.get("base_currency"):
                return str(organisation["base_currency"])
        return ""

    def _known(self, db: sa.Connection, read: Read, currency: str) -> Knowledge:
        sources = {entry.document_id for entry in read.entries}
        targets: set[Ref] = {(posting.kind, posting.target_id) for posting in read.postings}
        return load(db, self.integration, sources, targets, currency)

    def _with_controls(
        self, db: sa.Connection, read: Read, accounts: dict[Measure, Accounts], knowledge: Knowledge, currency: str
    ) -> Read:
        """Where the ledger's documents name no control account, what their totals did to it."""
        silent = [
            measure
            for measure, each in accounts.items()
            if control.are_silent(measure, each, read.entries, read.postings)
        ]
        if not silent:
            return read
        rates, parents = self._written(db, knowledge.states)
        postings = list(read.postings)
        for measure in silent:
            postings += control.implied(measure, accounts[measure], knowledge.states, rates, parents, currency)
        return replace(read, postings=tuple(postings))

    def _written(self, db: sa.Connection, states: Iterable[Ref]) -> tuple[dict[Ref, Decimal], dict[Ref, Kind]]:
        """The rates of what was written in a foreign currency, and what payments and refunds are for."""
        rates: dict[Ref, Decimal] = {}
        parents: dict[Ref, Kind] = {}
        for part in chunks(sorted({id for _, id in states})):
            chosen = sa.select(links.c.kind, links.c.source_id, links.c.written_document).where(
                links.c.integration_id == self.integration.id, links.c.source_id.in_(part), links.c.live.is_(True)
            )
            for row in db.execute(chosen.where(links.c.written_document != "")):
                written = json.loads(row.written_document)
                ref = (Kind(row.kind), row.source_id)
                if written.get("rate"):
                    rates[ref] = Decimal(str(written["rate"]))
                if written.get("document_kind"):
                    parents[ref] = Kind(written["document_kind"])
        return rates, parents

    def _addresses(self, knowledge: Knowledge) -> dict[Ref, str]:
        row: ConnectionRow = self.hub.connection(self.integration.ledger_id)
        provider = self.hub.provider(row.provider)
        if not row.organisation:
            return {}
        organisation = Organisation.model_validate(row.organisation)
        return {
            joint.target: provider.address_of(joint.target[0], joint.target[1], organisation)
            for joint in knowledge.joints
        }
