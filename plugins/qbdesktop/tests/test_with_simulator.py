"""The hub and the simulated Web Connector with its QuickBooks, over HTTP: a first day, and what can go wrong."""

from __future__ import annotations

import time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import desktop_samples as samples
import pytest
import sqlalchemy as sa
from desktop_machine import Desktop, bill, invoice, sold
from hub_qbdesktop import feeds
from sim_qbdesktop import person
from sim_qbdesktop.connector import wire

from hub import Kind
from hub.models import Link, NativeRecord, table


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
    """QuickBooks' lists share their names, so the second of the two says on which side it is."""
    desktop.put(samples.contact("Harbour Stores"), samples.vendor("Harbour Stores"))
    desktop.visit(3)
    links = desktop.links()
    assert links["c1"].startswith("customer:")
    assert links["s1"].startswith("vendor:")
    vendor = desktop.sim.company.entries[links["s1"].partition(":")[2]]
    assert (vendor.name, vendor.fields["CompanyName"]) == ("Harbour Stores (supplier)", "Harbour Stores")


def test_a_supplier_that_was_named_apart_keeps_its_name_when_something_else_changes(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), samples.vendor("Harbour Stores"))
    desktop.visit(3)
    desktop.put(samples.vendor("Harbour Stores", phone="555 0199"))
    desktop.visit(2)
    vendor = desktop.sim.company.entries[desktop.links()["s1"].partition(":")[2]]
    assert (vendor.name, vendor.fields["Phone"]) == ("Harbour Stores (supplier)", "555 0199")


def test_a_name_that_an_employee_has_is_held_with_advice(desktop: Desktop) -> None:
    desktop.put(samples.vendor("Jane Smith"))
    desktop.visit(2)
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


def test_a_long_list_is_read_within_one_session_and_each_page_is_heard_at_once(
    machine: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QuickBooks forgets an iterator that rests for ten seconds."""
    # Of work: how busy the machine is with others does not count.
    monkeypatch.setattr(wire, "time", SimpleNamespace(monotonic=time.process_time, sleep=time.sleep))
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
