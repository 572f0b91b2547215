"""The dashboard counts the contacts that the page of contacts has to do, whatever their state."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, put
from statements import counting
from visitors import visitor

from hub.documents import Contact, Kind
from hub.engine.contact_list import Side, contacts_to_do
from hub.engine.linking import Linking
from hub.models import ContactEntry, FlowMode, table
from hub.store import Store
from hub.vault import Vault


def supplier(id: str, name: str, *, is_customer: bool = False) -> Contact:
    return Contact(external_id=id, name=name, is_customer=is_customer, is_supplier=True)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Two contacts are linked, one is archived in the ledger; nothing else is created there by itself."""
    house = called(store, vault)
    put(house, contact(), invoice("i1"), contact("archived", "Archived Ltd"), supplier("seller", "Seller"))
    house.sync()
    house.set_flow(Kind.CONTACT, FlowMode.OFF)
    house.books.archive(target(house, "archived"))
    house.run_ledger()
    return house


def target(house: House, source_id: str) -> str:
    return next(str(link.target_id) for link in house.links() if (link.kind, link.source_id) == ("contact", source_id))


def to_do(house: House) -> int:
    with house.hub.store.read() as db:
        return int(db.execute(contacts_to_do(db, [house.integration_id])).scalar_one())


def listed(house: House) -> set[str]:
    """Who is under *To do* of the customers or of the suppliers."""
    there, place = visitor(house), f"/integrations/{house.integration_id}/contacts"
    boxes = [tag for side in Side for tag in there.get(f"{place}?state=todo&side={side.value}").tags("input")]
    return {tag["value"] for tag in boxes if tag.get("name") == "pick"}


def test_a_contact_whose_link_is_broken_is_counted_and_one_that_is_ignored_is_not(house: House) -> None:
    there = visitor(house)
    assert "1 contact is not linked" in there.get("/").text, "its link leads to an archived contact"
    put(house, contact("nobody", "Nobody's"), contact("ignored", "Ignored on purpose"))
    house.sync()
    assert "3 contacts are not linked" in there.get("/").text
    outcome = Linking(house.hub, "bookkeeper").ignore(house.integration_id, ["ignored"], "till sales")
    assert outcome.done
    assert "2 contacts are not linked" in there.get("/").text
    assert "Contacts 2 contacts Not linked" in there.get("/").text
    assert listed(house) == {"archived", "nobody"}


def test_who_is_customer_and_supplier_counts_once(house: House) -> None:
    put(house, supplier("both", "Both sides", is_customer=True))
    house.sync()
    assert listed(house) == {"archived", "both"}
    assert to_do(house) == 2


def test_one_that_the_ledger_has_one_like_and_one_that_the_stock_system_lost_are_counted_as_they_are_listed(
    house: House,
) -> None:
    house.books.add(Kind.CONTACT, name="Alike Ltd")
    put(house, contact("alike", "Alike Ltd"), contact("lost", "Lost"))
    house.sync()
    assert to_do(house) == len(listed(house)) == 3
    house.shelf.put("r-lost")
    house.sync()
    assert listed(house) == {"archived", "alike"}
    assert to_do(house) == 2


def test_a_link_that_is_broken_in_two_ways_counts_once(house: House) -> None:
    entries = table(ContactEntry)
    idle = (entries.c.connection_id == house.ledger_id, entries.c.external_id == target(house, "archived"))
    with house.hub.store.write() as db:
        db.execute(sa.update(entries).where(*idle).values(active=False))
    assert to_do(house) == len(listed(house)) == 1


def test_the_contacts_to_do_of_several_integrations_are_counted_with_one_statement(house: House) -> None:
    with house.hub.store.read() as db, counting() as asked:
        assert db.execute(contacts_to_do(db, [house.integration_id, house.integration_id + 1])).scalar_one() == 1
        assert db.execute(contacts_to_do(db, [])).scalar_one() == 0
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2
