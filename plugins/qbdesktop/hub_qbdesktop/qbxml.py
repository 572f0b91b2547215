"""Requests of qbXML, built from values by name and checked against the table of what QuickBooks takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hub_qbdesktop import ids, xmltext
from hub_qbdesktop.layout import ITERATED, LAYOUTS, Field
from hub_qbdesktop.messages import REQUEST_ID_LENGTH

ID_LENGTH = 40
PLACES = {"amount": 2, "price": 5, "quantity": 5, "rate": 10}
DIGITS = {"amount": 13, "price": 10, "quantity": 10, "rate": 10}

Values = Mapping[str, Any]


class LayoutError(ValueError):
    """A request that QuickBooks would refuse, and with it every other of its set; the text says which field."""


@dataclass(frozen=True)
class Ref:
    """A reference to a record of a list: by id, or by its full name."""

    id: str = ""
    name: str = ""


def request(name: str, values: Values, request_id: str, **attributes: str) -> str:
    """One request: ``name`` is that of its layout (``InvoiceAdd``, ``CustomerQuery``)."""
    if len(request_id) > REQUEST_ID_LENGTH:
        raise LayoutError(f"{name}: a request's id has at most {REQUEST_ID_LENGTH} characters")
    if "iterator" in attributes and name not in ITERATED:
        raise LayoutError(f"{name} can't be read page by page")
    inner = _fields(name, values)
    if name.endswith(("Add", "Mod")):
        inner = f"<{name}>{inner}</{name}>"
    named = "".join(f' {key}="{xmltext.written(value)}"' for key, value in attributes.items())
    return f'<{name}Rq requestID="{xmltext.written(request_id)}"{named}>{inner}</{name}Rq>'


def _fields(layout: str, values: Values) -> str:
    fields = LAYOUTS[layout]
    unknown = set(values) - {field.name for field in fields}
    if unknown:
        raise LayoutError(f"{layout} has no {', '.join(sorted(unknown))}")
    return "".join(_field(layout, field, values.get(field.name)) for field in fields)


def _field(layout: str, field: Field, value: Any) -> str:
    several = value if isinstance(value, list | tuple) else [] if value is None or value == "" else [value]
    if field.is_needed and not several:
        raise LayoutError(f"{layout} needs {field.name}")
    if len(several) > 1 and not field.is_repeated:
        raise LayoutError(f"{layout} takes one {field.name}")
    return "".join(f"<{field.name}>{_content(layout, field, one)}</{field.name}>" for one in several)


def _content(layout: str, field: Field, value: Any) -> str:
    where = f"{layout}.{field.name}"
    if field.sort.startswith("@"):
        return _fields(field.sort[1:], value)
    if isinstance(value, Ref):
        return _ref(where, field, value)
    return xmltext.written(plain(where, field, value))


def plain(where: str, field: Field, value: Any) -> str:
    """A value as QuickBooks reads it; raises ``LayoutError`` where it would not."""
    if field.sort == "flag":
        return "true" if value else "false"
    if field.sort in PLACES:
        return _decimal(where, field.sort, value)
    if field.sort == "date":
        return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)
    text = str(value)
    if field.sort == "id" and len(text) > ID_LENGTH and not ids.is_symbol(text):
        raise LayoutError(f"{where} is no id: {text}")
    if field.sort[0] == "t" and field.sort[1:].isdigit() and len(text) > field.length:
        raise LayoutError(f"{where} has {len(text)} characters, at most {field.length} are taken")
    if xmltext.legal(text) != text:
        raise LayoutError(f"{where} has characters that XML does not know")
    return text


def _decimal(where: str, sort: str, value: Decimal) -> str:
    places = PLACES[sort]
    if not isinstance(value, Decimal):
        raise LayoutError(f"{where} must be exact, not {value!r}")
    rounded = value.quantize(Decimal(1).scaleb(-places))
    if rounded != value:
        raise LayoutError(f"{where} has more than {places} decimals: {value}")
    text = format(rounded, "f")
    if sort != "amount":
        text = text.rstrip("0").rstrip(".") if "." in text else text
    if len(text.strip("-").partition(".")[0]) > DIGITS[sort]:
        raise LayoutError(f"{where} is too large: {value}")
    return "0" if text == "-0" else text


def _ref(where: str, field: Field, value: Ref) -> str:
    if value.id:
        return f"<ListID>{xmltext.written(value.id)}</ListID>"
    if not value.name or len(value.name) > field.length:
        raise LayoutError(f"{where} needs a name of at most {field.length} characters")
    return f"<FullName>{xmltext.written(value.name)}</FullName>"


def query(name: str, values: Values, request_id: str, *, iterator: str = "", page: int = 0) -> str:
    """A query; with ``page`` it is read page by page, begun or, with ``iterator``, gone on with."""
    if not page:
        return request(name, values, request_id)
    named = {"iterator": "Continue", "iteratorID": iterator} if iterator else {"iterator": "Start"}
    return request(name, {**values, "MaxReturned": page}, request_id, **named)
