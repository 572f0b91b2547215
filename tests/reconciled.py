"""A house whose books can be compared: perpetual stock on both sides, and what may go wrong between them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from houses import House, contact, invoice, put

from hub.causes import Measure
from hub.documents import Journal, JournalLine, JournalReason, Kind
from hub.engine.reconciling import Period, Reconciling, reconcile
from hub.mapping import MappingList
from hub.models import Flow, Integration, Reconciliation, ReconciliationLine, table

FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
integrations, flows = table(Integration), table(Flow)
rows, lines = table(Reconciliation), table(ReconciliationLine)


def journal(
    id: str = "j1",
    amount: str = "10.00",
    day: date = date(2026, 2, 5),
    reason: JournalReason = JournalReason.ADJUSTMENT,
    **more: Any,
) -> Journal:
    """What came to stock; negative: what left it."""
    moved = (
        JournalLine(account="630", amount=Decimal(amount)),
        JournalLine(account="320", amount=-Decimal(amount)),
    )
    told = {"external_id": id, "reason": reason, "number": f"N-{id}", "date": day, "currency": "GBP"}
    return Journal(**{**told, "record_id": f"r-{id}", "lines": moved, **more})


def perpetual(house: House) -> House:
    """Stock is kept in the ledger too: the house posts journals."""
    with house.hub.store.write() as db:
        db.execute(sa.update(integrations).values(inventory_method="perpetual"))
    codes = {"200": "200", "310": "310", "320": "320", "630": "630"}
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, codes)
    house.set_flow(Kind.JOURNAL)
    with house.hub.store.write() as db:
        db.execute(sa.update(flows).values(checked_at=house.clock()))
    return house


def reconciled(house: House, period: Period = FEBRUARY) -> Reconciliation:
    """Ask for it and do it."""
    made = Reconciling(house.hub, "bookkeeper").ask(house.integration_id, period)
    assert reconcile(house.hub, made)
    return one(house, made)


def one(house: House, reconciliation_id: int) -> Reconciliation:
    with house.hub.store.read() as db:
        return Reconciliation(**db.execute(sa.select(rows).where(rows.c.id == reconciliation_id)).one()._mapping)


def causes_of(row: Reconciliation, measure: Measure = Measure.STOCK) -> dict[str, str]:
    """What each cause adds, by its name, without those that add nothing."""
    told = row.figures[measure.value]["causes"]
    return {name: each["amount"] for name, each in told.items() if Decimal(each["amount"])}


def lines_of(house: House, row: Reconciliation, cause: str, measure: Measure = Measure.STOCK) -> list[Any]:
    chosen = sa.select(lines).where(
        lines.c.reconciliation_id == row.id, lines.c.measure == measure.value, lines.c.cause == cause
    )
    with house.hub.store.read() as db:
        return list(db.execute(chosen.order_by(lines.c.id)))


def busy_month(house: House) -> None:
    """A month of trade that both sides have alike."""
    put(house, contact(), invoice("i1"), journal("j1", "100.00"), journal("j2", "-40.00"), journal("j3", "0.05"))
    house.sync()


def by_hand(house: House, amount: str, day: str = "2026-02-20") -> str:
    """A person's own journal in the ledger."""
    moved = [{"account": "630", "amount": amount}, {"account": "860", "amount": str(-Decimal(amount))}]
    return house.books.add(Kind.JOURNAL, date=day, lines=moved, number="BY-HAND")
