"""What shipments cost, when that is posted, and what becomes of it later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sim_cin7core import Client, Simulator, new_purchase, new_sale, new_stock

Act = Callable[..., Any]


def entries(client: Client, sale_id: str, *accounts: str) -> list[tuple[str, str, str, str, float]]:
    """TaskID, day, debit, credit and amount of a sale's entries on the accounts."""
    return [
        (row["TaskID"], row["EffectiveDate"][:10], row["Debit"], row["Credit"], row["Amount"])
        for row in client.sale(sale_id, IncludeTransactions="true")["Transactions"]
        if {row["Debit"], row["Credit"]} & set(accounts)
    ]


def fulfilment(client: Client, sale_id: str, position: int = 0) -> str:
    return str(client.sale(sale_id)["Fulfilments"][position]["TaskID"])


def test_a_shipment_posts_its_cost_on_its_own_date_under_its_own_task_id(client: Client, ledger: Any) -> None:
    new_stock(client.simulator, "BREAD", 100, 2)
    sale = new_sale(client.simulator, delivered_on="2026-03-05")
    task_id = fulfilment(client, sale.id)
    assert entries(client, sale.id, "630") == [(task_id, "2026-03-05", "310", "630", 20)]
    assert task_id not in (sale.id, sale.invoices[0].task_id)
    assert client.sale(sale.id)["COGSAmount"] == 20
    assert ledger.posted(task_id) == [("2026-03-05", "310", "630", 20)]


def test_goods_leave_first_in_first_out(client: Client, ledger: Any) -> None:
    new_stock(client.simulator, "BREAD", 6, 2)
    new_stock(client.simulator, "BREAD", 10, 3)
    sale = new_sale(client.simulator)
    assert entries(client, sale.id, "630")[0][-1] == 6 * 2 + 4 * 3
    assert ledger.value() == 6 * 3


def test_a_cost_that_divides_badly_loses_no_penny(client: Client, ledger: Any) -> None:
    new_purchase(client.simulator, items=[("BREAD", 3, "3.3333")], day=date(2026, 3, 1))
    for _ in range(3):
        new_sale(client.simulator, items=[("BREAD", 1, 10)])
    assert ledger.balance("310") == 10
    assert ledger.value() == ledger.balance("630") == 0


def test_two_partial_shipments_have_two_task_ids_and_the_sale_becomes_advanced(
    client: Client, act: Act, ledger: Any
) -> None:
    new_stock(client.simulator, "BREAD", 100, 2)
    sale = new_sale(client.simulator, fulfilled=False)
    assert client.sale(sale.id)["FulFilmentStatus"] == "NOT FULFILLED"
    act("ship", id=sale.id, date="2026-03-04", lines=[{"sku": "BREAD", "quantity": 4}])
    assert client.sale(sale.id)["FulFilmentStatus"] == "PARTIALLY FULFILLED"
    act("ship", id=sale.id, date="2026-03-06")
    shown = client.sale(sale.id)
    assert (shown["FulFilmentStatus"], shown["Type"]) == ("FULFILLED", "Advanced Sale")
    first, second = (item["TaskID"] for item in shown["Fulfilments"])
    assert ledger.posted(first) == [("2026-03-04", "310", "630", 8)]
    assert ledger.posted(second) == [("2026-03-06", "310", "630", 12)]


def test_a_later_cost_corrects_the_cost_of_the_shipment_on_the_day_of_that_cost(
    client: Client, act: Act, ledger: Any
) -> None:
    purchase = new_purchase(client.simulator, items=[("BREAD", 10, 4)], day=date(2026, 3, 1))
    sale = new_sale(client.simulator, items=[("BREAD", 6, 10)])
    act("add_landed_cost", id=purchase.id, amount="5", date="2026-03-20")
    task_id = fulfilment(client, sale.id)
    assert entries(client, sale.id, "630") == [
        (task_id, "2026-03-02", "310", "630", 24),
        (task_id, "2026-03-20", "310", "630", 3),
    ]
    rows = client.sale(sale.id, IncludeTransactions="true")["Transactions"]
    assert [row["Description"].endswith("COGS change") for row in rows if row["Credit"] == "630"] == [False, True]
    assert ledger.value() == 4 * 4 + 2
    assert ledger.difference() == 0


def test_a_cheaper_bill_corrects_downwards_with_a_negative_amount(client: Client, act: Act, ledger: Any) -> None:
    purchase = new_purchase(client.simulator, items=[("BREAD", 10, 4)], day=date(2026, 3, 1), invoice=False)
    sale = new_sale(client.simulator, items=[("BREAD", 10, 10)])
    line = {"sku": "BREAD", "quantity": 10, "price": "3.50"}
    act("add_invoice", id=purchase.id, lines=[line], date="2026-03-09")
    assert [row[1:] for row in entries(client, sale.id, "630")] == [
        ("2026-03-02", "310", "630", 40),
        ("2026-03-09", "310", "630", -5),
    ]
    client.simulator.switch("negative_amounts", "off")
    assert entries(client, sale.id, "630")[-1][1:] == ("2026-03-09", "630", "310", 5)
    assert ledger.difference() == 0


def test_corrections_can_restate_the_shipment_instead() -> None:
    with Simulator(switches={"cost_corrections": "restated"}) as simulator:
        client = Client(simulator)
        purchase = new_purchase(simulator, items=[("BREAD", 10, 4)], day=date(2026, 3, 1))
        sale = new_sale(simulator, items=[("BREAD", 6, 10)])
        simulator.person("add_landed_cost", id=purchase.id, amount="5", date="2026-03-20")
        assert [row[1:] for row in entries(client, sale.id, "630")] == [("2026-03-02", "310", "630", 27)]


@pytest.mark.parametrize(("choice", "moves"), [("on", True), ("off", False)])
def test_a_changed_cost_moves_the_stamp_of_the_sale_or_not(choice: str, moves: bool) -> None:
    with Simulator(switches={"cost_change_moves_stamp": choice}) as simulator:
        client = Client(simulator)
        purchase = new_purchase(simulator, items=[("BREAD", 10, 4)], day=date(2026, 3, 1))
        sale, other = new_sale(simulator), new_sale(simulator, items=[("CAKE", 1, 1)])
        before = {id: client.sale(id, IncludeTransactions="true")["LastModifiedOn"] for id in (sale.id, other.id)}
        simulator.person("add_landed_cost", id=purchase.id, amount="5", date="2026-03-20")
        assert (client.sale(sale.id)["LastModifiedOn"] > before[sale.id]) == moves
        assert client.sale(other.id)["LastModifiedOn"] == before[other.id]
        assert len(client.sale(sale.id, IncludeTransactions="true")["Transactions"]) == 3


def test_what_a_customer_brings_back_comes_in_at_the_cost_at_which_it_left(
    client: Client, act: Act, ledger: Any
) -> None:
    new_stock(client.simulator, "BREAD", 10, 2)
    new_stock(client.simulator, "BREAD", 10, 3, day=date(2026, 3, 3))
    sale = new_sale(client.simulator)
    act("add_credit_note", id=sale.id, lines=[{"sku": "BREAD", "quantity": 4, "price": 10}], date="2026-03-10")
    (note,) = client.sale(sale.id)["CreditNotes"]
    assert note["Restock"][0]["Quantity"] == 4
    assert ("2026-03-10", "630", "310", 8) in ledger.posted(note["TaskID"])
    assert ledger.value() == 4 * 2 + 10 * 3
    assert ledger.difference() == 0


def test_a_credit_note_without_restock_moves_no_goods(client: Client, act: Act, ledger: Any) -> None:
    new_stock(client.simulator, "BREAD", 10, 2)
    sale = new_sale(client.simulator)
    act("add_credit_note", id=sale.id, lines=[{"sku": "BREAD", "quantity": 4, "price": 10}], restock=False)
    (note,) = client.sale(sale.id)["CreditNotes"]
    assert note["Restock"] == []
    assert ledger.balance("310") == 20
    assert (ledger.value(), ledger.difference()) == (0, 0)


def test_goods_that_left_before_they_came_are_costed_again_when_they_come(
    client: Client, act: Act, ledger: Any
) -> None:
    new_stock(client.simulator, "BREAD", 5, 2)
    sale = new_sale(client.simulator)
    (row,) = client.rows("ref/productavailability", "ProductAvailabilityList")
    assert (row["OnHand"], row["StockOnHand"]) == (-5, -10)
    new_stock(client.simulator, "BREAD", 20, 3, day=date(2026, 3, 12))
    assert [entry[1:] for entry in entries(client, sale.id, "630")] == [
        ("2026-03-02", "310", "630", 20),
        ("2026-03-12", "310", "630", 5),
    ]
    assert ledger.value() == 15 * 3
    assert ledger.difference() == 0


def test_shipped_and_not_invoiced_is_cost_without_revenue_and_the_other_way_round(
    client: Client, act: Act, ledger: Any
) -> None:
    new_stock(client.simulator, "BREAD", 100, 2)
    shipped = new_sale(client.simulator, invoice=False)
    invoiced = new_sale(client.simulator, fulfilled=False)
    assert [row[2:] for row in entries(client, shipped.id, "630", "610")] == [("310", "630", 20)]
    assert [row[2:] for row in entries(client, invoiced.id, "630", "610")] == [("610", "200", 100)]
    (row,) = client.rows("ref/productavailability", "ProductAvailabilityList")
    assert (row["OnHand"], row["Allocated"], row["Available"]) == (90, 10, 80)


def test_a_shipment_is_dated_back_undone_and_ended_by_a_void(client: Client, act: Act, ledger: Any) -> None:
    new_stock(client.simulator, "BREAD", 100, 2, day=date(2026, 1, 1))
    sale = new_sale(client.simulator)
    act("edit_shipment", id=sale.id, date="2026-02-03")
    assert entries(client, sale.id, "630")[0][1] == "2026-02-03"
    act("undo_shipment", id=sale.id)
    assert entries(client, sale.id, "630") == []
    act("ship", id=sale.id, date="2026-03-07")
    assert entries(client, sale.id, "630")[0][1] == "2026-03-07"
    act("void_sale", id=sale.id)
    assert client.sale(sale.id, IncludeTransactions="true")["Transactions"] == []
    assert ledger.value() == 200


def test_nothing_is_shipped_that_is_not_open_on_the_order(client: Client, act: Act, refused: Act) -> None:
    sale = new_sale(client.simulator, fulfilled=False)
    assert refused("ship", id=sale.id, lines=[{"sku": "BREAD", "quantity": 11}]) == 409
    assert refused("ship", id=sale.id, lines=[{"sku": "CAKE", "quantity": 1}]) == 409
    act("ship", id=sale.id)
    assert refused("ship", id=sale.id) == 409
    assert refused("undo_shipment", id=sale.id, delivery=7) == 404


def test_services_move_no_stock(client: Client, act: Act, ledger: Any) -> None:
    act("create_product", sku="VISIT", type="Service", cost="5")
    new_sale(client.simulator, items=[("VISIT", 1, 30)])
    assert client.ask("ref/productavailability").json["Total"] == 0
    assert ledger.balance("310") == 0


def test_each_product_posts_to_its_own_accounts(client: Client, act: Act, ledger: Any) -> None:
    new_stock(client.simulator, "BREAD", 10, 2)
    new_stock(client.simulator, "CAKE", 10, 5)
    act("edit_product", sku="CAKE", fields={"COGSAccount": "429"})
    sale = new_sale(client.simulator, items=[("BREAD", 1, 9), ("CAKE", 1, 9)])
    assert sorted(row[2:] for row in entries(client, sale.id, "630")) == [("310", "630", 2), ("429", "630", 5)]


def test_manual_journals_of_a_sale_show_on_it_and_post_under_its_id(client: Client, act: Act, ledger: Any) -> None:
    sale = new_sale(client.simulator)
    line = {"debit": "425", "credit": "805", "amount": "4.50", "reference": "Courier"}
    act("add_manual_journal", id=sale.id, lines=[line], date="2026-03-08")
    shown = {"Reference": "Courier", "Amount": 4.5, "Date": "2026-03-08T00:00:00", "Debit": "425", "Credit": "805"}
    assert client.sale(sale.id)["ManualJournals"] == {"Status": "AUTHORISED", "Lines": [shown]}
    assert client.ask("sale/manualJournal", SaleID=sale.id).json["Lines"] == [shown]
    assert ledger.posted(sale.id) == [("2026-03-08", "425", "805", 4.5)]
    act("remove_manual_journal", id=sale.id)
    assert client.sale(sale.id)["ManualJournals"] == {"Status": "NOT AVAILABLE", "Lines": []}


def test_the_books_survive_a_restart(tmp_path: Any) -> None:
    state = tmp_path / "state.sqlite"
    told: list[tuple[Any, Any]] = []
    for _ in range(2):
        with Simulator(state=state) as simulator:
            if not told:
                new_stock(simulator, "BREAD", 100, 2)
                sale = new_sale(simulator)
                simulator.person("add_credit_note", id=sale.id, lines=[{"sku": "BREAD", "quantity": 1, "price": 10}])
                simulator.person("create_journal", lines=[{"debit": "429", "credit": "805", "amount": 3}])
            told.append((Client(simulator).ask("/_sim/books").json, Client(simulator).ask("transactions").json))
    assert told[0] == told[1]
    assert Decimal(told[0][0]["stock_value"]) == 182
    assert told[0][0]["difference"] == "0.00"
