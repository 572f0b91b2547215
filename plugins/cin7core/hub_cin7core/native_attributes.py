"""What Core says of a sale, purchase or product beside its accounting, for tracking: pure.

Additional attributes that are empty, or tick boxes that are not ticked ("false"), say nothing (Cin7 Core API v2
documentation, Sale, Purchase, Product).
"""

from __future__ import annotations

from hub_cin7core.fields import Native, blocks, text

Attributes = tuple[tuple[str, str], ...]

_SLOTS = range(1, 11)


def sale_attributes(native: Native) -> Attributes:
    """Sales representative, location and channel of a sale, and its additional attributes."""
    named = {"sales_rep": "SalesRepresentative", "location": "Location", "channel": "SourceChannel"}
    return _sorted({name: text(native, key) for name, key in named.items()} | _task_slots(native))


def purchase_attributes(native: Native) -> Attributes:
    """Location and additional attributes of a purchase."""
    return _sorted({"location": text(native, "Location"), **_task_slots(native)})


def product_attributes(native: Native) -> Attributes:
    """Category, brand and additional attributes of a product."""
    named = {"category": text(native, "Category"), "brand": text(native, "Brand")}
    return _sorted({**named, **_slots(native)})


def place_attributes(native: Native) -> Attributes:
    """Where a stocktake, an assembly or the like took place, as far as it was one place."""
    return _sorted({"location": text(native, "Location")})


def _task_slots(native: Native) -> dict[str, str]:
    return next((_slots(entry) for entry in blocks(native, "AdditionalAttributes")), {})


def _slots(native: Native) -> dict[str, str]:
    return {f"attribute_{slot}": text(native, f"AdditionalAttribute{slot}") for slot in _SLOTS}


def _sorted(values: dict[str, str]) -> Attributes:
    return tuple(sorted((name, value) for name, value in values.items() if value and value.lower() != "false"))
