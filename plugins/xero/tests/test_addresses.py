"""Where Xero shows a record."""

from __future__ import annotations

import pytest
from hub_xero.addresses import address_of
from hub_xero.client import is_at_xero
from hub_xero.native import organisation
from hub_xero.settings import XeroSettings

from hub import Kind

LEADS_THERE = {
    Kind.INVOICE: "/AccountsReceivable/View.aspx?InvoiceID=abc",
    Kind.BILL: "/AccountsPayable/View.aspx?InvoiceID=abc",
    Kind.CREDIT_NOTE: "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID=abc",
    Kind.JOURNAL: "/Journal/View.aspx?invoiceID=abc",
    Kind.CONTACT: "/Contacts/View/abc",
    Kind.PAYMENT: "/Bank/ViewTransaction.aspx?bankTransactionID=abc",
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


@pytest.mark.parametrize(
    ("api_url", "short_code"),
    [("https://api.xero.com", "!x5K2"), ("https://API.xero.com/", "!x5K2"), ("http://127.0.0.1:8081", "")],
)
def test_only_an_organisation_that_is_at_xero_is_led_to(api_url: str, short_code: str) -> None:
    assert is_at_xero(XeroSettings(client_id="id", api_url=api_url)) is bool(short_code)
    told = {"Name": "Demo", "BaseCurrency": "GBP", "ShortCode": "!x5K2"}
    assert organisation(told, "tenant-1", has_pages=bool(short_code)).short_code == short_code
