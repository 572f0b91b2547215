"""The first day: two systems are joined, and what belongs into the ledger gets there, once and to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sim_cin7core import new_customer, new_purchase, new_sale

from end_to_end.audit import Audit
from end_to_end.shop import Shop, switch_on
from hub.documents import Kind
from hub.mapping import MappingList
from hub.models import Flow, FlowMode

VAT = "20% (VAT on Income)"


def test_the_first_sync_posts_all_that_is_eligible_and_accounts_for_the_rest(shop: Shop) -> None:
    core = shop.core
    sale = new_sale(core, "Acme", [("BREAD", 3, "2.55"), ("TEA", 7, "0.125")], tax_rule=VAT)
    core.person("pay", id=sale.id, amount="5")
    credit = [{"sku": "BREAD", "quantity": "1", "price": "2.5"}]
    core.person("add_credit_note", id=sale.id, lines=credit)
    new_sale(core, "Acme", type="Credit Note")
    new_sale(core, "Acme", invoice_status="DRAFT")
    core.person("void_sale", id=new_sale(core, "Alder & Co").id)
    new_sale(core, "Oak GmbH", currency="EUR", rate="0.86")
    new_purchase(core, "Carlton", invoice_number="7")
    new_purchase(core, "Dover", invoice_number="7", type="Advanced Purchase")
    shop.sync()
    audit = Audit(shop)
    posted = [paper for paper in audit.papers if audit.posted(paper.kind, paper.id)]
    excluded = {audit.excluded[paper.kind, paper.id] for paper in audit.papers if paper not in posted}

    assert (len(audit.papers), len(posted)) == (8, 6)
    assert excluded == {"draft in the source", "voided in the source"}
    assert shop.held() == {}
    assert audit.faults() == []


def test_what_is_dated_before_the_start_date_stays_out_and_says_so(shop: Shop) -> None:
    new_sale(shop.core, day=date(2026, 2, 28), invoice_number="OLD")
    new_sale(shop.core, day=shop.start, invoice_number="NEW")
    shop.sync()

    assert [entry.number for entry in shop.xero.books.invoices] == ["NEW"]
    assert "dated before the start date 2026-03-01" in Audit(shop).excluded.values()
    assert Audit(shop).faults() == []


def test_a_contact_of_the_same_name_is_taken_and_not_made_again(shop: Shop) -> None:
    shop.xero.caller().put("/Contacts", {"Name": "ACME"})
    new_sale(shop.core, "Acme")
    shop.sync()

    assert [one.name for one in shop.xero.books.contacts if one.name.casefold() == "acme"] == ["ACME"]
    assert Audit(shop).faults() == []


def test_a_foreign_invoice_keeps_its_currency_and_its_rate_the_ledgers_way_round(shop: Shop) -> None:
    new_sale(shop.core, "Oak GmbH", currency="EUR", rate="0.8")
    shop.sync()
    (entry,) = shop.xero.books.invoices

    assert (entry.currency, entry.rate, entry.total) == ("EUR", Decimal("1.25"), Decimal("100.00"))


def test_money_waits_until_its_account_is_mapped(shop: Shop) -> None:
    shop.person.set_mapping(shop.integration_id, MappingList.PAYMENT_ACCOUNT, {"090": ""})
    sale = new_sale(shop.core)
    shop.core.person("pay", id=sale.id)
    shop.sync()
    assert list(shop.held().values()) == ["payment_account_not_mapped"]

    shop.person.set_mapping(shop.integration_id, MappingList.PAYMENT_ACCOUNT, {"090": "090"})
    shop.run_ledger()

    assert shop.held() == {}
    assert Audit(shop).faults() == []


def test_nothing_is_written_before_a_flow_is_on(new_shop: Shop) -> None:
    new_shop.writes()
    new_sale(new_shop.core)
    new_shop.sync()
    assert new_shop.writes() == []

    switch_on(new_shop)
    new_shop.sync()

    assert len(new_shop.xero.books.invoices) == 1
    assert Audit(new_shop).faults() == []


def test_in_review_mode_only_what_a_person_approved_is_written(shop: Shop) -> None:
    for flow in shop.rows(Flow):
        if flow.kind != Kind.JOURNAL:
            shop.person.set_flow(flow.id, mode=FlowMode.REVIEW)
    new_sale(shop.core, "Acme", invoice_number="A")
    new_sale(shop.core, "Acme", invoice_number="B")
    shop.writes()
    shop.sync()
    assert shop.writes() == []

    wanted = [row.id for row in shop.operations(state="proposed") if row.label != "B"]
    shop.person.approve(wanted)
    shop.sync()

    assert [entry.number for entry in shop.xero.books.invoices] == ["A"]
    assert [row.label for row in shop.operations(state="proposed")] == ["B"]
    assert Audit(shop).faults() == []


def test_drafts_wait_for_the_accountant_and_their_payments_for_the_approval(shop: Shop) -> None:
    shop.set_flow(Kind.INVOICE, post_as="draft")
    sale = new_sale(shop.core)
    shop.core.person("pay", id=sale.id)
    shop.sync()
    (entry,) = shop.xero.books.invoices
    assert entry.status == "DRAFT"
    assert list(shop.held().values()) == ["target_is_draft"]

    assert shop.in_xero("approve", invoice_id=entry.document_id)
    shop.sync()
    (entry,) = shop.xero.books.invoices

    assert (entry.status, entry.open) == ("PAID", Decimal(0))
    assert Audit(shop).faults() == []


def test_the_other_organisation_of_the_same_person_is_never_written(shop: Shop) -> None:
    new_customer(shop.core, "Acme")
    new_sale(shop.core, "Acme")
    new_purchase(shop.core)
    shop.sync()
    other = shop.xero.world.books(shop.xero.other_tenant_id)

    assert [len(other.invoices), len(other.contacts), len(other.items)] == [0, 0, 0]
    assert len(shop.xero.books.invoices) == 2
