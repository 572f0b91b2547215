"""Schedules in plain words, added, changed, paused and deleted."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, visiting
from visitors import Seen, Visitor, visitor

from hub.models import ConnectionRow, Schedule, table
from hub.scheduler import Timing, add_schedule, pause, resume
from hub.scheduler.schedules import fired
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


def add(house: House, name: str = "Evening", **more: Any) -> int:
    return add_schedule(house.hub, house.stock_id, Timing("cron", "0 18 * * 1-5", "Europe/London", name, **more))


def form(**fields: str) -> dict[str, str]:
    """What a browser sends of the form, with every part of it."""
    usual = {
        "name": "Evening",
        "often": "weekdays",
        "every": "15",
        "at": "18:00",
        "day": "mon",
        "date": "5",
        "expression": "",
    }
    rest = {"time_zone": "Europe/London", "most_calls": "", "quiet_from": "", "quiet_until": "", "recipients": ""}
    return {**usual, **rest, **fields}


def invalid(page: Seen) -> set[str]:
    return {tag["name"] for name in ("input", "select") for tag in page.tags(name) if "aria-invalid" in tag}


def test_a_schedule_is_shown_in_a_sentence_with_its_next_five_runs(seen: Visitor, house: House) -> None:
    add(house, most_calls=500, recipients=("books@example.com",))
    page = seen.get("/schedules")
    assert page.faults == []
    assert "Every weekday at 18:00 Europe/London, sync Shelf, stop at 500 calls" in page.text
    assert [tag["datetime"][:16] for tag in page.tags("time")][:5] == [
        *("2026-03-02T18:00", "2026-03-03T18:00", "2026-03-04T18:00", "2026-03-05T18:00", "2026-03-06T18:00"),
    ]
    assert "books@example.com" in page.text
    assert "No scheduler is running" in page.text


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"often": "minutes", "every": "20"}, ("interval", "20m")),
        ({"often": "hours", "every": "4"}, ("interval", "4h")),
        ({"often": "daily", "at": "6:05"}, ("cron", "5 6 * * *")),
        ({"often": "weekdays"}, ("cron", "0 18 * * 1-5")),
        ({"often": "weekly", "day": "fri", "at": "07:30"}, ("cron", "30 7 * * 5")),
        ({"often": "monthly", "date": "5", "at": "06:00"}, ("cron", "0 6 5 * *")),
        ({"often": "cron", "expression": "0 7 31 * *"}, ("cron", "0 7 31 * *")),
    ],
)
def test_a_schedule_is_added_by_a_simple_choice(
    seen: Visitor, house: House, fields: dict[str, str], stored: tuple[str, str]
) -> None:
    sent = form(connection=str(house.stock_id), most_calls="500", recipients="a@example.com, b@example.com", **fields)
    assert "The schedule is saved." in seen.follow("/schedules/new", sent).text
    (row,) = schedules(house)
    assert ((row.trigger, row.expression), row.connection_id) == (stored, house.stock_id)
    assert (row.time_zone, row.most_calls) == ("Europe/London", 500)
    assert row.recipients == ["a@example.com", "b@example.com"]
    page = seen.get(f"/schedules/{row.id}")
    assert page.faults == []
    chosen = [tag["value"] for tag in page.tags("option") if "selected" in tag]
    assert fields["often"] in chosen


def test_the_next_runs_are_shown_before_anything_is_saved(seen: Visitor, house: House) -> None:
    page = seen.post("/schedules/new", form(connection=str(house.stock_id), at="19:30", look="yes"))
    assert (page.status, page.faults) == (200, [])
    assert "Every weekday at 19:30 Europe/London, sync Shelf." in page.text
    assert [tag["datetime"][:16] for tag in page.tags("time")][:2] == ["2026-03-02T19:30", "2026-03-03T19:30"]
    assert page.value("at") == "19:30"
    assert schedules(house) == []


def test_the_next_runs_of_a_change_are_shown_before_it_is_saved(seen: Visitor, house: House) -> None:
    id = add(house)
    page = seen.post(f"/schedules/{id}", form(often="hours", every="3", look="yes"))
    assert "Every 3 hours, sync Shelf." in page.text
    assert schedules(house)[0].expression == "0 18 * * 1-5"


def test_the_time_zone_is_at_first_that_of_the_organisation(seen: Visitor, house: House) -> None:
    rows = table(ConnectionRow)
    with house.hub.store.write() as db:
        for zone, id in (("Pacific/Auckland", house.stock_id), ("Middle-earth/Bree", house.ledger_id)):
            organisation = {"id": "x", "name": "X", "base_currency": "GBP", "time_zone": zone}
            db.execute(sa.update(rows).where(rows.c.id == id).values(organisation=organisation))

    selected = [
        [tag["value"] for tag in seen.get(f"/schedules/new?connection={id}").tags("option") if "selected" in tag]
        for id in (house.stock_id, house.ledger_id)
    ]
    assert "Pacific/Auckland" in selected[0]
    assert "UTC" in selected[1]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"often": "cron", "expression": "61 * * * *"}, {"expression"}),
        ({"often": "cron", "expression": ""}, {"expression"}),
        ({"often": "daily", "at": "25:00"}, {"at"}),
        ({"often": "hours", "every": "0"}, {"every"}),
        ({"often": "monthly", "date": "31"}, {"date"}),
        ({"time_zone": "Mars/Base"}, {"time_zone"}),
        ({"often": "sometimes"}, {"often"}),
        ({"most_calls": "20"}, {"most_calls"}),
        ({"quiet_from": "22:00"}, {"quiet_until"}),
        ({"quiet_from": "17:00", "quiet_until": "19:00"}, {"quiet_until"}),
        ({"recipients": "a@example.com, nobody"}, {"recipients"}),
        ({"recipients": "a@example.com\nBcc: b@example.com"}, {"recipients"}),
        ({"connection": "77"}, {"connection"}),
    ],
)
def test_what_can_not_be_understood_is_explained_at_its_input(
    seen: Visitor, house: House, fields: dict[str, str], wrong: set[str]
) -> None:
    sent = {**form(connection=str(house.stock_id), name="Odd"), **fields}
    page = seen.post("/schedules/new", sent)
    assert (page.status, page.faults) == (422, [])
    assert invalid(page) == wrong
    assert page.value("name") == "Odd"
    assert schedules(house) == []


def test_a_schedule_is_changed(seen: Visitor, house: House) -> None:
    id = add(house, quiet_from="22:00", quiet_until="06:00")
    page = seen.get(f"/schedules/{id}")
    assert (page.value("at"), page.value("quiet_from")) == ("18:00", "22:00")
    assert "Next runs" in page.text
    seen.follow(f"/schedules/{id}", form(name="Morning", often="daily", at="06:00", time_zone="UTC"))
    (row,) = schedules(house)
    assert (row.name, row.expression, row.time_zone, row.quiet_from) == ("Morning", "0 6 * * *", "UTC", "")


def test_why_an_e_mail_could_not_be_sent_is_shown(seen: Visitor, house: House) -> None:
    id = add(house, recipients=("a@example.com",))
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == id).values(mail_problem="The mail server refused."))
    assert "could not be sent. The mail server refused." in seen.get("/schedules").text


def test_the_form_says_that_no_mail_server_is_set(seen: Visitor) -> None:
    assert "HUB_SMTP_URL" in seen.get("/schedules/new").text


def test_a_connection_can_be_run_at_once(seen: Visitor, house: House) -> None:
    assert f"/connections/{house.stock_id}/run" in {tag.get("action") for tag in seen.get("/schedules").tags("form")}


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


def test_a_schedule_that_asked_for_no_run_yet_says_never_until_it_does(seen: Visitor, house: House) -> None:
    id = add(house)
    pause(house.hub, id)
    resume(house.hub, id)
    assert last_of(seen) == "never"
    fired(house.hub, id, house.hub.clock())
    assert last_of(seen) == f"{house.hub.clock():%Y-%m-%d %H:%M} UTC"


def last_of(seen: Visitor) -> str:
    """The cell before that of the e-mail."""
    found = re.search(r"<td>([^/]*(?:</time>)?)</td>\s*<td>nobody", seen.get("/schedules").html)
    assert found
    return re.sub("<[^>]+>", "", found[1])


def test_a_connection_without_a_schedule_says_which_one_it_gets(seen: Visitor) -> None:
    assert "No schedule yet. The scheduler gives it the usual one: every 15 minutes." in seen.get("/schedules").text


def test_a_ledger_that_visits_says_that_it_comes_by_itself(store: Store, vault: Vault) -> None:
    told = visitor(visiting(store, vault)).get("/schedules").text
    assert "Sync Books with the next visit" in told and "Run Books now" not in told
    assert "It comes by its own schedule; for a visit now, start its visit there." in told
    assert told.count("The scheduler gives it the usual one") == 1  # of the side that is called


def test_a_reconciliation_with_a_ledger_that_visits_is_not_offered_and_refused_in_words(
    store: Store, vault: Vault
) -> None:
    house = visiting(store, vault, on=False)
    seen = visitor(house)
    address = f"/schedules/new?reconcile={house.integration_id}"
    for path in ("/schedules", "/schedules/new"):
        page = seen.get(path)
        assert page.faults == []
        assert "reconcile=" not in page.html, path
    asked = seen.get(address)
    assert asked.faults == []
    assert "The worth of the stock is not reconciled with Books yet." in asked.text
    refused = seen.post(address, form(connection=str(house.stock_id), reconcile=str(house.integration_id)))
    assert refused.status == 422
    assert "The worth of the stock is not reconciled with Books yet." in refused.text
    assert schedules(house) == []


def test_a_schedule_of_a_ledger_that_visits_is_said_to_be_a_wish(store: Store, vault: Vault) -> None:
    house = visiting(store, vault, on=False)
    seen = visitor(house)
    wish = "Books can't be called: its schedule is only a wish for the next visit. It comes by its own schedule"
    assert wish in seen.get("/schedules/new").text
    mine = add_schedule(house.hub, house.ledger_id, Timing("interval", "1h"))
    assert wish in seen.get(f"/schedules/{mine}").text
    other = add(house)
    assert wish not in seen.get(f"/schedules/{other}").text
