"""References of a line: its account, its class, and the item that it may name."""

from __future__ import annotations

from hub import Facts, Kind, Line, TrackingChoice
from hub_qbdesktop import ids
from hub_qbdesktop.qbxml import Ref

CLASS = "Class"
"""The one tracking category of QuickBooks."""


def account(code: str, facts: Facts) -> Ref | None:
    """An account by its id; the code stands for one that the list does not have."""
    if not code:
        return None
    known = facts.accounts.get(code)
    return Ref(known.external_id) if known else Ref(name=code)


def class_ref(choices: tuple[TrackingChoice, ...]) -> Ref | None:
    """The class of a line, if one was chosen."""
    chosen = next((choice.option for choice in choices if choice.category == CLASS), "")
    return Ref(name=chosen) if chosen else None


def linked_item(line: Line, facts: Facts) -> str:
    """The item that a line may name: linked, and of a sort that QuickBooks keeps no stock of; else empty."""
    target = facts.targets.get((Kind.ITEM, line.item_id), "") if line.item_id else ""
    return ids.native(target) if ids.is_sort(target, *ids.ITEM_SORTS.values()) else ""
