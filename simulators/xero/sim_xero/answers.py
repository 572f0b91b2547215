"""Answers: JSON when asked for, else XML, which is the API's default.

Source: Xero API documentation, Requests and responses. The XML here is plain and regular, not schema-perfect.
"""

from __future__ import annotations

import gzip
import json
import uuid
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from flask import Request, Response

from .clock import Clock
from .dates import milliseconds
from .errors import JSON, TEXT, ApiError

_XML = "text/xml; charset=utf-8"
_SINGULAR = {"Addresses": "Address", "Currencies": "Currency", "TrackingCategories": "TrackingCategory"}


def envelope(payload: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """The outer object every successful answer of the Accounting API has."""
    return {
        "Id": str(uuid.uuid4()),
        "Status": "OK",
        "ProviderName": "Ledgerport simulator",
        "DateTimeUTC": f"/Date({milliseconds(clock.now())})/",
        **payload,
    }


def wants_json(request: Request) -> bool:
    return "json" in request.headers.get("Accept", "")


def _number(value: Any) -> Any:
    """Decimals leave as JSON numbers; the shortest form of the float is the exact text of amounts this
    small.
    """
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value))


def to_json(payload: Any) -> bytes:
    return json.dumps(payload, default=_number, separators=(",", ":"), ensure_ascii=False).encode()


def render(request: Request, payload: dict[str, Any], root: str) -> tuple[bytes, str]:
    """A payload as bytes with its content type."""
    if wants_json(request):
        return to_json(payload), JSON
    return f"<{root}>{_children(payload)}</{root}>".encode(), _XML


def refusal_response(request: Request, refusal: ApiError) -> Response:
    """A refusal as it leaves: problem documents are always JSON, API exceptions follow Accept, text stays
    text.
    """
    if isinstance(refusal.body, str):
        return Response(refusal.body, refusal.status, refusal.headers, content_type=TEXT)
    if "ErrorNumber" in refusal.body:
        body, content_type = render(request, dict(refusal.body), "ApiException")
        return Response(body, refusal.status, refusal.headers, content_type=content_type)
    return Response(to_json(refusal.body), refusal.status, refusal.headers, content_type=JSON)


def compress(request: Request, response: Response) -> None:
    """Gzip, only when asked for and worth it."""
    body = response.get_data()
    if len(body) > 1024 and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(body, compresslevel=1))
        response.headers["Content-Encoding"] = "gzip"


def _children(value: dict[str, Any]) -> str:
    return "".join(_element(name, child) for name, child in value.items())


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, list):
        inner = _SINGULAR.get(name, name.removesuffix("s"))
        return f"<{name}>{''.join(_element(inner, item) for item in value)}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"
