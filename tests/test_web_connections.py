"""Connecting with a key, limits, names, and removing with two confirmations."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called
from people import OWNER
from visitors import Shop, Visitor, visitor

from hub.engine.connections import integrate
from hub.models import AuditEvent, Bucket, ConnectionRow, Flow, Schedule, table
from hub.scheduler import Timing, add_schedule
from hub.store import Store
from hub.vault import Vault

connections = table(ConnectionRow)

GOOD = {"shop": "corner", "key": "right", "plan": "large", "parallel": "3", "live": "yes", "friendly_name": "My shop"}
NEW = "/connections/new/shop"


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def house(store: Store, vault: Vault, shop: Shop) -> House:
    house = called(store, vault, on=False)
    house.hub.providers[shop.name] = shop
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def stored(house: House, name: str = "My shop") -> Any:
    with house.hub.store.read() as db:
        return db.execute(sa.select(connections).where(connections.c.name == name)).first()


def test_the_form_is_made_from_the_providers_settings(seen: Visitor) -> None:
    page = seen.get(NEW)
    inputs = {tag["name"]: tag for tag in page.tags("input")}
    assert page.faults == []
    assert inputs["key"]["type"] == "password"
    assert inputs["parallel"]["type"] == "number"
    assert (inputs["parallel"]["min"], inputs["parallel"]["max"]) == ("1", "8")
    assert inputs["live"]["type"] == "checkbox"
    assert "checked" in inputs["live"]
    assert [tag["value"] for tag in page.tags("option")][-2:] == ["small", "large"]
    assert "Copy the key." in page.text
    assert "As it is <b>written</b> there." in page.text
    assert "<b>written" not in page.html


def test_a_connection_is_tested_and_saved_with_its_secret_sealed(seen: Visitor, house: House) -> None:
    page = seen.follow(NEW, GOOD)
    assert "My shop is connected" in page.text
    row = stored(house)
    assert row.settings == {"shop": "corner", "plan": "large", "parallel": 3, "live": True}
    assert b"right" not in row.secrets
    assert house.hub.vault.open(row.secrets) == {"key": "right"}
    assert (row.wanted_at is not None, row.wanted_why) == (True, "connected")


def test_an_unticked_box_means_no(seen: Visitor, house: House) -> None:
    seen.follow(NEW, {name: value for name, value in GOOD.items() if name != "live"})
    assert stored(house).settings["live"] is False


def test_errors_are_at_their_inputs_and_what_was_typed_is_kept_but_the_secret(seen: Visitor, house: House) -> None:
    page = seen.post(NEW, {**GOOD, "shop": "", "parallel": "99", "plan": "huge"})
    assert page.status == 422
    assert page.faults == []
    inputs = {tag["name"]: tag for tag in page.tags("input")}
    assert inputs["parallel"]["value"] == "99"
    assert inputs["parallel"]["aria-invalid"] == "true"
    assert inputs["friendly_name"]["value"] == "My shop"
    assert "value" not in inputs["key"]
    assert "right" not in page.html.replace("copyright", "")
    assert {tag["href"] for tag in page.tags("a")} >= {"#shop", "#parallel", "#plan"}
    assert "Please fill this in." in page.text
    assert stored(house) is None


def test_a_refused_key_is_explained_and_nothing_is_saved(seen: Visitor, house: House, shop: Shop) -> None:
    page = seen.post(NEW, {**GOOD, "key": "wrong"})
    assert page.status == 422
    assert "The shop refused the key. Copy it again." in page.text
    assert page.value("shop") == "corner"
    assert "wrong" not in page.html
    assert stored(house) is None
    assert len(shop.books.tried) == 1


def test_spaces_around_what_was_pasted_are_cut(seen: Visitor, house: House) -> None:
    seen.follow(NEW, {**GOOD, "shop": "  corner ", "key": "\tright\n"})
    assert stored(house).settings["shop"] == "corner"


def test_the_same_account_is_not_connected_twice(seen: Visitor) -> None:
    seen.follow(NEW, GOOD)
    again = seen.post(NEW, {**GOOD, "friendly_name": "Another"})
    assert again.status == 422
    assert "connected already, as My shop" in again.text


def test_reconnecting_keeps_a_secret_that_is_left_empty(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    page = seen.get(f"/connections/{id}/reconnect")
    assert page.value("shop") == "corner"
    assert "right" not in page.html
    assert "is connected again" in seen.follow(f"/connections/{id}/reconnect", {**GOOD, "key": "", "shop": "mall"}).text
    row = stored(house)
    assert row.settings["shop"] == "mall"
    assert house.hub.vault.open(row.secrets) == {"key": "right"}


def test_reconnecting_with_a_wrong_key_keeps_the_good_one(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    assert seen.post(f"/connections/{id}/reconnect", {**GOOD, "key": "wrong"}).status == 422
    assert house.hub.vault.open(stored(house).secrets) == {"key": "right"}


def test_credentials_of_another_account_are_refused(seen: Visitor, house: House, shop: Shop) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    shop.books.organisation = shop.books.organisation.model_copy(update={"id": "shop-2", "name": "Mall"})
    page = seen.post(f"/connections/{id}/reconnect", GOOD)
    assert page.status == 422
    assert "another account" in page.text


def test_the_list_shows_state_and_calls_of_the_day(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    start = house.hub.clock().timestamp() - 60
    with house.hub.store.write() as db:
        row = {"name": f"connection:{stored(house).id}", "day_start": start, "day_used": 250}
        house.hub.store.insert(db, Bucket, [row])
    text = seen.get("/connections").text
    assert "250 used, 750 left" in text
    assert "Connected" in text


def test_a_share_of_the_limits_is_saved_and_can_not_exceed_them(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    page = seen.post(f"/connections/{id}/limits", {"calls_per_minute": "61", "calls_per_day": "many"})
    assert page.status == 422
    assert "Please enter a whole number." in page.text
    page = seen.post(f"/connections/{id}/limits", {"calls_per_minute": "61"})
    assert "The platform allows 60 calls per minute." in page.text
    assert page.value("calls_per_minute") == "61"
    seen.follow(f"/connections/{id}/limits", {"calls_per_minute": "20", "calls_per_day": "400"})
    assert stored(house).limits == {"windows": [[20, 60.0]], "per_day": 400}
    assert seen.get(f"/connections/{id}").value("calls_per_minute") == "20"
    seen.follow(f"/connections/{id}/limits", {"calls_per_minute": "", "calls_per_day": ""})
    assert stored(house).limits is None


def test_run_now_asks_for_a_run(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        db.execute(sa.update(connections).values(wanted_at=None))
    seen.follow(f"/connections/{house.stock_id}/run")
    assert [id for id, _ in house.hub.wanted()] == [house.stock_id]


def test_a_connection_is_renamed(seen: Visitor, house: House) -> None:
    seen.follow(f"/connections/{house.stock_id}/name", {"name": " Warehouse "})
    assert house.hub.connection(house.stock_id).name == "Warehouse"
    seen.follow(f"/connections/{house.stock_id}/name", {"name": "  "})
    assert house.hub.connection(house.stock_id).name == "Warehouse"


def test_a_name_that_another_entity_has_is_refused_and_stays_in_its_field(seen: Visitor, house: House) -> None:
    page = seen.post(f"/connections/{house.stock_id}/name", {"name": "books "})
    assert (page.status, page.faults) == (422, [])
    assert "Another entity is called books already. Choose a name that tells them apart." in page.text
    [field] = [tag for tag in page.tags("input") if tag.get("id") == "name"]
    assert (field["value"], field["aria-describedby"]) == ("books", "name-error")
    assert house.hub.connection(house.stock_id).name == "Shelf"
    assert "It is called SHELF now." in seen.follow(f"/connections/{house.stock_id}/name", {"name": "SHELF"}).text


def test_nothing_is_connected_under_a_name_that_another_entity_has(seen: Visitor, house: House) -> None:
    page = seen.post(NEW, {**GOOD, "friendly_name": "Books"})
    assert (page.status, page.faults) == (422, [])
    assert "Another entity is called Books already." in page.text
    assert page.value("friendly_name") == "Books"
    assert stored(house, "Corner Shop") is None


def test_an_account_whose_own_name_is_taken_gets_a_number_with_it(seen: Visitor, house: House) -> None:
    seen.follow(f"/connections/{house.stock_id}/name", {"name": "Corner Shop"})
    seen.follow(NEW, {**GOOD, "friendly_name": ""})
    assert stored(house, "Corner Shop (2)") is not None


def test_removing_takes_the_name_and_a_second_confirmation(seen: Visitor, house: House) -> None:
    path = f"/connections/{house.stock_id}/remove"
    add_schedule(house.hub, house.stock_id, Timing("interval", "1h", name="x"))
    assert "What stops" in seen.get(path).text
    assert "What is kept" in seen.get(path).text
    wrong = seen.post(path, {"name": "shelf"})
    assert wrong.status == 422
    assert wrong.value("name") == "shelf"
    assert seen.post(f"{path}/confirm").location.endswith("/remove")
    assert house.hub.connection(house.stock_id).removed_at is None
    assert "Really remove Shelf?" in seen.follow(path, {"name": "Shelf"}).text
    assert house.hub.connection(house.stock_id).removed_at is None
    assert "Shelf is removed" in seen.follow(f"{path}/confirm").text
    row = house.hub.connection(house.stock_id)
    assert row.removed_at is not None
    assert house.hub.vault.open(row.secrets) == {}
    assert seen.get(f"/connections/{house.stock_id}").status == 404
    with house.hub.store.read() as db:
        assert set(db.execute(sa.select(table(Flow).c.mode)).scalars()) == {"off"}
        assert db.execute(sa.select(table(Schedule).c.paused)).scalars().all() == [True]
        actors = set(
            db.execute(sa.select(table(AuditEvent).c.actor).where(table(AuditEvent).c.what == "removed")).scalars()
        )
    assert actors == {OWNER}


def test_a_stock_system_alone_is_told_to_connect_a_ledger(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        db.execute(sa.update(connections).where(connections.c.id == house.ledger_id).values(removed_at=house.clock()))
    seen.follow(NEW, GOOD)
    page = seen.get(f"/connections/{stored(house).id}")
    assert "connect a ledger to join it with" in page.text
    assert "Connect a ledger first." in seen.get("/integrations/new").text


def test_a_removed_account_can_be_connected_again(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    seen.follow(f"/connections/{id}/remove", {"name": "My shop"})
    seen.follow(f"/connections/{id}/remove/confirm")
    seen.follow(NEW, {**GOOD, "friendly_name": "Back again"})
    assert stored(house, "Back again").id == id


def test_a_removed_account_comes_back_with_its_schedules_and_its_page_says_that_its_flows_are_off(
    seen: Visitor, house: House
) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    integrate(house.hub, id, house.ledger_id, start_date=date(2026, 1, 1), name="Corner to books")
    add_schedule(house.hub, id, Timing("interval", "1h", name="x"))
    house.hub.run(id)
    seen.follow(f"/connections/{id}/remove", {"name": "My shop"})
    seen.follow(f"/connections/{id}/remove/confirm")
    page = seen.follow(NEW, GOOD)
    assert "is connected again" in page.text
    assert "All its flows are off" in page.text
    assert any(tag["href"].endswith("#flows") for tag in page.tags("a"))
    rows = table(Schedule)
    with house.hub.store.read() as db:
        schedule = db.execute(sa.select(rows).where(rows.c.connection_id == id)).one()
    assert (schedule.paused, schedule.counts_from) == (False, house.hub.clock())


def test_a_connection_whose_plugin_is_missing_is_still_shown(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    del house.hub.providers["shop"]
    assert "is not installed" in seen.get(f"/connections/{id}").text
    assert "plugin missing" in seen.get("/connections").text
    assert "not installed: shop" in seen.get("/plugins").text
    assert seen.get(f"/connections/{id}/reconnect").status == 404


def test_a_connection_names_the_schedules_that_it_has(seen: Visitor, house: House) -> None:
    page = seen.get(f"/connections/{house.stock_id}")
    assert "Schedules none yet" in page.text and "Add a schedule" in page.text
    id = add_schedule(house.hub, house.stock_id, Timing("interval", "1h", name="Every hour"))
    page = seen.get(f"/connections/{house.stock_id}")
    assert page.faults == []
    assert "Schedules Every hour" in page.text and "Add another schedule" in page.text
    assert f"/schedules/{id}" in {tag.get("href") for tag in page.tags("a")}
    assert "Every hour" not in seen.get(f"/connections/{house.ledger_id}").text
