"""What people decided about plugins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from hub.models.columns import Json


class PluginRow(SQLModel, table=True):
    """One plugin that somebody disabled or gave settings; one that was left as it came has no row."""

    __tablename__ = "plugin"
    name: str = Field(primary_key=True)
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    secrets: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    disabled_at: datetime | None = None
    disabled_by: str = ""
