"""A stock system and a ledger joined in a fresh hub, ready for a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from furnishing import set_up_once

from hub.documents import (
    Contact,
    Document,
    Invoice,
    Item,
    Journal,
    JournalLine,
    JournalReason,
    Kind,
    Line,
    Payment,
    TaxMode,
)
from hub.engine import Decisions, Hub, RunReport
from hub.engine.connections import connect, integrate
from hub.engine.methods import Methods
from hub.engine.pilot import Pilot
from hub.engine.visiting import Visits
from hub.mapping import MappingList
from hub.models import ConnectionRow, Flow, FlowMode, Link, OperationRow, table
from hub.providers import Provider
from hub.settings import load_settings
from hub.store import Store
from hub.testing import Books, MemoryLedger, MemoryStock, VisitingLedger
from hub.testing.memory import MemorySettings, Shelf
from hub.testing.visiting import reply
from hub.vault import Vault

START = date(2026, 1, 1)
KINDS = tuple(
    kind
    for kind in Kind
    if kind.value
    in ["contact", "item", "invoice", "credit_note", "bill", "supplier_credit", "payment", "refund", "allocation"]
)


@dataclass
class Clock:
    """A clock that moves when told, or when somebody sleeps."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class House:
    """One stock system, one ledger, one integration between them."""

    hub: Hub
    clock: Clock
    shelf: Shelf
    books: Books
    stock_id: int
    ledger_id: int
    integration_id: int

    @property
    def visits(self) -> bool:
        return self.hub.provider(self.hub.connection(self.ledger_id).provider).visit is not None

    @property
    def person(self) -> Decisions:
        return Decisions(self.hub, "bookkeeper")

    def run_stock(self) -> RunReport:
        report = self.hub.run(self.stock_id)
        assert report is not None
        return report

    def run_ledger(self, cause: str = "person") -> RunReport | None:
        if not self.visits:
            return self.hub.run(self.ledger_id, cause)
        self.visit()
        return None

    def visit(self, *, questions: int = 1000) -> None:
        """The ledger comes by, answers, and leaves."""
        visits = Visits(self.hub)
        run_id = visits.open(self.ledger_id)
        assert run_id is not None
        for _ in range(questions):
            question = visits.question(run_id)
            if question is None:
                break
            visits.answer(run_id, reply(self.books, question))
        visits.close(run_id)

    def sync(self) -> None:
        """Both sides, until nothing is left to do."""
        self.run_ledger()
        self.run_stock()
        self.run_ledger()

    def flow(self, kind: Kind) -> Flow:
        with self.hub.store.session() as session:
            rows = session.exec(sa.select(Flow).where(table(Flow).c.kind == kind.value))  # type: ignore[call-overload]
            flow: Flow = rows.scalars().one()
            return flow

    def set_flow(self, kind: Kind, mode: FlowMode = FlowMode.AUTOMATIC, **options: Any) -> None:
        self.person.set_flow(self.flow(kind).id or 0, mode=mode, **options)

    def operations(self, **where: Any) -> list[Any]:
        rows = table(OperationRow)
        chosen = sa.select(rows).order_by(rows.c.id)
        for name, value in where.items():
            chosen = chosen.where(rows.c[name] == value)
        with self.hub.store.read() as db:
            return list(db.execute(chosen))

    def links(self, *, live: bool = True) -> list[Any]:
        rows = table(Link)
        with self.hub.store.read() as db:
            return list(db.execute(sa.select(rows).where(rows.c.live.is_(live)).order_by(rows.c.id)))


def make_house(store: Store, vault: Vault, ledger: MemoryLedger, *, on: bool = True, piloted: bool = True) -> House:
    """A hub with both sides connected and, with ``on``, every flow automatic and all codes mapped.

    Without ``piloted``, somebody has yet to look at the first documents in the ledger.
    """
    clock, shelf = Clock(), Shelf()
    stock = MemoryStock(shelf)
    providers: dict[str, Provider] = {stock.name: stock, ledger.name: ledger}
    hub = Hub(store, vault, providers, load_settings(freshness_seconds=0), clock=clock, sleep=clock.sleep)
    settings = MemorySettings()
    stock_id = connect(hub, stock, settings, name="Shelf")
    ledger_id = connect(hub, ledger, settings, name="Books", account_id="books")
    integration_id = integrate(hub, stock_id, ledger_id, start_date=START)
    house = House(hub, clock, shelf, ledger.books, stock_id, ledger_id, integration_id)
    if piloted:
        Pilot(hub, "bookkeeper").skip(integration_id, "Most tests are about what comes after it.")
    if on:
        house.run_stock()
        house.run_ledger()
        house.person.confirm_others_off(integration_id)
        house.person.accept_suggestions(integration_id)
        house.person.set_mapping(integration_id, MappingList.PAYMENT_ACCOUNT, {"090": "090"})
        for kind in KINDS:
            house.set_flow(kind)
        _looked_before(house)
    return house


def _looked_before(house: House) -> None:
    """The ledger was asked before the first write, long ago: most tests are about what comes after that."""
    rows = table(Flow)
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.mode != FlowMode.OFF.value).values(checked_at=house.clock()))


@set_up_once
def called(store: Store, vault: Vault, **options: Any) -> House:
    """A house whose ledger we call; ``options`` are those of :func:`make_house`."""
    return make_house(store, vault, MemoryLedger(Books()), **options)


@set_up_once
def visiting(store: Store, vault: Vault, **options: Any) -> House:
    """A house whose ledger visits us."""
    return make_house(store, vault, VisitingLedger(Books()), **options)


# -- documents -----------------------------------------------------------------------------------------------------


def contact(id: str = "c1", name: str = "Acme") -> Contact:
    return Contact(external_id=id, name=name, is_customer=True)


def item(id: str = "p1", code: str = "TEA") -> Item:
    return Item(external_id=id, code=code, name="Tea")


def line(
    net: str = "10.00", *, account: str = "200", tax_code: str = "Standard", percent: int = 20, **more: Any
) -> Line:
    amount = Decimal(net)
    tax = (amount * percent / 100).quantize(Decimal("0.01"))
    return Line(amount=amount, unit_price=amount, tax_amount=tax, account=account, tax_code=tax_code, **more)


def invoice(id: str = "i1", number: str = "", *, lines: tuple[Line, ...] = (), **more: Any) -> Invoice:
    made: Invoice = trade(Invoice, id, number, lines=lines, **more)
    return made


def trade(model: Any, id: str, number: str = "", *, lines: tuple[Line, ...] = (), **more: Any) -> Any:
    lines = lines or (line(),)
    net, tax = sum((one.amount for one in lines), Decimal(0)), sum((one.tax_amount for one in lines), Decimal(0))
    values: dict[str, Any] = {
        "external_id": id,
        "number": number or f"N-{id}",
        "date": date(2026, 2, 1),
        "contact_id": "c1",
        "currency": "GBP",
        "tax_mode": TaxMode.EXCLUSIVE,
        "lines": lines,
        "subtotal": net,
        "tax": tax,
        "total": net + tax,
    }
    return model(**{**values, **more})


def payment(id: str = "pay1", document_id: str = "i1", amount: str = "12.00", **more: Any) -> Payment:
    values: dict[str, Any] = {
        "external_id": id,
        "document_kind": Kind.INVOICE,
        "document_id": document_id,
        "date": date(2026, 2, 10),
        "amount": Decimal(amount),
        "currency": "GBP",
        "account": "090",
    }
    return Payment(**{**values, **more})


def journal(id: str = "j1", amount: str = "30.00", day: date = date(2026, 2, 5), **more: Any) -> Journal:
    """The cost of what was sold: from stock to cost of goods."""
    values: dict[str, Any] = {
        "external_id": id,
        "reason": JournalReason.COST_OF_GOODS,
        "number": f"SO-{id}",
        "date": day,
        "currency": "GBP",
        "lines": (
            JournalLine(account="320", amount=Decimal(amount)),
            JournalLine(account="630", amount=-Decimal(amount)),
        ),
    }
    return Journal(**{**values, **more})


def join_second_ledger(house: House) -> None:
    """Let the stock system go to another ledger, too: the integration *Second* with *Other books*."""
    rows = table(ConnectionRow)
    with house.hub.store.write() as db:
        books = dict(db.execute(sa.select(rows).where(rows.c.id == house.ledger_id)).one()._mapping)
        books |= {"id": None, "account_id": "other", "name": "Other books"}
        given = {name: value for name, value in books.items() if value is not None}
        other = db.execute(sa.insert(rows).values(given).returning(rows.c.id)).scalar_one()
    integrate(house.hub, house.stock_id, other, start_date=START, name="Second")


def make_perpetual(house: House, since: date = START, mode: FlowMode = FlowMode.AUTOMATIC) -> Methods:
    """Map the accounts of stock and go perpetual; answers with the verbs on the method."""
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"630": "630", "320": "320"})
    methods = Methods(house.person)
    methods.go_perpetual(house.integration_id, since, mode)
    return methods


def put(house: House, *documents: Document) -> None:
    """Save each document as a record of its own."""
    for document in documents:
        house.shelf.put(f"r-{document.external_id}", document)
