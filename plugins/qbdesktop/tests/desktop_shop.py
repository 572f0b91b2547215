"""A shop's documents on their way: what is put into it, and what became of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from hub import Contact, Invoice, Line, Visits
from hub.models import Link, OperationRow, Run, table


def customer(id: str = "c1", name: str = "Acme") -> Contact:
    return Contact(external_id=id, name=name, is_customer=True)


def invoice(id: str = "i1", number: str = "", contact_id: str = "c1", net: str = "10.00") -> Invoice:
    amount = Decimal(net)
    line = Line(description="Tea", amount=amount, unit_price=amount, account="200", tax_code="NONE")
    return Invoice(
        external_id=id,
        number=number or f"N-{id}",
        date=date(2026, 2, 1),
        contact_id=contact_id,
        currency="GBP",
        lines=(line,),
        subtotal=amount,
        total=amount,
    )


def links(office: Any) -> dict[str, str]:
    rows = table(Link)
    with office.hub.store.read() as db:
        chosen = sa.select(rows).where(rows.c.live.is_(True)).order_by(rows.c.id)
        return {row.source_id: row.target_id for row in db.execute(chosen)}


def operations(office: Any, **where: Any) -> list[Any]:
    rows = table(OperationRow)
    chosen = sa.select(rows).order_by(rows.c.id)
    for name, value in where.items():
        chosen = chosen.where(rows.c[name] == value)
    with office.hub.store.read() as db:
        return list(db.execute(chosen))


def put(office: Any, *documents: Any) -> None:
    for document in documents:
        office.shelf.put(f"r-{document.external_id}", document)
    office.hub.run(office.stock_id)


def visits(office: Any, times: int = 3) -> None:
    """As many visits as it takes until nothing waits, but not more than so many."""
    for _ in range(times):
        office.clock.on(minutes=40)
        office.connector.visit()
        if not Visits(office.hub).waiting(office.ledger_id):
            break


def added(office: Any, sort: str) -> list[str]:
    return [
        str(body.findtext("RefNumber") or body.findtext("Name"))
        for each, body, _ in office.company.added
        if each == sort
    ]


def runs_of(office: Any) -> list[Any]:
    with office.hub.store.read() as db:
        rows = table(Run)
        return list(db.execute(sa.select(rows).where(rows.c.connection_id == office.ledger_id).order_by(rows.c.id)))
