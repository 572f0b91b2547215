"""What Xero's documents say of an account: lines of approved documents as postings. Pure.

Sources: Xero API documentation, Invoices, Credit Notes, Manual Journals, Bank Transactions. A line's amount is without
tax unless the document is tax inclusive; ``CurrencyRate`` brings it to the base currency.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hub import Kind, Posting
from hub_xero import marks
from hub_xero.dates import day_of
from hub_xero.exact import Json
from hub_xero.money import in_base

IN_BOOKS = frozenset({"AUTHORISED", "PAID"})
"""The states in which a document is in the books."""


@dataclass(frozen=True)
class Source:
    """One of Xero's lists, and what its documents do to the accounts of their lines."""

    path: str
    id_name: str
    number_name: str
    kinds: Mapping[str, tuple[Kind, int]]
    """By ``Type``: what it is to the hub, and 1 where its lines are debits, -1 where they are credits."""
    live: frozenset[str] = IN_BOOKS
    lines_name: str = "LineItems"
    ordered: bool = True
    """Whether the list may be ordered; manual journals then come all in one page."""


_DOCUMENTS = (
    Source("Invoices", "InvoiceID", "InvoiceNumber", {"ACCREC": (Kind.INVOICE, -1), "ACCPAY": (Kind.BILL, 1)}),
    Source(
        "CreditNotes",
        "CreditNoteID",
        "CreditNoteNumber",
        {"ACCRECCREDIT": (Kind.CREDIT_NOTE, 1), "ACCPAYCREDIT": (Kind.SUPPLIER_CREDIT, -1)},
    ),
)
_JOURNALS = Source(
    "ManualJournals",
    "ManualJournalID",
    "",
    {"": (Kind.JOURNAL, 1)},
    live=frozenset({"POSTED"}),
    lines_name="JournalLines",
    ordered=False,
)
_MONEY = Source(
    "BankTransactions", "BankTransactionID", "Reference", {"SPEND": (Kind.PAYMENT, 1), "RECEIVE": (Kind.PAYMENT, -1)}
)
SOURCES = (*_DOCUMENTS, _JOURNALS, _MONEY)

Address = Callable[[Kind, str], str]
"""Where a person sees a record."""


def postings(native: Json, source: Source, accounts: Collection[str], address: Address) -> Iterator[Posting]:
    """The lines of a document on these accounts; none of a draft or of what was taken back."""
    type_, _, of_what = str(native.get("Type") or "").partition("-")  # SPEND-PREPAYMENT spends as well
    known = source.kinds.get(type_) if of_what != "OVERPAYMENT" else None  # on no account but a control account
    day = day_of(native)
    if known is None or day is None or native.get("Status") not in source.live:
        return
    kind, sign = known
    mine = [line for line in native.get(source.lines_name) or () if line.get("AccountCode") in accounts]
    if not mine:
        return
    target_id = str(native[source.id_name])
    number, url = native.get(source.number_name) or "", address(kind, target_id)
    is_ours, narration = bool(marks.carried_token(native)), native.get("Narration")
    for line in mine:
        amount = sign * in_base(_net(line, native), native.get("CurrencyRate"))
        said = narration or line.get("Description") or ""  # what a journal is known by
        yield Posting(kind, target_id, day, line["AccountCode"], amount, number, said, url, is_ours)


def _net(line: Json, native: Json) -> Decimal:
    amount = Decimal(line.get("LineAmount") or 0)
    inclusive = native.get("LineAmountTypes") == "Inclusive"
    return amount - Decimal(line.get("TaxAmount") or 0) if inclusive else amount
