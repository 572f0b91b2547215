"""The screens that links lead a person to."""

from __future__ import annotations

import pytest
from sim_cin7core import Client, Simulator, new_purchase, new_sale


@pytest.mark.parametrize(
    "screen", ["Sale", "SaleMultiple", "Purchase", "PurchaseAdvanced", "Customer", "Supplier", "Product"]
)
def test_a_screen_asks_for_what_stands_behind_the_hash_of_its_address(client: Client, screen: str) -> None:
    reply = client.ask(f"/{screen}")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'location.replace("/_sim/screens/{screen.lower()}/"'.encode() in reply.body


def test_a_sale_is_shown_with_its_invoices_and_what_was_paid(simulator: Simulator, client: Client) -> None:
    sale = new_sale(simulator, "Acme & Sons", items=[("BREAD", 10, "2.50")])
    simulator.person("pay", id=sale.id)
    text = client.ask(f"/_sim/screens/salemultiple/{sale.id.upper()}").body.decode()
    assert f"<h1>Sale {sale.number}</h1>" in text
    assert "<dd>Acme &amp; Sons</dd>" in text
    assert f"<td>{sale.invoices[0].number}</td><td>Invoice</td>" in text
    assert text.count("<td>25.00</td>") == 2


def test_purchases_and_cards_have_screens_of_their_own(simulator: Simulator, client: Client) -> None:
    purchase = new_purchase(simulator, "Mill", items=[("FLOUR", 4, "1.25")])
    assert f"<h1>Purchase {purchase.number}</h1>" in client.ask(f"/_sim/screens/purchase/{purchase.id}").body.decode()
    assert "<h1>Mill</h1>" in client.ask(f"/_sim/screens/supplier/{purchase.party_id}").body.decode()
    flour = next(one for one in simulator.store.products if one.fields["SKU"] == "FLOUR")
    assert "<h1>FLOUR</h1>" in client.ask(f"/_sim/screens/product/{flour.id}").body.decode()


def test_a_record_that_is_not_there_is_not_found(simulator: Simulator, client: Client) -> None:
    sale = new_sale(simulator, "Acme", items=[("BREAD", 1, "2.50")])
    assert client.ask("/_sim/screens/sale/none").status == 404
    assert client.ask(f"/_sim/screens/purchase/{sale.id}").status == 404
    assert b"Page not found" in client.ask("/Report").body
