"""What people decided about plugins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from hub.models.columns import Json


class PluginRow(SQLModel, table=True):
    """A plugin that somebody disabled, and the providers it brings; a plugin that is in use has no row."""

    __tablename__ = "plugin"
    name: str = Field(primary_key=True)
    providers: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    disabled_at: datetime
    disabled_by: str
