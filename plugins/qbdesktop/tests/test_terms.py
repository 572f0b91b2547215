"""Terms of invoices and bills, against the simulated QuickBooks: its own of the same name, beside the due date."""

from __future__ import annotations

from datetime import date
from typing import Any

import desktop_samples as samples
from desktop_machine import Desktop, bill, invoice, sold

from hub import Kind

LATER = date(2026, 2, 20)


def said(desktop: Desktop, sort: str) -> tuple[str, str]:
    """The terms and the due date of the one transaction of a sort."""
    [found] = desktop.books(sort)
    company = desktop.sim.company
    names = {each.list_id: str(each.fields["Name"]) for each in company.of_kinds(("StandardTerms",))}
    ref: Any = found.fields.get("TermsRef")
    return names[ref.list_id] if ref else "", str(found.fields.get("DueDate", ""))


def credit_memo(**more: Any) -> Any:
    return samples.trade(Kind.CREDIT_NOTE, sold("4.00"), external_id="cn1", number="CN-1", **more)


def vendor_credit(**more: Any) -> Any:
    line = samples.line("3.00", account="5000", tax_code="BOUGHT")
    return samples.trade(Kind.SUPPLIER_CREDIT, line, external_id="sc1", number="SC-1", **more)


def test_an_invoice_and_a_bill_are_on_the_terms_that_quickbooks_has_of_that_name(desktop: Desktop) -> None:
    desktop.switch_on(Kind.BILL)
    desktop.put(
        *(samples.contact("Harbour Stores"), samples.vendor("Leaf Imports")),
        *(invoice(payment_term="net 30", due_date=LATER), bill(payment_term="Net 7", due_date=LATER)),
    )
    desktop.visit(3)
    assert desktop.unfinished() == {}
    assert said(desktop, "Invoice") == ("Net 30", "2026-02-20"), "the due date is the stock system's, not that of terms"
    assert said(desktop, "Bill") == ("Net 7", "2026-02-20")


def test_terms_that_quickbooks_does_not_have_are_left_out_and_the_due_date_counts(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice(payment_term="30 days", due_date=LATER))
    desktop.visit(3)
    assert desktop.unfinished() == {}
    assert said(desktop, "Invoice") == ("", "2026-02-20")


def test_terms_that_changed_travel_to_an_open_invoice(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice(payment_term="Net 7"))
    desktop.visit(3)
    desktop.put(invoice(payment_term="Net 30"))
    desktop.visit(3)
    assert desktop.unfinished() == {}
    assert said(desktop, "Invoice") == ("Net 30", str(samples.DAY))


def test_a_credit_is_on_no_terms(desktop: Desktop) -> None:
    desktop.switch_on(Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT)
    desktop.put(
        *(samples.contact("Harbour Stores"), samples.vendor("Leaf Imports")),
        *(credit_memo(payment_term="Net 30"), vendor_credit(payment_term="Net 30")),
    )
    desktop.visit(3)
    assert desktop.unfinished() == {}
    assert said(desktop, "CreditMemo")[0] == ""
    assert "TermsRef" not in desktop.books("VendorCredit")[0].fields
