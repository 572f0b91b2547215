"""Two connections joined: what flows, how it is mapped, and what is left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.models.columns import Identity, Json, now
from hub.models.states import FlowMode


class Integration(SQLModel, table=True):
    """Two connections joined: stock side and ledger side."""

    __tablename__ = "integration"
    __table_args__ = (UniqueConstraint("stock_id", "ledger_id"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    stock_id: int = Field(foreign_key="connection.id")
    ledger_id: int = Field(foreign_key="connection.id")
    start_date: date
    inventory_method: str = "periodic"
    perpetual_from: date | None = None
    """With the perpetual method: the first document date that it holds for; None: the start date."""
    journal_modes: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """How journals are posted, oldest first: ``mode``, and ``since`` which document date (empty: always)."""
    journals_on_cash_basis: bool = True
    """Whether journals count in the ledger's reports on the cash basis."""
    unmapped_tracking: str = "warn"
    """What becomes of a document with a value that has no tracking option: ``warn`` leaves it out, ``hold`` holds."""
    others_off_by: str = ""
    others_off_at: datetime | None = None
    conflict_policy: str = "ask"
    safety_floor: int = 20
    safety_percent: int = 10
    rounding_limit_cents: int = 5
    created_at: datetime = Field(default_factory=now)


class Flow(SQLModel, table=True):
    """One kind within an integration, from the stock side to the ledger side."""

    __tablename__ = "flow"
    __table_args__ = (UniqueConstraint("integration_id", "kind", "direction"),)
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id", index=True)
    kind: str
    direction: str = "to_ledger"
    mode: str = FlowMode.OFF.value
    post_as: str = "authorised"
    update_approved: bool = True
    """Whether a document that the ledger already approved may still be updated."""
    checked_at: datetime | None = None
    """When the newest documents were last looked for in the ledger, which comes before the first one is written."""
    hits: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """What that look found and nobody has adopted or excluded yet: the flow stays off until there is none."""


class MappingRow(SQLModel, table=True):
    """Source code -> target code in one list of an integration."""

    __tablename__ = "mapping"
    __table_args__ = (UniqueConstraint("integration_id", "list", "source_code"),)
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    list: str
    source_code: str
    target_code: str
    suggested: bool = False
    changed_at: datetime = Field(default_factory=now)


class ContactSheet(SQLModel, table=True):
    """A sheet of links that somebody sent, until what it would change is applied or given up."""

    __tablename__ = "contact_sheet"
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    file: str
    rows: list[list[str]] = Field(sa_column=Column(Json, nullable=False))
    sent_by: str
    sent_at: datetime


class Exclusion(SQLModel, table=True):
    """A source document that a flow does not post, and the rule that says so."""

    __tablename__ = "exclusion"
    __table_args__ = (UniqueConstraint("flow_id", "external_id"),)
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    flow_id: int = Field(foreign_key="flow.id")
    external_id: str
    rule: str
