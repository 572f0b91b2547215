"""Against the simulator, which keeps a general ledger of its own: journals are what it says, to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.feeds import FEEDS

from hub import Journal, JournalReason, Kind, Record, Want

sim_cin7core = pytest.importorskip("sim_cin7core")

Connect = Callable[..., Any]
JOURNAL_FEEDS = [feed for feed in FEEDS if Kind.JOURNAL in feed.kinds]
FOREVER = (date(2000, 1, 1), date(2040, 1, 1))
CENT = Decimal("0.01")


@pytest.fixture
def simulator() -> Iterator[Any]:
    with sim_cin7core.Simulator() as made:
        for sku in ("BREAD", "CAKE", "PIE", "FLOUR", "LOAF"):
            sim_cin7core.new_product(made, sku)
        yield made


def open_simulator(simulator: Any, connect: Connect) -> Any:
    return connect(simulator.url, account_id=simulator.account_id, application_key=simulator.key)


def records(session: Any) -> list[Record]:
    return [record for feed in JOURNAL_FEEDS for page in session.pull(Want(feed)) for record in page.records]


def journals_of(found: list[Record]) -> dict[str, Journal]:
    every = [one for record in found for one in record.documents if isinstance(one, Journal)]
    assert [record.problem for record in found if record.problem] == []
    assert {one.label: list(one.differences()) for one in every if list(one.differences())} == {}
    assert len({one.external_id for one in every}) == len(every)
    return {one.external_id: one for one in every}


def journals(session: Any) -> dict[str, Journal]:
    return journals_of(records(session))


def ledger(session: Any) -> dict[str, dict[str, Decimal]]:
    """What the general ledger says of each journal, by account."""
    sums: dict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entry in session.entries(*FOREVER):
        if ":" in entry.document_id:
            sums[entry.document_id][entry.account] += entry.amount
    exact = {id: {code: amount for code, amount in each.items() if abs(amount) >= CENT} for id, each in sums.items()}
    return {id: each for id, each in exact.items() if each}


def agree(session: Any) -> dict[str, Journal]:
    """The journals, when each is what the general ledger says, and it says nothing else."""
    found = journals(session)
    told = ledger(session)
    assert sorted(told) == sorted(found)
    for id, journal in found.items():
        mine = {line.account: line.amount for line in journal.lines}
        assert mine.keys() == told[id].keys()
        assert all(abs(mine[code] - told[id][code]) <= CENT for code in mine), id
    return found


def test_a_month_of_trade_is_in_the_general_ledger_journal_by_journal(connect: Connect) -> None:
    with sim_cin7core.Simulator(sim_cin7core.Sources(stock=True)) as simulator:
        session = open_simulator(simulator, connect)
        found = agree(session)
        entries = list(session.entries(*FOREVER))
        value = session.stock_value()
    assert len(found) > 2000
    reasons = {journal.reason for journal in found.values()}
    assert reasons >= {"cost_of_goods", "cost_correction", "landed_cost", "adjustment", "stocktake", "write_off"}
    assert reasons >= {"assembly", "sale_journal", "manual"}
    assert sum(entry.amount for entry in entries if entry.account == "630") == value.total
    assert sum(value.items.values()) == value.total


def some_of_everything(simulator: Any) -> None:
    """Sales shipped, returned and corrected, purchases received early and late, and stock work of each sort."""
    act = simulator.person
    act("create_adjustment", lines=[{"sku": "BREAD", "quantity": 100, "unit_cost": "1.005"}], date="2026-02-01")
    sale = sim_cin7core.new_sale(simulator, "Acme", items=[("BREAD", 10, "2.50")], day=date(2026, 3, 2))
    act("add_credit_note", id=sale.id, lines=[{"sku": "BREAD", "quantity": 1, "price": "2.5"}], date="2026-03-05")
    twice = sim_cin7core.new_sale(
        simulator, "Bolt", items=[("CAKE", 2, "5")], type="Advanced Sale", day=date(2026, 3, 3)
    )
    act("add_invoice", id=twice.id, lines=[{"sku": "CAKE", "quantity": 1, "price": "5"}], date="2026-03-04")
    act("add_manual_journal", id=sale.id, lines=[{"debit": "425", "credit": "805", "amount": "4.5"}], date="2026-03-02")
    sim_cin7core.new_sale(simulator, "Acme", items=[("BREAD", 2, "5")], type="Credit Note", day=date(2026, 3, 6))
    for supplier, sort in (("Carlton", "Simple Purchase"), ("Delta", "Advanced Purchase")):
        bought = sim_cin7core.new_purchase(
            simulator, supplier, items=[("CAKE", 10, "1.10")], type=sort, day=date(2026, 3, 10)
        )
        act("add_landed_cost", id=bought.id, amount="7.77", date="2026-03-12")
    early = sim_cin7core.new_purchase(
        simulator, "Early", items=[("PIE", 5, "3")], type="Advanced Purchase", invoice=False, day=date(2026, 3, 1)
    )
    act("add_invoice", id=early.id, lines=[{"sku": "PIE", "quantity": 5, "price": "3.3"}], date="2026-03-20")
    sim_cin7core.new_purchase(simulator, "Late", items=[("PIE", 4, "3")], fulfilled=False, day=date(2026, 3, 8))
    act("create_stocktake", lines=[{"sku": "BREAD", "quantity": 80}], date="2026-03-15")
    act("create_write_off", lines=[{"sku": "BREAD", "quantity": 3}], date="2026-03-16")
    act("create_journal", lines=[{"debit": "429", "credit": "805", "amount": "2"}], currency="USD", rate="0.8055")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("negative_amounts", "on"),
        ("negative_amounts", "off"),
        ("transaction_dates", "inclusive"),
        ("inventory_accrual", "on"),
        ("stock_in_transit", "on"),
        ("uninvoiced_cost", "zero"),
        ("cost_corrections", "restated"),
        ("purchase_journals_change_cost", "off"),
        ("received_in_put_away", "on"),
    ],
)
def test_what_the_documentation_leaves_open_changes_nothing_about_that(
    simulator: Any, connect: Connect, name: str, value: str
) -> None:
    simulator.switch(name, value)
    some_of_everything(simulator)
    found = agree(open_simulator(simulator, connect))
    assert {journal.reason for journal in found.values()} >= {"cost_of_goods", "sale_journal", "landed_cost", "manual"}


def test_goods_received_and_goods_in_transit_come_with_their_reversals(simulator: Any, connect: Connect) -> None:
    simulator.switch("inventory_accrual", "on")
    simulator.switch("stock_in_transit", "on")
    some_of_everything(simulator)
    found = agree(open_simulator(simulator, connect)).values()
    by_reason = {reason: [one for one in found if one.reason is reason] for reason in JournalReason}
    received = by_reason[JournalReason.GOODS_RECEIVED]
    assert len(received) == 2
    assert sum(line.amount for one in received for line in one.lines if line.account == "632") == 0
    assert by_reason[JournalReason.IN_TRANSIT]


@pytest.mark.parametrize(("accrues", "ahead"), [("off", {"Early": 15, "Late": -12}), ("on", {})])
def test_what_is_valued_and_not_booked_is_known_purchase_by_purchase(
    simulator: Any, connect: Connect, accrues: str, ahead: dict[str, int]
) -> None:
    for name in ("inventory_accrual", "stock_in_transit"):
        simulator.switch(name, accrues)
    pies = {"items": [("PIE", 5, "3")], "type": "Advanced Purchase"}
    made = {sim_cin7core.new_purchase(simulator, "Early", invoice=False, **pies).id: "Early"}
    late = sim_cin7core.new_purchase(simulator, "Late", items=[("PIE", 4, "3")], fulfilled=False)
    made[late.id] = "Late"
    session = open_simulator(simulator, connect)
    entries = [entry for entry in session.entries(*FOREVER) if entry.account == "630"]
    found = {
        made[goods.record_id]: goods.worth - sum(each.amount for each in entries if each.document_id in goods.documents)
        for goods in session.unmatched_goods()
    }
    assert {name: amount for name, amount in found.items() if amount} == ahead
    assert sum(found.values()) + sum(entry.amount for entry in entries) == session.stock_value().total


def test_a_void_of_an_old_adjustment_takes_its_journal_along_and_a_new_date_makes_another(
    simulator: Any, connect: Connect
) -> None:
    act = simulator.person
    for number in range(3):
        lines = [{"sku": ("BREAD", "CAKE", "PIE")[number], "quantity": 5, "unit_cost": "2"}]
        act("create_adjustment", lines=lines, date="2024-01-02", number=f"ST-{number}")
    session = open_simulator(simulator, connect)
    feed = next(feed for feed in FEEDS if feed.name == "stock_adjustments")
    stored = {record.id: record for page in session.pull(Want(feed)) for record in page.records}
    act("void_task", number="ST-0")
    act("redate_task", number="ST-1", date="2024-02-03")
    known = {record.id: record.stamp for record in stored.values()}
    again = [record for page in session.pull(Want(feed, known=lambda ids: known)) for record in page.records]
    assert {record.label: [one.external_id[-10:] for one in record.documents] for record in again} == {
        "ST-0": [],
        "ST-1": ["2024-02-03"],
    }
    assert len(agree(session)) == 2


def test_what_was_entered_late_for_a_closed_month_is_found_by_its_own_day(simulator: Any, connect: Connect) -> None:
    session = open_simulator(simulator, connect)
    january = (date(2026, 1, 1), date(2026, 1, 31))
    assert list(session.entries(*january)) == []
    lines = [{"sku": "BREAD", "quantity": 5, "unit_cost": "2"}]
    task = simulator.person("create_adjustment", lines=lines, date="2026-06-01", number="ST-9")
    assert list(session.entries(*january)) == []
    simulator.person("redate_task", number="ST-9", date="2026-01-31")
    found = list(session.entries(*january))
    assert sorted(entry.amount for entry in found) == [Decimal(-10), Decimal(10)]
    assert task


def test_an_assembly_is_booked_when_it_is_completed_and_one_of_no_value_not_at_all(
    simulator: Any, connect: Connect
) -> None:
    act = simulator.person
    act("create_adjustment", lines=[{"sku": "FLOUR", "quantity": 9, "unit_cost": "2"}], date="2026-02-01")
    parts = [{"sku": "FLOUR", "quantity": 2}]
    extra = [{"name": "Oven", "account": "429", "amount": "5"}]
    act("create_assembly", sku="LOAF", quantity=1, lines=parts, services=extra, started="2026-02-10", date="2026-03-20")
    act("create_assembly", sku="LOAF", quantity=1, lines=parts, date="2026-03-21")
    work = {"wip_account": "805", "wip_date": "2026-03-01"}
    act("create_assembly", sku="LOAF", quantity=1, lines=parts, started="2026-02-20", date="2026-03-22", **work)
    found = agree(open_simulator(simulator, connect)).values()
    made = sorted((one.date, one.total) for one in found if one.reason is JournalReason.ASSEMBLY)
    assert made == [
        (date(2026, 3, 1), Decimal(4)),
        (date(2026, 3, 20), Decimal(5)),
        (date(2026, 3, 22), Decimal(4)),
    ]
    skipped = [rule for record in records(open_simulator(simulator, connect)) for rule in record.skipped.values()]
    assert skipped == ["nothing to post"]
