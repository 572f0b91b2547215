"""What could post the cost of a month twice or take it away: skipped corrections, and journals that people edited."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from houses import START, House, journal, make_perpetual, put
from test_engine_journals import held, journals, lines_of, lock, members
from worlds import World, on_both

from hub.documents import Kind, Tracking
from hub.engine.correcting import correct
from hub.engine.methods import Methods
from hub.engine.tracking import TrackingChoices
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


# -- what becomes of a month that is posted --------------------------------------------------------------------------


def test_a_correction_that_was_not_sent_takes_nothing_from_its_month_when_the_method_is_periodic_again(
    closed: House,
) -> None:
    closed.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    correct(closed.person, held(closed).id, date(2026, 3, 15))
    closed.sync()
    methods = Methods(closed.person)
    methods.go_periodic(closed.integration_id)
    lock(closed, None)
    closed.sync()
    assert not closed.operations(state="proposed") + closed.operations(state="held")
    lock(closed, "2026-02-28")
    methods.go_perpetual(closed.integration_id, START, FlowMode.AUTOMATIC)
    closed.sync()
    assert total(closed) == Decimal("47.50")
    assert not closed.operations(state="held")


def test_goods_that_were_sent_anew_for_the_same_cost_count_as_posted(world: World) -> None:
    house = world.house
    methods = make_perpetual(house)
    methods.post_journals(house.integration_id, JournalMode.MONTH)
    put(house, journal("j1", "5.00"), journal("j2", "10.00"))
    house.sync()
    house.shelf.put("r-j1")
    put(house, journal("j3", "5.00"))
    house.sync()
    assert {id: posted for id, (_, posted) in members(house).items()} == {"j2": True, "j3": True}
    methods.go_periodic(house.integration_id)
    house.sync()
    assert total(house) == Decimal("15.00")


@pytest.mark.parametrize("locked", [None, "2026-02-28"])
def test_feeding_a_tracking_category_changes_nothing_of_a_month_that_is_posted(
    world: World, locked: str | None
) -> None:
    house = world.house
    house.books.tracking[:] = [Tracking(external_id="k1", name="Region", options=("Ann", "Bob"))]
    methods = make_perpetual(house)
    methods.post_journals(house.integration_id, JournalMode.MONTH)
    put(house, journal("j1", attributes=(("sales_rep", "Ann"),)), journal("j2", attributes=(("sales_rep", "Bob"),)))
    house.sync()
    lock(house, locked)
    writes = house.books.writes
    chosen = TrackingChoices(house.person)
    chosen.feed(house.integration_id, {"Region": "sales_rep"}, "warn")
    chosen.options(house.integration_id, "Region", {"Ann": "Ann", "Bob": "Bob"})
    methods.set_cash_basis(house.integration_id, True)
    house.sync()
    assert house.books.writes == writes
    assert not house.operations(state="held")


@on_both
def test_tracking_fed_after_a_month_was_closed_is_said_of_its_correction_alone(world: World) -> None:
    house = world.house
    house.books.tracking[:] = [Tracking(external_id="k1", name="Region", options=("Ann", "Bob"))]
    make_perpetual(house).post_journals(house.integration_id, JournalMode.MONTH)
    put(house, journal("j1", "42.50", attributes=(("sales_rep", "Ann"),)))
    house.sync()
    lock(house, "2026-02-28")
    chosen = TrackingChoices(house.person)
    chosen.feed(house.integration_id, {"Region": "sales_rep"}, "warn")
    chosen.options(house.integration_id, "Region", {"Ann": "Ann", "Bob": "Bob"})
    put(house, journal("j2", "5.00", attributes=(("sales_rep", "Bob"),)))
    house.sync()
    [month] = journals(house)
    before = dict(month.native)
    correct(house.person, held(house).id, date(2026, 3, 15))
    house.sync()
    [month, made] = journals(house)
    assert month.native == before
    assert lines_of(made) == {"320": Decimal("5.00"), "630": Decimal("-5.00")}
    assert "Bob" in str(made.native["lines"])
    assert "Ann" not in str(made.native["lines"])
    house.sync()
    assert not house.operations(state="held")
    assert total(house) == Decimal("47.50")


def test_the_perpetual_method_does_not_begin_later_while_goods_of_bills_are_in_stock(world: World) -> None:
    methods = make_perpetual(world.house)
    with pytest.raises(SettingsError, match="holds since 2026-01-01"):
        methods.go_perpetual(world.house.integration_id, date(2026, 3, 1), FlowMode.AUTOMATIC)
