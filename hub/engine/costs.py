"""What a selection will cost in calls, worked out from the provider's batch rules before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.documents import Kind
from hub.providers import Action, BatchRule, Provider


@dataclass(frozen=True)
class Cost:
    """Calls that write. ``at_least`` when more may be needed: a target is read again before it is changed."""

    calls: int = 0
    at_least: bool = False

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.at_least or other.at_least)


def cost_of(provider: Provider, counts: Iterable[tuple[Kind, Action, int]]) -> Cost:
    """The calls for so many operations of each kind and action; a batch holds one kind and one action."""
    cost = Cost()
    for kind, action, count in counts:
        batches = -(-count // provider.batch_rules.get(kind, BatchRule()).operations)
        changes = action is not Action.CREATE
        # Each batch of changes is preceded by a look at its targets, which is one call at the least.
        cost += Cost(batches * 2 if changes else batches, changes)
    return cost
