"""What Core says of its general ledger and of what its stock is worth, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core import client
from hub_cin7core.provider import Cin7Core

from hub import Entry, KeepsStock, Kind, ProviderError, UnreachableError

Connect = Callable[..., Any]
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
TASK = "00000000-0000-4000-8000-000000000010"

CHART = [
    {"Code": "610", "Name": "Receivable", "Class": "ASSET", "Type": "CURRENT", "SystemAccountCode": "DEBTORS"},
    {"Code": "800", "Name": "Payable", "Class": "LIABILITY", "Type": "CURRLIAB", "SystemAccountCode": "CREDITORS"},
    {"Code": "630", "Name": "Inventory", "Class": "ASSET", "Type": "CURRENT"},
    {"Code": "631", "Name": "In transit", "Class": "ASSET", "Type": "CURRENT"},
    {"Code": "310", "Name": "Cost of goods", "Class": "EXPENSE", "Type": "DIRECTCOSTS"},
    {"Code": "200", "Name": "Sales", "Class": "REVENUE", "Type": "REVENUE"},
    {"Code": "850", "Name": "Loan", "Class": "LIABILITY", "Type": "LIABILITY"},
    {"Code": "777", "Name": "Odd", "Class": "?", "Type": ""},
]


def row(debit: str, credit: str, amount: str = "10", day: str = "2026-09-15", **fields: Any) -> dict[str, Any]:
    booked = {"DebitAccountCode": debit, "CreditAccountCode": credit, "Amount": Decimal(amount), "TaskID": TASK.upper()}
    told = {"EffectiveDate": f"{day}T00:00:00", "Reference": "INV-1", "Transaction": "Acme - INV-1", "Type": "Sale"}
    return {**booked, **told, **fields}


@pytest.fixture
def charted(core: Any) -> Any:
    core.lists["ref/account"] = CHART
    core.lists["ref/tax"] = [{"Name": "VAT", "Account": "820", "Components": [{"AccountCode": "821"}]}]
    return core


def entries(session: Any, since: date = FIRST, until: date = LAST) -> list[Entry]:
    return list(session.entries(since, until))


def test_each_row_is_two_entries_of_which_the_credit_is_negative(charted: Any, connect: Connect) -> None:
    charted.lists["transactions"] = [row("610", "200", "1800.005")]
    session = connect(charted.url)
    assert isinstance(session, KeepsStock)
    day = date(2026, 9, 15)
    assert entries(session) == [
        Entry(TASK, day, "610", Decimal("1800.005"), "INV-1", "Sale"),
        Entry(TASK, day, "200", Decimal("-1800.005"), "INV-1", "Sale"),
    ]


@pytest.mark.parametrize("counts_both_ends", [True, False])
def test_both_ends_of_the_period_count_whichever_way_core_reads_them(
    charted: Any, connect: Connect, counts_both_ends: bool
) -> None:
    charted.counts_both_ends = counts_both_ends
    days = ["2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01"]
    charted.lists["transactions"] = [row("610", "200", day=day) for day in days]
    assert sorted({entry.date.isoformat() for entry in entries(connect(charted.url))}) == ["2026-09-01", "2026-09-30"]


def test_a_row_entered_late_for_a_day_long_ago_is_found_because_its_own_day_is_asked_for(
    charted: Any, connect: Connect
) -> None:
    session = connect(charted.url)
    assert entries(session) == []
    charted.lists["transactions"] = [row("310", "630", day="2026-09-02")]
    assert [entry.date for entry in entries(session)] == [date(2026, 9, 2)] * 2


@pytest.mark.parametrize(
    ("fields", "document_id"),
    [
        ({}, TASK),
        ({"DebitAccountCode": "310", "CreditAccountCode": "630"}, f"{TASK}:2026-09-15"),
        ({"DebitAccountCode": "630", "CreditAccountCode": "310"}, f"{TASK}:2026-09-15"),
        ({"DebitAccountCode": "310", "CreditAccountCode": "850"}, f"{TASK}:2026-09-15"),
        ({"DebitAccountCode": "820", "CreditAccountCode": "630"}, TASK),
        ({"Type": "Purchase", "DebitAccountCode": "630", "CreditAccountCode": "800"}, TASK),
        (
            {
                "Type": "Purchase",
                "DebitAccountCode": "631",
                "CreditAccountCode": "630",
                "Reference": "Stock in Transit",
            },
            f"{TASK}:2026-09-15",
        ),
        ({"Type": "FinishedGoods"}, f"{TASK}:2026-09-15"),
        ({"Type": "Disassembly"}, f"{TASK}:2026-09-15"),
        ({"Type": "StockAdjustment"}, f"{TASK}:2026-09-15"),
        ({"Type": "StockTake"}, f"{TASK}:2026-09-15"),
        ({"Type": "InventoryWriteOff"}, f"{TASK}:2026-09-15"),
        ({"Type": "Journal"}, f"{TASK}:2026-09-15"),
        ({"Type": "BankTransfer", "CreditAccountCode": "CROSS-CURRENCY-TRANSFER"}, TASK),
    ],
)
def test_an_entry_names_the_document_that_it_is_delivered_as(
    charted: Any, connect: Connect, fields: dict[str, Any], document_id: str
) -> None:
    charted.lists["transactions"] = [row("610", "200", **fields)]
    assert {entry.document_id for entry in entries(connect(charted.url))} == {document_id}


SORTS = [("Sale", True), ("Stock Take", True), ("Journal", False), ("MoneySpend", False)]


@pytest.mark.parametrize(("type", "moves"), SORTS)
def test_a_journal_or_money_on_the_account_of_stock_moves_no_goods(
    charted: Any, connect: Connect, type: str, moves: bool
) -> None:
    charted.lists["transactions"] = [row("630", "850", Type=type)]
    assert {entry.moves_goods for entry in entries(connect(charted.url))} == {moves}


def test_a_row_that_can_not_be_read_stops_the_comparison_with_the_reason(charted: Any, connect: Connect) -> None:
    charted.lists["transactions"] = [row("610", "200", Amount="ten")]
    with pytest.raises(ProviderError, match="Amount is not a number: 'ten'"):
        entries(connect(charted.url))


def available(sku: str, value: str, place: str = "Main", on_hand: int = 497) -> dict[str, Any]:
    return {"ID": TASK, "SKU": sku, "Location": place, "OnHand": on_hand, "StockOnHand": Decimal(value)}


def test_what_core_calls_stock_on_hand_is_money(core: Any, connect: Connect) -> None:
    core.lists["ref/productavailability"] = [
        available("BREAD", "2485"),
        available("BREAD", "10.25", "Shop"),
        available("CAKE", "0"),
        available("PIE", "-3.5"),
    ]
    found = connect(core.url).stock_value()
    assert found.items == {"BREAD": Decimal("2495.25"), "PIE": Decimal("-3.5")}
    assert found.total == Decimal("2491.75")
    assert datetime.now(UTC) - found.at < timedelta(minutes=1)


def test_stock_is_added_up_over_all_pages(core: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    core.lists["ref/productavailability"] = [available(f"SKU-{number}", "1") for number in range(7)]
    assert connect(core.url).stock_value().total == 7
    assert core.count("ref/productavailability") == 3


def test_a_ledger_that_grows_while_it_is_paged_is_read_once_more(
    charted: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    charted.lists["transactions"] = [row("610", "200") for _ in range(5)]

    def grow(call: Any) -> None:
        if call.path == "transactions" and charted.count("transactions") == 2:
            charted.lists["transactions"].insert(0, row("310", "630"))

    charted.before_answer = grow
    assert len(entries(connect(charted.url))) == 12


def test_a_ledger_that_never_rests_is_not_told_half(
    charted: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    charted.lists["transactions"] = [row("610", "200") for _ in range(5)]

    def grow(call: Any) -> None:
        if call.path == "transactions":
            charted.lists["transactions"].append(row("310", "630"))

    charted.before_answer = grow
    with pytest.raises(UnreachableError, match="changed each time it was read"):
        entries(connect(charted.url))


def test_what_a_comparison_costs_is_known_before_it_is_made(charted: Any, connect: Connect) -> None:
    assert Cin7Core().reading_cost({}, FIRST, LAST).calls == 5
    counts = {Kind.ITEM: 2500, Kind.INVOICE: 1000, Kind.PAYMENT: 1000, Kind.JOURNAL: 500}
    assert Cin7Core().reading_cost(counts, FIRST, LAST).calls == 2 + 3 + 4 + 1
    session = connect(charted.url)
    session.stock_value()
    entries(session)
    assert list(session.unmatched_goods()) == []
    assert len(charted.calls) == 5
