"""Currencies of an organisation. Source: Xero API documentation, Currencies: they can be added, never
removed.
"""

from __future__ import annotations

from typing import Any

from . import batch, listing, seed
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError
from .fields import Raw, text
from .records import Currency


def render(call: Call, currency: Currency) -> dict[str, Any]:
    return {"Code": currency.code, "Description": currency.description}


_LIST = listing.ListOf[Currency](
    "Currencies",
    "Currency",
    {"code": lambda c: c.code, "description": lambda c: c.description},
    render,
    None,
    False,
)


@endpoint("GET", "/Currencies", "settings")
def list_currencies(call: Call) -> Payload:
    return listing.answer(call, _LIST, call.books.currencies)


@endpoint("PUT", "/Currencies", "settings")
def put_currency(call: Call) -> Payload:
    return batch.single(call, "Currencies", "Code", "HasValidationErrors", call.element("Currencies"), _add)


def _add(call: Call, raw: Raw) -> dict[str, Any]:
    code = text(raw, "Code") or ""
    data = seed.read("currencies.json")
    names = {**data["subscribed"], **data["names"]}
    if code not in names:
        raise ValidationError(f"The currency code '{code}' is not valid.")
    return render(call, call.books.currencies.put(Currency(code, names[code])))
