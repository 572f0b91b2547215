"""Somebody else posts the same sales to Xero: the hub finds that out before it writes its first invoice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sim_cin7core import new_purchase, new_sale
from sim_cin7core.records import Task

from end_to_end.audit import Audit
from end_to_end.shop import PERSON, Shop, open_shop, switch_on
from hub.documents import Kind
from hub.engine.hits import Hits
from hub.errors import SettingsError
from hub.models import Flow, FlowMode


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """Both sides joined and read, every flow off."""
    with open_shop(Path(shutil.copy(sqlite_template, tmp_path / "hub.db")), on=False) as shop:
        yield shop


def flow(shop: Shop, kind: Kind = Kind.INVOICE) -> Any:
    [row] = shop.rows(Flow, kind=kind.value)
    return row


def enter(shop: Shop, task: Task, type: str, contact: str, price: str) -> None:
    """What somebody, or another program, enters in Xero for a Core document."""
    [document] = task.documents()
    values = {
        "Type": type,
        "Status": "AUTHORISED",
        "Contact": {"Name": contact},
        "InvoiceNumber": document.number,
        "Date": document.date.isoformat(),
        "DueDate": document.date.isoformat(),
        "LineAmountTypes": "NoTax",
        "LineItems": [{"Description": "Bread", "Quantity": "10", "UnitAmount": price, "AccountCode": "200"}],
    }
    reply = shop.xero.caller().put("/Invoices", {"Invoices": [values]})
    assert reply.status == 200, reply


def test_an_invoice_that_somebody_entered_in_xero_keeps_the_flow_off_until_it_is_adopted(shop: Shop) -> None:
    theirs = new_sale(shop.core, "Acme")
    enter(shop, theirs, "ACCREC", "Acme", "10")
    switch_on(shop)
    shop.settle_down()
    assert flow(shop).mode == FlowMode.OFF
    assert [hit["label"] for hit in flow(shop).hits] == [entry.number for entry in shop.xero.books.invoices]

    with pytest.raises(SettingsError, match=f"in Books already.*{theirs.invoices[0].number}"):
        shop.set_flow(Kind.INVOICE)
    assert Hits(shop.hub, PERSON).adopt_exact(flow(shop).id) == 1
    shop.set_flow(Kind.INVOICE)
    ours = new_sale(shop.core, "Acme")
    shop.settle_down()
    numbers = [task.invoices[0].number for task in (theirs, ours)]
    assert [entry.number for entry in shop.xero.books.invoices] == numbers
    assert [link.origin for link in shop.links(kind="invoice")] == ["adopted", "created"]


def test_a_bill_is_a_hit_only_when_it_is_the_same_suppliers(shop: Shop) -> None:
    bills = [new_purchase(shop.core, supplier, invoice_number="B-7") for supplier in ("Carlton", "Ridge")]
    enter(shop, bills[0], "ACCPAY", "Carlton", "4")
    switch_on(shop)
    shop.settle_down()
    [hit] = flow(shop, Kind.BILL).hits
    hits = Hits(shop.hub, PERSON)
    hits.exclude(flow(shop, Kind.BILL).id, hit["source_id"], "entered by the other program")
    shop.set_flow(Kind.BILL)
    shop.settle_down()
    contacts = {contact.contact_id: contact.name for contact in shop.xero.books.contacts}
    assert [contacts[entry.contact_id] for entry in shop.xero.books.invoices] == ["Carlton", "Ridge"]
    assert [row.source_id for row in shop.operations(state="dropped")] == [hit["source_id"]]


def test_where_nobody_else_posts_the_look_lets_everything_pass(shop: Shop) -> None:
    switch_on(shop)
    new_sale(shop.core, "Acme")
    new_purchase(shop.core, "Carlton", invoice_number="B-1")
    shop.settle_down()
    assert len(shop.xero.books.invoices) == 2
    assert Audit(shop).faults() == []
    assert flow(shop).checked_at is not None
