"""Search: by the beginning of numbers and names, within what one may see, by index on both databases."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, item, put
from statements import overheard, plan
from visitors import Visitor, visitor

from hub.store import Store
from hub.vault import Vault
from hub.web.queries.search import search


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = called(store, vault)
    put(house, contact(name="Ångström & Søn"), item(code="TEA-1"), invoice("i1", "SO-1042"), invoice("i2", "SO-2000"))
    put(house, invoice("old", "SO-1000", date="2025-01-01"))
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def found(seen: Visitor, text: str) -> str:
    page = seen.get("/search", query_string={"text": text})
    assert (page.status, page.faults) == (200, [])
    return page.text.partition("result")[2]


@pytest.mark.parametrize("typed", ["SO-1042", "so-10", " So-104 "])
def test_a_document_is_found_by_the_beginning_of_its_number(seen: Visitor, typed: str) -> None:
    told = found(seen, typed)
    assert "SO-1042" in told
    assert "SO-2000" not in told


def test_a_document_that_is_not_posted_is_found_too_with_the_rule_that_leaves_it_out(seen: Visitor) -> None:
    assert "SO-1000 Invoice, 2025-01-01, 12.00 GBP, not eligible: dated before the start date" in found(seen, "so-1000")


def test_a_document_is_found_by_its_number_in_the_ledger(house: House, seen: Visitor) -> None:
    link = next(link for link in house.links() if link.source_id == "i1")
    with house.hub.store.write() as db:
        db.execute(sa.text("UPDATE link SET target_number = 'INV-0007' WHERE id = :id"), {"id": link.id})
    assert "SO-1042" in found(seen, "inv-00")
    assert "SO-2000" not in found(seen, "inv-00")


def test_contacts_are_found_whatever_the_case_of_their_letters(seen: Visitor) -> None:
    assert "Ångström & Søn" in found(seen, "ÅNGSTRÖM  & s")


def test_a_contact_is_told_by_the_name_that_the_ledger_has_for_it(house: House, seen: Visitor) -> None:
    [link] = [each for each in house.links() if each.kind == "contact"]
    with house.hub.store.write() as db:
        db.execute(sa.text("UPDATE link SET target_number = 'LP-eeaa4821' WHERE id = :id"), {"id": link.id})
        named = {"there": house.ledger_id, "id": link.target_id}
        db.execute(
            sa.text("UPDATE snapshot SET label = 'Angstrom plc' WHERE connection_id = :there AND external_id = :id"),
            named,
        )
    told = found(seen, "ångström")
    assert "Ångström & Søn Contact, Angstrom plc in the ledger" in told
    assert "LP-eeaa4821" not in told


def test_items_are_found_by_the_beginning_of_their_code_alone_as_the_page_and_the_docs_say(
    house: House, seen: Visitor
) -> None:
    put(house, item("t2", "CUP-2").model_copy(update={"name": "Teapot"}))
    house.sync()
    assert "CUP-2 Item" in found(seen, "cup")
    for typed in ("teapot", "up-2"):
        assert "Nothing begins with" in seen.get("/search", query_string={"text": typed}).text
    assert "of a contact's name or of an item's code" in seen.get("/search").text


def test_runs_integrations_and_entities_are_found(seen: Visitor) -> None:
    for typed in ("1", "#1", "run 1"):
        assert "Run 1 Shelf, Finished" in found(seen, typed)
    assert "Shelf Memory stock" in found(seen, "shel")
    assert "Integrations Shelf -> Books" in found(seen, "books")


def test_letters_that_mean_something_to_a_database_find_only_themselves(seen: Visitor) -> None:
    for typed in ("%", "_O-1042", "S%", "'; DROP TABLE link; --", "\\", "run 99999999999999999999"):
        page = seen.get("/search", query_string={"text": typed})
        assert page.status == 200
        assert "Nothing begins with" in page.text, typed


def test_nothing_found_says_what_to_try(seen: Visitor) -> None:
    text = seen.get("/search?text=zebra").text
    assert "Nothing begins with “zebra”" in text
    assert "anywhere in their name" in text
    assert "Type the beginning" in seen.get("/search").text


def test_documents_of_the_integration_one_works_in_are_searched_alone(house: House, seen: Visitor) -> None:
    seen.post("/integrations/switch", {"integration": str(house.integration_id), "next": "/"})
    page = seen.get("/search?text=so-1")
    assert "SO-1042" in page.text
    assert "Search all integrations" in page.text


def test_the_search_asks_as_often_however_much_there_is(house: House) -> None:
    with house.hub.store.read() as db, overheard() as few:
        search(db, "so-1")
    put(house, *(invoice(f"m{n}", f"SO-1{n:04}") for n in range(30)))
    house.sync()
    with house.hub.store.read() as db, overheard() as many:
        found = search(db, "so-1")
    assert len(found.documents) == 10
    assert len(many) == len(few) > 5


def test_the_beginning_of_a_number_is_found_by_index(house: House) -> None:
    with house.hub.store.read() as db:
        with overheard() as asked:
            search(db, "so-1")
        looks = [(sql, sent) for sql, sent in asked if "natural_key >=" in sql or "target_number >=" in sql]
        plans = [plan(db, sql, sent) for sql, sent in looks]
    assert len(plans) == 3
    for each in plans:
        bounded = re.search(
            r"snapshot_key.*natural_key\)?(::text)? ?>|link_number.*target_number\)?(::text)? ?>", each, re.S
        )
        assert bounded, each
