"""Digests of what people can edit on a record in Xero, so that an edit made there is noticed. Pure.

A digest is the same whenever the record is: what Xero changes by itself (stamps, what is due, links, line ids) is left
out, numbers are written in one form, and what a list leaves away counts like a blank.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from hub_xero import native as reading
from hub_xero.dates import day_of
from hub_xero.exact import Json

_RATE_STEP = Decimal("0.000001")


def document(native: Json) -> str:
    """An invoice, bill or credit with its lines; empty for a summary, which has none.

    Unit prices are left out: Xero shows two decimals or four, by how it is asked, and quantity and amount pin them.
    """
    lines = native.get("LineItems")
    if not lines:
        return ""
    contact: Json = native.get("Contact") or {}
    return _digest(
        native.get("InvoiceNumber") or native.get("CreditNoteNumber") or "",
        native.get("Reference") or "",
        str(contact.get("ContactID") or "").casefold(),
        _day(native, "Date"),
        _day(native, "DueDate"),
        _number(native.get("Total")),
        native.get("CurrencyCode") or "",
        _number(Decimal(native.get("CurrencyRate") or 1).quantize(_RATE_STEP)),
        native.get("LineAmountTypes") or "",
        [_line(line) for line in lines],
    )


def journal(native: Json) -> str:
    """A manual journal with its lines, whose order does not count; empty for a summary, which has none."""
    lines = native.get("JournalLines")
    if not lines:
        return ""
    return _digest(
        _text(native.get("Narration")),
        _day(native, "Date"),
        native.get("LineAmountTypes") or "",
        native.get("ShowOnCashBasisReports") is not False,
        sorted(_journal_line(line) for line in lines),
    )


def _journal_line(native: Json) -> list[Any]:
    tax = native.get("TaxType") or "NONE"  # without tax some answers name the tax type and others do not
    texts = (native.get(name) for name in ("AccountCode", "Description"))
    numbers = (native.get(name) for name in ("LineAmount", "TaxAmount"))
    return [*map(_text, texts), tax, *map(_number, numbers), _tracking(native)]


def _tracking(native: Json) -> list[list[str]]:
    return sorted([choice.get("Name") or "", choice.get("Option") or ""] for choice in native.get("Tracking") or ())


def _line(native: Json) -> list[Any]:
    texts = (native.get(name) for name in ("ItemCode", "AccountCode", "TaxType", "Description"))
    numbers = (native.get(name) for name in ("Quantity", "LineAmount", "TaxAmount"))
    return [*map(_text, texts), *map(_number, numbers), _tracking(native)]


def contact(native: Json) -> str:
    """A contact's fields that the hub writes."""
    if not native.get("Name"):
        return ""
    found = reading.contact(native)
    addresses = sorted([_text(value) for value in address.model_dump().values()] for address in found.addresses)
    texts = (found.name, found.first_name, found.last_name, found.email, found.phone, found.tax_number, found.number)
    return _digest(*map(_text, texts), found.currency, addresses)


def item(native: Json) -> str:
    """An item's fields that the hub writes."""
    if not native.get("Code"):
        return ""
    found = reading.item(native)
    texts = (found.name, found.description, native.get("PurchaseDescription"))
    codes = (found.code, found.sale_account, found.sale_tax, found.purchase_account, found.purchase_tax)
    return _digest(*map(_text, texts), *codes, _number(found.sale_price), _number(found.purchase_price))


def _text(value: str | None) -> str:
    """A text whose line ends and blanks do not count: Xero trims, and forms send other line ends than programs."""
    return " ".join((value or "").split())


def _number(value: Decimal | int | str | None) -> str:
    return f"{Decimal(value or 0).normalize():f}"  # 12.0 is not another total than 12.00


def _day(native: Json, name: str) -> str:
    found = day_of(native, name)
    return found.isoformat() if found else ""


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
