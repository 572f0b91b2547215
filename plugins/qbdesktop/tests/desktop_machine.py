"""A hub and the simulated Web Connector with its QuickBooks, over HTTP, for tests of more than one sort."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import desktop_samples as samples
import pytest
import sqlalchemy as sa
from hub_qbdesktop import feeds, qwc
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.soap import PATH
from sim_qbdesktop import Simulator

from hub import Account, Facts, Kind, TaxRate, Want
from hub.documents import Line
from hub.engine import Decisions
from hub.engine.facts import load_chart
from hub.engine.pilot import Pilot
from hub.mapping import MappingList
from hub.models import Flow, FlowMode, Link, OperationRow, table
from hub.testing import memory
from hub.testing.talk import VisitTalk


@dataclass
class Desktop:
    """A hub, and the simulated machine with QuickBooks that visits it."""

    office: Any
    sim: Simulator
    name: str
    flows: dict[Kind, int] = field(default_factory=dict)

    def switch_on(self, *kinds: Kind) -> None:
        """Let documents of these kinds leave by themselves; the ledger was asked before their first write."""
        for kind in kinds:
            Decisions(self.office.hub, "bookkeeper").set_flow(self.flows[kind], mode=FlowMode.AUTOMATIC)
        rows = table(Flow)
        with self.office.hub.store.write() as db:
            db.execute(sa.update(rows).values(checked_at=self.office.clock()))

    def visit(self, times: int = 1) -> Any:
        """So many visits, far enough apart; the last of them."""
        for _ in range(times):
            self.office.clock.on(minutes=40)
            last = self.sim.connector.visit(self.name)
        return last

    def put(self, *documents: Any) -> None:
        for document in documents:
            self.office.shelf.put(f"r-{document.external_id}", document)
        self.office.hub.run(self.office.stock_id)

    def operations(self, **where: Any) -> list[Any]:
        rows = table(OperationRow)
        chosen = sa.select(rows).order_by(rows.c.id)
        for name, value in where.items():
            chosen = chosen.where(rows.c[name] == value)
        with self.office.hub.store.read() as db:
            return list(db.execute(chosen))

    def unfinished(self) -> dict[str, Any]:
        """The operations that are not done, with what keeps them."""
        return {row.source_id: (row.state, row.problem) for row in self.operations() if row.state != "done"}

    def links(self) -> dict[str, str]:
        rows = table(Link)
        with self.office.hub.store.read() as db:
            return {row.source_id: row.target_id for row in db.execute(sa.select(rows).where(rows.c.live.is_(True)))}

    def books(self, sort: str) -> list[Any]:
        """The transactions of a sort that QuickBooks has."""
        return [each for each in self.sim.company.transactions if each.kind == sort]


@pytest.fixture
def simulated() -> dict[str, Any]:
    """The settings of the simulator; a test that needs another QuickBooks gives its own."""
    return {"sales_tax": True, "classes": True}


@pytest.fixture
def machine(office: Any, simulated: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """Added to the Web Connector by its .qwc file; nothing confirmed yet. The stock system is American, too."""
    monkeypatch.setattr(memory, "BASE_CURRENCY", "USD")
    sim = Simulator(**simulated, no_op_seconds=0)
    row = Connectors(office.hub).of(office.ledger_id)
    assert row is not None
    url = qwc.address(office.hub.settings.base_url, PATH)
    file = qwc.file(url=url, user_name=row.user_name, owner_id=OWNER_ID, file_id=row.file_id, minutes=30)
    added = sim.connector.add(file, password=office.connector.password)
    yield Desktop(office, sim, added.name)
    sim.close()


def by_type(desktop: Desktop, *sorts: str) -> str:
    with desktop.office.hub.store.read() as db:
        chart = load_chart(db, desktop.office.ledger_id)
    accounts: dict[str, Account] = dict(chart.accounts)
    return next(code for code, each in sorted(accounts.items()) if each.type in sorts and each.active)


@pytest.fixture
def desktop(machine: Desktop) -> Desktop:
    """The company file is confirmed, its lists are read and mapped, and every flow is automatic."""
    office = machine.office
    hub = office.hub
    hub.run(office.stock_id)
    assert machine.visit().outcome == "done", machine.sim.connector.visits[-1]
    connectors = Connectors(hub)
    row = connectors.of(office.ledger_id)
    assert row is not None
    connectors.confirm(office.ledger_id, row.seen, "bookkeeper")
    machine.visit()
    person = Decisions(hub, "bookkeeper")
    person.confirm_others_off(office.integration_id)
    Pilot(hub, "bookkeeper").skip(office.integration_id, "Tests are about what comes after it.")
    accounts = {"4000": by_type(machine, "Income"), "5000": by_type(machine, "CostOfGoodsSold", "Expense")}
    person.set_mapping(office.integration_id, MappingList.ACCOUNT, accounts)
    person.set_mapping(office.integration_id, MappingList.TAX_RATE, {"NONE": "Non", "BOUGHT": "In cost"})
    person.set_mapping(office.integration_id, MappingList.PAYMENT_ACCOUNT, {"1000": by_type(machine, "Bank")})
    flows = table(Flow)
    with hub.store.read() as db:
        found = {row.kind: row.id for row in db.execute(sa.select(flows))}
    machine.flows = {Kind(kind): id for kind, id in found.items()}
    machine.switch_on(Kind.CONTACT, Kind.INVOICE)
    return machine


def invoice(net: str = "10.00", **more: Any) -> Any:
    return samples.trade(Kind.INVOICE, sold(net), **{"external_id": "i1", "number": "SO-1", **more})


def sold(net: str = "10.00", **more: Any) -> Line:
    return samples.line(net, account="4000", tax_code="NONE", **more)


def bill(**more: Any) -> Any:
    line = samples.line("7.10", account="5000", tax_code="BOUGHT", tax="0.50")
    return samples.trade(Kind.BILL, line, **{"external_id": "b1", "number": "PO-1", **more})


Reply = Callable[[bytes], bytes]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    simulator = Simulator(sales_tax=True, classes=True, no_op_seconds=0)
    yield simulator
    simulator.close()


def visitor(sim: Simulator) -> Reply:
    session = sim.session()
    return lambda question: session.process(question.decode()).encode()


def read(reply: Reply) -> Facts:
    """What the ledger's lists say, as the hub knows them."""
    visit = QuickBooksProvider.visit
    assert visit is not None
    pages = {feed.name: list(VisitTalk(visit, reply).pull(Want(feed))) for feed in feeds.FEEDS[:3]}
    listed = [
        each for pages_ in pages.values() for page in pages_ for record in page.records for each in record.documents
    ]
    organisation = pages["organisation"][0].organisation
    assert organisation is not None
    return Facts(
        organisation=organisation,
        accounts={each.code: each for each in listed if isinstance(each, Account)},
        taxes={each.code: each for each in listed if isinstance(each, TaxRate)},
    )


def of_type(facts: Facts, *sorts: str) -> str:
    return next(code for code, account in sorted(facts.accounts.items()) if account.type in sorts and account.active)
