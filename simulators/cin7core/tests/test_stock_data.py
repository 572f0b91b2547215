"""The stock that can be loaded beside the retail and purchase data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sim_cin7core import Client, Simulator, Sources

LISTS = {
    "stockadjustmentList": "StockAdjustmentList",
    "stockTakeList": "StockAdjustmentList",
    "inventoryWriteOffList": "InventoryWriteOffs",
    "finishedGoodsList": "FinishedGoods",
    "disassemblyList": "Disassemblies",
    "journal": "Journals",
}


@pytest.fixture(scope="module")
def stocked() -> Iterator[Client]:
    """The extract in the package with stock; tests only read it."""
    with Simulator(Sources(stock=True)) as running:
        yield Client(running)


def books(client: Client) -> dict[str, Any]:
    shown: dict[str, Any] = client.ask("/_sim/books").json
    return shown


def test_without_the_option_there_is_none_of_it(december: Client) -> None:
    assert {path: december.ask(path).json["Total"] for path in LISTS} == dict.fromkeys(LISTS, 0)
    lines = [
        line
        for row in december.rows("purchaseList", "PurchaseList")[:60]
        for journals in december.ask("advanced-purchase", ID=row["ID"]).json["ManualJournals"]
        for line in journals["Lines"]
    ]
    assert lines == []


def test_without_it_shipments_cost_what_the_average_on_the_card_says_and_nothing_is_corrected(december: Client) -> None:
    rows = december.rows("transactions", "Transactions", Account="310")
    assert [row for row in rows if "change" in row["Transaction"]] == []
    sale = december.sale(december.rows("saleList", "SaleList")[0]["SaleID"], IncludeTransactions="true")
    (cost,) = [row["Amount"] for row in sale["Transactions"] if row["Debit"] == "310"]
    expected = sum(
        (Decimal(str(line["Quantity"])) * Decimal(str(line["AverageCost"]))).quantize(Decimal("0.01"))
        for line in sale["Order"]["Lines"]
    )
    assert abs(Decimal(str(cost)) - expected) <= Decimal("0.03")


def test_it_changes_no_document_of_a_sale_or_purchase(december: Client, stocked: Client) -> None:
    plain, rich = december.ask("/_sim/state").json, stocked.ask("/_sim/state").json
    assert plain["documents"] == rich["documents"]
    same = ("sales", "purchases", "customers", "suppliers")
    assert {name: plain["counts"][name] for name in same} == {name: rich["counts"][name] for name in same}


def test_every_shipped_product_was_there_and_all_is_worth_what_the_account_says(stocked: Client) -> None:
    rows = stocked.rows("ref/productavailability", "ProductAvailabilityList")
    assert [row["SKU"] for row in rows if row["OnHand"] < 0] == []
    assert sum(Decimal(str(row["StockOnHand"])) for row in rows) == Decimal(books(stocked)["stock_value"])
    assert (len(rows) > 2500, books(stocked)["difference"]) == (True, "0.00")


def test_the_account_agrees_without_stock_too(december: Client) -> None:
    assert books(december)["difference"] == "0.00"


def test_there_are_a_handful_of_each_kind_in_several_states(stocked: Client) -> None:
    states = {path: Counter(row["Status"] for row in stocked.rows(path, key)) for path, key in LISTS.items()}
    assert states["stockadjustmentList"]["VOIDED"] == 1
    assert states["stockTakeList"] == {"COMPLETED": 2, "IN PROGRESS": 1}
    assert states["inventoryWriteOffList"] == {"COMPLETED": 2, "DRAFT": 1}
    assert states["finishedGoodsList"] == {"COMPLETED": 2, "AUTHORISED": 1}
    assert states["disassemblyList"] == {"COMPLETED": 1}
    assert states["journal"] == {"COMPLETED": 1, "VOIDED": 1}


def test_what_a_document_says_was_on_hand_is_what_the_stock_ledger_had_on_that_day(stocked: Client) -> None:
    store, account = stocked.simulator.store, stocked.simulator.account
    for task in store.stock_tasks:
        for position, line in enumerate(task.lines):
            if task.kind in ("StockAdjustment", "StockTake") and task.status == "COMPLETED" and not line.new:
                shipped = _moved(stocked, line.product_id, task.date.isoformat())
                assert line.on_hand == shipped, (task.number, line.sku)
                assert bool(account.books.amounts(task.id, str(position))) == bool(line.change)


def _moved(client: Client, product_id: str, day: str) -> Decimal:
    """Opening stock less shipments and plus returns up to a day, from the details of the sales."""
    total = Decimal(0)
    for row in client.rows("stockadjustmentList", "StockAdjustmentList"):
        if row["Reference"] == "Opening stock":
            shown = client.ask("stockadjustment", TaskID=row["TaskID"]).json
            total += sum(
                Decimal(line["Quantity"]) for line in shown["NewStockLines"] if line["ProductID"] == product_id
            )
    for sale in client.simulator.store.sales:
        for delivery in sale.delivered:
            if delivery.date.isoformat() <= day:
                total -= sum(line.quantity for line in delivery.lines if line.product_id == product_id)
        for credit in sale.credits:
            if credit.date.isoformat() <= day:
                total += sum(line.quantity for line in credit.lines if line.product_id == product_id)
    return total


def test_two_goods_that_were_booked_in_late_have_corrected_costs(stocked: Client) -> None:
    rows = stocked.rows("transactions", "Transactions", Account="310")
    corrected = [row for row in rows if row["Transaction"].endswith("COGS change")]
    assert corrected
    assert {row["EffectiveDate"] for row in corrected} == {"2010-12-20T00:00:00"}
    assert {row["Type"] for row in corrected} == {"Sale"}


def test_two_purchases_have_landed_costs_and_three_sales_manual_journals(stocked: Client) -> None:
    landed = [
        line
        for row in stocked.rows("purchaseList", "PurchaseList")
        for journals in stocked.ask("advanced-purchase", ID=row["ID"]).json["ManualJournals"]
        for line in journals["Lines"]
    ]
    assert [(line["Reference"], line["IsSystem"]) for line in landed] == [("Landed cost", True)] * 2
    sales = [sale for sale in stocked.simulator.store.sales if sale.journals]
    assert [stocked.sale(sale.id)["ManualJournals"]["Status"] for sale in sales] == ["AUTHORISED"] * 3


def test_loading_it_again_gives_the_same_books(stocked: Client) -> None:
    with Simulator(Sources(stock=True)) as again:
        client = Client(again)
        assert books(client) == books(stocked)
        assert [client.ask(path).json for path in LISTS] == [stocked.ask(path).json for path in LISTS]


def test_a_month_of_few_goods_opens_and_has_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    header = "invoice,stockcode,description,quantity,invoice_date,unit_price,customer_id,country\n"
    file.write_text(header + "1,A,Apple,5,2010-12-01T08:00:00,2.00,7,United Kingdom\n", encoding="utf-8")
    with Simulator(Sources(data=file, stock=True)) as simulator:
        client = Client(simulator)
        (row,) = client.rows("ref/productavailability", "ProductAvailabilityList")
        (opening,) = client.rows("stockadjustmentList", "StockAdjustmentList")
    assert (row["OnHand"], row["StockOnHand"]) == (25, 25)
    assert (opening["EffectiveDate"], opening["Account"]) == ("2010-11-30T00:00:00", "970")
