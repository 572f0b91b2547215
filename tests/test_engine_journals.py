"""Journals: only with the perpetual method, by themselves or together, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, contact, journal, line, make_perpetual, put, trade
from worlds import World, on_both

from hub.documents import Bill, Journal, JournalReason, Kind, Status
from hub.engine.correcting import correct
from hub.engine.methods import Methods
from hub.errors import SettingsError
from hub.mapping import Default, MappingList
from hub.models import Exclusion, Flow, FlowMode, SummaryMember, table
from hub.reconcile import JournalMode
from hub.testing import Fault
from hub.testing.books import Entry

MARCH = date(2026, 3, 1)


@pytest.fixture
def house(world: World) -> House:
    """Everything is set up, with the periodic method."""
    return world.house


def journals(house: House) -> list[Entry]:
    """The live journals of the ledger."""
    return [entry for entry in house.books.live() if entry.kind is Kind.JOURNAL]


def lines_of(entry: Entry) -> dict[str, Decimal]:
    return {one["account"]: Decimal(one["amount"]) for one in entry.native["lines"]}


def rules(house: House) -> dict[str, str]:
    with house.hub.store.read() as db:
        return {row.external_id: row.rule for row in db.execute(sa.select(table(Exclusion)))}


def members(house: House) -> dict[str, tuple[str, bool]]:
    with house.hub.store.read() as db:
        rows = db.execute(sa.select(table(SummaryMember)))
        return {row.external_id: (row.summary_id, row.posted) for row in rows}


def held(house: House) -> Any:
    [row] = house.operations(state="held")
    return row


def lock(house: House, day: str | None) -> None:
    house.books.lock_date = day


# -- the method ----------------------------------------------------------------------------------------------------


def test_journals_can_not_be_switched_on_with_the_periodic_method(house: House) -> None:
    with pytest.raises(SettingsError, match="perpetual"):
        house.set_flow(Kind.JOURNAL)
    assert house.flow(Kind.JOURNAL).mode == FlowMode.OFF


def test_going_perpetual_switches_journals_on_in_the_same_act(house: House) -> None:
    make_perpetual(house, mode=FlowMode.REVIEW)
    assert house.flow(Kind.JOURNAL).mode == FlowMode.REVIEW
    assert house.hub.integration(house.integration_id).inventory_method == "perpetual"


def test_a_pair_that_was_joined_before_its_plugins_had_journals_gets_their_flow_with_the_method(house: House) -> None:
    rows = table(Flow)
    with house.hub.store.write() as db:
        db.execute(sa.delete(rows).where(rows.c.kind == Kind.JOURNAL.value))
    make_perpetual(house)
    put(house, journal())
    house.sync()
    assert len(journals(house)) == 1


def test_going_perpetual_is_refused_while_stock_is_mapped_to_purchases(house: House) -> None:
    with pytest.raises(SettingsError, match="630 Inventory is mapped to 310 Purchases"):
        Methods(house.person).go_perpetual(house.integration_id, MARCH, FlowMode.REVIEW)
    assert house.hub.integration(house.integration_id).inventory_method == "periodic"


def test_going_perpetual_is_refused_while_no_account_of_cost_of_goods_is_mapped(house: House) -> None:
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"630": "630", "320": ""})
    with pytest.raises(SettingsError, match="No account of cost of goods is mapped: 320 Cost of goods sold"):
        Methods(house.person).go_perpetual(house.integration_id, MARCH, FlowMode.REVIEW)


def test_going_perpetual_is_refused_while_a_stored_journal_names_an_account_that_is_not_mapped(house: House) -> None:
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"630": "630", "320": "320"})
    odd = journal().lines[0].model_copy(update={"account": "WIP"})
    put(house, journal(lines=(odd, journal().lines[1])))
    house.sync()
    with pytest.raises(SettingsError, match="Journals name the account WIP, which is not mapped"):
        Methods(house.person).go_perpetual(house.integration_id, date(2026, 1, 1), FlowMode.REVIEW)


def test_going_perpetual_without_choosing_how_journals_go_is_refused(house: House) -> None:
    with pytest.raises(SettingsError, match="Choose how journals go"):
        make_perpetual(house, mode=FlowMode.OFF)


def test_bills_that_are_posted_to_purchases_since_that_day_are_told_before_the_method_changes(house: House) -> None:
    put(house, contact(), trade(Bill, "b1", lines=(line(account="630"),)))
    house.sync()
    with pytest.raises(SettingsError, match="1 bills and supplier credits dated 2026-01-01 or later are in the ledger"):
        make_perpetual(house)
    Methods(house.person).go_perpetual(house.integration_id, date(2026, 1, 1), FlowMode.AUTOMATIC, bills_moved=True)


def test_bills_whose_goods_are_in_stock_already_are_no_reason_against_the_method(house: House) -> None:
    make_perpetual(house)
    put(house, contact(), trade(Bill, "b1", lines=(line(account="630"),)))
    house.sync()
    Methods(house.person).go_periodic(house.integration_id)
    make_perpetual(house)
    assert house.hub.integration(house.integration_id).inventory_method == "perpetual"


@on_both
def test_goods_of_bills_go_to_stock_from_that_day_on_and_to_purchases_before(house: House) -> None:
    make_perpetual(house, MARCH)
    house.person.set_mapping(house.integration_id, MappingList.DEFAULT, {Default.EARLIER_PURCHASES.value: "310"})
    put(house, contact(), trade(Bill, "b1", lines=(line(account="630"),), date=date(2026, 2, 20)))
    put(house, trade(Bill, "b2", lines=(line(account="630"),), date=MARCH))
    house.sync()
    bills = {e.native["mark"]: e.native["lines"][0]["account"] for e in house.books.live() if e.kind is Kind.BILL}
    assert bills == {"b1#1": "310", "b2#1": "630"}


def test_goods_of_an_earlier_bill_are_held_while_nobody_said_where_they_go(house: House) -> None:
    make_perpetual(house, MARCH)
    put(house, contact(), trade(Bill, "b1", lines=(line(account="630"),), date=date(2026, 2, 20)))
    house.sync()
    assert held(house).problem_code == "goods_before_perpetual"
    assert "begins on 2026-03-01" in held(house).problem["why"]


def test_goods_are_not_debited_to_stock_while_the_flow_of_journals_is_off(house: House) -> None:
    make_perpetual(house)
    house.set_flow(Kind.JOURNAL, FlowMode.OFF)
    put(house, contact(), trade(Bill, "b1", lines=(line(account="630"),)))
    house.sync()
    assert held(house).problem_code == "stock_not_relieved"
    house.set_flow(Kind.JOURNAL)
    house.sync()
    assert not house.operations(state="held")


def test_journals_dated_before_the_method_began_are_left_out_by_rule(house: House) -> None:
    make_perpetual(house, MARCH)
    put(house, journal("j1"), journal("j2", day=MARCH))
    house.sync()
    assert [entry.native["mark"] for entry in journals(house)] == ["j2#1"]
    assert rules(house) == {"j1": "dated before the perpetual method began on 2026-03-01"}


def test_back_to_periodic_leaves_new_journals_out_and_keeps_posted_ones_in_step(house: House) -> None:
    methods = make_perpetual(house)
    put(house, journal("j1"))
    house.sync()
    methods.go_periodic(house.integration_id)
    put(house, journal("j1", "35.00"), journal("j2"))
    house.sync()
    assert [lines_of(entry)["320"] for entry in journals(house)] == [Decimal("35.00")]
    assert rules(house) == {"j2": "the inventory method is periodic"}


# -- one for each document -----------------------------------------------------------------------------------------


def test_a_journal_is_posted_with_the_ledgers_accounts(house: House) -> None:
    make_perpetual(house)
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"320": "310"})
    put(house, journal())
    house.sync()
    [entry] = journals(house)
    assert lines_of(entry) == {"310": Decimal("30.00"), "630": Decimal("-30.00")}
    [row] = house.operations(kind="journal")
    assert (row.state, row.amount, row.contact) == ("done", "30.00", "")
    assert "account 320 of the journal becomes 310 Purchases" in row.trace


def test_a_journal_whose_sides_differ_is_held(house: House) -> None:
    make_perpetual(house)
    odd = journal().lines[0].model_copy(update={"amount": Decimal("31.00")})
    put(house, journal(lines=(odd, journal().lines[1])))
    house.sync()
    assert held(house).problem_code == "does_not_add_up"
    assert "debits add up to 31.00, its credits to 30.00" in held(house).problem["what"]


def test_a_journal_to_an_account_that_takes_none_is_held_and_says_which(house: House) -> None:
    make_perpetual(house)
    put(house, journal(lines=(*journal().lines[:1], journal().lines[1].model_copy(update={"account": "090"}))))
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"090": "090"})
    house.sync()
    assert held(house).problem_code == "account_not_for_journals"
    assert "090 Bank takes no journals" in held(house).problem["what"]


def test_a_journal_of_which_both_sides_are_one_account_is_held(house: House) -> None:
    make_perpetual(house)
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"320": "630"})
    put(house, journal())
    house.sync()
    assert held(house).problem_code == "journal_on_one_account"


def test_a_journal_of_nothing_is_left_out_by_rule(house: House) -> None:
    make_perpetual(house)
    put(house, journal("j0", lines=()))
    house.sync()
    assert rules(house) == {"j0": "nothing to post"}


def test_a_journal_in_a_closed_period_is_held_until_the_lock_moves(house: House) -> None:
    make_perpetual(house)
    lock(house, "2026-02-28")
    put(house, journal())
    house.sync()
    assert held(house).problem_code == "closed_period"
    lock(house, "2026-01-31")
    house.sync()
    assert len(journals(house)) == 1


def test_an_edited_journal_updates_the_same_one_and_a_withdrawn_one_is_voided(house: House) -> None:
    make_perpetual(house)
    put(house, journal("j1"), journal("j2"))
    house.sync()
    put(house, journal("j1", "44.00"))
    house.shelf.put("r-j2")
    house.sync()
    assert [(e.native["mark"], lines_of(e)["320"]) for e in journals(house)] == [("j1#1", Decimal("44.00"))]


def test_a_journal_that_comes_to_nothing_is_voided(house: House) -> None:
    make_perpetual(house)
    put(house, journal())
    house.sync()
    put(house, journal(lines=()))
    house.sync()
    assert journals(house) == []


def test_journals_are_posted_as_drafts_and_off_the_cash_basis_where_that_is_chosen(house: House) -> None:
    methods = make_perpetual(house)
    methods.set_cash_basis(house.integration_id, False)
    house.set_flow(Kind.JOURNAL, post_as="draft")
    put(house, journal())
    house.sync()
    [entry] = journals(house)
    assert (entry.status, entry.native["on_cash_basis"]) == ("draft", False)


# -- together ------------------------------------------------------------------------------------------------------


@pytest.fixture
def monthly(house: House) -> House:
    """Costs go in one journal a month."""
    make_perpetual(house).post_journals(house.integration_id, JournalMode.MONTH)
    return house


@on_both
def test_the_costs_of_a_month_are_one_journal_and_the_others_go_by_themselves(monthly: House) -> None:
    put(monthly, journal("j1", "30.00"), journal("j2", "12.50", date(2026, 2, 20)))
    put(monthly, journal("j3", "-2.00", date(2026, 2, 27), reason=JournalReason.COST_CORRECTION))
    put(monthly, journal("j4", "7.00", reason=JournalReason.STOCKTAKE), journal("j5", "1.00", MARCH))
    monthly.sync()
    found = {entry.native["number"]: (entry.native["date"], lines_of(entry)["320"]) for entry in journals(monthly)}
    assert found == {
        "Cost of goods 2026-02": ("2026-02-28", Decimal("40.50")),
        "Cost of goods 2026-03": ("2026-03-31", Decimal("1.00")),
        "SO-j4": ("2026-02-05", Decimal("7.00")),
    }
    id = f"summary:{monthly.integration_id}:2026-02:cost_of_goods"
    assert {key: value for key, value in members(monthly).items() if value[0] == id} == {
        "j1": (id, True),
        "j2": (id, True),
        "j3": (id, True),
    }


def test_the_journals_of_a_day_are_one_for_each_reason(house: House) -> None:
    make_perpetual(house).post_journals(house.integration_id, JournalMode.DAY)
    put(house, journal("j1"), journal("j2"), journal("j3", reason=JournalReason.STOCKTAKE))
    put(house, journal("j4", day=date(2026, 2, 6)))
    house.sync()
    found = {entry.native["number"]: lines_of(entry)["320"] for entry in journals(house)}
    assert found == {
        "Cost of goods 2026-02-05": Decimal("60.00"),
        "Stocktake 2026-02-05": Decimal("30.00"),
        "Cost of goods 2026-02-06": Decimal("30.00"),
    }


@on_both
def test_a_further_cost_of_an_open_month_changes_the_same_journal(monthly: House) -> None:
    put(monthly, journal("j1"))
    monthly.sync()
    [first] = journals(monthly)
    put(monthly, journal("j2", "12.50"), journal("j1", "31.00"))
    monthly.sync()
    [entry] = journals(monthly)
    assert (entry.id, lines_of(entry)) == (first.id, {"320": Decimal("43.50"), "630": Decimal("-43.50")})


@on_both
def test_a_withdrawn_cost_leaves_its_month_and_the_last_one_takes_the_journal_with_it(monthly: House) -> None:
    put(monthly, journal("j1"), journal("j2", "12.50"))
    monthly.sync()
    monthly.shelf.put("r-j2")
    monthly.sync()
    assert [lines_of(entry)["320"] for entry in journals(monthly)] == [Decimal("30.00")]
    monthly.shelf.put("r-j1")
    monthly.sync()
    assert journals(monthly) == []
    assert members(monthly) == {}
    put(monthly, journal("j3", "5.00"))
    monthly.sync()
    assert [entry.native["mark"].rpartition("#")[2] for entry in journals(monthly)] == ["2"]


def test_a_run_that_brings_nothing_new_writes_nothing(monthly: House) -> None:
    put(monthly, journal("j1"), journal("j2"))
    monthly.sync()
    writes = monthly.books.writes
    put(monthly, journal("j1"))
    monthly.sync()
    assert monthly.books.writes == writes


def test_a_month_waits_for_approval_once_and_goes_as_a_draft(monthly: House) -> None:
    monthly.set_flow(Kind.JOURNAL, FlowMode.REVIEW, post_as="draft")
    put(monthly, journal("j1"), journal("j2"))
    monthly.sync()
    [row] = monthly.operations(state="proposed")
    assert (row.label, row.amount) == ("Cost of goods 2026-02", "60.00")
    monthly.person.approve([row.id])
    monthly.sync()
    assert [entry.status for entry in journals(monthly)] == ["draft"]


def test_a_cost_whose_sides_differ_is_held_by_itself_and_the_month_goes_without(monthly: House) -> None:
    odd = journal().lines[0].model_copy(update={"amount": Decimal("31.00")})
    put(monthly, journal("j1"), journal("j2", lines=(odd, journal().lines[1])))
    monthly.sync()
    assert held(monthly).source_id == "j2"
    assert [lines_of(entry)["320"] for entry in journals(monthly)] == [Decimal("30.00")]


def test_an_account_that_is_not_mapped_holds_the_month_until_it_is(monthly: House) -> None:
    put(monthly, journal("j1"))
    monthly.person.set_mapping(monthly.integration_id, MappingList.ACCOUNT, {"320": ""})
    monthly.sync()
    assert held(monthly).problem_code == "account_not_mapped"
    monthly.person.set_mapping(monthly.integration_id, MappingList.ACCOUNT, {"320": "320"})
    monthly.sync()
    assert len(journals(monthly)) == 1


@on_both
def test_months_that_were_begun_by_document_go_on_by_document(house: House) -> None:
    methods = make_perpetual(house)
    put(house, journal("j1"))
    house.sync()
    since = methods.post_journals(house.integration_id, JournalMode.MONTH)
    put(house, journal("j2", day=date(2026, 2, 27)), journal("j3", "4.00", MARCH), journal("j4", "5.00", MARCH))
    house.sync()
    assert since == "2026-03-01"
    found = {entry.native["number"]: lines_of(entry)["320"] for entry in journals(house)}
    assert found == {"SO-j1": Decimal(30), "SO-j2": Decimal(30), "Cost of goods 2026-03": Decimal("9.00")}


def test_a_month_that_was_begun_together_goes_on_together(monthly: House) -> None:
    put(monthly, journal("j1"))
    monthly.sync()
    Methods(monthly.person).post_journals(monthly.integration_id, JournalMode.DOCUMENT)
    put(monthly, journal("j2"), journal("j3", day=MARCH))
    monthly.sync()
    found = {entry.native["number"]: lines_of(entry)["320"] for entry in journals(monthly)}
    assert found == {"Cost of goods 2026-02": Decimal("60.00"), "SO-j3": Decimal("30.00")}


def test_what_waits_is_posted_in_the_other_way_as_soon_as_that_is_chosen(house: House) -> None:
    methods = make_perpetual(house, mode=FlowMode.REVIEW)
    put(house, journal("j1"), journal("j2"))
    house.sync()
    assert len(house.operations(state="proposed")) == 2
    methods.post_journals(house.integration_id, JournalMode.MONTH)
    house.sync()
    assert [row.label for row in house.operations(state="proposed")] == ["Cost of goods 2026-02"]
    methods.post_journals(house.integration_id, JournalMode.DOCUMENT)
    house.sync()
    assert sorted(row.label for row in house.operations(state="proposed")) == ["SO-j1", "SO-j2"]
    assert members(house) == {}


def test_a_flow_that_is_switched_off_and_on_again_changes_nothing_of_what_is_posted_together(monthly: House) -> None:
    put(monthly, journal("j1"), journal("j2"))
    monthly.sync()
    before, writes = members(monthly), monthly.books.writes
    monthly.set_flow(Kind.JOURNAL, FlowMode.OFF)
    monthly.sync()
    monthly.set_flow(Kind.JOURNAL)
    monthly.sync()
    assert (members(monthly), monthly.books.writes) == (before, writes)


def test_back_to_periodic_keeps_the_posted_month_in_step_and_lets_nothing_new_in(monthly: House) -> None:
    put(monthly, journal("j1"))
    monthly.sync()
    Methods(monthly.person).go_periodic(monthly.integration_id)
    put(monthly, journal("j1", "33.00"), journal("j2"))
    monthly.sync()
    assert [lines_of(entry)["320"] for entry in journals(monthly)] == [Decimal("33.00")]
    assert rules(monthly) == {"j2": "the inventory method is periodic"}


# -- closed months -------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(monthly: House) -> House:
    """February is posted, and closed; then something in it changes."""
    put(monthly, journal("j1"), journal("j2", "12.50"))
    monthly.sync()
    lock(monthly, "2026-02-28")
    return monthly


Change = Callable[[House], None]


def adds(house: House) -> None:
    put(house, journal("j3", "5.00"))


def edits(house: House) -> None:
    put(house, journal("j2", "17.50"))


def takes_back(house: House) -> None:
    house.shelf.put("r-j2")


def takes_all_back(house: House) -> None:
    house.shelf.put("r-j1")
    house.shelf.put("r-j2")


@pytest.mark.parametrize(
    ("change", "difference"), [(adds, "5.00"), (edits, "5.00"), (takes_back, "-12.50"), (takes_all_back, "-42.50")]
)
def test_a_difference_of_a_closed_month_is_held_and_can_be_posted_later(
    closed: House, change: Change, difference: str
) -> None:
    change(closed)
    closed.sync()
    row = held(closed)
    assert (row.problem_code, row.label) == ("closed_period", "Cost of goods 2026-02")
    assert "as a correction of a later date" in row.problem["fix"]
    assert [lines_of(entry)["320"] for entry in journals(closed)] == [Decimal("42.50")]
    made = correct(closed.person, row.id, date(2026, 3, 15))
    closed.sync()
    found = {entry.native["date"]: lines_of(entry)["320"] for entry in journals(closed)}
    assert found == {"2026-02-28": Decimal("42.50"), "2026-03-15": Decimal(difference)}
    assert made.number == "Cost of goods 2026-02, correction 1"
    assert [row.state for row in closed.operations() if row.state not in ("done", "replaced")] == []
    assert all(posted for _, posted in members(closed).values())


@on_both
def test_a_further_difference_after_a_correction_is_held_again_and_corrected_again(closed: House) -> None:
    adds(closed)
    closed.sync()
    correct(closed.person, held(closed).id, date(2026, 3, 15))
    closed.sync()
    put(closed, journal("j3", "6.00"))
    closed.sync()
    correct(closed.person, held(closed).id, date(2026, 3, 16))
    closed.sync()
    total = sum(lines_of(entry)["320"] for entry in journals(closed))
    assert (len(journals(closed)), total) == (3, Decimal("48.50"))


def test_a_correction_that_is_skipped_holds_the_month_again(closed: House) -> None:
    closed.set_flow(Kind.JOURNAL, FlowMode.REVIEW)
    adds(closed)
    closed.sync()
    correct(closed.person, held(closed).id, date(2026, 3, 15))
    closed.sync()
    [row] = closed.operations(state="proposed")
    closed.person.drop([row.id], "entered by hand")
    closed.sync()
    assert held(closed).problem_code == "closed_period"


def test_a_month_that_is_opened_again_after_a_correction_needs_nothing(closed: House) -> None:
    adds(closed)
    closed.sync()
    correct(closed.person, held(closed).id, date(2026, 3, 15))
    closed.sync()
    lock(closed, None)
    writes = closed.books.writes
    put(closed, journal("j1"))
    closed.sync()
    assert closed.books.writes == writes


def test_a_month_that_was_closed_before_it_was_posted_can_be_posted_later(monthly: House) -> None:
    lock(monthly, "2026-02-28")
    put(monthly, journal("j1"))
    monthly.sync()
    correct(monthly.person, held(monthly).id, date(2026, 3, 2))
    monthly.sync()
    [entry] = journals(monthly)
    assert (entry.native["date"], lines_of(entry)["320"]) == ("2026-03-02", Decimal("30.00"))
    assert [posted for _, posted in members(monthly).values()] == [True]


def test_a_correction_can_not_be_dated_in_a_closed_period_too(closed: House) -> None:
    adds(closed)
    closed.sync()
    with pytest.raises(SettingsError, match="choose a day after 2026-02-28"):
        correct(closed.person, held(closed).id, date(2026, 2, 28))


# -- lost answers --------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("fault", list(Fault))
def test_a_lost_answer_makes_no_second_journal_of_a_month(monthly: House, fault: Fault) -> None:
    put(monthly, journal("j1"))
    monthly.run_ledger()
    monthly.run_stock()
    monthly.books.faults.append(fault)
    monthly.run_ledger()
    put(monthly, journal("j2"))
    monthly.clock.sleep(400)
    monthly.sync()
    monthly.sync()
    [entry] = journals(monthly)
    assert lines_of(entry)["320"] == Decimal("60.00")


def test_a_cost_that_arrives_while_the_month_is_unsure_is_not_forgotten(monthly: House) -> None:
    put(monthly, journal("j1"))
    monthly.run_ledger()
    monthly.run_stock()
    monthly.books.faults.append(Fault.LOST_ANSWER)
    monthly.run_ledger()
    put(monthly, journal("j2"))
    monthly.run_stock()
    monthly.clock.sleep(400)
    monthly.sync()
    assert [lines_of(entry)["320"] for entry in journals(monthly)] == [Decimal("60.00")]


def test_a_person_who_unlinks_a_month_has_it_planned_anew(monthly: House) -> None:
    put(monthly, journal("j1"))
    monthly.sync()
    id = f"summary:{monthly.integration_id}:2026-02:cost_of_goods"
    monthly.person.unlink(monthly.integration_id, Kind.JOURNAL, id, "it was another one")
    assert members(monthly) == {"j1": (id, False)}
    monthly.sync()
    assert members(monthly) == {"j1": (id, True)}


def test_a_draft_journal_of_the_source_waits_until_it_is_authorised(monthly: House) -> None:
    put(monthly, journal("j1", status=Status.DRAFT))
    monthly.sync()
    assert (rules(monthly), journals(monthly)) == ({"j1": "draft in the source"}, [])
    assert isinstance(journal(), Journal)
