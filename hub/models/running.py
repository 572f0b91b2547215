"""Runs, and when they are wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.columns import Json
from hub.models.states import RunState


class Run(SQLModel, table=True):
    """One conversation with one connection."""

    __tablename__ = "run"
    __table_args__ = (
        Index(
            "run_open",
            "connection_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id", index=True)
    cause: str
    token: str
    state: str = RunState.OPEN.value
    phase: str = ""
    progress: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    counts: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    stop_requested: bool = False
    stop_reason: str = ""
    calls: int = 0
    """How many calls it made, as of its last sign of life."""
    most_calls: int | None = None
    """It parks before it makes more calls than this."""
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None = None


class Schedule(SQLModel, table=True):
    """When a connection's run is wanted, or the reconciliation of an integration."""

    __tablename__ = "schedule"
    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id")
    integration_id: int | None = None
    """What it reconciles, an integration of which the connection is the stock side; None: it syncs the connection."""
    name: str
    trigger: str
    expression: str
    time_zone: str = "UTC"
    paused: bool = False
    version: int = 1
    last_fired_at: datetime | None = None
    """When it last asked for a run; None as long as it never did."""
    counts_from: datetime | None = None
    """The moment after which its next time comes: when it last asked for a run, or was saved or resumed since."""
    most_calls: int | None = None
    """A run that it starts parks before it makes more calls than this."""
    quiet_from: str = ""
    """As on the clock on the wall, 22:00; nothing starts from then until ``quiet_until``. Both or neither."""
    quiet_until: str = ""
    recipients: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """The e-mail addresses that are told when a run fails, when something needs a person, and when that is over."""
    mail_problem: str = ""
    """Why the last e-mail could not be sent; empty when it could."""


class Alert(SQLModel, table=True):
    """What the recipients of a schedule were told and what still lasts, so that they are not told again and again."""

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("schedule_id", "connection_id", "topic"),)
    id: int | None = Field(default=None, primary_key=True)
    schedule_id: int = Field(foreign_key="schedule.id", ondelete="CASCADE")
    connection_id: int
    topic: str
    """``failure`` or ``attention``."""
    causes: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    told_at: datetime


class Lease(SQLModel, table=True):
    """A named lease, such as being the one scheduler."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    owner: str
    until: float
