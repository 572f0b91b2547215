"""Runs live and over, what they sent, and the calls they made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, put
from visitors import Visitor, visitor

from hub.engine import runs
from hub.errors import Problem
from hub.models import Exchange, Run, RunState, table
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


def test_polling_ends_when_the_run_does(seen: Visitor, house: House) -> None:
    token = begin(house)
    runs.close(token, RunState.FAILED, Problem(code="x", what="It broke.", why="<b>why</b>"))
    fragment = seen.get(f"/runs/{token.id}/live")
    assert fragment.status == 286
    assert "It broke. <b>why</b>" in fragment.text
    page = seen.get(f"/runs/{token.id}")
    assert "hx-get" not in page.html
    assert not any(tag.get("http-equiv") for tag in page.tags("meta"))


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
    assert "2 documents, 1 to 2 shown" in text
    assert "SO-1 (Open)" in text
    assert "Posted" in text


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
