"""A limit on a run's calls: it parks before it makes one more, and the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, contact, invoice, line, make_house, put

from hub.engine import runs
from hub.errors import CallsUsedError, SettingsError
from hub.http import Door
from hub.models import ConnectionRow, Run, RunState, now, table
from hub.providers import Batch, Connection, Operation, Organisation, Outcome, Page, TargetState, Want
from hub.scheduler import Timing, add_schedule
from hub.scheduler.jobs import revive
from hub.scheduler.schedules import fired
from hub.store import Store
from hub.testing import Books, MemoryLedger
from hub.testing.memory import LedgerSession
from hub.vault import Vault

run_rows, connection_rows = table(Run), table(ConnectionRow)


@dataclass
class CallingSession(LedgerSession):
    """Makes one call over HTTP for each feed, look and batch."""

    door: Door

    def pull(self, want: Want) -> Iterator[Page]:
        self.door.call("GET", f"/feeds/{want.feed.name}")
        yield from super().pull(want)

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        self.door.call("GET", "/look")
        return super().look(operations)

    def push(self, batch: Batch) -> Iterator[Outcome]:
        self.door.call("POST", "/push")
        yield from super().push(batch)

    def check(self) -> Organisation:
        return super().check()


class CallingLedger(MemoryLedger):
    """A ledger that is called over HTTP."""

    def __init__(self, address: str) -> None:
        super().__init__(Books())
        self.address = address

    def open(self, connection: Connection, http: Door) -> LedgerSession:
        return CallingSession(self.books, http.bind(base_url=self.address))


@pytest.fixture
def house(store: Store, vault: Vault, platform: Any) -> House:
    return make_house(store, vault, CallingLedger(platform.url))


def run_of(house: House, run_id: int) -> Any:
    with house.hub.store.read() as db:
        return db.execute(sa.select(run_rows).where(run_rows.c.id == run_id)).one()


def wish(house: House, most_calls: int | None, why: str = "schedule") -> None:
    with house.hub.store.write() as db:
        runs.want_run(db, house.ledger_id, why, house.clock(), most_calls)


def wished(house: House) -> tuple[str, int | None]:
    row = house.hub.connection(house.ledger_id)
    return row.wanted_why, row.wanted_calls


def unwish(house: House) -> None:
    with house.hub.store.write() as db:
        db.execute(sa.update(connection_rows).values(wanted_at=None, wanted_why="", wanted_calls=None))


def limited(house: House, most_calls: int) -> Any:
    """One run of the ledger that may make so many calls."""
    unwish(house)
    wish(house, most_calls)
    report = house.hub.run(house.ledger_id, "schedule")
    assert report is not None
    return report


@pytest.mark.parametrize("most_calls", [1, 2, 3, 5])
def test_no_run_makes_more_calls_than_it_may_and_the_next_ones_finish_the_work(
    house: House, platform: Any, most_calls: int
) -> None:
    put(house, contact(), invoice("i1"), invoice("i2", lines=(line("20.00"),)))
    house.run_stock()
    reports = []
    for _ in range(40):
        before = len(platform.seen)
        reports.append(limited(house, most_calls))
        assert len(platform.seen) - before <= most_calls
        assert run_of(house, reports[-1].run_id).calls == len(platform.seen) - before
        if reports[-1].state is RunState.DONE:
            break
    assert reports[-1].state is RunState.DONE
    parked = reports[:-1]
    assert parked, "the limit was never reached"
    assert {(each.state, each.problem.code) for each in parked} == {(RunState.PARKED, "calls_used")}
    assert f"made the {most_calls} calls" in parked[0].problem.what
    assert {row.state for row in house.operations()} == {"done"}
    assert len(house.links()) == 3


def test_several_threads_together_make_no_more_calls_than_the_run_may(store: Store) -> None:
    token = runs.RunToken(store, 1, 1, "", now, now(), most_calls=50)

    def spend(_: int) -> int:
        try:
            token.spend()
        except CallsUsedError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(400))) == 50
    assert token.calls == 50


def test_what_a_person_asks_for_has_no_limit(house: House) -> None:
    unwish(house)
    wish(house, 100)
    wish(house, None, "person")
    assert wished(house) == ("person", None)
    assert limited(house, 100).state is RunState.DONE
    unwish(house)
    wish(house, 1)
    report = house.hub.run(house.ledger_id, "person")
    assert report is not None
    assert run_of(house, report.run_id).most_calls is None


def test_of_several_wishes_the_widest_limit_counts(house: House) -> None:
    unwish(house)
    wish(house, 100)
    wish(house, 300)
    wish(house, 200)
    assert wished(house) == ("schedule", 300)
    wish(house, None, "nudge")
    assert wished(house) == ("schedule", None)
    wish(house, 100)
    assert wished(house) == ("schedule", None)


def test_the_run_that_a_limited_one_makes_useful_is_limited_too(house: House) -> None:
    put(house, contact(), invoice("i1"))
    unwish(house)
    with house.hub.store.write() as db:
        runs.want_run(db, house.stock_id, "schedule", house.clock(), 700)
    house.hub.run(house.stock_id, "schedule")
    assert wished(house) == ("nudge", 700)


def test_a_schedule_passes_its_limit_on(house: House) -> None:
    schedule_id = add_schedule(house.hub, house.ledger_id, Timing("interval", "1h", most_calls=500))
    unwish(house)
    fired(house.hub, schedule_id, house.clock())
    assert wished(house) == ("schedule", 500)
    with pytest.raises(SettingsError, match="at least 100 calls"):
        add_schedule(house.hub, house.ledger_id, Timing("interval", "1h", most_calls=99))


def test_a_run_that_goes_on_for_a_dead_one_keeps_its_limit(house: House) -> None:
    unwish(house)
    wish(house, 400)
    token = runs.claim(house.hub.store, house.ledger_id, "schedule", house.clock, house.clock() - house.clock())
    assert token is not None
    house.clock.sleep(10_000)
    assert revive(house.hub) == 1
    assert wished(house) == ("its run died", 400)


def test_a_rest_that_the_platform_asks_for_does_not_refill_the_limit(house: House, platform: Any, reply: Any) -> None:
    platform.replies = [reply(), reply(), reply(status=429, headers={"Retry-After": "3600"})]
    report = limited(house, 10)
    assert (report.state, report.problem.code) == (RunState.PARKED, "busy")
    assert wished(house) == ("parked", 7)
