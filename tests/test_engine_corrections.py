"""What could post the cost of a month twice or take it away: skipped corrections, and journals that people edited."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from houses import House, journal, make_perpetual, put
from test_engine_journals import held, journals, lines_of, lock
from worlds import World, on_both

from hub.documents import Kind
from hub.engine.correcting import correct
from hub.errors import SettingsError
from hub.models import FlowMode, Integration, table
from hub.reconcile import JournalMode


@pytest.fixture
def closed(world: World) -> House:
    """February is posted as one journal, and closed; then a cost of it is added."""
    house = world.house
    make_perpetual(house).post_journals(house.integration_id, JournalMode.MONTH)
    put(house, journal("j1", "42.50"))
    house.sync()
    lock(house, "2026-02-28")
    put(house, journal("j2", "5.00"))
    house.sync()
    return house


def skipped_correction(house: House) -> int:
    """A correction that a person made and then skipped; answers with its operation."""
    house.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    correct(house.person, held(house).id, date(2026, 3, 15))
    house.sync()
    [row] = house.operations(state="proposed")
    house.person.drop([row.id], "entered by hand")
    house.set_flow(Kind.JOURNAL, FlowMode.AUTOMATIC)
    house.sync()
    return int(row.id)


def total(house: House) -> Decimal:
    return sum((lines_of(entry)["320"] for entry in journals(house)), Decimal(0))


@on_both
def test_a_skipped_correction_does_not_come_back_beside_the_one_that_took_its_place(closed: House) -> None:
    first = skipped_correction(closed)
    correct(closed.person, held(closed).id, date(2026, 3, 16))
    closed.sync()
    with pytest.raises(SettingsError, match="Cost of goods 2026-02, correction 1: another correction was made"):
        closed.person.undrop([first])
    closed.sync()
    assert total(closed) == Decimal("47.50")


def test_the_newest_correction_can_be_taken_up_again(closed: House) -> None:
    first = skipped_correction(closed)
    closed.person.undrop([first])
    closed.sync()
    assert total(closed) == Decimal("47.50")
    assert not closed.operations(state="held")


# -- journals that a person edited -----------------------------------------------------------------------------------


@pytest.fixture
def edited(world: World) -> House:
    """A person added a line of their own to a journal; then the stock system takes it back."""
    house = world.house
    make_perpetual(house)
    put(house, journal("j1"))
    house.sync()
    [entry] = journals(house)
    moved = [{"account": "320", "amount": "31.00"}, {"account": "630", "amount": "-31.00"}]
    house.books.edit(entry.id, lines=moved)
    return house


def test_a_journal_that_a_person_edited_is_not_voided_unasked(edited: House) -> None:
    edited.shelf.put("r-j1")
    edited.sync()
    assert held(edited).problem_code == "edited_on_both_sides"
    assert "SO-j1 was taken back in the stock system and edited in the ledger" in held(edited).problem["what"]
    assert len(journals(edited)) == 1


@pytest.mark.parametrize(("policy", "left"), [("stock", 0), ("ledger", 1)])
def test_who_wins_decides_about_an_edited_journal_that_is_taken_back(edited: House, policy: str, left: int) -> None:
    with edited.hub.store.write() as db:
        db.execute(sa.update(table(Integration)).values(conflict_policy=policy))
    edited.shelf.put("r-j1")
    edited.sync()
    assert len(journals(edited)) == left
    assert not edited.operations(state="held")
