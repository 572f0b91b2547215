"""What sales, purchases and products say beside their accounting."""

from __future__ import annotations

from typing import Any

from hub_cin7core.native_lists import read_product
from hub_cin7core.native_purchases import read_purchase
from hub_cin7core.native_sales import read_sale

from hub import TradeDocument

SITE = "https://core.example"


def test_a_sale_says_who_sold_it_where_and_through_which_channel(natives: Any) -> None:
    slots = {"AdditionalAttribute1": "North", "AdditionalAttribute2": "", "AdditionalAttribute10": "Trade fair"}
    native = natives.sale(
        SalesRepresentative="Ann", Location="Main", SourceChannel="Shopify", AdditionalAttributes=slots
    )
    (invoice,) = read_sale(native, SITE).documents
    assert isinstance(invoice, TradeDocument)
    assert invoice.attributes == (
        ("attribute_1", "North"),
        ("attribute_10", "Trade fair"),
        ("channel", "Shopify"),
        ("location", "Main"),
        ("sales_rep", "Ann"),
    )


def test_a_purchase_says_where_it_goes(natives: Any) -> None:
    native = natives.purchase(Location="Dock", AdditionalAttributes={"AdditionalAttribute3": "Sea"})
    (bill,) = read_purchase(native, SITE).documents
    assert isinstance(bill, TradeDocument)
    assert bill.attributes == (("attribute_3", "Sea"), ("location", "Dock"))


def test_a_product_says_its_category_brand_and_attributes(natives: Any) -> None:
    native = {"ID": natives.id(1), "SKU": "A", "Name": "A", "Category": "Bread", "Brand": "Own"}
    native |= {"AdditionalAttribute1": "Red", "AdditionalAttribute2": "false", "AdditionalAttribute3": None}
    assert read_product(native, SITE).attributes == (("attribute_1", "Red"), ("brand", "Own"), ("category", "Bread"))


def test_whoever_says_nothing_has_no_attributes(natives: Any) -> None:
    (invoice,) = read_sale(natives.sale(SourceChannel=None, AdditionalAttributes=None), SITE).documents
    assert isinstance(invoice, TradeDocument)
    assert invoice.attributes == ()
