"""Lines, charges and money as Core's JSON, shared by sales and purchases."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sim_cin7core import stamps
from sim_cin7core.cards import number
from sim_cin7core.records import EMPTY_ID, Document, JsonObject, Line, Payment, Task
from sim_cin7core.switches import Switches

_PAID = "PAID"


def encoded(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def line(item: Line) -> JsonObject:
    """A product line of an invoice or credit note."""
    return {
        "ProductID": item.product_id,
        "SKU": item.sku,
        "Name": item.name,
        "Quantity": number(item.quantity),
        "Price": number(item.price),
        "Discount": number(item.discount),
        "Tax": number(item.tax),
        "Total": number(item.total),
        "AverageCost": number(item.average_cost),
        "TaxRule": item.tax_rule,
        "Account": item.account,
        "Comment": item.comment,
    }


def charge(item: Line) -> JsonObject:
    """An additional charge: no product, a description instead of a name."""
    return {
        "Description": item.name,
        "Quantity": number(item.quantity),
        "Price": number(item.price),
        "Discount": number(item.discount),
        "Tax": number(item.tax),
        "Total": number(item.total),
        "TaxRule": item.tax_rule,
        "Account": item.account,
        "Comment": item.comment,
    }


def combined(item: Line) -> JsonObject:
    """A charge shown among the lines (CombineAdditionalCharges=true): no product behind it."""
    return {**line(item), "ProductID": EMPTY_ID, "SKU": None}


def parts(document: Document, combine: bool) -> JsonObject:
    """Lines and AdditionalCharges of a document; combining moves the charges, the totals stay."""
    lines = [line(item) for item in document.lines]
    if combine:
        return {"Lines": lines + [combined(item) for item in document.charges], "AdditionalCharges": []}
    return {"Lines": lines, "AdditionalCharges": [charge(item) for item in document.charges]}


def totals(document: Document) -> JsonObject:
    """TotalBeforeTax, Tax, Total."""
    return {
        "TotalBeforeTax": number(document.before_tax),
        "Tax": number(document.tax),
        "Total": number(document.total),
    }


def payment(item: Payment) -> JsonObject:
    """A payment or refund inside its document."""
    return {
        "ID": item.id,
        "Reference": item.reference,
        "Amount": number(item.amount),
        "DatePaid": stamps.midnight(item.paid_on),
        "Account": item.account,
        "CurrencyRate": number(item.rate),
        "DateCreated": stamps.shown(item.created),
    }


def payments(items: Iterable[Payment]) -> list[JsonObject]:
    """Several of them."""
    return [payment(item) for item in items]


def invoice_status(document: Document, switches: Switches, switch: str) -> str:
    """AUTHORISED, or PAID when fully paid and the switch for this kind of document says so."""
    paid = document.live and document.total > 0 and document.paid >= document.total
    return _PAID if paid and switches.on(switch) else document.status


def attributes(task: Task) -> JsonObject:
    """AdditionalAttributes of a sale or purchase, empty text where there is none."""
    given = dict(enumerate(task.attributes, start=1))
    return {f"AdditionalAttribute{position}": given.get(position, "") for position in range(1, 11)}


def address(country: str) -> JsonObject:
    """An address of which only the country is known."""
    return {
        "DisplayAddressLine1": "",
        "DisplayAddressLine2": country,
        "Line1": "",
        "Line2": "",
        "City": "",
        "State": "",
        "Postcode": "",
        "Country": country,
    }
