"""Runs live and over, what they sent, and the calls they made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, payment, put, visiting
from people import add_person
from visitors import Visitor, visitor

from hub.accounts import Sort
from hub.app import create_app
from hub.engine import runs
from hub.engine.visiting import Visits
from hub.errors import Problem, StoppedError
from hub.models import Exchange, Link, Run, RunState, table
from hub.store import Store
from hub.vault import Vault

run_rows = table(Run)


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def begin(house: House) -> Any:
    token = runs.claim(house.hub.store, house.stock_id, "person", house.clock, timedelta(minutes=5))
    assert token is not None
    return token


def test_an_open_run_is_polled_by_htmx_and_refreshed_without_javascript(seen: Visitor, house: House) -> None:
    token = begin(house)
    token.progress("pull", {"pulled records": 40}, feed="records", expected=100)
    page = seen.get(f"/runs/{token.id}")
    assert page.faults == []
    polled = next(tag for tag in page.tags("div") if "hx-get" in tag)
    assert polled["hx-trigger"] == "every 2s"
    assert any(tag.get("http-equiv") == "refresh" for tag in page.tags("meta"))
    (progress,) = page.tags("progress")
    assert (progress["value"], progress["max"]) == ("40", "100")
    fragment = seen.get(polled["hx-get"])
    assert fragment.status == 200
    assert "40 records of 100" in fragment.text
    assert "<html" not in fragment.html


def test_a_run_that_just_began_does_not_say_that_nothing_had_changed(seen: Visitor, house: House) -> None:
    token = begin(house)
    for address in ("/runs", f"/connections/{house.stock_id}"):
        text = seen.get(address).text
        assert "Nothing yet: it has just begun" in text and "Nothing had changed" not in text
    runs.close(token, RunState.DONE)
    assert "Nothing had changed" in seen.get("/runs").text


def test_polling_ends_when_the_run_does(seen: Visitor, house: House) -> None:
    token = begin(house)
    runs.close(token, RunState.FAILED, Problem(code="x", what="It broke.", why="<b>why</b>"))
    fragment = seen.get(f"/runs/{token.id}/live")
    assert fragment.status == 286
    assert "It broke. <b>why</b>" in fragment.text
    page = seen.get(f"/runs/{token.id}")
    assert "hx-get" not in page.html
    assert not any(tag.get("http-equiv") for tag in page.tags("meta"))


def test_a_run_that_died_keeps_what_it_had_done(seen: Visitor, house: House) -> None:
    begin(house).progress("send", {"created": 1600})
    house.clock.sleep(600)
    begin(house)
    told = seen.get("/runs").text
    assert "1,600 created. The process of this run died." in told


def test_a_run_that_is_not_heard_of_says_since_when_and_when_another_process_takes_over(
    seen: Visitor, house: House
) -> None:
    token = begin(house)
    assert "no sign of life" not in seen.get(f"/runs/{token.id}").text
    house.clock.sleep(60)
    says = "Running: no sign of life since 09:00:00 UTC, is taken over at 09:02:00"
    for page in (f"/runs/{token.id}", "/runs", f"/connections/{house.stock_id}", "/connections"):
        assert says in seen.get(page).text


def test_a_run_is_asked_to_stop(seen: Visitor, house: House) -> None:
    token = begin(house)
    assert "asked to stop" in seen.follow(f"/runs/{token.id}/stop").text
    with house.hub.store.read() as db:
        assert db.execute(sa.select(run_rows.c.stop_requested).where(run_rows.c.id == token.id)).scalar_one()


def test_a_finished_run_lists_what_it_sent_and_what_became_of_it(seen: Visitor, house: House) -> None:
    put(house, contact(), invoice("i1", "SO-1"))
    house.sync()
    with house.hub.store.read() as db:
        last = db.execute(sa.select(sa.func.max(run_rows.c.id))).scalar_one()
    text = seen.get(f"/runs/{last}").text
    assert "2 records, 1 to 2 shown" in text
    assert "SO-1 (Open)" in text
    assert "Posted" in text


def test_a_payment_without_a_number_is_told_by_what_it_pays(seen: Visitor, house: House) -> None:
    put(house, contact(), invoice("i1", "SO-1"), payment("0084a931", "i1", number=""))
    house.sync()
    links = table(Link)
    with house.hub.store.write() as db:  # as where payments have no number in the ledger either
        db.execute(sa.update(links).where(links.c.source_id == "0084a931").values(target_number=""))
        sent = db.execute(sa.select(run_rows.c.id).where(run_rows.c.connection_id == house.ledger_id)).scalars().all()
    pages = [seen.get(f"/runs/{run_id}") for run_id in sent]
    [page] = [page for page in pages if "Payment of SO-1" in page.text]
    assert "(Recorded)" in page.text
    assert not any("0084a931" in page.text for page in pages)


def test_calls_are_listed_and_shown_as_the_log_has_them(seen: Visitor, house: House) -> None:
    token = begin(house)
    row = {
        "connection_id": house.stock_id,
        "run_id": token.id,
        "at": house.clock(),
        "method": "GET",
        "url": "https://stock.example/sales?page=1",
        "status": 200,
        "request": "Authorization: (hidden)",
        "response": "<b>hello</b>",
    }
    with house.hub.store.write() as db:
        house.hub.store.insert(db, Exchange, [row])
    page = seen.get(f"/runs/{token.id}")
    link = next(tag["href"] for tag in page.tags("a") if "/calls/" in tag["href"])
    call = seen.get(link)
    assert call.faults == []
    assert "Authorization: (hidden)" in call.text
    assert "<b>hello</b>" in call.text
    assert "<b>hello" not in call.html


def test_runs_of_one_connection_are_listed_alone(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        db.execute(sa.delete(run_rows).where(run_rows.c.connection_id == house.ledger_id))
    assert "Run" in seen.get(f"/runs?connection={house.stock_id}").text
    assert "There is no run to show" in seen.get(f"/runs?connection={house.ledger_id}").text


@pytest.mark.parametrize("asked", ["zzz", "999"])
def test_runs_of_an_entity_that_there_is_none_of_are_not_those_of_all(seen: Visitor, house: House, asked: str) -> None:
    house.run_stock()
    page = seen.get(f"/runs?connection={asked}")
    assert (page.status, page.faults) == (200, [])
    assert f"There is no entity {asked}." in page.text and "Run 1 Shelf" not in page.text
    assert "Show all runs" in page.text
    with house.hub.store.write() as db:
        db.execute(sa.delete(run_rows))
    not_run_yet = seen.get(f"/runs?connection={house.ledger_id}").text
    assert "There is no entity" not in not_run_yet and "There is no run to show" in not_run_yet


def test_a_run_tells_its_pace_and_how_long_the_rest_takes(seen: Visitor, house: House) -> None:
    token = begin(house)
    token.progress("pull", {"pulled records": 0}, feed="records", expected=100)
    house.clock.at += timedelta(seconds=30)
    token.progress("pull", {"pulled records": 40}, feed="records", expected=100)
    text = seen.get(f"/runs/{token.id}").text
    assert "40 records of 100, 80 a minute, about 45 s left" in text


def test_the_pace_begins_anew_with_each_step(seen: Visitor, house: House) -> None:
    token = begin(house)
    token.progress("pull", {"pulled contacts": 10}, feed="contacts", expected=10)
    house.clock.at += timedelta(hours=1)
    token.progress("pull", {"pulled records": 30}, feed="records", expected=60)
    house.clock.at += timedelta(seconds=60)
    assert "30 records of 60, 30 a minute, about 1 min left" in seen.get(f"/runs/{token.id}").text


def test_a_paused_connection_runs_neither_by_schedule_nor_by_nudge_until_it_is_resumed(
    seen: Visitor, house: House
) -> None:
    token = begin(house)
    assert "Shelf is paused by" in seen.follow(f"/runs/{token.id}/pause").text
    runs.close(token, RunState.STOPPED)
    house.hub.want(house.stock_id, "schedule")
    assert house.stock_id not in dict(house.hub.wanted())
    refused = house.hub.run(house.stock_id, "schedule")
    assert refused is not None
    assert refused.problem is not None
    assert refused.problem.code == "paused"
    assert "Resume Shelf" in seen.get("/runs").text
    seen.follow(f"/connections/{house.stock_id}/resume")
    assert dict(house.hub.wanted())[house.stock_id] == "person"
    house.hub.run_wanted()
    assert "is paused by" not in seen.get("/runs").text


def test_a_run_that_is_paused_ends_after_its_batch(house: House) -> None:
    token = begin(house)
    with house.hub.store.write() as db:
        runs.pause(db, house.stock_id, "bookkeeper")
    with pytest.raises(StoppedError, match="bookkeeper paused it"):
        token.before_send()


def test_somebody_who_runs_a_paused_connection_ends_the_pause(house: House) -> None:
    with house.hub.store.write() as db:
        runs.pause(db, house.stock_id, "bookkeeper")
    house.run_stock()
    assert house.hub.connection(house.stock_id).paused_by == ""


def test_a_ledger_that_visits_is_sent_away_while_it_is_paused(store: Store, vault: Vault) -> None:
    house = visiting(store, vault)
    with store.write() as db:
        runs.pause(db, house.ledger_id, "bookkeeper")
    assert Visits(house.hub).open(house.ledger_id) is None


def test_what_a_run_sent_is_exported(seen: Visitor, house: House) -> None:
    put(house, contact(), invoice("i1", "SO-1", source_url="https://stock.example/i1"))
    house.sync()
    with house.hub.store.read() as db:
        last = db.execute(sa.select(sa.func.max(run_rows.c.id))).scalar_one()
    answer = seen.client.get(f"/runs/{last}/export?form=csv")
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert lines[2].split(",")[:7] == ["Invoice", "SO-1", "2026-02-01", "12.00", "GBP", "Create", "Posted"]
    assert "https://stock.example/i1" in lines[2]
    assert "https://stock.example/i1" in [tag.get("href") for tag in seen.get(f"/runs/{last}").tags("a")]


def test_who_sees_the_ledger_alone_is_not_told_what_a_run_posted_for_another_account(house: House) -> None:
    put(house, contact(), invoice("i1", "SO-1"))
    house.sync()
    with house.hub.store.read() as db:
        last = db.execute(sa.select(sa.func.max(run_rows.c.id))).scalar_one()
    access = {house.stock_id: False, house.ledger_id: True}
    vera = add_person(house.hub, "vera@example.com", sort=Sort.CLIENT, access=access)
    theirs = Visitor(create_app(house.hub), vera)
    page = theirs.get(f"/runs/{last}")
    assert page.status == 200
    assert "SO-1" not in page.html
    sheet = theirs.client.get(f"/runs/{last}/export?form=csv").get_data(as_text=True)
    assert len(sheet.splitlines()) == 1, "the titles and no row"


def test_all_calls_of_a_run_can_be_paged(seen: Visitor, house: House) -> None:
    token = begin(house)
    row = {"connection_id": house.stock_id, "run_id": token.id, "at": house.clock(), "method": "GET", "status": 200}
    with house.hub.store.write() as db:
        house.hub.store.insert(db, Exchange, [{**row, "url": f"/page/{n}"} for n in range(120)])
    assert "120 calls in the log, 1 to 5 shown" in seen.get(f"/runs/{token.id}").text
    assert "All 120 calls" in seen.get(f"/runs/{token.id}").text
    page = seen.get(f"/runs/{token.id}/calls?page=5")
    assert page.faults == []
    assert "101 to 120 shown" in page.text
    assert "GET /page/0" in page.text
