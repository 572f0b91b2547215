"""Journals of sales and purchases come with details that are read anyway."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hub_cin7core.feeds import FEEDS

from hub import Journal, Session, Want

Connect = Callable[..., Session]
FEED = {feed.name: feed for feed in FEEDS}

CHART = [
    {"Code": "610", "Name": "Receivable", "Class": "ASSET", "Type": "CURRENT", "SystemAccountCode": "DEBTORS"},
    {"Code": "800", "Name": "Payable", "Class": "LIABILITY", "Type": "CURRLIAB", "SystemAccountCode": "CREDITORS"},
    {"Code": "255", "Name": "Customer credits", "Class": "LIABILITY", "Type": "CURRLIAB", "ForPayments": True},
    {"Code": "090", "Name": "Bank", "Class": "ASSET", "Type": "BANK"},
    {"Code": "630", "Name": "Inventory", "Class": "ASSET", "Type": "CURRENT"},
    {"Code": "310", "Name": "Cost of goods", "Class": "EXPENSE", "Type": "DIRECTCOSTS"},
    {"Code": "200", "Name": "Sales", "Class": "REVENUE", "Type": "REVENUE"},
]
CARRIED = [("610", "200"), ("610", "820"), ("200", "821"), ("090", "610"), ("090", "255"), ("255", "610")]


def entry(task: str, debit: str, credit: str, amount: int = 4) -> dict[str, Any]:
    booked = {"Debit": debit, "Credit": credit, "Amount": Decimal(amount), "EffectiveDate": "2026-09-02T00:00:00"}
    return {"TaskID": task, **booked}


@pytest.fixture
def charted(core: Any) -> Any:
    core.lists["ref/account"] = CHART
    core.lists["ref/tax"] = [{"Name": "VAT", "Account": "820", "Components": [{"AccountCode": "821"}]}]
    return core


def sell(core: Any, natives: Any, count: int) -> None:
    for number in range(1, count + 1):
        sale = natives.sale(number)
        invoice = sale["Invoices"][0]["TaskID"]
        booked = [entry(invoice, *accounts) for accounts in CARRIED]
        booked.append(entry(natives.id(500 + number), "310", "630", number))
        fulfilments = [{"TaskID": natives.id(500 + number), "LinkedInvoiceNumber": ""}]
        core.add_sale(natives.sale_row(number), {**sale, "Fulfilments": fulfilments, "Transactions": booked})


def journals(session: Session, feed: str) -> list[Journal]:
    found = [one for page in session.pull(Want(FEED[feed])) for record in page.records for one in record.documents]
    return [one for one in found if isinstance(one, Journal)]


def test_what_a_sale_booked_is_asked_for_with_its_detail_and_the_chart_once(
    charted: Any, natives: Any, connect: Connect
) -> None:
    sell(charted, natives, 5)
    assert [one.total for one in journals(connect(charted.url), "sales")] == [1, 2, 3, 4, 5]
    asked = [call for call in charted.calls if call.path == "sale"]
    assert {call.params["IncludeTransactions"] for call in asked} == {"true"}
    assert (len(asked), charted.count("ref/account"), charted.count("ref/tax"), len(charted.calls)) == (5, 1, 1, 8)


def test_the_chart_that_a_sync_read_at_its_beginning_is_not_asked_for_again(
    charted: Any, natives: Any, connect: Connect
) -> None:
    sell(charted, natives, 2)
    session = connect(charted.url)
    for feed in ("accounts", "tax_rules"):
        list(session.pull(Want(FEED[feed])))
    charted.calls.clear()
    assert len(journals(session, "sales")) == 2
    assert {call.path for call in charted.calls} == {"saleList", "sale"}


def test_a_sale_that_booked_nothing_needs_no_chart(charted: Any, natives: Any, connect: Connect) -> None:
    charted.add_sale(natives.sale_row(1), natives.sale(1))
    assert journals(connect(charted.url), "sales") == []
    assert {call.path for call in charted.calls} == {"saleList", "sale"}


def test_a_purchase_brings_what_core_booked_for_it(charted: Any, natives: Any, connect: Connect) -> None:
    day = {"Date": "2026-09-02T00:00:00", "IsSystem": True, "Reference": "Stock in Transit"}
    lines = [
        {**day, "Debit": "631", "Credit": "630", "Amount": 9},
        {**day, "Debit": "630", "Credit": "800", "Amount": 9},
    ]
    purchase = natives.purchase(ManualJournals=[{"TaskID": natives.id(10), "Status": "NOT AVAILABLE", "Lines": lines}])
    charted.add_purchase(natives.purchase_row(1), purchase)
    (journal,) = journals(connect(charted.url), "purchases")
    assert [(line.account, int(line.amount)) for line in journal.lines] == [("631", 9), ("630", -9)]


def test_a_stand_alone_credit_brings_its_restocked_goods(charted: Any, natives: Any, connect: Connect) -> None:
    booked = [entry(natives.id(20), "200", "610"), entry(natives.id(20), "630", "310")]
    credit = natives.sale(1, Invoices=[], CreditNotes=[natives.credit(of="")], Transactions=booked, Type="Credit Note")
    charted.lists["saleCreditNoteList"].append(natives.sale_row(1, Type="Credit Note", CreditNoteNumber="CR-20"))
    charted.details["sale"][natives.id(1)] = credit
    assert [one.document_id for one in journals(connect(charted.url), "sale_credits")] == [natives.id(20)]
