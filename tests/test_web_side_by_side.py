"""The comparison that asks nobody: documents of a period beside what the ledger last said of each."""

from __future__ import annotations

import pytest
from houses import House, called, contact, invoice, line, payment, put, visiting
from visitors import Visitor, visitor

from hub.documents import Kind, Status
from hub.models import FlowMode
from hub.store import Store
from hub.vault import Vault

WITHIN = "?start=2026-02-01&end=2026-02-28"


@pytest.fixture(params=[called, visiting], ids=["called", "visiting"])
def house(request: pytest.FixtureRequest, store: Store, vault: Vault) -> House:
    made: House = request.param(store, vault)
    put(made, contact(), *(invoice(f"i{n}", f"SO-{n}") for n in range(5)), payment("pay", "i0"))
    made.sync()
    return made


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
    assert "4 documents of 2026-02-01 to 2026-02-28 are not the same on both sides." in page.text
    for told in (
        "SO-1 Invoice 2026-02-01 12.00 GBP 0.00 GBP",
        "voided in the ledger only",
        "void in the stock system only",
        "SO-4 Invoice 2026-02-01 30.00 GBP 12.00 GBP",
        "another amount in the ledger",
        "SO-9 Invoice 2026-02-01 12.00 GBP",
        "not posted",
    ):
        assert told in page.text, told
    # i0 to i2, i4 and i9 in the stock system; i0, i2, i3 and i4 as it was in the ledger
    assert "Invoices 6 5 78.00 GBP 48.00 GBP 30.00 GBP 4" in page.text


def test_a_period_that_makes_no_sense_is_told_at_its_form(seen: Visitor, house: House) -> None:
    page = seen.get(path(house, "?start=2026-03-01&end=2026-02-01"))
    assert page.status == 422
    assert page.faults == []
    assert "ends before it begins" in page.text


def test_a_ledger_that_visits_is_not_reconciled_and_what_is_possible_is_offered(store: Store, vault: Vault) -> None:
    house = visiting(store, vault)
    page = visitor(house).get(f"/integrations/{house.integration_id}/reconcile")
    assert page.faults == []
    assert "The worth of the stock is not reconciled with Books yet." in page.text
    assert "Compare document by document" in page.text
    assert "Reconcile by" not in page.text
