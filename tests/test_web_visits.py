"""Pages of a ledger that visits the hub: what waits for its next visit, and how it gets one."""

from __future__ import annotations

import re

import pytest
from houses import House, contact, invoice, put, visiting
from visitors import Visitor, visitor

from hub.documents import Kind
from hub.models import FlowMode
from hub.store import Store
from hub.vault import Vault

WAITS = "Books: 2 records wait for the next visit of it. It comes by its own schedule; for a visit now, start its visit"


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return visiting(store, vault)


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def test_what_waits_for_a_visit_is_told_with_how_to_get_one(seen: Visitor, house: House) -> None:
    put(house, contact(), invoice())
    house.run_stock()
    house.visit()
    for page in ("/runs", f"/runs?connection={house.ledger_id}"):
        assert "wait for the next visit" not in seen.get(page).text
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    put(house, contact("c4", "Dockside"), contact("c5", "Eastgate"))
    house.run_stock()
    house.visit()
    house.person.approve([row.id for row in house.operations(state="proposed")])
    for page in ("/", "/runs", f"/runs?connection={house.ledger_id}"):
        told = seen.get(page).text
        assert WAITS in told, page
        assert "It was here last 2026-03-01 09:00 UTC." in told, page
    assert WAITS not in seen.get(f"/runs?connection={house.stock_id}").text


def test_what_is_approved_is_said_to_go_with_the_next_visit(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    put(house, contact(), contact("c2", "Brightwater"))
    house.run_stock()
    house.visit()
    first, second = house.operations(state="proposed")
    after = seen.follow(f"/operations/{first.id}/approve", {"hash": first.payload_hash})
    assert "1 record waits for the next visit" in after.text
    assert "The next run sends" not in after.text
    page = seen.get("/ready")
    pick = page.value("pick")
    assert pick.startswith(f"{second.id}:")
    assert WAITS in seen.follow("/ready/approve", {"pick": pick}).text


def test_a_visited_entity_is_asked_to_sync_with_its_next_visit_and_has_no_calls_or_schedules(
    seen: Visitor, house: House
) -> None:
    page = seen.get(f"/connections/{house.ledger_id}")
    assert page.faults == []
    for absent in ("Run now", "Add a schedule", "Calls today", "Share of the limits", "Test this entity"):
        assert absent not in page.text, absent
    assert "comes and takes what waits" in page.text
    after = seen.follow(f"/connections/{house.ledger_id}/run")
    assert "is read and posted to with the next visit. It comes by its own schedule" in after.text
    assert "to be read and posted to with the next visit" in after.text
    house.visit()
    run = re.findall(r"/runs/(\d+)", seen.get(f"/connections/{house.ledger_id}").html)[0]
    assert "Calls used" not in seen.get(f"/runs/{run}").text, "a visit has questions and answers"
    assert "to be read and posted to with the next visit" not in seen.get(f"/connections/{house.ledger_id}").text


def test_an_entity_that_was_never_visited_says_so(store: Store, vault: Vault) -> None:
    house = visiting(store, vault, on=False)
    seen = visitor(house)
    assert "Waiting for its first visit" in seen.get(f"/connections/{house.ledger_id}").text
    assert "Waiting for its first visit" in seen.get("/connections").text


def test_removing_it_says_what_becomes_of_its_visits(seen: Visitor, house: House) -> None:
    page = seen.get(f"/connections/{house.ledger_id}/remove")
    assert page.faults == []
    assert "It is turned away from its next visit on" in page.text
    assert "posts nothing twice" not in page.text
    assert "A new entity of the same name brings them back" in page.text
    stock = seen.get(f"/connections/{house.stock_id}/remove")
    assert "The credentials are forgotten" in stock.text
    assert "posts nothing twice" in stock.text


def test_a_new_entity_of_the_same_name_brings_back_what_was_removed(seen: Visitor, house: House) -> None:
    put(house, contact(), invoice())
    house.sync()
    links = len(house.links())
    seen.follow(f"/connections/{house.ledger_id}/remove", {"name": "Books"})
    assert "is removed" in seen.follow(f"/connections/{house.ledger_id}/remove/confirm").text
    new = {"friendly_name": "Other books"}
    seen.follow("/connections/new/visitingledger", new)
    assert house.hub.connection(house.ledger_id).removed_at is not None
    seen.follow("/connections/new/visitingledger", new | {"friendly_name": "Books"})
    assert house.hub.connection(house.ledger_id).removed_at is None
    house.visit()
    assert len(house.links()) == links > 0
