"""Trying a document against the mappings, loading another integration's, and lists of many codes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from houses import START, House, called, contact, invoice, line, put
from visitors import Visitor, visitor

from hub.documents import Account, AccountClass
from hub.engine.connections import integrate
from hub.engine.mapping_loading import loadable
from hub.mapping import Default, MappingList
from hub.models import ConnectionRow, table
from hub.store import Store
from hub.vault import Vault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


@pytest.fixture
def path(house: House) -> str:
    return f"/integrations/{house.integration_id}/mappings"


def test_a_document_shows_every_rule_and_its_lines_on_both_sides(seen: Visitor, house: House, path: str) -> None:
    put(house, contact(), invoice("i1", "SO-1", lines=(line(description="Tea"),)))
    house.run_stock()
    before = house.operations()
    page = seen.get(f"{path}/try?number=so-1")
    assert page.faults == []
    assert "Tea 10.00 GBP 200 200 Standard STANDARD" in page.text
    assert "account 200 of the line becomes 200 Sales" in page.text
    assert "tax code Standard of the line becomes STANDARD Standard" in page.text
    assert house.operations() == before


def test_what_holds_a_document_is_said_with_what_to_do(seen: Visitor, house: House, path: str) -> None:
    put(house, contact(), invoice("i1", "SO-1", lines=(line(account="999"),)))
    house.run_stock()
    page = seen.get(f"{path}/try?number=SO-1")
    assert "The account 999 is not mapped." in page.text
    assert "What to do: Choose what it is in the ledger" in page.text


def test_a_number_that_is_not_there_and_an_empty_one_are_told_apart(seen: Visitor, path: str) -> None:
    assert "Shelf has no document SO-9 that was read" in seen.get(f"{path}/try?number=SO-9").text
    assert "Nothing is changed or posted by trying." in seen.get(f"{path}/try").text


def another_integration(house: House) -> int:
    """A second stock system of the same sort, joined with the same ledger, and its lists."""
    rows = table(ConnectionRow)
    with house.hub.store.write() as db:
        first = db.execute(sa.select(rows).where(rows.c.id == house.stock_id)).one()
        values = {**first._mapping, "account_id": "second", "name": "Second"}
        del values["id"]
        stock_id = int(db.execute(sa.insert(rows).values(values).returning(rows.c.id)).scalar_one())
    house.hub.run(stock_id)
    return integrate(house.hub, stock_id, house.ledger_id, start_date=START, name="Second pair")


def test_mappings_are_loaded_from_another_integration_where_both_have_the_codes(seen: Visitor, house: House) -> None:
    other = another_integration(house)
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"gone": "200", "860": "nowhere"})
    defaults: dict[str, str] = {Default.ROUNDING_ACCOUNT: "860", Default.SALE_CONTACT: "contact-1"}
    house.person.set_mapping(house.integration_id, MappingList.DEFAULT, defaults)
    house.person.set_mapping(other, MappingList.ACCOUNT, {"200": "310"})
    page = seen.get(f"/integrations/{other}/mappings/load?other={house.integration_id}")
    assert page.faults == []
    with house.hub.store.read() as db:
        found = loadable(db, other, house.integration_id)
    assert "200" not in found[MappingList.ACCOUNT]
    assert found[MappingList.ACCOUNT].keys().isdisjoint({"gone", "860"})
    assert found[MappingList.PAYMENT_ACCOUNT] == {"090": "090"}
    assert found[MappingList.DEFAULT] == {"rounding_account": "860"}
    count = sum(map(len, found.values()))
    told = seen.follow(f"/integrations/{other}/mappings/load", {"other": str(house.integration_id)})
    assert f"{count} mappings taken over" in told.text
    with house.hub.store.read() as db:
        assert not any(loadable(db, other, house.integration_id).values())
    assert "Nothing of Shelf -> Books fits" in seen.get(page_of(other, house.integration_id)).text


def page_of(integration_id: int, other: int) -> str:
    return f"/integrations/{integration_id}/mappings/load?other={other}"


def test_there_is_nothing_to_load_from_without_another_integration(seen: Visitor, house: House, path: str) -> None:
    assert "no other integration" in seen.get(f"{path}/load").text
    assert "Choose one of the integrations" in seen.follow(f"{path}/load", {"other": "77"}).text
    assert "Choose one of the integrations" in seen.follow(f"{path}/load", {"other": str(house.integration_id)}).text


def test_of_five_hundred_accounts_those_that_need_a_look_are_one_click_away(
    seen: Visitor, house: House, path: str
) -> None:
    many = tuple(
        Account(external_id=f"x{n}", code=f"X{n:03}", name=f"Account {n}", account_class=AccountClass.EXPENSE)
        for n in range(500)
    )
    house.shelf.accounts = (*house.shelf.accounts, *many)
    house.run_stock()
    everything = seen.get(f"{path}/account")
    assert everything.faults == []
    assert len(everything.tags("datalist")) == 1
    assert everything.text.count("Account 7 ") == 1
    looked_at = seen.get(f"{path}/account?show=open")
    assert looked_at.faults == []
    assert "500 codes of the stock system" in looked_at.text
    assert looked_at.html.count('name="source"') == 500


def test_a_choice_of_codes_that_there_is_none_of_is_not_taken_for_all(seen: Visitor, path: str) -> None:
    page = seen.get(f"{path}/account?show=zzz")
    assert (page.status, page.faults) == (200, [])
    assert "There is no choice zzz." in page.text and 'name="source"' not in page.html
    assert 'name="source"' in seen.get(f"{path}/account").html


def test_each_list_is_explained_with_an_example(seen: Visitor, path: str) -> None:
    for where in MappingList:
        if where is MappingList.OPTION:
            continue  # on the page of what feeds the categories
        page = seen.get(f"{path}/{where.value}")
        assert page.faults == []
        assert "Example:" in page.text
