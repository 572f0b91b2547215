"""Tracking categories and their options.

Source: Xero API documentation, TrackingCategories: at most 2 active and 4 in all; names up to 100
characters; an option that is in use can be archived, not deleted.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from . import batch, listing
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw, choice, short_text
from .records import TrackingCategory

_STATUSES = ("ACTIVE", "ARCHIVED", "DELETED")
_MOST_ACTIVE, _MOST = 2, 4
_CATEGORY = ("TrackingCategories", "TrackingCategoryID", "HasValidationErrors")
_OPTION = ("Options", "TrackingOptionID", "HasValidationErrors")


def render(call: Call, category: TrackingCategory) -> dict[str, Any]:
    return {
        "Name": category.name,
        "Status": category.status,
        "TrackingCategoryID": category.category_id,
        "Options": [_render_option(option) for option in category.options if option["Status"] != "DELETED"],
    }


def _render_option(option: dict[str, str]) -> dict[str, Any]:
    return {
        **option,
        "HasValidationErrors": False,
        "IsDeleted": option["Status"] == "DELETED",
        "IsArchived": option["Status"] == "ARCHIVED",
        "IsActive": option["Status"] == "ACTIVE",
    }


_LIST = listing.ListOf[TrackingCategory](
    "TrackingCategories",
    "TrackingCategory",
    {"name": lambda c: c.name, "status": lambda c: c.status, "trackingcategoryid": lambda c: c.category_id},
    render,
    None,
    paged=False,
)


@endpoint("GET", "/TrackingCategories", "settings")
def list_categories(call: Call) -> Payload:
    """Archived categories only with `includeArchived=true`."""
    archived = call.flag("includeArchived")
    wanted = ("ACTIVE", "ARCHIVED") if archived else ("ACTIVE",)
    return listing.answer(call, _LIST, (c for c in call.books.tracking_categories if c.status in wanted))


def _find(call: Call) -> TrackingCategory:
    category = call.books.tracking_categories.get(call.args["key"].lower())
    if category is None or category.status == "DELETED":
        raise not_found()
    return category


@endpoint("GET", "/TrackingCategories/<key>", "settings")
def get_category(call: Call) -> Payload:
    return {"TrackingCategories": [render(call, _find(call))]}


@endpoint("PUT", "/TrackingCategories", "settings")
def put_category(call: Call) -> Payload:
    def write(call: Call, raw: Raw) -> dict[str, Any]:
        present = [category for category in call.books.tracking_categories if category.status != "DELETED"]
        active = sum(category.status == "ACTIVE" for category in present)
        if active >= _MOST_ACTIVE or len(present) >= _MOST:
            raise ValidationError("There can be at most 2 active tracking categories, and 4 in all.")
        return render(call, _named(call, TrackingCategory(str(uuid.uuid4()), ""), raw))

    return batch.single(call, *_CATEGORY, call.element("TrackingCategories"), write)


@endpoint("POST", "/TrackingCategories/<key>", "settings")
def post_category(call: Call) -> Payload:
    category = _find(call)

    def write(call: Call, raw: Raw) -> dict[str, Any]:
        status = choice(raw, "Status", _STATUSES, "Xero.API.Library.TrackingStatus") or category.status
        return render(call, _named(call, replace(category, status=status), raw))

    return batch.single(call, *_CATEGORY, call.element("TrackingCategories"), write)


@endpoint("DELETE", "/TrackingCategories/<key>", "settings")
def delete_category(call: Call) -> Payload:
    category = _find(call)

    def write(call: Call, raw: Raw) -> dict[str, Any]:
        if any(_used(call, option["TrackingOptionID"]) for option in category.options):
            raise ValidationError("A tracking category with options in use cannot be deleted.")
        return render(call, call.books.tracking_categories.put(replace(category, status="DELETED")))

    return batch.single(call, *_CATEGORY, {}, write)


def _named(call: Call, category: TrackingCategory, raw: Raw) -> TrackingCategory:
    problems = ValidationError()
    name = short_text(raw, "Name", 100, problems) or category.name
    if not name:
        problems.add("The tracking category name must be specified.", "Name")
    others = call.books.tracking_categories.find("name", name)
    if any(other.category_id != category.category_id and other.status != "DELETED" for other in others):
        problems.add("A tracking category with this name already exists.", "Name")
    problems.raise_if_any()
    return call.books.tracking_categories.put(replace(category, name=name))


@endpoint("PUT", "/TrackingCategories/<key>/Options", "settings")
def put_options(call: Call) -> Payload:
    def write(call: Call, raw: Raw) -> dict[str, Any]:
        return _save_option(call, {"TrackingOptionID": str(uuid.uuid4()), "Name": "", "Status": "ACTIVE"}, raw)

    return batch.run(call, *_OPTION, write)


@endpoint("POST", "/TrackingCategories/<key>/Options/<option>", "settings")
def post_option(call: Call) -> Payload:
    option = _option(call)
    return batch.single(call, *_OPTION, call.element("Options"), lambda call, raw: _save_option(call, option, raw))


@endpoint("DELETE", "/TrackingCategories/<key>/Options/<option>", "settings")
def delete_option(call: Call) -> Payload:
    option = _option(call)

    def write(call: Call, raw: Raw) -> dict[str, Any]:
        if _used(call, option["TrackingOptionID"]):
            raise ValidationError("A tracking option in use cannot be deleted; archive it instead.")
        return _save_option(call, {**option, "Status": "DELETED"}, {})

    return batch.single(call, *_OPTION, {}, write)


def _option(call: Call) -> dict[str, str]:
    for option in _find(call).options:
        if option["TrackingOptionID"] == call.args["option"].lower() and option["Status"] != "DELETED":
            return option
    raise not_found()


def _save_option(call: Call, option: dict[str, str], raw: Raw) -> dict[str, Any]:
    category, problems = _find(call), ValidationError()
    name = short_text(raw, "Name", 100, problems) or option["Name"]
    if not name:
        problems.add("The tracking option name must be specified.", "Name")
    others = [other for other in category.options if other["TrackingOptionID"] != option["TrackingOptionID"]]
    if any(other["Name"] == name and other["Status"] != "DELETED" for other in others):
        problems.add("A tracking option with this name already exists.", "Name")
    problems.raise_if_any()
    status = choice(raw, "Status", _STATUSES, "Xero.API.Library.TrackingStatus") or option["Status"]
    saved = {**option, "Name": name, "Status": status}
    call.books.tracking_categories.put(replace(category, options=[*others, saved]))
    return _render_option(saved)


def _used(call: Call, option_id: str) -> bool:
    books = call.books
    tables = (books.invoices, books.credit_notes, books.bank_transactions, books.manual_journals)
    lines = (line for table in tables for document in table for line in document.lines)
    return any(entry["TrackingOptionID"] == option_id for line in lines for entry in line.tracking)
