"""What people are, and what they may be given."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Sort(enum.StrEnum):
    """A user works here, a client looks after their own books."""

    USER = "user"
    """Sees every entity, except those set to No."""
    CLIENT = "client"
    """Sees no entity, except those set to Yes."""


class Right(enum.StrEnum):
    """What a person may be given, beside seeing the entities that are theirs."""

    MANAGE_ENTITIES = "manage_entities"
    """Connect, change, join, map, schedule and remove."""
    MANAGE_USERS = "manage_users"
    """Invite people, and change what others may see and do."""
    APPROVE_IMPORTS = "approve_imports"
    """Whatever lets something be written: approve, retry, drop, link, run."""

    @property
    def words(self) -> str:
        """What people read."""
        return self.value.replace("_", " ")


FOR_CLIENTS = frozenset({Right.MANAGE_ENTITIES, Right.APPROVE_IMPORTS})
"""What a client may be given: other people are none of a client's business."""


def listed(rights: Iterable[Right]) -> str:
    """Rights in words, in their usual order; "none" if there are none."""
    chosen = set(rights)
    return ", ".join(right.words for right in Right if right in chosen) or "none"
