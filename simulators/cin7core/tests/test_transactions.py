"""The general ledger of the account and the value of its stock, as two endpoints tell them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sim_cin7core import Client, ImpossibleError, Simulator, new_product, new_purchase, new_sale, new_stock
from sim_cin7core.records import SALE

Act = Callable[..., Any]
FIRST = date(2026, 3, 1)


@pytest.fixture
def trade(client: Client, act: Act) -> Client:
    """Something of every type of row."""
    new_stock(client.simulator, "BREAD", 100, 2, day=date(2026, 2, 27))
    new_product(client.simulator, "SET")
    new_purchase(client.simulator, day=date(2026, 3, 1))
    sale = new_sale(client.simulator, invoice_number="INV-7")
    act("pay", id=sale.id, amount="30", date="2026-03-09")
    act("add_credit_note", id=sale.id, lines=[{"sku": "BREAD", "quantity": 1, "price": 10}], date="2026-03-11")
    lines = [{"sku": "BREAD", "quantity": 1}]
    act("create_stocktake", lines=[{"sku": "BREAD", "quantity": 90}], date="2026-03-12")
    act("create_write_off", lines=lines, date="2026-03-13")
    act("create_assembly", sku="SET", quantity=1, lines=lines, date="2026-03-14")
    act("create_disassembly", sku="SET", quantity=1, lines=lines, date="2026-03-15")
    act("create_journal", lines=[{"debit": "429", "credit": "805", "amount": 3}], date="2026-03-16")
    return client


def test_every_type_of_document_has_rows_with_bare_codes_in_order_of_their_dates(trade: Client, ledger: Any) -> None:
    rows = ledger.rows()
    assert {row["Type"] for row in rows} == {
        "Sale",
        "Purchase",
        "StockAdjustment",
        "StockTake",
        "FinishedGoods",
        "Disassembly",
        "InventoryWriteOff",
        "Journal",
    }
    assert {len(row[side]) for row in rows for side in ("DebitAccountCode", "CreditAccountCode")} == {3}
    assert [row["EffectiveDate"] for row in rows] == sorted(row["EffectiveDate"] for row in rows)
    invoice = next(row for row in rows if row["DebitAccountCode"] == "610")
    assert (invoice["Reference"], invoice["Transaction"], invoice["Amount"]) == ("INV-7", "Acme - INV-7", 100)
    assert any(row["Amount"] < 0 for row in rows)


def test_a_sale_shows_the_same_entries_as_the_general_ledger(trade: Client, ledger: Any) -> None:
    (sale,) = trade.rows("saleList", "SaleList")
    own = [
        (row["TaskID"], row["EffectiveDate"], row["Debit"], row["Credit"], row["Amount"])
        for row in trade.sale(sale["SaleID"], IncludeTransactions="true")["Transactions"]
    ]
    general = [
        (row["TaskID"], row["EffectiveDate"], row["DebitAccountCode"], row["CreditAccountCode"], row["Amount"])
        for row in ledger.rows()
        if row["Type"] == "Sale"
    ]
    assert sorted(own) == sorted(general)
    shown = trade.sale(sale["SaleID"])
    papers = [*shown["Invoices"], *shown["CreditNotes"], *shown["Fulfilments"]]
    assert {task_id for task_id, *_ in own} == {paper["TaskID"] for paper in papers}


def test_a_customers_deposit_is_set_off_against_the_invoice_as_far_as_it_goes(
    client: Client, act: Act, ledger: Any
) -> None:
    sale = new_sale(client.simulator, invoice=False)
    act("prepay", id=sale.id, amount="60", date="2026-03-01")
    assert (ledger.balance("810"), ledger.balance("610")) == (-60, 0)
    for day in ("2026-03-05", "2026-03-06"):
        act("add_invoice", id=sale.id, lines=[{"sku": "BREAD", "quantity": 5, "price": 10}], date=day)
    assert (ledger.balance("810"), ledger.balance("610")) == (0, 40)
    set_off = [(row["EffectiveDate"][:10], row["Amount"]) for row in ledger.rows(Account="810")[1:]]
    assert set_off == [("2026-03-05", 50), ("2026-03-06", 10)]


def test_rows_are_chosen_by_account_on_either_side(trade: Client, ledger: Any) -> None:
    rows = ledger.rows(Account="805")
    assert [(row["DebitAccountCode"], row["CreditAccountCode"]) for row in rows] == [("429", "805")]
    assert ledger.rows(Account="999") == []


@pytest.mark.parametrize(("choice", "days"), [("exclusive", [12]), ("inclusive", [11, 12, 13])])
def test_whether_the_days_of_the_filter_belong_to_it_is_a_switch(
    trade: Client, ledger: Any, choice: str, days: list[int]
) -> None:
    trade.simulator.switch("transaction_dates", choice)
    rows = ledger.rows(FromDate="2026-03-11", ToDate="2026-03-13T00:00:00")
    assert sorted({int(row["EffectiveDate"][8:10]) for row in rows}) == days
    assert trade.ask("transactions", FromDate="soon").status == 400


def test_pages_of_rows_cover_them_all_once(trade: Client, ledger: Any) -> None:
    everything = trade.ask("transactions").json
    pages = [trade.ask("transactions", Page=page, Limit=4).json for page in range(1, 5)]
    assert [row for page in pages for row in page["Transactions"]] == everything["Transactions"][:16]
    assert {page["Total"] for page in pages} == {everything["Total"]}


def test_a_row_entered_today_for_last_month_stands_among_those_of_last_month(
    trade: Client, act: Act, ledger: Any
) -> None:
    act("create_journal", lines=[{"debit": "429", "credit": "805", "amount": 5}], date="2026-02-01")
    assert [row["Amount"] for row in ledger.rows(ToDate="2026-02-15")] == [5]


def test_the_value_of_the_stock_is_money_and_agrees_with_the_inventory_account(trade: Client, ledger: Any) -> None:
    rows = trade.rows("ref/productavailability", "ProductAvailabilityList", Sku="bread")
    assert [(row["SKU"], row["Location"], row["OnHand"]) for row in rows] == [("BREAD", "Main Warehouse", 89)]
    assert Decimal(str(rows[0]["StockOnHand"])) > 89
    assert ledger.difference() == 0
    books = trade.ask("/_sim/books").json
    assert (Decimal(books["stock_value"]), books["difference"]) == (ledger.value(), "0.00")
    assert sum(map(Decimal, books["balances"].values())) == 0


def test_availability_is_filtered_by_product_category_and_location(trade: Client) -> None:
    path, key = "ref/productavailability", "ProductAvailabilityList"
    card = trade.rows("product", "Products", Sku="BREAD")[0]
    assert len(trade.rows(path, key, ID=card["ID"])) == 1
    assert len(trade.rows(path, key, Category="other")) == 1
    assert trade.rows(path, key, Location="Elsewhere") == []
    assert trade.rows(path, key, Name="zzz") == []


def test_an_odd_stock_record_has_one_broken_field(trade: Client) -> None:
    (row,) = trade.ask("stockTakeList").json["StockAdjustmentList"]
    rules = (
        {"kind": "odd_record", "params": {"id": row["TaskID"], "field": "Transactions.0.Amount", "value": "abc"}},
        {
            "kind": "odd_record",
            "path": "productavailability",
            "params": {"field": "ProductAvailabilityList.0.StockOnHand", "remove": True},
        },
        {
            "kind": "odd_record",
            "path": "/transactions",
            "params": {"field": "Transactions.0.DebitAccountCode", "value": "CROSS-CURRENCY-TRANSFER"},
        },
    )
    assert trade.ask("/_sim/faults", method="POST", body=list(rules)).status == 201
    assert trade.ask("stocktake", TaskID=row["TaskID"]).json["Transactions"][0]["Amount"] == "abc"
    assert "StockOnHand" not in trade.ask("ref/productavailability").json["ProductAvailabilityList"][0]
    assert trade.ask("transactions").json["Transactions"][0]["DebitAccountCode"] == "CROSS-CURRENCY-TRANSFER"


DAYS = st.integers(0, 20)
PIECES = st.integers(1, 9)
DEEDS = st.one_of(
    st.tuples(st.just("buy"), DAYS, PIECES, st.sampled_from(["1", "2.5", "0.333"])),
    st.tuples(st.just("receive first"), DAYS, PIECES, st.sampled_from(["1", "3.335"])),
    st.tuples(st.just("bill first"), DAYS, PIECES, st.sampled_from(["2", "0.777"])),
    st.tuples(st.just("complete"), DAYS, PIECES, st.sampled_from(["2.05", "4"])),
    st.tuples(st.just("sell"), DAYS, PIECES, st.just("9")),
    st.tuples(st.just("land"), DAYS, PIECES, st.sampled_from(["1", "7.77"])),
    st.tuples(st.just("count"), DAYS, PIECES, st.just("")),
    st.tuples(st.just("lose"), DAYS, PIECES, st.just("")),
    st.tuples(st.just("make"), DAYS, PIECES, st.just("")),
    st.tuples(st.just("bring back"), DAYS, PIECES, st.just("9")),
    st.tuples(st.just("send back"), DAYS, PIECES, st.sampled_from(["1", "2.2"])),
    st.tuples(st.just("undo"), DAYS, PIECES, st.just("")),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(DEEDS, min_size=1, max_size=14))
def test_whatever_people_do_in_whatever_order_the_stock_is_worth_what_the_account_says(deeds: list[Any]) -> None:
    simulator = Simulator(switches={"inventory_accrual": "on", "stock_in_transit": "on"})
    try:
        for sku in ("BREAD", "SET"):
            new_product(simulator, sku)
        for deed in deeds:
            _do(simulator, *deed)
        books = simulator.account.books
        assert books.stock_value() == books.balance("630")
        known = list(books.rows())
        books.forget()
        assert books.rows() == known
    finally:
        simulator.stop()


def _do(simulator: Simulator, deed: str, day: int, pieces: int, price: str) -> None:
    when, store = FIRST + timedelta(days=day), simulator.store
    dated: dict[str, Any] = {"date": when.isoformat()}
    line = {"sku": "BREAD", "quantity": pieces}
    last = {task.side: task for task in (*store.purchases, *store.sales)}
    if deed == "buy":
        new_purchase(simulator, items=[("BREAD", pieces, price)], day=when)
    elif deed in ("receive first", "bill first"):
        part = {"invoice": False} if deed == "receive first" else {"fulfilled": False}
        new_purchase(
            simulator, "Dover", items=[("BREAD", pieces, price)], day=when, currency="USD", rate="0.77", **part
        )
    elif deed == "complete" and "purchase" in last:
        if last["purchase"].outstanding():
            simulator.person("receive", id=last["purchase"].id, **dated)
        else:
            simulator.person("add_invoice", id=last["purchase"].id, lines=[{**line, "price": price}], **dated)
    elif deed == "sell":
        new_sale(simulator, items=[("BREAD", pieces, price), ("SET", 1, price)], day=when)
    elif deed == "land" and "purchase" in last and last["purchase"].delivered:
        simulator.person("add_landed_cost", id=last["purchase"].id, amount=price, **dated)
    elif deed == "count":
        simulator.person("create_stocktake", lines=[line], **dated)
    elif deed == "lose":
        simulator.person("create_write_off", lines=[line], **dated)
    elif deed == "make":
        simulator.person("create_assembly", sku="SET", quantity=2, lines=[line], **dated)
    elif deed == "bring back" and SALE in last:
        simulator.person("add_credit_note", id=last[SALE].id, lines=[{**line, "price": price}], **dated)
    elif deed == "send back" and "purchase" in last:
        simulator.person("add_credit_note", id=last["purchase"].id, lines=[{**line, "price": price}], **dated)
    elif deed == "undo" and SALE in last:
        try:
            simulator.person("undo_shipment", id=last[SALE].id)
        except ImpossibleError as error:
            assert error.status == 404
