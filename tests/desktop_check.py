"""What may still wait in the end of a life with QuickBooks Desktop, and why."""

from __future__ import annotations

from typing import Any

from books_check import Picture
from desktop_worlds import DesktopWorld

from hub.documents import Status
from hub.providers import TargetStatus


def unjustified(world: DesktopWorld) -> list[str]:
    """Operations that wait for a reason that nothing in this world's history explains."""
    picture = Picture(world)
    return [
        f"{row.source_id} {row.action} waits for {row.problem_code}: {row.problem and row.problem['what']}"
        for row in picture.open.values()
        if not _is_justified(picture, row)
    ]


def _is_justified(picture: Picture, row: Any) -> bool:
    world, id = picture.world, row.source_id
    family = {id, *(parent for _, parent in row.depends_on)}
    parents = family - {id}
    dropped = picture.dropped
    touched = family & (world.voided | world.edited | world.paid)
    match row.problem_code:
        case "":
            return row.state == "proposed" and bool(row.caught)
        case "edited_on_both_sides":
            return id in world.edited
        case "target_gone":
            return bool(touched) or any(not picture.live.get(parent) for parent in parents)
        case "document_taken_back":
            return any(_is_taken_back(picture, parent) for parent in parents)
        case "target_has_payments" | "change_not_allowed":
            return bool(touched) or any(entry.paid for entry in picture.live.get(id, ()))
        case "maybe_paid_already":
            return bool(touched)
        case "target_is_draft":
            return any(
                entry.status is TargetStatus.DRAFT for parent in parents for entry in picture.live.get(parent, ())
            )
        case "payment_exceeds_due" | "refused":
            return bool(touched) or _overpaid(picture, row) or not parents.isdisjoint(picture.open.keys() | dropped)
        case "invoice_not_linked" | "bill_not_linked":
            return any(parent not in picture.links for parent in parents)
        case "unsure" | "record_in_use" | "not_processed" | "record_out_of_date":
            return bool(world.lost)  # the last of its tries met what passes, and those before it were lost
        case "posted_twice":
            return world.overtaken
    return False


def _is_taken_back(picture: Picture, id: str) -> bool:
    return id not in picture.sources or getattr(picture.sources[id], "status", None) is Status.VOIDED


def _overpaid(picture: Picture, row: Any) -> bool:
    """Whether the source itself moves more money than its document has."""
    for _, parent in row.depends_on:
        total = getattr(picture.sources.get(parent), "total", None)
        documents = picture.sources.values()
        moved = sum(getattr(d, "amount", 0) for d in documents if getattr(d, "document_id", "") == parent)
        if total is None or moved > total:
            return True
    return False
