"""What purchases do to stock and to the books: receipts, bills, accrual, landed costs and returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sim_cin7core import Client, Simulator, new_purchase, new_sale, new_stock

Act = Callable[..., Any]
VAT = "20% (VAT on Expenses)"


def journals(client: Client, purchase_id: str) -> list[tuple[str, str, str, float, str, bool]]:
    """The manual journal lines of a purchase."""
    shown = client.ask("advanced-purchase", ID=purchase_id).json["ManualJournals"]
    return [
        (line["Date"][:10], line["Debit"], line["Credit"], line["Amount"], line["Reference"], line["IsSystem"])
        for item in shown
        for line in item["Lines"]
    ]


def test_a_bill_debits_the_accounts_of_its_lines_and_tax_and_credits_what_is_owed(
    client: Client, act: Act, ledger: Any
) -> None:
    charges = [{"name": "Freight", "price": "12", "account": "425"}]
    purchase = new_purchase(client.simulator, charges=charges, tax_rule=VAT)
    act("pay", id=purchase.id, amount="20", date="2026-03-09")
    assert sorted(ledger.posted(purchase.id)) == [
        ("2026-03-02", "425", "800", 12),
        ("2026-03-02", "630", "800", 40),
        ("2026-03-02", "820", "800", 10.4),
        ("2026-03-09", "800", "090", 20),
    ]
    assert float(ledger.balance("800")) == -42.4
    assert {row["Type"] for row in ledger.rows()} == {"Purchase"}


def test_goods_are_worth_what_the_bill_says_in_base_currency(client: Client, ledger: Any) -> None:
    new_purchase(client.simulator, currency="USD", rate="0.8", items=[("BREAD", 10, "3.333")])
    assert float(ledger.value()) == 26.66
    assert ledger.difference() == 0


def test_a_supplier_deposit_stands_in_prepayments_until_the_bill(client: Client, act: Act, ledger: Any) -> None:
    purchase = new_purchase(client.simulator, invoice=False)
    act("prepay", id=purchase.id, amount="15", date="2026-03-01")
    assert ledger.posted(purchase.id) == [("2026-03-01", "620", "090", 15)]
    line = {"sku": "BREAD", "quantity": 10, "price": 4}
    act("add_invoice", id=purchase.id, lines=[line], date="2026-03-05")
    (bill,) = client.ask("advanced-purchase", ID=purchase.id).json["Invoice"]
    assert ("2026-03-05", "800", "620", 15) in ledger.posted(bill["TaskID"])
    assert (ledger.balance("620"), ledger.balance("800")) == (0, -25)


def test_goods_received_and_not_invoiced_are_the_difference_until_the_bill_comes(
    client: Client, act: Act, ledger: Any
) -> None:
    purchase = new_purchase(client.simulator, invoice=False)
    assert (ledger.value(), ledger.difference()) == (40, -40)
    act("add_invoice", id=purchase.id, lines=[{"sku": "BREAD", "quantity": 10, "price": 5}], date="2026-03-20")
    assert (ledger.value(), ledger.difference()) == (50, 0)


def test_without_accrual_such_goods_can_be_worth_nothing() -> None:
    with Simulator(switches={"uninvoiced_cost": "zero"}) as simulator:
        client = Client(simulator)
        purchase = new_purchase(simulator, invoice=False)
        (row,) = client.rows("ref/productavailability", "ProductAvailabilityList")
        assert (row["OnHand"], row["StockOnHand"]) == (10, 0)
        sale = new_sale(simulator, items=[("BREAD", 10, 9)])
        assert client.sale(sale.id)["COGSAmount"] == 0
        simulator.person(
            "add_invoice", id=purchase.id, lines=[{"sku": "BREAD", "quantity": 10, "price": 5}], date="2026-03-20"
        )
        assert client.sale(sale.id)["COGSAmount"] == 50


def test_inventory_accrual_holds_them_until_the_date_of_the_bill(client: Client, act: Act, ledger: Any) -> None:
    client.simulator.switch("inventory_accrual", "on")
    purchase = new_purchase(client.simulator, invoice=False)
    assert journals(client, purchase.id) == [("2026-03-02", "630", "632", 40, "Inventory accrual", True)]
    assert (ledger.value(), ledger.difference(), ledger.balance("632")) == (40, 0, -40)
    act("add_invoice", id=purchase.id, lines=[{"sku": "BREAD", "quantity": 10, "price": 5}], date="2026-03-20")
    assert journals(client, purchase.id) == [
        ("2026-03-02", "630", "632", 40, "Inventory accrual", True),
        ("2026-03-20", "632", "630", 40, "Inventory accrual", True),
    ]
    assert (ledger.value(), ledger.difference(), ledger.balance("632")) == (50, 0, 0)
    codes = {row["Code"] for row in client.ask("ref/account", Limit=1000).json["AccountsList"]}
    assert {"631", "632"} <= codes


def test_goods_that_come_with_their_bill_need_neither_accrual_nor_transit(client: Client, ledger: Any) -> None:
    client.simulator.switch("inventory_accrual", "on")
    client.simulator.switch("stock_in_transit", "on")
    purchase = new_purchase(client.simulator)
    assert journals(client, purchase.id) == []
    assert (ledger.value(), ledger.difference()) == (40, 0)


def test_goods_invoiced_and_not_received_are_the_difference_until_they_come(
    client: Client, act: Act, ledger: Any
) -> None:
    purchase = new_purchase(client.simulator, fulfilled=False)
    assert (ledger.value(), ledger.difference()) == (0, 40)
    (row,) = client.rows("ref/productavailability", "ProductAvailabilityList")
    assert (row["OnHand"], row["OnOrder"]) == (0, 10)
    act("receive", id=purchase.id, date="2026-03-18")
    assert (ledger.value(), ledger.difference()) == (40, 0)


def test_stock_in_transit_holds_them_until_they_come(client: Client, act: Act, ledger: Any) -> None:
    client.simulator.switch("stock_in_transit", "on")
    purchase = new_purchase(client.simulator, fulfilled=False, type="Advanced Purchase")
    assert journals(client, purchase.id) == [("2026-03-02", "631", "630", 40, "Stock in Transit", True)]
    assert (ledger.value(), ledger.difference(), ledger.balance("631")) == (0, 0, 40)
    act("receive", id=purchase.id, date="2026-03-18", lines=[{"sku": "BREAD", "quantity": 3}])
    assert journals(client, purchase.id)[-1] == ("2026-03-18", "630", "631", 12, "Stock in Transit", True)
    assert (ledger.value(), ledger.difference(), ledger.balance("631")) == (12, 0, 28)
    shown = client.ask("advanced-purchase", ID=purchase.id).json
    task_id = shown["ManualJournals"][0]["TaskID"]
    assert task_id != purchase.id
    assert [row[1:3] for row in ledger.posted(task_id)] == [("631", "630"), ("630", "631")]
    assert shown["CombinedReceivingStatus"] == "PARTIALLY RECEIVED"


def test_receipts_are_dated_back_and_undone(client: Client, act: Act, ledger: Any) -> None:
    purchase = new_purchase(client.simulator)
    act("edit_receipt", id=purchase.id, date="2026-01-15")
    shown = client.ask("advanced-purchase", ID=purchase.id).json
    assert shown["StockReceived"][0]["Lines"][0]["Date"] == "2026-01-15T00:00:00"
    act("undo_receipt", id=purchase.id)
    assert (ledger.value(), ledger.difference()) == (0, 40)
    assert client.ask("advanced-purchase", ID=purchase.id).json["StockReceived"] == []


def test_several_receipts_have_numbers_and_task_ids_of_their_own(client: Client, act: Act) -> None:
    purchase = new_purchase(client.simulator, fulfilled=False)
    for day, quantity in (("2026-03-04", 4), ("2026-03-06", 6)):
        act("receive", id=purchase.id, date=day, lines=[{"sku": "BREAD", "quantity": quantity}])
    shown = client.ask("advanced-purchase", ID=purchase.id).json
    assert [item["InvoicingAndReceivingNumber"] for item in shown["StockReceived"]] == [1, 2]
    assert len({item["TaskID"] for item in shown["StockReceived"]}) == 2
    assert (shown["Type"], shown["CombinedReceivingStatus"]) == ("Advanced Purchase", "FULLY RECEIVED")


def test_a_landed_cost_is_a_manual_journal_of_core_and_raises_what_is_left(
    client: Client, act: Act, ledger: Any
) -> None:
    purchase = new_purchase(client.simulator)
    act("add_landed_cost", id=purchase.id, amount="7", date="2026-03-12")
    assert journals(client, purchase.id) == [("2026-03-12", "630", "425", 7, "Landed cost", True)]
    simple = client.ask("purchase", ID=purchase.id).json["ManualJournals"]
    assert (simple["Status"], len(simple["Lines"])) == ("AUTHORISED", 1)
    assert client.ask("purchase/manualJournal", TaskID=purchase.id).json["Lines"] == simple["Lines"]
    assert (ledger.value(), ledger.difference()) == (47, 0)


def test_a_manual_journal_on_the_inventory_account_changes_the_cost_or_only_the_account(
    client: Client, act: Act, ledger: Any
) -> None:
    purchase = new_purchase(client.simulator, type="Advanced Purchase")
    act("add_manual_journal", id=purchase.id, lines=[{"debit": "630", "credit": "860", "amount": 2}])
    (shown,) = client.ask("advanced-purchase/manualJournal", PurchaseID=purchase.id).json["ManualJournals"]
    assert [line["IsSystem"] for line in shown["Lines"]] == [False]
    assert (ledger.value(), ledger.difference()) == (42, 0)
    client.simulator.switch("purchase_journals_change_cost", "off")
    assert (ledger.value(), ledger.difference()) == (40, 2)


def test_a_charge_on_the_bill_that_is_coded_to_inventory_is_part_of_the_cost(client: Client, ledger: Any) -> None:
    charges = [{"name": "Duty", "price": "6", "account": "630"}]
    new_purchase(client.simulator, items=[("BREAD", 10, 4), ("CAKE", 10, 8)], charges=charges)
    rows = client.rows("ref/productavailability", "ProductAvailabilityList")
    assert {row["SKU"]: row["StockOnHand"] for row in rows} == {"BREAD": 42, "CAKE": 84}
    assert ledger.difference() == 0


def test_what_goes_back_leaves_at_its_own_cost_and_a_discrepancy_is_corrected(
    client: Client, act: Act, ledger: Any
) -> None:
    new_stock(client.simulator, "BREAD", 5, 1, day=date(2026, 2, 1))
    purchase = new_purchase(client.simulator)
    line = {"sku": "BREAD", "quantity": 2, "price": 3}
    act("add_credit_note", id=purchase.id, lines=[line], date="2026-03-15")
    assert journals(client, purchase.id) == [("2026-03-15", "429", "630", 2, "Inventory discrepancy correction", True)]
    assert (ledger.value(), ledger.difference()) == (5 + 8 * 4, 0)
    shown = client.ask("advanced-purchase", ID=purchase.id).json
    assert shown["CreditNote"][0]["Unstock"][0]["Quantity"] == 2


def test_goods_that_come_in_are_positive_movements_and_goods_that_go_back_negative_ones(
    client: Client, act: Act
) -> None:
    purchase = new_purchase(client.simulator, items=[("BREAD", 3, 280)], type="Advanced Purchase")
    act("add_credit_note", id=purchase.id, lines=[{"sku": "BREAD", "quantity": 1, "price": 280}], date="2026-03-15")
    shown = client.ask("advanced-purchase", ID=purchase.id).json
    receipt, credit = shown["StockReceived"][0]["TaskID"], shown["CreditNote"][0]["TaskID"]
    moved = [(each["TaskID"], each["Date"][:10], each["COGS"]) for each in shown["InventoryMovements"]]
    assert moved == [(receipt, "2026-03-02", 840), (credit, "2026-03-15", -280)]


def test_a_price_reduction_without_goods_stays_a_difference(client: Client, act: Act, ledger: Any) -> None:
    purchase = new_purchase(client.simulator)
    line = {"sku": "BREAD", "quantity": 2, "price": 3}
    act("add_credit_note", id=purchase.id, lines=[line], restock=False)
    assert client.ask("advanced-purchase", ID=purchase.id).json["CreditNote"][0]["Unstock"] == []
    assert (ledger.value(), ledger.difference()) == (40, -6)


def test_a_bill_that_is_coded_to_an_expense_is_a_difference(client: Client, act: Act, ledger: Any) -> None:
    purchase = new_purchase(client.simulator)
    act("edit_bill", id=purchase.id, line=0, account="429")
    assert (ledger.value(), ledger.difference(), ledger.balance("429")) == (40, -40, 40)


def test_an_undone_bill_is_out_of_the_books_and_a_voided_purchase_altogether(
    client: Client, act: Act, ledger: Any
) -> None:
    purchase = new_purchase(client.simulator)
    act("undo_invoice", id=purchase.id)
    assert ledger.posted(purchase.id) == []
    act("authorise_invoice", id=purchase.id)
    assert ledger.difference() == 0
    act("void_purchase", id=purchase.id)
    assert (ledger.rows(), ledger.value()) == ([], 0)


@pytest.mark.parametrize("path", ["purchase", "advanced-purchase"])
def test_a_purchase_is_voided_over_the_api_but_not_while_it_is_paid(client: Client, act: Act, path: str) -> None:
    purchase = new_purchase(client.simulator)
    act("pay", id=purchase.id, amount="1")
    assert client.ask(path, method="DELETE", ID=purchase.id, Void="true").status == 400
    act("remove_payment", id=purchase.id)
    assert client.ask(path, method="DELETE", ID=purchase.id).status == 400
    assert client.ask(path, method="DELETE", ID=purchase.id, Void="true").json["Status"] == "VOIDED"
