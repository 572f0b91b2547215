"""Who may do what: the rights that views ask for, and the entities that the person who acts may see."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

View = TypeVar("View", bound=Callable[..., Any])

ACTOR = "operator"
"""Who acts, as long as the hub has no users: whoever sits at the machine it listens on."""


class Right(enum.StrEnum):
    """What a person may be given, beside seeing the entities that are theirs."""

    MANAGE_ENTITIES = "manage_entities"
    """Connect, change, join, map, schedule and remove."""
    MANAGE_USERS = "manage_users"
    APPROVE_IMPORTS = "approve_imports"
    """Whatever lets something be written: approve, retry, drop, link, run."""


def actor() -> str:
    """Who acts in this request; it goes into the audit."""
    return ACTOR


def may(right: Right) -> bool:
    """Whether the person who acts has this right."""
    return bool(right)


def needs(right: Right) -> Callable[[View], View]:
    """Mark a view as one that only people with ``right`` may use. Others see a page that says who can give it."""

    def mark(view: View) -> View:
        setattr(view, "needed_right", right)  # noqa: B010  (a function has no such attribute by its type)
        return view

    return mark


def visible_connections(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, a connection's id, is one that the person who acts may see."""
    return column.is_not(None)


def visible_integrations(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, an integration's id, is one of which the person who acts may see both sides."""
    return column.is_not(None)
