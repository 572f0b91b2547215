"""What is kept between requests for one person, page or integration is not shown of another."""

from __future__ import annotations

import pytest
from furnishing import set_up_once
from houses import House, called, join_second_ledger
from people import add_person
from visitors import Seen, Visitor, visitor

from hub.accounts import Sort
from hub.mapping import MappingList
from hub.store import Store
from hub.vault import Vault

MANAGING = {"/people", "/audit"}
"""What only those see in the navigation who have the rights for it."""


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """One stock system that goes to two ledgers."""
    house = called(store, vault)
    join_second_ledger(house)
    house.sync()
    return house


def navigation(page: Seen) -> dict[str, str]:
    """Where the navigation leads, with what each link says of the page that is open."""
    part = page.html.partition("<nav")[2].partition("</nav>")[0]
    links = Seen(page.status, part, page.headers).tags("a")
    return {tag["href"]: tag.get("aria-current", "") for tag in links}


@pytest.mark.parametrize("owner_first", [True, False])
def test_each_of_two_people_gets_the_navigation_of_their_own_rights(house: House, owner_first: bool) -> None:
    owner = visitor(house)
    access = dict.fromkeys((house.stock_id, house.ledger_id), True)
    other = Visitor(owner.app, add_person(house.hub, "una@example.com", sort=Sort.USER, access=access))
    for path in ("/runs", "/ready"):
        people = (owner, other) if owner_first else (other, owner)
        seen = {one is owner: navigation(one.get(path)) for one in people}
        assert seen[True].keys() >= MANAGING | {path}
        assert path in seen[False]
        assert not MANAGING & seen[False].keys()


def test_the_navigation_says_of_each_page_that_it_is_the_one_that_is_open(house: House) -> None:
    seen = visitor(house)
    for path in ("/runs", "/ready", "/attention", "/runs", "/"):
        said = navigation(seen.get(path))
        assert [href for href, current in said.items() if current == "page"] == [path]


def test_two_integrations_show_each_their_own_mapping(house: House) -> None:
    for integration_id, target in ((1, "260"), (2, "310")):
        house.person.set_mapping(integration_id, MappingList.ACCOUNT, {"S-200": target})
    seen = visitor(house)
    for _ in range(2):
        for integration_id, target in ((1, "260"), (2, "310")):
            page = seen.get(f"/integrations/{integration_id}/mappings/account")
            row = next(each for each in page.html.split("<tr") if "S-200" in each)
            assert (f'value="{target}"' in row, f'value="{570 - int(target)}"' in row) == (True, False)
