"""Lines of a document that changes keep their ids in the ledger, and with them what people set there."""

from __future__ import annotations

import json

from sim_cin7core import new_sale
from sim_xero.records import Document

from end_to_end.shop import Shop
from hub.documents import Kind
from hub.models import FlowMode


def entry(shop: Shop) -> Document:
    """The newest document in Xero."""
    found: list[Document] = list(shop.xero.books.invoices)
    return found[-1]


def without_first_line(shop: Shop) -> dict[str, str]:
    """The line ids in Xero of a posted sale whose first line was then removed in the stock system."""
    sale = new_sale(shop.core, "Acme", [("BREAD", 3, "2"), ("TEA", 7, 1)])
    shop.sync()
    shop.clock.sleep(900)
    shop.sync()
    before = {line.description: line.line_id for line in entry(shop).lines}
    document = sale.invoices[0]
    document.lines = document.lines[1:]
    document.reckon(sale.calculation)
    shop.core.person("touch", id=sale.id)
    return before


def test_a_removed_first_line_hands_its_id_to_no_other_product(shop: Shop) -> None:
    before = without_first_line(shop)
    shop.sync()

    assert set(before) == {"BREAD", "TEA"}
    assert {line.description: line.line_id for line in entry(shop).lines} == {"TEA": before["TEA"]}


def test_the_preview_of_an_update_names_the_lines_that_the_update_will(shop: Shop) -> None:
    before = without_first_line(shop)
    shop.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    shop.sync()
    (update,) = shop.operations(kind="invoice", action="update")
    _, body = shop.person.preview(update.id)

    assert [line["LineItemID"] for line in json.loads(body)["Invoices"][0]["LineItems"]] == [before["TEA"]]
