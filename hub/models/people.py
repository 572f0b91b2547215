"""Who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from hub.models.columns import Identity, Json


class AuditEvent(SQLModel, table=True):
    """Who did what, when, to what, and why."""

    __tablename__ = "audit_event"
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    at: datetime = Field(index=True)
    actor: str
    what: str
    subject: str = ""
    reason: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
