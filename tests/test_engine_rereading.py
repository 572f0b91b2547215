"""The nightly look: what changed in the ledger without moving a stamp is noticed by the next morning."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from furnishing import Make, set_up_once
from houses import House, called, contact, invoice, put, visiting

from hub.documents import Kind
from hub.engine.rereading import NIGHTLY, reread_states
from hub.models import ConnectionRow, Cursor, table
from hub.providers import TargetStatus
from hub.scheduler.jobs import own_jobs
from hub.store import Store
from hub.vault import Vault


@set_up_once
def one_posted(store: Store, vault: Vault, *, make: Make) -> House:
    house = make(store, vault)
    put(house, contact(), invoice())
    house.sync()
    house.run_ledger()  # what was just posted is listed as changed once
    return house


@pytest.fixture(params=[called, visiting])
def house(request: pytest.FixtureRequest, store: Store, vault: Vault) -> House:
    return one_posted(store, vault, make=request.param)


def status(house: House) -> str:
    (link,) = [one for one in house.links() if one.kind == Kind.INVOICE]
    found: str = link.state["status"]
    return found


def void_without_a_stamp(house: House) -> None:
    (entry,) = [one for one in house.books.live() if one.kind is Kind.INVOICE]
    entry.status = TargetStatus.VOIDED


def test_a_change_without_a_stamp_is_found_by_the_nightly_look_alone(house: House) -> None:
    void_without_a_stamp(house)
    house.sync()
    assert status(house) == "open"
    assert reread_states(house.hub) == 1
    house.run_ledger()
    assert status(house) == "voided"


def test_it_wants_the_ledgers_run_and_leaves_what_is_no_list_of_states_alone(house: House) -> None:
    rows, cursors = table(ConnectionRow), table(Cursor)

    def watermarks() -> dict[str, str | None]:
        with house.hub.store.read() as db:
            found = db.execute(sa.select(cursors).where(cursors.c.connection_id == house.ledger_id))
            return {row.feed: row.watermark for row in found}

    before = watermarks()
    reread_states(house.hub)
    assert watermarks() == {**before, "states": None}
    with house.hub.store.read() as db:
        assert db.execute(sa.select(rows.c.wanted_why).where(rows.c.id == house.ledger_id)).scalar_one() == NIGHTLY


def test_the_scheduler_does_it_every_night(house: House) -> None:
    assert [job.expression for job in own_jobs(house.hub) if "anew" in job.name] == ["20 3 * * *"]
