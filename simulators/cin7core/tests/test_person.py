"""What a person does in Core, over the admin pages."""

from __future__ import annotations

from typing import Any

from sim_cin7core import Client, new_customer, new_product, new_purchase, new_sale


def act(client: Client, action: str, **params: object) -> Any:
    reply = client.ask(f"/_sim/person/{action}", method="POST", body=params)
    assert reply.status == 200, reply.body
    return reply.json


def refused(client: Client, action: str, **params: object) -> int:
    return client.ask(f"/_sim/person/{action}", method="POST", body=params).status


def updated(client: Client, sale_id: str) -> str:
    return str(client.sale(sale_id)["LastModifiedOn"])


def test_an_invoice_is_undone_edited_and_authorised_under_the_same_task_id(client: Client) -> None:
    sale = new_sale(client.simulator)
    (before,) = client.sale(sale.id)["Invoices"]
    act(client, "undo_invoice", id=sale.id)
    assert client.sale(sale.id)["Invoices"][0]["Status"] == "DRAFT"
    act(client, "edit_sale_invoice", id=sale.id, line=0, price="12.34")
    (after,) = client.sale(sale.id)["Invoices"]
    assert (after["TaskID"], after["Status"], after["Total"]) == (before["TaskID"], "AUTHORISED", 123.4)


def test_every_change_moves_the_stamp_forward(client: Client) -> None:
    sale = new_sale(client.simulator)
    seen = [updated(client, sale.id)]
    for action in ("touch", "undo_invoice", "authorise_invoice", "pay", "remove_payment", "void_sale"):
        act(client, action, id=sale.id)
        changed = client.ask("saleList", UpdatedSince=seen[-1]).json
        assert changed["Total"] == 1, action
        seen.append(updated(client, sale.id))


def test_a_touch_changes_nothing_but_the_stamp(client: Client) -> None:
    sale = new_sale(client.simulator)
    before = client.sale(sale.id)
    act(client, "touch", number=sale.number)
    after = client.sale(sale.id)
    assert {key for key in after if after[key] != before[key]} == {"LastModifiedOn"}


def test_a_paid_document_can_neither_be_undone_nor_voided(client: Client) -> None:
    sale = new_sale(client.simulator)
    act(client, "pay", id=sale.id, amount="1")
    assert refused(client, "undo_invoice", id=sale.id) == 409
    assert refused(client, "void_sale", id=sale.id) == 409
    act(client, "remove_payment", id=sale.id)
    act(client, "void_sale", id=sale.id)
    shown = client.sale(sale.id)
    assert (shown["Status"], shown["Invoices"][0]["Status"]) == ("VOIDED", "VOIDED")


def test_nothing_is_paid_beyond_what_is_due(client: Client) -> None:
    sale = new_sale(client.simulator)
    assert refused(client, "pay", id=sale.id, amount="100.01") == 409
    assert refused(client, "pay", id=sale.id, account="200") == 400
    act(client, "pay", id=sale.id)
    assert client.sale(sale.id)["CombinedPaymentStatus"] == "PAID"


def test_a_renamed_customer_keeps_its_identity_in_the_list_and_on_its_sales(client: Client) -> None:
    sale = new_sale(client.simulator)
    act(client, "rename_customer", name="Acme", new_name="Acme Holdings")
    assert client.rows("customer", "CustomerList", ID=sale.party_id)[0]["Name"] == "Acme Holdings"
    assert client.sale(sale.id)["Customer"] == "Acme Holdings"


def test_customer_names_and_product_codes_are_unique_in_any_letter_case(client: Client) -> None:
    new_customer(client.simulator, "Acme")
    new_product(client.simulator, "BREAD")
    assert refused(client, "create_customer", name="ACME") == 409
    assert refused(client, "create_product", sku="bread") == 409


def test_a_deprecated_customer_is_listed_only_on_request(client: Client) -> None:
    customer = new_customer(client.simulator)
    act(client, "deprecate_customer", id=customer.id)
    assert client.ask("customer").json["Total"] == 0
    assert client.ask("customer", IncludeDeprecated="true").json["CustomerList"][0]["Status"] == "Deprecated"


def test_the_type_of_a_product_can_not_change(client: Client) -> None:
    new_product(client.simulator)
    assert refused(client, "edit_product", sku="BREAD", fields={"Type": "Service"}) == 409
    act(client, "edit_product", sku="BREAD", fields={"RevenueAccount": "260"})
    assert client.rows("product", "Products")[0]["RevenueAccount"] == "260"


def test_a_bill_is_edited_and_a_purchase_voided(client: Client) -> None:
    purchase = new_purchase(client.simulator)
    act(client, "edit_bill", id=purchase.id, line=0, quantity=9, new_number="S-2")
    (bill,) = client.ask("advanced-purchase", ID=purchase.id).json["Invoice"]
    assert (bill["InvoiceNumber"], bill["Total"]) == ("S-2", 36)
    act(client, "void_purchase", id=purchase.id)
    assert client.rows("purchaseList", "PurchaseList")[0]["Status"] == "VOIDED"


def test_mistakes_of_the_caller_are_named(client: Client) -> None:
    sale = new_sale(client.simulator)
    assert refused(client, "dance") == 404
    assert refused(client, "touch", id="nothing") == 404
    assert refused(client, "edit_sale_invoice", id=sale.id, price="1", tax_rule="Moon tax") == 400
    assert refused(client, "edit_sale_invoice", id=sale.id, price="1", account="9999") == 400
    assert refused(client, "create_customer") == 400


def test_the_state_counts_authorised_documents_by_currency(client: Client) -> None:
    new_sale(client.simulator)
    draft = new_sale(client.simulator, "Paris", currency="EUR", rate="0.8")
    act(client, "undo_invoice", id=draft.id)
    state = client.ask("/_sim/state").json
    assert state["documents"]["sale_invoice"] == {"GBP": {"count": 1, "total": "100.00"}}
    assert state["counts"]["sales"] == 2


def test_the_clock_can_be_set_and_moved(client: Client) -> None:
    client.ask("/_sim/clock", method="POST", body={"now": "2031-05-06T07:08:09+00:00", "advance": 3600})
    sale = new_sale(client.simulator)
    assert updated(client, sale.id).startswith("2031-05-06T08:08:")
