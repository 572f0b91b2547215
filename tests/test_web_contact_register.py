"""Long lists of contacts are held in memory, and no longer than they are right."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from houses import House, contact, make_house, put
from people import OWNER
from statements import counting
from visitors import Seen, Visitor, visitor

from hub.documents import Contact, Kind
from hub.engine.linking import Linking
from hub.models import FlowMode, Link, table
from hub.store import Store
from hub.testing import Books, MemoryLedger
from hub.vault import Vault
from hub.web.queries.contacts import FOUND_AT_MOST
from hub.web.remembered import LISTS, Memory, Stamp


@pytest.fixture
def house(store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> House:
    """Whose few contacts are held as many are."""
    monkeypatch.setattr("hub.web.queries.contact_register.WORTH", 0)
    house = make_house(store, vault, MemoryLedger(Books()))  # nobody else is to get a copy of it
    put(house, contact("linked", "Linked Ltd"))
    house.sync()
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    house.books.add(Kind.CONTACT, name="Ann's shop")
    put(
        house,
        contact("new", "Anne").model_copy(update={"number": "Q-17", "tax_number": "GB 123 4567 89"}),
        Contact(external_id="seller", name="Seller", is_supplier=True),
    )
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def place(house: House, rest: str = "") -> str:
    return f"/integrations/{house.integration_id}/contacts{rest}"


def rows(page: Seen) -> list[str]:
    return [tag["value"] for tag in page.tags("input") if tag.get("name") == "pick"]


def row_of(page: Seen, source_id: str) -> str:
    """The text of a contact's row."""
    return next(each for each in page.html.split("<tr>") if f'name="pick" value="{source_id}"' in each)


def test_a_second_look_for_another_text_reads_no_list_of_contacts(house: House, seen: Visitor) -> None:
    assert rows(seen.get(place(house, "?state=all&text=ltd"))) == ["linked"]
    with counting() as asked:
        assert rows(seen.get(place(house, "?state=all&text=ann"))) == ["new"]
    assert not [each for each in asked if "ORDER BY contact_entry.name" in each or " AS mark" in each]


def test_a_contact_that_a_person_links_is_at_once_among_the_linked(house: House, seen: Visitor) -> None:
    assert rows(seen.get(place(house))) == ["new"]
    target = next(entry.id for entry in house.books.entries.values() if entry.native.get("name") == "Ann's shop")
    assert list(Linking(house.hub, OWNER).link(house.integration_id, {"new": target}).done) == ["new"]
    assert rows(seen.get(place(house))) == []
    assert rows(seen.get(place(house, "?state=linked"))) == ["new", "linked"]


def test_a_link_made_since_the_list_was_remembered_is_shown_with_its_contact(house: House, seen: Visitor) -> None:
    assert "No linked contact" in row_of(seen.get(place(house)), "new")
    with house.hub.store.write() as db:  # as a run under way does, whose lists may be seconds old
        links = table(Link)
        chosen = sa.select(links).where(links.c.source_id == "linked", links.c.kind == "contact")
        made = db.execute(chosen).mappings().one()
        db.execute(sa.insert(links).values({**made, "id": made["id"] + 1_000, "source_id": "new"}))
    shown = row_of(seen.get(place(house)), "new")
    assert "Linked Ltd" in shown
    assert "No linked contact" not in shown


def test_a_contact_that_a_run_brings_withdraws_or_renames_is_found_so_at_once(house: House, seen: Visitor) -> None:
    assert rows(seen.get(place(house, "?state=all"))) == ["new", "linked"]
    put(house, contact("new", "Zoe"), contact("later", "Later"))
    house.run_stock()
    assert rows(seen.get(place(house, "?state=all"))) == ["later", "linked", "new"]
    assert rows(seen.get(place(house, "?state=all&text=zoe"))) == ["new"]
    assert rows(seen.get(place(house, "?state=all&text=anne"))) == []


def test_a_contact_of_the_ledger_that_a_run_brings_can_be_chosen_at_once(house: House, seen: Visitor) -> None:
    assert "Nothing" in seen.get(place(house, "/link?contact=new&text=bakery")).text
    house.books.add(Kind.CONTACT, name="The Bakery")
    house.sync()
    assert "The Bakery" in seen.get(place(house, "/link?contact=new&text=bakery")).text


def test_who_is_changed_since_it_was_written_or_archived_in_the_ledger_is_found_so(house: House, seen: Visitor) -> None:
    assert "Linked and changed since (0)" in seen.get(place(house)).text
    put(house, contact("linked", "Linked Ltd").model_copy(update={"phone": "01234"}))
    house.run_stock()
    assert rows(seen.get(place(house, "?state=changed"))) == ["linked"]
    target = next(entry.id for entry in house.books.entries.values() if entry.native.get("name") == "Linked Ltd")
    house.books.archive(target)
    house.sync()
    assert rows(seen.get(place(house, "?state=changed"))) == []
    assert rows(seen.get(place(house, "?state=broken"))) == ["linked"]


def test_who_has_a_text_is_found_on_the_side_and_in_the_state_that_are_asked_for(house: House, seen: Visitor) -> None:
    supplier = Contact(external_id="mill", name="Oak Mill", is_supplier=True)
    house.set_flow(Kind.CONTACT, FlowMode.AUTOMATIC)
    put(house, contact("shop", "Oak Shop"), supplier, contact("elm", "Elm Shop"))
    house.sync()
    assert rows(seen.get(place(house, "?state=all&text=oak"))) == ["shop"]
    assert rows(seen.get(place(house, "?state=all&text=oak&side=suppliers"))) == ["mill"]
    phoned = {"phone": "01234"}
    put(house, contact("shop", "Oak Shop").model_copy(update=phoned), supplier.model_copy(update=phoned))
    house.set_flow(Kind.CONTACT, FlowMode.OFF)
    house.run_stock()
    assert rows(seen.get(place(house, "?state=changed&text=oak"))) == ["shop"]
    assert rows(seen.get(place(house, "?state=changed&text=oak&side=suppliers"))) == ["mill"]
    assert rows(seen.get(place(house, "?state=changed&text=elm"))) == []
    assert rows(seen.get(place(house, "?state=linked&text=oak"))) == ["shop"]
    assert rows(seen.get(place(house, "?state=ignored&text=oak"))) == []


def test_however_many_are_archived_the_active_contacts_of_the_ledger_are_offered_for_a_text(
    house: House, seen: Visitor
) -> None:
    house.books.add(Kind.CONTACT, name="Oak Bakery")
    for number in range(FOUND_AT_MOST):
        house.books.archive(house.books.add(Kind.CONTACT, name=f"Oak {number:03}"))
    house.sync()
    page = seen.get(place(house, "/link?contact=new&text=oak"))
    assert ("Oak Bakery" in page.text, "Oak 000" in page.text) == (True, False)


def test_numbers_and_vat_numbers_are_searched_by_their_parts(house: House, seen: Visitor) -> None:
    assert rows(seen.get(place(house, "?state=all&text=q-1"))) == ["new"]
    assert rows(seen.get(place(house, "?state=all&text=GB123456789"))) == ["new"]
    assert rows(seen.get(place(house, "?state=all&text=345 67"))) == ["new"]
    assert rows(seen.get(place(house, "?state=all&text=3456"))) == ["new"]
    assert rows(seen.get(place(house, "?state=all&text=345"))) == []
    assert rows(seen.get(place(house, "?state=all&text=GB 2345"))) == []
    assert rows(seen.get(place(house, "?state=all&text=q-1&side=suppliers"))) == []


def test_vat_numbers_are_shown_and_searched_with_their_country(house: House, seen: Visitor) -> None:
    for id, number in (("german", "DE 123 456 789"), ("plain", "123456789"), ("longer", "987123456789")):
        put(house, contact(id, id.title()).model_copy(update={"tax_number": number}))
    house.sync()
    assert "DE123456789" in row_of(seen.get(place(house, "?state=all")), "german")
    assert "GB123456789" in row_of(seen.get(place(house, "?state=all")), "new")
    found = {
        "GB123456789": ["new", "plain"],
        "de 123 456 789": ["german", "plain"],
        "FR123456789": ["plain"],
        "DE1234": ["german"],
        "123456789": ["new", "german", "longer", "plain"],
    }
    assert {text: rows(seen.get(place(house, f"?state=all&text={text}"))) for text in found} == found


def test_the_ledgers_contacts_are_shown_and_searched_with_the_country_of_their_vat_number(
    house: House, seen: Visitor
) -> None:
    house.books.add(Kind.CONTACT, name="Bäcker", tax_number="DE 123 456 789")
    house.books.add(Kind.CONTACT, name="Baker", tax_number="GB123456789")
    house.sync()
    page = seen.get(place(house, "/link?contact=new&text=DE123456789"))
    assert "DE123456789" in page.text
    assert "GB123456789" in page.text.split("Search the ledger")[0]
    assert ("Bäcker" in page.text, "Baker" in page.text) == (True, False)


def test_only_so_many_long_lists_are_kept() -> None:
    memory, made = Memory(LISTS.most), []
    for number in (*range(LISTS.most + 1), LISTS.most, 0):
        memory.recall(number, Stamp(1, 1, 0, ""), lambda number=number: made.append(number))  # type: ignore[misc]
    assert made == [*range(LISTS.most + 1), 0]
