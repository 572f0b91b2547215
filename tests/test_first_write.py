"""Before the first write: what the ledger has already keeps a flow off until a person has adopted or excluded it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, put, trade, visiting

from hub.documents import Bill, Kind
from hub.engine.hits import Hits
from hub.engine.visiting import Visits
from hub.errors import SettingsError, UnreachableError
from hub.models import AuditEvent, FlowMode, table
from hub.store import Store
from hub.testing.books import Entry
from hub.testing.visiting import reply
from hub.vault import Vault

KINDS = (Kind.CONTACT, Kind.INVOICE, Kind.PAYMENT)


def ready(house: House) -> House:
    """Both sides read, everything mapped and confirmed, nothing switched on."""
    house.run_ledger()
    house.run_stock()
    house.run_ledger()
    house.person.confirm_others_off(house.integration_id)
    house.person.accept_suggestions(house.integration_id)
    return house


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """A new house: two invoices on the shelf, of which somebody else posted the newest."""
    house = called(store, vault, on=False)
    put(house, contact(), invoice("i1"), invoice("i2", date=date(2026, 2, 2)))
    posted(house, "i2")
    return ready(house)


@pytest.fixture
@set_up_once
def visited(store: Store, vault: Vault) -> House:
    house = visiting(store, vault, on=False)
    put(house, contact(), invoice("i1"))
    posted(house, "i1")
    return ready(house)


def posted(house: House, source_id: str, **changes: Any) -> str:
    """What somebody else made of a source document, with its mark."""
    values = {"number": f"N-{source_id}", "total": "12.00", "date": "2026-02-02", "mark": f"{source_id}#1"}
    return house.books.add(Kind.INVOICE, **{**values, **changes})


def hits(house: House, kind: Kind = Kind.INVOICE) -> list[tuple[str, str, tuple[str, ...]]]:
    found = house.flow(kind).hits
    return [(hit["source_id"], hit["state"]["target_id"], tuple(hit["differences"])) for hit in found]


def verbs(house: House) -> tuple[Hits, int]:
    return Hits(house.hub, "bookkeeper"), house.flow(Kind.INVOICE).id or 0


def switch_on(house: House) -> None:
    for kind in KINDS:
        house.set_flow(kind)


def invoices(house: House) -> list[Entry]:
    return [entry for entry in house.books.entries.values() if entry.kind is Kind.INVOICE]


def audited(house: House, what: str) -> list[Any]:
    rows = table(AuditEvent)
    with house.hub.store.read() as db:
        return list(db.execute(sa.select(rows).where(rows.c.what == what).order_by(rows.c.id)))


# -- switching a flow on ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [FlowMode.REVIEW, FlowMode.AUTOMATIC])
def test_what_the_ledger_has_already_keeps_the_flow_off(house: House, mode: FlowMode) -> None:
    with pytest.raises(SettingsError, match=r"1 of the newest invoices is in Books already.*N-i2.*adopt or exclude"):
        house.set_flow(Kind.INVOICE, mode)
    flow = house.flow(Kind.INVOICE)
    assert (flow.mode, flow.checked_at) == ("off", house.clock())
    assert hits(house) == [("i2", invoices(house)[0].id, ())]
    [event] = audited(house, "looked for already posted")
    assert (event.actor, event.subject) == ("bookkeeper", "invoice: 2 looked for, 1 found")
    house.sync()
    assert len(invoices(house)) == 1


def test_what_was_adopted_is_linked_and_never_written(house: House) -> None:
    hits_, flow_id = verbs(house)
    assert hits_.look(flow_id).hits
    hits_.adopt(flow_id, "i2", invoices(house)[0].id)
    assert (hits(house), [row.origin for row in house.links()]) == ([], ["adopted"])
    switch_on(house)
    house.sync()
    assert sorted(entry.native["number"] for entry in invoices(house)) == ["N-i1", "N-i2"]
    assert {row.source_id for row in house.operations(kind="invoice")} == {"i1"}
    assert [row.subject for row in audited(house, "adopted")] == ["N-i2"]


def test_an_edit_of_an_adopted_document_travels(house: House) -> None:
    hits_, flow_id = verbs(house)
    hits_.look(flow_id)
    hits_.adopt(flow_id, "i2", invoices(house)[0].id)
    switch_on(house)
    house.sync()
    put(house, invoice("i2", date=date(2026, 2, 2), lines=(line("20.00"),)))
    house.sync()
    assert {entry.native["number"]: entry.total for entry in invoices(house)} == {
        "N-i1": Decimal("12.00"),
        "N-i2": Decimal("24.00"),
    }


def test_what_was_excluded_is_never_posted_until_that_is_undone(house: House) -> None:
    hits_, flow_id = verbs(house)
    hits_.look(flow_id)
    with pytest.raises(SettingsError, match="Say why"):
        hits_.exclude(flow_id, "i2", " ")
    hits_.exclude(flow_id, "i2", "entered by hand")
    switch_on(house)
    put(house, invoice("i2", date=date(2026, 2, 3)))
    house.sync()
    assert sorted(entry.native["number"] for entry in invoices(house)) == ["N-i1", "N-i2"]
    [left_out] = house.operations(source_id="i2")
    assert (left_out.state, left_out.reason, left_out.action) == ("dropped", "entered by hand", "create")
    house.books.void(invoices(house)[0].id)
    house.person.undrop([left_out.id])
    house.run_ledger()
    assert [row.state for row in house.operations(source_id="i2")] == ["replaced", "done"]


def test_the_flow_stays_off_while_one_hit_is_left(house: House) -> None:
    put(house, invoice("i3", date=date(2026, 2, 3)))
    posted(house, "i3")
    house.run_stock()
    hits_, flow_id = verbs(house)
    assert [hit.label for hit in hits_.look(flow_id).hits] == ["N-i3", "N-i2"]
    hits_.exclude(flow_id, "i3", "theirs")
    with pytest.raises(SettingsError, match="N-i2"):
        house.set_flow(Kind.INVOICE)
    assert [source_id for source_id, _, _ in hits(house)] == ["i2"]


def test_a_hit_that_was_voided_in_the_ledger_no_longer_counts(house: House) -> None:
    with pytest.raises(SettingsError):
        house.set_flow(Kind.INVOICE)
    house.books.void(invoices(house)[0].id)
    hits_, flow_id = verbs(house)
    with pytest.raises(SettingsError, match="no longer in the ledger"):
        hits_.adopt(flow_id, "i2", invoices(house)[0].id)
    house.set_flow(Kind.INVOICE)
    assert (house.flow(Kind.INVOICE).mode, hits(house)) == ("automatic", [])


def test_what_differs_is_adopted_only_when_a_person_confirms_it(house: House) -> None:
    [entry] = invoices(house)
    house.books.edit(entry.id, total="13.00", date="2026-02-05", number="OTHER")
    hits_, flow_id = verbs(house)
    [hit] = hits_.look(flow_id).hits
    assert hit.differences == ("number OTHER", "dated 2026-02-05", "total 13.00")
    assert hits_.adopt_exact(flow_id) == 0
    with pytest.raises(SettingsError, match=r"total 13\.00\. Confirm"):
        hits_.adopt(flow_id, "i2", entry.id)
    assert house.links() == []
    hits_.adopt(flow_id, "i2", entry.id, confirmed=True)
    switch_on(house)
    house.sync()
    assert house.books.entries[entry.id].total == Decimal("13.00")


def test_an_edit_made_between_look_and_adoption_is_noticed(house: House) -> None:
    hits_, flow_id = verbs(house)
    hits_.look(flow_id)
    house.books.edit(invoices(house)[0].id, total="99.00")
    with pytest.raises(SettingsError, match=r"total 99\.00"):
        hits_.adopt(flow_id, "i2", invoices(house)[0].id)


def test_two_documents_can_not_be_adopted_to_one(house: House) -> None:
    put(house, invoice("i3", date=date(2026, 2, 2)))
    house.run_stock()
    [entry] = invoices(house)
    hits_, flow_id = verbs(house)
    hits_.look(flow_id)
    house.books.edit(entry.id, mark="i3#1")
    found = house.flow(Kind.INVOICE).hits
    hits_.adopt(flow_id, "i2", entry.id)
    rows = table(type(house.flow(Kind.INVOICE)))
    with house.hub.store.write() as db:
        stale = [{**found[0], "source_id": "i3", "label": "N-i3"}]
        db.execute(sa.update(rows).where(rows.c.id == flow_id).values(hits=stale))
    with pytest.raises(SettingsError, match="is linked to another document already"):
        hits_.adopt(flow_id, "i3", entry.id, confirmed=True)
    with pytest.raises(SettingsError, match="decided about this document meanwhile"):
        hits_.adopt(flow_id, "i2", entry.id)


def test_all_that_match_exactly_are_adopted_however_many_there_are(house: House) -> None:
    many = [invoice(f"m{n}", date=date(2026, 2, 10)) for n in range(60)]
    put(house, *many)
    for one in many:
        posted(house, one.external_id, date="2026-02-10")
    house.run_stock()
    hits_, flow_id = verbs(house)
    assert len(hits_.look(flow_id).hits) == 25
    assert hits_.adopt_exact(flow_id) == 61
    writes = house.books.writes
    switch_on(house)
    house.sync()
    assert house.books.writes == writes + 2  # the contact and the one invoice that was not there
    assert len(invoices(house)) == 62


def test_a_hit_that_two_documents_could_be_is_left_to_a_person(house: House) -> None:
    house.books.add(Kind.INVOICE, number="N-i2-too", total="12.00", date="2026-02-02", mark="i2#1")
    house.books.edit(list(house.books.entries)[-1], number="N-i2")
    hits_, flow_id = verbs(house)
    assert len(hits_.look(flow_id).hits) == 2
    assert hits_.adopt_exact(flow_id) == 0
    hits_.adopt(flow_id, "i2", hits(house)[1][1])
    assert hits(house) == []


def test_our_own_documents_are_no_hits(house: House) -> None:
    house.books.void(invoices(house)[0].id)
    switch_on(house)
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.OFF)
    put(house, invoice("i3"))
    posted(house, "i3")
    house.run_stock()
    house.set_flow(Kind.INVOICE)
    assert house.flow(Kind.INVOICE).mode == "automatic"


def test_what_is_linked_to_another_document_is_no_hit(house: House) -> None:
    [entry] = invoices(house)
    hits_, flow_id = verbs(house)
    hits_.look(flow_id)
    hits_.adopt(flow_id, "i2", entry.id)
    house.books.edit(entry.id, mark="i1#1")
    assert hits_.look(flow_id).hits == ()


def test_bills_of_another_supplier_give_no_hit(house: House) -> None:
    put(house, trade(Bill, "b1", "B-1", lines=(line(account="310"),)))
    house.run_stock()
    house.set_flow(Kind.BILL)
    assert (house.flow(Kind.BILL).mode, hits(house, Kind.BILL)) == ("automatic", [])


# -- where it can't be looked for yet ---------------------------------------------------------------------------------


def test_a_ledger_that_visits_is_asked_before_the_first_document(visited: House) -> None:
    switch_on(visited)
    assert [row.reason for row in audited(visited, "set flow")][1] == "Books can only be asked while it visits the hub"
    visited.sync()
    assert len(invoices(visited)) == 1
    assert (visited.flow(Kind.INVOICE).mode, len(hits(visited))) == ("off", 1)
    assert [row.actor for row in audited(visited, "looked for already posted")] == ["hub"]
    assert {row.state for row in visited.operations(kind="invoice")} == {"replaced"}


def test_a_ledger_that_visits_and_does_not_say_of_each_document_is_asked_again(visited: House) -> None:
    switch_on(visited)
    visits = Visits(visited.hub)
    run_id = visits.open(visited.ledger_id)
    assert run_id is not None
    while (question := visits.question(run_id)) is not None and json.loads(question)["do"] != "look":
        visits.answer(run_id, reply(visited.books, question))
    with pytest.raises(UnreachableError, match="1 targets could not be looked for"):
        visits.answer(run_id, b"{}")
    assert visited.flow(Kind.INVOICE).checked_at is None
    assert visits.question(run_id) == question
    visits.close(run_id)
    visited.sync()
    assert (visited.flow(Kind.INVOICE).mode, len(invoices(visited))) == ("off", 1)


def test_documents_read_after_the_switch_are_looked_for_before_the_first_is_written(store: Store, vault: Vault) -> None:
    house = ready(called(store, vault, on=False))
    switch_on(house)
    assert house.flow(Kind.INVOICE).checked_at is None
    put(house, contact(), invoice("i1"), invoice("i2", date=date(2026, 2, 2)))
    posted(house, "i2")
    house.sync()
    assert (house.flow(Kind.INVOICE).mode, len(invoices(house))) == ("off", 1)
    hits_, flow_id = verbs(house)
    assert hits_.adopt_exact(flow_id) == 1
    switch_on(house)
    house.sync()
    assert sorted(entry.native["number"] for entry in invoices(house)) == ["N-i1", "N-i2"]


def test_a_flow_without_hits_is_looked_for_once(store: Store, vault: Vault) -> None:
    house = ready(called(store, vault, on=False))
    switch_on(house)
    put(house, contact(), invoice("i1"))
    house.sync()
    put(house, invoice("i2"))
    house.sync()
    assert [row.subject for row in audited(house, "looked for already posted")] == ["invoice: 1 looked for, 0 found"]
    assert len(invoices(house)) == 2
