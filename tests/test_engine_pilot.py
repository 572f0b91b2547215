"""The pilot: five documents go first, a person looks at them in the ledger, and only then may everything go."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, item, line, put, trade

from hub.documents import Bill, CreditNote, Kind
from hub.engine.pilot import SIZE, Pilot, PilotView, is_settled, pilot_of
from hub.errors import SettingsError
from hub.mapping import MappingList
from hub.models import AuditEvent, FlowMode, table
from hub.store import Store
from hub.testing.books import Fault
from hub.vault import Vault

REVIEWED = (Kind.CONTACT, Kind.ITEM, Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Set up as far as the pilot: every flow is reviewed, documents wait."""
    house = called(store, vault, on=False, piloted=False)
    house.run_stock()
    house.run_ledger()
    house.person.confirm_others_off(house.integration_id)
    house.person.accept_suggestions(house.integration_id)
    house.person.set_mapping(house.integration_id, MappingList.PAYMENT_ACCOUNT, {"090": "090"})
    for kind in REVIEWED:
        house.set_flow(kind, FlowMode.REVIEW)
    return house


def stocked(house: House) -> None:
    """A shelf with more documents than a pilot has, each telling in its own way."""
    put(house, contact(), contact("c2", "Unused"), item())
    put(house, *(invoice(f"i{n}", date=date(2026, 2, n)) for n in range(1, 9)))
    put(house, invoice("big", lines=(line("900.00"),)))
    put(house, invoice("long", lines=(line(), line("2.00"), line("3.00"))))
    put(house, trade(CreditNote, "back"), trade(Bill, "owed", lines=(line(account="310"),)))
    house.sync()


def pilot(house: House) -> Pilot:
    return Pilot(house.hub, "bookkeeper")


def views(house: House) -> list[PilotView]:
    with house.hub.store.read() as db:
        return pilot_of(db, house.integration_id)


def settled(house: House) -> bool:
    with house.hub.store.read() as db:
        return is_settled(db, house.integration_id)


def numbers(house: House) -> set[str]:
    """What the ledger has."""
    return {str(entry.native.get("number") or entry.native.get("name")) for entry in house.books.entries.values()}


def audited(house: House) -> list[str]:
    rows = table(AuditEvent)
    with house.hub.store.read() as db:
        return list(db.execute(sa.select(rows.c.what).order_by(rows.c.id)).scalars())


def test_five_telling_documents_are_chosen_each_with_its_reason(house: House) -> None:
    stocked(house)
    assert pilot(house).choose(house.integration_id) == SIZE
    assert {view.why: view.source_id for view in views(house)} == {
        "the largest invoice": "big",
        "a credit": "back",
        "a bill": "owed",
        "the most lines": "long",
        "the newest": "i8",
    }


def test_nothing_but_the_pilot_and_what_it_needs_is_posted(house: House) -> None:
    stocked(house)
    pilot(house).choose(house.integration_id)
    assert house.books.entries == {}
    assert pilot(house).post(house.integration_id) == SIZE
    house.sync()
    assert numbers(house) == {"Acme", "N-big", "N-back", "N-owed", "N-long", "N-i8"}
    assert all(view.is_posted for view in views(house))
    waiting = {row.source_id for row in house.operations(state="proposed")}
    assert waiting == {"i1", "i2", "i3", "i4", "i5", "i6", "i7", "c2", "p1"}


def test_no_flow_is_automatic_and_nothing_else_is_approved_before_the_pilot(house: House) -> None:
    stocked(house)
    with pytest.raises(SettingsError, match="Post the pilot first"):
        house.set_flow(Kind.INVOICE)
    others = [row.id for row in house.operations(state="proposed", kind="invoice")]
    with pytest.raises(SettingsError, match="Post the pilot first"):
        house.person.approve(others)
    assert house.flow(Kind.INVOICE).mode == FlowMode.REVIEW
    assert len(house.operations(state="proposed", kind="invoice")) == len(others)


def test_contacts_may_go_before_the_pilot_for_they_are_looked_at_when_they_are_linked(house: House) -> None:
    stocked(house)
    contacts = [row.id for row in house.operations(state="proposed", kind="contact")]
    assert house.person.approve(contacts) == len(contacts)


def test_everything_unlocks_once_a_person_found_all_of_them_right(house: House) -> None:
    stocked(house)
    pilot(house).choose(house.integration_id)
    pilot(house).post(house.integration_id)
    house.sync()
    *first, last = views(house)
    for view in first:
        assert pilot(house).judge(house.integration_id, view.kind, view.source_id, right=True) is False
    assert not settled(house)
    assert pilot(house).judge(house.integration_id, last.kind, last.source_id, right=True) is True
    assert settled(house)
    for kind in REVIEWED:
        house.set_flow(kind)
    house.sync()
    assert "N-i1" in numbers(house)
    assert audited(house).count("looked at in the ledger: right") == SIZE
    assert "confirmed the pilot" in audited(house)


def test_nobody_can_have_looked_at_what_is_not_in_the_ledger(house: House) -> None:
    stocked(house)
    pilot(house).choose(house.integration_id)
    view = views(house)[0]
    with pytest.raises(SettingsError, match="not in the ledger yet"):
        pilot(house).judge(house.integration_id, view.kind, view.source_id, right=True)


def test_a_wrong_one_says_why_keeps_the_rest_back_and_gives_way_to_another(house: House) -> None:
    stocked(house)
    pilot(house).choose(house.integration_id)
    pilot(house).post(house.integration_id)
    house.sync()
    wrong, *others = views(house)
    with pytest.raises(SettingsError, match="Say what is wrong"):
        pilot(house).judge(house.integration_id, wrong.kind, wrong.source_id, right=False)
    pilot(house).judge(house.integration_id, wrong.kind, wrong.source_id, right=False, note="VAT on a book")
    for view in others:
        pilot(house).judge(house.integration_id, view.kind, view.source_id, right=True)
    assert not settled(house)
    assert pilot(house).choose(house.integration_id) == SIZE
    assert {view.source_id for view in views(house) if view.is_posted} == {view.source_id for view in others}
    assert wrong.source_id not in {view.source_id for view in views(house)}


def test_a_crash_in_the_middle_posts_the_rest_once(house: House) -> None:
    stocked(house)
    pilot(house).choose(house.integration_id)
    pilot(house).post(house.integration_id)
    house.books.faults = [Fault.LOST_ANSWER, Fault.LOST_ANSWER]
    house.sync()
    house.clock.sleep(3600)
    house.sync()
    made = [str(entry.native["number"]) for entry in house.books.entries.values() if entry.native.get("number")]
    assert sorted(made) == ["N-back", "N-big", "N-i8", "N-long", "N-owed"]
    assert all(view.is_posted for view in views(house))


def test_posting_twice_posts_nothing_more(house: House) -> None:
    stocked(house)
    pilot(house).choose(house.integration_id)
    pilot(house).post(house.integration_id)
    assert pilot(house).post(house.integration_id) == 0
    house.sync()
    assert pilot(house).post(house.integration_id) == 0
    house.sync()
    assert len(numbers(house)) == SIZE + 1


def test_fewer_documents_than_five_make_a_smaller_pilot(house: House) -> None:
    put(house, contact(), invoice("i1"))
    house.sync()
    assert pilot(house).choose(house.integration_id) == 1
    pilot(house).post(house.integration_id)
    house.sync()
    assert pilot(house).judge(house.integration_id, "invoice", "i1", right=True) is True


def test_the_pilot_is_skipped_only_with_a_reason_and_it_is_kept(house: House) -> None:
    with pytest.raises(SettingsError, match="Say why there is no pilot"):
        pilot(house).skip(house.integration_id, "  ")
    assert not settled(house)
    pilot(house).skip(house.integration_id, "The same books as last year")
    assert settled(house)
    rows = table(AuditEvent)
    with house.hub.store.read() as db:
        event = db.execute(sa.select(rows).where(rows.c.what == "skipped the pilot")).one()
    assert (event.actor, event.reason) == ("bookkeeper", "The same books as last year")
    house.set_flow(Kind.INVOICE)


def test_flows_stay_off_while_the_two_keep_their_books_in_different_currencies(house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.OFF)
    house.books.base_currency = "AUD"
    house.run_ledger()
    organisation = house.hub.connection(house.stock_id).organisation
    assert organisation is not None
    assert organisation["base_currency"] == "GBP"
    with pytest.raises(SettingsError, match="AUD and GBP"):
        house.set_flow(Kind.INVOICE, FlowMode.REVIEW)


def test_a_hub_that_has_posted_since_long_needs_no_pilot(house: House) -> None:
    stocked(house)
    pilot(house).skip(house.integration_id, "for now")
    house.set_flow(Kind.CONTACT)
    house.set_flow(Kind.INVOICE)
    house.sync()
    with house.hub.store.write() as db:
        db.execute(sa.text("DELETE FROM confirmation"))
    assert settled(house)


def test_a_view_tells_where_its_document_stands(house: House) -> None:
    stocked(house)
    pilot(house).choose(house.integration_id)
    before = views(house)[0]
    assert (before.state, before.target) == ("proposed", None)
    pilot(house).post(house.integration_id)
    house.sync()
    after = views(house)[0]
    assert after.state == "done"
    assert after.target is not None
    assert after.target.number == "N-big"
    assert replace(after, target=None).is_posted is False
