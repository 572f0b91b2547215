"""An ordinary day: something changes on one side, and exactly that reaches the other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sim_cin7core import new_purchase, new_sale
from sim_cin7core.records import Task
from sim_xero.records import Document

from end_to_end.audit import Audit
from end_to_end.shop import Shop
from hub.engine.connections import reconnect
from hub.mapping import MappingList
from hub.models import RunState


def posted(shop: Shop, **params: Any) -> tuple[Task, Document]:
    """A sale that is in Xero; writes are counted from here."""
    sale = new_sale(shop.core, "Acme", [("BREAD", 3, "2.55"), ("TEA", 7, 1)], **params)
    shop.sync()
    shop.clock.sleep(900)
    shop.sync()
    shop.writes()
    return sale, entry(shop)


def entry(shop: Shop) -> Document:
    """The newest document in Xero."""
    found: list[Document] = list(shop.xero.books.invoices)
    return found[-1]


def test_a_sync_without_changes_writes_nothing_and_asks_each_list_once(shop: Shop) -> None:
    posted(shop)
    new_purchase(shop.core)
    shop.sync()
    shop.clock.sleep(900)
    shop.sync()
    shop.core.calls.clear()
    shop.xero.world.calls.clear()
    shop.clock.sleep(900)
    shop.sync()

    assert {(row["path"], row["count"]) for row in shop.core.calls.summary()["calls"] if row["count"] > 1} == set()
    assert "sale" not in {row["path"] for row in shop.core.calls.summary()["calls"]}
    assert [row for row in shop.xero.world.calls.summary()["counts"] if row["count"] > 1] == []
    assert shop.writes() == []
    assert [report.counts.get("changed", 0) for report in shop.reports[-2:]] == [0, 0]


def test_an_edited_sale_updates_its_one_invoice_and_keeps_the_ids_of_its_lines(shop: Shop) -> None:
    sale, before = posted(shop)
    shop.core.person("edit_sale_invoice", id=sale.id, line=1, price="2")
    shop.sync()
    after = entry(shop)

    assert [line.line_id for line in after.lines] == [line.line_id for line in before.lines]
    assert (after.document_id, after.total) == (before.document_id, Decimal("21.65"))
    assert [method for method, _ in shop.writes()] == ["POST"]
    assert Audit(shop).faults() == []


def test_a_touched_sale_that_did_not_change_writes_nothing(shop: Shop) -> None:
    sale, _ = posted(shop)
    shop.core.person("touch", id=sale.id)
    shop.sync()

    assert shop.writes() == []


def test_a_new_payment_is_one_write(shop: Shop) -> None:
    sale, _ = posted(shop)
    shop.core.person("pay", id=sale.id, amount="4")
    shop.sync()

    assert shop.writes() == [("PUT", "Payments")]
    assert entry(shop).paid == 4
    assert Audit(shop).faults() == []


def test_a_removed_payment_is_taken_back_and_the_invoice_is_open_again(shop: Shop) -> None:
    sale, _ = posted(shop)
    shop.core.person("pay", id=sale.id)
    shop.sync()
    shop.core.person("remove_payment", id=sale.id)
    shop.sync()

    assert (entry(shop).status, entry(shop).paid) == ("AUTHORISED", Decimal(0))
    assert Audit(shop).faults() == []


def test_a_voided_sale_voids_its_invoice(shop: Shop) -> None:
    sale, _ = posted(shop)
    shop.core.person("void_sale", id=sale.id)
    shop.sync()

    assert entry(shop).status == "VOIDED"
    assert Audit(shop).faults() == []


def test_a_paid_sale_is_voided_once_its_payment_is_gone_too(shop: Shop) -> None:
    sale, _ = posted(shop)
    shop.core.person("pay", id=sale.id)
    shop.sync()
    shop.core.person("remove_payment", id=sale.id)
    shop.core.person("void_sale", id=sale.id)
    shop.settle_down()

    assert entry(shop).status == "VOIDED"
    assert shop.held() == {}
    assert Audit(shop).faults() == []


def test_an_undone_invoice_asks_before_it_is_voided_and_comes_back_when_authorised_again(shop: Shop) -> None:
    sale, before = posted(shop)
    shop.core.person("undo_invoice", id=sale.id)
    shop.sync()
    assert [(row.action, row.state) for row in shop.operations(state="proposed")] == [("void", "proposed")]
    assert shop.writes() == []

    shop.core.person("authorise_invoice", id=sale.id)
    shop.sync()

    assert shop.operations(state="proposed") == []
    assert entry(shop) == before
    assert Audit(shop).faults() == []


def test_an_invoice_that_was_voided_and_authorised_again_gets_a_visible_new_version(shop: Shop) -> None:
    sale, before = posted(shop)
    shop.core.person("undo_invoice", id=sale.id)
    shop.sync()
    shop.person.approve([row.id for row in shop.operations(state="proposed")])
    shop.sync()
    shop.core.person("authorise_invoice", id=sale.id)
    shop.sync()
    books = {one.number: one.status for one in shop.xero.books.invoices}

    assert books == {before.number: "VOIDED", f"{before.number}-v2": "AUTHORISED"}
    assert Audit(shop).faults() == []


def test_a_renamed_customer_is_renamed_and_his_invoices_are_left_alone(shop: Shop) -> None:
    posted(shop)
    shop.core.person("rename_customer", name="Acme", new_name="Acme & Sons")
    shop.sync()

    assert [path.partition("?")[0] for _, path in shop.writes()] == ["Contacts"]
    assert shop.xero.books.active_contact("Acme & Sons") is not None
    assert shop.xero.books.active_contact("Acme") is None
    assert Audit(shop).faults() == []


# -- people in the ledger --------------------------------------------------------------------------------------------


def test_a_closed_period_holds_an_edit_until_it_is_opened_again(shop: Shop) -> None:
    sale, before = posted(shop)
    shop.in_xero("lock_dates", period="2026-03-31")
    shop.core.person("edit_sale_invoice", id=sale.id, line=0, price="9")
    shop.sync()
    assert list(shop.held().values()) == ["closed_period"]
    assert (shop.writes(), entry(shop)) == ([], before)

    shop.in_xero("lock_dates", period=None)
    shop.sync()

    assert entry(shop).total == 34
    assert Audit(shop).faults() == []


def test_an_archived_contact_holds_his_next_invoice_until_he_is_restored(shop: Shop) -> None:
    _, before = posted(shop)
    shop.in_xero("archive_contact", contact_id=before.contact_id)
    sale = new_sale(shop.core, "Acme", [("BREAD", 1, 1)])
    shop.sync()
    assert shop.held() == {sale.invoices[0].number: "contact_archived"}

    shop.in_xero("unarchive", contact_id=before.contact_id)
    shop.sync()

    assert shop.held() == {}
    assert Audit(shop).faults() == []


def test_an_archived_account_holds_what_would_use_it_until_another_is_mapped(shop: Shop) -> None:
    posted(shop)
    shop.in_xero("archive_account", code="200")
    new_sale(shop.core, "Acme", [("BREAD", 1, 1)])
    shop.sync()
    assert set(shop.held().values()) == {"account_not_usable"}

    shop.person.set_mapping(shop.integration_id, MappingList.ACCOUNT, {"200": "260"})
    shop.run_ledger()

    assert shop.held() == {}
    assert {line.account_code for line in entry(shop).lines} == {"260"}
    assert Audit(shop).faults() == []


def test_an_invoice_that_was_edited_on_both_sides_waits_for_a_person(shop: Shop) -> None:
    sale, before = posted(shop)
    shop.in_xero("edit_invoice", invoice_id=before.document_id, changes={"Reference": "see letter"})
    shop.core.person("edit_sale_invoice", id=sale.id, line=0, price="9")
    shop.sync()

    assert list(shop.held().values()) == ["edited_on_both_sides"]
    assert (entry(shop).reference, entry(shop).total) == ("see letter", before.total)


def test_an_invoice_that_a_person_voided_is_not_made_again_unasked(shop: Shop) -> None:
    sale, before = posted(shop)
    shop.in_xero("void_invoice", invoice_id=before.document_id)
    shop.core.person("edit_sale_invoice", id=sale.id, line=0, price="9")
    shop.settle_down()

    assert list(shop.held().values()) == ["target_gone"]
    assert [one.status for one in shop.xero.books.invoices] == ["VOIDED"]


def test_a_payment_that_a_person_entered_keeps_ours_from_overpaying(shop: Shop) -> None:
    sale, before = posted(shop)
    shop.in_xero("pay_invoice", invoice_id=before.document_id, amount="14")
    shop.core.person("pay", id=sale.id)
    shop.settle_down()

    assert list(shop.held().values()) == ["payment_exceeds_due"]
    assert entry(shop).paid == 14


# -- the connection --------------------------------------------------------------------------------------------------


def test_a_refused_refresh_token_suspends_until_somebody_signs_in_again(shop: Shop) -> None:
    identity = shop.xero.world.identity
    posted(shop)
    with shop.xero.world.transaction():
        identity.expire_access_tokens()
        for grant in list(identity.grants):
            identity.grants.put(replace(grant, refresh_token="", previous_token=""))
    new_sale(shop.core, "Acme", [("BREAD", 1, 1)])
    shop.sync()
    assert shop.hub.connection(shop.ledger_id).suspended is not None
    assert shop.writes() == []

    reconnect(shop.hub, shop.ledger_id, shop.settings("xero"), consent_id=shop.consent(), actor="bookkeeper")
    shop.sync()

    assert len(shop.xero.books.invoices) == 2
    assert Audit(shop).faults() == []


def test_when_the_organisation_is_disconnected_nothing_goes_to_another_one(shop: Shop) -> None:
    posted(shop)
    shop.consent(shop.xero.other_tenant_id)
    shop.in_xero("remove_tenant")
    new_sale(shop.core, "Acme", [("BREAD", 1, 1)])
    shop.sync()
    other = shop.xero.world.books(shop.xero.other_tenant_id)

    assert shop.hub.connection(shop.ledger_id).suspended["code"] == "organisation_disconnected"  # type: ignore[index]
    assert (shop.writes(), len(other.invoices)) == ([], 0)


def test_a_used_up_day_parks_the_ledger_until_it_is_over(shop: Shop) -> None:
    posted(shop)
    shop.xero.world.faults.add([{"kind": "429_day", "times": 1, "params": {"retry_after": 30_000}}])
    new_sale(shop.core, "Acme", [("BREAD", 1, 1)])
    shop.sync()
    assert shop.reports[-1].state is RunState.PARKED
    assert (shop.hub.run_wanted(), shop.writes()) == ([], [])

    shop.clock.sleep(30_001)
    shop.hub.run_wanted()

    assert len(shop.xero.books.invoices) == 2
    assert Audit(shop).faults() == []
