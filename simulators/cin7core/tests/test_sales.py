"""Sales as the API shows them."""

from __future__ import annotations

import re

import pytest
from sim_cin7core import Client, Simulator, new_customer, new_product, new_sale

STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$")


def test_tax_is_added_to_line_totals_when_the_calculation_is_exclusive(client: Client) -> None:
    sale = new_sale(client.simulator, items=[("A", 3, "9.99")], tax_rule="20% (VAT on Income)")
    (invoice,) = client.sale(sale.id)["Invoices"]
    (line,) = invoice["Lines"]
    assert (line["Total"], line["Tax"]) == (29.97, 5.99)
    assert (invoice["TotalBeforeTax"], invoice["Tax"], invoice["Total"]) == (29.97, 5.99, 35.96)


def test_tax_is_inside_line_totals_when_the_calculation_is_inclusive(client: Client) -> None:
    sale = new_sale(
        client.simulator, items=[("A", 1, 120)], tax_rule="20% (VAT on Income)", tax_calculation="Inclusive"
    )
    (invoice,) = client.sale(sale.id)["Invoices"]
    assert invoice["Lines"][0]["Total"] == 120
    assert (invoice["TotalBeforeTax"], invoice["Tax"], invoice["Total"]) == (100, 20, 120)


def test_a_discount_is_a_percentage_of_the_line(client: Client) -> None:
    new_customer(client.simulator)
    new_product(client.simulator)
    shown = client.simulator.person(
        "create_sale",
        customer="Acme",
        lines=[{"sku": "BREAD", "quantity": 3, "price": "10", "discount": "12.5"}],
    )
    assert (shown["Invoices"][0]["Lines"][0]["Discount"], shown["Invoices"][0]["Total"]) == (12.5, 26.25)


def test_combining_charges_moves_them_among_the_lines_without_changing_the_total(client: Client) -> None:
    sale = new_sale(client.simulator, charges=[{"name": "Freight", "price": "7.50", "account": "425"}])
    (apart,) = client.sale(sale.id)["Invoices"]
    (together,) = client.sale(sale.id, CombineAdditionalCharges="true")["Invoices"]
    assert [charge["Description"] for charge in apart["AdditionalCharges"]] == ["Freight"]
    assert together["AdditionalCharges"] == []
    assert [line["Name"] for line in together["Lines"]] == ["BREAD", "Freight"]
    assert apart["Total"] == together["Total"] == 107.5


def test_transactions_come_only_when_asked_for_and_movements_unless_hidden(client: Client) -> None:
    sale = new_sale(client.simulator)
    assert "Transactions" not in client.sale(sale.id)
    asked = client.sale(sale.id, IncludeTransactions="true", HideInventoryMovements="true")
    assert {"Debit": "610", "Credit": "200", "Amount": 100}.items() <= asked["Transactions"][0].items()
    assert asked["InventoryMovements"] == []


@pytest.mark.parametrize(("direction", "in_base"), [("base_per_foreign", 80), ("foreign_per_base", 125)])
def test_the_direction_of_the_currency_rate_is_a_switch(direction: str, in_base: int) -> None:
    with Simulator(switches={"currency_rate": direction}) as simulator:
        sale = new_sale(simulator, "Paris", currency="EUR", rate="0.8")
        shown = Client(simulator).sale(sale.id, IncludeTransactions="true")
    assert (shown["CustomerCurrency"], shown["Invoices"][0]["CurrencyConversionRate"]) == ("EUR", 0.8)
    assert shown["Transactions"][0]["Amount"] == in_base


def test_several_invoices_and_credit_notes_have_task_ids_of_their_own(client: Client) -> None:
    simulator = client.simulator
    sale = new_sale(simulator)
    line = {"sku": "BREAD", "quantity": 1, "price": 10}
    simulator.person("add_invoice", id=sale.id, lines=[line])
    for _ in range(2):
        simulator.person("add_credit_note", id=sale.id, lines=[line])
    shown = client.sale(sale.id)
    ids = [document["TaskID"] for document in (*shown["Invoices"], *shown["CreditNotes"])]
    assert len(set(ids)) == 4
    assert shown["Type"] == "Advanced Sale"
    row = client.rows("saleList", "SaleList")[0]
    assert (row["CombinedInvoiceStatus"], row["InvoiceAmount"], row["SaleInvoicesTotalAmount"]) == (
        "INVOICED / CREDITED",
        90,
        110,
    )


def test_real_invoice_statuses_are_used_and_authorised_matches_nothing(client: Client) -> None:
    new_sale(client.simulator)
    new_sale(client.simulator, invoice=False)
    statuses = {row["CombinedInvoiceStatus"] for row in client.rows("saleList", "SaleList")}
    assert statuses == {"INVOICED", "NOT INVOICED"}
    assert client.ask("saleList", CombinedInvoiceStatus="AUTHORISED").json["Total"] == 0


def test_stand_alone_credit_notes_are_only_in_the_credit_note_list(client: Client) -> None:
    credit = new_sale(client.simulator, type="Credit Note")
    assert client.ask("saleList").json["Total"] == 0
    answer = client.ask("saleCreditNoteList").json
    assert [row["SaleID"] for row in answer["SaleList"]] == [credit.id]
    shown = client.sale(credit.id)
    assert (shown["Type"], shown["Invoices"], len(shown["CreditNotes"])) == ("Credit Note", [], 1)


def test_payments_are_a_bare_array_with_refunds_and_prepayments(client: Client) -> None:
    simulator = client.simulator
    sale = new_sale(simulator)
    simulator.person("prepay", id=sale.id, amount="5")
    simulator.person("pay", id=sale.id, amount="30.10", date="2026-03-09")
    simulator.person("add_credit_note", id=sale.id, lines=[{"sku": "BREAD", "quantity": 1, "price": 10}])
    simulator.person("refund", id=sale.id, amount="4")
    rows = client.ask("sale/payment", SaleID=sale.id).json
    assert [(row["Type"], row["Amount"]) for row in rows] == [
        ("Prepayment", 5),
        ("Payment", 30.1),
        ("Refund", 4),
    ]
    assert rows[1]["InvoiceNumber"] == sale.invoices[0].number
    assert rows[2]["CreditNoteNumber"] == sale.credits[0].number
    assert client.rows("saleList", "SaleList")[0]["PaidAmount"] == 31.1


def test_sub_resources_show_the_same_documents(client: Client) -> None:
    sale = new_sale(client.simulator)
    invoices = client.ask("sale/invoice", SaleID=sale.id).json
    assert invoices["Invoices"][0]["TaskID"] == sale.invoices[0].task_id
    assert client.ask("sale/creditnote", SaleID=sale.id).json["CreditNotes"] == []


def test_stamps_have_a_z_and_up_to_seven_digits_and_dates_have_no_zone(december: Client) -> None:
    rows = december.rows("saleList", "SaleList")
    assert all(STAMP.match(row["Updated"]) for row in rows)
    lengths = {len(row["Updated"].partition(".")[2].rstrip("Z")) for row in rows}
    assert {0, 1, 2, 3, 7} <= lengths
    assert rows[0]["InvoiceDate"] == "2010-12-01T00:00:00"


def test_pages_cover_the_whole_list_without_repeating_a_row(december: Client) -> None:
    ids = [row["SaleID"] for row in december.rows("saleList", "SaleList")]
    total = december.ask("saleList", Limit=1).json["Total"]
    assert len(ids) == len(set(ids)) == total
    assert december.ask("saleList", Page=999, Limit=1000).json["SaleList"] == []
    assert len(december.ask("saleList").json["SaleList"]) == 100


def test_updated_since_gives_only_what_changed_after_the_moment(client: Client) -> None:
    first, second = new_sale(client.simulator), new_sale(client.simulator)
    stamps = {row["SaleID"]: row["Updated"] for row in client.rows("saleList", "SaleList")}
    later = client.rows("saleList", "SaleList", UpdatedSince=stamps[first.id])
    assert [row["SaleID"] for row in later] == [second.id]
    earlier = client.rows("saleList", "SaleList", UpdatedUntil=stamps[second.id])
    assert [row["SaleID"] for row in earlier] == [first.id]
    assert client.ask("saleList", UpdatedSince="yesterday").status == 400


def test_lists_can_be_ordered_by_the_latest_change() -> None:
    with Simulator(switches={"list_order": "updated_desc"}) as simulator:
        first, second = new_sale(simulator), new_sale(simulator)
        simulator.person("touch", id=first.id)
        order = [row["SaleID"] for row in Client(simulator).rows("saleList", "SaleList")]
    assert order == [first.id, second.id]


def test_lists_filter_by_status_search_and_external_id(client: Client) -> None:
    new_sale(client.simulator, "Acme", external_id="shop-1")
    sale = new_sale(client.simulator, "Bolt", invoice=False, external_id="shop-2")
    for wanted in ({"Search": "bol"}, {"Status": "ORDERED"}, {"ExternalID": "shop-2"}):
        assert [row["SaleID"] for row in client.rows("saleList", "SaleList", **wanted)] == [sale.id]


def test_cards_are_found_by_prefix_identity_and_change(client: Client) -> None:
    acme = new_customer(client.simulator, "Acme North")
    new_customer(client.simulator, "Best")
    names = [row["Name"] for row in client.rows("customer", "CustomerList", Name="acme")]
    assert names == ["Acme North"]
    assert client.rows("customer", "CustomerList", ID=acme.id)[0]["AccountReceivable"] == "610"
    since = client.rows("customer", "CustomerList", ID=acme.id)[0]["LastModifiedOn"]
    assert [row["Name"] for row in client.rows("customer", "CustomerList", ModifiedSince=since)] == ["Best"]


def test_reference_lists_have_their_own_keys(client: Client) -> None:
    keys = {
        "ref/account": "AccountsList",
        "ref/account/bank": "BankAccountsList",
        "ref/accountBank": "BankAccountsList",
        "ref/tax": "TaxRuleList",
        "ref/paymentterm": "PaymentTermList",
        "ref/location": "LocationList",
    }
    for path, key in keys.items():
        assert client.ask(path, Limit=1000).json[key]
    owed = client.ask("ref/customer/credits").json
    assert owed == {"Page": 1, "CustomerCredits": []}
    assert client.ask("ref/supplier/deposits").json == {"Page": 1, "SupplierDeposits": []}
    assert client.ask("journal").json == {"Total": 0, "Page": 1, "Journals": []}


def test_a_sale_tells_who_sold_it_where_and_its_attributes(client: Client) -> None:
    sale = new_sale(client.simulator, sales_rep="Kim", location="North", attributes=["Fair", "Red"])
    shown = client.sale(sale.id)
    assert (shown["SalesRepresentative"], shown["Location"]) == ("Kim", "North")
    assert list(shown["AdditionalAttributes"].values()) == ["Fair", "Red", *[""] * 8]
    client.simulator.person("edit_header", id=sale.id, sales_rep="Lee", attributes=["Shop"])
    again = client.sale(sale.id)
    assert (again["SalesRepresentative"], again["AdditionalAttributes"]["AdditionalAttribute1"]) == ("Lee", "Shop")
    assert again["LastModifiedOn"] > shown["LastModifiedOn"]
