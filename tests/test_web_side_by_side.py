"""The comparison that asks nobody: documents of a period beside what the ledger last said of each."""

from __future__ import annotations

from datetime import date

import pytest
from furnishing import Make, set_up_once
from houses import House, called, contact, invoice, line, payment, put, trade, visiting
from visitors import Visitor, visitor

from hub.documents import Bill, CreditNote, Kind, Status
from hub.models import FlowMode
from hub.store import Store
from hub.vault import Vault

WITHIN = "?start=2026-02-01&end=2026-02-28"


@set_up_once
def five_posted(store: Store, vault: Vault, *, make: Make) -> House:
    """Five invoices and a payment that are the same on both sides."""
    made = make(store, vault)
    put(made, contact(), *(invoice(f"i{n}", f"SO-{n}") for n in range(5)), payment("pay", "i0"))
    made.sync()
    return made


@pytest.fixture(params=[called, visiting], ids=["called", "visiting"])
def house(request: pytest.FixtureRequest, store: Store, vault: Vault) -> House:
    return five_posted(store, vault, make=request.param)


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def path(house: House, rest: str = WITHIN) -> str:
    return f"/integrations/{house.integration_id}/side-by-side{rest}"


def test_what_is_the_same_on_both_sides_is_only_counted(seen: Visitor, house: House) -> None:
    page = seen.get(path(house))
    assert page.faults == []
    assert "All documents of 2026-02-01 to 2026-02-28 are the same on both sides." in page.text
    assert "Invoices 5 5 60.00 GBP 60.00 GBP 0.00 GBP 0" in page.text
    assert "Payments 1 1 12.00 GBP 12.00 GBP 0.00 GBP 0" in page.text


def test_each_difference_is_named_and_adds_up(seen: Visitor, house: House) -> None:
    links = {row.source_id: row.target_id for row in house.links() if row.kind == Kind.INVOICE}
    house.books.void(links["i1"])
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i3", "SO-3", status=Status.VOIDED), invoice("i4", "SO-4", lines=(line("25.00"),)))
    put(house, invoice("i9", "SO-9"))
    house.sync()
    page = seen.get(path(house))
    assert page.faults == []
    assert "4 documents of 2026-02-01 to 2026-02-28 are not the same on both sides." in page.text
    for told in (
        "SO-1 Invoice Acme 2026-02-01 12.00 GBP 0.00 GBP",
        "voided in the ledger only",
        "void in the stock system only",
        "SO-4 Invoice Acme 2026-02-01 30.00 GBP 12.00 GBP",
        "another amount in the ledger",
        "SO-9 Invoice Acme 2026-02-01 12.00 GBP",
        "not posted: waiting for approval",
    ):
        assert told in page.text, told
    # i0 to i2, i4 and i9 in the stock system; i0, i2, i3 and i4 as it was in the ledger
    assert "Invoices 6 5 78.00 GBP 48.00 GBP 30.00 GBP 4" in page.text


def test_what_is_not_to_be_posted_is_in_no_total_and_has_its_reason_and_a_line_of_its_own(
    seen: Visitor, house: House
) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("d1", "SO-D1", status=Status.DRAFT), invoice("v1", "SO-V1", status=Status.VOIDED))
    put(house, invoice("s1", "SO-S1"), invoice("d2", "SO-D2", status=Status.DRAFT))
    house.run_stock()
    (skipped,) = house.operations(source_id="s1", state="proposed")
    house.person.drop([skipped.id], "sold for cash")
    page = seen.get(path(house))
    assert page.faults == []
    assert "All documents of 2026-02-01 to 2026-02-28 that are to be posted are the same on both sides." in page.text
    assert "Invoices 5 5 60.00 GBP 60.00 GBP 0.00 GBP 0" in page.text
    assert "Not to be posted: in no total above" in page.text
    for told in ("draft in the source 2 24.00 GBP", "skipped by a person 1 12.00 GBP", "voided in the source 1"):
        assert told in page.text, told


def test_what_is_dated_before_the_start_date_or_of_a_kind_that_is_off_says_so(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.CREDIT_NOTE, FlowMode.OFF)
    put(house, invoice("old", "SO-OLD", date=date(2025, 12, 30)), trade(CreditNote, "cn1", "CN-1"))
    house.sync()
    page = seen.get(path(house, "?start=2025-12-01&end=2026-02-28"))
    assert "Invoices dated before the start date 2026-01-01 1 12.00 GBP" in page.text
    assert "Credit notes the flow is off 1 12.00 GBP" in page.text
    assert "Invoices 5 5 60.00 GBP 60.00 GBP 0.00 GBP 0" in page.text


def test_what_became_a_draft_again_is_told_as_a_difference(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i2", "SO-2", status=Status.DRAFT))
    house.sync()
    assert "SO-2 Invoice Acme 2026-02-01 0.00 GBP 12.00 GBP" in seen.get(path(house)).text
    assert "a draft again in the stock system only" in seen.get(path(house)).text


def test_bills_of_one_number_are_told_apart_by_their_contacts(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.BILL, FlowMode.REVIEW)
    put(house, contact("c2", "Brightwater"))
    put(house, trade(Bill, "b1", "1001"), trade(Bill, "b2", "1001", contact_id="c2"))
    house.sync()
    page = seen.get(path(house))
    assert "1001 Bill Acme" in page.text
    assert "1001 Bill Brightwater" in page.text


def test_a_period_without_documents_says_where_they_are(seen: Visitor, house: House) -> None:
    page = seen.get(path(house, "?start=2026-01-01&end=2026-01-31"))
    assert page.faults == []
    assert "Documents are dated 2026-02-01 to 2026-02-10: compare 2026-02-01 to 2026-02-10" in page.text
    if not house.visits:
        asked = seen.get(f"/integrations/{house.integration_id}/reconcile")
        assert "Documents are dated 2026-02-01 to 2026-02-10" in asked.text


def test_a_period_that_makes_no_sense_is_told_at_its_form(seen: Visitor, house: House) -> None:
    page = seen.get(path(house, "?start=2026-03-01&end=2026-02-01"))
    assert page.status == 422
    assert page.faults == []
    assert "ends before it begins" in page.text


@pytest.mark.parametrize("days", ["?start=2026-03-01&end=2026-02-01", "?start=yesterday"])
def test_of_a_wrong_day_nobody_reads_that_something_was_not_saved(house: House, seen: Visitor, days: str) -> None:
    page = seen.get(path(house, days))
    assert "Nothing is compared until this is corrected." in page.text
    assert "saved" not in page.text
    if not house.visits:
        asked = seen.get(f"/integrations/{house.integration_id}/reconcile{days}")
        assert asked.status == 422
        assert "Nothing is reconciled until this is corrected." in asked.text
        assert "saved" not in asked.text


def test_a_ledger_that_visits_is_not_reconciled_and_what_is_possible_is_offered(store: Store, vault: Vault) -> None:
    house = visiting(store, vault)
    page = visitor(house).get(f"/integrations/{house.integration_id}/reconcile")
    assert page.faults == []
    assert "The worth of the stock is not reconciled with Books yet." in page.text
    assert "Compare document by document" in page.text
    assert "Reconcile by" not in page.text
