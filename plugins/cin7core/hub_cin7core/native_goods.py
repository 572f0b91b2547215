"""Purchases whose goods and bill have not both come, which Core values and books at different times: pure.

Core values goods when they are received and books them with their bill, unless it accrues them (Cin7 Core help,
Accounting transactions). A purchase's detail tells what its goods are worth in ``InventoryMovements``. In the examples
what came in is positive and what went back negative (Cin7 Core API v2 documentation, Purchase and Advanced Purchase),
but no word says so; as nothing is told of goods that went back, all have one sign, and either is understood.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from hub import Bill, UnmatchedGoods
from hub_cin7core.fields import Native, blocks, day, guid, number, text
from hub_cin7core.native_books import Books
from hub_cin7core.native_purchases import read_purchase

_VOIDED, _INVOICED, _RECEIVED = "VOIDED", "INVOICED", "FULLY RECEIVED"
_NOTHING = frozenset({"", "NOT AVAILABLE"})
_NOT_BEGUN = frozenset({"NOT RECEIVED", "NOT INVOICED", *_NOTHING})


def may_be_unmatched(row: Native) -> bool:
    """Whether a row of the list of purchases leaves it open that goods and bill have both come, if either has."""
    received, invoiced = (text(row, key).upper() for key in ("CombinedReceivingStatus", "CombinedInvoiceStatus"))
    if text(row, "Status").upper() == _VOIDED or received in (_VOIDED, *_NOTHING):
        return False
    if received in _NOT_BEGUN and invoiced in _NOT_BEGUN:
        return False
    return received != _RECEIVED or not invoiced.startswith(_INVOICED)


def read_unmatched(native: Native, site: str, books: Books) -> UnmatchedGoods | None:
    """What the goods of one purchase are worth and which documents book them; None where goods went back.

    Journals of goods received or in transit are among these.

    What returned goods are worth the detail does not tell.
    """
    if any(_went_back(part) for credit in blocks(native, "CreditNote") for part in blocks(credit, "Unstock")):
        return None
    movements = blocks(native, "InventoryMovements")
    documents = read_purchase(native, site, books).documents
    purchase = guid(native, "ID")
    return UnmatchedGoods(
        record_id=purchase,
        worth=abs(sum((number(movement, "COGS") or Decimal(0) for movement in movements), Decimal(0))),
        documents=frozenset({purchase, *(document.external_id for document in documents)}),
        received_on=_first(day(movement, "Date") for movement in movements),
        invoiced_on=_first(document.date for document in documents if isinstance(document, Bill)),
        reference=text(native, "OrderNumber"),
    )


def _went_back(unstock: Native) -> bool:
    """A simple purchase has an object with lines, an advanced one the lines themselves."""
    return bool(blocks(unstock, "Lines") or text(unstock, "SKU"))


def _first(days: Iterable[date | None]) -> date | None:
    return min((each for each in days if each is not None), default=None)
