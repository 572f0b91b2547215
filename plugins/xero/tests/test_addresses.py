"""Where Xero shows a record."""

from __future__ import annotations

import pytest
from hub_xero.addresses import address_of

from hub import Kind

LEADS_THERE = {
    Kind.INVOICE: "/AccountsReceivable/View.aspx?InvoiceID=abc",
    Kind.BILL: "/AccountsPayable/View.aspx?InvoiceID=abc",
    Kind.CREDIT_NOTE: "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID=abc",
    Kind.JOURNAL: "/Journal/View.aspx?invoiceID=abc",
    Kind.CONTACT: "/Contacts/View/abc",
}


@pytest.mark.parametrize("kind", LEADS_THERE)
def test_a_record_is_shown_in_its_own_organisation(kind: Kind) -> None:
    address = address_of(kind, "abc", "!x5K2")
    assert address.startswith("https://go.xero.com/organisationlogin/default.aspx?shortcode=%21x5K2&redirecturl=/")
    assert address.endswith(LEADS_THERE[kind])


def test_what_has_no_page_has_no_address() -> None:
    assert address_of(Kind.ALLOCATION, "abc", "!x5K2") == ""
    assert address_of(Kind.INVOICE, "abc", "") == "", "without its short code the wrong organisation could open"


def test_an_id_can_not_lead_elsewhere() -> None:
    assert "a%26shortcode%3Dother" in address_of(Kind.INVOICE, "a&shortcode=other", "!x5K2")
