"""The hub and the simulated Web Connector with its QuickBooks, over HTTP: a first day, and what can go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import desktop_samples as samples
import pytest
import sqlalchemy as sa
from hub_qbdesktop import feeds, qwc
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.soap import PATH
from sim_qbdesktop import Simulator, person

from hub import Kind
from hub.documents import Line
from hub.engine import Decisions
from hub.engine.pilot import Pilot
from hub.mapping import MappingList
from hub.models import Flow, FlowMode, Link, NativeRecord, OperationRow, table
from hub.testing import memory


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
def machine(office: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """Added to the Web Connector by its .qwc file; nothing confirmed yet. The stock system is American, too."""
    monkeypatch.setattr(memory, "BASE_CURRENCY", "USD")
    sim = Simulator(sales_tax=True, classes=True, no_op_seconds=0)
    row = Connectors(office.hub).of(office.ledger_id)
    assert row is not None
    url = qwc.address(office.hub.settings.base_url, PATH)
    file = qwc.file(url=url, user_name=row.user_name, owner_id=OWNER_ID, file_id=row.file_id, minutes=30)
    added = sim.connector.add(file, password=office.connector.password)
    yield Desktop(office, sim, added.name)
    sim.close()


def by_type(desktop: Desktop, *sorts: str) -> str:
    from hub.documents import Account
    from hub.engine.facts import load_chart

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


def struck(desktop: Desktop) -> list[int]:
    """How often each fault struck: one that never did would prove nothing."""
    return [fault.struck for fault in desktop.sim.faults.rules]


def numbers(found: list[Any]) -> list[str]:
    return sorted(str(each.fields.get("RefNumber", "")) for each in found)


def test_a_first_day(desktop: Desktop) -> None:
    """A customer, a supplier, an item, an invoice, a bill and their payments arrive, each once."""
    desktop.switch_on(Kind.ITEM, Kind.BILL, Kind.PAYMENT)
    desktop.put(
        samples.contact("Harbour Stores"),
        samples.vendor("Leaf Imports"),
        samples.item(sale_account="4000", purchase_account="5000"),
        samples.trade(
            Kind.INVOICE,
            sold("25.00", item_id="p1", item_code="TEA", quantity=Decimal(2), unit_price=Decimal("12.50")),
            sold("4.00"),
            external_id="i1",
            number="SO-1",
        ),
        bill(),
        samples.payment(amount="20.00"),
        samples.payment(Kind.BILL, amount="7.60"),
    )
    desktop.visit(4)
    assert desktop.unfinished() == {}
    assert set(desktop.links()) == {"c1", "s1", "p1", "i1", "b1", "pay-invoice", "pay-bill"}


def test_an_ordinary_visit_afterwards_writes_nothing(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice())
    desktop.visit(3)
    before = len(desktop.sim.company.transactions)
    assert desktop.visit(2).outcome == "done"
    assert len(desktop.sim.company.transactions) == before


AT_THE_INVOICES = 10
"""Answers before theirs: one of each feed that contacts and invoices need, and one to the look for their numbers."""
DIALOG = {"code": "0x80040414", "message": "A modal dialog box is showing"}
NO_START = {"code": "0x80040408", "message": "Could not start QuickBooks."}
FAULTS: list[dict[str, Any]] = [
    {"kind": "lost_answer", "method": "receiveResponseXML", "skip": AT_THE_INVOICES},
    {"kind": "lost_answer", "method": "sendRequestXML", "skip": AT_THE_INVOICES},
    {"kind": "lost_request", "method": "receiveResponseXML", "skip": AT_THE_INVOICES},
    {"kind": "lost_request", "method": "closeConnection"},
    {"kind": "crash", "at": "after process", "skip": AT_THE_INVOICES},
    {"kind": "crash", "at": "before process", "skip": AT_THE_INVOICES},
    {"kind": "crash", "at": "after sendRequestXML", "skip": AT_THE_INVOICES},
    {"kind": "crash", "at": "after receiveResponseXML", "skip": AT_THE_INVOICES},
    {"kind": "repeat", "method": "receiveResponseXML", "skip": AT_THE_INVOICES},
    {"kind": "repeat", "method": "sendRequestXML", "skip": AT_THE_INVOICES},
    {"kind": "repeat", "method": "authenticate"},
    {"kind": "die_in_set", "params": {"after": 1}},
    {"kind": "memory_full"},
    {"kind": "no_hcp"},
    {"kind": "stale_ticket", "method": "receiveResponseXML", "skip": AT_THE_INVOICES},
    {"kind": "hresult", "at": "process", "skip": AT_THE_INVOICES, "params": DIALOG},
    {"kind": "hresult", "at": "open", "params": NO_START},
    {"kind": "status", "match": "InvoiceAddRq", "params": {"code": 3175, "message": "in use"}},
    {"kind": "status", "match": "InvoiceAddRq", "params": {"code": 1000, "message": "internal", "saved": True}},
    {"kind": "expire_iterators"},
]


def test_whatever_happens_each_document_is_there_once(desktop: Desktop) -> None:
    """One mishap after another, each with an invoice of its own on the way."""
    desktop.put(samples.contact("Harbour Stores"))
    desktop.visit(2)
    for number, fault in enumerate(FAULTS):
        name = f"F-{number}"
        desktop.put(invoice(external_id=name, number=name))
        desktop.sim.faults.add([fault])
        for _ in range(6):
            desktop.visit()
            if not desktop.unfinished() and struck(desktop) == [1]:
                break
        assert struck(desktop) == [1], fault
        assert desktop.unfinished() == {}, fault
        desktop.sim.faults.clear()
    expected = sorted(f"F-{number}" for number in range(len(FAULTS)))
    assert numbers(desktop.books("Invoice")) == expected
    assert set(desktop.links()) == {"c1", *expected}


def test_a_lost_answer_and_a_lost_memory_together_still_double_nothing(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice())
    desktop.sim.faults.add(
        [
            {"kind": "crash", "at": "after process", "skip": AT_THE_INVOICES + 1},
            {"kind": "memory_lost", "skip": AT_THE_INVOICES + 2},
        ]
    )
    desktop.visit(4)
    assert struck(desktop) == [1, 1]
    assert set(desktop.links()) == {"c1", "i1"}
    assert numbers(desktop.books("Invoice")) == ["SO-1"]


@pytest.mark.parametrize("way", ["empty", "missing", "nil"])
def test_parameters_without_a_value_may_travel_in_any_way(machine: Desktop, way: str) -> None:
    machine.sim.switches.set({"parameters": way})
    assert machine.visit().outcome == "done"


def test_what_quickbooks_recovers_in_short_is_linked_all_the_same(desktop: Desktop) -> None:
    desktop.sim.switches.set({"recovered_answers": "short"})
    desktop.put(samples.contact("Harbour Stores"), invoice())
    desktop.sim.faults.add([{"kind": "crash", "at": "after process", "skip": AT_THE_INVOICES + 1}])
    desktop.visit(4)
    assert struck(desktop) == [1]
    assert set(desktop.links()) == {"c1", "i1"}
    assert numbers(desktop.books("Invoice")) == ["SO-1"]


def states_of(desktop: Desktop) -> dict[str, str]:
    rows = table(Link)
    with desktop.office.hub.store.read() as db:
        chosen = sa.select(rows.c.source_id, rows.c.state).where(rows.c.live.is_(True))
        return {row.source_id: row.state["status"] for row in db.execute(chosen)}


def test_what_a_person_does_in_quickbooks_is_seen_with_the_next_visit(desktop: Desktop) -> None:
    invoices = [invoice(external_id=id, number=id.upper()) for id in ("i1", "i2", "i3", "i4")]
    desktop.put(samples.contact("Harbour Stores"), *invoices)
    desktop.visit(2)
    links = desktop.links()
    for act, id, more in (
        ("void", "i1", {}),
        ("delete", "i2", {}),
        ("pay", "i3", {"amount": "4.00"}),
        ("edit", "i4", {"changes": {"PONumber": "P-9", "RefNumber": "CHANGED"}}),
    ):
        person.act(desktop.sim.quickbooks, act, {"id": links[id], **more})
    desktop.visit()
    seen = states_of(desktop)
    assert {id: seen[id] for id in ("i1", "i2", "i3", "i4")} == {
        "i1": "voided",
        "i2": "missing",
        "i3": "part_paid",
        "i4": "open",
    }
    rows = table(Link)
    with desktop.office.hub.store.read() as db:
        edited = sa.select(rows.c.source_id).where(rows.c.edited.is_(True), rows.c.source_id == "i4")
        assert db.execute(edited).scalar() == "i4"


def test_a_supplier_is_never_taken_for_the_customer_of_the_same_name(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"))
    desktop.visit(2)
    desktop.put(samples.vendor("Harbour Stores"))
    desktop.visit(2)
    assert set(desktop.links()) == {"c1"}
    [(state, problem)] = desktop.unfinished().values()
    assert (state, problem["code"]) == ("failed", "name_taken")


def test_an_edited_document_is_changed_where_it_stands(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice())
    desktop.visit(2)
    desktop.put(samples.trade(Kind.INVOICE, sold("10.00"), sold("5.00"), external_id="i1", number="SO-1"))
    desktop.visit(2)
    assert desktop.unfinished() == {}
    [kept] = desktop.books("Invoice")
    assert kept.total == Decimal("15.00")


BEFORE_THE_CUSTOMERS = 5
"""Answers before theirs in each session."""


def many_customers(desktop: Desktop, count: int) -> None:
    """People entered a long list of customers in QuickBooks."""
    for number in range(count):
        person.act(desktop.sim.quickbooks, "add_entry", {"kind": "Customer", "fields": {"Name": f"Many {number:04}"}})


def customers_read(desktop: Desktop) -> list[str]:
    """The ids of the records that the feed of customers brought."""
    rows = table(NativeRecord)
    mine = (rows.c.connection_id == desktop.office.ledger_id, rows.c.feed == "customers")
    with desktop.office.hub.store.read() as db:
        return sorted(db.execute(sa.select(rows.c.record_id).where(*mine)).scalars())


def test_a_long_list_is_read_within_one_session_and_each_page_is_heard_at_once(machine: Desktop) -> None:
    """QuickBooks forgets an iterator that rests for ten seconds."""
    many_customers(machine, 450)
    visit = machine.visit()
    assert visit.outcome == "done"
    asked = [each.request for each in visit.exchanges if "<CustomerQueryRq" in each.request]
    assert ['iterator="Start"' in text for text in asked] == [True, False, False]
    heard = [call.milliseconds for call in visit.calls if call.method == "receiveResponseXML"]
    assert max(heard) < 2000, heard
    assert len(customers_read(machine)) == len(set(customers_read(machine))) >= 450


def test_a_list_whose_reading_broke_off_again_and_again_is_read_in_the_end(machine: Desktop) -> None:
    """Each session ends with the second page, more often than an iterator is begun anew within one."""
    many_customers(machine, 450)
    for _ in range(feeds.MOST_RESTARTS + 3):
        machine.sim.faults.clear()
        machine.sim.faults.add([{"kind": "crash", "at": "after process", "skip": BEFORE_THE_CUSTOMERS + 1}])
        broken = machine.visit()
        assert broken.outcome == "crashed"
        assert 'iterator="Continue"' in broken.exchanges[-1].request
    machine.sim.faults.clear()
    assert machine.visit().outcome == "done", machine.sim.connector.visits[-1].shown
    assert len(customers_read(machine)) == len(set(customers_read(machine))) >= 450
