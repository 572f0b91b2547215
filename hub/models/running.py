"""Runs, and when they are wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, text
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
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None = None


class Schedule(SQLModel, table=True):
    """When a connection's run is wanted."""

    __tablename__ = "schedule"
    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id")
    name: str
    trigger: str
    expression: str
    time_zone: str = "UTC"
    paused: bool = False
    version: int = 1
    last_fired_at: datetime | None = None


class Lease(SQLModel, table=True):
    """A named lease, such as being the one scheduler."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    owner: str
    until: float
