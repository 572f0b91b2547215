"""What a person vouched for while an integration was set up, and the pilot of a few documents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class Confirmation(SQLModel, table=True):
    """A person says that one step of a set-up is as it should be. ``about`` is what it was said of: another start
    date, say, needs another confirmation."""

    __tablename__ = "confirmation"
    __table_args__ = (UniqueConstraint("integration_id", "step"),)
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    step: str
    about: str = ""
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    confirmed_by: str
    confirmed_at: datetime


class PilotDocument(SQLModel, table=True):
    """One of the few documents that are posted first and looked at in the ledger by a person."""

    __tablename__ = "pilot_document"
    __table_args__ = (UniqueConstraint("integration_id", "kind", "source_id"),)
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    kind: str
    source_id: str
    label: str
    why: str
    """What makes it worth a look: the largest one, a credit note, many lines ..."""
    chosen_by: str
    chosen_at: datetime
    right: bool | None = None
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    looked_by: str = ""
    looked_at: datetime | None = None
