"""Alembic's entry: runs one history's revisions on the connection that the hub hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString, SQLModel, UTCDateTime

import hub.models  # noqa: F401  (its tables register themselves in the metadata)
from hub.migrations import History, histories

history: History = context.config.attributes["history"]
owners = frozenset(each.owner for each in histories()) | {history.owner}


def render(type_: str, item: Any, context_: Any) -> str | Literal[False]:
    """Write types down in SQLAlchemy's own words, so that old revisions do not depend on our models."""
    if type_ != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, AutoString):
        return "sa.String()" if item.length is None else f"sa.String({item.length})"
    if isinstance(item, sa.JSON):
        context_.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'
    return False


def include(_object: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:
    """Leave tables of other owners alone, and those without a model here (a job queue's, for example)."""
    if type_ != "table" or name is None:
        return True
    return history.owns(name, owners) and not (reflected and compare_to is None)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    version_table=history.version_table,
    include_object=include,
    render_item=render,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
