"""A Windows computer whose clock is put back hides no change, and a company file at rest costs little."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import desktop_samples as samples
import pytest
import sqlalchemy as sa
from desktop_machine import Desktop, invoice
from sim_qbdesktop import person

from hub.models import Link, table


class Computer:
    """The simulated machine with a clock of its own beside the hub's."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.behind = timedelta(0)
        self._set()

    def _set(self) -> None:
        self.desktop.sim.clock.set(self.desktop.office.clock() - self.behind)

    def put_back(self, **by: int) -> None:
        self.behind += timedelta(**by)
        self._set()

    def visits(self, times: int = 1, **apart: int) -> Any:
        for _ in range(times):
            self.desktop.office.clock.on(**(apart or {"minutes": 40}))
            self._set()
            last = self.desktop.sim.connector.visit(self.desktop.name)
            assert last.outcome == "done", last.shown
        return last

    def edit(self, source_id: str, number: str) -> None:
        changes = {"RefNumber": number}
        id = self.desktop.links()[source_id]
        person.act(self.desktop.sim.quickbooks, "edit", {"id": id, "changes": changes})

    def number_of(self, source_id: str) -> str:
        """What the hub knows the target's number to be."""
        rows = table(Link)
        with self.desktop.office.hub.store.read() as db:
            chosen = sa.select(rows.c.state).where(rows.c.source_id == source_id, rows.c.live.is_(True))
            return str(db.execute(chosen).scalar_one()["number"])


@pytest.fixture
def computer(desktop: Desktop) -> Computer:
    """Two invoices are posted, and read until they are only watched."""
    computer = Computer(desktop)
    desktop.put(samples.contact("Harbour Stores"), *(invoice(external_id=id, number=id) for id in ("i1", "i2")))
    computer.visits(4)
    assert set(desktop.links()) == {"c1", "i1", "i2"}
    return computer


def queries(visit: Any, name: str) -> list[str]:
    return [each.request for each in visit.exchanges if f"<{name}Rq" in each.request]


def test_a_change_made_under_a_clock_that_was_put_back_is_seen_with_the_next_visit(computer: Computer) -> None:
    computer.put_back(hours=2, minutes=30)
    computer.edit("i1", "BACK")
    computer.visits()
    assert computer.number_of("i1") == "BACK"
    assert len(computer.desktop.books("Invoice")) == 2
    assert computer.desktop.unfinished() == {}


def test_a_deletion_under_a_clock_that_was_put_back_is_noticed(computer: Computer) -> None:
    computer.put_back(hours=2, minutes=50)
    id = computer.desktop.links()["i2"]
    person.act(computer.desktop.sim.quickbooks, "delete", {"id": id})
    computer.visits()
    rows = table(Link)
    with computer.desktop.office.hub.store.read() as db:
        [state] = db.execute(sa.select(rows.c.state).where(rows.c.target_id == id)).scalars()
    assert state["status"] == "missing"


def test_a_change_long_after_the_last_one_is_seen_under_a_clock_that_was_put_back(computer: Computer) -> None:
    computer.visits(6)
    [asked] = queries(computer.visits(), "InvoiceQuery")
    assert "IncludeRetElement" not in asked, "nothing is watched any more"
    computer.put_back(hours=2, minutes=30)
    computer.edit("i1", "LATE")
    computer.visits()
    assert computer.number_of("i1") == "LATE"


def test_while_hours_are_watched_a_visit_asks_for_no_more_than_ids(computer: Computer) -> None:
    visit = computer.visits()
    [asked] = queries(visit, "InvoiceQuery")
    assert "<IncludeRetElement>EditSequence</IncludeRetElement>" in asked
    assert "<InvoiceLineRet>" not in "".join(each.response for each in visit.exchanges)
    assert len(visit.exchanges) == len(computer.visits().exchanges)
