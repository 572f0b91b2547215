"""Schedules in plain words, added, changed, paused and deleted."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called
from visitors import Visitor, visitor

from hub.models import Schedule, table
from hub.scheduler import add_schedule
from hub.store import Store
from hub.vault import Vault

rows = table(Schedule)


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault, on=False)


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def schedules(house: House) -> list[Any]:
    with house.hub.store.read() as db:
        return list(db.execute(sa.select(rows).order_by(rows.c.id)))


def add(house: House, name: str = "Evening") -> int:
    return add_schedule(
        house.hub, house.stock_id, name=name, trigger="cron", expression="0 18 * * 1-5", time_zone="Europe/London"
    )


def test_a_schedule_is_shown_in_words_with_its_next_five_runs(seen: Visitor, house: House) -> None:
    add(house)
    page = seen.get("/schedules")
    assert page.faults == []
    assert "Europe/London" in page.text
    assert page.html.count('datetime="2026-03-0') + page.html.count('datetime="2026-03-1') >= 5
    assert "No scheduler is running" in page.text


def test_a_schedule_is_added(seen: Visitor, house: House) -> None:
    form = {"connection": str(house.stock_id), "name": "Often", "trigger": "interval", "expression": "15m"}
    assert "The schedule is saved." in seen.follow("/schedules/new", {**form, "time_zone": "UTC"}).text
    (row,) = schedules(house)
    assert (row.name, row.expression, row.connection_id) == ("Often", "15m", house.stock_id)
    assert "Every 15 minutes" in seen.get("/schedules").text


def test_what_can_not_be_understood_is_explained_at_its_input(seen: Visitor, house: House) -> None:
    form = {"connection": str(house.stock_id), "name": "Odd", "trigger": "cron", "time_zone": "UTC"}
    page = seen.post("/schedules/new", {**form, "expression": "61 * * * *"})
    assert (page.status, page.faults) == (422, [])
    assert page.value("expression") == "61 * * * *"
    assert "aria-invalid" in next(tag for tag in page.tags("input") if tag["name"] == "expression")
    page = seen.post("/schedules/new", {**form, "expression": "0 6 * * *", "time_zone": "Mars/Base"})
    assert "aria-invalid" in next(tag for tag in page.tags("input") if tag["name"] == "time_zone")
    assert seen.post("/schedules/new", {**form, "connection": "77", "expression": "0 6 * * *"}).status == 422
    assert schedules(house) == []


def test_a_schedule_is_changed(seen: Visitor, house: House) -> None:
    id = add(house)
    assert seen.get(f"/schedules/{id}").value("expression") == "0 18 * * 1-5"
    form = {"name": "Morning", "trigger": "cron", "expression": "0 6 * * *", "time_zone": "UTC"}
    assert seen.post(f"/schedules/{id}", {**form, "expression": ""}).status == 422
    seen.follow(f"/schedules/{id}", form)
    (row,) = schedules(house)
    assert (row.name, row.expression, row.time_zone) == ("Morning", "0 6 * * *", "UTC")


def test_a_schedule_is_paused_and_resumed(seen: Visitor, house: House) -> None:
    id = add(house)
    assert "Paused." in seen.follow(f"/schedules/{id}/pause").text
    assert schedules(house)[0].paused
    seen.follow(f"/schedules/{id}/resume")
    assert not schedules(house)[0].paused


def test_deleting_asks_first_and_never_takes_the_last_one(seen: Visitor, house: House) -> None:
    first, second = add(house), add(house, "Second")
    assert "Delete it" in seen.get(f"/schedules/{second}/delete").text
    assert len(schedules(house)) == 2
    seen.follow(f"/schedules/{second}/delete")
    assert [row.id for row in schedules(house)] == [first]
    assert "only schedule" in seen.get(f"/schedules/{first}/delete").text
    assert seen.post(f"/schedules/{first}/delete").status == 400
    assert [row.id for row in schedules(house)] == [first]
