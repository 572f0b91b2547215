"""How a customer paid: QuickBooks' list of that, and the method of each payment, against the simulated QuickBooks."""

from __future__ import annotations

from typing import Any

import desktop_samples as samples
import sqlalchemy as sa
from desktop_machine import Desktop, bill, invoice, visitor
from hub_qbdesktop import feeds
from hub_qbdesktop.provider import QuickBooksProvider
from sim_qbdesktop import Simulator

from hub import Kind, PaymentMethod, Want
from hub.engine import Decisions
from hub.mapping import MappingList
from hub.models import OperationRow, table
from hub.testing.talk import VisitTalk


def stand_for(desktop: Desktop, account: str, method: str) -> None:
    office = desktop.office
    codes = {account: method}
    Decisions(office.hub, "bookkeeper").set_mapping(office.integration_id, MappingList.PAYMENT_METHOD, codes)


def methods_of(desktop: Desktop) -> list[str]:
    """What QuickBooks says of each payment that it received; empty where it says nothing."""
    company = desktop.sim.company
    names = {each.list_id: str(each.fields["Name"]) for each in company.of_kinds(("PaymentMethod",))}
    refs = [each.fields.get("PaymentMethodRef") for each in desktop.books("ReceivePayment")]
    return [names[ref.list_id] if ref else "" for ref in refs]


def warnings_of(desktop: Desktop, source_id: str) -> list[Any]:
    rows = table(OperationRow)
    with desktop.office.hub.store.read() as db:
        chosen = sa.select(rows.c.warnings).where(rows.c.source_id == source_id)
        return [warning for found in db.execute(chosen).scalars() for warning in found or ()]


def test_the_payment_methods_of_quickbooks_are_read_with_those_that_are_out_of_use(sim: Simulator) -> None:
    visit = QuickBooksProvider.visit
    assert visit is not None
    sim.company.add_entry("PaymentMethod", Name="Old card", IsActive=False, PaymentMethodType="Other")
    [feed] = [each for each in feeds.FEEDS if each.name == "payment_terms_and_methods"]
    [page] = list(VisitTalk(visit, visitor(sim)).pull(Want(feed)))
    read = [each for record in page.records for each in record.documents if isinstance(each, PaymentMethod)]
    assert {each.name: each.active for each in read} == {
        "Cash": True,
        "Check": True,
        "Visa": True,
        "Bank transfer": True,
        "Old card": False,
    }
    assert all(each.external_id for each in read)


def test_a_received_payment_says_its_method_and_a_paid_bill_has_none(desktop: Desktop) -> None:
    desktop.switch_on(Kind.BILL, Kind.PAYMENT)
    stand_for(desktop, "1000", "Bank transfer")
    desktop.put(
        *(samples.contact("Harbour Stores"), samples.vendor("Leaf Imports"), invoice(), bill()),
        *(samples.payment(), samples.payment(Kind.BILL, "7.60")),
    )
    desktop.visit(4)
    assert desktop.unfinished() == {}
    assert methods_of(desktop) == ["Bank transfer"]
    assert len(desktop.books("BillPaymentCheck")) == 1


def test_a_payment_of_an_account_without_a_method_is_posted_without_one(desktop: Desktop) -> None:
    desktop.switch_on(Kind.PAYMENT)
    desktop.put(samples.contact("Harbour Stores"), invoice(), samples.payment())
    desktop.visit(3)
    assert desktop.unfinished() == {}
    assert methods_of(desktop) == [""]


def test_a_method_that_was_renamed_in_quickbooks_is_left_out_with_a_warning(desktop: Desktop) -> None:
    desktop.switch_on(Kind.PAYMENT)
    stand_for(desktop, "1000", "Cash")
    company = desktop.sim.company
    [cash] = [each for each in company.of_kinds(("PaymentMethod",)) if each.fields["Name"] == "Cash"]
    cash.fields["Name"] = "Notes and coins"
    desktop.visit()
    desktop.put(samples.contact("Harbour Stores"), invoice(), samples.payment())
    desktop.visit(3)
    assert desktop.unfinished() == {}
    assert methods_of(desktop) == [""]
    assert warnings_of(desktop, "pay-invoice") == [
        "The ledger has no payment method Cash to use any more. It is posted without."
    ]


def test_another_method_of_an_account_leaves_what_is_posted_as_it_is(desktop: Desktop) -> None:
    desktop.switch_on(Kind.PAYMENT)
    stand_for(desktop, "1000", "Cash")
    desktop.put(samples.contact("Harbour Stores"), invoice(), samples.payment())
    desktop.visit(3)
    stand_for(desktop, "1000", "Visa")
    desktop.visit(2)
    assert methods_of(desktop) == ["Cash"]
    assert desktop.unfinished() == {}
