"""Both platforms' own books compared: a month of trade agrees to the cent, and what is done behind the hub is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sim_cin7core import new_product, new_purchase, new_sale, new_stock

from end_to_end.shop import PERSON, Shop
from hub.causes import Cause, Measure
from hub.documents import Kind
from hub.engine.methods import Methods
from hub.engine.reconciling import Period, Proving, Reconciling, prove, reconcile
from hub.mapping import MappingList
from hub.models import FlowMode, Proof, Reconciliation, ReconciliationLine, table

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
rows, lines = table(Reconciliation), table(ReconciliationLine)


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Perpetual stock, and something of everything that moves it."""
    shop.xero.caller().put("/Accounts", {"Code": "631", "Name": "Stock of goods", "Type": "CURRENT"})
    shop.run_ledger()
    codes = {"630": "631", "310": "310", "429": "429", "805": "805"}
    shop.person.set_mapping(shop.integration_id, MappingList.ACCOUNT, codes)
    Methods(shop.person).go_perpetual(shop.integration_id, shop.start, FlowMode.AUTOMATIC)
    core = shop.core
    new_stock(core, "BREAD", 100, 2, day=date(2026, 3, 1))
    new_product(core, "SET")
    new_purchase(core, day=date(2026, 3, 1))
    sale = new_sale(core, invoice_number="INV-7")
    core.person("pay", id=sale.id, amount="30", date="2026-03-09")
    core.person("add_credit_note", id=sale.id, lines=[{"sku": "BREAD", "quantity": 1, "price": 10}], date="2026-03-11")
    one = [{"sku": "BREAD", "quantity": 1}]
    core.person("create_stocktake", lines=[{"sku": "BREAD", "quantity": 90}], date="2026-03-12")
    core.person("create_write_off", lines=one, date="2026-03-13")
    core.person("create_assembly", sku="SET", quantity=1, lines=one, date="2026-03-14")
    shop.settle_down()
    return shop


def reconciled(shop: Shop) -> Any:
    made = Reconciling(shop.hub, PERSON).ask(shop.integration_id, period(shop))
    assert reconcile(shop.hub, made)
    with shop.hub.store.read() as db:
        return db.execute(sa.select(rows).where(rows.c.id == made)).one()


def period(shop: Shop) -> Period:
    return Period(MARCH.start, min(MARCH.end, shop.clock().date()))


def causes(row: Any, measure: Measure = Measure.STOCK) -> dict[str, Decimal]:
    told = row.figures[measure.value]["causes"]
    return {name: Decimal(each["amount"]) for name, each in told.items() if Decimal(each["amount"])}


def told(row: Any) -> dict[str, tuple[Decimal, Decimal]]:
    return {name: (Decimal(each["stock"]), Decimal(each["ledger"])) for name, each in row.figures.items()}


def the_line(shop: Shop, row: Any, cause: Cause, measure: Measure = Measure.STOCK) -> Any:
    mine = (lines.c.reconciliation_id == row.id, lines.c.measure == measure.value, lines.c.cause == cause.value)
    with shop.hub.store.read() as db:
        return db.execute(sa.select(lines).where(*mine)).one()


def test_a_month_of_trade_agrees_to_the_cent(busy: Shop) -> None:
    assert busy.held() == {}
    row = reconciled(busy)
    assert (row.state, row.problem, row.reread) == ("done", None, 0)
    assert told(row) == {
        "stock": (Decimal(198), Decimal(198)),
        "sales": (Decimal(90), Decimal(90)),
        "purchases": (Decimal(-158), Decimal(-158)),
        "receivables": (Decimal(60), Decimal(60)),
        "payables": (Decimal(40), Decimal(40)),
    }
    assert {measure.value: causes(row, measure) for measure in Measure} == {measure.value: {} for measure in Measure}


def test_it_makes_as_many_calls_as_it_said(busy: Shop) -> None:
    row = reconciled(busy)
    assert row.calls == row.expected_calls


def test_what_is_done_behind_the_hub_is_named_as_each_system_knows_it(busy: Shop) -> None:
    busy.xero.caller().put(
        "/ManualJournals",
        {
            "Narration": "Counted again",
            "Date": "2026-03-10",
            "Status": "POSTED",
            "JournalLines": [
                {"AccountCode": "631", "LineAmount": "5.00"},
                {"AccountCode": "429", "LineAmount": "-5.00"},
            ],
        },
    )
    busy.core.person("create_write_off", lines=[{"sku": "BREAD", "quantity": 3}], date="2026-03-15")
    row = reconciled(busy)
    assert causes(row) == {Cause.NOT_POSTED: Decimal(-6), Cause.BY_HAND: Decimal(-5)}
    theirs, unread = the_line(busy, row, Cause.BY_HAND), the_line(busy, row, Cause.NOT_POSTED)
    assert (theirs.ledger_number, theirs.ledger_dates) == ("Counted again", "2026-03-10")
    assert theirs.target_id
    assert theirs.ledger_url == "", "an organisation that is simulated has no pages at Xero"
    assert unread.stock_dates == "2026-03-15"
    assert "none of the stock system's lists had it when they were last read" in unread.why
    busy.settle_down()
    assert causes(reconciled(busy)) == {Cause.BY_HAND: Decimal(-5)}


def test_what_people_invoice_and_pay_by_hand_in_the_ledger_is_named_under_receivables_and_payables(busy: Shop) -> None:
    mine = by_hand(busy, "Invoices", Type="ACCREC")
    by_hand(busy, "Invoices", Type="ACCPAY", InvoiceNumber="T-7", Date="2026-02-20")
    by_hand(busy, "CreditNotes", Type="ACCPAYCREDIT", CreditNoteNumber="T-8")
    busy.in_xero("pay_invoice", invoice_id=mine["InvoiceID"], amount="10.00", date="2026-03-13")
    [ours] = [link for link in busy.links(kind=Kind.INVOICE.value) if Decimal(link.state["due"]) > 0][:1]
    busy.in_xero("pay_invoice", invoice_id=ours.target_id, amount="1.50", date="2026-03-14")
    row = reconciled(busy)
    assert causes(row, Measure.RECEIVABLES) == {Cause.BY_HAND: Decimal("-13.50")}  # 25.00 less what was paid
    assert causes(row, Measure.PAYABLES) == {Cause.BY_HAND: Decimal("25.00")}  # the bill is of February
    made = {(line.ledger_kind, line.ledger_number, line.amount) for line in the_lines(busy, row, Measure.RECEIVABLES)}
    assert made == {
        ("invoice", mine["InvoiceNumber"], "-25.00"),
        ("payment", mine["InvoiceNumber"], "10.00"),
        ("payment", ours.target_number, "1.50"),
    }


def by_hand(shop: Shop, path: str, **values: Any) -> Any:
    """A document of 25.00 that a person makes in the ledger."""
    line = {"Description": "Advice", "Quantity": "1", "UnitAmount": "25.00", "AccountCode": "200", "TaxType": "NONE"}
    told = {"Contact": {"Name": "Somebody"}, "Date": "2026-03-12", "DueDate": "2026-04-12", "Status": "AUTHORISED"}
    reply = shop.xero.caller().put(f"/{path}", {**told, "LineItems": [line], **values})
    assert reply.status == 200, reply.body
    return reply.body[path][0]


def the_lines(shop: Shop, row: Any, measure: Measure) -> list[Any]:
    mine = (lines.c.reconciliation_id == row.id, lines.c.measure == measure.value, lines.c.cause == Cause.BY_HAND.value)
    with shop.hub.store.read() as db:
        return list(db.execute(sa.select(lines).where(*mine)))


def test_the_ledger_says_itself_that_nothing_is_there_twice(busy: Shop) -> None:
    made = Proving(busy.hub, PERSON).ask(busy.integration_id)
    busy.xero.world.calls.clear()
    assert prove(busy.hub, made)
    (row,) = busy.rows(Proof)
    assert (row.state, row.asked, row.found, row.duplicates, row.missing) == ("done", row.links, row.links, [], [])
    assert row.calls == len(busy.xero.world.calls.recent)
    assert row.queries
    # A payment is looked for by its invoice; none is looked for by the id that the hub believes it to have.
    ids = [link.target_id for link in busy.links() if link.kind in ("journal", "payment", "bill")]
    assert len(ids) > 5
    assert not any(id in each["sent"] for each in row.queries for id in ids)


def test_goods_and_bills_that_wait_for_each_other_and_what_was_taken_back_are_named(busy: Shop) -> None:
    core = busy.core
    voided = new_stock(core, "CAKE", 10, 3, day=date(2026, 3, 5))
    redated = new_stock(core, "PIE", 10, 4, day=date(2026, 3, 6))
    new_purchase(core, invoice=False, day=date(2026, 3, 8))
    new_purchase(core, fulfilled=False, day=date(2026, 3, 9))
    journal = [{"debit": "630", "credit": "805", "amount": 3}]
    core.person("create_journal", lines=journal, date="2026-03-10")
    busy.settle_down()
    waiting = {Cause.RECEIVED_NOT_INVOICED: Decimal(40), Cause.INVOICED_NOT_RECEIVED: Decimal(-40)}
    usual = {**waiting, Cause.BOOKED_WITHOUT_GOODS: Decimal(-3)}
    assert causes(reconciled(busy)) == usual

    core.person("void_task", id=voided.id)
    core.person("redate_task", id=redated.id, date="2026-02-10")
    behind = {Cause.VOID_ON_ONE_SIDE: Decimal(-70), Cause.BEFORE_START: Decimal(40)}
    row = reconciled(busy)
    assert causes(row) == {**usual, **behind}
    assert row.reread >= 2
    busy.settle_down()
    assert causes(reconciled(busy)) == {**usual, Cause.BEFORE_START: Decimal(40)}
    assert busy.held() == {}


def test_foreign_documents_agree_in_the_base_currency(busy: Shop) -> None:
    new_sale(busy.core, "Oak GmbH", items=[("BREAD", 3, "7.77")], currency="EUR", rate="0.8613")
    new_purchase(busy.core, "Elm LLC", items=[("BREAD", 7, "3.33")], currency="USD", rate="0.7919")
    busy.settle_down()
    row = reconciled(busy)
    assert {measure.value: causes(row, measure) for measure in Measure} == {measure.value: {} for measure in Measure}
    sold, bought = Decimal("20.08"), Decimal("18.46")  # 3 x 7.77 at 0.8613, 7 x 3.33 at 0.7919
    assert told(row)["receivables"] == (60 + sold, 60 + sold)
    assert told(row)["payables"] == (40 + bought, 40 + bought)
