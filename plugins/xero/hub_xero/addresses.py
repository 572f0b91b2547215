"""Where a person sees a record in the browser (Xero developer documentation, "Deep linking").

The link signs the person in to the right organisation first, which it names by its short code.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from hub import Kind

SITE = "https://go.xero.com"

_PAGES: Mapping[Kind, str] = {
    Kind.INVOICE: "/AccountsReceivable/View.aspx?InvoiceID=",
    Kind.BILL: "/AccountsPayable/View.aspx?InvoiceID=",
    Kind.CREDIT_NOTE: "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID=",
    Kind.SUPPLIER_CREDIT: "/AccountsPayable/ViewCreditNote.aspx?creditNoteID=",
    Kind.PAYMENT: "/Bank/ViewTransaction.aspx?bankTransactionID=",
    Kind.REFUND: "/Bank/ViewTransaction.aspx?bankTransactionID=",
    Kind.JOURNAL: "/Journal/View.aspx?invoiceID=",
    Kind.CONTACT: "/Contacts/View/",
}


def address_of(kind: Kind, id: str, short_code: str) -> str:
    """The page of a record; empty for kinds without one, and before the organisation's short code is known."""
    page = _PAGES.get(kind)
    if page is None or not short_code:
        return ""
    return f"{SITE}/organisationlogin/default.aspx?shortcode={quote(short_code)}&redirecturl={page}{quote(id)}"
