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
from hub.web.remembered import MOST_LISTS, Memory, Stamp


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


def test_numbers_are_searched_by_their_parts_and_vat_numbers_as_a_whole(house: House, seen: Visitor) -> None:
    assert rows(seen.get(place(house, "?state=all&text=q-1"))) == ["new"]
    assert rows(seen.get(place(house, "?state=all&text=GB123456789"))) == ["new"]
    assert rows(seen.get(place(house, "?state=all&text=12345678"))) == []
    assert rows(seen.get(place(house, "?state=all&text=q-1&side=suppliers"))) == []


def test_only_so_many_long_lists_are_kept() -> None:
    memory, made = Memory(MOST_LISTS), []
    for number in (*range(MOST_LISTS + 1), MOST_LISTS, 0):
        memory.recall(number, Stamp(1, 1, 0, ""), lambda number=number: made.append(number))  # type: ignore[misc]
    assert made == [*range(MOST_LISTS + 1), 0]
