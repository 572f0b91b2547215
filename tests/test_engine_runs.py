"""Runs: wishes, nudges, what ends them, and who is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from houses import contact, invoice
from worlds import STALE, FragileSession, World, another

from hub.engine import RunReport, connections, runs
from hub.engine.hub import Hub
from hub.errors import BusyError, SettingsError
from hub.models import ConnectionRow, Cursor, Run, RunState, table
from hub.providers import Page, Want


def shelve(world: World, *documents: Any) -> None:
    for document in documents:
        name = f"r-{document.external_id}"
        world.records[name] = {document.external_id: document}
        world.save(name)


def wanted(world: World) -> list[int]:
    return [id for id, _ in world.hub.wanted()]


def clear(world: World) -> None:
    with world.hub.store.write() as db:
        db.execute(sa.update(table(ConnectionRow)).values(wanted_at=None, parked_until=None))


def test_a_stock_run_nudges_the_ledger_that_got_something_to_post(world: World) -> None:
    clear(world)
    shelve(world, contact())
    report = world.hub.run(world.house.stock_id)
    assert report is not None
    assert report.nudged == (world.house.ledger_id,)
    assert wanted(world) == [world.house.ledger_id]


def test_a_run_without_news_nudges_nobody(world: World) -> None:
    world.house.sync()
    clear(world)
    report = world.hub.run(world.house.stock_id)
    assert report is not None
    assert report.nudged == ()
    assert wanted(world) == []


def test_run_wanted_goes_on_until_nothing_is_wanted(world: World) -> None:
    clear(world)
    shelve(world, contact(), invoice())
    world.hub.want(world.house.stock_id, "schedule")
    reports = world.hub.run_wanted()
    assert [report.connection_id for report in reports] == [world.house.stock_id, world.house.ledger_id]
    assert [row.source_id for row in world.house.links()] == ["c1", "i1"]
    assert world.hub.run_wanted() == []


def test_a_wish_survives_a_run_that_is_going_on_elsewhere(world: World) -> None:
    clear(world)
    stale = timedelta(seconds=300)
    token = runs.claim(world.hub.store, world.house.ledger_id, "elsewhere", world.house.clock, stale)
    assert token is not None
    world.hub.want(world.house.ledger_id, "nudge")
    assert world.hub.run_wanted() == []
    assert wanted(world) == [world.house.ledger_id], "it may have planned before the nudge"
    runs.close(token, RunState.DONE)
    assert [report.connection_id for report in world.hub.run_wanted()] == [world.house.ledger_id]


def test_a_busy_platform_parks_the_run_until_it_may_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: FragileSession, __: Want) -> Iterator[Page]:
        raise BusyError("the day's calls are used up", 600.0)

    clear(world)
    with monkeypatch.context() as broken:
        broken.setattr(FragileSession, "pull", busy)
        report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.state is RunState.PARKED
    assert wanted(world) == []
    world.house.clock.at += timedelta(seconds=601)
    assert wanted(world) == [world.house.ledger_id]


def test_observers_are_told_one_by_one_and_a_failing_one_stops_nobody(world: World) -> None:
    told: list[RunReport] = []

    def fail(_: RunReport) -> None:
        raise RuntimeError("the mail server is down")

    world.hub.observers.extend([fail, told.append])
    report = world.hub.run(world.house.stock_id)
    assert told == [report]


@pytest.fixture
def refusing_to_analyze(world: World) -> Iterator[None]:
    """SQLite refuses to gather statistics, and every table is worth some."""

    def decide(action: int, *_about: Any) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ANALYZE else sqlite3.SQLITE_OK

    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.set_authorizer(decide)

    sa.event.listen(sa.Engine, "connect", prepare)
    world.hub.store.dispose()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("hub.store.WORTH_STATISTICS", 0)
        yield
    sa.event.remove(sa.Engine, "connect", prepare)
    world.hub.store.dispose()


@pytest.mark.usefixtures("refusing_to_analyze")
def test_a_run_for_which_sqlite_gathers_no_statistics_ends_as_well_as_any_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[RunReport] = []
    world.hub.observers.append(told.append)
    shelve(world, contact(), invoice())
    world.house.sync()
    assert [report.state for report in told] == [RunState.DONE] * 3
    assert [row.source_id for row in world.house.links()] == ["c1", "i1"]
    assert "statistics could not be gathered" in caplog.text


def test_a_person_can_stop_a_run_and_what_was_posted_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    push = FragileSession.push

    def stop_after(session: FragileSession, batch: Any) -> Any:
        outcomes = list(push(session, batch))
        with world.hub.store.write() as db:
            newest = db.execute(sa.select(sa.func.max(table(Run).c.id))).scalar_one()
            runs.request_stop(db, newest)
        return iter(outcomes)

    monkeypatch.setattr(FragileSession, "push", stop_after)
    shelve(world, contact(), invoice())
    world.run_stock()
    report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.state is RunState.STOPPED
    assert [row.source_id for row in world.house.links()] == ["c1"]
    assert [row.state for row in world.house.operations(kind="invoice")] == ["pending"]


def test_a_run_counts_what_it_did(world: World) -> None:
    shelve(world, contact(), invoice())
    stock = world.hub.run(world.house.stock_id)
    ledger = world.hub.run(world.house.ledger_id)
    assert stock is not None
    assert ledger is not None
    assert (stock.counts["pulled records"], stock.counts["changed"], stock.counts["proposed"]) == (2, 2, 2)
    assert ledger.counts["created"] == 2


def test_a_ledger_is_not_posted_to_before_it_was_read_once(world: World) -> None:
    """Nothing is planned before the target's contacts, items and lists are known: they might match."""
    with world.hub.store.write() as db:
        db.execute(sa.delete(table(Cursor)).where(table(Cursor).c.connection_id == world.house.ledger_id))
    shelve(world, contact())
    report = world.hub.run(world.house.stock_id)
    assert report is not None
    assert world.house.operations() == []
    assert report.nudged == (world.house.ledger_id,)
    world.run_ledger()
    assert [row.source_id for row in world.house.links()] == ["c1"]


def test_a_plugin_that_is_not_installed_is_named(world: World) -> None:
    hub = Hub(world.hub.store, world.hub.vault, {}, world.hub.settings, clock=world.house.clock)
    report = hub.run(world.house.ledger_id)
    assert report is not None
    assert report.problem is not None
    assert "pip install ./plugins/memoryledger" in report.problem.fix


def test_an_unexpected_error_is_told_and_the_next_run_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: FragileSession, __: Want) -> Iterator[Page]:
        raise KeyError("Contacts")

    shelve(world, contact())
    world.run_stock()
    with monkeypatch.context() as broken:
        broken.setattr(FragileSession, "pull", crash)
        report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.problem is not None
    assert (report.state, report.problem.code) == (RunState.FAILED, "unexpected")
    world.run_ledger()
    assert [row.source_id for row in world.house.links()] == ["c1"]


def test_a_removed_connection_runs_no_more_and_keeps_its_links(world: World) -> None:
    shelve(world, contact())
    world.run_stock()
    world.run_ledger()
    connections.remove(world.hub, world.house.ledger_id, actor="owner")
    report = world.hub.run(world.house.ledger_id)
    assert report is not None
    assert report.problem is not None
    assert report.problem.code == "connection_removed"
    assert [row.source_id for row in world.house.links()] == ["c1"]


def test_a_connection_that_nobody_made_is_said_to_be_missing(world: World) -> None:
    with pytest.raises(SettingsError, match="no connection 999"):
        world.hub.run(999)


def test_every_run_ends_with_a_state(world: World) -> None:
    world.house.sync()
    world.house.clock.at += STALE
    another(world.hub).run(world.house.stock_id)
    with world.hub.store.read() as db:
        states = set(db.execute(sa.select(table(Run).c.state)).scalars())
    assert states == {"done"}
