"""Lists: modified-since, where, order, paging. Source: Xero API documentation, Requests and responses;
Invoices.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from .endpoint import Call, Payload
from .errors import ApiError, not_found, post_data_invalid, query_invalid
from .filters import Reader, parse

R = TypeVar("R")

# 52 GUIDs in `IDs` were seen to work, 53 gave 404 (the address became too long).
MOST_IDS = 52
DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1000
_MODIFIED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?")
_EQUALITY = re.compile(r'([A-Za-z.]+)\s*==?\s*(?:guid\()?"([^"\\]*)"\)?', re.IGNORECASE)
_ORDER = re.compile(r"([A-Za-z.]+)(?:\s+(ASC|DESC))?", re.IGNORECASE)


@dataclass(frozen=True)
class ListOf(Generic[R]):
    """How one kind of record is listed: its fields for `where` and `order`, and its rendering."""

    wrapper: str
    type_name: str
    fields: dict[str, Reader[R]]
    render: Callable[[Call, R], dict[str, Any]]
    updated: Callable[[R], datetime] | None
    paged: bool = True


def answer(call: Call, listing: ListOf[R], records: Iterable[R]) -> Payload:
    """The list as asked for by the query, with `pagination` where the API has it."""
    chosen = ordered(call, listing, filtered(call, listing, records))
    page = page_number(call) if listing.paged else None
    payload: Payload = {}
    if page is not None:
        chosen, payload["pagination"] = _cut(call, chosen, page)
    elif listing.paged and call.world.switches["pagination_without_page"]:
        payload["pagination"] = {"page": 1, "pageSize": len(chosen), "pageCount": 1, "itemCount": len(chosen)}
    payload[listing.wrapper] = [listing.render(call, record) for record in chosen]
    return payload


def page_number(call: Call) -> int | None:
    """The page asked for; None when the list is not to be paged."""
    if "page" not in call.query and "pagesize" not in call.query and "statuses" not in call.query:
        return None
    return _positive(call, "page", 1)


def _positive(call: Call, name: str, default: int) -> int:
    value = call.query.get(name, "")
    if not value:
        return default
    if not value.isdigit() or int(value) < 1:
        raise post_data_invalid(f"The {name} '{value}' is not valid.")
    return int(value)


def _cut(call: Call, records: list[R], page: int) -> tuple[list[R], dict[str, int]]:
    size = min(_positive(call, "pagesize", DEFAULT_PAGE_SIZE), LARGEST_PAGE_SIZE)
    counted = {
        "page": page,
        "pageSize": size,
        "pageCount": -(-len(records) // size),
        "itemCount": len(records),
    }
    return records[(page - 1) * size : page * size], counted


def filtered(call: Call, listing: ListOf[R], records: Iterable[R]) -> list[R]:
    """Those changed since the header's moment (to the second) that the `where` expression lets through."""
    if call.if_modified_since and listing.updated:
        since, updated = modified_since(call.if_modified_since), listing.updated
        records = [record for record in records if updated(record) >= since]
    if where := call.query.get("where", "").strip():
        test = parse(where, listing.fields, listing.type_name)
        records = [record for record in records if test(record)]
    return list(records)


def modified_since(header: str) -> datetime:
    """`yyyy-mm-ddThh:mm:ss` in UTC, or an HTTP date."""
    if _MODIFIED.fullmatch(header):
        return datetime.fromisoformat(header[:19]).replace(tzinfo=UTC)
    try:
        return datetime.strptime(header, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        raise post_data_invalid(f"If-Modified-Since '{header}' is not a valid date.") from None


def ordered(call: Call, listing: ListOf[R], records: list[R]) -> list[R]:
    """By the `order` query, else by time of change, oldest first."""
    order = call.query.get("order", "").strip()
    if not order:
        return sorted(records, key=listing.updated) if listing.updated else records
    for term in reversed(order.split(",")):
        match = _ORDER.fullmatch(term.strip())
        reader = listing.fields.get(match[1].lower()) if match else None
        if match is None or reader is None:
            raise query_invalid(f"No property or field '{term.strip()}' exists in type '{listing.type_name}'")
        downwards = (match[2] or "ASC").upper() == "DESC"
        records = sorted(records, key=lambda record, read=reader: _sortable(read(record)), reverse=downwards)
    return records


def _sortable(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value)


def csv(call: Call, name: str) -> list[str] | None:
    """A comma-separated query parameter; None when absent or empty."""
    value = call.query.get(name.lower(), "")
    return [part.strip().strip('"') for part in value.split(",") if part.strip()] or None


def ids(call: Call, name: str) -> list[str] | None:
    """A comma-separated list of GUIDs; 404 when there are too many for an address."""
    found = csv(call, name)
    if found is None:
        return None
    if len(found) > MOST_IDS:
        raise not_found()
    return [guid(value) for value in found]


def guid(value: str) -> str:
    """A GUID in lower case; 400 when it is none."""
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise ApiError(
            400,
            {"ErrorNumber": 10, "Type": "ValidationException", "Message": f"'{value}' is not a valid GUID"},
        ) from None


def equality(call: Call, field: str) -> str | None:
    """The text of a `where` that is just `Field=="text"` or `Field==guid("...")`: a hint for an index."""
    match = _EQUALITY.fullmatch(call.query.get("where", "").strip())
    if match is None or match[1].lower() != field:
        return None
    return match[2].lower() if match[0].lower().endswith(")") else match[2]
