"""Purchases as the API shows them."""

from __future__ import annotations

from sim_cin7core import Client, Simulator, new_purchase


def test_a_simple_purchase_has_objects_and_a_misspelt_number(client: Client) -> None:
    purchase = new_purchase(client.simulator, invoice_number="S-1")
    simple = client.ask("purchase", ID=purchase.id).json
    advanced = client.ask("advanced-purchase", ID=purchase.id).json
    assert simple["Invoice"]["InvocieNumber"] == "S-1"
    assert "TaskID" not in simple["Invoice"]
    (bill,) = advanced["Invoice"]
    assert (bill["InvoiceNumber"], bill["Total"]) == ("S-1", simple["Invoice"]["Total"])
    assert bill["TaskID"] == purchase.id


def test_other_purchases_send_the_caller_to_the_advanced_endpoint(client: Client) -> None:
    for kind in ("Advanced Purchase", "Service Purchase"):
        purchase = new_purchase(client.simulator, type=kind)
        refused = client.ask("purchase", ID=purchase.id)
        assert refused.status == 400
        assert refused.json[0]["Exception"].endswith("Please use AdvancedPurchase endpoint")
        assert client.ask("advanced-purchase", ID=purchase.id).json["Type"] == kind


def test_a_purchase_without_a_bill_says_not_available(client: Client) -> None:
    purchase = new_purchase(client.simulator, invoice=False)
    assert client.ask("purchase", ID=purchase.id).json["Invoice"]["Status"] == "NOT AVAILABLE"
    assert client.ask("advanced-purchase", ID=purchase.id).json["Invoice"] == []


def test_a_fully_paid_bill_stays_authorised_and_its_row_says_paid(client: Client) -> None:
    purchase = new_purchase(client.simulator)
    client.simulator.person("pay", id=purchase.id)
    assert client.ask("advanced-purchase", ID=purchase.id).json["Invoice"][0]["Status"] == "AUTHORISED"
    row = client.rows("purchaseList", "PurchaseList")[0]
    assert (row["InvoiceStatus"], row["CombinedPaymentStatus"]) == ("PAID", "PAID")


def test_payments_of_purchases_are_bare_arrays_of_two_shapes(client: Client) -> None:
    purchase = new_purchase(client.simulator)
    client.simulator.person("pay", id=purchase.id, amount="12.50")
    (simple,) = client.ask("purchase/payment", TaskID=purchase.id).json
    (advanced,) = client.ask("advanced-purchase/payment", PurchaseID=purchase.id).json
    assert (simple["Amount"], "PurchaseID" in simple, simple["TaskID"]) == (12.5, False, purchase.id)
    assert (advanced["PurchaseID"], advanced["DepositID"]) == (purchase.id, None)
    by_number = client.ask("advanced-purchase/payment", InvoiceNumber=purchase.invoices[0].number).json
    assert by_number == [advanced]


def test_received_quantities_can_sit_in_put_away() -> None:
    with Simulator(switches={"received_in_put_away": "on"}) as simulator:
        purchase = new_purchase(simulator)
        shown = Client(simulator).ask("advanced-purchase", ID=purchase.id).json
    assert shown["StockReceived"] == []
    assert shown["PutAway"][0]["Lines"][0]["Quantity"] == 10


def test_supplier_credit_notes_show_in_their_own_list(client: Client) -> None:
    purchase = new_purchase(client.simulator)
    line = {"sku": "BREAD", "quantity": 2, "price": 4}
    client.simulator.person("add_credit_note", id=purchase.id, lines=[line])
    (row,) = client.rows("purchaseCreditNoteList", "PurchaseList")
    assert (row["CreditNoteStatus"], row["InvoiceAmount"]) == ("AUTHORISED", 32)
    assert not row["LastUpdatedDate"].endswith("Z")
    (credit,) = client.ask("advanced-purchase", ID=purchase.id).json["CreditNote"]
    assert (credit["CreditNoteInvoiceNumber"], credit["Total"]) == (purchase.invoices[0].number, 8)
