"""Tracking on line items: at most two categories, each with an existing, active option (docs: Tracking)."""

from __future__ import annotations

from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, rows
from .records import TrackingCategory

_MOST = 2


def read(
    call: Call, raw: Raw, kept: list[dict[str, str]], problems: ValidationError, *place: str | int
) -> list[dict[str, str]]:
    """The line's tracking as stored; `kept` when none was sent."""
    sent = rows(raw, "Tracking")
    if sent is None:
        return kept
    if len(sent) > _MOST:
        problems.add("A line item can have at most 2 tracking categories.", *place)
    found = []
    for entry in sent:
        category = _category(call, entry)
        option = _option(category, entry) if category else None
        if category and option:
            found.append(
                {
                    "Name": category.name,
                    "Option": option["Name"],
                    "TrackingCategoryID": category.category_id,
                    "TrackingOptionID": option["TrackingOptionID"],
                }
            )
        elif call.world.switches["unknown_tracking_refused"]:
            shown = entry.get("Option") or entry.get("TrackingOptionID") or entry.get("Name")
            problems.add(f"The tracking option '{shown}' is not valid.", *place)
    return found


def _category(call: Call, entry: Raw) -> TrackingCategory | None:
    categories = call.books.tracking_categories
    key = str(entry.get("TrackingCategoryID") or "").lower()
    found = [categories.get(key)] if key else categories.find("name", str(entry.get("Name", "")))
    return next((category for category in found if category and category.status == "ACTIVE"), None)


def _option(category: TrackingCategory, entry: Raw) -> dict[str, str] | None:
    option_id = str(entry.get("TrackingOptionID") or "").lower()
    name = entry.get("Option")
    for option in category.options:
        if option["Status"] == "ACTIVE" and (option["TrackingOptionID"] == option_id or option["Name"] == name):
            return option
    return None
