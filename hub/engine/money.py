"""Which documents a payment, a refund or an allocation is about."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hub.documents import Allocation, Document, Settlement


def money_moved(document: Document) -> Iterable[tuple[tuple[str, str], Decimal]]:
    """The documents that a settlement or an allocation moves money against, and how much."""
    if isinstance(document, Settlement):
        yield (document.document_kind.value, document.document_id), document.amount
    elif isinstance(document, Allocation):
        yield (document.document_kind.value, document.document_id), document.amount
        yield (document.credit_kind.value, document.credit_id), document.amount


def money_of(document: Document) -> dict[str, str]:
    """The documents that a settlement or an allocation is about, as its link keeps them."""
    return {
        "document_id": document.document_id if isinstance(document, Settlement | Allocation) else "",
        "credit_id": document.credit_id if isinstance(document, Allocation) else "",
    }
